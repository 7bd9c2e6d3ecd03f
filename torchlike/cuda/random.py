"""Random streams of GPUs (torch.cuda.random): one generator serves all devices, so these act on the default one."""

from __future__ import annotations

from ..core.random import default_generator
from .devices import count, is_available, place


def manual_seed(seed: int) -> None:
    """Seed the random stream."""
    default_generator.manual_seed(int(seed))


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the random stream from entropy, when there is a GPU."""
    if is_available():
        default_generator.seed()


seed_all = seed


def initial_seed() -> int:
    """The seed of the random stream; AssertionError without a GPU."""
    place()
    return default_generator.initial_seed()


def get_rng_state(device="cuda"):
    """The state of the random stream; AssertionError without a GPU."""
    place(device)
    return default_generator.get_state()


def get_rng_state_all() -> list:
    """One state for each GPU."""
    return [get_rng_state(i) for i in range(count())]


def set_rng_state(new_state, device="cuda") -> None:
    """Restore the random stream, when there is a GPU."""
    if is_available():
        default_generator.set_state(new_state)


def set_rng_state_all(new_states) -> None:
    """Restore the random stream from the first of the states, when there is a GPU."""
    for state in list(new_states)[:1]:
        set_rng_state(state)
