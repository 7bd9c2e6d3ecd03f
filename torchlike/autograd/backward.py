"""`backward` and `grad`: check the arguments as PyTorch does, then hand roots and targets to the engine."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

from ..core import engine
from ..core.dispatch import dispatch, run_raw
from ..core.levels import VmapLevel
from ..core.modes import state
from ..core.size import Size
from ..core.structural import CAST, FULL
from ..core.tape import edge_of
from ..core.tensor import Tensor, make, value_of
from .attributes import install_attributes
from .graph import GradientEdge

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can cause a memory leak. "
    "We recommend using autograd.grad when creating the graph to avoid this. If you have to use this function, make sure to reset the .grad fields "
    "of your parameters to None after use to break the cycle and avoid the leak."
)


def _tuple(x) -> tuple:
    if x is None:
        return ()
    if isinstance(x, Tensor | GradientEdge):
        return (x,)
    return tuple(x.values()) if isinstance(x, dict) else tuple(x)


def _edge(x):
    return (x.node, x.output_nr) if isinstance(x, GradientEdge) else edge_of(x)


def _aval(x):
    return x.node.output_aval(x.output_nr) if isinstance(x, GradientEdge) else x._aval


def filled(aval, number):
    """A raw array of one number."""
    return run_raw(FULL, (number,), (aval.shape, aval.dtype, aval.device))


def _implicit_ones(output) -> Tensor:
    aval = _aval(output)
    if aval.size != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if aval.is_complex or not aval.inexact:
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got torch.{aval.dtype}")
    return make(filled(aval, 1), aval)


def _checked_gradient(output, grad, index: int) -> Tensor:
    if not isinstance(grad, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(grad).__name__}")
    aval = _aval(output)
    if grad._aval.shape != aval.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{index}] has a shape of torch.Size({list(grad._aval.shape)}) and output[{index}] has a shape of "
            f"torch.Size({list(aval.shape)})."
        )
    if grad._aval.is_complex != aval.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{index}] has a dtype of {grad.dtype} and output[{index}] has a dtype of torch.{aval.dtype}."
        )
    return grad


def _calculate_shape(output, grad: Tensor, is_grads_batched: bool) -> tuple:
    """(shape of the output, shape of its gradient), the latter of one row when gradients are batched."""
    return Size(_aval(output).shape), grad.shape[1:] if is_grads_batched else grad.shape


def _roots(outputs: tuple, grads: tuple, create_graph: bool) -> list:
    roots = []
    for i, (output, grad) in enumerate(zip(outputs, grads, strict=True)):
        if not isinstance(output, Tensor | GradientEdge):
            raise AssertionError("Expected output to be a torch.Tensor")
        node, nr = _edge(output)
        if node is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        grad = _implicit_ones(output) if grad is None else _checked_gradient(output, grad, i)
        if grad._aval.dtype != _aval(output).dtype:
            grad = dispatch(CAST, (grad,), (_aval(output).dtype,))
        roots.append(((node, nr), grad if engine.on_tensors(create_graph) else value_of(grad)))
    return roots


def _pair(outputs: tuple, grads) -> tuple:
    grads = (grads,) if isinstance(grads, Tensor) else (None,) * len(outputs) if grads is None else tuple(grads)[: len(outputs)]
    if len(grads) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(grads)} gradients")
    return grads


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None) -> None:
    """Sum the gradients of `tensors` with respect to the graph's leaves into their `.grad` (torch.autograd.backward).

    `grad_tensors` are the cotangents, needed for non-scalar tensors. `retain_graph` (default: `create_graph`) keeps the graph for
    another pass; `create_graph` records the pass itself. `inputs` limits accumulation to those Tensors.
    """
    if state.transforms:
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use functorch.grad or functorch.vjp instead or call "
            "backward() outside of functorch transforms."
        )
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    if inputs is not None and not _tuple(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    outputs = _tuple(tensors)
    retain_graph = create_graph if retain_graph is None else retain_graph
    roots = _roots(outputs, _pair(outputs, grad_tensors), create_graph)
    if create_graph:
        warnings.warn(_CYCLE, UserWarning, stacklevel=3)
    if inputs is None:
        engine.run(roots, retain_graph, create_graph)
        return
    _backward_into(roots, _tuple(inputs), retain_graph, create_graph)


def _backward_into(roots: list, inputs: tuple, retain_graph: bool, create_graph: bool) -> None:
    for x in inputs:
        if isinstance(x, Tensor) and not (x.is_leaf and x.requires_grad):
            x.retain_grad()
    engine.run(roots, retain_graph, create_graph, _targets(inputs), accumulate=True)


def _targets(inputs: tuple) -> list:
    edges = []
    for x in inputs:
        edge = _edge(x)
        if edge[0] is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        edges.append(edge)
    return edges


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None,
         is_grads_batched=False, materialize_grads=False) -> tuple:
    """The gradients of the sum of `outputs` with respect to `inputs`, as a tuple; `.grad` is untouched (torch.autograd.grad).

    An input the outputs do not depend on raises, gives None under `allow_unused`, or zeros under `materialize_grads`. With
    `is_grads_batched` each of `grad_outputs` has one more dimension in front, and so have the results.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.")
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    if not only_inputs:
        warnings.warn("only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for other parts "
                      "of the graph, please use torch.autograd.backward.", FutureWarning, stacklevel=2)
    names = list(inputs) if isinstance(inputs, dict) else None
    sources, sinks = _tuple(outputs), _tuple(inputs)
    retain_graph = create_graph if retain_graph is None else retain_graph
    if not sinks:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    cotangents = _pair(sources, grad_outputs)
    finish = functools.partial(_finish, sinks=sinks, create_graph=create_graph, allow_unused=allow_unused, materialize=materialize_grads)
    if is_grads_batched:
        results = _batched(sources, sinks, cotangents, retain_graph, create_graph, finish)
    else:
        results = finish(engine.run(_roots(sources, cotangents, create_graph), retain_graph, create_graph, _targets(sinks)))
    return dict(zip(names, results, strict=True)) if names is not None else results  # type: ignore[return-value]


