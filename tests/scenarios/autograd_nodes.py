"""The graph as its user sees it: nodes and what they tell, saved values, hooks kept in dictionaries, gradient types, edges, lifetimes."""

# ruff: noqa: D101, D102, D103, B023

import contextlib
import gc
import pickle
import threading
import warnings
import weakref
from collections import OrderedDict

from .collect import attempts, collect

CASES, scenario = collect()


def leaf(torch, *values, dtype=None):
    return torch.tensor(list(values), dtype=dtype).requires_grad_()


@contextlib.contextmanager
def without_collector():
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@scenario
def nodes_are_abstract(torch):
    Node = torch.autograd.graph.Node
    a = leaf(torch, 1.0)
    node = a.exp().grad_fn
    leaf_node = node.next_functions[0][0]

    class Own(Node):
        pass

    return [
        isinstance(node, Node), issubclass(type(node), Node), Node in type(node).mro(), isinstance(leaf_node, Node), issubclass(type(leaf_node), Node),
        isinstance(None, Node), isinstance(1, Node), isinstance(Node, Node), issubclass(Node, Node), issubclass(int, Node), issubclass(Own, Node),
        issubclass(torch.autograd.function.BackwardCFunction, Node), *attempts(lambda: Node(), lambda: Own()),
    ]  # fmt: skip


@scenario
def what_nodes_tell(torch):
    a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    c = a * b
    node = c.grad_fn
    var, mean = torch.var_mean(torch.ones(3, 2, requires_grad=True), dim=0)
    meta = node._input_metadata[0]
    first = node.next_functions[0][0]
    node.metadata["key"] = 3
    return [
        node.name(), node.metadata, c.grad_fn is node, first.name(), first.variable is a, first.next_functions, node.requires_grad, first.requires_grad,
        tuple(meta.shape), meta.dtype, str(meta.device), meta.is_nested_tensor, meta.is_cpp_nested_tensor, len(var.grad_fn._input_metadata),
        mean.output_nr, first._sequence_nr(), node._sequence_nr() < (a * 2).grad_fn._sequence_nr(), callable(node._sequence_nr),
        type(node).__name__, type(first).__name__, repr(node).startswith("<MulBackward0 object at 0x"), [n for _, n in node.next_functions],
        node.next_functions[1][0] is (b * 1).grad_fn.next_functions[0][0], *attempts(lambda: node.nothing, lambda: first.nothing),
    ]  # fmt: skip


@scenario
def nodes_called(torch):
    a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    exp, mul = a.exp().grad_fn, (a * b).grad_fn
    one = torch.ones(2)
    accumulate = exp.next_functions[0][0]
    results = attempts(
        lambda: exp(one).tolist(), lambda: [g.tolist() for g in mul(one)], lambda: exp(), lambda: exp(one, one), lambda: exp(None), lambda: exp(3),
        lambda: exp(one).requires_grad, lambda: bool(accumulate(one)),
    )  # fmt: skip
    return [*results, a.grad]


@scenario
def sequence_numbers_may_be_set(torch):
    x = leaf(torch, 1.0)
    a, b = x * 2, x * 3
    c = a + b
    order = []
    for name, t in (("a", a), ("b", b), ("c", c)):
        t.register_hook(lambda g, name=name: order.append(name))
    c.backward(retain_graph=True)
    a.grad_fn._set_sequence_nr(100)
    b.grad_fn._set_sequence_nr(99)
    c.grad_fn._set_sequence_nr(101)
    c.backward(retain_graph=True)
    b.grad_fn._set_sequence_nr(200)
    c.backward()
    return [order, a.grad_fn._sequence_nr(), b.grad_fn._sequence_nr()]


