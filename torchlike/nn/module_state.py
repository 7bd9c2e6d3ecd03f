"""`state_dict` and `load_state_dict`: the part of Module that turns a tree of modules into one flat dictionary and back."""

from __future__ import annotations

import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import Any
from warnings import warn

from ..core.modes import no_grad
from ..core.node import RemovableHandle
from ..core.swap import swap_tensors
from ..core.tensor import Tensor
from .hooks import add_hook
from .module_convert import conversion
from .parameter import Parameter, is_lazy

EXTRA_STATE = "_extra_state"
_NEVER_CALLED = (
    "Reached a code path in Module.{}() that should never be called. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
)


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` did not find and did not expect."""

    __slots__ = ()

    def __repr__(self):
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


class _HookOfModule:
    """A hook that is given its module first, held weakly: a module must not keep itself alive through its own hooks."""

    def __init__(self, hook, module):
        self.hook, self.module = hook, weakref.ref(module)

    def __call__(self, *args):
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args)

    def __getstate__(self):
        return {"hook": self.hook, "module": self.module()}

    def __setstate__(self, state):
        if state["module"] is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        self.__init__(state["hook"], state["module"])  # type: ignore[misc]


class StateDict:
    """Mixed into Module."""

    _version: int = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: OrderedDict
    _state_dict_pre_hooks: OrderedDict
    _load_state_dict_pre_hooks: OrderedDict
    _load_state_dict_post_hooks: OrderedDict

    # Saving

    def get_extra_state(self) -> Any:
        """Override (with `set_extra_state`) to put anything picklable beside the tensors of the state dict."""
        raise RuntimeError(_NEVER_CALLED.format("get_extra_state"))

    def set_extra_state(self, state: Any) -> None:
        """Override (with `get_extra_state`) to take back what it gave."""
        raise RuntimeError(_NEVER_CALLED.format("set_extra_state"))

    def _has_extra_state(self, accessor: str) -> bool:
        return getattr(type(self), accessor, None) is not getattr(StateDict, accessor)

    def _save_to_state_dict(self, destination, prefix: str, keep_vars: bool) -> None:
        """Add this module's own entries, without its children's. Override to save something else."""
        persistent = ((name, b) for name, b in self._buffers.items() if name not in self._non_persistent_buffers_set)
        for name, tensor in (*self._parameters.items(), *persistent):
            if tensor is not None:
                destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if self._has_extra_state("get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def state_dict(self, *args, destination=None, prefix: str = "", keep_vars: bool = False):
        """Every parameter and persistent buffer of this module and its descendants by dotted name, sharing their memory.

        The result carries `_metadata`, the version of each module. `keep_vars=True` gives the parameters themselves.
        """
        if args:
            warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given.get("destination") if destination is None else destination
            prefix = prefix or given.get("prefix", "")
            keep_vars = keep_vars or given.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, local_metadata)
            if replaced is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = replaced
        return destination

    def _register_state_dict_hook(self, hook) -> RemovableHandle:
        """A hook after `state_dict` that may return another dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict`; it may change the dictionary in place."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict`."""
        return add_hook(self._state_dict_pre_hooks, hook)

    # Loading

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> _IncompatibleKeys:
        """Copy the tensors of `state_dict` into this module and its descendants (with `assign=True`, take them over instead).

        `strict` requires the keys to match exactly. All complaints are collected and raised as one RuntimeError; TypeError if
        `state_dict` is no mapping. Returns the missing and the unexpected keys.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        load = _Loading(getattr(state_dict, "_metadata", None), assign)
        entries: Any = OrderedDict(state_dict)
        if load.metadata is not None:
            entries._metadata = load.metadata
        load.into(self, entries, "")
        complaints = load.errors
        if strict:
            for kind, keys in (("Unexpected", load.unexpected), ("Missing", load.missing)):
                if keys:
                    complaints.insert(0, f"{kind} key(s) in state_dict: " + ", ".join(f'"{k}"' for k in keys) + ". ")
        if complaints:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(complaints))
        return _IncompatibleKeys(load.missing, load.unexpected)

    def _load_from_state_dict(
        self, state_dict, prefix: str, local_metadata: dict, strict: bool, missing_keys: list, unexpected_keys: list, error_msgs: list
    ) -> None:
        """Load this module's own entries, without its children's. Override to load older versions (see `local_metadata["version"]`)."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        persistent = ((name, b) for name, b in self._buffers.items() if name not in self._non_persistent_buffers_set)
        own = {name: t for name, t in (*self._parameters.items(), *persistent) if t is not None}
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, tensor in own.items():
            if prefix + name in state_dict:
                error = self._load_one(name, tensor, prefix + name, state_dict[prefix + name], assign)
                if error is not None:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(prefix + name)
        extra_key = prefix + EXTRA_STATE
        if self._has_extra_state("set_extra_state"):
            if extra_key in state_dict:
                self.set_extra_state(state_dict[extra_key])
            elif strict:
                missing_keys.append(extra_key)
        elif strict and extra_key in state_dict:
            unexpected_keys.append(extra_key)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra_key:
                    head, _, rest = key[len(prefix) :].partition(".")
                    if head not in (self._modules if rest or key.endswith(".") else own):
                        unexpected_keys.append(key)

    def _load_one(self, name: str, tensor: Tensor, key: str, value, assign: bool) -> str | None:
        """Load one tensor; returns the complaint if it could not be."""
        if not isinstance(value, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint but '
                f"received {type(value)}"
            )
        lazy = is_lazy(tensor)
        if not lazy and tensor.dim() == 0 and tuple(value.shape) == (1,):
            value = value[0]  # old checkpoints stored scalars with one dimension
        if not lazy and value.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in current model is "
                f"{tensor.shape}."
            )
        if tensor.is_meta and not value.is_meta and not assign:
            warn(
                f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, which is a no-op. "
                "(Did you mean to pass `assign=True` to assign items in the state dictionary to their corresponding key in the module instead "
                "of copying them in place?)", stacklevel=2,
            )
        try:
            with no_grad():
                if conversion.swap:
                    _swap_in(tensor, tensor.module_load(value, assign=assign), value)  # type: ignore[attr-defined]
                elif not assign:
                    tensor.copy_(value)
                else:
                    setattr(self, name, _as_parameter(value, tensor) if isinstance(tensor, Parameter) else value)
        except Exception as error:
            return (
                f'While {"swapping" if conversion.swap else "copying"} the parameter named "{key}", whose dimensions in the model are '
                f"{tensor.size()} and whose dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}."
            )
        return None

    def _register_load_state_dict_pre_hook(self, hook, with_module: bool = False) -> RemovableHandle:
        """A hook before this module's own entries are loaded, given its module first if `with_module`."""
        return add_hook(self._load_state_dict_pre_hooks, _HookOfModule(hook, self) if with_module else hook)

    def register_load_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)` before loading."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading; it may change the key lists in place."""
        return add_hook(self._load_state_dict_post_hooks, hook)


def _as_parameter(value: Any, like: Parameter) -> Parameter:
    if isinstance(value, Parameter):
        return value.requires_grad_(like.requires_grad)
    return Parameter(value, requires_grad=like.requires_grad)


def _swap_in(tensor: Tensor, loaded: Tensor, value: Tensor) -> None:
    """Let `tensor` become what `module_load` made of it and the value."""
    if loaded is tensor or loaded is value:
        raise RuntimeError(
            "module_load returned one of self or other, please .detach() the result if returning one of the inputs in module_load")
    swap_tensors(tensor, _as_parameter(loaded, tensor) if isinstance(tensor, Parameter) else loaded)


class _Loading:
    """One `load_state_dict`: walks the tree and collects what went wrong."""

    def __init__(self, metadata, assign: bool):
        self.metadata, self.assign = metadata, assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []

    def into(self, module, entries, prefix: str) -> None:
        local_metadata = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            local_metadata["assign_to_params_buffers"] = True
        # Strict here means "collect"; whether collected keys are an error is decided at the end, for the whole tree.
        module._load_from_state_dict(entries, prefix, local_metadata, True, self.missing, self.unexpected, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                inner = f"{prefix}{name}."
                self.into(child, {k: v for k, v in entries.items() if k.startswith(inner)}, inner)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, _IncompatibleKeys(self.missing, self.unexpected)) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if "
                    "incompatible_keys need to be modified, it should be done inplace."
                )
