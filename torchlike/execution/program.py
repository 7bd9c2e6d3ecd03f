"""A segment compiled whole: one jitted program for the values that are wanted, its numbers packed, its dead buffers donated."""

from __future__ import annotations

import sys
import weakref
from collections import Counter
from collections.abc import Callable

import jax
import numpy as np

from .kernels import weak
from .trie import WORDS

_KINDS = (bool, int, float, complex)
_DTYPES = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}
# On a CPU, donating a small buffer costs more than it saves.
_MIN_DONATED_BYTES = {"cpu": 1 << 16}

_exported: dict[int, weakref.ref] = {}


def exported(array):
    """`array`, which somebody outside (NumPy, DLPack, the user's JAX code) may hold from now on without our knowing: it is never donated."""
    if isinstance(array, jax.Array) and not isinstance(array, jax.core.Tracer):
        key = id(array)
        _exported[key] = weakref.ref(array, lambda _: _exported.pop(key, None))
    return array


def _base_count() -> int:
    """The reference count, as `is_free` sees it, of an array that only its segment's list holds."""
    return _references([np.zeros(1)], 0)


def _references(arrays: list, slot: int) -> int:
    return sys.getrefcount(arrays[slot])


_ALONE = _base_count()


def is_free(arrays: list, slot: int) -> bool:
    """Whether nobody but this list holds an array, so that its buffer may be written over."""
    return _references(arrays, slot) == _ALONE and id(arrays[slot]) not in _exported and getattr(arrays[slot], "_npy_value", None) is None


class Program:
    """A compiled segment: which values it computes, which arrays it takes over, and the jitted function (donated, kept, packs) -> values.
    What is to run `once` is compiled in haste, which takes XLA's compiler for CPUs half the time."""

    def __init__(self, calls: list, wanted: tuple, arrays: list, device: jax.Device, once: bool = False):
        self.device = device
        donated = _donations(calls, wanted, arrays, _MIN_DONATED_BYTES.get(device.platform, 1))
        self.donated, self.wanted = _paired(calls, wanted, arrays, donated)
        read = {~ref for call, used in zip(calls, _needed(calls, wanted), strict=True) if used for ref in call[1:] if _is_array(ref)}
        self.kept = tuple(sorted(read.difference(self.donated)))
        self.kinds = _kinds(calls)
        self._packed: dict = {}
        self.fn = _jitted(calls, self.wanted, self.donated, self.kept, self.kinds, device, once)

    def __call__(self, arrays: list, scalars: list, words: list) -> list:
        donated = []
        for slot in self.donated:
            # Somebody holds this one, this time: he keeps his own.
            donated.append(arrays[slot] if is_free(arrays, slot) else jax.numpy.array(arrays[slot], copy=True))
        kept = [arrays[slot] for slot in self.kept]
        return self.fn(donated, kept, self._packs(scalars, words))

    def _packs(self, scalars: list, words: list) -> list:
        """Python numbers as one array per type, seeds as one array: a jitted call pays for each of its arguments."""
        packs = []
        for kind in self.kinds:
            if kind is WORDS:
                packs.append(np.stack(words))
                continue
            pack: np.ndarray = np.array([x for x in scalars if x.__class__ is kind], _DTYPES[kind])
            # Most numbers are the same in the next step: then they are on the device already.
            before, there = self._packed.get(kind, (None, None))
            key = pack.tobytes()
            if key != before:
                self._packed[kind] = key, None
            elif there is None:
                # Not committed to its device, as the NumPy array was not: or the program would be compiled again.
                with jax.default_device(self.device):
                    there = jax.numpy.asarray(pack)
                self._packed[kind] = key, there
            packs.append(pack if key != before else there)
        return packs


def _kinds(calls: list) -> tuple:
    """The kinds of numbers that enter."""
    present = {ref for call in calls for ref in call[1:] if ref.__class__ is not int}
    return tuple(kind for kind in (*_KINDS, WORDS) if kind in present)


def _donations(calls: list, wanted: tuple, arrays: list, least: int) -> tuple:
    """The arrays whose buffers results of the same kind can take over."""
    avals = [a for call in calls for a in call[0].out_avals]
    room = Counter((avals[i].shape, avals[i].dtype) for i in wanted)
    chosen = []
    # By number: a variable for the array would be one more that holds it.
    for slot in range(len(arrays)):
        if arrays[slot].__class__ is np.ndarray or arrays[slot].nbytes < least:
            continue
        signature = arrays[slot].shape, arrays[slot].dtype
        if room[signature] and is_free(arrays, slot):
            room[signature] -= 1
            chosen.append(slot)
    return tuple(chosen)


