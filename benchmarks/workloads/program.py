"""What a workload consists of: data, the program as a PyTorch user writes it, and the same step by hand in JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class Program:
    """A model in training: `step(*batch)` is one whole define-by-run step and returns its loss, unlooked at."""

    def __init__(self, model, optimizer, loss_of: Callable):
        self.model = model
        self.optimizer = optimizer
        self.loss_of = loss_of
        self.batches: list[tuple] = []

    def step(self, *batch):
        """zero_grad, forward, backward, optimizer.step."""
        self.optimizer.zero_grad()
        loss = self.loss_of(*batch)
        loss.backward()
        self.optimizer.step()
        return loss


@dataclass(frozen=True)
class Workload:
    """One row of the table. `program(m, **place)` is written against a module m (torch or torchlike) and places its model with
    `.to(**place)`; `by_hand(weights)` returns the same step, `step(*batch)`, in plain JAX from a model's state_dict as arrays."""

    name: str
    data: Callable[[], list[tuple]]
    program: Callable[..., Program]
    by_hand: Callable[[dict], Callable]
    looks: bool = False  # the loop looks at the result of every step, not only now and then
    check_data: Callable[[], list[tuple]] | None = None  # batches for --check where those of `data` leave room for chance

    def framework(self, m, device: str = "cpu", dtype: str = "float32", check: bool = False) -> Program:
        """The program written against module m, with its data."""
        m.manual_seed(0)
        place = {"device": device, "dtype": getattr(m, dtype)}
        program = self.program(m, **place)
        program.batches = [tuple(_tensor(m, a, **place) for a in batch) for batch in self._arrays(check)]
        return program

    def hand_written(self, weights: dict[str, np.ndarray], dtype: str = "float32", check: bool = False) -> tuple[Callable, list[tuple]]:
        """The step by hand, from these weights, and its data."""
        import jax.numpy as jnp

        def array(a):
            return jnp.array(a, dtype if a.dtype.kind == "f" else jnp.int32)

        return self.by_hand({k: array(a) for k, a in weights.items()}), [tuple(array(a) for a in batch) for batch in self._arrays(check)]

    def _arrays(self, check: bool) -> list[tuple]:
        return (self.check_data or self.data)() if check else self.data()


def _tensor(m, array: np.ndarray, device, dtype):
    t = m.from_numpy(array)
    return t.to(device=device, dtype=dtype) if array.dtype.kind == "f" else t.to(device=device)


def weights_of(model) -> dict[str, np.ndarray]:
    """Copies of a model's state_dict as NumPy arrays, floats in single precision."""
    return {k: np.array((v.detach().float() if v.is_floating_point() else v).cpu().numpy()) for k, v in model.state_dict().items()}


def load(m, model, weights: dict[str, np.ndarray]) -> None:
    """Give a model these weights."""
    model.load_state_dict({k: m.from_numpy(v) for k, v in weights.items()})


def normal(seed: int, *shape: int) -> np.ndarray:
    """Standard normal numbers in single precision."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def integers(seed: int, high: int, *shape: int) -> np.ndarray:
    """Integers from zero below `high`."""
    return np.random.default_rng(seed).integers(0, high, shape)
