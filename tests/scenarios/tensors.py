"""Making, converting, indexing and printing tensors, with the errors for bad input, as programs for torch and torchlike alike."""

# ruff: noqa: D103

import copy
import pickle
import warnings

import numpy as np

from .tape import attempt


def creation(torch):
    return [torch.zeros(2, 3), torch.ones((2,)), torch.full((2, 2), 7), torch.full((2,), 1.5), torch.full((1,), True), torch.eye(2, 3), torch.arange(5),
            torch.arange(1, 4), torch.arange(0, 1, 0.25), torch.arange(5, 0, -2), torch.arange(3.0), torch.linspace(0, 1, 4),
            torch.linspace(3, 1, 1), torch.logspace(0, 2, 3), torch.zeros(0), torch.ones(()), torch.zeros_like(torch.ones(2, dtype=torch.int32)),
            torch.ones(2).new_zeros(3), torch.ones(2).new_full((2,), 3), torch.ones(2, dtype=torch.int64).new_tensor([1.5]),
            torch.full_like(torch.ones(2), 4), torch.tril_indices(3, 3), torch.complex(torch.ones(1), torch.ones(1)), torch.scalar_tensor(3),
            torch.empty(2, 0).shape, torch.zeros(torch.Size([1, 2])), torch.arange(2, dtype=torch.float64), torch.zeros(2, dtype=torch.bool)]


def dtype_inference(torch):
    return [torch.tensor(v).dtype for v in (1, 1.0, True, 1j, [1, 2.0], [True, 2], [[1], [2]], [], [[]], np.float32(1), np.arange(3), [np.float64(1)],
                                            np.ones(2, np.float16), np.array([True]), (1, 2), [1, 1j], range(3))]


def creation_errors(torch):
    return [attempt(f) for f in (
        lambda: torch.zeros(-1), lambda: torch.tensor([[1, 2], [3]]), lambda: torch.tensor("a"), lambda: torch.tensor([None]),
        lambda: torch.arange(0, 1, -1), lambda: torch.arange(0, 1, 0), lambda: torch.linspace(0, 1, -1), lambda: torch.eye(-1),
        lambda: torch.ones(2, requires_grad=True, dtype=torch.int64), lambda: torch.tensor(300, dtype=torch.uint8),
        lambda: torch.from_numpy([1]), lambda: torch.tensor([1, [2]]), lambda: torch.zeros(2, dtype=torch.float32, device="nope"))]


def tensor_from_tensor(torch):
    return [torch.tensor([torch.tensor(1.0), torch.tensor(2.0)]), torch.as_tensor(np.arange(2)), torch.asarray([1, 2]),
            torch.stack([torch.tensor(1), torch.tensor(2)]), torch.tensor([[torch.tensor(1)], [torch.tensor(2)]])]


def conversions(torch):
    x = torch.tensor([[1.7, -2.2], [0.0, 3.5]])
    return [x.int(), x.long(), x.bool(), x.double(), x.half().dtype, x.to(torch.int16), x.to(torch.float32) is x, x.to("cpu") is x,
            x.to(torch.ones(1, dtype=torch.float64)).dtype, x.type(torch.int32), x.type(), x.type("torch.LongTensor"), x.type_as(torch.ones(1).int()),
            x.tolist(), x[0, 0].item(), float(x[0, 0]), int(x[0, 0]), bool(x[0, 0]), x.numpy().tolist(), np.asarray(x).dtype.name,
            x.to(torch.float64, copy=True), x.float() is x, x.cpu() is x, x.bfloat16().float(), torch.tensor(True) + 1, complex(torch.tensor(1 + 2j))]


def conversion_errors(torch):
    x = torch.ones(2, requires_grad=True)
    return [attempt(f) for f in (lambda: x.numpy(), lambda: x.item(), lambda: bool(x), lambda: bool(torch.ones(0)), lambda: float(torch.ones(2)),
                                 lambda: [1, 2][torch.tensor(1.0)], lambda: len(torch.tensor(1)), lambda: list(torch.tensor(1)),
                                 lambda: torch.ones(2, dtype=torch.bfloat16).numpy(), lambda: [1, 2][torch.tensor(1)])]


