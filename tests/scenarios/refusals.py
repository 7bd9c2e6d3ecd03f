"""What functions refuse, and what they make of arguments at the edge of what they take, as programs for torch and torchlike alike."""

# ruff: noqa: D103

import math
import warnings

from .tape import attempt


def all_of(*programs):
    return [attempt(program) for program in programs]


def stated_conditions(torch):
    no, mask = torch.tensor([False, True]), torch.ones(2, dtype=torch.bool)
    return all_of(
        lambda: torch._check(False), lambda: torch._check(False, lambda: "told"), lambda: torch._check(True, "no function"),
        lambda: torch._check(False, "no function"), lambda: torch._check("a"), lambda: torch._check(no), lambda: torch._check_index(False),
        lambda: torch._check_value(False, lambda: 3), lambda: torch._check_type(False), lambda: torch._check_not_implemented(False),
        lambda: torch._check_tensor_all(mask), lambda: torch._check_tensor_all(no, lambda: torch.arange(3)),
        lambda: torch._check_tensor_all(True), lambda: torch._check_tensor_all(torch.ones(1)),
        lambda: torch._assert_async(torch.tensor(0)), lambda: torch._assert_async(torch.tensor(1)), lambda: torch._assert_async(torch.ones(2)),
        lambda: torch._check_tensor_all_with(IndexError, no, lambda: "where"), lambda: torch._check_with(KeyError, False, lambda: "which"))


def deterministic_memory(torch):
    torch.use_deterministic_algorithms(True)
    try:
        made = [torch.empty(2), torch.empty(2, dtype=torch.int8), torch.empty(1, dtype=torch.bool), torch.empty_like(torch.ones(1)),
                torch.zeros(2).resize_(4), torch.zeros(2).new_empty(1), torch.zeros(1, dtype=torch.uint8).resize_(2)]
        refused = attempt(lambda: torch.zeros(2).put_(torch.tensor([0]), torch.ones(1)))
        torch.utils.deterministic.fill_uninitialized_memory = False
        return [made, refused, torch.zeros(2).put_(torch.tensor([0, 0]), torch.ones(2), accumulate=True)]
    finally:
        torch.utils.deterministic.fill_uninitialized_memory = True
        torch.use_deterministic_algorithms(False)


def deterministic_switches(torch):
    return all_of(lambda: torch.use_deterministic_algorithms(1), lambda: torch.use_deterministic_algorithms(True, warn_only=1),
                  lambda: setattr(torch.utils.deterministic, "fill_uninitialized_memory", 1))


def numbers_before_tensors(torch):
    x, v = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This overload of")
        return [torch.add(x, 2, x), torch.sub(x, 2, x), x.clone().add_(2, x), torch.addcmul(x, 0.5, x, x), torch.addcdiv(x, 2, x, x),
                torch.addmm(3, x, 2, x, x), torch.addmv(3, v, 2, x, v), torch.addr(3, x, 2, v, v), torch.addbmm(3, x, 2, x[None], x[None]),
                torch.baddbmm(3, x[None], 2, x[None], x[None])]


def room_for_integers(torch):
    def draw(dtype, *bounds):
        return lambda: torch.empty(1, dtype=dtype).random_(*bounds).dtype

    return all_of(
        draw(torch.uint8, 0, 257), draw(torch.uint8, -1, 2), draw(torch.int8, 0, 128), draw(torch.int8, 0, 129), draw(torch.bool, 0, 3),
        draw(torch.int16, -70000, 2), draw(torch.bfloat16, -3, 5), draw(torch.float16, -70000, 2), lambda: torch.randint(0, 300, (1,), dtype=torch.uint8),
        lambda: torch.randperm(300, dtype=torch.int8), lambda: torch.randperm(128, dtype=torch.int8).dtype,
        lambda: torch.randperm(2050, dtype=torch.float16), lambda: torch.randperm(3, dtype=torch.bool),
        lambda: torch.normal(torch.ones(2), -torch.ones(2)), lambda: torch.normal(torch.ones(2), torch.ones(3)))


