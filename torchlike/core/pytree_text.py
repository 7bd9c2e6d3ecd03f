"""Structures of trees as text (torch.utils._pytree.treespec_dumps), and dataclasses as nodes."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections import defaultdict, namedtuple
from typing import Any

from .pytree import _KINDS, LEAF, NAMES, TreeSpec, register_pytree_node

_PROTOCOL = 1


def _name_of(cls) -> str:
    given = NAMES.get(cls)
    if given is not None and given.get("serialized_type_name") is not None:
        return given["serialized_type_name"]
    if cls not in _KINDS:
        raise NotImplementedError(
            f"Can't serialize TreeSpec of namedtuple class {cls} because we didn't register a serializated_type_name. Please register using "
            "`_register_namedtuple`."
        )
    if given is not None:
        raise NotImplementedError(
            f"No registered serialization name for {cls} found. Please update your _register_pytree_node call with a `serialized_type_name` kwarg."
        )
    return f"{cls.__module__}.{cls.__name__}"


def _context_out(cls, context) -> Any:
    dump = NAMES.get(cls, {}).get("to_dumpable_context")
    if dump is not None:
        return dump(context)
    if cls is defaultdict:
        factory, keys = context
        return {"default_factory_module": factory.__module__, "default_factory_name": factory.__qualname__, "dict_context": keys}
    return json.dumps(context)


def _context_in(cls, text) -> Any:
    load = NAMES.get(cls, {}).get("from_dumpable_context")
    if load is not None:
        return load(text)
    if cls is defaultdict:
        factory = getattr(importlib.import_module(text["default_factory_module"]), text["default_factory_name"])
        return [factory, text["dict_context"]]
    return json.loads(text)


def _out(spec: TreeSpec) -> dict:
    if spec.is_leaf():
        return {"type": None, "context": None, "children_spec": []}
    children = [_out(child) for child in spec.children_specs]
    return {"type": _name_of(spec.type), "context": _context_out(spec.type, spec.context), "children_spec": children}


def _in(found: dict, classes: dict) -> TreeSpec:
    if found["type"] is None:
        return LEAF
    if found["type"] not in classes:
        raise NotImplementedError(f"Deserializing `{found['type']}` in pytree is not registered.")
    cls = classes[found["type"]]
    return TreeSpec(cls, _context_in(cls, found["context"]), [_in(child, classes) for child in found["children_spec"]])


def _check_protocol(protocol) -> None:
    if protocol not in (None, _PROTOCOL):
        raise ValueError(f"Unknown protocol {protocol}. Available protocols: [{_PROTOCOL}]")


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """The structure as JSON. NotImplementedError for a registered class without a name for it."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {type(treespec)}.")
    _check_protocol(protocol)
    return json.dumps([_PROTOCOL, _out(treespec)])


def treespec_loads(serialized: str) -> TreeSpec:
    """The inverse of `treespec_dumps`."""
    protocol, found = json.loads(serialized)
    _check_protocol(protocol)
    classes = {}
    for cls in _KINDS:
        names = NAMES.get(cls)
        if cls is not namedtuple and (names is None or names.get("serialized_type_name")):
            classes[_name_of(cls)] = cls
    return _in(found, classes)


def register_dataclass(cls: type, *, field_names: list[str] | None = None, drop_field_names: list[str] | None = None,
                       serialized_type_name: str | None = None) -> None:
    """Make instances of a dataclass nodes; their fields are the children, but for those of `drop_field_names`. A field that is None is left out."""
    fields = [f.name for f in dataclasses.fields(cls) if f.init] if field_names is None else list(field_names)
    fields = [name for name in fields if name not in (drop_field_names or ())]

    def flatten(instance) -> tuple[list, list]:
        there = [name for name in fields if getattr(instance, name) is not None]
        return [getattr(instance, name) for name in there], [there, [name for name in fields if name not in there]]

    def unflatten(children, context):
        there, absent = context
        return cls(**dict(zip(there, children, strict=True)), **dict.fromkeys(absent))

    register_pytree_node(cls, flatten, unflatten, serialized_type_name=serialized_type_name)
