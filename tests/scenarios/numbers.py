"""What sums, ranges, histograms and draws answer at the edge of a dtype, and what they refuse, as programs for torch and torchlike alike."""

# ruff: noqa: D103

import math

from .refusals import all_of


def sums_of_half_precision(torch):
    x, y = torch.ones(25, 25, 2, dtype=torch.bfloat16), torch.ones(50, 50, 50, dtype=torch.float16)[::2, ::2, ::2]
    picture = torch.ones(1, 1, 30, 30, dtype=torch.bfloat16)
    return [x.sum(), x.sum((0, 1)), x.mean((0, 1)), x.nansum((0, 1)), x.mean(), y.sum((0, 1, 2)), y.sum((0, 2))[:2], x.reshape(-1).sum(0),
            torch.nn.functional.adaptive_avg_pool2d(picture, 1), torch.ones(1000, dtype=torch.bfloat16).softmax(0).sum() > 0.9]


def ranges_of_integers(torch):
    def points(*bounds, dtype, make=torch.linspace):
        return lambda: make(*bounds, dtype=dtype)

    small, log = torch.uint8, torch.logspace
    return all_of(
        points(1, 127, 50, dtype=torch.int64), points(1.9, 7.9, 5, dtype=torch.int32), points(-1.9, -7.9, 5, dtype=torch.int32),
        points(-10, 10, 5, dtype=small), points(-255, 7, 5, dtype=small), points(-256, 7, 5, dtype=small), points(0, 300, 4, dtype=small),
        points(0, 200, 4, dtype=torch.int8), points(0, 2**62, 3, dtype=torch.int64), points(-1e30, 1, 3, dtype=torch.int64),
        points(0, 3, 4, dtype=small, make=log), points(0, 1, 3, dtype=torch.int32, make=log), points(0, 1j, 4, dtype=torch.float32, make=log),
        points(0, 1j, 4, dtype=torch.int64, make=log), lambda: log(0, 1j, 3), points(0, 1j, 4, dtype=torch.float32),
        lambda: torch.linspace(0, 3, 4, out=torch.zeros(4, dtype=torch.int64)), lambda: torch.linspace(0, math.inf, 3))


def histograms(torch):
    x = torch.tensor([1.0, 2.0, 1.0])

    def counted(*data, **settings):
        return lambda: torch.histc(torch.tensor(data), **{"bins": 4, **settings})

    def drawn(data, *args, **settings):
        return lambda: torch.histogram(data, *args, **settings)

    other = torch.ones(3, dtype=torch.float64)
    return all_of(
        counted(1.0, 2.0, 1.0, min=5, max=5), counted(1.0, 2.0, math.inf), counted(1.0, 2.0, math.inf, min=0, max=3),
        counted(1.0, 2.0, math.nan, min=0, max=3), counted(1.0, min=5, max=1), counted(1.0, 2.0, min=math.inf, max=math.inf),
        counted(1.0, min=0, max=math.inf), counted(1.0, bins=-1), counted(1, 2), counted(2.0, 2.0), lambda: torch.histc(torch.zeros(0), 3),
        drawn(x, other), drawn(x, 1, weight=other), drawn(torch.ones(2, 2), torch.ones(2, 2)), drawn(torch.ones(0), torch.ones(0)), drawn(x, -1),
        drawn(torch.ones(2, 2), 1, weight=torch.ones(1)), drawn(x, 1, range=(1.0,)), drawn(x, 1, range=(3.0, 1.0)), drawn(x, 1, range=(1.0, math.inf)),
        drawn(torch.tensor([1.0, math.nan]), 3), drawn(torch.tensor([1, 2]), 2), drawn(x, torch.tensor([1.0, 1.5, 2.0])), drawn(x, 3, density=True),
        drawn(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 3, weight=torch.tensor([[1.0, 2.0], [3.0, 4.0]])), drawn(torch.zeros(0), 3),
        drawn(x, 4, range=(0.0, 4.0)))


