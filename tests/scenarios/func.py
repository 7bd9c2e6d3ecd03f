"""Function transforms: grad, vjp, jvp, Jacobians, vmap, nested in each other and in the tape."""

# ruff: noqa: D103

import functools
import warnings

from .collect import attempts, collect

CASES, scenario = collect()


def numbers(torch, *shape, seed=0.0):
    count = 1
    for n in shape:
        count *= n
    return (torch.arange(count, dtype=torch.float64) * 1.7 + seed).sin().reshape(shape)


def plain(torch, tree):
    """Results without the names of their grad_fn, which differ in composite formulas, but with whether they have one."""
    if isinstance(tree, torch.Tensor):
        return [tree.detach(), tree.requires_grad]
    if isinstance(tree, dict):
        return {k: plain(torch, v) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return [plain(torch, v) for v in tree]
    return tree


def setting(torch):
    x, xs, w = numbers(torch, 3), numbers(torch, 4, 3), numbers(torch, 3, 3, seed=2.0)
    return x, xs, w.requires_grad_(), torch.func


@scenario
def reverse_transforms(torch):
    x, _, w, f = setting(torch)

    def layer(x):
        return (w @ x).sin()

    output, pull = f.vjp(layer, x)
    _, pull2, aux = f.vjp(lambda x, y: ({"a": x * y}, y.exp()), x, x + 1, has_aux=True)
    return plain(torch, [
        f.grad(lambda x: (x.sin() * x).sum())(x),
        f.grad(lambda y: f.grad(lambda x: (x**3).sum())(y).sum())(x),
        f.grad(lambda x: x * f.grad(lambda y: x + y)(torch.tensor(1.0)))(torch.tensor(1.0)),
        f.grad_and_value(lambda x, y: ((x * y).sum(), y * 2), argnums=(0, 1), has_aux=True)(x, x + 1),
        f.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": [x * 2]}),
        f.grad(lambda x, *, k: (x * k).sum())(x, k=3.0),
        f.grad(lambda x: torch.ones(()))(x),
        output, pull(x + 1), pull(x + 2), pull2({"a": x}), aux,
        f.jacrev(layer)(x), f.jacrev(layer, chunk_size=2)(x), f.jacrev(layer, chunk_size=1)(x),
        f.jacrev(lambda a, b: {"p": a * b, "q": (a.sum(),)}, argnums=(0, 1))(x, x + 1),
        f.jacrev(lambda x: (x * 2, x + 1), has_aux=True)(x),
    ])  # fmt: skip


@scenario
def forward_transforms(torch):
    x, _, w, f = setting(torch)

    def layer(x):
        return (w @ x).sin()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linear, push = f.linearize(lambda x: (x * x).sin(), x)
    return plain(torch, [
        f.jvp(layer, (x,), (x + 1,)), f.jvp(lambda x: (x * 2, x.exp()), (x,), (x,), has_aux=True),
        f.jvp(lambda x, y: {"a": x * y, "b": [y]}, (x, x + 1), (x, x)), f.jvp(lambda x: torch.ones(2), (x,), (x,)),
        f.jvp(lambda x: f.jvp(torch.sin, (x,), (x,))[1], (x,), (x,)),
        f.jacfwd(layer)(x), f.jacfwd(lambda a, b: {"p": a * b, "q": (a.sum(),)}, argnums=(0, 1))(x, x + 1),
        f.jacfwd(lambda x: (x * 2, x + 1), has_aux=True)(x),
        linear, push(x + 1), push(x + 2),
    ])  # fmt: skip


@scenario
def second_derivatives(torch):
    x, _, w, f = setting(torch)

    def loss(x):
        return (w @ x).sin().sum() * x.exp().sum()

    return [
        h(x).detach()
        for h in (f.hessian(loss), f.jacrev(f.jacrev(loss)), f.jacfwd(f.jacfwd(loss)), f.jacrev(f.jacfwd(loss)), f.jacfwd(f.jacrev(loss)))
    ]


@scenario
def transforms_inside_the_tape(torch):
    x, xs, w, f = setting(torch)
    per_sample = f.vmap(f.grad(lambda x: (w @ x).sin().sum()))(xs)
    with torch.no_grad():
        quiet = f.grad(lambda x: (w @ x).sin().sum())(x)
    return plain(torch, [
        torch.autograd.grad(f.grad(lambda x: (w @ x).sin().sum())(x).sum(), w),
        torch.autograd.grad(per_sample.sum(), w), quiet,
        torch.autograd.grad(f.vmap(lambda x: (w @ x).sin().sum())(xs).sum(), w),
        torch.autograd.grad(f.jvp(lambda x: (w @ x).sin(), (x,), (x + 1,))[1].sum(), w),
        torch.autograd.grad(f.jacrev(lambda x: (w @ x).sin())(x).sum(), w),
        torch.autograd.grad(f.vmap(torch.mv, (None, 0))(w, xs).pow(2).sum(), w),
        f.grad(lambda x: (w.detach() @ x).sin().sum())(x).requires_grad,
        f.grad(lambda x: x.detach().sum() * x.sum())(x),
    ])  # fmt: skip


@scenario
def no_grad_inside(torch):
    x, _, _, f = setting(torch)

    def partly(x):
        with torch.no_grad():
            shift = x**2
        return (x**3 - shift).sum()

    return plain(torch, [f.grad(partly)(x), f.vmap(f.grad(partly))(x[:, None]), torch.no_grad()(f.grad(lambda x: (x**2).sum()))(x)])


@scenario
def mapping(torch):
    x, xs, w, f = setting(torch)
    w = w.detach()
    return [
        f.vmap(lambda a: a.sin() * a.sum())(xs), f.vmap(torch.dot, in_dims=(0, 1))(xs, xs.t()), f.vmap(lambda a: a.sum(), in_dims=-1)(xs),
        f.vmap(f.vmap(lambda a, b: a * b, in_dims=(0, None)), in_dims=(None, 0), out_dims=1)(x, xs),
        f.vmap(torch.mv, in_dims=(None, 0))(w, xs), f.vmap(lambda a: (a, a.sum()), out_dims=(1, 0))(xs),
        f.vmap(lambda d: {"s": d["a"] + d["b"]}, in_dims=({"a": 0, "b": None},))({"a": xs, "b": x}),
        f.vmap(lambda a: x)(xs), f.vmap(lambda a: (a, 3), out_dims=(0, None))(xs)[0],
        f.vmap(lambda a: a * 2, chunk_size=3)(xs), f.vmap(lambda a: (a * 2, a.sum()), chunk_size=1, out_dims=(1, 0))(xs),
        f.vmap(lambda a, k=1: a * k)(xs, k=3), f.vmap(lambda a: a[1:].cumsum(0).flip(0).view(1, 2))(xs),
        f.vmap(lambda a, i: a[i])(xs, torch.tensor([0, 2, 1, 0])), f.vmap(lambda a: torch.where(a > 0, a, -a))(xs),
        f.vmap(lambda a, b: torch.einsum("i,ij->j", a, b), (0, None))(xs, w), f.vmap(lambda a: a.argmax())(xs),
        f.vmap(lambda a: torch.stack([a, a + 1]).mean(0))(xs), f.vmap(lambda a: torch.cat([a, x]).sort().values)(xs),
        f.vmap(lambda m: torch.linalg.inv(m + 3 * torch.eye(3, dtype=torch.float64)))(torch.stack([w, w.t()])),
        f.vmap(lambda a: a.shape[0] + a.ndim + a.numel() + a)(xs),
    ]  # fmt: skip


@scenario
def mapping_in_place(torch):
    _, xs, _, f = setting(torch)

    def filled(a):
        b = a.new_zeros(3)
        b[0] = a[0]
        b[1:] += a[:2]
        return b

    def changed(a):
        a.mul_(2)
        return a.sum()

    def shared(a):
        b = torch.zeros(3, dtype=torch.float64)
        b[0] = a[0]
        return b

    changing = xs.clone()
    return [f.vmap(filled)(xs), f.vmap(changed)(changing), changing, f.vmap(lambda a: torch.zeros_like(a).add_(a))(xs)]


@scenario
def mapping_refuses(torch):
    x, xs, _, f = setting(torch)
    v = f.vmap
    return attempts(
        lambda: v(lambda a: a, in_dims=3)(xs), lambda: v(lambda a: a, in_dims=(0, 0))(xs), lambda: v(lambda a, b: a)(xs, xs[:2]),
        lambda: v(lambda a: 1)(xs), lambda: v(lambda a: a)(3), lambda: v(lambda a: a, out_dims="x")(xs), lambda: v(lambda: 7)(),
        lambda: v(lambda a: a, in_dims=[0])(xs), lambda: v(lambda a: a, in_dims=None)(xs), lambda: v(lambda a: a, out_dims=None)(xs),
        lambda: v(lambda a: a, out_dims=(0, 1))(xs), lambda: v(lambda a: a, randomness="x")(xs), lambda: v(lambda a: a, chunk_size=0)(xs),
        lambda: v(lambda a: a.sum().item())(xs), lambda: v(lambda a: a if a.sum() > 0 else -a)(xs), lambda: v(lambda a: torch.rand(3))(xs),
        lambda: v(lambda a: a, in_dims=("x",))(xs), lambda: v(lambda a: a.requires_grad_())(xs), lambda: v(lambda a: a.sum().backward())(xs),
    )  # fmt: skip


@scenario
def transforms_refuse(torch):
    x, _, _, f = setting(torch)
    return attempts(
        lambda: f.grad(lambda x: x)(x), lambda: f.grad(lambda x: 3)(x), lambda: f.grad(lambda x: x.sum(), argnums=2)(x),
        lambda: f.grad(lambda x: x.sum(), argnums="a")(x), lambda: f.grad(lambda x: x.sum(), argnums=())(x),
        lambda: f.grad(lambda x, y: x.sum(), argnums=(0, 0))(x, x), lambda: f.grad(lambda x: x.sum(), has_aux=True)(x),
        lambda: f.grad(lambda x: x.sum())(3), lambda: f.vjp(lambda x: 3, x), lambda: f.vjp(lambda x: None, x), lambda: f.vjp(lambda x: x.int(), x),
        lambda: f.vjp(lambda x: x, x)[1]((x, x)), lambda: f.jvp(lambda x: x, x, x), lambda: f.jvp(lambda x: x, (x,), (x, x)),
        lambda: f.jvp(lambda x: x, (3,), (x,)), lambda: f.jvp(lambda x: x, (), ()), lambda: f.jvp(lambda x: 3, (x,), (x,)),
        lambda: f.jvp(lambda x: torch.ones(2), (x,), (x,), strict=True), lambda: f.jvp(lambda x: x, (x,), (x[:2],)),
        lambda: f.jacrev(lambda x: x, chunk_size=0), lambda: f.jacrev(lambda x: x)(x.to(torch.complex128)), lambda: f.functionalize(abs, remove="x"),
        lambda: f.grad(lambda x: x.requires_grad_().sum())(x), lambda: f.grad(lambda x: x.sum().backward())(x),
    )  # fmt: skip


@scenario
def modules(torch):
    _, xs, _, f = setting(torch)

    def make(seed):
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
        with torch.no_grad():
            for i, p in enumerate(net.parameters()):
                p.copy_(numbers(torch, *p.shape, seed=seed + i))
        return net

    nets = [make(0.0), make(5.0)]
    params = {k: v.detach() for k, v in nets[0].named_parameters()}
    stacked, buffers = f.stack_module_state(nets)

    def loss(p, x):
        return f.functional_call(nets[0], p, (x,)).pow(2).sum()

    return plain(torch, [
        f.functional_call(nets[0], {"0.bias": torch.zeros(4, dtype=torch.float64)}, xs), f.functional_call(nets[0], [params, buffers], (xs,)),
        f.vmap(f.grad(loss), in_dims=(None, 0))(params, xs), f.vmap(lambda p, x: f.functional_call(nets[0], p, (x,)), in_dims=(0, None))(stacked, xs),
        f.hessian(loss)(params, xs[0])["0.bias"]["2.weight"],
        list(stacked), list(buffers), attempts(
            lambda: f.functional_call(nets[0], {"nope": xs}, (xs,), strict=True), lambda: f.functional_call(nets[0], 3, (xs,)),
            lambda: f.stack_module_state([]), lambda: f.functional_call(nets[0], [params, params], (xs,)),
        ),
    ])  # fmt: skip


@scenario
def randomness(torch):
    _, xs, _, f = setting(torch)
    different = f.vmap(lambda a: torch.rand(50), randomness="different")(xs)
    same = f.vmap(lambda a: torch.rand(50), randomness="same")(xs)
    dropped = f.vmap(lambda a: torch.nn.functional.dropout(torch.ones(200) + 0 * a.sum(), 0.5), randomness="different")(xs)
    return [
        bool((different[0] != different[1]).all()), bool((same[0] == same[3]).all()), list(different.shape), bool((dropped[0] != dropped[1]).any()),
    ]  # fmt: skip


@scenario
def batched_gradients(torch):
    _, _, w, _ = setting(torch)
    y, rows = (w * 2).sin(), torch.stack([w.detach(), w.detach() + 1])
    first = torch.autograd.grad(y, w, rows, is_grads_batched=True, create_graph=True)
    return plain(torch, [first, torch.autograd.grad(first[0].pow(2).sum(), w)])


@scenario
def pytrees(torch):
    from importlib import import_module

    tree = import_module(f"{torch.__name__}.utils._pytree")
    nested = {"a": [1, (2, None)], "b": 3}
    leaves, spec = tree.tree_flatten(nested)
    return [
        leaves, repr(spec), spec.num_nodes, spec.num_leaves, spec.num_children, tree.tree_unflatten([9, 8, 7, 6], spec), tree.tree_map(lambda x: [x], nested), tree.tree_leaves(nested), spec.num_leaves,
        attempts(lambda: tree.tree_unflatten([1], spec)), tree.treespec_pprint(spec), spec == tree.tree_structure(nested),
    ]  # fmt: skip


@scenario
def rearranged(torch):
    from importlib import import_module

    rearrange = import_module(f"{torch.__name__}.func").rearrange
    x = torch.arange(24).view(2, 3, 4)
    fits = [
        rearrange(x, "a b c -> c (a b)"), rearrange(x, "a ... -> (...) a"), rearrange(x, "a b (c d) -> (a c) (b d)", d=2),
        rearrange([x[0], x[1]], "k a b -> a (b k)"), rearrange(x, "... c -> c 1 ... ()"), rearrange(x, "... -> (...)"),
    ]  # fmt: skip
    misfits = [
        attempts(functools.partial(rearrange, x, pattern, **lengths))
        for pattern, lengths in [
            ("a b -> a b", {}), ("a b c -> a b", {}), ("a b c", {}), ("a b b -> a b", {}), ("a b (c (d)) -> a b c d", {}), ("a b c) -> a b c", {}),
            ("(a b c -> a b c", {}), ("a b 4 -> a b", {}), ("a b _c -> a b _c", {}), ("a b c. -> a b c.", {}), ("a (... b) -> ... a b", {}),
            ("a b c -> c b a", {"d": 3}), ("a b c d ... -> d c b a ...", {}),
        ]
    ]  # fmt: skip
    return plain(torch, fits), misfits
