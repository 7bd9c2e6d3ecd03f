"""A recording that can be repeated: which values enter, what comes out, and what it does to the Tensors it found."""

from __future__ import annotations

import gc
from typing import Any

import jax
from jax._src.array import ArrayImpl

from ..core.node import next_sequence_nr
from ..core.pytree import tree_flatten, tree_unflatten
from ..core.tensor import Tensor, value_of
from ..execution import Pending, executor
from ..execution.program import Program
from ..execution.report import report, user_line
from ..execution.segment import explained, is_wanted
from ..execution.stretch import Stretch, relative
from ..execution.trie import trie
from .census import SIMPLE, Census
from .graph import Refused, Template
from .recording import Before, Recording

_ARRAYS = frozenset([ArrayImpl])


class Snapshot:
    """The state of the world before a run: the Tensors known, and where the sequence numbers of nodes began."""

    def __init__(self, census: Census, leaves: list[Tensor]):
        self.census = census
        self.leaves = leaves
        known = {id(t): t for t in (*census.tensors, *leaves)}
        for t in list(known.values()):
            if t._view is not None and t._view.base is not None:
                known.setdefault(id(t._view.base), t._view.base)
        grads = [t._grad for t in known.values() if t._grad is not None]
        known.update((id(g), g) for g in grads)
        self.before = {key: Before(t) for key, t in known.items()}
        self.began = 1 - next_sequence_nr()

    def restore(self) -> None:
        """Undo what a run did to the Tensors."""
        for before in self.before.values():
            before.restore()