def dtypes_beside_out(torch):
    x, single, double = torch.ones(3), torch.ones(()), torch.ones((), dtype=torch.float64)
    return all_of(
        *(lambda f=f: f(x, 0, dtype=torch.float64, out=single.clone()) for f in (torch.sum, torch.prod, torch.mean, torch.nansum)),
        *(lambda f=f: f(x, 0, dtype=torch.float64, out=x.clone()) for f in (torch.cumsum, torch.cumprod)),
        *(lambda f=f: f(x, 0, dtype=torch.float64, out=double.clone()) for f in (torch.sum, torch.prod, torch.mean, torch.nansum)),
        lambda: torch.sum(x.int(), 0, dtype=torch.int32, out=torch.ones((), dtype=torch.int64)), lambda: torch.sum(x.int(), 0, out=double.clone()))


def names_of_numpy(torch):
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2, 2)
    return all_of(
        *(lambda f=f: f(x1=x, x2=y) for f in (torch.add, torch.sub, torch.mul, torch.div, torch.matmul, torch.maximum, torch.eq)),
        lambda: torch.add(x=x, other=y), lambda: torch.add(a=x, b=y), lambda: torch.flip(x=x, dims=(0,)), lambda: torch.stack((x, y), axis=1),
        lambda: x.unbind(axis=1), lambda: x.chunk(2, axis=1), lambda: torch.softmax(x, axis=1), lambda: x.sum(axis=0, keepdims=True),
        lambda: torch.gather(x, axis=1, index=torch.tensor([[0]])), lambda: torch.split(x, 1, axis=0), lambda: torch.sin(a=x))


def bounds_of_draws(torch):
    def draw(dtype, *bounds):
        return lambda: torch.empty(1, dtype=dtype).uniform_(*bounds)

    return all_of(
        draw(torch.float32, 5, 3), draw(torch.float32, -3e38, 3e38), draw(torch.float32, -1e308, 1), draw(torch.float32, math.nan, 1),
        draw(torch.float64, -1.7e308, 1.7e308), draw(torch.float64, 0, math.inf), draw(torch.float16, -60000, 60000), draw(torch.float16, 0, 70000),
        draw(torch.bfloat16, -3.4e38, 0), draw(torch.int32, 0, 1),
        lambda: torch.randint(0.0, 3, (2,)), lambda: torch.randint(0, 3.0, (2,)), lambda: torch.randint(5.0, (2,)), lambda: torch.randint(5),
        lambda: torch.randint("a"), lambda: torch.normal(torch.ones(3), "a"), lambda: torch.normal(), lambda: torch.normal(0.0, 1.0),
        lambda: torch.normal("a", torch.ones(3)), lambda: torch.randperm(1.5), lambda: torch.randperm(),
        lambda: torch.randint(6, (5,), dtype=torch.complex64))


def uniques_of_a_number(torch):
    x = torch.tensor(5.0)
    return [f(x, return_inverse=True, return_counts=True) for f in (torch.unique, torch.unique_consecutive)]


def products_over_no_dims(torch):
    x = torch.full((2, 2), 3.0)
    return [torch.masked.prod(x, dim=[], mask=torch.tensor([True, False])), torch.masked.prod(x, dim=[], keepdim=True), torch.masked.prod(x, dim=()),
            torch.masked.sum(x, dim=[])]


def nearest_pictures(torch):
    def resized(n, scale, rank):
        line = torch.arange(n, dtype=torch.float32).reshape((1, 1) + (1,) * (rank - 1) + (n,))
        return torch.nn.functional.interpolate(line, scale_factor=(1.0,) * (rank - 1) + (scale,)).flatten()

    return [resized(n, scale, rank) for n, scale in ((3, 1.3), (3, 2.3), (4, 2.2), (4, 1.2), (3, 1.9)) for rank in (1, 2, 3)]