def info(torch):
    x = torch.zeros(2, 3)
    return [x.shape, x.size(), x.size(0), x.size(-1), x.dim(), x.ndim, x.numel(), x.nelement(), x.element_size(), x.itemsize, x.nbytes, x.stride(),
            x.is_contiguous(), x.is_floating_point(), x.is_complex(), x.layout, x.device, x.is_cuda, x.dtype, len(x), x.is_leaf, x.T.shape,
            attempt(lambda: x.size(2)), x.shape.numel(), x.shape + (1,), x.shape[:1], torch.Size([2]) * 2, repr(torch.Size([2, 3])), str(x.dtype),
            repr(torch.device("cpu")), str(torch.device("cuda", 1)), repr(torch.device("cuda:0")), torch.finfo(torch.float32).eps,
            torch.iinfo(torch.int8).max, repr(torch.finfo(torch.float32)), repr(torch.iinfo(torch.int16)), torch.is_tensor(x), torch.is_tensor(1)]


def type_questions(torch):
    f, i = torch.ones(2), torch.ones(2, dtype=torch.int64)
    return [torch.result_type(f, i), torch.result_type(i, 1.5), torch.result_type(i, torch.tensor(1.5, dtype=torch.float64)),
            torch.promote_types(torch.int32, torch.float16), torch.can_cast(torch.float32, torch.int64), torch.get_default_dtype(),
            torch.is_floating_point(f), torch.float32.is_floating_point, torch.complex64.is_complex, torch.int8.is_signed, torch.float64.itemsize]


def reading(torch):
    x = torch.arange(24.0).reshape(2, 3, 4)
    i = torch.tensor([1, 0])
    return [x[0], x[-1, 1], x[..., 0], x[:, None, 1], x[:, 1:, ::2], x[i], x[i, i], x[:, i], x[i, :, i], x[0, i], x[:, [0, 2], 1], x[x > 20], x[x[:, :, 0] > 10],
            x[torch.tensor([True, False])], x[None, ..., None].shape, x[True].shape, x[False].shape, x[torch.tensor(1)], x[0, torch.tensor(2)],
            x[[[0, 1], [1, 0]]].shape, x[np.array([0, 1])].shape, x[()].shape, x[1:1].shape, x[-5:5].shape, x[:, i[:, None], i].shape,
            x[i[:, None], i].shape, x[..., i].shape, x[i, ..., i].shape, x[slice(0, 1)].shape]


def reading_errors(torch):
    x = torch.arange(6).reshape(2, 3)
    return [attempt(f) for f in (lambda: x[2], lambda: x[0, 3], lambda: x[0, 0, 0], lambda: x[::-1], lambda: x[torch.tensor([5])], lambda: x[1.5],
                                 lambda: x["a"], lambda: x[torch.tensor([True, False, True])], lambda: x[torch.tensor([0.5])], lambda: torch.tensor(1)[0],
                                 lambda: x[torch.tensor([0, 1]), torch.tensor([0, 1, 2])], lambda: x[:, :, 0], lambda: x[-3])]


def writing(torch):
    def after(write):
        x = torch.arange(12.0).reshape(3, 4)
        write(x)
        return x

    i = torch.tensor([2, 0])

    def put(index, value):
        return after(lambda x: x.__setitem__(index, value))

    return [put(0, 9), put((slice(None), 1), torch.tensor([1.0, 2.0, 3.0])), put(i, -1), put((i, i), torch.tensor([5.0, 6.0])), put(Ellipsis, 0.5),
            put((slice(None), i), torch.ones(3, 2) * 7), attempt(lambda: put((0, slice(1, 3)), [8, 9])), put(torch.tensor([True, False, True]), 0.0),
            after(lambda x: x.__setitem__(x > 5, 0)), after(lambda x: x.__setitem__(x > 5, x[x > 5] * 2)), put((slice(None, None, 2), 0), -3),
            put((None, 1), 4.0), put(1, torch.ones(1, 1, 4)), put((1, 1), torch.tensor(3)), put(np.array([0, 1]), 1.0), put([0, 2], 2.0),
            after(lambda x: x[0].fill_(2)), after(lambda x: x.index_put_((i,), torch.tensor(1.0), accumulate=True)), put((i, slice(1, 2)), 0)]


def writing_errors(torch):
    x = torch.zeros(2, 3)

    def put(index, value):
        return attempt(lambda: x.__setitem__(index, value))

    return [put(0, torch.ones(2)), put(5, 1), put((0, 0, 0), 1), put(torch.tensor([0, 1]), torch.ones(3, 3)), put(torch.tensor([7]), 1.0),
            put(0, "a"), x]


