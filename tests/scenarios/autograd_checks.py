"""gradcheck and gradgradcheck, and the derivatives of functions: jacobian, hessian and their products."""

# ruff: noqa: D103

import contextlib
import io
import warnings

from .collect import attempts, collect, doubling

CASES, scenario = collect()


def point(torch, *values, dtype=None):
    return torch.tensor(list(values), dtype=dtype or torch.float64, requires_grad=True)


def functions(torch):
    """Custom Functions with faults."""

    class Wrong(doubling(torch)):
        @staticmethod
        def backward(ctx, g):
            return g * 3

    class Additive(Wrong):
        @staticmethod
        def backward(ctx, g):
            return g * 2 + 1e-7

    class Needs(Wrong):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.mul(2) if g is not None else torch.ones(1).nonsense

    class Breaks(Needs):
        @staticmethod
        def backward(ctx, g):
            if g is None:
                raise RuntimeError("undefined")
            return g * 2

    class Unsteady(Wrong):
        calls = 0

        @staticmethod
        def backward(ctx, g):
            Unsteady.calls += 1
            return g * (2 + 1e-9 * Unsteady.calls)

    return Wrong, Additive, Breaks, Unsteady


@scenario
def gradcheck_passes(torch):
    x, y = point(torch, 0.3, 0.7), point(torch, 1.5, -0.2)
    check, check2 = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    return [check(torch.sin, x), check(lambda a, b: (a * b, (a - b).exp()), (x, y)), check(lambda a, n: a**n, (x, 3)),
            check2(torch.sin, (x,)), check2(lambda a, b: (a * b, a.exp()), [x, y]), check(torch.exp, x, fast_mode=True),
            check(lambda a: (a, a.detach()), x), check2(lambda a: a**3, x, point(torch, 1.0, 2.0)), check(lambda a: a * 2, x, check_grad_dtypes=True),
            check(lambda a: a.sum(), torch.zeros(0, dtype=torch.float64, requires_grad=True))]  # fmt: skip


@scenario
def gradcheck_of_complex(torch):
    z = point(torch, 0.3 + 1j, 0.7 - 0.5j, dtype=torch.complex128)
    x = point(torch, 0.3, 0.7)
    check, check2 = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    return [check(lambda a: a * a.conj() * a, z), check(torch.abs, z), check(lambda a: (a.real, a.imag * a), z), check2(lambda a: a**3, z),
            check(lambda a: a * 1j, x), check2(lambda a, b: a * b, (x, z))]  # fmt: skip


@scenario
def gradcheck_fails(torch):
    x, z = point(torch, 0.3, 0.7), point(torch, 0.3 + 1j, dtype=torch.complex128)
    wrong, additive, breaks, unsteady = functions(torch)
    check = torch.autograd.gradcheck
    results = [check(wrong.apply, x, raise_exception=False), *attempts(
        lambda: check(wrong.apply, x), lambda: check(wrong.apply, z), lambda: check(additive.apply, x), lambda: check(breaks.apply, x),
        lambda: check(breaks.apply, x, check_undefined_grad=False), lambda: check(unsteady.apply, x),
        lambda: check(unsteady.apply, x, nondet_tol=1e-3), lambda: check(lambda a: (a, wrong.apply(a)), x))]  # fmt: skip
    return [[r[0], r[1].split("\n\nNOTE")[0]] if isinstance(r, list) else r for r in results]


@scenario
def gradcheck_refuses(torch):
    check = torch.autograd.gradcheck
    x = point(torch, 0.5)
    return attempts(
        lambda: check(torch.sin, torch.ones(1)),
        lambda: check(torch.sin, torch.ones(1, dtype=torch.float64).requires_grad_().expand(3)),
        lambda: check(lambda a: a.detach() * 2, x),
        lambda: check(lambda a: (a.detach() * 0), x),
        lambda: check(torch.sin, x, check_backward_ad=False),
        lambda: check(torch.sin, x, check_batched_forward_grad=True),
        lambda: issubclass(torch.autograd.gradcheck.__globals__["GradcheckError"], RuntimeError),
    )


@scenario
def gradcheck_of_single_precision_warns(torch):
    return torch.autograd.gradcheck(lambda a: a * 2, point(torch, 0.5, dtype=torch.float32), eps=1e-2, atol=1e-2)