@scenario
def hooks_in_dictionaries(torch):
    x = leaf(torch, 1.0)
    y = x * 2
    before = [x._backward_hooks, y._backward_hooks, x._post_accumulate_grad_hooks]
    handle = x.register_hook(lambda g: g * 2)
    y.register_hook(lambda g: g * 3)
    after = [type(x._backward_hooks).__name__, len(x._backward_hooks), len(y._backward_hooks)]
    y.mul_(2)
    replaced = [y._backward_hooks is None]
    handle.remove()
    after.append(len(x._backward_hooks))
    x.register_post_accumulate_grad_hook(lambda p: None)
    after.append(len(x._post_accumulate_grad_hooks))
    y.backward()
    plain = torch.ones(1)
    plain._backward_hooks = OrderedDict()
    plain._backward_hooks["never"] = lambda: 1 / 0
    z = (x * plain).sum()
    z.backward()

    def delete(name):
        delattr(x, name)

    return [before, after, replaced, x.grad, *attempts(lambda: delete("_backward_hooks"), lambda: delete("_grad_fn"), lambda: delete("grad_fn_"))]


@scenario
def hooks_given_as_a_dictionary(torch):
    x = leaf(torch, 1.0)
    seen = []
    hooks = OrderedDict()
    x._backward_hooks = hooks
    hooks["a"] = lambda g: seen.append(g.tolist())
    (x * 2).backward()
    y = x * 2
    more = OrderedDict(b=lambda g: g * 10)
    y._backward_hooks = more
    y.backward()
    return [seen, x.grad]