def gathering(torch):
    x = torch.arange(12.0).reshape(3, 4)
    i = torch.tensor([[0, 2, 1, 0]])
    j = torch.tensor([2, 0])
    return [x.gather(0, i), x.gather(1, torch.tensor([[3], [0], [1]])), x.scatter(0, i, torch.ones(1, 4)), x.scatter(0, i, 9.0),
            x.scatter_add(0, i, torch.ones(1, 4)), x.scatter_reduce(0, i, torch.full((1, 4), 5.0), "amax"), x.index_select(1, j),
            x.index_add(0, j, torch.ones(2, 4)), x.index_copy(0, j, torch.zeros(2, 4)), x.index_fill(1, j, -1), x.take(torch.tensor([0, 11])),
            x.take_along_dim(i, 0), x.masked_fill(x > 5, 0), x.masked_select(x > 8), x.masked_scatter(x > 8, torch.zeros(12)), x.nonzero()[:2],
            torch.nonzero(x > 9, as_tuple=True), torch.where(x > 5, x, 0.0), torch.argwhere(x > 9), x.put(torch.tensor([0]), torch.tensor([9.0])),
            attempt(lambda: x.gather(0, torch.tensor([[3, 0, 0, 0]]))), attempt(lambda: x.gather(0, torch.tensor([0]))),
            attempt(lambda: x.index_select(0, torch.tensor([3]))), attempt(lambda: x.gather(0, i.float())), attempt(lambda: x.gather(2, i)),
            attempt(lambda: x.masked_fill(x, 0)), attempt(lambda: x.index_select(0, torch.tensor([[1]])))]


def joining(torch):
    a, b = torch.arange(4.0).reshape(2, 2), torch.ones(2, 2, dtype=torch.int64)
    return [torch.cat([a, b]), torch.cat([a, b], 1), torch.stack([a, a]), torch.stack([a, a], -1), torch.hstack([a, a]), torch.vstack([a[0], a[1]]),
            torch.dstack([a, a]).shape, torch.column_stack([a[0], a[1]]), torch.cat([torch.zeros(0), a[0]]), a.repeat(2, 1), a.tile(2),
            a.repeat_interleave(2), a.repeat_interleave(torch.tensor([1, 2]), 0), a.roll(1), a.roll(1, 0), a.flip(0), a.fliplr(), a.rot90(),
            torch.block_diag(a, a), torch.meshgrid(a[0], a[1], indexing="ij"), torch.broadcast_tensors(a, a[0]), torch.cartesian_prod(a[0], a[1]),
            torch.combinations(torch.tensor([1, 2, 3])), a.diag(), a[0].diag(), a.tril(-1), a.triu(1), torch.diag_embed(a).shape, a.unfold(0, 1, 1).shape,
            attempt(lambda: torch.cat([])), attempt(lambda: torch.cat([a, a[0]])), attempt(lambda: torch.cat([a, torch.ones(3, 3)])),
            attempt(lambda: torch.stack([a, a[0]])), attempt(lambda: torch.stack([])), attempt(lambda: torch.cat(a)), attempt(lambda: torch.cat([a, 1])),
            attempt(lambda: a.repeat(1)), attempt(lambda: a.roll((1, 2), 0))]


def printing(torch):
    x = torch.arange(6.0).reshape(2, 3)
    return [repr(v) for v in (
        x, x / 3, x * 1e6, x * 1e-6, x.int(), x > 2, x.half(), torch.tensor(1.5), torch.tensor([]), torch.zeros(0, 3), torch.tensor([1e10, 1]),
        torch.tensor([float("nan"), float("inf"), 1.0]), torch.arange(2000), torch.zeros(40, 40), torch.tensor([1 + 2j, 0.5j]), x.double(),
        x.clone().requires_grad_(), x.requires_grad_() * 2, torch.tensor([True]), torch.tensor([-1, 200]), torch.ones(2, 2, 2), x.bfloat16())] + [
        f"{torch.tensor(3.14159):.2f}", f"{torch.tensor(3)}", str(torch.tensor([1.0])), f"{torch.tensor([1.0])}"]


def copying(torch):
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.full((2,), 3.0)
    y = copy.deepcopy(x)
    z = pickle.loads(pickle.dumps(x))
    return [y, y.grad, y is x, z, attempt(lambda: copy.deepcopy(x * 2)), copy.copy(x) is x, x.clone(), x.clone().grad_fn]


