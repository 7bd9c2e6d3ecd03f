"""Automatic mixed precision: what autocast casts, what it remembers, and how the scaler adapts."""

from __future__ import annotations

import pickle

import pytest

import torchlike as torch
from torchlike import nn
from torchlike.nn import functional as F


def test_products_are_lowered_and_losses_raised():
    x, layer = torch.randn(3, 4, requires_grad=True), nn.Linear(4, 5)
    with torch.autocast("cpu"):
        y = layer(x)
        loss = F.cross_entropy(y, torch.tensor([0, 1, 2]))
        assert (y.dtype, torch.softmax(y, 1).dtype, (x @ x.t()).dtype, loss.dtype) == (torch.bfloat16, torch.bfloat16, torch.bfloat16, torch.float32)
        assert (x.double() @ x.double().t()).dtype is torch.float64
        with torch.autocast("cpu", enabled=False):
            assert layer(x).dtype is torch.float32
        assert torch.cat([y, torch.randn(1, 5)]).dtype is torch.float32
    assert layer(x).dtype is torch.float32 and not torch.is_autocast_enabled("cpu")
    loss.backward()
    assert layer.weight.grad.dtype is x.grad.dtype is torch.float32
    assert torch.allclose(layer.weight.grad.sum(0), torch.zeros(4), atol=1e-2)


def test_a_weight_is_cast_once_in_a_region_and_anew_after_a_step():
    w, x = torch.randn(4, 4, requires_grad=True), torch.randn(2, 4)
    with torch.autocast("cpu"):
        first, second = x @ w, x @ w
        assert first.grad_fn.next_functions[1][0] is second.grad_fn.next_functions[1][0]
        with torch.no_grad():
            w.mul_(2)
        assert torch.allclose((x @ w).float(), 2 * first.float(), rtol=2e-2)
        with torch.no_grad():
            assert not (x @ w).requires_grad
        assert (x @ w).requires_grad
    with torch.autocast("cpu", cache_enabled=False):
        first, second = x @ w, x @ w
        assert first.grad_fn.next_functions[1][0] is not second.grad_fn.next_functions[1][0]


def test_decorated_compiled_and_custom():
    layer, x = nn.Linear(3, 3), torch.randn(2, 3)
    assert torch.autocast("cpu", dtype=torch.float16)(layer.forward)(x).dtype is torch.float16
    compiled = torch.compile(layer)
    plain = [compiled(x).dtype for _ in range(3)]
    with torch.autocast("cpu"):
        lowered = [compiled(x).dtype for _ in range(3)]
    assert {*plain} == {torch.float32} == {compiled(x).dtype} and {*lowered} == {torch.bfloat16}

    class Product(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            ctx.inside = torch.is_autocast_enabled("cpu"), a.dtype
            return a @ b

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            a, b = ctx.saved_tensors
            assert ctx.inside == (False, torch.float32) and not torch.is_autocast_enabled("cpu")
            return grad @ b.t(), a.t() @ grad

    a = torch.randn(2, 2, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu"):
        out = Product.apply(a, a)
    assert out.dtype is torch.float32
    out.sum().backward()
    assert a.grad.dtype is torch.bfloat16


def test_other_devices_and_dtypes_are_refused():
    with pytest.warns(UserWarning, match="only supports dtypes of torch.bfloat16, torch.float16"), torch.autocast("cpu", dtype=torch.float64):
        assert not torch.is_autocast_enabled("cpu")
    with pytest.raises(ValueError, match="of type `str`"):
        torch.autocast(torch.float16)
    with pytest.raises(RuntimeError, match="unsupported autocast device_type 'vulkan'"):
        torch.autocast("vulkan")


def scaled_step(scaler, optimizer, w, factor):
    optimizer.zero_grad()
    scaler.scale(w.sum() * factor).backward()
    scaler.step(optimizer)
    scaler.update()


def test_the_scale_adapts():
    w = nn.Parameter(torch.ones(2))
    optimizer, scaler = torch.optim.SGD([w], 0.5), torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    scales = []
    for factor in (1.0, 1.0, float("inf"), 1.0, float("nan"), 1.0, 1.0):
        scaled_step(scaler, optimizer, w, factor)
        scales.append(scaler.get_scale())
    assert scales == [8.0, 16.0, 8.0, 8.0, 4.0, 4.0, 8.0]
    assert w.tolist() == [1 - 0.5 * 5] * 2
    assert w.grad.tolist() == [1.0, 1.0]
    twin = pickle.loads(pickle.dumps(scaler))
    assert twin.state_dict() == scaler.state_dict() == {
        "scale": 8.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2, "_growth_tracker": 0}  # fmt: skip
    with pytest.raises(RuntimeError, match="has already been called on this optimizer"):
        scaler.scale(w.sum()).backward()
        scaler.unscale_(optimizer)
        scaler.unscale_(optimizer)


def test_a_disabled_scaler_does_nothing():
    w = nn.Parameter(torch.ones(2))
    scaler, loss = torch.amp.GradScaler("cpu", enabled=False), w.sum()
    assert scaler.scale(loss) is loss and scaler.get_scale() == 1.0 and scaler.state_dict() == {}
    with pytest.warns(UserWarning, match="CUDA is not available"):
        assert torch.cuda.is_available() or not torch.amp.GradScaler().is_enabled()