@scenario
def gradient_types(torch):
    class Wide(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 2

        @staticmethod
        def backward(ctx, g):
            return g.double()

    results = []
    for kind in ("unset", None, torch.float16, torch.float64, torch.float32):
        a = leaf(torch, 1.0, 2.0)
        if kind != "unset":
            a.grad_dtype = kind
        results.append(str(a.grad_dtype))
        Wide.apply(a).sum().backward()
        results.append(a.grad)
        (a * 2).sum().backward()
        results.append(a.grad)
    return results


@scenario
def gradient_types_are_checked(torch):
    a = leaf(torch, 1.0, 2.0)
    b = a * 2

    def put(t, value):
        t.grad = value

    def kind(t, value):
        t.grad_dtype = value

    with_grad = leaf(torch, 1.0)
    with_grad.grad = torch.ones(1)
    with_grad.grad_dtype = torch.float32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = attempts(lambda: b.grad_dtype, lambda: kind(b, torch.float16))
    results += attempts(
        lambda: kind(a, 3), lambda: kind(with_grad, torch.float16), lambda: kind(with_grad, None),
        lambda: str(with_grad.grad_dtype), lambda: kind(a, torch.float16), lambda: put(a, torch.ones(2)), lambda: put(a, torch.ones(2, dtype=torch.float16)),
        lambda: str(torch.ones(1, dtype=torch.int64).grad_dtype), lambda: kind(torch.ones(1), torch.float16),
    )  # fmt: skip
    free = leaf(torch, 1.0)
    free.grad_dtype = None
    put(free, torch.ones(1, dtype=torch.float64))
    return [*results, a.grad, free.grad, str(a.grad_dtype)]


@scenario
def gradient_type_set_after_use(torch):
    a = leaf(torch, 1.0)
    y = a * 2
    a.grad_dtype = torch.float64
    y.backward()
    b = leaf(torch, 3.0)
    b.grad_dtype = None
    (b * 2).backward()
    b.grad = b.grad.to(torch.bfloat16)
    (b * 3).backward()
    return [a.grad, b.grad]


@scenario
def raw_saved_values(torch):
    a = torch.tensor(2.0, requires_grad=True)

    def pack(t):
        return t

    def unpack(t):
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        b = a**2
    c = b.exp()
    d = c**2
    first, result, third = b.grad_fn._raw_saved_self, c.grad_fn._raw_saved_result, d.grad_fn._raw_saved_self
    return [
        first.data is a, first.unpack_hook is unpack, result.data is c, result.unpack_hook, third.data is c, third.unpack_hook,
        type(first).__name__, isinstance(first, torch.autograd.SavedTensor), result.data.requires_grad,
        *attempts(lambda: torch.autograd.SavedTensor(), lambda: first.register_hooks(pack), lambda: first.register_hooks(1, 2)),
    ]  # fmt: skip


@scenario
def saved_inputs_come_back_as_they_are(torch):
    a = leaf(torch, 1.0)
    b = a * a
    c = a * b
    d = torch.exp(a)
    results = [
        b.grad_fn._saved_self is a, b.grad_fn._saved_other is a, c.grad_fn._saved_self is a, c.grad_fn._saved_other is b, d.grad_fn._saved_result is d,
        d.grad_fn._saved_result,
    ]  # fmt: skip
    unpacked = d.grad_fn._saved_result
    with torch.no_grad():
        d += 1
    return [*results, unpacked, d, *attempts(lambda: d.grad_fn._saved_result)]


@scenario
def saved_settings(torch):
    f = torch.nn.functional
    a = torch.ones(2, 2, requires_grad=True)
    t = torch.tensor([1.0], requires_grad=True)
    return attempts(
        lambda: torch.stack([a, a], dim=1).grad_fn._saved_dim, lambda: a.mean().grad_fn._saved_self_sym_sizes,
        lambda: a.sum(0, keepdim=True).grad_fn._saved_keepdim, lambda: torch.logit(a * 0.5, 0.1).grad_fn._saved_eps,
        lambda: torch.tanh(t).grad_fn._saved_result, lambda: (t**2).grad_fn._saved_exponent,
        lambda: a.clamp(0, 1).grad_fn._saved_min, lambda: f.leaky_relu(a, 0.2).grad_fn._saved_negative_slope, lambda: (a @ a).grad_fn._saved_self,
        lambda: a.permute(1, 0).grad_fn._saved_dims, lambda: a.select(0, 1).grad_fn._saved_index,
        lambda: a.view(4).grad_fn._saved_self_sym_sizes, lambda: f.softmax(a, 1).grad_fn._saved_dim, lambda: a.cumsum(0).grad_fn._saved_dim,
    )  # fmt: skip


@scenario
def saved_under_names_of_their_own(torch):
    f = torch.nn.functional
    a = torch.arange(16.0).reshape(4, 4).requires_grad_()
    i = torch.tensor([0, 1])
    indexed = a[:, i].grad_fn

    def same(t):
        return t

    return attempts(
        lambda: a.sum(0).grad_fn._saved_dim, lambda: a.sum((0, -1)).grad_fn._saved_dim, lambda: a.mean(1).grad_fn._saved_dim,
        lambda: a.mean().grad_fn._saved_self_sym_numel, lambda: a.amax(0).grad_fn._saved_dim, lambda: a.var(1).grad_fn._saved_dim,
        lambda: torch.addmm(a, a, a).grad_fn._saved_alpha, lambda: torch.addmm(a, a, a, beta=2).grad_fn._saved_beta,
        lambda: (a + a).grad_fn._saved_alpha, lambda: torch.add(a, a, alpha=3).grad_fn._saved_alpha, lambda: (a - a).grad_fn._saved_alpha,
        lambda: torch.addcmul(a, a, a).grad_fn._saved_value, lambda: a.transpose(0, 1).grad_fn._saved_dim0, lambda: a.transpose(0, 1).grad_fn._saved_dim1,
        lambda: a.max(0)[0].grad_fn._saved_indices, lambda: a.sort(1)[0].grad_fn._saved_indices, lambda: a.topk(2)[0].grad_fn._saved_indices,
        lambda: a.kthvalue(2)[0].grad_fn._saved_indices, lambda: a.cummax(0)[0].grad_fn._saved_indices, lambda: a.softmax(-1).grad_fn._saved_dim,
        lambda: a.split(2)[0].grad_fn._saved_split_size, lambda: a.split([1, 3])[0].grad_fn._saved_split_sizes, lambda: a.diagonal(1).grad_fn._saved_offset,
        lambda: torch.div(a, a, rounding_mode="floor").grad_fn._saved_rounding_mode, lambda: a.clamp(min=0).grad_fn._saved_max,
        lambda: f.max_pool2d(a[None], 2).grad_fn.next_functions[0][0]._saved_kernel_size, lambda: f.conv2d(a[None, None], a[None, None]).grad_fn._saved_padding,
        lambda: f.conv2d(a[None, None], a[None, None]).grad_fn._saved_bias_sym_sizes_opt, lambda: f.mse_loss(a, a.detach()).grad_fn._saved_reduction,
        lambda: f.nll_loss(a, torch.zeros(4, dtype=torch.int64)).grad_fn._saved_weight, lambda: indexed._saved_indices,
        lambda: [type(s).__name__ for s in indexed._raw_saved_indices], lambda: indexed._raw_saved_indices[0].register_hooks(same, same),
        lambda: indexed._saved_self_sym_sizes, lambda: f.unfold(a[None, None], 3).grad_fn._saved_self_sym_argsize_minus_2,
        lambda: torch.addbmm(a, a[None], a[None]).grad_fn._saved_batch1_sym_argsize_0, lambda: a.exp().grad_fn._saved_nothing,
        lambda: [n for n in dir(a.max(0)[0].grad_fn) if n.startswith(("_saved", "_raw_saved"))],
        lambda: [n for n in dir((a * a).grad_fn) if n.startswith(("_saved", "_raw_saved"))],
        lambda: [n for n in dir(a.sum(0).grad_fn) if n.startswith(("_saved", "_raw_saved"))],
        lambda: [n for n in dir(a.transpose(0, 1).grad_fn) if n.startswith(("_saved", "_raw_saved"))],
        lambda: [n for n in dir(indexed) if n.startswith(("_saved", "_raw_saved"))],
    )  # fmt: skip


@scenario
def names_of_linear(torch):
    linear = torch.nn.functional.linear
    shapes = [((3,), (2, 3)), ((3,), (3,)), ((4, 3), (2, 3)), ((4, 3), (3,)), ((5, 4, 3), (2, 3)), ((5, 4, 3), (3,))]
    bare = [linear(torch.ones(a, requires_grad=True), torch.ones(b)).grad_fn.name() for a, b in shapes]
    return bare + [linear(torch.ones(a, requires_grad=True), torch.ones(b), torch.ones(2)).grad_fn.name() for a, b in shapes if len(b) == 2]


@scenario
def distinct_values(torch):
    x = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
    found = [torch.unique(x), torch.unique(x, dim=0), torch.unique(x, sorted=False), torch.unique_consecutive(x)]
    values, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True)
    with torch.no_grad():
        quiet = torch.unique(x)
    return [[t.grad_fn.name() for t in found], values, inverse, counts, quiet, *attempts(*(lambda t=t: t.sum().backward() for t in found))]


