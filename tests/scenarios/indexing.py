"""Indexing, gathering and scattering at the edges: what is refused, what warns, and writes to expanded Tensors."""

# ruff: noqa: D103

import warnings

from .refusals import all_of


def _warned(program):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = program()
    return [result, [str(each.message).partition(" (Triggered")[0] for each in found]]


def byte_masks(torch):
    x, mask, short = torch.arange(12.0).view(4, 3), torch.tensor([1, 0, 1, 0], dtype=torch.uint8), torch.tensor([1, 0, 1], dtype=torch.uint8)
    return [_warned(lambda: x[mask]), _warned(lambda: x[mask]), _warned(lambda: x[mask[:2].sum() > 0]), _warned(lambda: x[mask, :][:, short]),
            _warned(lambda: x.index_put((mask,), torch.zeros(3))), _warned(lambda: x[mask[0]]), _warned(lambda: x[mask[1]])]


def brackets(torch):
    x, t = torch.arange(27.0).view(3, 3, 3), torch.tensor
    return all_of(
        lambda: x[1 << 64], lambda: x[-(1 << 64)], lambda: x[1 << 40], lambda: torch.empty(3, 0)[:, [0]], lambda: x[1.0], lambda: x[1j],
        lambda: x[[range(1), range(2, 3)]], lambda: torch.ops.aten.index.Tensor(x, []), lambda: x.__setitem__(1 << 64, 1),
        lambda: torch.arange(4).__setitem__(t([True] * 4), t([])), lambda: torch.arange(4).__setitem__(t([0]), t([1.0])),
        lambda: torch.zeros(2, 3).__setitem__([0, 1], torch.ones(1, 1, 2, 3)), lambda: torch.ops.aten.index_put_(x[0].clone(), [None, t([1])], t(0.0)))


def put_at_indices(torch):
    x, t = torch.ones(3, 2), torch.tensor
    return all_of(
        lambda: x.index_put((t([0, 0, 2]),), t(2)), lambda: x.index_put((None, t([0])), t(4.0)), lambda: x.index_put(t([0]), t(1.0)),
        lambda: x.index_put((t([0]),), 1.0), lambda: x.index_put((t([0]),) * 3, t(1.0)), lambda: x.index_put((t([0]),), torch.ones(1, 1, 1, 2)),
        lambda: x.index_put((t([0, 0]),), torch.ones(2, 2), accumulate=True))