def results_given(torch):
    return all_of(
        lambda: torch.ones(2, out=torch.zeros(3)), lambda: torch.full((2,), 3, out=torch.empty(2), dtype=torch.int32),
        lambda: torch.rand(2, out=torch.empty(2), dtype=torch.float64), lambda: torch.eye(2, out=torch.empty(2, 2).int()),
        lambda: torch.linspace(0, 1, 2, out=torch.empty(0).double()), lambda: torch.logspace(0, 1, 2, out=torch.empty(2), dtype=torch.float64),
        lambda: torch.arange(3, out=torch.empty(0, dtype=torch.int32)))


def ranges_and_grids(torch):
    two = torch.tensor([1, 2])
    return all_of(
        lambda: torch.arange(0, 1j), lambda: torch.linspace(0, 1j, 3, dtype=torch.float32), lambda: torch.tril_indices(-1, 2),
        lambda: torch.tril_indices(3, 3, dtype=torch.float32), lambda: torch.vander(torch.ones(2, 2)), lambda: torch.vander(torch.ones(2), -1),
        lambda: torch.linalg.vander(torch.ones(2), N=1), lambda: torch.combinations(torch.ones(2, 2)), lambda: torch.combinations(two, 0),
        lambda: torch.combinations(two, -1), lambda: torch.cartesian_prod(torch.ones(2, 2)), lambda: torch.block_diag(),
        lambda: torch.block_diag(torch.ones(2, 2, 2)), lambda: torch.meshgrid(indexing="ij"),
        lambda: torch.meshgrid(torch.ones(2), torch.ones(2).int(), indexing="ij"), lambda: torch.polar(torch.ones(1), torch.ones(1).half()),
        lambda: torch.frombuffer(bytearray(3), dtype=torch.int16), lambda: torch.frombuffer(bytearray(0), dtype=torch.int8),
        lambda: torch.frombuffer(bytearray(8), dtype=torch.int32, offset=9), lambda: torch.frombuffer([1], dtype=torch.int8),
        lambda: torch.asarray([1], copy=False), lambda: torch.asarray(torch.ones(2), dtype=torch.int32, copy=False),
        lambda: torch.empty(2, memory_format=torch.channels_last))


def integrals(torch):
    y = torch.arange(6.0).reshape(2, 3)
    return all_of(
        lambda: torch.trapezoid(y, torch.tensor([1.0, 2.0, 4.0])), lambda: torch.trapezoid(y, torch.ones(2), dim=1),
        lambda: torch.trapezoid(y > 1), lambda: torch.trapezoid(y, torch.ones(3) > 0), lambda: torch.trapezoid(torch.ones(2, 0)),
        lambda: torch.trapezoid(torch.ones(2, 1)), lambda: torch.trapezoid(torch.ones(())), lambda: torch.cumulative_trapezoid(torch.ones(2, 0)),
        lambda: torch.cumulative_trapezoid(torch.ones(())), lambda: torch.cumulative_trapezoid(y, torch.ones(2, 4)),
        lambda: y.diff(prepend=torch.ones(3)), lambda: y.diff(dim=0, prepend=torch.ones(1, 2)))


def reinterpreted(torch):
    x = torch.ones(2, 4)
    return all_of(
        lambda: torch.ones(3).view(torch.float64), lambda: x.t().view(torch.float64), lambda: torch.tensor(1.0).view(torch.int8),
        lambda: torch.ones(4)[1:3].view(torch.float64), lambda: torch.view_as_complex(x[:, ::2]), lambda: torch.view_as_complex(torch.ones(2, 2).t()),
        lambda: torch.view_as_complex(torch.ones(2, 2).int()), lambda: torch.view_as_complex(torch.tensor(1.0)),
        lambda: torch.view_as_complex(torch.ones(7)[1:].view(3, 2)), lambda: x.unflatten(1, (-1, 3)), lambda: x.unflatten(1, []),
        lambda: x.unflatten("a", (2, 2)), lambda: x.unflatten(1, (2, 2)), lambda: x.squeeze((0, 0)), lambda: x.unfold(1, -1, 1),
        lambda: x.split([5, -1], 1), lambda: x.tensor_split(torch.tensor([1.0])), lambda: x.roll((1, 1)), lambda: torch.broadcast_shapes((-1,)),
        lambda: x[torch.tensor(1.5)], lambda: x[torch.tensor([0, 1], dtype=torch.int8)], lambda: torch.ones(3).mT, lambda: torch.ones(2, 3, 4).H)