def half_precision_added_up(torch):
    here, ones = torch.zeros(625, dtype=torch.int64), torch.ones(625, 2, dtype=torch.bfloat16)
    base, rows = torch.zeros(1, 2, dtype=torch.bfloat16), torch.zeros(625, 2, dtype=torch.int64)
    return [base.scatter_add(0, rows, ones), base.index_add(0, here, ones), base[:, 0].index_add(0, here, ones[:, 0]),
            *(base.scatter_reduce(0, rows, ones, how) for how in ("sum", "mean", "amax")), torch.einsum("ij->", ones[:, :1]), torch.einsum("ij->j", ones),
            *(torch.nn.functional.embedding_bag(here, ones[:2], torch.tensor([0]), mode=how) for how in ("sum", "mean")),
            torch.ones(3, dtype=torch.int16).sum(dtype=torch.int16), torch.full((3,), 30000, dtype=torch.int16).sum(dtype=torch.int16)]


def incomplete_gamma(torch):
    inf = math.inf
    pairs = (((inf, inf, inf), (0.0, 1.0, 1e3)), ((0.0, 0.0, 0.0), (1e-3, 1.0, inf)), ((1e-3, 1.0, inf), (0.0, 0.0, 0.0)),
             ((0.0, inf, -1.0, -inf), (0.0, inf, 1.0, inf)), ((0.0, 1.0, 1e3), (inf, inf, inf)), ((1.0, 2.0, 0.0), (-1.0, math.nan, math.nan)))
    return [f(torch.tensor(a), torch.tensor(x)) for f in (torch.igamma, torch.igammac) for a, x in pairs]


def slopes_of_sinc(torch):
    x = torch.tensor([0.0, 2.3e-308, 1e-200, 0.5, 1.0], dtype=torch.float64, requires_grad=True)
    slopes, = torch.autograd.grad(x.sinc().sum(), x, create_graph=True)
    return [slopes.detach(), torch.autograd.grad(slopes[3:].sum(), x)[0][3:]]


def magnitudes_of_infinity(torch):
    parts = [complex(math.inf, math.nan), complex(math.nan, math.inf), complex(math.nan, 1), complex(-math.inf, 1), 3 + 4j]
    x = torch.tensor(parts)

    def written(dtype):
        return lambda: torch.abs(x, out=torch.empty(5, dtype=dtype))

    return all_of(x.abs, torch.tensor(parts, dtype=torch.complex128).abs, written(torch.complex64), written(torch.float32), written(torch.float64),
                  written(torch.complex128), written(torch.int64))


def branch_cuts(torch):
    x = torch.tensor([complex(a, b) for a in (-4.0, -0.5, 0.5, 4.0) for b in (0.0, -0.0, 1.0, -1.0)], dtype=torch.complex128)
    y = torch.tensor([complex(-4.0, -0.0), complex(-4.0, 0.0), complex(2.0, -1.0)], dtype=torch.complex128, requires_grad=True)
    slopes = torch.autograd.grad(y.sqrt().real.sum() + y.sqrt().imag.sum(), y)
    return [[f(x) for f in (torch.sqrt, torch.asin, torch.acos, torch.acosh, torch.log)], slopes]


def outputs_by_position(torch):
    x, whole, single, double = torch.ones(2, 2), torch.zeros(2, dtype=torch.int64), torch.zeros(2), torch.zeros(2, dtype=torch.float64)
    return all_of(
        lambda: torch.mode(x, 1, out=(single, double)), lambda: torch.mode(x, 1, out=(double, whole)),
        lambda: torch.kthvalue(x, 1, 1, out=(single, double)), lambda: torch.kthvalue(x, 1, 1, out=(double, whole)),
        lambda: torch.frexp(single, out=(torch.zeros(2), torch.zeros(2))), lambda: torch.frexp(single, out=(double, torch.zeros(2, dtype=torch.int32))),
        lambda: torch.histogram(single, 1, out=(torch.zeros(1), torch.zeros(2, dtype=torch.float64))),
        lambda: torch.histogram(single, 1, out=(torch.zeros(1, dtype=torch.float64), torch.zeros(2))),
        lambda: torch.nonzero_static(single, size=1, out=torch.zeros(1, 1)))


