"""Writes that PyTorch refuses because of how memory overlaps, and those that it lets pass."""

from __future__ import annotations

import pytest

import torchlike as torch

REPEATED = "more than one element of the written-to tensor refers to a single memory location"
SHARED = "some elements of the input tensor and the written-to tensor refer to a single memory location"
PLACES = torch.tensor([0, 1, 2])


def parts(first: int, second: int) -> tuple:
    """Two windows of three elements on one memory of eight, from these places on."""
    memory = torch.arange(8.0)
    return memory[first : first + 3], memory[second : second + 3]


@pytest.mark.parametrize("write", [
    lambda x: x.add_(1), lambda x: x.copy_(torch.ones(3)), lambda x: x.relu_(), lambda x: x.uniform_(), lambda x: x.scatter_(0, PLACES, 1.0),
    lambda x: x.__setitem__(slice(None), 1), lambda x: x.fill_(torch.tensor(2.0)), lambda x: torch.exp(torch.ones(3), out=x),
    lambda x: torch.gather(torch.ones(3), 0, PLACES, out=x), lambda x: torch.nn.functional.relu(x, inplace=True),
])
def test_an_expanded_tensor_is_not_written_to(write):
    x = torch.randn(1).expand(3)
    with pytest.raises(RuntimeError, match=REPEATED):
        write(x)
    write(x.clone())


def test_one_number_may_go_to_one_place_several_times():
    x = torch.ones(1).expand(3)
    assert x.fill_(2).tolist() == [2, 2, 2]
    assert x.zero_().tolist() == [0, 0, 0]
    x[1] = 5
    assert x.tolist() == [5, 5, 5]


@pytest.mark.parametrize("write", [
    lambda a, b: a.add_(b), lambda a, b: a.copy_(b), lambda a, b: a.__setitem__(slice(None), b), lambda a, b: a.lerp_(a, weight=b),
    lambda a, b: torch.exp(a, out=b), lambda a, b: torch.mul(a, b, out=b), lambda a, b: torch.cumsum(a, 0, out=b),
    lambda a, b: torch.sort(a, out=(b, torch.empty(3, dtype=torch.int64))), lambda a, b: torch.clamp(a, 0, 1, out=b),
])
def test_a_write_may_read_all_that_it_writes_but_no_part(write):
    with pytest.raises(RuntimeError, match=SHARED):
        write(*parts(0, 1))
    write(*parts(0, 0))
    write(*parts(0, 3))


@pytest.mark.parametrize("write", [
    lambda a, b: a.scatter_(0, PLACES, b), lambda a, b: a.index_add_(0, PLACES, b), lambda a, b: a.index_copy_(0, PLACES, b),
    lambda a, b: a.__setitem__(PLACES, b), lambda a, b: a.put_(PLACES, b), lambda a, b: torch.gather(a, 0, PLACES, out=b),
    lambda a, b: torch.index_select(a, 0, PLACES, out=b), lambda a, b: torch.take(a, PLACES, out=b), lambda a, b: torch.cat([a], out=b),
    lambda a, b: torch.masked_select(a, PLACES >= 0, out=b),
])
def test_writes_in_another_order_read_nothing_that_they_write(write):
    for places in ((0, 1), (0, 0)):
        with pytest.raises(RuntimeError, match=SHARED):
            write(*parts(*places))
    write(*parts(0, 3))


@pytest.mark.parametrize("write", [
    lambda a, b: torch.sum(a, 0, out=b[0]), lambda a, b: torch.softmax(a, 0, out=b), lambda a, b: torch.matmul(torch.eye(3), a, out=b),
])
def test_reductions_and_products_do_not_ask(write):
    write(*parts(0, 1))


def test_windows_with_gaps_are_not_looked_into():
    memory = torch.arange(6.0)
    memory[::2].add_(memory[1::2])
    assert memory.tolist() == [1, 1, 5, 3, 9, 5]


def test_out_is_judged_by_the_shape_it_will_have():
    index = torch.tensor([2, 1, 0])
    with pytest.raises(RuntimeError, match=SHARED):
        torch.gather(index.clone(), 0, index[1:], out=index[:1])


def test_as_strided_of_a_detached_window_sees_the_whole_memory():
    window = torch.arange(6.0)[2:4].detach()
    assert window.as_strided((3,), (2,), 1).tolist() == [1, 3, 5]
    window.as_strided((2,), (1,), 3).add_(10)
    assert window.tolist() == [2, 13]


@pytest.mark.parametrize(("function", "message"), [
    (lambda x, out: torch.mm(x, x, out=out), "Expected out tensor to have dtype float, but got double instead"),
    (lambda x, out: torch.abs(x, out=out), "Found dtype Double but expected Float"),
    (lambda x, out: torch.zeros(2, 2, dtype=torch.float32, out=out), r"dtype Float does not match dtype of out parameter \(Double\)"),
])
def test_some_results_are_not_converted_for_out(function, message):
    with pytest.raises(RuntimeError, match=message):
        function(torch.ones(2, 2), torch.empty(2, 2, dtype=torch.float64))


def test_factories_take_the_dtype_of_out():
    assert torch.ones(2, out=torch.empty(2, dtype=torch.int64)).tolist() == [1, 1]
    assert torch.linspace(0, 1, 3, out=torch.empty(3, dtype=torch.float64)).dtype is torch.float64


def test_a_write_reaches_the_one_place_that_is_shown_several_times():
    x = torch.zeros(4)
    x.unfold(0, 2, 1)[1] = torch.tensor([3.0, 4.0])
    assert x.tolist() == [0, 3, 4, 0]
    z = torch.zeros(2, 2, dtype=torch.complex64)
    torch.view_as_real(z.diagonal())[0] = 2.0
    assert z.tolist() == [[2 + 2j, 0], [0, 0]]


def test_the_gradient_of_a_place_that_was_overwritten_through_an_expanded_view():
    leaf = torch.ones(2, 1, requires_grad=True)
    x = leaf * 1
    x.expand(2, 3)[0, 1] = 4.0
    (x * x).sum().backward()
    assert x.tolist() == [[4], [1]]
    assert leaf.grad.tolist() == [[0], [2]]