@scenario
def edges(torch):
    get = torch.autograd.graph.get_gradient_edge
    x = leaf(torch, 1.0, 2.0)
    y = x.sin()
    z = y.sum()
    edge = get(y)
    results = [edge.node is y.grad_fn, edge.output_nr, edge.ownership_token, edge._fields, get(x).node.name(), get(x).node.variable is x]
    (g,) = torch.autograd.grad(z, (edge,), retain_graph=True)
    results += [g, *torch.autograd.grad(edge, (x,), grad_outputs=(g,), retain_graph=True)]
    results += attempts(
        lambda: torch.autograd.grad(edge, (x,), retain_graph=True), lambda: torch.autograd.grad(get(z), (x,), retain_graph=True),
        lambda: torch.autograd.grad(edge, (x,), grad_outputs=torch.ones(4)), lambda: torch.autograd.grad(edge, (x,), grad_outputs=torch.ones(2, dtype=torch.complex64)),
        lambda: torch.autograd.backward(edge, inputs=(x,), grad_tensors=torch.ones(4)), lambda: get(torch.ones(1)), lambda: get(3),
        lambda: torch.autograd.grad(z, (x, edge), allow_unused=True, materialize_grads=True, retain_graph=True),
        lambda: torch.autograd.grad(z, (x, get(leaf(torch, 3.0))), allow_unused=True, materialize_grads=True, retain_graph=True),
        lambda: torch.autograd.grad(z, (x, get(leaf(torch, 3.0))), allow_unused=True, retain_graph=True),
    )  # fmt: skip
    torch.autograd.backward((get(z), z), retain_graph=True)
    results.append(x.grad)
    torch.autograd.backward(z, inputs=(edge,), retain_graph=True)
    return [*results, y.grad_fn.name(), x.grad]