def _paired(calls: list, wanted: tuple, arrays: list, donated: tuple) -> tuple[tuple, tuple]:
    """Donated arrays and wanted values in an order in which those go together where a value comes from the last call that reads the array: JAX
    hands buffers over in order, and XLA copies one whose old content is read after the new one is written."""
    reader = {~ref: (n, k) for n, call in enumerate(calls) for k, ref in enumerate(call) if k and _is_array(ref)}
    room: dict[tuple, list] = {}
    size, live = 0, set(wanted)
    for n, call in enumerate(calls):
        for i, aval in enumerate(call[0].out_avals, size):
            if i in live:
                room.setdefault((n, aval.shape, aval.dtype), []).append(i)
        size += len(call[0].out_avals)
    successors = {}
    for slot in sorted(donated, key=lambda slot: reader.get(slot, (-1,))):
        found = room.get((reader.get(slot, (-1,))[0], arrays[slot].shape, arrays[slot].dtype))
        if found:
            successors[slot] = found.pop(0)
    taken = set(successors.values())
    return (*successors, *(s for s in donated if s not in successors)), (*successors.values(), *(i for i in wanted if i not in taken))


def _jitted(calls: list, wanted: tuple, donated: tuple, kept: tuple, kinds: tuple, device: jax.Device, once: bool) -> Callable:
    slots = (*donated, *kept)

    def program(taken, others, packs):
        arrays: list = [None] * (max(slots, default=-1) + 1)
        for slot, x in zip(slots, (*taken, *others), strict=True):
            arrays[slot] = x
        feeds = {kind: iter(pack) for kind, pack in zip(kinds, packs, strict=True)}

        def number(kind):
            x = next(feeds[kind])
            return x if kind is bool or kind is WORDS else weak(x)

        return _evaluated(calls, wanted, arrays, number)

    # Results are committed to the device in any case, so that the next step takes them for the same kind of argument.
    place = jax.sharding.SingleDeviceSharding(device)
    options = {"xla_backend_optimization_level": 1} if once and device.platform == "cpu" else None
    return jax.jit(program, donate_argnums=(0,) if donated else (), out_shardings=place, compiler_options=options)


def run_stepwise(calls: list, wanted: tuple, segment) -> list:
    """Op by op, each on its own kernel."""
    scalars, words = iter(segment.scalars), iter(segment.words)
    results = _evaluated(calls, wanted, segment.arrays, lambda kind: next(words if kind is WORDS else scalars))
    for call, used in zip(calls, _needed(calls, wanted), strict=True):
        call[0].compiled = call[0].compiled or used
    return results


def _evaluated(calls: list, wanted: tuple, arrays: list, number: Callable) -> list:
    """The wanted values: only the calls they depend on are made, and what no later one reads is let go on the way. `number(kind)` is the next
    number or seed of a kind; those of calls that are left out are passed over."""
    needed = _needed(calls, wanted)
    last = {ref: n for n, call in enumerate(calls) if needed[n] for ref in call[1:] if _is_value(ref)}
    dying: dict[int, list] = {}
    for ref in last.keys() - set(wanted):
        dying.setdefault(last[ref], []).append(ref)
    values: list = []

    def argument(ref):
        if ref.__class__ is int:
            return values[ref] if ref >= 0 else arrays[~ref]
        return None if ref is None else number(ref)

    for n, call in enumerate(calls):
        plan = call[0]
        if needed[n]:
            out = plan.kernel(*[argument(ref) for ref in call[1:]])
            values.extend((out,) if plan.single else out)
        else:
            values += (None,) * len(plan.out_avals)
            for ref in call[1:]:
                if ref is not None and ref.__class__ is not int:
                    number(ref)
        for ref in dying.get(n, ()):
            values[ref] = None
    return [values[i] for i in wanted]


def _is_value(ref) -> bool:
    return ref.__class__ is int and ref >= 0


def _is_array(ref) -> bool:
    return ref.__class__ is int and ref < 0


def _needed(calls: list, wanted: tuple) -> list[bool]:
    """Which calls the wanted values depend on."""
    size = sum(len(call[0].out_avals) for call in calls)
    live = set(wanted)
    needed = []
    for call in reversed(calls):
        size -= len(call[0].out_avals)
        used = any(i in live for i in range(size, size + len(call[0].out_avals)))
        needed.append(used)
        if used:
            live.update(filter(_is_value, call[1:]))
    return needed[::-1]