def _batched(sources: tuple, sinks: tuple, cotangents: tuple, retain_graph: bool, create_graph: bool, finish) -> tuple:
    """One backward for all rows of the cotangents, by vmap."""
    for i, (output, g) in enumerate(zip(sources, cotangents, strict=True)):
        if isinstance(g, Tensor) and g._aval.shape[1:] != _aval(output).shape:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of the "
                "remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{i}] has a shape of torch.Size({list(g._aval.shape[2:])}) and output[{i}] has a shape of "
                f"torch.Size({list(_aval(output).shape)}). If you only want some tensors in `grad_output` to be considered batched, consider "
                "using vmap."
            )
    size = next((g._aval.shape[0] for g in cotangents if isinstance(g, Tensor)), 1)
    with VmapLevel(size, asks_functions=False) as level:
        rows = tuple(level.wrap(g) if isinstance(g, Tensor) else g for g in cotangents)
        found = finish(engine.run(_roots(sources, rows, create_graph), retain_graph, create_graph, _targets(sinks)))
        return tuple(None if g is None else level.stacked(g) for g in found)


def _finish(raw: Sequence, sinks: tuple, create_graph: bool, allow_unused: bool, materialize: bool) -> tuple:
    results = []
    for i, (x, g) in enumerate(zip(sinks, raw, strict=True)):
        if g is not None:
            results.append(g if engine.on_tensors(create_graph) else make(g, _aval(x)))
        elif materialize:
            if isinstance(x, GradientEdge):
                raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
            zeros = make(filled(_aval(x), 0), _aval(x))
            zeros._requires_grad = create_graph
            results.append(zeros)
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set allow_unused=True if this is the "
                "desired behavior."
            )
    return tuple(results)


def _method(self, gradient=None, retain_graph=None, create_graph=False, inputs=None) -> None:
    """Add the gradients of this Tensor with respect to the graph's leaves into their `.grad` (torch.Tensor.backward)."""
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def install(cls: type) -> None:
    """Attach `backward` and the attributes of autograd to Tensor."""
    cls.backward = _method  # type: ignore[attr-defined]
    install_attributes(cls)
