"""Hooks of every kind: order, replacement, removal while running; backward inside backward; several threads; edges of the graph."""

# ruff: noqa: D103, B023

import threading
import warnings

from .collect import attempts, collect

CASES, scenario = collect()


def leaf(torch, *shape, value=1.0):
    return torch.full(shape, value).requires_grad_()


def numbers(grads):
    return [None if g is None else g.tolist() for g in grads]


@scenario
def node_hooks_and_their_order(torch):
    log = []
    x = leaf(torch, 2)
    y = x * 2
    node = y.grad_fn
    node.register_hook(lambda into, out: log.append(("post", numbers(into), numbers(out))))
    node.register_prehook(lambda out: log.append(("pre", numbers(out))))
    y.retain_grad()
    node.register_prehook(lambda out: (out[0] * 5,))
    y.register_hook(lambda g: log.append(("tensor", g.tolist())))
    y.sum().backward()
    return [log, x.grad, y.grad]


@scenario
def what_prehooks_may_return(torch):
    results = []
    for returned in (
        lambda out: 3, lambda out: out[0], lambda out: (out[0], out[0]), lambda out: (torch.ones(3),), lambda out: (3,), lambda out: [out[0]],
        lambda out: (None,), lambda out: None, lambda out: (out[0] * 2,), lambda out: (out[0].double(),),
    ):  # fmt: skip
        x = leaf(torch, 2)
        y = x * 2
        y.grad_fn.register_prehook(returned)
        results += [*attempts(lambda: y.sum().backward()), x.grad]
    return results


@scenario
def what_posthooks_may_return(torch):
    results = []
    for returned in (
        lambda into, out: 3, lambda into, out: into[0], lambda into, out: (into[0],) * 3, lambda into, out: (torch.ones(3), None),
        lambda into, out: (3, None), lambda into, out: (into[0] * 2,), lambda into, out: (into[0] * 2, None),
        lambda into, out: (into[0].double(), None), lambda into, out: (None, None), lambda into, out: (into[0], into[0]),
    ):  # fmt: skip
        x = leaf(torch, 2)
        y = x * 2
        y.grad_fn.register_hook(returned)
        results += [*attempts(lambda: y.sum().backward()), x.grad]
    return results


@scenario
def what_tensor_hooks_may_return(torch):
    results = []
    for returned in (
        lambda g: 3, lambda g: (g,), lambda g: g.double(), lambda g: g.reshape(1, 2), lambda g: g.expand(2, 2), lambda g: True, lambda g: g * 7,
    ):  # fmt: skip
        x = leaf(torch, 2)
        y = x * 2
        y.register_hook(returned)
        results += [*attempts(lambda: y.sum().backward()), x.grad]
    return results


@scenario
def undefined_gradients_reach_hooks_as_none(torch):
    log = []
    x = leaf(torch, 4)
    a, b = x.split(2)
    b.register_hook(lambda g: log.append(g))
    a.register_hook(lambda g: log.append(g))
    a.grad_fn.register_prehook(lambda out: log.append(numbers(out)))
    a.sum().backward()
    return [log, x.grad]


@scenario
def a_hook_removes_another_while_running(torch):
    log, handles = [], []
    y = leaf(torch, 1) * 1

    def first(g):
        log.append(1)
        handles[0].remove()

    y.register_hook(first)
    handles.append(y.register_hook(lambda g: log.append(2)))
    y.register_hook(lambda g: log.append(3))
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return log


@scenario
def a_hook_removes_itself(torch):
    log = []
    y = leaf(torch, 1) * 1

    def once(g):
        log.append("once")
        handle.remove()

    handle = y.register_hook(once)
    y.register_hook(lambda g: log.append("always"))
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    handle.remove()
    return log


@scenario
def a_hook_adds_a_hook(torch):
    log = []
    y = leaf(torch, 1) * 1

    def first(g):
        log.append("first")
        y.register_hook(lambda g: log.append("added"))

    y.register_hook(first)
    y.sum().backward(retain_graph=True)
    before = list(log)
    y.sum().backward()
    return [before, log]