def searches(torch):
    x = torch.tensor([1.0, 2.0])
    return all_of(
        lambda: torch.argmax(torch.tensor([True])), lambda: torch.argmin(torch.tensor([1j]), 0), lambda: torch.max(torch.tensor([1j]), 0),
        lambda: torch.median(torch.tensor([True])), lambda: torch.mode(torch.tensor([1j])), lambda: torch.topk(torch.tensor([True]), 1),
        lambda: torch.sort(torch.tensor([1j])), lambda: torch.unique(torch.tensor([1j])), lambda: torch.isin(torch.tensor([True]), True),
        lambda: torch.searchsorted(x, x, side="left", right=True), lambda: torch.searchsorted(x, x, sorter=torch.tensor([0])),
        lambda: torch.searchsorted(x, x, sorter=torch.tensor([1, 2])), lambda: torch.histc(x, 0), lambda: torch.histc(x, 2, 3, 1),
        lambda: torch.histogram(x, -1), lambda: torch.histogram(x.int(), 2), lambda: torch.quantile(torch.ones(0), 0.5),
        lambda: torch.quantile(x, torch.tensor([1.5])), lambda: torch.nansum(x, dtype=torch.complex64),
        lambda: torch.std_mean(x.int()), lambda: torch.std_mean(torch.tensor([[1 + 1j, 2], [math.nan, 1j]]), 0), lambda: torch.cov(x, correction=5))


def matrices(torch):
    a, b, linalg = torch.tensor([[4.0, 2.0], [1.0, 3.0]]), torch.tensor([1.0, 2.0]), torch.linalg
    return all_of(
        lambda: linalg.inv(a.half()), lambda: linalg.svd(a.half()), lambda: linalg.svd(torch.full((2, 2), math.nan)),
        lambda: linalg.svd(a, driver="gesvd"), lambda: linalg.lstsq(a, b, driver="none"), lambda: linalg.lstsq(a, torch.ones(3, 1)),
        lambda: linalg.matrix_rank(b), lambda: linalg.cond(a, "none"), lambda: linalg.cond(torch.zeros(2, 2), 1), lambda: linalg.cond(torch.empty(0, 0)),
        lambda: linalg.multi_dot([a, torch.ones(3, 2)]), lambda: linalg.multi_dot([torch.ones(2, 2, 2), a]), lambda: linalg.tensorinv(a, 0),
        lambda: linalg.solve_triangular(a, b, upper=True), lambda: linalg.solve(a, b.double()), lambda: linalg.matrix_norm(b),
        lambda: linalg.matrix_norm(a, "fro", (0,)), lambda: linalg.vector_norm(b, dtype=torch.int32),
        lambda: linalg.vector_norm(b.double(), dtype=torch.float32), lambda: linalg.vecdot(b, b.double()), lambda: torch.einsum("i?j", a),
        lambda: torch.einsum("i.j", a), lambda: torch.einsum("ij->ii", a), lambda: torch.dist(b.int(), b.int()),
        lambda: torch.renorm(a, 2, 0, -1.0), lambda: torch.cdist(a, a, 2, "none"), lambda: torch.pdist(a, -1))


def old_constructors(torch):
    x = torch.tensor([1.0])
    return all_of(lambda: x.new(size=(2, 3)).shape, lambda: type("Kind", (torch.FloatTensor,), {}), lambda: x.apply_(lambda n: "text"),
                  lambda: x.int().apply_(lambda n: "text"), lambda: x.map_(torch.ones(1).int(), lambda a, b: a), lambda: torch.Generator("opengl"),
                  lambda: torch.Generator().set_state(torch.ones(3)), lambda: torch.Generator().manual_seed("a"))


