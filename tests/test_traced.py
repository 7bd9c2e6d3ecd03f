"""Everything works inside JAX's own transformations, over code that wraps and unwraps Tensors."""

import jax
import jax.numpy as jnp
import numpy as np

import torchlike as torch
from torchlike import nn


def test_forward_inside_jit():
    @jax.jit
    def f(a, b):
        x, y = torch.from_jax(a), torch.from_jax(b)
        z = torch.tanh(x @ y + 1)[0, 1:] * 2
        return z.jax()

    a, b = jnp.arange(6.0).reshape(2, 3) / 10, jnp.ones((3, 3)) * 0.2
    expected = np.tanh(np.asarray(a) @ np.asarray(b) + 1)[0, 1:] * 2
    assert np.allclose(f(a, b), expected, rtol=1e-6)


def test_the_tape_inside_jit():
    @jax.jit
    def gradient(a):
        x = torch.from_jax(a).requires_grad_()
        (x**3).sum().backward()
        return x.grad.jax()

    assert np.allclose(gradient(jnp.array([1.0, 2.0])), [3.0, 12.0])


def test_inplace_and_views_inside_jit():
    @jax.jit
    def f(a):
        x = torch.from_jax(a) * 1
        x[1] = x[0] * 10
        x.t()[0] += 5
        x[x > 40] = -1.0
        return x.jax()

    eager = torch.arange(4.0).reshape(2, 2) * 1
    eager[1] = eager[0] * 10
    eager.t()[0] += 5
    eager[eager > 40] = -1.0
    assert np.array_equal(np.asarray(f(jnp.arange(4.0, dtype=jnp.float32).reshape(2, 2))), eager.numpy())


def test_jax_grad_through_ops():
    def loss(a):
        return (torch.from_jax(a).exp() * 2).sum().jax()

    a = jnp.array([0.1, 0.2])
    assert np.allclose(jax.grad(loss)(a), 2 * np.exp(a))


def test_vmap_over_ops_and_tape():
    def gradient(a):
        x = torch.from_jax(a).requires_grad_()
        return torch.autograd.grad((x * x).sum() ** 2, x)[0].jax()

    rows = jnp.array([[1.0, 2.0], [3.0, 4.0]])
    expected = 4 * np.asarray(rows) * (np.asarray(rows) ** 2).sum(1, keepdims=True)
    assert np.allclose(jax.vmap(gradient)(rows), expected)


def test_a_whole_training_step_inside_jit():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    parameters = [p.jax() for p in model.parameters()]
    x = torch.arange(6.0).reshape(2, 3) / 6

    def loss_and_gradients(values, inputs):
        for p, value in zip(model.parameters(), values, strict=True):
            p.data = torch.from_jax(value)
            p.grad = None
        loss = model(torch.from_jax(inputs)).pow(2).mean()
        loss.backward()
        return loss.jax(), [p.grad.jax() for p in model.parameters()]

    eager = loss_and_gradients(parameters, x.jax())
    traced = jax.jit(loss_and_gradients)(parameters, x.jax())
    for a, b in zip(jax.tree.leaves(eager), jax.tree.leaves(traced), strict=True):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-7)


def test_arrays_cross_without_a_copy():
    a = jnp.arange(5.0)
    assert torch.from_jax(a).jax() is a
    t = torch.arange(5.0)
    assert torch.from_jax(t.jax()).jax() is t.jax()
    assert torch.from_dlpack(jnp.arange(3.0)).tolist() == [0.0, 1.0, 2.0]
    assert np.from_dlpack(torch.arange(3.0)).tolist() == [0.0, 1.0, 2.0]
    assert jnp.asarray(torch.ones(3)).sum() == 3


def test_a_shape_that_depends_on_values_refuses_to_trace():
    def f(a):
        return torch.from_jax(a).nonzero().jax()

    try:
        jax.jit(f)(jnp.arange(3))
    except NotImplementedError as error:
        assert "torch.where" in str(error)
    else:
        raise AssertionError("nonzero traced")