@scenario
def handles_as_contexts(torch):
    log = []
    y = leaf(torch, 1) * 1
    with y.register_hook(lambda g: log.append(1)):
        y.sum().backward(retain_graph=True)
    y.sum().backward()
    return log


@scenario
def hooks_of_a_leaf(torch):
    log = []
    x = leaf(torch, 1)
    y = x * 1
    accumulate = y.grad_fn.next_functions[0][0]
    accumulate.register_hook(lambda into, out: log.append(("post", into, numbers(out), x.grad.tolist())))
    accumulate.register_prehook(lambda out: log.append(("pre", x.grad)))
    x.register_post_accumulate_grad_hook(lambda p: log.append(("accumulated", p is x)))
    x.register_post_accumulate_grad_hook(lambda p: log.append(("accumulated again", p is x)))
    x.register_hook(lambda g: log.append("tensor"))
    y.sum().backward()
    return log


@scenario
def accumulate_hooks_return_nothing(torch):
    x = leaf(torch, 1)
    x.register_post_accumulate_grad_hook(lambda p: p.grad)
    return attempts(lambda: (x * 1).sum().backward())


@scenario
def accumulate_hook_that_steps(torch):
    x = leaf(torch, 2)

    def step(p):
        with torch.no_grad():
            p -= p.grad
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 0.5).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    return [x, x.grad]


@scenario
def hooks_before_and_after_inplace(torch):
    log = []
    y = leaf(torch, 2) * 1
    y.register_hook(lambda g: log.append(("before", g.tolist())))
    y.mul_(3)
    y.register_hook(lambda g: log.append(("after", g.tolist())))
    y.retain_grad()
    (y * 2).sum().backward()
    return [log, y.grad]


@scenario
def retain_grad_again_and_again(torch):
    x = leaf(torch, 2)
    y = x * 1
    y.retain_grad()
    y.retain_grad()
    y.mul_(3)
    (y * 2).sum().backward(retain_graph=True)
    first = y.grad.clone()
    (y * 2).sum().backward()
    z = x * 1
    z.retain_grad()
    torch.autograd.grad(z.sum(), x)
    x.retain_grad()
    return [first, y.grad, z.grad, y.retains_grad, x.retains_grad]


@scenario
def hooks_where_grad_stops(torch):
    log = []
    x = leaf(torch, 2)
    x.register_hook(lambda g: log.append("tensor"))
    x.register_hook(lambda g: g * 10)
    accumulate = (x * 1).grad_fn.next_functions[0][0]

    def double(out):
        log.append("pre")
        return (out[0] * 2,)

    accumulate.register_prehook(double)
    accumulate.register_hook(lambda into, out: log.append("post"))
    x.register_post_accumulate_grad_hook(lambda p: log.append("accumulated"))
    found = torch.autograd.grad((x * 3).sum(), x)
    after_grad = list(log)
    (x * 3).sum().backward(inputs=[x])
    y = x * 3
    y.register_hook(lambda g: log.append("y"))
    y.grad_fn.register_prehook(lambda out: log.append("never"))
    return [found, after_grad, log, x.grad, torch.autograd.grad(y.sum(), y), log]


@scenario
def backward_into_a_result(torch):
    x = leaf(torch, 2)
    y = x * 3
    (y * 2).sum().backward(inputs=[y])
    return [y.grad, x.grad, y.retains_grad]


@scenario
def a_hook_that_raises(torch):
    x = leaf(torch, 1, value=3.0)
    y = x * 1

    def boom(g):
        raise ValueError("boom")

    handle = y.register_hook(boom)
    z = (y * y).sum()
    failure = attempts(lambda: z.backward(retain_graph=True))
    state = [x.grad, torch.is_grad_enabled()]
    handle.remove()
    z.backward()
    return [failure, state, x.grad]