def complex_numbers_of_two_sizes(torch):
    x, y = torch.ones(2, dtype=torch.complex64), torch.full((2,), 2j, dtype=torch.complex128)
    return [x + y, y * x, torch.cat([x, y]), torch.where(torch.tensor([True]), x, y), torch.stack([x, y]), x == y, torch.result_type(x, y),
            torch.promote_types(x.dtype, y.dtype), torch.result_type(x, y[0])]


def factors_of_products(torch):
    x, v, whole = torch.ones(2, 2), torch.ones(2), torch.ones(2, 2, dtype=torch.int64)
    yes, no = torch.tensor([[True, False]]), torch.tensor([True])

    def logical(**factors):
        return lambda: torch.addr(yes, no, torch.tensor([True, True]), **factors)

    return all_of(
        logical(), logical(beta=False), logical(alpha=False), logical(beta=False, alpha=False), logical(beta=2),
        lambda: torch.addr(x, v, v, beta=True), lambda: torch.addr(whole, whole[0], whole[0], alpha=True),
        lambda: torch.addr(whole, whole[0], whole[0], alpha=2.5), lambda: torch.addr(whole, whole[0], whole[0], beta=2j),
        lambda: torch.addr(x, v, v, beta=2j), lambda: torch.addmm(x, x, x, alpha=2j), lambda: torch.addmm(whole, whole, whole, beta=2j),
        lambda: torch.addmv(v, x, v, alpha=2j), lambda: torch.baddbmm(x[None], x[None], x[None], beta=2j),
        lambda: torch.addbmm(x, x[None], x[None], beta=2j), lambda: torch.addcmul(x, x, x, value=2j), lambda: torch.addcdiv(x, x, x, value=2j))


def orders_of_failure(torch):
    x, y = torch.eye(3).repeat(3, 1, 1), torch.tensor([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]])
    x[0, 2, 2] = x[1, 1, 1] = -1
    return [torch.linalg.cholesky_ex(x)[1], torch.linalg.cholesky_ex(x, upper=True)[1], torch.linalg.inv_ex(y)[1],
            torch.linalg.solve_ex(y, torch.ones(2))[1], torch.linalg.inv_ex(y[2]),
            all_of(lambda: torch.linalg.cholesky_ex(x, check_errors=True), lambda: torch.linalg.inv_ex(y, check_errors=True))]


def results_not_written(torch):
    x, whole = torch.eye(2), torch.empty(2, 2, dtype=torch.int32)
    return all_of(
        lambda: torch.cholesky_inverse(x, out=whole), lambda: torch.cholesky_solve(x, x, out=whole),
        lambda: torch.linalg.cond(x, out=torch.empty((), dtype=torch.int32)), lambda: torch.linalg.matrix_power(x, 2, out=whole),
        lambda: torch.linalg.matrix_rank(x, out=torch.empty((), dtype=torch.bool)), lambda: torch.linalg.pinv(x, out=whole),
        lambda: torch.linalg.eigvals(x, out=torch.empty(2)), lambda: torch.linalg.eig(x, out=(torch.empty(2), torch.empty(2, 2))),
        lambda: torch.linalg.tensorsolve(x, x[0], out=torch.empty(2, dtype=torch.int32)),
        lambda: torch.linalg.householder_product(x, x[0], out=whole), lambda: torch.linalg.eigvalsh(x, UPLO="x"),
        lambda: torch.linalg.eigh(x, UPLO="wrong"), lambda: torch.linalg.eigvalsh(x, UPLO="u"))


CASES = {f.__name__: f for f in (sums_of_half_precision, ranges_of_integers, histograms, dtypes_beside_out, names_of_numpy, bounds_of_draws,
                                 uniques_of_a_number, products_over_no_dims, nearest_pictures, half_precision_added_up, incomplete_gamma, slopes_of_sinc,
                                 magnitudes_of_infinity, branch_cuts, outputs_by_position, complex_numbers_of_two_sizes, factors_of_products,
                                 orders_of_failure, results_not_written)}