@scenario
def gradgradcheck_fails(torch):
    class Forgets(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0].detach()

    x = point(torch, 0.5, 0.6)
    result = torch.autograd.gradgradcheck(Forgets.apply, x, raise_exception=False)
    (error,) = attempts(lambda: torch.autograd.gradgradcheck(Forgets.apply, x))
    return [torch.autograd.gradcheck(Forgets.apply, x), result, error[0], error[1].split(",")[0]]


@scenario
def gradgradcheck_of_once_differentiable(torch):
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            return g * 2

    x = point(torch, 0.5)
    (g,) = torch.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    return [torch.autograd.gradcheck(Once.apply, x), *attempts(lambda: torch.autograd.gradgradcheck(Once.apply, x), g.sum().backward,
            lambda: torch.autograd.grad(g.sum(), x))]  # fmt: skip


@scenario
def gradcheck_leaves_its_inputs_alone(torch):
    base = torch.ones(2, 2, dtype=torch.float64)
    x = base[0].requires_grad_()
    y = point(torch, 0.5, 0.2)
    return [torch.autograd.gradcheck(lambda a: a * a, x), base, torch.autograd.gradcheck(lambda a: a * y, y), y, y._version, y.grad,
            torch.autograd.gradcheck(lambda a: a * a, (y * 2)[1:]), torch.autograd.gradcheck(lambda a: a.clone().mul_(a).exp_(), y),
            torch.autograd.gradcheck(lambda a: [a.sin(), a[:0]], [y])]  # fmt: skip


