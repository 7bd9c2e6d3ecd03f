"""Parametrizations (torch.nn.utils.parametrize): a parameter or buffer that is computed from other tensors each time it is read.

A parametrized module gets a class of its own, derived from the one it had, with a property in the place of the tensor. What the tensor is
computed from lives in `module.parametrizations[name]`, a list of modules applied one after the other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.modes import no_grad
from ...core.tensor import Tensor
from ..container import ModuleDict
from ..module import Module
from ..parameter import Parameter
from .parametrization_list import ParametrizationList, assign, check_alike

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
           "transfer_parametrizations_and_params", "type_before_parametrizations"]


class _Cache:
    """What has been computed inside `cached()` blocks, by module and name."""

    def __init__(self):
        self.depth = 0
        self.values: dict[tuple[int, str], Tensor] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Within the block each parametrized tensor is computed once, at its first use (torch.nn.utils.parametrize.cached)."""
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values.clear()


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Module:
    """Compute `module.<tensor_name>` by `parametrization` from now on, on top of the ones it already has; returns the module.

    If the parametrization has a `right_inverse`, assigning to the tensor goes through it, and the value is kept now. ValueError if it
    changes dtype or shape, unless `unsafe` (torch.nn.utils.parametrize.register_parametrization).
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_safe(module, tensor_name, parametrization)
        chain = module.parametrizations[tensor_name]
        chain.append(parametrization)
        chain.unsafe |= unsafe
    elif tensor_name in module._parameters or tensor_name in module._buffers:
        chain = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _derived_class(type(module))
            module.parametrizations = ModuleDict()
        _add_property(type(module), tensor_name)
        module.parametrizations[tensor_name] = chain
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def _check_safe(module: Module, name: str, parametrization: Module) -> None:
    """ValueError if one more parametrization, or its inverse, changes the dtype or shape of the tensor."""
    before = getattr(module, name)
    after = parametrization(before)
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    what = "Registering a parametrization may not change the {} of the tensor, unless the `unsafe` flag is enabled."
    check_alike(before, after, what, f"module.{name}.{{}}", f"parametrization(module.{name}).{{}}")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}")
    what = (
        f"The tensor returned by parametrization.right_inverse must have the same {{}} as module.{name}, unless the `unsafe` flag is enabled."
    )
    check_alike(before, back, what, f"module.{name}.{{}}", "returned {}")


def _derived_class(base: type) -> type:
    """A class for one parametrized module: it can be deep-copied, but not pickled, since pickle would not find it."""

    def refuse_pickling(self):
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See:\n"
            "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
            "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
        )

    members: dict = {"__getstate__": refuse_pickling}
    if not hasattr(base, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopy
    return type(f"Parametrized{base.__name__}", (base,), members)


def _deepcopy(self, memo: dict):
    if id(self) not in memo:
        replica = memo[id(self)] = self.__new__(type(self))
        replica.__dict__.update(copy.deepcopy(vars(self), memo))
        slots = getattr(type(self), "__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if hasattr(self, slot):
                setattr(replica, slot, copy.deepcopy(getattr(self, slot), memo))
    return memo[id(self)]


def _add_property(cls: type, name: str) -> None:
    if hasattr(cls, name):
        raise AssertionError(f"Module already has an attribute named '{name}'")

    def read(self) -> Tensor:
        chain = self.parametrizations[name]
        if not _cache.depth:
            return chain()
        key = (id(self), name)
        found = _cache.values.get(key)
        if found is None:
            found = _cache.values[key] = chain()
        return found

    def write(self, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(cls, name, property(read, write))


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module has a parametrization, or one on this tensor (torch.nn.utils.parametrize.is_parametrized)."""
    chains = getattr(module, "parametrizations", None)
    if not isinstance(chains, ModuleDict):
        return False
    return len(chains) > 0 if tensor_name is None else tensor_name in chains


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make the tensor an ordinary parameter or buffer again, with its computed value, or (`leave_parametrized=False`) its original.

    ValueError if it has none, or if there is no single original to go back to (torch.nn.utils.parametrize.remove_parametrizations).
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    restored = _unparametrized(module, tensor_name, leave_parametrized)
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, restored)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def _unparametrized(module: Module, name: str, leave_parametrized: bool) -> Tensor:
    chain = module.parametrizations[name]
    if chain.is_tensor:
        original = chain.original
        if leave_parametrized:
            with no_grad():
                assign(original, getattr(module, name))
        return original
    if not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors."
        )
    value = getattr(module, name)
    return Parameter(value) if value.requires_grad else value


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def type_before_parametrizations(module: Module) -> type:
    """The class the module had before it was parametrized, or its class."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Module, to_module: Module, tensor_name: str | None = None) -> Module:
    """Put the parametrizations (of one tensor, or all) and the tensors they start from onto another module, which is returned.

    The parametrizing modules are shared (torch.nn.utils.parametrize.transfer_parametrizations_and_params).
    """
    if is_parametrized(from_module):
        names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
        for name in names:
            if not hasattr(to_module, name):
                setattr(to_module, name, Parameter(getattr(from_module, name)))
            source = from_module.parametrizations[name]
            for parametrization in source:
                register_parametrization(to_module, name, parametrization)
            target = to_module.parametrizations[name]
            for original in source.names():
                setattr(target, original, getattr(source, original))
    return to_module
