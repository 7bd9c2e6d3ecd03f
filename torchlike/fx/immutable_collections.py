"""Lists and dictionaries that refuse to be changed (torch.fx.immutable_collections); they nest like any others."""

from __future__ import annotations

from ..core.pytree import register_pytree_node


def _refusing(name: str):
    def refuse(self, *args, **kwargs):
        raise TypeError(
            f"'{type(self).__name__}' object does not support mutation. If you are attempting to modify the kwargs or args of a torch.fx.Node "
            "object,\ninstead create a new copy of it and assign the copy to the node:\n\n    new_args = ...  # copy and mutate args\n"
            "    node.args = new_args"
        )

    refuse.__name__ = name
    return refuse


class immutable_list(list):
    """A list that raises TypeError when it is to be changed, and can be hashed."""

    def __hash__(self):  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self):
        return type(self), (tuple(self),)


class immutable_dict(dict):
    """A dictionary that raises TypeError when it is to be changed, and can be hashed."""

    def __hash__(self):  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self):
        return type(self), (tuple(self.items()),)


for _name in ("__delitem__", "__iadd__", "__imul__", "__setitem__", "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"):
    setattr(immutable_list, _name, _refusing(_name))
for _name in ("__delitem__", "__ior__", "__setitem__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(immutable_dict, _name, _refusing(_name))

register_pytree_node(immutable_list, lambda items: (list(items), None), lambda items, _: immutable_list(items))
register_pytree_node(immutable_dict, lambda d: (list(d.values()), list(d)), lambda values, keys: immutable_dict(zip(keys, values, strict=True)))

__all__ = ["immutable_dict", "immutable_list"]