@scenario
def gradients_are_cast_to_their_inputs(torch):
    class Halves(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.double() * 2

        @staticmethod
        def backward(ctx, g):
            return (g * 2).to(torch.float16)

    found = []
    for x in (point(torch, 0.5, 0.2), point(torch, 0.5, 0.2, dtype=torch.float32)):
        found.append(torch.autograd.grad(Halves.apply(x).sum(), x))
    return found


# --- functional ----------------------------------------------------------------------------------------------------------------


@scenario
def jacobians(torch):
    jacobian = torch.autograd.functional.jacobian
    x, y = point(torch, 0.3, 0.7), point(torch, 1.5, -0.2, 0.1)
    return [jacobian(lambda a: a**2, x), jacobian(lambda a: (a**2, a.sum()), x), jacobian(lambda a, b: a.sum() * b, (x, y)),
            jacobian(lambda a, b: (a * 2, b.exp()), (x, y)), jacobian(lambda a: a**2, x, vectorize=True), jacobian(lambda a: a.detach(), x),
            jacobian(lambda a: a.sum(), (x,))]  # fmt: skip


@scenario
def jacobian_of_jacobian(torch):
    x = point(torch, 0.3, 0.7)
    jac = torch.autograd.functional.jacobian(lambda a: a**3, x, create_graph=True)
    return [jac.requires_grad, torch.autograd.grad(jac.sum(), x), torch.autograd.functional.jacobian(lambda a: a**3, x).requires_grad]


@scenario
def hessians(torch):
    hessian = torch.autograd.functional.hessian
    x, y = point(torch, 0.3, 0.7), point(torch, 1.5, -0.2)
    h = hessian(lambda a: (a**3).sum(), x, create_graph=True)
    return [hessian(lambda a: (a**3).sum(), x), hessian(lambda a, b: (a * b * b).sum(), (x, y)), h.requires_grad,
            torch.autograd.grad(h.sum(), x), hessian(lambda a: (a**2).sum().reshape(1, 1), x), hessian(lambda a: a.sum(), x)]  # fmt: skip


@scenario
def products(torch):
    f = torch.autograd.functional
    x, v = point(torch, 0.3, 0.7), torch.tensor([1.0, 2.0], dtype=torch.float64)
    one = point(torch, 0.5)

    def cubes(a):
        return (a**3).sum()

    return [f.vjp(torch.exp, x, v), f.jvp(torch.exp, x, v), f.vhp(cubes, x, v), f.hvp(cubes, x, v), f.vjp(cubes, x), f.jvp(lambda a: a * v, one),
            f.vhp(cubes, one), f.hvp(cubes, one), f.jvp(lambda a: (a * 2, a.sum()), x, v), f.vjp(lambda a, b: a * b, (x, x), v),
            f.jvp(lambda a, b: a * b, (x, x), (v, v)), f.hvp(lambda a, b: (a * b).sum(), (x, x), (v, v)),
            f.vhp(lambda a, b: (a * a * b).sum(), (x, x), (v, v)), f.jvp(lambda a: v, x, v), f.hvp(lambda a: a.sum(), x, v)]  # fmt: skip


@scenario
def products_that_can_be_differentiated(torch):
    f = torch.autograd.functional
    x, v = point(torch, 0.3, 0.7), torch.tensor([1.0, 2.0], dtype=torch.float64)

    def cubes(a):
        return (a**3).sum()

    results = [f.vjp(torch.exp, x, v, create_graph=True), f.jvp(torch.exp, x, v, create_graph=True), f.vhp(cubes, x, v, create_graph=True),
               f.hvp(cubes, x, v, create_graph=True)]  # fmt: skip
    return [[out.requires_grad, g.requires_grad, torch.autograd.grad(g.sum(), x)] for out, g in results]


@scenario
def functional_arguments(torch):
    f = torch.autograd.functional
    x, v = point(torch, 0.3, 0.7), torch.ones(2, dtype=torch.float64)

    def cubes(a):
        return (a**3).sum()

    return attempts(
        lambda: f.jacobian(torch.exp, 3.0), lambda: f.jacobian(torch.exp, (x, 2)), lambda: f.jacobian(lambda a: 3, x),
        lambda: f.jacobian(lambda a: (a, 2), x), lambda: f.vjp(torch.exp, x), lambda: f.jvp(torch.exp, x), lambda: f.vhp(cubes, x),
        lambda: f.hvp(cubes, x), lambda: f.vjp(torch.exp, x, torch.ones(3)), lambda: f.vjp(torch.exp, x, (v, v)),
        lambda: f.vjp(lambda a: (a, a), x, v), lambda: f.vjp(lambda a: (a, a), x, (v, torch.ones(1))), lambda: f.vjp(torch.exp, x, 3),
        lambda: f.hessian(lambda a: (a.sum(), 1), x), lambda: f.hessian(lambda a: (a.sum(), a.sum()), x), lambda: f.hessian(torch.exp, x),
        lambda: f.vhp(torch.exp, x, v), lambda: f.hvp(lambda a: (a.sum(),), x, v), lambda: f.jacobian(torch.exp, x, strategy="sideways"),
        lambda: f.jacobian(torch.exp, x, strategy="forward-mode", create_graph=True), lambda: f.jacobian(torch.exp, x, strict=True, vectorize=True),
        lambda: f.hessian(cubes, x, outer_jacobian_strategy="sideways"),
    )  # fmt: skip


@scenario
def functional_strict(torch):
    f = torch.autograd.functional
    x, v = point(torch, 0.3, 0.7), torch.ones(2, dtype=torch.float64)
    constant, linear = (lambda a: a.detach() * 2), (lambda a: (a * 2).sum())
    other = lambda a, b: (a**3).sum()  # noqa: E731
    return attempts(
        lambda: f.jacobian(constant, x, strict=True), lambda: f.jacobian(other, (x, x), strict=True),
        lambda: f.jacobian(lambda a: a * 2, x, strict=True, create_graph=True), lambda: f.vjp(constant, x, v, strict=True),
        lambda: f.vjp(other, (x, x), strict=True), lambda: f.vjp(linear, x, strict=True, create_graph=True),
        lambda: f.jvp(constant, x, v, strict=True), lambda: f.jvp(other, (x, x), (v, v), strict=True), lambda: f.hessian(linear, x, strict=True),
        lambda: f.hessian(other, (x, x), strict=True), lambda: f.vhp(linear, x, v, strict=True), lambda: f.hvp(linear, x, v, strict=True),
        lambda: f.vhp(other, (x, x), (v, v), strict=True), lambda: f.hvp(other, (x, x), (v, v), strict=True),
        lambda: f.vhp(lambda a: (a * a).sum(), x, v, strict=True, create_graph=True),
        lambda: f.hvp(lambda a: (a * a).sum(), x, v, strict=True, create_graph=True),
    )  # fmt: skip


@scenario
def gradcheck_modes(torch):
    x = point(torch, 1.0, 2.0, 3.0)
    c = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
    check, check2 = torch.autograd.gradcheck, torch.autograd.gradgradcheck

    def real(x):
        return x.sin() * x.sum(), x.exp()

    def complicated(c):
        return (c * c.conj().sum()).exp() / 100

    options = [
        {"check_forward_ad": True}, {"fast_mode": True}, {"fast_mode": True, "check_forward_ad": True}, {"check_batched_grad": True},
        {"check_forward_ad": True, "check_backward_ad": False},
    ]  # fmt: skip
    once = [[check(real, x, **o), check(complicated, c, **o)] for o in options]
    return [
        once, check(real, x, check_forward_ad=True, check_batched_forward_grad=True), check2(real, x, check_fwd_over_rev=True),
        check2(real, x, check_batched_grad=True, fast_mode=True),
    ]  # fmt: skip


@scenario
def gradcheck_finds_wrong_tangents(torch):
    class Wrong(doubling(torch)):
        @staticmethod
        def jvp(ctx, t):
            return t * 3

    x = point(torch, 1.0, 2.0)
    c = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    check = torch.autograd.gradcheck
    return [
        attempts(lambda: check(Wrong.apply, x, check_forward_ad=True), lambda: check(Wrong.apply, c, check_forward_ad=True)),
        check(Wrong.apply, x), check(Wrong.apply, x, check_forward_ad=True, fast_mode=True, raise_exception=False),
    ]  # fmt: skip


@scenario
def jacobians_all_at_once(torch):
    functional = torch.autograd.functional
    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[0.5], [0.7]])

    def several(x, y):
        return x.sin() * y, (x.sum() * y).exp(), x.detach() * 2

    def scalar(x):
        return (x.sin() * x.sum()).sum()

    forward = {"vectorize": True, "strategy": "forward-mode"}
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    graph = functional.jacobian(lambda v: v**3, w, vectorize=True, create_graph=True)
    return [
        functional.jacobian(several, (x, y), vectorize=True), functional.jacobian(several, (x, y), **forward),
        functional.jacobian(torch.sin, x, **forward),
        functional.hessian(scalar, x, vectorize=True), functional.hessian(scalar, x, vectorize=True, outer_jacobian_strategy="forward-mode").detach(),
        torch.autograd.grad(graph.sum(), w),
        attempts(
            lambda: functional.jacobian(scalar, x, strategy="forward-mode"), lambda: functional.jacobian(scalar, x, strict=True, **forward),
            lambda: functional.jacobian(scalar, x, create_graph=True, strategy="forward-mode"),
            lambda: functional.jacobian(scalar, x, vectorize=True, strict=True), lambda: functional.hessian(scalar, x, outer_jacobian_strategy="x"),
        ),
    ]  # fmt: skip


