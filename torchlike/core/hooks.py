"""Running the hooks of a node around the engine's step, in PyTorch's order: tensor hooks, retain_grad, node pre-hooks, the node,
post-accumulate-grad hooks, node post-hooks. Hooks see Tensors; without any, this module is never entered."""

from __future__ import annotations

from .node import Hooks, Node
from .tape import AccumulateGrad
from .tensor import Tensor, make, value_of


def _wrap(grads, node_avals, create_graph: bool) -> list:
    if create_graph:
        return list(grads)
    return [None if g is None else make(g, a) for g, a in zip(grads, node_avals, strict=False)]


def _unwrap(tensors, create_graph: bool) -> list:
    return list(tensors) if create_graph else [None if t is None else value_of(t) for t in tensors]


def _name(hook) -> str:
    name = getattr(hook, "__name__", None)
    return name if isinstance(name, str) else "<unknown>"


def check_replacement(new, old, hook) -> None:
    """A hook's return must look like the gradient it replaces."""
    if new is None:
        return
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if new._aval.shape != old._aval.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")
    if new._aval.dtype != old._aval.dtype:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the type of value (was torch.{_type(old)} got torch.{_type(new)})")


def _type(t: Tensor) -> str:
    from .dtype import scalar_type_name

    return f"{scalar_type_name(t._aval.dtype)}Tensor"


def run_tensor_hooks(node: Node, grads: list, create_graph: bool) -> list:
    """Tensor hooks, then retain_grad; returns the cotangents of the node's outputs as they are from then on."""
    hooks: Hooks = node.hooks  # type: ignore[assignment]
    if not (hooks.tensor or hooks.retain):
        return grads
    tensors = _incoming(node, grads, create_graph)
    for nr, group in hooks.tensor.items():
        for hook in list(group.values()):
            new = hook(tensors[nr])
            if new is not None:
                check_replacement(new, tensors[nr], hook)
                tensors[nr] = new
    for nr, ref in hooks.retain.items():
        target = ref()
        if target is not None and tensors[nr] is not None:
            _retain(target, tensors[nr], create_graph)
    return _unwrap(tensors, create_graph)


def _incoming(node: Node, grads: list, create_graph: bool) -> list:
    return _wrap(grads, [node.output_aval(i) for i in range(len(grads))], create_graph)


def _retain(target: Tensor, grad: Tensor, create_graph: bool) -> None:
    if target._grad is None:
        target._grad = grad if create_graph else make(value_of(grad), grad._aval)
    else:
        target._grad = target._grad + grad  # type: ignore[operator]


def _checked(replaced, tensors: list, hook) -> list:
    if not isinstance(replaced, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(replaced).__name__}'")
    if len(replaced) != len(tensors):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(replaced)}, but expected {len(tensors)})"
        )
    for new, old in zip(replaced, tensors, strict=True):
        check_replacement(new, old, hook)
    return list(replaced)


def run_before(node: Node, grads: list, create_graph: bool) -> list:
    """Node pre-hooks; returns the cotangents the node will see."""
    hooks: Hooks = node.hooks  # type: ignore[assignment]
    if not hooks.pre:
        return grads
    tensors = _incoming(node, grads, create_graph)
    for hook in list(hooks.pre.values()):
        replaced = hook(tuple(tensors))
        if replaced is not None:
            tensors = _checked(replaced, tensors, hook)
    return _unwrap(tensors, create_graph)


def _adopted(node: Node, grads: list) -> list | None:
    """What a leaf's accumulator has made its gradient of, as the gradient: writes to either are seen in both."""
    kept = node.variable._grad if isinstance(node, AccumulateGrad) else None
    return [kept.detach()] if kept is not None and value_of(kept) is grads[0] else None


def run_after(node: Node, results, grads: list, create_graph: bool, posted: bool):
    """Post-accumulate-grad hooks and post-hooks; returns the cotangents passed on. Without `posted`, the post-hooks were registered by the
    node's own run and are not told of `grads`."""
    hooks: Hooks = node.hooks  # type: ignore[assignment]
    incoming = _adopted(node, grads) if posted and not create_graph else None
    if isinstance(node, AccumulateGrad):
        for hook in list(hooks.accumulated.values()):
            returned = hook(node.variable)
            if returned is None or returned is node.variable:
                continue
            if not isinstance(returned, Tensor):
                raise TypeError(f"expected Variable, but hook returned '{type(returned).__name__}'")
            raise RuntimeError("Tensor post accumulate grad hooks should return None.")
    if not hooks.post:
        return results
    sources = [s.output_aval(nr) if s is not None else None for s, nr in node.edges]
    outgoing = _wrap(results, sources, create_graph)
    if incoming is None:
        incoming = _incoming(node, grads if posted else [None] * len(grads), create_graph)
    for hook in list(hooks.post.values()):
        replaced = hook(tuple(outgoing), tuple(incoming))
        if replaced is not None:
            outgoing = _checked(replaced, outgoing, hook)
    return _unwrap(outgoing, create_graph)
