"""Wrong arguments: the errors are PyTorch's, whichever place inside noticed."""

from __future__ import annotations

import copy
import re

import numpy as np
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


_STORES = {
    "index_put_": (lambda x, y: x.index_put_((torch.tensor([0]),), y[0]), "Index put requires the source and destination dtypes match, got Float"),
    "index_copy_": (lambda x, y: x.index_copy_(0, torch.tensor([0]), y), r"got \(self\) Float and \(source\) Double"),
    "index_add_": (lambda x, y: x.index_add_(0, torch.tensor([0]), y), r"self \(Float\) and source \(Double\) must have the same scalar type"),
    "index_reduce_": (lambda x, y: x.index_reduce_(0, torch.tensor([0]), y, "prod"), r"index_reduce_\(\): self \(Float\) and source \(Double\)"),
    "scatter_add_": (lambda x, y: x.scatter_add_(0, torch.tensor([[0]]), y), r"scatter\(\): Expected self.dtype to be equal to src.dtype"),
    "put_": (lambda x, y: x.put_(torch.tensor([0]), y[0, :1]), "self.dtype = Float and source.dtype = Double"),
    "masked_scatter_": (lambda x, y: x.masked_scatter_(x > 0, y), "same dtypes but gotFloat and Double"),
    "index_fill_": (lambda x, y: x.index_fill_(0, torch.tensor([0]), y), "only supports a 0-dimensional value tensor, but got tensor with 2"),
}


@pytest.mark.parametrize("name", sorted(_STORES))
def test_what_is_stored_has_the_dtype_of_where(name):
    call, text = _STORES[name]
    with pytest.raises(RuntimeError, match=text):
        call(torch.zeros(2, 3), torch.ones(1, 3, dtype=torch.float64))
    if name not in ("index_fill_", "masked_scatter_"):
        assert call(torch.zeros(2, 3), torch.ones(1, 3)).sum() <= 3


_WHOLE = [
    lambda x: x.select(0, 1.0), lambda x: x.squeeze(0.5), lambda x: x.unsqueeze(torch.tensor(1.0)), lambda x: x.transpose(0.0, 1),
    lambda x: x.permute(0.0, 1), lambda x: x.roll(1.0), lambda x: x.chunk(2.0), lambda x: x.split(2.0), lambda x: x.view(6.0),
    lambda x: x.logcumsumexp(1.0), lambda x: x.diagonal(1.0), lambda x: x.unflatten(0, 2), lambda x: x.repeat(1.5), lambda x: x.sum(1.0),
]  # fmt: skip


@pytest.mark.parametrize("call", _WHOLE, ids=range(len(_WHOLE)))
def test_dimensions_and_sizes_are_whole_numbers(call):
    with pytest.raises(TypeError):
        call(torch.ones(2, 3))


def test_arrays_that_are_no_numbers_are_named():
    for array in (np.array([object()]), np.array(["a"]), np.array([1], dtype=np.longdouble)):
        with pytest.raises(TypeError, match=rf"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}"):
            torch.tensor(array)


def test_devices_count_from_zero():
    for arguments in (("cuda", -2), ("cpu", -1), (-1,)):
        with pytest.raises(RuntimeError, match="Device index must not be negative"):
            torch.device(*arguments)


def test_a_copy_shares_memory():
    x = torch.ones(3, requires_grad=True)
    x.note = "kept"
    twin = copy.copy(x)
    assert twin is not x and twin.note == "kept" and twin.requires_grad and twin.is_leaf
    with torch.no_grad():
        twin.mul_(2)
    assert x.tolist() == [2, 2, 2]
    assert copy.copy(torch.nn.Parameter(torch.ones(1))).requires_grad


