"""Printing where PyTorch has nothing to compare with: Tensors inside a JAX trace, whose numbers do not exist yet."""

import jax

import torchlike


def test_a_traced_tensor_prints_its_size():
    seen = []

    def f(value):
        x = torchlike.from_jax(value).requires_grad_()
        seen.extend([repr(x), repr((x * 2).double())])
        return x.detach().jax()

    jax.jit(f)(torchlike.ones(2, 3).jax())
    assert seen == [
        "tensor(..., size=(2, 3), requires_grad=True)",
        "tensor(..., size=(2, 3), dtype=torch.float64, grad_fn=<ToCopyBackward0>)",
    ]