@scenario
def gradcheck_of_functions_that_change(torch):
    class Jitter(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            return grad * (1 + torch.rand_like(grad) * 1e-6)

    def longer(x):
        return torch.cat([x, x]) if torch.all(x >= 1) else x

    def narrower(x):
        return x.to(torch.float32) if torch.all(x >= 1) else x

    one = torch.ones(1, dtype=torch.float64, requires_grad=True)
    noisy = torch.ones(3, dtype=torch.float64, requires_grad=True)
    check = torch.autograd.gradcheck
    results = attempts(
        *(lambda f=f, fast=fast: check(f, (one,), fast_mode=fast) for f in (longer, narrower) for fast in (True, False)),
        *(lambda fast=fast, tol=tol: check(Jitter.apply, (noisy,), fast_mode=fast, nondet_tol=tol) for fast in (True, False) for tol in (0.0, 1e-5)),
    )
    # Without the advice that follows on some messages.
    return [[r[0], r[1].partition("\n\nNOTE")[0]] if isinstance(r, list | tuple) else r for r in results]


@scenario
def jacobian_of_outputs_that_are_inputs(torch):
    x, y = torch.ones(2), torch.ones(3)
    return [torch.autograd.functional.jacobian(lambda x, y: (x, y, x, y), (x, y), vectorize=v) for v in (False, True)]


@scenario
def callbacks_that_queue_callbacks(torch):
    seen = []
    queue = torch.autograd.Variable._execution_engine.queue_callback

    class Queues(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            queue(first)
            return grad

    def first():
        seen.append("first")
        queue(lambda: seen.append("second"))

    Queues.apply(torch.ones(2, requires_grad=True)).sum().backward()
    return [seen, *attempts(lambda: queue(first))]


@scenario
def anomaly_where_warnings_are_errors(torch):
    a = torch.ones(2, requires_grad=True)

    def run():
        with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True), contextlib.redirect_stderr(io.StringIO()) as told:
            warnings.simplefilter("error")
            b = a + 1
            c = b**2
            b += 1
            try:
                c.sum().backward()
            except RuntimeError as error:
                return [str(error)[:60], told.getvalue()[:50]]
        return None

    return run()