_X, _D, _B = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64), torch.ones(2, 2, dtype=torch.bool)
_F = torch.nn.functional
_ONE_DTYPE = [
    (lambda: torch.inner(_X, _D), "both inputs should have same dtype"),
    (lambda: torch.cross(_X, _D), "expected scalar type Float but found Double"),
    (lambda: torch.cdist(_X, _D), "expected scalar type Float but found Double"),
    (lambda: torch.cdist(_X.half(), _X.half()), "\"cdist\" not implemented for 'Half'"),
    (lambda: torch.einsum("ij,ij", _X, _D), "expected scalar type Float but found Double"),
    (lambda: torch.cholesky_solve(_X[:, :1], torch.eye(2, dtype=torch.float64)), "found b of type Float and A of type Double instead."),
    (lambda: torch.triangular_solve(_X[:, :1], torch.eye(2, dtype=torch.float64)), "found b of type Float and A of type Double instead."),
    (lambda: torch.addmm(_X, _X, _D), "self and mat2 must have the same dtype, but got Float and Double"),
    (lambda: _F.bilinear(_X, _X, torch.ones(1, 3, 3).half()), "got input1: float, input2: float, weight: c10::Half"),
    (lambda: _F.batch_norm(_X, _D[0], _D[0]), "expect parameter to have scalar type of Float"),
    (lambda: _F.batch_norm(_D, _X[0], _X[0]), "all inputs must share same datatype."),
    (lambda: _F.layer_norm(_X, (3,), _X[0], _D[0]), "expected scalar type Float but found Double"),
    (lambda: _F.grid_sample(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 2).double(), align_corners=False), "Float but found Double"),
    (lambda: _X.clone().float_power_(2), "has dtype Float but the operation's result requires dtype Double"),
    (lambda: (_X * 1j).abs_(), "In-place abs is not supported for complex tensors."),
    (lambda: _B @ _B, "\"addmm_impl_cpu_\" not implemented for 'Bool'"),
    (lambda: torch.bmm(_B[None], _B[None]), "\"bmm\" not implemented for 'Bool'"),
    (lambda: torch.dot(_B[0], _B[0]), "\"dot\" not implemented for 'Bool'"),
    (lambda: torch.trace(_B), "\"trace\" not implemented for 'Bool'"),
    (lambda: torch.cov(_B), "bool dtype is not supported for input"),
    (lambda: torch.bincount(_B[0]), "\"bincount_cpu\" not implemented for 'Bool'"),
]  # fmt: skip


@pytest.mark.parametrize("call,message", _ONE_DTYPE, ids=range(len(_ONE_DTYPE)))
def test_dtypes_that_do_not_go_together(call, message):
    with pytest.raises(RuntimeError) as caught:
        call()
    assert message in str(caught.value)


def test_einsum_without_a_sum_promotes():
    assert torch.einsum("ij,ij->ij", _X, _D).dtype is torch.float64
    assert torch.einsum("ij,k->ijk", _X.half(), _X[0]).dtype is torch.float32


def test_statistics_of_another_dtype_serve_instance_norm():
    mean, variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    assert _F.instance_norm(torch.ones(4, 3, 3), mean, variance).dtype is torch.float32
    assert mean.dtype is torch.float64 and mean[0] > 0


def test_arguments_of_other_kinds():
    for call in (lambda: _X.tril(1.0), lambda: torch.rot90(_X, 1.0), lambda: torch.unsafe_chunk(_X, 1.5), lambda: torch.column_stack(_X),
                 lambda: torch.is_conj(3), lambda: torch.resolve_neg(3), lambda: torch.round(_X, decimals=1.0)):
        with pytest.raises(TypeError, match="must be |invalid combination"):
            call()
    assert len(torch.histogram(_X).hist) == 100


@pytest.mark.parametrize("call", [
    lambda x: x.split(True), lambda x: x.chunk(True), lambda x: x.tensor_split(True), lambda x: x.diagonal(True), lambda x: x.transpose(True, 0),
    lambda x: x.view(True, -1), lambda x: x.unsqueeze(True), lambda x: torch.narrow(x, 0, True, 1),
])  # fmt: skip
def test_a_bool_is_no_integer(call):
    with pytest.raises(TypeError):
        call(torch.ones(2, 2))


def test_the_number_that_fills_a_diagonal_is_one():
    with pytest.raises(TypeError, match=r"fill_diagonal_\(\): argument 'fill_value' \(position 1\) must be Number, not str"):
        torch.ones(2, 2).fill_diagonal_("a")
