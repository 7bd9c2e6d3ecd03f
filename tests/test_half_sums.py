"""Gradients in half precision are added up in single precision."""

import pytest

import torchlike as torch

BROADCASTING = {
    "add": lambda w, o: w + o,
    "mul": lambda w, o: w * o,
    "where": lambda w, o: torch.where(o > 0, w, o),
    "expand": lambda w, o: w.expand(25, 25, 2) * 1,
    "addmm": lambda w, o: torch.addmm(w, o.reshape(-1, 2), torch.eye(2, dtype=o.dtype)),
    "addcdiv": lambda w, o: torch.addcdiv(w, o, o),
}


@pytest.mark.parametrize("name", BROADCASTING)
@pytest.mark.parametrize("dtype, total", [(torch.bfloat16, 624.0), (torch.float16, 625.0)])
def test_the_gradient_of_what_was_broadcast_is_rounded_once(name, dtype, total):
    w = torch.ones(2, dtype=dtype, requires_grad=True)
    BROADCASTING[name](w, torch.ones(25, 25, 2, dtype=dtype)).sum().backward()
    assert w.grad.dtype == dtype
    assert w.grad.tolist() == [total, total]


def test_it_can_be_differentiated_again():
    w = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    (first,) = torch.autograd.grad((w * w * torch.ones(25, 25, 2, dtype=torch.bfloat16)).sum(), w, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), w)
    assert first.tolist() == second.tolist() == [1248.0, 1248.0]