def limits(torch):
    return [torch.finfo(torch.float32) == torch.finfo(torch.float32), torch.finfo(torch.float32) == torch.finfo(torch.float64),
            torch.iinfo(torch.int32) == torch.iinfo(torch.int32),
            *all_of(lambda: torch.iinfo(torch.bool), lambda: torch.promote_types(torch.uint16, torch.int8),
                    lambda: torch.promote_types(torch.uint16, torch.float32), lambda: torch.ones(1).fill_(1j),
                    lambda: torch.full((1,), 1j, dtype=torch.float32), lambda: torch.return_types.max([1]))]


def kinds_of_settings(torch):
    x = torch.ones(2, 3)
    return all_of(
        lambda: x.sum(True), lambda: x.sum(1), lambda: x.sum(True), lambda: x.sum(0, 1), lambda: x.mean(0, 1), lambda: torch.amax(x, 0, 1),
        lambda: x.max(True), lambda: torch.cumsum(x, True), lambda: x.softmax(True), lambda: x.sort(dim=True), lambda: x.gather(True, x.long()),
        lambda: x.all(True), lambda: x.topk(True), lambda: torch.ones(True, 6), lambda: torch.zeros((True, 2)), lambda: x.prod((0, 1)),
        lambda: torch.prod(x, dim=(0, 1)), lambda: torch.aminmax(x, dim=(0, 1)))


def dims_of_functions_and_methods(torch):
    x = torch.arange(6.0).view(2, 3)
    return all_of(
        lambda: torch.permute(x, 1, 0), lambda: torch.permute(x, (1, 0)), lambda: x.permute(1, 0), lambda: x.permute(), lambda: torch.flip(x, 0),
        lambda: torch.flip(x, 0, 1), lambda: torch.flip(x, (0,)), lambda: x.flip(0, 1), lambda: x.flip(), lambda: torch.tile(x, 2),
        lambda: torch.tile(x, (2,)), lambda: x.tile(2, 1), lambda: torch.broadcast_to(x, 2, 3), lambda: x.broadcast_to(2, 3),
        lambda: torch.swapaxes(x, axis0=0, axis1=1), lambda: torch.split_copy(x, 1, out=(torch.empty(1, 3), torch.empty(1, 3))))


def modes_of_nan(torch):
    nan = math.nan
    rows = [[nan, 1, nan, 1, 2], [nan, 1, nan], [nan, 2, 2, nan, 1, 1], [2, 2, nan, 1, 1], [1, nan, nan], [3, nan, 1, 3, 1], [nan]]
    return [list(torch.tensor(row, dtype=torch.float32).mode()) for row in rows]


def missing_kernels(torch):
    b, i, f, c = (torch.ones(2, dtype=d) for d in (torch.bool, torch.int64, torch.float32, torch.complex64))
    return all_of(
        lambda: torch.dot(b, b), lambda: torch.fmod(c, c), lambda: torch.copysign(c, 1), lambda: torch.atan2(c, f), lambda: b << True,
        lambda: torch.addcmul(b, b, b), lambda: torch.lerp(f, f.double(), 0.5), lambda: torch.lerp(f, i, 0.5), lambda: torch.heaviside(c, f),
        lambda: torch.mvlgamma(b, 2), lambda: torch.bincount(b), lambda: torch.cov(b), lambda: torch.cummax(c, 0), lambda: torch.ldexp(f, b),
        lambda: torch.cumsum(b, 0, dtype=torch.bool), lambda: i.clone().bitwise_and_(2.5), lambda: b.clone().hypot_(i),
        lambda: i.clone().atan2_(c), lambda: f.clone().floor_divide_(c), lambda: torch.kthvalue(torch.zeros(0), 1), lambda: torch.unique(f[0], dim=0),
        lambda: c.clone().abs_(), lambda: torch.trace(b.expand(2, 2)), lambda: f.clone().cumsum_(0, dtype=torch.int32), lambda: f.clone().cumsum_(0),
        lambda: torch.cummax(f[0], 1), lambda: torch.ones(2, 2).rot90(1, [0, 2]), lambda: torch.ones(2, 2).rot90(1, [1, -1]),
        lambda: torch.nonzero(f, as_tuple=True, out=torch.empty(0).long()), lambda: torch.nonzero(f, out=torch.empty(0).long()),
        lambda: torch._foreach_addcmul([f], [f], [f], torch.ones(1, 1)), lambda: torch._foreach_add([1], 1))


