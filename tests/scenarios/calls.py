"""The forms in which arguments come: by keyword, as NumPy values, as nested Tensors, or wrong; for torch and torchlike alike."""

# ruff: noqa: D103

import warnings

import numpy as np

from .tape import attempt


def keyword_forms(torch):
    x = torch.arange(6)
    return [x.split(split_size=2), x.view(size=(2, 3)), x[:1].expand(size=(2,)), x.to(float), x.to(int), torch.ones(2, dtype=float),
            torch.zeros(2).copy_(1), torch.zeros(2, dtype=torch.int32).copy_(True), torch.arange(np.int64(3)), torch.arange(3, dtype=float)]


def factors_in_the_old_place(torch):
    one, two = torch.tensor(1.0), torch.tensor([2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [attempt(f) for f in (
            lambda: torch.add(two, 3, two), lambda: torch.add(two, one, 2), lambda: torch.sub(two, one, 2), lambda: torch.add(two, 3, 2),
            lambda: two.add(one, 2), lambda: torch.add(torch.tensor(True), torch.tensor(True), True), lambda: torch.add(two, two, two),
            lambda: torch.addcmul(two, 3, two, two))]


def metadata_demanded(torch):
    t = torch.zeros(2, 3)
    check = torch._assert_tensor_metadata
    return [attempt(f) for f in (
        lambda: check(t, [2, 3], [3, 1], torch.float32), lambda: check(t, [2, 4]), lambda: check(t, None, [1, 3]), lambda: check(t, dtype=torch.int32),
        lambda: check(t.long(), dtype=torch.int32), lambda: check(t, device=torch.device("cuda")), lambda: check(t, layout=torch.sparse_coo),
        lambda: check(3), lambda: check(t, device=torch.device("cpu"), layout=torch.strided))]


def seeds(torch):
    state = torch.get_rng_state()
    given = (3, True, 1.5, "a", None, [1], -1, 2**63, 2**64 - 1, 2**64, np.int64(3))
    found = [attempt(lambda s=s: (torch.manual_seed(s), torch.initial_seed())[1]) for s in given]
    found += [attempt(lambda s=s: torch.Generator().manual_seed(s).initial_seed()) for s in given]
    torch.set_rng_state(state)
    return found


def numbers_of_threads(torch):
    return [attempt(lambda f=f, n=n: f(n)) for f in (torch.set_num_threads, torch.set_num_interop_threads) for n in (-1, 0, 2**65, "a", 1.5)]


def empty_memory(torch):
    x, meta = torch.zeros(3), torch.zeros((), device="meta")
    return [x[3:].data_ptr(), torch.zeros(0, 3).data_ptr(), torch.zeros(0).untyped_storage().data_ptr(), x[:0].untyped_storage().data_ptr() > 0,
            f"{meta}", attempt(lambda: f"{meta:.2f}"), torch.tensor(np.bool_(True)), torch.tensor([[np.bool_(True)], [False]])]


def sizes(torch):
    return [attempt(f) for f in (
        lambda: torch.zeros(), lambda: torch.zeros(2.0), lambda: torch.zeros(2, 1.5), lambda: torch.zeros([1.5]), lambda: torch.zeros((2, "a")),
        lambda: torch.full(2, 3.0), lambda: torch.full((2,), "a"), lambda: torch.rand("a"), lambda: torch.randperm(-1),
        lambda: torch.ones(2, dtype="float32"), lambda: torch.arange("a"), lambda: torch.ones(2).expand())]


def shapes_as_tuples(torch):
    size = torch.Size([2, 3])
    return [attempt(f) for f in (
        lambda: torch.Size([torch.tensor(2), True]), lambda: torch.Size([1.5]), lambda: torch.Size("a"), lambda: size + [1],
        lambda: (1, *size), lambda: (1,) + size, lambda: size + 1, lambda: torch.ones(2).size("a"),
        lambda: torch.broadcast_shapes((3,), (1, 2), (4, 1)), lambda: torch.broadcast_shapes((3,), (2, 1), 1))]


def numpy_functions(torch):
    x, a = torch.tensor([1.0, 4.0]), np.array([1, 2])
    return [np.sqrt(x), np.isfinite(x), np.add(x, a), np.matmul(a, x), np.add.reduce(x), np.modf(x), np.cumsum(x), np.log(torch.tensor(2.0))]


def numpy_operands(torch):
    x, a = torch.tensor([1.0, 4.0]), np.array([1, 2])
    y = torch.ones(2)
    y += a
    return [x + a, x * np.array(2.0), x / a, x // a, x % a, x**a, x @ a, x == a, x.int() & a, x * np.float32(2), x * np.float64(2), y,
            attempt(lambda: x.clone().requires_grad_() * a)]


def tensors_in_lists(torch):
    return [torch.tensor([torch.ones(1), torch.ones(1, 1)]), torch.tensor([torch.tensor(1.5), torch.tensor(2)]),
            torch.tensor([torch.tensor([1]), 2.5]), torch.tensor([[torch.tensor(1.0, dtype=torch.float64)], [2]]),
            torch.tensor([torch.tensor(1)], dtype=torch.float16), torch.tensor([torch.tensor(True), True]),
            *(attempt(f) for f in (lambda: torch.tensor([torch.ones(2)]), lambda: torch.tensor([torch.tensor([1, 2])]),
                                   lambda: torch.tensor([torch.ones(1)], dtype=torch.int64)))]


def data_of_no_dtype(torch):
    return [attempt(f) for f in (
        lambda: torch.tensor([1, "a"]), lambda: torch.tensor([1.0, None]), lambda: torch.tensor(2**63), lambda: torch.tensor([1, 2**70]),
        lambda: torch.manual_seed(2**65), lambda: torch.ones(2).copy_(np.ones(2)), lambda: torch.set_default_dtype("a"),
        lambda: torch.set_default_dtype(torch.int64), lambda: torch.finfo(torch.int8), lambda: torch.iinfo(torch.float32))]


def slices(torch):
    x = torch.arange(4)
    return [attempt(f) for f in (
        lambda: x[::0], lambda: x[::-1], lambda: x[1.5:], lambda: x["a":], lambda: x[torch.tensor(1):], lambda: torch.tensor(1)[:],
        lambda: torch.tensor(1)[None, ..., None])]


def targets_out_of_range(torch):
    bce, logits = torch.nn.functional.binary_cross_entropy, torch.nn.functional.binary_cross_entropy_with_logits
    half = torch.tensor([0.5])
    return [attempt(f) for f in (
        lambda: bce(half * 3, half).item(), lambda: bce(half, half - 1).item(), lambda: bce(half * torch.nan, half).item(),
        lambda: bce(half, half),
        lambda: logits(half, torch.tensor([1])), lambda: logits(half, torch.tensor([True])), lambda: logits(half, half))]


def mixed_dtypes(torch):
    x = torch.ones(2, 2)
    return [attempt(f) for f in (
        lambda: torch.nn.functional.linear(x.double(), x, x[0]), lambda: torch.nn.functional.linear(x.long(), x), lambda: x @ x.long(),
        lambda: x.masked_fill(x.long(), 1))]


def powers_of_two(torch):
    n = torch.arange(-3, 5)
    return [(torch.exp2(n) == 2.0**n.double()).all(), (torch.ldexp(torch.ones(8), n) == 2.0**n.double()).all(),
            torch.exp2(torch.tensor([0.5, -torch.inf, torch.inf, torch.nan, 1000.0, -1000.0]))]


def limits(torch):
    return [str(torch.finfo(d)) for d in (torch.float16, torch.bfloat16, torch.float32, torch.float64)] + [torch.finfo(torch.float32).resolution]


def strides_by_choice(torch):
    x = torch.ones(2, 3, 4)
    return [torch.empty_strided((2, 3), (1, 2)).stride(), torch.empty_strided((2, 3), (0, 1)).stride(), torch.empty_strided((0,), (3,)).shape,
            torch.empty_permuted((2, 3, 5), (0, 2, 1)).stride(), x.new_empty_strided((2, 3), (3, 1), dtype=torch.int64).dtype, x.dim_order(),
            x.transpose(0, 2).dim_order(), torch.empty_strided((2,), (2,), requires_grad=True).is_leaf,
            *(attempt(f) for f in (lambda: torch.empty_strided((2,), (1, 2)), lambda: torch.empty_permuted((2, 3), (0, 0)),
                                   lambda: torch.empty_permuted((2, 3), (0,)), lambda: torch.empty_permuted((2, 3), (0, 2))))]


def default_tensor_types(torch):
    def default(t):
        torch.set_default_tensor_type(t)
        return torch.ones(1).dtype

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [attempt(lambda t=t: default(t)) for t in (torch.DoubleTensor, "torch.FloatTensor", torch.LongTensor, torch.int)]


def classes(torch):
    return [str(c).replace("torchlike", "torch") for c in (
        torch.Tensor, torch.Size, torch.dtype, torch.device, torch.Generator, torch.finfo, torch.no_grad, torch.nn.Parameter, torch.nn.Linear,
        torch.optim.SGD, torch.optim.lr_scheduler.StepLR, torch.nn.Module)]


def refused_items(torch):
    x = torch.zeros(3)
    return [attempt(f) for f in (
        lambda: x.__delitem__(0), lambda: x.__setitem__(0, np.ones(3)), lambda: torch.from_numpy(np.arange(3)[::-1]), lambda: torch.sin(x, x, x),
        lambda: torch.from_numpy(np.float32(1)), lambda: torch.full((1,), np.int64(3)), lambda: torch.full((1,), np.float64(3)))]


def arrays_are_no_tensors(torch):
    f, a, x = torch.nn.functional, np.ones((2, 2), np.float32), torch.ones(2, 2)
    return [attempt(g) for g in (
        lambda: torch.nn.Linear(2, 2)(a), lambda: f.relu(a), lambda: torch.sum(a), lambda: torch.sin(a), lambda: torch.sqrt(np.float32(4)),
        lambda: torch.sqrt(4.0), lambda: torch.cat([a, a]), lambda: torch.matmul(a, x), lambda: f.cross_entropy(a, torch.tensor([0, 1])),
        lambda: f.cross_entropy(x, np.array([0, 1])), lambda: x.index_select(0, [0]), lambda: x.index_select(0, torch.tensor([0.0])))]


CASES = {f.__name__: f for f in (
    keyword_forms, factors_in_the_old_place, metadata_demanded, seeds, numbers_of_threads, empty_memory, sizes, shapes_as_tuples,
    numpy_functions, numpy_operands, tensors_in_lists,
    data_of_no_dtype, slices, targets_out_of_range,
    mixed_dtypes, powers_of_two, limits, strides_by_choice, default_tensor_types, classes, refused_items,
    arrays_are_no_tensors)}