def legacy_constructors(torch):
    return [torch.Tensor([1, 2]), torch.Tensor(2, 3).shape, torch.FloatTensor([1]), torch.LongTensor([1, 2]), torch.BoolTensor([True]),
            torch.DoubleTensor(2).dtype, isinstance(torch.ones(1), torch.FloatTensor), isinstance(torch.ones(1), torch.LongTensor),
            isinstance(torch.ones(1), torch.Tensor), torch.Tensor().shape, torch.IntTensor([3]).dtype]


def iteration(torch):
    x = torch.arange(4).reshape(2, 2)
    return [list(x), [r.tolist() for r in x], 3 in x, 9 in x, x.unbind(1), dict(zip("ab", x.tolist(), strict=True)), max(x[1]), sum(x[0]), reversed(x)]


def random_reproduces(torch):
    torch.manual_seed(3)
    a = torch.rand(4)
    torch.manual_seed(3)
    b = torch.rand(4)
    state = torch.get_rng_state()
    c = torch.randn(3)
    torch.set_rng_state(state)
    d = torch.randn(3)
    g = torch.Generator().manual_seed(5)
    e, f = torch.rand(2, generator=g), torch.rand(2, generator=torch.Generator().manual_seed(5))
    return [torch.equal(a, b), torch.equal(c, d), torch.equal(e, f), torch.initial_seed(), a.dtype, torch.randint(3, (2, 2)).dtype,
            torch.randperm(4).sort()[0], torch.rand(2, 3).shape, torch.randn_like(torch.ones(2, dtype=torch.float64)).dtype,
            torch.randint_like(torch.ones(2), 4).dtype, torch.normal(0.0, 1.0, (2,)).shape, torch.bernoulli(torch.ones(3)),
            torch.multinomial(torch.tensor([0.0, 1.0]), 3, replacement=True), torch.empty(5).uniform_(2, 3).ge(2).all(),
            torch.empty(3).normal_(5, 0.0), torch.empty(2).bernoulli_(1.0), torch.empty(4, dtype=torch.int64).random_(1).sum()]


def random_errors(torch):
    return [attempt(f) for f in (lambda: torch.randint(5, 5, (2,)), lambda: torch.multinomial(torch.ones(2), 3), lambda: torch.bernoulli(torch.ones(1) * 2),
                                 lambda: torch.normal(0.0, -1.0, (2,)), lambda: torch.multinomial(torch.tensor([-1.0, 1.0]), 1),
                                 lambda: torch.rand(2, dtype=torch.int64), lambda: torch.empty(2).uniform_(3, 1))]


def argument_errors(torch):
    x = torch.ones(2)
    return [attempt(f) for f in (lambda: torch.exp(3), lambda: torch.add("a", 1), lambda: torch.mul(x, "b"), lambda: torch.matmul(x, [1]), lambda: torch.cat(3),
                                 lambda: torch.relu("x"), lambda: torch.exp(x, foo=1), lambda: torch.sum([1]))] + [
        type(attempt(f)).__name__ for f in (lambda: torch.zeros("a"), lambda: torch.softmax(x), lambda: x.view("a"), lambda: x.sum(dim="a"))]


def storage_games(torch):
    x = torch.arange(6.0)
    y = x.reshape(2, 3)
    y.t_()
    y[0, 1] = 50.0
    z = torch.ones(2, 3).resize_(4)
    d = torch.zeros(3, 3).fill_diagonal_(2)
    w = torch.ones(2, 3, requires_grad=True)
    v = (w * 2).t_()
    v[0] = 0
    v.sum().backward()
    e = torch.from_dlpack(x)
    e[0] = -1
    return [x, y, y.stride(), z, d, w.grad, torch.ones(2, 3).sum_to_size(3), torch.ones(2, 3).sum_to_size(2, 1), e, torch.unravel_index(torch.tensor(4), (3, 2)),
            attempt(lambda: w.resize_(2)), attempt(lambda: torch.ones(2).sum_to_size(3)), x.narrow_copy(0, 1, 2), torch.arange(3).apply_(lambda a: a * 2)]