def sums_given_room(torch):
    x = torch.tensor([1.5, 2.5])
    return all_of(
        lambda: torch.sum(x, 0, out=torch.empty(0, dtype=torch.int64)), lambda: torch.cumsum(x, 0, out=torch.empty(0, dtype=torch.int32)),
        lambda: torch.prod(x, 0, out=torch.empty(0, dtype=torch.float64)), lambda: torch.max(x, 0, out=(torch.empty(0), torch.empty(0))),
        lambda: torch.ldexp(x.bfloat16(), torch.tensor([1, 2])), lambda: torch.logaddexp(x.bfloat16(), x.bfloat16()))


def sizes_beyond_memory(torch):
    return all_of(
        lambda: torch.empty(2**40, 2**40), lambda: torch.zeros(2**62), lambda: torch.ones(2, 2**62), lambda: torch.zeros(2).resize_([8, 8, 2**29, 2**29]),
        lambda: torch.zeros(2).resize_([-1]), lambda: torch.ones(15).view(-2, 1), lambda: torch.zeros((3, -1)))


def pinned_memory(torch):
    return all_of(lambda: torch.ones(2).pin_memory(), lambda: torch.zeros(2, pin_memory=True), lambda: torch.tensor([1], pin_memory=True),
                  lambda: torch.rand(2, pin_memory=True), lambda: torch.arange(2, pin_memory=True), lambda: torch.full((2,), 1, pin_memory=True))


def bytes_read_anew(torch):
    x = torch.tensor([1, 0, 258, 2139095041], dtype=torch.int32)
    return [x.view(torch.complex64).view(torch.int32), x.view(torch.complex128).view(torch.int32), x.view(torch.bool),
            torch.tensor([1j, 2.0]).view(torch.int32), torch.tensor([1, 2, 3, 4], dtype=torch.uint8).view(torch.int16)]


def arrays_read(torch):
    import numpy as np

    def locked():
        a = np.zeros(2)
        a.flags.writeable = False
        return a

    warnings.simplefilter("ignore")  # some warnings come once in a process: when is another test's business
    return all_of(
        lambda: torch.from_numpy(locked()), lambda: torch.tensor([np.ones((3, 3)), np.ones((3, 0))]), lambda: torch.tensor([[np.ones(3), 1.0]]),
        lambda: torch.tensor([[1, 2, 3], np.ones(2)]), lambda: torch.tensor([1.0, [2]]), lambda: torch.tensor([range(2), range(3)]),
        lambda: torch.frombuffer(bytearray(8)), lambda: float(torch.tensor(1j)), lambda: float(torch.tensor(2 + 0j)), lambda: int(torch.tensor(1j)),
        lambda: torch._foreach_add([torch.ones(1)], []), lambda: torch._foreach_mul([torch.ones(1)], torch.ones(2)))


