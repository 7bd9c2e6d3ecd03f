"""Modules as functions of their parameters (torch.func.functional_call, stack_module_state, replace_all_batch_norm_modules_)."""

from __future__ import annotations

import contextlib

from ..core.tensor import Tensor
from ..nn.module import Module
from ..nn.modules.batchnorm import _BatchNorm
from ..ops.joining import stack


def functional_call(module: Module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights: bool = True, strict: bool = False):
    """Call `module` with the parameters and buffers of the given dictionary (or several) in place of its own (torch.func.functional_call).

    What is not named keeps its value. With `tie_weights` a Tensor shared under several names is replaced under all; `strict` demands
    exactly the module's names. A buffer that the module assigns anew is the dictionary's from then on.
    """
    given = _merged(parameter_and_buffer_dicts)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    replacements = _tied(module, given) if tie_weights else given
    if strict:
        _check_names(module, replacements)
    try:
        with _replaced(module, replacements):
            return module(*arguments, **(kwargs or {}))
    finally:
        given.update({name: replacements[name] for name in given})


def _merged(dicts) -> dict:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, list | tuple):
        raise ValueError(f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}")
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    keys = [k for d in dicts for k in d]
    repeated = [k for k in dict.fromkeys(keys) if keys.count(k) > 1]
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {k: v for d in dicts for k, v in d.items()}


def _names(module: Module) -> dict:
    """Every name of a parameter or buffer, shared ones under each of theirs."""
    return {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers(remove_duplicate=False))}


def _tied(module: Module, replacements: dict) -> dict:
    groups: dict[int, list] = {}
    for name, tensor in _names(module).items():
        groups.setdefault(id(tensor), []).append(name)
    result = dict(replacements)
    for names in groups.values():
        given = [n for n in names if n in replacements]
        if len({id(replacements[n]) for n in given}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using tie_weights=False"
            )
        result.update({n: replacements[given[0]] for n in names if given})
    return result


def _check_names(module: Module, replacements: dict) -> None:
    known = _names(module)
    unexpected, absent = sorted(replacements.keys() - known.keys()), sorted(known.keys() - replacements.keys())
    problems = []
    if unexpected:
        problems.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
    if absent:
        problems.append(f"Missing key(s): {', '.join(map(repr, absent))}.")
    if problems:
        raise RuntimeError("Error(s) in reparametrizing for {}:\n\t{}".format(module._get_name(), "\n\t".join(problems)))


@contextlib.contextmanager
def _replaced(module: Module, replacements: dict):
    """Within the block the module's slots hold the replacements, and afterwards these are what the slots held last."""
    for tensor in replacements.values():
        if not isinstance(tensor, Tensor) and tensor is not None:
            raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    slots = [_slot(module, name) for name in replacements]
    before = [place.get(key, _ABSENT) for place, key in slots]
    try:
        for (place, key), tensor in zip(slots, replacements.values(), strict=True):
            place[key] = tensor
        yield
    finally:
        replacements.update({name: place[key] for name, (place, key) in zip(list(replacements), slots, strict=True) if key in place})
        for (place, key), tensor in zip(slots, before, strict=True):
            if tensor is _ABSENT:
                del place[key]
            else:
                place[key] = tensor


_ABSENT = object()


def _slot(module: Module, name: str) -> tuple[dict, str]:
    path, _, key = name.rpartition(".")
    owner = module.get_submodule(path)
    if key in owner._modules:
        raise TypeError(f"attribute `{key}`: {owner._modules[key]} is not an instance of torch.Tensor")
    for place in (owner._parameters, owner._buffers):
        if key in place:
            return place, key
    return vars(owner), key


def stack_module_state(models) -> tuple[dict, dict]:
    """(parameters, buffers) of several modules of one class, each name's Tensors stacked along a new first dimension, ready for
    `vmap` over `functional_call` (torch.func.stack_module_state)."""
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    return _stacked([dict(m.named_parameters()) for m in models]), _stacked([dict(m.named_buffers()) for m in models])


def _stacked(states: list) -> dict:
    return {name: _stacked_leaf([s[name] for s in states], name) for name in states[0]}


def _stacked_leaf(tensors: list, name: str) -> Tensor:
    flags = {t.requires_grad for t in tensors}
    if len(flags) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    result = stack(tensors)
    return result.detach().requires_grad_() if flags.pop() else result


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Make every batch norm in `root` normalise by the batch alone, so that vmap need not write its running statistics; returns `root`."""
    for module in root.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
