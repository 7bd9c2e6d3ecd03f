"""What the user stored on a Tensor, apart from what the Tensor itself is made of: both live in one instance dictionary."""

from __future__ import annotations

# Attributes that are the Tensor itself, as its class declares them; any other was put there by the user.
OWN_ATTRIBUTES: set[str] = set()


def declare(cls: type) -> None:
    """The private data that a class declares, with or without a default, are its own attributes."""
    defaults = {name for name, value in vars(cls).items() if not callable(value) and not isinstance(value, property)}
    OWN_ATTRIBUTES.update(name for name in defaults | cls.__annotations__.keys() if name.startswith("_") and not name.startswith("__"))


class UserAttributes(dict):
    """`tensor.__dict__`: the user's attributes as they are now. Changes of this dictionary are changes of the Tensor's attributes."""

    __slots__ = ("_fields",)

    def __init__(self, fields: dict):
        super().__init__({name: value for name, value in fields.items() if name not in OWN_ATTRIBUTES})
        self._fields = fields

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        self._fields[name] = value

    def __delitem__(self, name):
        super().__delitem__(name)
        del self._fields[name]

    def __ior__(self, other):  # type: ignore[misc]
        self.update(other)
        return self

    def update(self, *args, **kwargs):
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name, *default):
        self._fields.pop(name, None)
        return super().pop(name, *default)

    def popitem(self):
        name, value = super().popitem()
        del self._fields[name]
        return name, value

    def clear(self):
        for name in list(self):
            del self[name]
