"""Random streams by counter: a generator is a seed and a count of draws, so the same seed gives the same stream in every executor.

A random op takes a `seed` operand (seed and counter as four uint32 words) and folds it into a JAX key inside its kernel, so
drawing again never recompiles and needs no key-splitting kernels of its own.
"""

from __future__ import annotations

import secrets
import threading

import jax
import numpy as np

from ..execution import executor, placed
from .device import device as Device
from .device import to_jax_device
from .modes import state
from .threefry import THREEFRY

_MASK = (1 << 64) - 1


class Generator:
    """A source of randomness (torch.Generator): `manual_seed`, `seed`, `initial_seed`, `get_state`, `set_state`."""

    def __init__(self, device="cpu"):
        self.device = Device(device)
        if self.device.type not in ("cpu", "cuda"):
            raise RuntimeError(f"{self.device.type.upper()} device type not an accelerator.")
        self._seed = 67280421310721
        self._counter = 0
        self._lock = threading.Lock()

    def _refuse_recording(self) -> None:
        recording = executor.recording
        if recording is not None:
            recording.broke("a random generator was seeded or set")

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of `seed` from its beginning; negative seeds wrap as in PyTorch."""
        self._refuse_recording()
        if isinstance(seed, np.integer):
            raise TypeError("an integer is required")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(1 << 63) <= seed <= _MASK:
            raise ValueError("Overflow when unpacking long long")
        with self._lock:
            self._seed, self._counter = seed & _MASK, 0
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy; returns the seed."""
        self.manual_seed(secrets.randbits(63))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of the current stream."""
        return self._seed

    def draw(self) -> np.ndarray:
        """The next `seed` operand: a fresh position of the stream."""
        with self._lock:
            count, self._counter = self._counter, self._counter + 1
        words = np.array([self._seed, count], np.uint64).view(np.uint32)
        recording = executor.recording
        if recording is not None:
            recording.drew(self, words)
        return words

    def get_state(self):
        """The state as a uint8 Tensor of 16 elements."""
        from .tensor import from_value

        state = np.array([self._seed, self._counter], np.uint64).view(np.uint8)
        return from_value(placed(state, to_jax_device("cpu")))

    def set_state(self, new_state) -> Generator:
        """Restore what `get_state` gave; returns the generator."""
        self._refuse_recording()
        if new_state.dtype.name != "uint8":
            raise TypeError("RNG state must be a torch.ByteTensor")
        words = np.asarray(new_state.numpy())
        if words.size != 16:
            raise RuntimeError("RNG state is wrong size")
        words = words.copy().view(np.uint64)
        with self._lock:
            self._seed, self._counter = int(words[0]), int(words[1])
        return self

    def clone_state(self) -> Generator:
        """A second generator at the same position."""
        twin = Generator(self.device)
        twin._seed, twin._counter = self._seed, self._counter
        return twin

    def __getstate__(self):
        return self.device, self._seed, self._counter

    def __setstate__(self, saved):
        self.device, self._seed, self._counter = saved
        self._lock = threading.Lock()


default_generator = Generator()


def next_seed(generator: Generator | None = None):
    """The seed operand for one random op."""
    draw = (generator or default_generator).draw
    if state.levels:
        from .levels import batched_seed

        return batched_seed(draw, state.levels)
    return draw()


def key_from(seed):
    """Inside a kernel: the JAX key of a seed operand, the lower words of seed and counter with the upper ones mixed in. Any two keys give
    independent streams, so nothing more is needed; to fold the counter in by the cipher itself takes three times as long to compile."""
    lower, upper = seed[::2], seed[1::2] * np.uint32(0x9E3779B9)
    return jax.random.wrap_key_data(lower ^ upper ^ (upper >> 15), impl=THREEFRY)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator (torch.manual_seed)."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from entropy (torch.seed)."""
    return default_generator.seed()


def initial_seed() -> int:
    """The default generator's seed (torch.initial_seed)."""
    return default_generator.initial_seed()


def get_rng_state():
    """The default generator's state (torch.get_rng_state)."""
    return default_generator.get_state()


def set_rng_state(new_state) -> None:
    """Restore the default generator's state (torch.set_rng_state)."""
    default_generator.set_state(new_state)


class fork_rng:
    """Leave the default generator as it was found (torch.random.fork_rng)."""

    def __init__(self, devices=None, enabled: bool = True, device_type: str = "cuda"):
        self.enabled = enabled

    def __enter__(self):
        self.saved = default_generator.get_state() if self.enabled else None

    def __exit__(self, *error):
        if self.saved is not None:
            default_generator.set_state(self.saved)