def numbers_read(torch):
    import numpy as np

    knot: list = [0]
    knot.append(knot)
    odd = [2**63, [1, 2**64], -(2**63) - 1, math.nan, [math.inf], 300, None, [None], {}, b"a", "a", ["a"], [1, "a"], [True, None]]
    dtypes = (None, torch.uint8, torch.float32, torch.bool)
    answers = [all_of(*[lambda v=v, d=d: torch.tensor(v, dtype=d) for d in dtypes]) for v in odd]
    mixed = [[np.float32(1), 2], ((7, 5), (9, np.array(5.0))), [np.int8(1), 2], [np.bool_(True), False], [np.float64(1), 2], [torch.tensor(1), 2.5]]
    return answers + all_of(*[lambda v=v: torch.tensor(v) for v in mixed]) + all_of(
        lambda: torch.tensor(knot), lambda: torch.tensor([[1, 2], knot]), lambda: torch.tensor(np.array([300]), dtype=torch.uint8), lambda: torch.tensor(np.int64(300), dtype=torch.uint8),
        lambda: torch.full((1,), 1j, dtype=torch.bool))


def ranges_given_room(torch):
    def room():
        return torch.zeros(2, 2)

    return all_of(
        lambda: torch.linspace(0, 3, 4, out=room()), lambda: torch.arange(4, out=room()), lambda: torch.full((4,), 1.0, out=room()),
        lambda: torch.arange(0, 1, 0.25, dtype=torch.int32), lambda: torch.arange(1, 0, -0.25, dtype=torch.int32),
        lambda: torch.arange(2, dtype=torch.bool), lambda: torch.linspace(0, 1, 2, dtype=torch.bool), lambda: torch.tril(torch.ones(2, 2), 1.5),
        lambda: torch.ones(2, 2).roll((1,), (1, 2)), lambda: torch.ones(2).roll(1.5), lambda: torch.cat([torch.ones(0), torch.ones(0)], 1),
        lambda: torch.column_stack([]), lambda: torch.complex(torch.ones(1), torch.ones(1), out=torch.zeros(1)),
        lambda: torch.polar(torch.ones(2), torch.ones(3)), lambda: torch.meshgrid(torch.ones(1), torch.ones(1, device="meta"), indexing="ij"),
        lambda: torch.ones(1).float_power_(2), lambda: torch.float_power(torch.ones(1), 2, out=torch.empty(0)))


def devices_of_old_constructors(torch):
    i = torch.tensor([1])
    return all_of(
        lambda: torch.Tensor(i, device="cpu"), lambda: i.new(i, device="cpu"), lambda: torch.Tensor(device="cuda"), lambda: i.new(device="cuda"),
        lambda: torch.Tensor((2.0, 3.0), device="cuda"), lambda: i.new((2, 3), device="cpu"),
        lambda: torch.empty(1, dtype=torch.int8).random_(-(2**63), None), lambda: torch.empty(1).random_(3, None).ge(3),
        lambda: torch.empty(1, dtype=torch.float16).random_(-(2**63), None))


def names_of_results_given_room(torch):
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]])

    def room(*dtypes):
        return tuple(torch.empty(0, dtype=d) for d in dtypes)

    f, i = torch.float32, torch.int64
    results = [torch.max(x, 0, out=room(f, i)), torch.sort(x, out=room(f, i)), torch.topk(x, 1, out=room(f, i)), torch.mode(x, out=room(f, i)),
               torch.kthvalue(x, 1, out=room(f, i)), torch.cummin(x, 0, out=room(f, i)), torch.aminmax(x, out=room(f, f)),
               torch.frexp(x, out=room(f, torch.int32)), torch.linalg.eigh(x, out=room(f, f)), torch.return_types.max_out([1, 2])]
    return [[type(r).__name__, repr(r).split("\n")[0], isinstance(r, tuple)] for r in results] + [results[0].values, results[0].indices]


CASES = {f.__name__: f for f in (stated_conditions, deterministic_memory, deterministic_switches, numbers_before_tensors, room_for_integers,
                                 results_given, ranges_and_grids, integrals, reinterpreted, searches, matrices, old_constructors, limits, kinds_of_settings,
                                 dims_of_functions_and_methods, modes_of_nan, missing_kernels, sums_given_room, sizes_beyond_memory,
                                 pinned_memory, bytes_read_anew, arrays_read, numbers_read, ranges_given_room,
                                 devices_of_old_constructors, names_of_results_given_room)}