@scenario
def edges_before_and_after_a_write(torch):
    x = leaf(torch, 1.0).clone()
    edge = torch.autograd.graph.get_gradient_edge(x)
    x *= 2
    return torch.autograd.grad(x.sum(), (edge, x))


@scenario
def edges_own_the_graph(torch):
    class Clone(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g.clone()

    x = leaf(torch, 1.0)
    results = []
    for make in (lambda t: t.clone(), Clone.apply):
        out = make(x.clone())
        edge = torch.autograd.graph.get_gradient_edge(out)
        torch.autograd.backward(edge)
        del out
        gc.collect()
        torch.autograd.backward(edge)
        results.append(x.grad.clone())
    return results


@scenario
def refused_arguments(torch):
    x, plain = leaf(torch, 1.0), torch.ones(1)
    y = x * 2
    big = leaf(torch, 1.0, 2.0) * 2
    grad, backward = torch.autograd.grad, torch.autograd.backward
    return attempts(
        lambda: grad(y, []), lambda: grad([], x), lambda: backward([]), lambda: grad(y, plain), lambda: grad(plain, x), lambda: plain.backward(), lambda: grad(big, x),
        lambda: backward(y, inputs=[]), lambda: backward(y, inputs=[plain]), lambda: grad(y, x, torch.ones(2)), lambda: grad(y, x, [torch.ones(1), torch.ones(1)]),
        lambda: grad(y, x, 3.0), lambda: backward(y, 3.0), lambda: backward([y, y], [torch.ones(1)]), lambda: backward(3), lambda: grad(3, x), lambda: grad(y, 3),
        lambda: backward([y, plain]), lambda: backward(y, inputs=3), lambda: backward(y, grad_variables=torch.ones(1), grad_tensors=torch.ones(1)),
        lambda: (x * 1j).backward(), lambda: grad(x * 1j, x), lambda: grad(y, x, torch.ones(1, dtype=torch.complex64)), lambda: y.backward(torch.ones(1, 1)),
        lambda: big.backward(), lambda: grad(y, leaf(torch, 1.0)), lambda: grad(y, x, torch.ones(1), is_grads_batched=True), lambda: y.backward(torch.ones(1), inputs=y),
    )  # fmt: skip


@scenario
def gradients_of_other_types(torch):
    results = []
    for kind in (torch.float64, torch.float16, torch.int64, torch.bool):
        x = leaf(torch, 1.0, 2.0)
        y = x * 2
        results += [*attempts(lambda: y.backward(torch.ones(2, dtype=kind))), x.grad]
    z = torch.tensor([1 + 2j], requires_grad=True)
    results += [*attempts(lambda: (z * 2).backward(torch.ones(1))), z.grad, *attempts(lambda: (z * 2).backward(torch.ones(1, dtype=torch.complex64))), z.grad]
    return results


@scenario
def inputs_of_backward(torch):
    x, y, z = leaf(torch, 2.0), leaf(torch, 3.0), leaf(torch, 5.0)
    middle = x * 1
    out = middle**2 + y * middle + y**2
    results = []
    out.backward(inputs=[x, y, middle], retain_graph=True)
    results += [x.grad, y.grad, middle.grad]
    out.backward(inputs=[z], retain_graph=True)
    out.backward(inputs=y, retain_graph=True)
    out.backward(inputs={"a": x}, retain_graph=True)
    results += [x.grad, y.grad, z.grad]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out.backward(inputs=[middle], create_graph=True)
    return [*results, middle.grad]


@scenario
def gradients_owned(torch):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    seed = torch.ones(2)
    (x + y).backward(seed)
    results = [x.grad is y.grad, x.grad is seed]
    x.grad.add_(5)
    results += [y.grad, seed]
    kept = x.grad
    (x + y).backward(seed)
    results += [x.grad is kept, kept, seed]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x * x).backward(seed, create_graph=True)
    results += [x.grad is kept, kept, x.grad.requires_grad]
    a = leaf(torch, 1.0)
    given = torch.ones(1)
    a.grad = given
    (a * 2).backward()
    results += [a.grad is given, given]
    b = leaf(torch, 1.0)
    b.backward(torch.full((1,), 3.0))
    return [*results, b.grad]


