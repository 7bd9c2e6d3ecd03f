"""Modules as functions of tuples of parameters and buffers, as functorch had them before `torch.func.functional_call`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from ..core.tensor import Tensor
from ..func.stateless import functional_call
from ..nn.module import Module
from ..ops.joining import stack


def _distinct(members) -> dict[str, list[str]]:
    """Every name a module has for each of its Tensors, under the first of them."""
    names: dict[int, list[str]] = {}
    for name, tensor in members:
        names.setdefault(id(tensor), []).append(name)
    return {group[0]: group for group in names.values()}


class _Stateless(Module):
    """A module without values of its own."""

    def __init__(self, model: Module, names: tuple[str, ...]):
        super().__init__()
        self.stateless_model = model
        self.param_names = names
        self.names_map = _distinct(model.named_parameters(remove_duplicate=False))

    def _call(self, values: dict, args: tuple, kwargs: dict):
        return functional_call(self.stateless_model, values, args, kwargs)


class FunctionalModule(_Stateless):
    """`functional(params, *args)`: what the module it was made of gives with these parameters."""

    def forward(self, params: Sequence[Tensor], *args, **kwargs):
        """The module's result with `params` in place of its own."""
        return self._call(dict(zip(self.param_names, params, strict=True)), args, kwargs)


class FunctionalModuleWithBuffers(_Stateless):
    """`functional(params, buffers, *args)`: what the module it was made of gives with these parameters and buffers."""

    def __init__(self, model: Module, names: tuple[str, ...], buffer_names: tuple[str, ...]):
        super().__init__(model, names)
        self.buffer_names = buffer_names
        self.names_map |= _distinct(model.named_buffers(remove_duplicate=False))

    def forward(self, params: Sequence[Tensor], buffers: Sequence[Tensor], *args, **kwargs):
        """The module's result with `params` and `buffers` in place of its own."""
        values = dict(zip((*self.param_names, *self.buffer_names), (*params, *buffers), strict=True))
        return self._call(values, args, kwargs)


def _parameters(model: Module, disable_autograd_tracking: bool) -> dict[str, Tensor]:
    found: dict[str, Tensor] = dict(model.named_parameters())
    for tensor in found.values():
        if disable_autograd_tracking:
            tensor.requires_grad_(False)  # type: ignore[attr-defined]
    return found


def make_functional(model: Module, disable_autograd_tracking: bool = False) -> tuple[FunctionalModule, tuple[Tensor, ...]]:
    """(`functional(params, *args)`, params) of a copy of a module without buffers; RuntimeError for one that has any."""
    if any(True for _ in model.buffers()):
        raise RuntimeError("make_functional(model): `model` has buffers. Please use make_functional_with_buffers(model) instead.")
    model = copy.deepcopy(model)
    params = _parameters(model, disable_autograd_tracking)
    return FunctionalModule(model, tuple(params)), tuple(params.values())


def make_functional_with_buffers(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """(`functional(params, buffers, *args)`, params, buffers) of a copy of a module."""
    model = copy.deepcopy(model)
    params, buffers = _parameters(model, disable_autograd_tracking), dict(model.named_buffers())
    return FunctionalModuleWithBuffers(model, tuple(params), tuple(buffers)), tuple(params.values()), tuple(buffers.values())


def combine_state_for_ensemble(
    models: Sequence[Module],
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """(functional, params, buffers) of several modules of one class and mode, each Tensor stacked over them, for vmap."""
    if len(models) == 0:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("combine_state_for_ensemble: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("combine_state_for_ensemble: Expected all models to be of the same class.")
    functions, params, buffers = zip(*map(make_functional_with_buffers, models), strict=True)
    return functions[0], _stacked(params), _stacked(buffers)


def _stacked(columns: tuple) -> tuple[Tensor, ...]:
    return tuple(stack(column).detach() for column in zip(*columns, strict=True))


def _made(model_class: type[Module], shape: tuple, device, args: tuple, kwargs: dict) -> list[Module]:
    if len(shape) >= 2:
        raise ValueError("NYI: ensemble_shape with more than 1 element")
    if shape and shape[0] <= 0:
        raise ValueError(f"num_models {shape[0]} should be > 0")
    return [model_class(*args, **kwargs).to(device) for _ in range(shape[0] if shape else 1)]


def functional_init(model_class: type[Module], ensemble_shape: tuple = (), device="cpu") -> Callable:
    """A constructor of so many modules at once: called with the class's arguments it gives (stacked params, fn, names), where fn(params, args) is
    what a module with these parameters gives for the tuple `args`."""

    def construct(*args, **kwargs):
        models = _made(model_class, ensemble_shape, device, args, kwargs)
        functional, params = make_functional(models[0])
        if ensemble_shape:
            params = _stacked(tuple(make_functional(m)[1] for m in models))
        return params, lambda weights, data: functional(weights, *data), functional.param_names

    return construct


def functional_init_with_buffers(model_class: type[Module], ensemble_shape: tuple = (), device="cpu") -> Callable:
    """`functional_init` of modules with buffers: (params, buffers, fn(params, buffers, args), names of params, names of buffers)."""

    def construct(*args, **kwargs):
        models = _made(model_class, ensemble_shape, device, args, kwargs)
        functional, params, buffers = combine_state_for_ensemble(models) if ensemble_shape else make_functional_with_buffers(models[0])
        return params, buffers, lambda w, b, data: functional(w, b, *data), functional.param_names, functional.buffer_names

    return construct