@scenario
def grad_mode_in_hooks(torch):
    log = []
    y = leaf(torch, 1) * 1
    y.register_hook(lambda g: log.append((torch.is_grad_enabled(), g.requires_grad)))
    y.grad_fn.register_hook(lambda into, out: log.append((torch.is_grad_enabled(), into[0].requires_grad)))
    z = (y**2).sum()
    z.backward(retain_graph=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z.backward(create_graph=True)
    return log


@scenario
def hooks_differentiate_too(torch):
    x = leaf(torch, 2, value=2.0)
    y = x * 1
    y.register_hook(lambda g: g * y)
    (first,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
    return [first.detach(), torch.autograd.grad(first.sum(), x)]


@scenario
def backward_inside_backward(torch):
    class Inner(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                v = x.detach().requires_grad_()
                (v * v).sum().backward()
            return v.grad * g

    x = leaf(torch, 1, value=3.0)
    Inner.apply(Inner.apply(x)).sum().backward()
    return x.grad


@scenario
def deep_reentrance(torch):
    class Deeper(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.depth = depth
            return x * 1

        @staticmethod
        def backward(ctx, g):
            if ctx.depth:
                with torch.enable_grad():
                    v = g.detach().requires_grad_()
                    Deeper.apply(v, ctx.depth - 1).sum().backward()
                return v.grad + g, None
            return g, None

    x = leaf(torch, 1)
    Deeper.apply(x, 30).sum().backward()
    return x.grad


@scenario
def backward_inside_a_hook_into_the_same_leaf(torch):
    x = leaf(torch, 1)
    y = x * 1

    def again(g):
        with torch.enable_grad():
            (x * 5).sum().backward()

    y.register_hook(again)
    y.sum().backward()
    return x.grad


@scenario
def threads_share_a_leaf(torch):
    x = leaf(torch, 4)

    def work():
        for _ in range(10):
            (x * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return x.grad


@scenario
def forward_here_backward_there(torch):
    x = leaf(torch, 2)
    with torch.no_grad():
        thread = threading.Thread(target=lambda: (x * 2).sum().backward())
        thread.start()
        thread.join()
    y = (x * 5).sum()
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    return x.grad


@scenario
def exception_in_backward_leaves_order(torch):
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise KeyError("broken")

    x, w = leaf(torch, 1), leaf(torch, 1, value=2.0)
    y = Fails.apply(x) * w
    failure = attempts(lambda: y.sum().backward())
    (x * w).sum().backward()
    return [failure, x.grad, w.grad, torch.is_grad_enabled()]


@scenario
def multi_hook_on_all(torch):
    log = []
    a, b, c = leaf(torch, 1), leaf(torch, 1), leaf(torch, 1)
    hook = torch.autograd.graph.register_multi_grad_hook((a, b, c), lambda grads: log.append(numbers(grads)))
    (a * b).sum().backward()
    (a * b * c).sum().backward()
    (a * b).sum().backward(inputs=[a])
    refused = attempts(lambda: torch.autograd.grad((a * b * c).sum(), [a]))
    hook.remove()
    (a * b * c).sum().backward()
    m = a * b
    torch.autograd.graph.register_multi_grad_hook((m, m * 2), lambda grads: log.append(numbers(grads)))
    torch.autograd.grad(m.sum(), a)
    return [log, refused]


@scenario
def multi_hook_on_any(torch):
    log = []
    a, b = leaf(torch, 1), leaf(torch, 1, value=3.0)
    register = torch.autograd.graph.register_multi_grad_hook
    with register((a, b, torch.ones(1)), lambda g: log.append(g.tolist()), mode="any"):
        (a * b).sum().backward()
        (a * b).sum().backward()
    (a * b).sum().backward()
    return [len(log), attempts(lambda: register((a,), print, mode="some"), lambda: register((torch.ones(1),), print))]


@scenario
def gradient_edges(torch):
    graph = torch.autograd.graph
    x = leaf(torch, 2)
    y = x * 2
    edge, at_leaf = graph.get_gradient_edge(y), graph.get_gradient_edge(x)
    found = [torch.autograd.grad((y * 3).sum(), edge), torch.autograd.grad((x * 2).sum(), [at_leaf]), torch.autograd.grad(edge, x, torch.ones(2))]
    y = x * 2
    edge = graph.get_gradient_edge(y)
    torch.autograd.backward(edge, torch.ones(2))
    errors = attempts(
        lambda: torch.autograd.backward(edge),
        lambda: torch.autograd.grad(edge, x, torch.ones(3)),
        lambda: graph.get_gradient_edge(torch.ones(1)),
        lambda: torch.autograd.grad(y.sum(), []),
    )
    return [found, x.grad, errors, len(edge), edge.output_nr]


@scenario
def nodes_are_nodes(torch):
    x = leaf(torch, 3)
    y = x * 2
    Node = torch.autograd.graph.Node
    expected = y.grad_fn._input_metadata[0]
    called = y.grad_fn(torch.ones(3))
    return [isinstance(y.grad_fn, Node), isinstance(y.grad_fn.next_functions[0][0], Node), isinstance(x, Node), issubclass(type(y.grad_fn), Node),
            list(expected.shape), str(expected.dtype), str(expected.device), called[0].detach(), called[1]]  # fmt: skip


@scenario
def callbacks_at_the_end(torch):
    log = []
    queue = torch.autograd.Variable._execution_engine.queue_callback
    x = leaf(torch, 1)
    y = x * 2
    y.register_hook(lambda g: queue(lambda: log.append(x.grad.tolist())))
    y.sum().backward()
    return [log, attempts(lambda: queue(print))]


@scenario
def batched_cotangents(torch):
    x = leaf(torch, 3, value=2.0)
    y = x**2
    rows = torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True, retain_graph=True)
    unused = torch.autograd.grad(y, [x, leaf(torch, 1)], torch.eye(3), is_grads_batched=True, allow_unused=True, retain_graph=True)
    (second,) = torch.autograd.grad((x**3), x, torch.eye(3), is_grads_batched=True, create_graph=True)
    return [rows, unused, second.detach(), torch.autograd.grad(second.sum(), x),
            attempts(lambda: torch.autograd.grad(x**2, x, torch.ones(2, 2), is_grads_batched=True))]  # fmt: skip


@scenario
def a_chain_of_many_nodes_dies_quietly(torch):
    x = leaf(torch, 1)
    y = x * 1
    for _ in range(3000):
        y = y + x
    del y
    return x.grad


@scenario
def retain_grad_of_a_view_and_its_base(torch):
    x = leaf(torch, 4)
    y = x * 1
    v = y[:2]
    v.retain_grad()
    y.retain_grad()
    v.mul_(2)
    (y * y).sum().backward()
    before = [v.grad, y.grad, x.grad]
    (v * 3).sum().backward()
    return [before, v.grad]


@scenario
def backward_into_several(torch):
    x = leaf(torch, 2)
    y = x * 2
    z = (y * y).sum()
    z.backward(inputs=[x, y], retain_graph=True)
    first = [x.grad.clone(), y.grad.clone()]
    z.backward(inputs=y)
    return [first, x.grad, y.grad, torch.autograd.grad((x * 3).sum(), [x, x])]


@scenario
def accumulation_into_a_grad_with_history(torch):
    x = leaf(torch, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x**3).sum().backward(create_graph=True)
    grad = x.grad
    (x**2).sum().backward()
    return [grad is x.grad, x.grad.requires_grad, x.grad.tolist()]


@scenario
def a_given_grad_is_added_to(torch):
    x = leaf(torch, 2)
    x.grad = given = torch.full((2,), 5.0)
    (x * 2).sum().backward()
    return [x.grad is given, given]


@scenario
def odd_arguments(torch):
    x = leaf(torch, 2)
    one = torch.ones(())
    return attempts(
        lambda: torch.autograd.backward([x.sum(), None]), lambda: torch.autograd.grad([x.sum()], x, [None]), lambda: torch.autograd.backward([]),
        lambda: torch.autograd.grad(x.sum(), x, one.double()), lambda: torch.autograd.backward(x.sum(), 3),
        lambda: torch.autograd.backward((x.sum(),), (one, one)), lambda: one.retain_grad(),
        lambda: (x * 1).register_post_accumulate_grad_hook(print), lambda: one.register_post_accumulate_grad_hook(print),
    )  # fmt: skip


@scenario
def hooks_survive_requires_grad_off_and_on(torch):
    x = leaf(torch, 2)
    x.register_hook(lambda g: g * 2)
    x.requires_grad_(False)
    x.requires_grad_(True)
    (x * 1).sum().backward()
    return x.grad
