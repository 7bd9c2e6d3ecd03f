"""Wrong arguments: the errors are PyTorch's, whichever place inside noticed."""

from __future__ import annotations

import re

import pytest

import torchlike as torch

x = torch.ones(2, 3)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: torch.exp("a"), "exp(): argument 'input' (position 1) must be Tensor, not str"),
    (lambda: torch.exp(x, foo=1), "exp() got an unexpected keyword argument 'foo'"),
    (lambda: torch.exp(), 'exp() missing 1 required positional arguments: "input"'),
    (lambda: torch.cumsum(), 'cumsum() missing 2 required positional argument: "input", "dim"'),
    (lambda: torch.topk(x, 1, 1, True, True, 3), "topk() takes from 2 to 5 positional arguments but 6 were given"),
    (lambda: torch.argmax(x, "a"), "argmax(): argument 'dim' (position 2) must be int, not str"),
    (lambda: x.argmax("a"), "argmax(): argument 'dim' (position 1) must be int, not str"),
    (lambda: torch.argmax(x, torch.ones(2)), "argmax(): argument 'dim' (position 2) must be int, not Tensor"),
    (lambda: torch.argmax(x, dim=1.5), "argmax(): argument 'dim' must be int, not float"),
    (lambda: torch.argmax(x, 0, dim=1), "argmax() got multiple values for argument 'dim'"),
    (lambda: torch.amax(x, ("a",)), "amax(): argument 'dim' (position 2) must be tuple of ints, but found element of type str at pos 0"),
    (lambda: torch.amax(x, (0, "a")), "amax(): argument 'dim' failed to unpack the object at pos 2 with error"),
    (lambda: torch.cat([x, 1]), "expected Tensor as element 1 in argument 0, but got int"),
    (lambda: torch.cat(1), "cat(): argument 'tensors' (position 1) must be tuple of Tensors, not int"),
    (lambda: torch.chunk("a", 2), "chunk(): argument 'input' (position 1) must be Tensor, not str"),
    (lambda: x.add_("a"), "add_(): argument 'other' (position 1) must be Tensor, not str"),
    (lambda: x.exp(foo=1), "TensorBase.exp() takes no keyword arguments"),
    (lambda: x.exp(1), "TensorBase.exp() takes no arguments (1 given)"),
    (lambda: torch.Tensor.exp(2), "descriptor 'exp' for 'torch._C.TensorBase' objects doesn't apply to a 'int' object"),
    (lambda: torch.Tensor.exp(), "unbound method TensorBase.exp() needs an argument"),
    (lambda: torch.Tensor.__radd__(2, x), "descriptor '__radd__' for 'torch._C.TensorBase' objects doesn't apply to a 'int' object"),
    (lambda: x.sum(dtype=3), "sum() received an invalid combination of arguments - got (dtype=int, ), but expected one of:\n"
                             " * (*, torch.dtype dtype = None)\n"
                             " * (tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None)\n"),
    (lambda: torch.linspace(0, 1, 2.0), "linspace() received an invalid combination of arguments - got (int, int, float), but expected one of:"),
    (lambda: torch.arange(3, step=1), "arange() received an invalid combination of arguments - got (int, step=int), but expected one of:"),
])
def test_the_error_is_pytorchs(call, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(("call", "kind"), [
    (lambda: torch.add(x, torch.ones(5)), RuntimeError), (lambda: torch.argmax(x, 5), IndexError), (lambda: torch.chunk(x, 0), RuntimeError),
    (lambda: torch.multinomial(x, 9), RuntimeError), (lambda: torch.arange(0, 1, 0), RuntimeError),
])
def test_errors_about_values_stay_what_they_are(call, kind):
    with pytest.raises(kind):
        call()


def test_two_numbers_make_a_tensor():
    assert torch.add(1.0, 2.0).item() == 3
    assert torch.mul(2, 3).dtype is torch.int64
    assert torch.div(1, 2).item() == 0.5
    assert torch.sub(1, 2.5).dtype is torch.float32
    with pytest.raises(TypeError):
        torch.exp(1.0)


def test_more_than_64_dimensions_are_not_reduced():
    with pytest.raises(RuntimeError, match="only tensors with up to 64 dims are supported"):
        torch.zeros([1] * 65).amax(0)
