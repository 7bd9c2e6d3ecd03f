"""A call repeated: is all as it was when recorded, and if so, the recorded program with today's values."""

from __future__ import annotations

from typing import Any

import jax
from jax._src.array import ArrayImpl

from ..core.pytree import tree_flatten, tree_unflatten
from ..core.tensor import Tensor, value_of
from ..execution import Pending, executor
from ..execution.kernels import concretely
from ..execution.program import Program
from ..execution.report import report, user_line
from ..execution.segment import explained
from ..execution.trie import trie
from .owners import State, described, sharing, storage_of_state
from .reading import Reading

_ARRAYS = frozenset([ArrayImpl])


class Replay:
    """What one recording came to. `extended`, then `holds`, then `run`."""

    def __init__(self, reading: Reading, device: jax.Device):
        self.census = reading.census
        self._device = device
        self._rebound = reading.rebound
        # Guards
        self._flags = reading.flags()
        self._stored = reading.stored()
        self._shared = reading.shared()
        self._distinct = len({id(t._storage) for t in self._stored})
        self._identical = reading.identical
        self._leaf_sharing = reading.leaf_sharing()
        self._aliases = reading.aliases
        # What enters
        states = [storage_of_state(i.owner) for i in reading.inputs]
        count = next((k for k, t in enumerate(states) if t is None), len(states))
        self._state_inputs = [t for t in states[:count] if t is not None]
        self._other_inputs = reading.inputs[count:]
        self._slots = reading.slots
        recording = reading.recording
        self._scalars, self._numbers = list(reading.segment.scalars), recording.numbers
        self._draws, self._words = [generator for generator, _ in recording.draws], reading.words
        # What happens
        self._stretch = reading.stretch
        self._ends_step = recording.ends_step
        self._results = reading.results
        plain = [(storage_of_state(w.storage), w) for w in reading.writes]
        self._state_writes = [
            (t, w.position, w.generation, w.version) for t, w in plain if t is not None and w.counter is w.storage and w.writer is None
        ]
        self._written = [t for t, _ in plain if t is not None]
        mine = {id(t) for t, *_ in self._state_writes}
        self._other_writes = [w for t, w in plain if id(t) not in mine]
        self._grads, self._checks = [(owner.tensor if isinstance(owner, State) else None, owner, g) for owner, g in reading.grads], reading.checks
        self._template, self._returned, self._tree = reading.template, reading.returned, reading.tree
        self._program: Program | None = None

    def extended(self, leaves: list[Tensor]) -> list[Tensor] | None:
        """The Tensors of a call with those that names stand for now; None when these are of another kind than when recorded."""
        for mapping, key, spec, kinds in self._rebound:
            found, now = tree_flatten(mapping.get(key))
            if now != spec or not all(isinstance(t, Tensor) and described(t) == k for t, k in zip(found, kinds, strict=True)):
                return None
            leaves = [*leaves, *found]
        return leaves

    def holds(self, leaves: list[Tensor]) -> bool:
        """Whether a call with these Tensors would do what was recorded."""
        for t, aval, requires_grad, no_grad, node in self._flags:
            if t._aval is not aval or t._requires_grad is not requires_grad or (t._grad is None) is not no_grad or t._node is not node:
                return False
        storages = {id(t._storage) for t in self._stored}
        if len(storages) != self._distinct or not all(a._storage is b._storage for a, b in self._shared):
            return False
        if not all(leaves[i] is t for i, t in self._identical):
            return False
        if len(leaves) > 1 and sharing([t._storage for t in leaves]) != self._leaf_sharing:
            return False
        if len(self._identical) < len(leaves):
            # No other argument shares memory with what the function reaches by itself.
            known = {i for i, _ in self._identical}
            if any(id(t._storage) in storages for i, t in enumerate(leaves) if i not in known):
                return False
        return self.census.holds() and all(a(leaves).value is b(leaves).value for a, b in self._aliases)

    def run(self, leaves: list[Tensor]) -> Any:
        """The call; NotImplemented when a value that enters is no array, so that the function has to be run itself."""
        if (self._ends_step or executor.mode != "deferred") and executor.deferred.idle():
            program = self._program or self._known_program()
            if program is not None:
                results = self._run_directly(program, leaves)
                return results if results is NotImplemented else self._finish(results, leaves)
        inputs = self._gather(leaves)
        segment = executor.deferred.segment_on(self._device)
        with segment.lock:
            refs = None if segment.closed else segment.refs(inputs)
            if refs is None:
                return NotImplemented
            segment.scalars += self._operands()
            segment.words += self._seeds()
            results = self._stretch.append(segment, tuple(refs), inputs)
        del inputs  # held by the segment alone, they can be donated
        return self._finish(results, leaves)

    def _gather(self, leaves: list[Tensor]) -> list:
        """The values that enter, in the order of the inputs."""
        inputs = [t._storage.value for t in self._state_inputs]
        for kind, owner, array in self._other_inputs:
            inputs.append(owner(leaves).value if kind == "storage" else array if kind == "constant" else value_of(owner(leaves)))
        return inputs

    def _operands(self) -> list:
        if not self._numbers:
            return self._scalars
        scalars = self._scalars.copy()
        for position, group, name, k in self._numbers:
            value = group[name]
            scalars[position] = float(value if k < 0 else value[k])
        return scalars

    def _seeds(self) -> list:
        if not self._draws:
            return []
        words = [generator.draw() for generator in self._draws]
        return [words[n] for n in self._words]

    # Without a segment

    def _known_program(self) -> Program | None:
        """The program that segments like this one have come to, when there is one: then no segment is needed."""
        count = len(self._state_inputs) + len(self._other_inputs)
        if len(self._slots) != count:
            return None
        wanted = tuple(sorted({r for r in self._results if r >= 0}))
        # The arrays were numbered as they came when this was recorded; where it was appended as a stretch, in the order of the inputs.
        for slots in (self._slots, list(range(count))):
            place = self._stretch.end(trie.root(self._device), tuple([~slot for slot in slots]))
            program = place.program_for(wanted)
            if program is not None:
                self._use(program, slots)
                break
        return self._program

    def _use(self, program: Program, slots: list[int]) -> None:
        self._site = ("a compiled step ended" if self._ends_step else "a compiled function ended", *user_line())
        where = {i: n for n, i in enumerate(program.wanted)}
        self._program = program
        self._picks = [(r >= 0, where[r] if r >= 0 else ~r) for r in self._results]
        self._by_slot = sorted(range(len(slots)), key=slots.__getitem__)
        self._passed = {~r for r in self._results if r < 0}
        numbered = {id(t): slots[k] for k, t in enumerate(self._state_inputs)}
        self._reading_writes = [(t, numbered[id(t)]) for t in self._written if id(t) in numbered]

    def _run_directly(self, program: Program, leaves: list[Tensor]):
        inputs = [v.array() if v.__class__ is Pending else v for v in self._gather(leaves)]
        if not set(map(type, inputs)) <= _ARRAYS:
            return NotImplemented
        arrays = [inputs[k] for k in self._by_slot]
        scalars, words = self._operands(), self._seeds()
        if program.donated:
            # What is about to be replaced is let go of, so that its buffer can be taken over.
            inputs = [inputs[k] if k in self._passed else None for k in range(len(inputs))]
            for t, _ in self._reading_writes:
                t._storage.value = None
        for leaf, owner, grad in self._grads:
            if grad is None or grad.__class__ is int:
                # The new gradient may take the place of the old one, which whoever else wants it holds.
                (owner(leaves) if leaf is None else leaf)._grad = None
        try:
            with concretely():
                found = program(arrays, scalars, words)
        except BaseException as error:
            for t, slot in self._reading_writes:
                t._storage.value = arrays[slot]
            if isinstance(error, jax.errors.JaxRuntimeError):
                raise explained(error, self._stretch.size, self._site) from error
            raise
        report.repeat(self._site, self._stretch.size)
        return [found[i] if is_new else inputs[i] for is_new, i in self._picks]

    def _finish(self, results: list, leaves: list[Tensor]) -> Any:
        """Put the results where they belong."""
        for t, position, generation, version in self._state_writes:
            storage = t._storage
            storage.value = results[position]
            storage.generation += generation
            storage.version += version
        for write in self._other_writes:
            storage = write.storage(leaves)
            storage.value = results[write.position]
            storage.generation += write.generation
            write.counter(leaves).version += write.version
            storage.writer = write.writer or storage.writer
        made = self._template.instantiate(results, leaves)
        for leaf, owner, grad in self._grads:
            (owner(leaves) if leaf is None else leaf)._grad = made[grad] if grad.__class__ is int else grad if grad is None else grad(leaves)
        for position, check in self._checks:
            executor.deferred.postpone(results[position], check)
        found = [x if not is_tensor else made[x] if x.__class__ is int else x(leaves) for is_tensor, x in self._returned]
        result, renamed = tree_unflatten(found, self._tree)
        for (mapping, key, *_), value in zip(self._rebound, renamed, strict=True):
            mapping[key] = value
        if self._ends_step:
            executor.deferred.flush("a compiled step ended")
            executor.deferred.check(wait=False)
        elif executor.mode != "deferred":
            executor.deferred.flush("a compiled function ended")
            executor.deferred.check(wait=True)
        return result