@scenario
def gradients_assigned(torch):
    def put(t, value):
        t.grad = value

    x = leaf(torch, 1.0, 2.0)
    results = attempts(
        lambda: put(x, 0), lambda: put(x, torch.ones(3)), lambda: put(x, torch.ones(2, dtype=torch.int64)), lambda: put(x, x), lambda: put(x, [1.0, 2.0]),
        lambda: put(torch.ones(2), torch.ones(2)), lambda: put(x, torch.ones(2, dtype=torch.float64)), lambda: put(x, torch.ones(1, 2)), lambda: put(x, torch.ones(2)),
        lambda: put(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64)),
    )  # fmt: skip
    del x.grad
    return [*results, x.grad, [str(t) for t in (x.grad,)]]


@scenario
def lifetimes(torch):
    def of_inplace_on_view():
        copy = torch.ones(3, 3, requires_grad=True).clone()
        token = Token()
        copy.grad_fn.metadata["t"] = token
        torch.nn.functional.relu(copy.view(9), inplace=True)
        return weakref.ref(token)

    def of_retained():
        x = leaf(torch, 1.0)
        y = x * 2
        y.retain_grad()
        return weakref.ref(y), y / 2

    def of_saved_output():
        x = leaf(torch, 1.0)
        y = (x * 2).exp()
        y.exp_()
        token = Token()
        y.grad_fn.metadata["t"] = token
        return weakref.ref(token)

    def of_hook():
        x = leaf(torch, 1.0)
        token = Token()
        x.register_post_accumulate_grad_hook(lambda p, token=token: None)
        x.sum().backward()
        alive = weakref.ref(token)
        del token
        return x, alive

    def of_result_and_graph():
        x = leaf(torch, 1.0)
        middle = x * 2
        out = middle.exp() + middle * 3
        return weakref.ref(middle), out

    class Token:
        pass

    with without_collector():
        retained, rest = of_retained()
        x, hook = of_hook()
        middle, out = of_result_and_graph()
        results = [of_inplace_on_view()() is None, retained() is None, of_saved_output()() is None, hook() is not None]
        del x
        results.append(hook() is None)
        out.backward()
        results.append(middle() is None)
        rest.backward()
    return results


@scenario
def cycles_are_collected(torch):
    class Keep(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, notes):
            ctx.notes = notes
            x = x.clone()
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0], None

    def make(run):
        a = torch.tensor(3.0, requires_grad=True)
        notes = {}
        out = Keep.apply(a, notes)
        notes["out"] = out
        if run:
            out.backward()
        return weakref.ref(out)

    results = []
    for run in (False, True):
        with without_collector():
            ref = make(run)
            results.append(ref() is not None)
        gc.collect()
        results.append(ref() is None)
    return results


@scenario
def hooks_that_hold_their_node(torch):
    class Token:
        pass

    seen = []

    def scope(on_tensor):
        b = leaf(torch, 1.0).clone()
        node, token = b.grad_fn, Token()

        def hook(*args):
            seen.append((node is None, token is None))

        if on_tensor:
            b.register_hook(hook)
        else:
            node.register_hook(hook)
        return b.clone(), weakref.ref(token)

    results = []
    for on_tensor in (True, False):
        out, ref = scope(on_tensor)
        out.backward(retain_graph=True)
        gc.collect()
        out.backward(retain_graph=True)
        results += [len(seen), ref() is not None]
        del out
        gc.collect()
        results.append(ref() is None)
    return results