class _State:
    """A Tensor reached through the function's surroundings: the same object in every call."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    def __call__(self, call):
        return self.tensor


class _Argument:
    """A Tensor among the arguments, by its position."""

    __slots__ = ("position",)

    def __init__(self, position: int):
        self.position = position

    def __call__(self, call):
        return call[self.position]


class _Of:
    """Something that belongs to a Tensor: its gradient, its storage."""

    __slots__ = ("owner", "name")

    def __init__(self, owner, name: str):
        self.owner = owner
        self.name = name

    def __call__(self, call):
        return getattr(self.owner(call), self.name)


class Replay:
    """Built from one recording; `run` does again what the function did, without running it. Raises Refused when that is not possible."""

    def __init__(self, snapshot: Snapshot, named: Census, recording: Recording, result: Any, rebound: list):
        self.census = named
        self._rebind(snapshot, rebound)
        result = (result, [mapping[key] for mapping, key, _ in rebound])
        self.ends_step = recording.ends_step
        self._snapshot: Any = snapshot
        self._segment = recording.segment
        # What was made in the run is nothing it found.
        named.tensors = [t for t in named.tensors if id(t) in snapshot.before]
        self._find_tensors()
        self._find_inputs(recording)
        self._results: list = []
        self._positions: dict = {}
        template = Template(self._position, self._outside_of, snapshot.began)
        self._read_result(template, result)
        self._read_effects(template)
        self._read_checks(recording)
        template.finish()
        self.template = template
        self._refuse_unexplained(result)
        calls = relative(self._segment.place.calls(), 0, [~slot for slot in self._slots])
        if calls is None:
            raise Refused("it reads a value from elsewhere")
        self._stretch = Stretch(calls, tuple(self._results))
        self._other_inputs = self._inputs[len(self._state_inputs) :]
        self._program: Program | None = None
        self._read_guards()
        self._snapshot = self._segment = self._positions = self._owners = self._found = None  # type: ignore[assignment]

    # Reading the recording

    def _rebind(self, snapshot: Snapshot, rebound: list) -> None:
        """Names that the function gives new Tensors to are arguments more, and results more."""
        self.census.forget(rebound)
        self._rebound = []
        mine = {id(t) for t in snapshot.leaves}
        for mapping, key, value in rebound:
            found, spec = tree_flatten(value)
            if any(id(t) in mine for t in found):
                raise Refused("a Tensor among its arguments was also reached by a name that it gave to another")
            snapshot.leaves = [*snapshot.leaves, *found]
            before = [snapshot.before[id(t)] for t in found]
            self._rebound.append((mapping, key, spec, [(b.aval, b.requires_grad, b.node is None, b.view is None, type(b.tensor)) for b in before]))
        moved = {id(t) for t in snapshot.leaves} - mine
        self.census.tensors = [t for t in self.census.tensors if id(t) not in moved]

    def extended(self, leaves: list[Tensor]) -> list[Tensor] | None:
        """The Tensors of a call with those that names stand for now; None when these are of another kind than when recorded."""
        for mapping, key, spec, kinds in self._rebound:
            found, now = tree_flatten(mapping.get(key))
            if now != spec or not all(isinstance(t, Tensor) and described(t) == k for t, k in zip(found, kinds, strict=True)):
                return None
            leaves = [*leaves, *found]
        return leaves

    def _find_tensors(self) -> None:
        """Where each known Tensor, Storage and leaf's end of the graph is found again."""
        self._owners: dict[int, Any] = {}
        before = self._snapshot.before
        state = {id(t) for t in self.census.tensors}
        for t in self.census.tensors:
            self._owners[id(t)] = _State(t)
        for i, t in enumerate(self._snapshot.leaves):
            self._owners.setdefault(id(t), _Argument(i))
        for b in list(before.values()):
            t = b.tensor
            if b.grad is not None and id(t) in self._owners:
                self._owners[id(b.grad)] = _Of(self._owners[id(t)], "_grad")
            if b.view is not None and b.view.base is not None:
                self._owners.setdefault(id(b.view.base), _State(b.view.base))
        self._found = [b for b in before.values() if id(b.tensor) in self._owners]
        for b in self._found:
            owner = self._owners[id(b.tensor)]
            self._owners.setdefault(id(b.storage), _Of(owner, "_storage"))
            if b.counter is not b.storage:
                self._owners.setdefault(id(b.counter), _Of(owner, "_counter"))
            if b.node is not None:
                self._owners.setdefault(id(b.node), owner)
        # A leaf passed as an argument that is also reached otherwise must be that same leaf in every call.
        self.identical = [(i, t) for i, t in enumerate(self._snapshot.leaves) if id(t) in state]

    def _outside_of(self, x):
        """Where something that was there before is found again; None for what is new."""
        found = self._owners.get(id(x))
        if found is None and getattr(x, "is_accumulator", False):
            found = self._owners.get(id(x.variable))
        return found

    def _find_inputs(self, recording: Recording) -> None:
        sources: dict[int, Any] = {}
        self._aliases: list[tuple] = []
        for b in self._found:
            storage = self._owners[id(b.storage)]
            self._note_source(sources, b.array, storage, b.storage)
            if b.view is not None and b.view.value is not None and b.view.value is not b.value:
                value = b.view.value.array() if isinstance(b.view.value, Pending) else b.view.value
                sources.setdefault(id(value), (value, "view", self._owners[id(b.tensor)]))
        for array in recording.constants:
            sources.setdefault(id(array), (array, "constant", None))
        found = []
        for slot, array in enumerate(self._segment.arrays):
            source = sources.get(id(array))
            if source is None:
                raise Refused("it reads a Tensor or an array that is neither an argument nor reached from the function")
            found.append((_rank(source), slot, source))
        # Those found by a look at a known Tensor come first: the loop over them is the hot one.
        found.sort(key=lambda f: f[:2])
        self._slots = [slot for _, slot, _ in found]
        self._inputs = [source for _, _, source in found]
        self._state_inputs = [source[2].owner.tensor for rank, _, source in found if rank == 0]
        drawn = {id(words): n for n, (_, words) in enumerate(recording.draws)}
        if any(id(w) not in drawn for w in self._segment.words):
            raise Refused("its random numbers were drawn elsewhere")
        self._draws = [generator for generator, _ in recording.draws]
        self._words = [drawn[id(w)] for w in self._segment.words]
        self._scalars = list(self._segment.scalars)
        self._numbers = recording.numbers

    def _note_source(self, sources: dict, array, owner, storage) -> None:
        found = sources.get(id(array))
        if found is None:
            sources[id(array)] = (array, "storage", owner)
        elif found[1] == "storage" and found[2] is not owner:
            # Two storages with one value: the program takes it once, so they must agree in every call.
            self._aliases.append((found[2], owner))

    def _position(self, value) -> int:
        """The position of a value among the results."""
        key = id(value)
        found = self._positions.get(key)
        if found is None:
            if value.__class__ is Pending and value.segment is self._segment:
                ref = value.index
            else:
                array = value.array() if value.__class__ is Pending else value
                slot = self._segment.slots.get(id(array))
                if slot is None:
                    ref = self._extra_input(array)
                else:
                    ref = ~self._slots.index(slot)
            found = self._positions[key] = len(self._results)
            self._results.append(ref)
        return found

    def _extra_input(self, array) -> int:
        """A value that is handed through without being read."""
        for b in self._found:
            if b.array is array:
                self._inputs.append((array, "storage", self._owners[id(b.storage)]))
                return ~(len(self._inputs) - 1)
        raise Refused("a value that leaves it comes from elsewhere")

    def _read_result(self, template: Template, result) -> None:
        leaves, self._tree = tree_flatten(result)
        template.add_graph([x for x in leaves if isinstance(x, Tensor) and id(x) not in self._owners])
        self._leaves = []
        for x in leaves:
            if isinstance(x, Tensor):
                self._leaves.append((True, template.tensor(x)))
            elif type(x) in SIMPLE or id(x) in self.census._seen:
                self._leaves.append((False, x))
            else:
                raise Refused(f"it returns a {type(x).__name__}, which was made in it")

    def _read_effects(self, template: Template) -> None:
        self._state_writes, self._writes, self._grads = [], [], []
        done: set[int] = set()
        for b in self._snapshot.before.values():
            t = b.tensor
            reason = b.moved()
            if reason is not None:
                raise Refused(reason)
            if id(t) not in self._owners:
                if b.storage.value is not b.value or t._grad is not b.grad:
                    raise Refused("it wrote to a Tensor that it does not name")
                continue
            if t._grad is not b.grad:
                self._grads.append((self._owners[id(t)], None if t._grad is None else template.tensor(t._grad)))
            if id(b.storage) not in done:
                done.add(id(b.storage))
                generation, version = b.storage.generation - b.generation, b.counter.version - b.version
                if b.storage.value is not b.value or version:
                    position, storage = self._position(b.storage.value), self._owners[id(b.storage)]
                    if _rank((None, "storage", storage)) == 0 and b.counter is b.storage and b.storage.writer is None:
                        self._state_writes.append((storage.owner.tensor, position, generation, version))
                        continue
                    counter = storage if b.counter is b.storage else self._owners[id(b.counter)]
                    self._writes.append((storage, position, generation, counter, version, b.storage.writer))

    def _read_checks(self, recording: Recording) -> None:
        self._checks = [(self._position(value), check) for value, check in recording.checks]

    def _refuse_unexplained(self, result) -> None:
        """A value that somebody holds, and that is no result and no effect, went where it cannot be seen."""
        explained = {r for r in self._results if r >= 0}
        outputs = self._segment.outputs
        for collect in (True, False):
            if all(i in explained or not is_wanted(outputs, i) for i in range(len(outputs))):
                return
            if collect:
                gc.collect()
        raise Refused("a value computed in it is kept somewhere by Python code")

    def _read_guards(self) -> None:
        """What has to be as it was for a call to be a repetition."""
        tensors = {id(t): t for t in self.census.tensors}
        before = self._snapshot.before
        grads = {id(b.grad) for b in before.values() if b.grad is not None}
        self._flags = [(t, before[k].aval, before[k].requires_grad, before[k].grad is None, before[k].node) for k, t in tensors.items()
                       if k not in grads]
        self._stored = [t for k, t in tensors.items() if k not in grads]
        self._distinct = len({id(before[id(t)].storage) for t in self._stored})
        self._storage_groups = _groups([(t, before[id(t)].storage) for t in self._stored])
        self._leaf_pattern = _pattern([before[id(t)].storage for t in self._snapshot.leaves])

    # Repeating it

    def holds(self, leaves: list[Tensor]) -> bool:
        """Whether a call with these Tensors would do what was recorded."""
        for t, aval, requires_grad, no_grad, node in self._flags:
            if t._aval is not aval or t._requires_grad is not requires_grad or (t._grad is None) is not no_grad or t._node is not node:
                return False
        if len({id(t._storage) for t in self._stored}) != self._distinct:
            return False
        for first, second in self._storage_groups:
            if first._storage is not second._storage:
                return False
        for i, t in self.identical:
            if leaves[i] is not t:
                return False
        if len(leaves) > 1 and _pattern([t._storage for t in leaves]) != self._leaf_pattern:
            return False
        if not self.census.holds():
            return False
        for first, second in self._aliases:
            if first(leaves).value is not second(leaves).value:
                return False
        return self._apart(leaves)

    def _apart(self, leaves: list[Tensor]) -> bool:
        """No argument shares memory with what the function reaches by itself, unless it is the same Tensor as when recorded."""
        if len(self.identical) == len(leaves):
            return True
        mine = {id(t._storage) for t in self._stored}
        known = {i for i, _ in self.identical}
        return not any(id(t._storage) in mine for i, t in enumerate(leaves) if i not in known)

    def run(self, leaves: list[Tensor], device) -> Any:
        """The call, as a stretch appended to the pending segment; NotImplemented when a value that enters is no array."""
        if (self.ends_step or executor.mode != "deferred") and executor.deferred.idle():
            program = self._program or self._known_program(device)
            if program is not None:
                results = self._run_directly(program, leaves)
                return results if results is NotImplemented else self._finish(results, leaves)
        inputs = self._gather(leaves)
        segment = executor.deferred.segment_on(device)
        with segment.lock:
            refs = None if segment.closed else segment.refs(inputs)
            if refs is None:
                return NotImplemented
            segment.scalars += self._operands() if self._numbers else self._scalars
            segment.words += self._seeds()
            results = self._stretch.append(segment, tuple(refs), inputs)
        return self._finish(results, leaves)

    def _known_program(self, device):
        """The program that segments like this one have come to, when there is one: then no segment is needed."""
        refs = tuple([~slot for slot in self._slots])
        if len(refs) == len(self._inputs):
            place = self._stretch.end(trie.root(device), refs)
            self._program = place.program_for(tuple(sorted({r for r in self._results if r >= 0})))
        if self._program is not None:
            where = {i: n for n, i in enumerate(self._program.wanted)}
            self._picks = [(r >= 0, where[r] if r >= 0 else ~r) for r in self._results]
            self._by_slot = sorted(range(len(self._slots)), key=self._slots.__getitem__)
            self._passed = {~r for r in self._results if r < 0}
            slots = {id(t): self._slots[k] for k, t in enumerate(self._state_inputs)}
            self._reading_writes = [(t, slots[id(t)]) for t, *_ in self._state_writes if id(t) in slots]
        return self._program

    def _gather(self, leaves: list[Tensor]) -> list:
        """The values that enter, in the order of the inputs."""
        inputs = [t._storage.value for t in self._state_inputs]
        for array, kind, owner in self._other_inputs:
            inputs.append(owner(leaves).value if kind == "storage" else array if kind == "constant" else value_of(owner(leaves)))
        return inputs

    def _run_directly(self, program: Program, leaves: list[Tensor]):
        """The results, from the program that the segment has come to, without making a segment."""
        inputs = [v.array() if v.__class__ is Pending else v for v in self._gather(leaves)]
        if not set(map(type, inputs)) <= _ARRAYS:
            return NotImplemented
        arrays = [inputs[k] for k in self._by_slot]
        scalars = self._operands() if self._numbers else self._scalars
        words = self._seeds()
        if program.donated:
            # What is about to be replaced is let go of, so that its buffer can be taken over.
            inputs = [inputs[k] if k in self._passed else None for k in range(len(inputs))]
            for t, *_ in self._reading_writes:
                t._storage.value = None
        try:
            found = program(arrays, scalars, words)
        except BaseException as error:
            for t, *_, slot in self._reading_writes:
                t._storage.value = arrays[slot]
            if isinstance(error, jax.errors.JaxRuntimeError):
                raise explained(error, self._stretch.size, ("a compiled step ended", *user_line())) from error
            raise
        report.flushes += 1
        report.ops += self._stretch.size
        return [found[i] if is_new else inputs[i] for is_new, i in self._picks]

    def _seeds(self) -> list:
        if not self._draws:
            return []
        words = [generator.draw() for generator in self._draws]
        return [words[n] for n in self._words]

    def _operands(self) -> list:
        scalars = self._scalars.copy()
        for position, group, name, k in self._numbers:
            value = group[name]
            scalars[position] = float(value if k < 0 else value[k])
        return scalars

    def _finish(self, results: list, leaves: list[Tensor]) -> Any:
        """Put the results where they belong."""
        for t, position, generation, version in self._state_writes:
            storage = t._storage
            storage.value = results[position]
            storage.generation += generation
            storage.version += version
        for storage_of, position, generation, counter_of, version, writer in self._writes:
            storage = storage_of(leaves)
            storage.value = results[position]
            storage.generation += generation
            counter_of(leaves).version += version
            if writer is not None:
                storage.writer = writer
        made = self.template.instantiate(results, leaves)
        for owner, grad in self._grads:
            owner(leaves)._grad = made[grad] if grad.__class__ is int else grad if grad is None else grad(leaves)
        for position, check in self._checks:
            executor.deferred.postpone(results[position], check)
        found = [x if not is_tensor else made[x] if x.__class__ is int else x(leaves) for is_tensor, x in self._leaves]
        result, renamed = tree_unflatten(found, self._tree)
        for (mapping, key, *_), value in zip(self._rebound, renamed, strict=True):
            mapping[key] = value
        if self.ends_step:
            executor.deferred.flush("a compiled step ended")
        elif executor.mode != "deferred":
            executor.deferred.flush("a compiled function ended")
            executor.deferred.check(wait=True)
        return result


def described(t: Tensor) -> tuple:
    """What a program depends on of a Tensor that comes anew with each call."""
    return t._aval, t._requires_grad or t.requires_grad, t._node is None, t._view is None, t.__class__


def _rank(source: tuple) -> int:
    """0 for the storage of a Tensor that is always the same, 1 for what has to be looked up."""
    _, kind, owner = source
    return 0 if kind == "storage" and owner.__class__ is _Of and owner.name == "_storage" and owner.owner.__class__ is _State else 1


def _pattern(storages: list) -> tuple:
    first: dict[int, int] = {}
    return tuple([first.setdefault(id(s), i) for i, s in enumerate(storages)])


def _groups(pairs: list) -> list[tuple]:
    """Pairs of Tensors over one storage."""
    first: dict[int, Tensor] = {}
    return [(first[id(s)], t) for t, s in pairs if first.setdefault(id(s), t) is not t]

