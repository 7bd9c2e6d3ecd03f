"""What a node shows as `_saved_<name>`: the settings of its op, sizes of its arguments and what it saved, with PyTorch's names and forms.

Some names are those of the op's own declaration. Where PyTorch has another one for the same thing, `show` says so per node.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .saved import SECOND_BACKWARD, Saved

# node name -> attribute -> what it is on that node; and node name -> PyTorch's names of the op's outputs.
_SHOWN: dict[str, dict[str, Callable]] = {}
_OUTPUTS: dict[str, tuple[str, ...]] = {}

# Settings that are numbers to PyTorch. It shows all other integers as unsigned ones.
_NUMBERS = frozenset(["alpha", "beta", "exponent", "lambd", "max_val", "min_val", "negative_slope", "threshold", "value"])
# Whose first argument PyTorch calls `input`, not `self`.
_NAME_INPUT = ("Convolution", "GridSampler", "Native")
_SIZES = re.compile(r"(?P<name>\w+?)_sym_(?P<what>sizes|sizes_opt|numel|argsize_(?P<minus>minus_)?(?P<dim>\d+))$")


def show(*nodes: str, outputs: tuple[str, ...] = (), **attributes: Callable) -> None:
    """Let nodes of these names show `_saved_<attribute>` as what the function makes of the node; `outputs` are the names of the op's outputs."""
    for node in nodes:
        _SHOWN.setdefault(node, {}).update(attributes)
        if outputs:
            _OUTPUTS[node] = outputs


def setting(name: str, form: Callable = lambda value: value) -> Callable:
    """A setting of the op under another name or in another form."""

    def value(node):
        return unsigned(form(node.plan.op.bound(node.plan.settings)[name]))

    value.source = name  # type: ignore[attr-defined]
    return value


def unsigned(value):
    """Integers as PyTorch shows them, which has no negative ones."""
    if type(value) is int:
        return value % (1 << 64)
    return tuple(map(unsigned, value)) if type(value) is tuple else value


def shown(node, name: str) -> Any:
    """The value of `node._saved_<name>`; RuntimeError for a saved value that has been freed, AttributeError for what there is not."""
    op = node.plan.op
    own = _SHOWN.get(type(node).__name__, {}).get(name)
    if own is not None:
        return own(node)
    if name in op.setting_names:
        value = op.bound(node.plan.settings)[name]
        return value if name in _NUMBERS else unsigned(value)
    sizes = _SIZES.match(name)
    if sizes is not None:
        return _of_sizes(node, sizes)
    slots = index_slots(node, name)
    return saved_value(node, find_saved(node, name, "_saved_")) if slots is None else tuple(saved_value(node, i) for i in slots)


def saved_value(node, index: int | None) -> Any:
    """The Tensor or number in a slot of what the node saved; None for no slot."""
    slots = node.saved_slots()
    if slots is None:
        raise RuntimeError(SECOND_BACKWARD)
    saved = None if index is None else slots[index]
    return saved.tensor(node) if isinstance(saved, Saved) else saved


def _positions(node) -> dict[str, int]:
    """The names of the op's arguments and outputs, with their places among both."""
    op, n = node.plan.op, len(node.plan.in_avals)
    names = {"self": 0, **{name: i for i, name in enumerate(op.array_names)}}
    outputs = {name: n + i for i, name in enumerate(_OUTPUTS.get(type(node).__name__, ()))}
    return {**outputs, "result": n, "out": n, **names}


def find_saved(node, name: str, prefix: str) -> int | None:
    """The slot of what is saved under this name; None for an argument left out, or that this call had no need to save."""
    plan = node.plan
    position = _positions(node).get(name)
    if position in plan.saved:
        return plan.saved.index(position)
    if position is not None and (position < len(plan.in_avals) and plan.in_avals[position] is None or position in plan.would_save()):
        return None
    raise AttributeError(f"'{type(node).__name__}' object has no attribute '{prefix}{name}'")


def index_slots(node, name: str) -> tuple | None:
    """The slots of the indices of an index, None for a dimension without; None for what is no index."""
    op, plan = node.plan.op, node.plan
    if name != "indices" or "dims" not in op.setting_names or not op.variadic:
        return None
    dims = op.bound(plan.settings)["dims"]
    slots = {dim: plan.saved.index(len(op.array_names) + i) for i, dim in enumerate(dims) if len(op.array_names) + i in plan.saved}
    return tuple(slots.get(dim) for dim in range(max(dims, default=-1) + 1))


def _of_sizes(node, found: re.Match) -> Any:
    plan = node.plan
    position = _positions(node).get(found["name"])
    if position is None or position >= len(plan.in_avals):
        raise AttributeError(f"'{type(node).__name__}' object has no attribute '_saved_{found[0]}'")
    aval = plan.in_avals[position]
    if found["what"] == "sizes_opt":
        return (0,) if aval is None else aval.shape
    if found["dim"] is not None:
        return aval.shape[-int(found["dim"]) if found["minus"] else int(found["dim"])]
    return aval.size if found["what"] == "numel" else aval.shape


def names(node) -> list[str]:
    """The attributes that `dir(node)` lists: of several names for one thing, PyTorch's."""
    kind, op = type(node).__name__, node.plan.op
    own = _SHOWN.get(kind, {})
    hidden = {"dtype", *(getattr(value, "source", None) for value in own.values())}
    kept: dict[int, str] = {}
    for name, position in _positions(node).items():
        if position in node.plan.saved and name not in ("out", "self" if kind.startswith(_NAME_INPUT) else "input"):
            kept.setdefault(position, name)
    indices = ("indices",) if index_slots(node, "indices") is not None else ()
    raw = (*(name for name in kept.values() if name not in own), *indices)
    settings = [name for name in op.setting_names if name not in hidden and not (indices and name == "dims")]
    return [*(f"_saved_{name}" for name in dict.fromkeys((*own, *settings, *raw))), *(f"_raw_saved_{name}" for name in raw)]