def index_functions(torch):
    t, z = torch.tensor, torch.zeros
    shapes = [((2, 3), t([0]), (1, 3)), ((2, 3), t([5]), (1, 3)), ((2, 3), t([-1]), (1, 3)), ((2, 3), t([0.0]), (1, 3)), ((2, 3), t([0]), (2, 3)),
              ((2, 3), t([[0]]), (1, 3)), ((2, 3), t([0]), (3,)), ((2, 3), t([0]), (1, 2)), ((2, 3), t(0), (1, 3)),
              ((2, 3), t([0], dtype=torch.int16), (1, 3)), ((), t([0]), (1,)), ((), t([0]), ()), ((1,), t([0]), ()), ((2, 3), t([0]), ()),
              ((2, 3), t([], dtype=torch.long), (0, 3)), ((2, 3, 4), t([0]), (1, 3)), ((2, 3, 4), t([0]), (1, 3, 5))]
    answers = []
    for a, i, b in shapes:
        answers += all_of(
            lambda a=a, i=i, b=b: z(a).index_add(0, i, torch.ones(b)), lambda a=a, i=i, b=b: z(a).index_copy_(0, i, torch.ones(b)),
            lambda a=a, i=i, b=b: z(a).index_add(0, i, torch.ones(b), alpha=2), lambda a=a, i=i: z(a).index_fill(0, i, 2),
            lambda a=a, i=i: z(a).index_select(0, i), lambda a=a, i=i: z(a).take(i), lambda a=a, i=i: z(a).put_(i, torch.ones(i.shape)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers += all_of(lambda a=a, i=i, b=b: z(a).index_reduce(0, i, torch.ones(b), "mean"))
    return answers


def index_values(torch):
    t, z = torch.tensor, torch.zeros
    return all_of(
        lambda: z(2, 3).index_copy_(0, t([0]), torch.ones(1, 3).double()), lambda: z(2, 3).index_add_(0, t([0]), torch.ones(1, 3).double()),
        lambda: z(2, 3).index_add_(1, t([0]), torch.ones(2)), lambda: z(2).index_add_(0, t([0]), t([1.0]), alpha=1j),
        lambda: z(2).index_fill_(0, t([0]), t([1.0])), lambda: z(2).index_fill(0, t([0]), t(1j)), lambda: z(2).index_fill(0, t([0]), t(2)),
        lambda: z(2).put_(t([0, 1]), t([1.0])), lambda: z(2).put_(t([0]), t([1])), lambda: z(0).put_(t([0]), t([1.0])),
        lambda: z(0).take(t([0])), lambda: z(2).masked_scatter(t([1, 0]), torch.ones(2)), lambda: z(2).masked_scatter(t([True] * 2), torch.ones(1)),
        lambda: z(2).masked_scatter(t([True] * 2), torch.ones(2).long()), lambda: z(2).masked_select(t([True] * 3)),
        lambda: z(2).masked_fill(t([True] * 3), 1), lambda: z(2, 3).index_reduce_(0, t([0]), torch.ones(1, 3), "sum"),
        lambda: torch.unravel_index(t(0.5), (2, 2)), lambda: torch.unravel_index(t([1]), (1, 2, 2.0)), lambda: torch.unravel_index(t(0), (2, -3)))


def scattering(torch):
    t, z, one = torch.tensor, torch.zeros, torch.ones
    programs = [(0, t([[0, 1, 5]]), one(1, 3)), (0, t([[0.0, 1]]), one(1, 2)), (0, t([[0, 1]]), one(1, 2).double()), (0, t([0, 1]), one(2)),
                (0, t([[0, 1]]), one(2)), (0, t([[0, 1, 1, 0]]), one(1, 4)), (0, t([[0, 1, 1]]), one(1, 2)), (2, t([[0]]), one(1, 1)),
                (0, t([], dtype=torch.long), one(0)), (1, t([[0], [1], [2]]), one(3, 1)), (1, t([[2]], dtype=torch.int32), one(1, 1))]
    answers = []
    for d, i, s in programs:
        answers += all_of(lambda d=d, i=i, s=s: z(2, 3).scatter_(d, i, s), lambda d=d, i=i, s=s: z(2, 3).scatter_add(d, i, s),
                          lambda d=d, i=i: z(2, 3).scatter(d, i, 2), lambda d=d, i=i: z(2, 3).gather(d, i))
    return answers + all_of(
        lambda: z(2, 3).scatter(0, t([[0]]), 1j), lambda: z(2, 3).bool().scatter_reduce(0, t([[0]]), one(1, 1).bool(), "mean"),
        lambda: z(2, 3).cfloat().scatter_reduce(0, t([[0]]), one(1, 1).cfloat(), "amax"))


def expanded_writes(torch):
    t = torch.tensor

    def row():
        return torch.arange(1.0, 4).view(1, 3).expand(3, 3)

    def changed(write):
        def program():
            x = row()
            write(x)
            return [x, x[:1]]

        return program

    return [_warned(changed(write)) for write in (
        lambda x: x.index_put_((t([0]),), t(5.0)), lambda x: x.masked_fill_(t([True, False, False]), 5), lambda x: x.index_fill_(0, t([0]), 5),
        lambda x: x.__setitem__(t([0]), 5.0), lambda x: x.tril_(),
        lambda x: x.triu_(), lambda x: x.fill_diagonal_(7), lambda x: x.map_(torch.full((3, 3), 2.0), lambda a, b: a * b),
        lambda x: x.apply_(lambda a: a + 1), lambda x: x.fill_(4), lambda x: x.zero_(), lambda x: x[1:].fill_(9))
    ] + all_of(changed(lambda x: x.add_(1)), changed(lambda x: x.copy_(torch.ones(3, 3))), changed(lambda x: x.index_add_(0, t([0]), torch.ones(1, 3))))


CASES = {case.__name__: case for case in (byte_masks, brackets, put_at_indices, index_functions, index_values, scattering, expanded_writes)}
