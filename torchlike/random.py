"""The default random stream (torch.random)."""

from .core.random import Generator, default_generator, fork_rng, get_rng_state, initial_seed, manual_seed, seed, set_rng_state


def thread_safe_generator() -> None:
    """None: only a DataLoader's worker threads would have a generator of their own (torch.random.thread_safe_generator)."""
    return None


__all__ = ["Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state",
           "thread_safe_generator"]
