"""From a recording to what can be repeated: which values enter, what comes out, and what happens to the Tensors that were found."""

from __future__ import annotations

import gc
from typing import Any, NamedTuple

from ..core.node import next_sequence_nr
from ..core.pytree import tree_flatten
from ..core.tensor import Tensor
from ..execution import Pending
from ..execution.segment import held
from ..execution.stretch import Stretch, relative
from .census import SIMPLE, Census
from .graph import Refused, Template
from .owners import Argument, Of, State, sharing, storage_of_state
from .recording import Before, Recording


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

    def forget(self) -> None:
        """Let go of the values from before: a buffer that somebody holds cannot be written over."""
        self.before.clear()


class Input(NamedTuple):
    """A value that enters: what a storage holds, the value of a view, or a constant array."""

    kind: str
    owner: Any
    array: Any


class Write(NamedTuple):
    """A storage that is given a result: by how much its generation and the version that watches it grow, and who wrote last."""

    storage: Any
    position: int
    generation: int
    counter: Any
    version: int
    writer: str | None


class Reading:
    """One recording, understood. Raises Refused, saying why, when it cannot be repeated.

    `rebound` are the places (mapping, key, former value) where the function put new Tensors: arguments more, and results more.
    """

    def __init__(self, snapshot: Snapshot, named: Census, recording: Recording, result: Any, rebound: list):
        self.census = named
        self.recording = recording
        self.segment = recording.segment
        self.before = snapshot.before
        self.leaves = list(snapshot.leaves)
        self.rebound = self._rebind(rebound)
        # What was made in the run is nothing it found.
        named.tensors = [t for t in named.tensors if id(t) in self.before]
        self.owners: dict[int, Any] = {}
        self.identical: list[tuple[int, Tensor]] = []
        self._find_owners()
        self.found = [b for b in self.before.values() if id(b.tensor) in self.owners]
        self.aliases: list[tuple] = []
        self.inputs: list[Input] = []
        self.slots: list[int] = []
        self._find_inputs()
        # Per result the number of a value in the segment, or -1, -2, ... for an input that is handed through.
        self.results: list[int] = []
        self._positions: dict[int, int] = {}
        self.template = Template(self.position, self.outside, snapshot.began)
        self._read_result((result, [mapping[key] for mapping, key, _ in rebound]))
        self.writes: list[Write] = []
        self.grads: list[tuple] = []
        self._read_effects()
        self.checks = [(self.position(value), check) for value, check in recording.checks]
        self.template.finish()
        self._refuse_unexplained()
        calls = relative(self.segment.place.calls(), 0, [~slot for slot in self.slots])
        if calls is None:
            raise Refused("it reads a value from elsewhere")
        self.stretch = Stretch(calls, tuple(self.results))

    def _rebind(self, rebound: list) -> list[tuple]:
        self.census.forget(rebound)
        places, mine = [], {id(t) for t in self.leaves}
        for mapping, key, value in rebound:
            found, spec = tree_flatten(value)
            if any(id(t) in mine for t in found):
                raise Refused("a Tensor among its arguments was also reached by a name that it gave to another")
            self.leaves += found
            before = [self.before[id(t)] for t in found]
            places.append((mapping, key, spec, [b.described() for b in before]))
        moved = {id(t) for t in self.leaves} - mine
        self.census.tensors = [t for t in self.census.tensors if id(t) not in moved]
        return places

    def _find_owners(self) -> None:
        """Where each known Tensor, its gradient, storage, counter and node are found again."""
        owners = self.owners
        for t in self.census.tensors:
            owners[id(t)] = State(t)
        # An argument that is also reached otherwise must be that same Tensor in every call.
        self.identical = [(i, t) for i, t in enumerate(self.leaves) if id(t) in owners]
        for i, t in enumerate(self.leaves):
            owners.setdefault(id(t), Argument(i))
        for b in self.before.values():
            if b.grad is not None and id(b.tensor) in owners:
                owners[id(b.grad)] = Of(owners[id(b.tensor)], "_grad")
            if b.view is not None and b.view.base is not None:
                owners.setdefault(id(b.view.base), State(b.view.base))
        for b in self.before.values():
            owner = owners.get(id(b.tensor))
            if owner is None:
                continue
            owners.setdefault(id(b.storage), Of(owner, "_storage"))
            if b.counter is not b.storage:
                owners.setdefault(id(b.counter), Of(owner, "_counter"))
            if b.node is not None:
                owners.setdefault(id(b.node), owner)

    def outside(self, x):
        """Where something that was there before is found again; None for what is new."""
        found = self.owners.get(id(x))
        if found is None and getattr(x, "is_accumulator", False):
            found = self.owners.get(id(x.variable))
        return found

    # What enters

    def _find_inputs(self) -> None:
        sources: dict[int, Input] = {}
        for b in self.found:
            self._note_storage(sources, b)
            if b.view is not None and b.view.value is not None and b.view.value is not b.value:
                value = b.view.value.array() if isinstance(b.view.value, Pending) else b.view.value
                sources.setdefault(id(value), Input("view", self.owners[id(b.tensor)], None))
        for array in self.recording.constants:
            sources.setdefault(id(array), Input("constant", None, array))
        found = []
        for slot, array in enumerate(self.segment.arrays):
            source = sources.get(id(array))
            if source is None:
                raise Refused("it reads a Tensor or an array that is neither an argument nor reached from the function")
            found.append((storage_of_state(source.owner) is None, slot, source))
        # Those found by a look at a known Tensor come first: the loop over them is the hot one.
        found.sort(key=lambda f: f[:2])
        self.slots = [slot for _, slot, _ in found]
        self.inputs = [source for *_, source in found]
        drawn = {id(words): n for n, (_, words) in enumerate(self.recording.draws)}
        if any(id(w) not in drawn for w in self.segment.words):
            raise Refused("its random numbers were drawn elsewhere")
        self.words = [drawn[id(w)] for w in self.segment.words]

    def _note_storage(self, sources: dict[int, Input], b: Before) -> None:
        owner = self.owners[id(b.storage)]
        found = sources.setdefault(id(b.array), Input("storage", owner, None))
        if found.kind == "storage" and found.owner is not owner:
            # Two storages with one value: the program takes it once, so they must agree in every call.
            self.aliases.append((found.owner, owner))

    # What comes out

    def position(self, value) -> int:
        """The position of a value among the results."""
        found = self._positions.get(id(value))
        if found is None:
            found = self._positions[id(value)] = len(self.results)
            self.results.append(self._reference(value))
        return found

    def _reference(self, value) -> int:
        if value.__class__ is Pending and value.segment is self.segment:
            return value.index
        array = value.array() if value.__class__ is Pending else value
        slot = self.segment.slots.get(id(array))
        if slot is not None:
            return ~self.slots.index(slot)
        for b in self.found:
            if b.array is array:
                self.inputs.append(Input("storage", self.owners[id(b.storage)], None))
                return ~(len(self.inputs) - 1)
        raise Refused("a value that leaves it comes from elsewhere")

    def _read_result(self, result) -> None:
        leaves, self.tree = tree_flatten(result)
        self.template.add_graph([x for x in leaves if isinstance(x, Tensor) and id(x) not in self.owners])
        self.returned: list[tuple[bool, Any]] = []
        for x in leaves:
            if isinstance(x, Tensor):
                self.returned.append((True, self.template.tensor(x)))
            elif type(x) in SIMPLE or self.census.knows(x):
                self.returned.append((False, x))
            else:
                raise Refused(f"it returns a {type(x).__name__}, which was made in it")

    def _read_effects(self) -> None:
        done: set[int] = set()
        for b in self.before.values():
            reason = b.moved()
            if reason is not None:
                raise Refused(reason)
            owner = self.owners.get(id(b.tensor))
            if owner is None:
                if b.storage.value is not b.value or b.tensor._grad is not b.grad:
                    raise Refused("it wrote to a Tensor that it does not name")
                continue
            if b.tensor._grad is not b.grad:
                self.grads.append((owner, None if b.tensor._grad is None else self.template.tensor(b.tensor._grad)))
            if id(b.storage) not in done:
                done.add(id(b.storage))
                self._read_write(b)

    def _read_write(self, b: Before) -> None:
        generation, version = b.storage.generation - b.generation, b.counter.version - b.version
        if b.storage.value is not b.value or version:
            storage = self.owners[id(b.storage)]
            counter = storage if b.counter is b.storage else self.owners[id(b.counter)]
            self.writes.append(Write(storage, self.position(b.storage.value), generation, counter, version, b.storage.writer))

    def _refuse_unexplained(self) -> None:
        """A value that somebody holds, and that is no result and no effect, went where it cannot be seen."""
        only_here = {value.index for value in self.template.only_here if value.__class__ is Pending and value.segment is self.segment}
        self.template.only_here.clear()
        explained = {r for r in self.results if r >= 0} | only_here
        if explained.issuperset(held(self.segment.outputs)):
            return
        gc.collect()
        if explained.issuperset(held(self.segment.outputs)):
            return
        raise Refused("a value computed in it is kept somewhere by Python code")

    # What has to be as it was

    def stored(self) -> list[Tensor]:
        """The Tensors reached through the surroundings, without gradients, which come and go."""
        grads = {id(b.grad) for b in self.before.values() if b.grad is not None}
        return [t for t in self.census.tensors if id(t) not in grads]

    def flags(self) -> list[tuple]:
        """What each of these was like."""
        found = [(t, self.before[id(t)]) for t in self.stored()]
        return [(t, b.aval, b.requires_grad, b.grad is None, b.node) for t, b in found]

    def shared(self) -> list[tuple[Tensor, Tensor]]:
        """The pairs among these that have one storage."""
        first: dict[int, Tensor] = {}
        pairs = [(first.setdefault(id(self.before[id(t)].storage), t), t) for t in self.stored()]
        return [(a, b) for a, b in pairs if a is not b]

    def leaf_sharing(self) -> tuple:
        """Which of the arguments share a storage."""
        return sharing([self.before[id(t)].storage for t in self.leaves])