def operators(torch):
    x, y = torch.tensor([7, -7, 3]), torch.tensor([2, 2, -2])
    a = torch.tensor([1.5, -0.5])
    return [x + 1, 1 - x, x * 2.5, x / y, x // y, x % y, x**2, 2**y.abs(), -x, abs(x), x == 7, x != y, x > y, x >= 7, x < 0, x <= 0, x & y, x | y, x ^ y, ~x,
            x << 1, x >> 1, a / 0, 1 / a, a // 1, a % 1, 5 // x, 5 % y, x @ y, a.bool() & True, +a, a == "x", a is None, a == None,  # noqa: E711
            attempt(lambda: a + "x"), attempt(lambda: a @ 2), attempt(lambda: a & 1), attempt(lambda: torch.ones(2, 3) @ torch.ones(2, 3)),
            attempt(lambda: a + torch.ones(3)), attempt(lambda: x**-1), attempt(lambda: -a.bool()), attempt(lambda: a.bool() - a.bool())]


def tensors_without_data(torch):
    nn, x = torch.nn, torch.ones(2, 3, device="meta", requires_grad=True)
    (x * 2).sum().backward()
    written = torch.zeros(4, device="meta")
    written[1:3] = 1
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    real = nn.Linear(3, 4)
    model[0].load_state_dict(real.state_dict(), assign=True)
    shapes = [list(t.shape) for t in (model[2](torch.ones(5, 4, device="meta")), nn.LSTM(2, 3, device="meta")(torch.ones(4, 1, 2, device="meta"))[0])]
    return [
        repr(t) for t in (x, x.grad, written[0], written.add_(1).view(2, 2), torch.cat([written, written]), torch.rand(2, device="meta"),
                          torch.arange(3, device="meta"), torch.tensor([1, 2], device="meta"), torch.ones(2).to("meta"), written.clone())
    ] + [
        shapes, str(model[0].weight.device), str(model[2].weight.device), list(model[2].to_empty(device="cpu").weight.shape), x.is_meta, real.weight.is_meta,
        (x.detach() + torch.tensor(1.0)).is_meta, x.data_ptr(),
    ] + [attempt(call) for call in (
        lambda: x.detach().tolist(), lambda: x.detach().numpy(), lambda: x.sum().item(), lambda: x.cpu(), lambda: x + torch.ones(2, 3),
        lambda: nn.Linear(1, 1, device="meta").to("cpu"),
    )]  # fmt: skip


def coins(torch):
    ones, kinds = torch.ones(3), (torch.int64, torch.bool, torch.float64, torch.complex64)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        results = [attempt(f) for d in kinds for f in (
            lambda d=d: torch.empty(3, dtype=d).bernoulli_(1.0), lambda d=d: torch.empty(3, dtype=d).bernoulli_(ones),
            lambda d=d: torch.bernoulli(ones.to(d), 1.0), lambda d=d: torch.bernoulli(ones.to(d)), lambda d=d: torch.bernoulli(ones, out=torch.empty(3, dtype=d)),
            lambda d=d: torch.empty(3, dtype=d).bernoulli_(ones.to(d)))] + [attempt(f) for f in (
                lambda: torch.normal(torch.zeros(2, 3), torch.ones(2, 3), out=torch.zeros(3, 3)).shape, lambda: torch.normal(torch.zeros(2, 3), 1.0, out=torch.zeros(4)),
                lambda: torch.normal(0.0, torch.ones(2, 3), out=torch.zeros(0)).shape)]
    return [*results, [str(w.message)[:60] for w in told]]


def sobol_points(torch):
    engine = torch.quasirandom.SobolEngine
    s = engine(300)
    points = s.draw(70)
    skipped = engine(3).fast_forward(5)
    after = skipped.draw(2, dtype=torch.float64)
    scrambled = engine(2, scramble=True, seed=7)
    even = scrambled.draw(256)
    again = engine(2, scramble=True, seed=7).draw(256)
    return [points[:, :5], points.sum(), s.sobolstate.sum(), s.quasi.sum(), s.num_generated, after, skipped.reset().draw(), repr(s), repr(scrambled),
            engine(2).draw_base2(3), torch.equal(even, again), bool(even.min() >= 0), bool(even.max() < 1),
            *[torch.equal((even[:, k] * 256).long().sort()[0], torch.arange(256)) for k in range(2)],
            *[attempt(f) for f in (lambda: engine(0), lambda: engine(21202), lambda: s.draw_base2(2), lambda: engine(2).draw(0),
                                   lambda: engine(2).draw(2, dtype=torch.int64))]]


CASES = {name: fn for name, fn in list(globals().items()) if callable(fn) and getattr(fn, "__module__", "").endswith("tensors")}
