"""JAX functions on the tape, and modules as JAX functions."""

import jax
import jax.numpy as jnp
import pytest

import torchlike as torch
from torchlike import nn


@torch.jax_op
def affine(x, parameters, scale=1.0, *, squash=False):
    y = x @ parameters["w"] * scale + parameters["b"][0]
    return (jnp.tanh(y) if squash else y**2), {"positive": (y > 0).sum(), "shape": y.shape[0]}


def inputs():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_() for shape in ((3, 2), (2, 4), (4,))]


def call(x, w, b, **options):
    return affine(x, {"w": w, "b": [b]}, **options)[0]


@pytest.mark.parametrize("mode", ["deferred", "immediate"])
def test_values_and_structure(mode):
    x, w, b = inputs()
    with torch.set_execution(mode):
        y, rest = affine(x, {"w": w, "b": (b,)}, 2.0)
        torch.testing.assert_close(y, (x @ w * 2 + b) ** 2)
        assert rest["positive"].dtype is torch.int64 and int(rest["positive"]) == int((x @ w * 2 + b > 0).sum()) and int(rest["shape"]) == 3
        assert type(y.grad_fn).__name__ == "AffineBackward0" and not rest["positive"].requires_grad


@pytest.mark.parametrize("squash", [False, True])
def test_gradients_of_both_orders(squash):
    def fn(x, w, b):
        return call(x, w, b, squash=squash)

    assert torch.autograd.gradcheck(fn, inputs()) and torch.autograd.gradgradcheck(fn, inputs())


def test_transforms():
    x, w, b = (t.detach() for t in inputs())
    torch.testing.assert_close(torch.func.vmap(lambda row: call(row[None], w, b)[0])(x), call(x, w, b))
    forward, reverse = (transform(lambda w: call(x, w, b))(w) for transform in (torch.func.jacfwd, torch.func.jacrev))
    torch.testing.assert_close(forward, reverse)


def test_compiled():
    x, w, b = inputs()

    @torch.compile
    def step(x, w, b):
        return call(x, w, b, squash=True).sum() * 2

    for k in range(3):
        x.grad = None
        step(x, w, b * k).backward()
        assert torch.allclose(x.grad, torch.autograd.grad(call(x, w, b * k, squash=True).sum() * 2, x)[0])


def test_rules_of_custom_vjp_hold():
    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (jnp.clip(g, -0.1, 0.1),))
    x = torch.ones(3, requires_grad=True)
    (torch.jax_op(clipped)(x) * 5).sum().backward()
    assert x.grad.tolist() == pytest.approx([0.1] * 3)


def test_static_arguments():
    total = torch.jax_op(jnp.sum)
    x = torch.arange(6.0).reshape(2, 3)
    assert total(x, 0).tolist() == [3, 5, 7] and total(x, 1).tolist() == [3, 12] and total(x, axis=0, keepdims=True).shape == (1, 3)
    with pytest.raises(TypeError, match="must be hashable"):
        total(x, axis=bytearray(b"1"))
    with pytest.raises(TypeError, match="key_data"):
        torch.jax_op(jax.random.normal)(jax.random.key(0))


def test_a_module_under_jit_grad_and_vmap():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    apply, params = torch.to_jax(model)
    x = torch.randn(4, 2)
    torch.testing.assert_close(torch.from_jax(jax.jit(apply)(params, x.jax())), model(x).detach())
    gradients = jax.jit(jax.grad(lambda p: apply(p, x.jax()).sum()))(params)
    model(x).sum().backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(torch.from_jax(gradients[name]), parameter.grad)
    assert jax.vmap(apply, in_axes=(None, 0))(params, jnp.zeros((5, 4, 2), jnp.float32)).shape == (5, 4, 1)
    assert params["0.weight"].unsafe_buffer_pointer() == model[0].weight.jax().unsafe_buffer_pointer()


def test_nothing_is_written_and_draws_follow_the_key():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))
    apply, params = torch.to_jax(model)
    x = torch.randn(8, 3).jax()
    with pytest.raises(RuntimeError, match="rng=key"):
        jax.jit(apply)(params, x)
    once, again, other = (jax.jit(apply)(params, x, rng=jax.random.key(seed)) for seed in (0, 0, 1))
    assert (once == again).all() and not ((once == 0) == (other == 0)).all()
    assert model[0].running_mean.tolist() == [0.0] * 3 and int(model[0].num_batches_tracked) == 0
    assert torch.rand(1).shape == (1,)
    model.eval()
    torch.testing.assert_close(torch.from_jax(jax.jit(apply)(params, x)), model(torch.from_jax(x)).detach())


def test_structured_outputs():
    apply, params = torch.to_jax(nn.LSTM(2, 3))
    y, (h, c) = jax.jit(apply)(params, jnp.ones((4, 1, 2), jnp.float32))
    assert isinstance(y, jax.Array) and y.shape == (4, 1, 3) and h.shape == c.shape == (1, 1, 3)