@scenario
def deep_graphs(torch):
    x = leaf(torch, 1.0)
    y = x.clone()
    for _ in range(3000):
        y = y + y * 0.000001
    y.backward()
    result = [x.grad is not None]
    del y

    class Add(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a + b

        @staticmethod
        def backward(ctx, g):
            return g, g * 0

    z = x.clone()
    for _ in range(1500):
        z = Add.apply(z, z)
    z.backward()
    return [*result, x.grad is not None]


@scenario
def threads_and_leaves(torch):
    x = torch.ones(5, requires_grad=True)

    def work():
        ((x + 3) * (x + 4) * 0.5).sum().backward()

    def together(target, count):
        errors = []

        def run():
            try:
                target()
            except Exception as error:
                errors.append(str(error)[:60])

        threads = [threading.Thread(target=run) for _ in range(count)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return errors

    errors = together(work, 6)
    grads = []
    errors += together(lambda: grads.append(torch.autograd.grad(((x + 3) * (x + 4) * 0.5).sum(), x)[0]), 4)
    calls = []
    y = torch.ones(2, requires_grad=True)
    handle = torch.autograd.graph.register_multi_grad_hook((x, y), lambda gs: calls.append([g is None for g in gs]))
    out = (y * 2).sum()
    errors += together(lambda: out.backward(retain_graph=True), 5)
    handle.remove()
    return [errors, x.grad, [g.tolist() for g in grads], calls, y.grad]


@scenario
def pickles_and_copies(torch):
    import copy

    x = leaf(torch, 1.0, 2.0)
    x.grad = torch.ones(2)
    again = [pickle.loads(pickle.dumps(x, protocol=p)) for p in range(2, 5)]
    y = x * 2
    held = copy.deepcopy(x)
    shallow = copy.copy(x)
    with torch.no_grad():
        z = x * 2
    detached = copy.deepcopy(y.detach())
    return [
        again, [t.grad for t in again], held, held.grad, held.grad is x.grad, shallow.requires_grad, detached, copy.deepcopy(z), held.is_leaf,
        *attempts(lambda: copy.deepcopy(y), lambda: pickle.loads(pickle.dumps(y)).requires_grad, lambda: copy.deepcopy([x, x])[0] is copy.deepcopy([x, x])[1]),
    ]  # fmt: skip


@scenario
def names_of_the_namespaces(torch):
    autograd, graph = torch.autograd, torch.autograd.graph
    results = [
        [n for n in (
            "Function", "NestedIOFunction", "Variable", "backward", "detect_anomaly", "enable_grad", "enforce_grad_layout_policy", "grad", "gradcheck",
            "gradgradcheck", "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled", "set_multithreading_enabled", "variable",
            "is_multithreading_enabled", "is_view_replay_enabled", "SavedTensor",
        ) if not hasattr(autograd, n)],
        [n for n in (
            "saved_tensors_hooks", "save_on_cpu", "disable_saved_tensors_hooks", "register_multi_grad_hook", "allow_mutation_on_saved_tensors", "Node",
            "GradientEdge", "get_gradient_edge", "increment_version", "region_activation_memory_budget", "set_warn_on_accumulate_grad_stream_mismatch",
            "set_override_stale_capture_stream",
        ) if not hasattr(graph, n)],
    ]  # fmt: skip
    graph.set_warn_on_accumulate_grad_stream_mismatch(False)
    graph.set_warn_on_accumulate_grad_stream_mismatch(True)
    graph.set_override_stale_capture_stream(False)
    results += attempts(
        lambda: graph.region_activation_memory_budget(0.5), lambda: graph.region_activation_memory_budget(2), lambda: graph.region_activation_memory_budget(True),
        lambda: graph.region_activation_memory_budget("x"),
    )  # fmt: skip
    with torch.inference_mode():
        made = torch.ones(1)
    results += [torch.is_inference(made), made.is_inference(), torch.is_inference(torch.ones(1)), torch.ones(1).is_shared(), torch.ones(1).share_memory_().is_shared()]
    return results


@scenario
def layout_policy(torch):
    results = []
    with torch.autograd.enforce_grad_layout_policy(False):
        x = torch.ones(2, 3).t().requires_grad_()
        (x * 2).sum().backward()
        results.append(x.grad)

    @torch.autograd.enforce_grad_layout_policy(True)
    def run():
        return 3

    torch.autograd.enforce_grad_layout_policy(True)
    return [*results, run(), torch.autograd.enforce_grad_layout_policy(False).mode, torch.autograd.enforce_grad_layout_policy().mode]


@scenario
def multithreading_switch(torch):
    a = torch.autograd
    results = [a.is_multithreading_enabled()]
    with a.set_multithreading_enabled(False):
        results.append(a.is_multithreading_enabled())
        a.set_multithreading_enabled(True)
        results.append(a.is_multithreading_enabled())
    results.append(a.is_multithreading_enabled())
    a.set_multithreading_enabled(False)
    results.append(a.is_multithreading_enabled())
    a.set_multithreading_enabled(True)
    return [*results, a.set_multithreading_enabled(True).clone().mode]


@scenario
def versions_kept(torch):
    x = torch.ones(2, requires_grad=True).clone()
    x.add_(1)
    x.add_(2)
    with torch.autograd._unsafe_preserve_version_counter(x):
        x.mul_(2)
        x.mul_(3)
    y = torch.ones(2)
    with torch.autograd._unsafe_preserve_version_counter((x, y)):
        x.mul_(2)
        y.mul_(3)
    with torch.inference_mode():
        made = torch.ones(1)
        torch.autograd.graph.increment_version(made)
    torch.autograd.graph.increment_version(made)
    torch.autograd.graph.increment_version([x, y])
    return [x._version, y._version, x, y, *attempts(lambda: made._version, lambda: torch.autograd.graph.increment_version(3))]


@scenario
def view_replay(torch):
    force = torch.autograd._force_original_view_tracking

    def name():
        out = torch.ones(2, 2, requires_grad=True).clone().view(-1)
        out.add_(1)
        return type(out.grad_fn).__name__

    results = [name(), torch.autograd.is_view_replay_enabled()]
    with force(False):
        results += [name(), torch.autograd.is_view_replay_enabled()]
    with force(True):
        results += [torch.autograd.is_view_replay_enabled()]
    results += [torch.autograd.is_view_replay_enabled()]
    return results


@scenario
def saved_hooks_and_identity(torch):
    seen = []
    a = leaf(torch, 1.0)
    b = a * 3
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (seen.append((t is a, t is b, t.requires_grad)), t)[1], lambda t: t):
        y = a * b
        z = y.exp()
    c = a * 5
    with torch.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: 1 / 0):
        torch.autograd.grad((c * 3).sum(), a)
    z.backward()
    return [seen, a.grad]


@scenario
def mutation_counts(torch):
    results = []
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        a = leaf(torch, 1.0, 2.0)
        b = a.clone()
        c = b.view_as(b)
        out = (b**2).sum()
        c.sin_()
        out.backward(retain_graph=True)
        results.append(a.grad)
        other, twice = torch.ones(2), torch.full((2,), 2.0)
        product = a * other
        torch.sin(twice, out=other)
        results += [torch.autograd.grad(product.sum(), a)[0]]
        d = a.clone()
        e = d[:1]
        total = d**2
        e *= 10
        results += torch.autograd.grad(total.sum(), a)
        z = torch.tensor([1 + 1j], requires_grad=True).clone()
        squared = (z.conj() ** 2).sum()
        z.sin_()
        results += torch.autograd.grad(squared.abs(), z)[:0]
    return results
