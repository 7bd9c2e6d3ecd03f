"""Reading a pickle that is not trusted. It may name only what `safe` lists, call only that, and set the state of nothing else.

The pure-Python unpickler, because each instruction that calls or changes something must be looked at.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from .names import StorageType
from .safe import allowed_global, is_declared_safe, modern_name

_Unpickler: Any = pickle._Unpickler  # type: ignore[attr-defined]
_BLOCKED = ("sys", "os", "posix", "nt")
_CHANGED = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to `True`. Re-running `torch.load` "
    "with `weights_only` set to `False` will likely succeed, but it can result in arbitrary code execution. Do it only if you got the file from a "
    "trusted source."
)
_TWO_WAYS = (
    "This file can still be loaded, to do so you have two options, \x1b[1mdo those steps only if you trust the source of the checkpoint\x1b[0m. "
    "\n\t(1) {}\n\t(2) Alternatively, to load with `weights_only=True` please check the recommended steps in the following error message."
    "\n\tWeightsUnpickler error: {}"
)
_MORE = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)
_UNSUPPORTED = (
    "Unsupported global: GLOBAL {0} was not an allowed global by default. Please use `torch.serialization.add_safe_globals([{0}])` or the "
    "`torch.serialization.safe_globals([{0}])` context manager to allowlist this global if you trust this class/function."
)


def _refusal(detail: str) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(f"Weights only load failed. {_CHANGED}\nWeightsUnpickler error: \n\n{detail}{_MORE}")


class SafeUnpickler(_Unpickler):
    """Finds and calls only what is listed; anything else in the pickle is an UnpicklingError, before anything happens."""

    dispatch = dict(_Unpickler.dispatch)
    for _opcode in (pickle.INST, pickle.OBJ, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.NEWOBJ_EX, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER):
        del dispatch[_opcode[0]]

    def __init__(self, file, storage_of: Callable, **options):
        super().__init__(file, **options)
        self.storage_of = storage_of
        self.callable: dict[int, Any] = {}
        self.from_storage: Exception | None = None

    def load(self):
        """The object; an UnpicklingError for any pickle that is damaged or asks for more than data."""
        try:
            return super().load()
        except (pickle.UnpicklingError, EOFError, RuntimeError, MemoryError):
            raise
        except Exception as error:
            if error is self.from_storage:
                raise
            opcode = error.args[0] if isinstance(error, KeyError) else None
            unknown = isinstance(opcode, int) and opcode not in self.dispatch
            raise _refusal(f"Unsupported operand {opcode}" if unknown else f"the pickle is damaged: {error!r}") from error

    def persistent_load(self, pid):
        """The storage a persistent id names."""
        try:
            return self.storage_of(pid)
        except Exception as error:
            self.from_storage = error  # not the pickle's fault: a user's `map_location`, a missing device
            raise

    def find_class(self, module: str, name: str):
        """What the pickle names, if it is listed."""
        module, name = modern_name(module, name) if self.proto < 3 else (module, name)
        path = f"{module}.{name}"
        known, value = allowed_global(path)
        if known:
            self.callable[id(value)] = value
            return value
        if module.partition(".")[0] in _BLOCKED:
            detail = f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked."
            raise pickle.UnpicklingError(f"Weights only load failed. {_CHANGED}\n\n\n{detail}{_MORE}")
        detail = _UNSUPPORTED.format(path.removeprefix("builtins."))
        raise pickle.UnpicklingError(f"Weights only load failed. {_TWO_WAYS.format(_CHANGED, detail)}{_MORE}")

    def _check_callable(self, what) -> None:
        if id(what) not in self.callable:
            raise _refusal(f"Trying to call reduce for unrecognized function {what}")

    def load_reduce(self):
        """Call a function or class, if it is one that was looked up by name."""
        self._check_callable(self.stack[-2])
        super().load_reduce()

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self):
        """Make an object of a class, if it is one that was looked up by name."""
        self._check_callable(self.stack[-2])
        super().load_newobj()

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_build(self):
        """Give an object its state: dictionaries of the standard library have attributes; what the user declared safe knows itself."""
        target = self.stack[-2]
        if type(target) in (OrderedDict, Counter):
            vars(target).update(self.stack.pop())
        elif is_declared_safe(type(target)):
            super().load_build()
        else:
            raise _refusal(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(target)}"
            )

    dispatch[pickle.BUILD[0]] = load_build


class _Anything:
    """Stands for every object while a pickle is only looked through."""

    def __init__(self, *args):
        pass

    append = extend = add = update = __setitem__ = __init__


class Surveyor(_Unpickler):
    """Looks through a pickle without making anything of what it names: notes the `names` of globals and the `storage_ids`."""

    dispatch = dict(_Unpickler.dispatch)

    def __init__(self, file):
        super().__init__(file)
        self.names: dict[str, None] = {}
        self.storage_ids: list[Any] = []

    def persistent_load(self, pid):
        """Note the storage, which is not read."""
        self.storage_ids.append(pid)
        return _Anything()

    def find_class(self, module: str, name: str):
        """Note the name."""
        module, name = modern_name(module, name) if self.proto < 3 else (module, name)
        self.names[f"{module}.{name}"] = None
        value = allowed_global(f"{module}.{name}")[1]
        return value if isinstance(value, StorageType) else _Anything

    def get_extension(self, code):
        """Note an extension, which has only a number."""
        self.names[f"copyreg extension {code}"] = None
        self.append(_Anything)

    def _drop_arguments(self):
        del self.stack[-1]
        self.stack[-1] = _Anything()

    dispatch[pickle.REDUCE[0]] = dispatch[pickle.NEWOBJ[0]] = _drop_arguments

    def _drop_two_arguments(self):
        del self.stack[-1]
        self._drop_arguments()

    dispatch[pickle.NEWOBJ_EX[0]] = _drop_two_arguments

    def _drop_state(self):
        del self.stack[-1]

    dispatch[pickle.BUILD[0]] = _drop_state

    def _instantiate(self, klass, args):
        self.append(_Anything())


def unsafe_globals(file) -> list[str]:
    """The names in a pickle that `SafeUnpickler` would refuse."""
    surveyor = Surveyor(file)
    surveyor.load()
    return [name for name in surveyor.names if not allowed_global(name)[0]]
