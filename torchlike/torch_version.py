"""`torch.__version__`: a text that compares as versions do, with texts and with tuples of numbers (torch.torch_version)."""

from __future__ import annotations

import re

from .version import __version__ as _internal

_FORM = re.compile(
    r"v?(?P<release>\d+(?:\.\d+)*)[-_.]?(?P<early>dev|a|b|c|rc|alpha|beta|pre)?[-_.]?(?P<number>\d*)(?:\.dev\d+)?(?:\+(?P<local>[\w.-]+))?"
)
_STAGES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, None: 4}


def _key(version) -> tuple | None:
    """What versions are ordered by; None for a text that is no version."""
    text = ".".join(map(str, version)) if isinstance(version, list | tuple) else str(version)
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    release = [int(n) for n in match["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    local = tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[-_.]", match["local"] or "") if part)
    return tuple(release), _STAGES[match["early"]], int(match["number"] or 0), local


class TorchVersion(str):
    """A version that is a text (torch.torch_version.TorchVersion): "2.13.0" < "2.2" as texts, but not as versions."""

    __slots__ = ()

    def _compared(self, other, name: str):
        if not isinstance(other, str | list | tuple):
            return NotImplemented
        mine, theirs = _key(str(self)), _key(other)
        if mine is None or theirs is None:
            return getattr(str(self), name)(str(other))
        return getattr(mine, name)(theirs)

    def __lt__(self, other):
        return self._compared(other, "__lt__")

    def __le__(self, other):
        return self._compared(other, "__le__")

    def __gt__(self, other):
        return self._compared(other, "__gt__")

    def __ge__(self, other):
        return self._compared(other, "__ge__")

    def __eq__(self, other):
        return self._compared(other, "__eq__")

    def __ne__(self, other):
        return self._compared(other, "__ne__")

    __hash__ = str.__hash__


__version__ = TorchVersion(_internal)
