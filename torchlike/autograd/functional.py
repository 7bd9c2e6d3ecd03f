"""Derivatives of functions (torch.autograd.functional): jacobian, hessian and their products with vectors."""

from __future__ import annotations

from ..core.levels import VmapLevel
from ..core.modes import enable_grad, set_grad_enabled, state
from ..core.tensor import Tensor
from ..ops.create import zeros_like
from ..ops.joining import stack
from .backward import grad
from .basis import basis_of, column_blocks, split_columns
from .forward_ad import dual_level, make_dual, unpack_dual
from .functional_checks import as_tuple, check_depends, check_vector, filled_in, needs_vector, single_scalar, unpacked


def _prepared(inputs: tuple, create_graph: bool, need_graph: bool = True) -> tuple:
    """Fresh Tensors over the inputs, so that what func captured on its own can be told from its arguments."""
    return tuple(
        x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(need_graph)  # type: ignore[attr-defined]
        for x in inputs
    )


def _finished(results: tuple, create_graph: bool) -> tuple:
    return results if create_graph else tuple(r.detach() for r in results)


def _grad(outputs: tuple, inputs: tuple, grads: tuple | None = None, create_graph: bool = False, retain_graph=None) -> tuple:
    """`grad`, with None for every input when no output needs a gradient."""
    pairs = [(o, g) for o, g in zip(outputs, grads or (None,) * len(outputs), strict=True) if o is not None and o.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    sources, cotangents = zip(*pairs, strict=True)
    return grad(sources, inputs, cotangents, allow_unused=True, create_graph=create_graph, retain_graph=retain_graph)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v @ Jacobian): the product of a vector of the outputs' shapes with the Jacobian.

    `v` may be left out for a single output of one element. `create_graph` makes both differentiable; `strict` raises where a result does
    not depend on an input, instead of giving zeros.
    """
    with enable_grad():
        is_tuple, inputs = as_tuple(inputs, "inputs", "vjp")
        inputs = _prepared(inputs, create_graph)
        outputs_tuple, outputs = as_tuple(func(*inputs), "outputs of the user-provided function", "vjp")
        check_depends(outputs, "outputs", strict)
        if v is None:
            if len(outputs) != 1 or outputs[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
                )
        else:
            v = _vector(v, outputs, outputs_tuple, create_graph, "vjp")
    with set_grad_enabled(create_graph or state.grad_enabled):
        product = filled_in(_grad(outputs, inputs, v, create_graph), inputs, strict, create_graph, "back")
    return unpacked(_finished(outputs, create_graph), outputs_tuple), unpacked(_finished(product, create_graph), is_tuple)


def _vector(v, like: tuple, is_tuple: bool, create_graph: bool, name: str) -> tuple:
    v = _prepared(as_tuple(v, "v", name)[1], create_graph, need_graph=False)
    check_vector(v, like, is_tuple)
    return v


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), Jacobian @ v), by differentiating the vector-Jacobian product with respect to its vector."""
    with enable_grad():
        is_tuple, inputs = as_tuple(inputs, "inputs", "jvp")
        inputs = _prepared(inputs, create_graph)
        v = needs_vector(inputs) if v is None else _vector(v, inputs, is_tuple, create_graph, "jvp")
        outputs_tuple, outputs = as_tuple(func(*inputs), "outputs of the user-provided function", "jvp")
        check_depends(outputs, "outputs", strict)
        probes = tuple(zeros_like(o, requires_grad=True) for o in outputs)
        pulled = _grad(outputs, inputs, probes, create_graph=True)
        check_depends(pulled, "grad_inputs", strict)
    with set_grad_enabled(create_graph or state.grad_enabled):
        pushed = filled_in(_grad(pulled, probes, v, create_graph), outputs, strict, create_graph, "back_trick")
    return unpacked(_finished(outputs, create_graph), outputs_tuple), unpacked(_finished(pushed, create_graph), outputs_tuple)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """The Jacobian of func: a Tensor of shape output.shape + input.shape, in a tuple per output and per input where func has several.

    Rows are computed one by one, or all at once with `vectorize`. With the strategy "forward-mode", which needs `vectorize`, columns are.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than inputs, '
            '"forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported together (yet). '
                'Please either set `create_graph=False` or `strategy="reverse-mode"`.'
            )
        return _forward_jacobian(func, inputs, strict, vectorize)
    with enable_grad():
        is_tuple, inputs = as_tuple(inputs, "inputs", "jacobian")
        inputs = _prepared(inputs, create_graph)
        outputs_tuple, outputs = as_tuple(func(*inputs), "outputs of the user-provided function", "jacobian")
        check_depends(outputs, "outputs", strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
                "Please either set `strict=False` or `vectorize=False`."
            )
        if vectorize:
            rows = _all_rows(outputs, inputs, create_graph)
        else:
            rows = tuple(_jacobian_of(o, i, inputs, create_graph, strict) for i, o in enumerate(outputs))
    rows = tuple(_finished(row, create_graph) for row in rows)
    if not is_tuple:
        return unpacked(tuple(row[0] for row in rows), outputs_tuple)
    return unpacked(rows, outputs_tuple)


def _all_rows(outputs: tuple, inputs: tuple, create_graph: bool) -> tuple:
    """Per output and input the block of the Jacobian, from one batched backward."""
    chosen = [o for o in outputs if o.requires_grad]
    found: tuple = (None,) * len(inputs)
    if chosen:
        found = grad(chosen, inputs, basis_of(chosen), create_graph=create_graph, allow_unused=True, is_grads_batched=True)
    # By place, not by identity: one Tensor may be several outputs.
    blocks: list[list] = [[] for _ in outputs]
    for g, x in zip(found, inputs, strict=True):
        parts = iter(() if g is None else split_columns(g, chosen))
        for block, o in zip(blocks, outputs, strict=True):
            part = next(parts, None) if o.requires_grad else None
            block.append(o.new_zeros(o.shape + x.shape, dtype=x.dtype) if part is None else part.view(o.shape + x.shape))
    return tuple(map(tuple, blocks))


def _forward_jacobian(func, inputs, strict: bool, vectorize: bool):
    """All columns at once, by vmap over forward mode."""
    if strict:
        raise RuntimeError(
            'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported together (yet). Please either '
            'set `strict=False` or `strategy="reverse-mode"`.'
        )
    if not vectorize:
        # The missing space is PyTorch's.
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`."
        )
    is_tuple, inputs = as_tuple(inputs, "inputs", "jacobian")
    directions = basis_of(list(inputs))
    with VmapLevel(directions[0].shape[0], asks_functions=False) as level, dual_level():
        given = [make_dual(x.view_as(x), level.wrap(d)) for x, d in zip(inputs, directions, strict=True)]
        outputs_tuple, outputs = as_tuple(func(*given), "outputs of the user-provided function", "jacobian")
        pushed = [unpack_dual(o) for o in outputs]
        columns = [level.stacked(zeros_like(primal) if tangent is None else tangent) for primal, tangent in pushed]
    # Lists, as PyTorch has them for this strategy.
    rows = [column_blocks(c, list(inputs)) for c in columns]
    if not is_tuple:
        return unpacked(tuple(row[0] for row in rows), outputs_tuple)
    return rows if outputs_tuple else rows[0]


def _jacobian_of(output: Tensor, number: int, inputs: tuple, create_graph: bool, strict: bool) -> tuple:
    columns: list[list] = [[] for _ in inputs]
    for element in output.reshape(-1).unbind():  # type: ignore[attr-defined]
        for k, g in enumerate(_grad((element,), inputs, create_graph=create_graph, retain_graph=True)):
            columns[k].append(_entry(g, inputs[k], number, k, strict, create_graph))
    return tuple(stack(column).view(output.shape + x.shape) for column, x in zip(columns, inputs, strict=True))


def _entry(g, like: Tensor, output: int, index: int, strict: bool, create_graph: bool) -> Tensor:
    if g is None:
        if strict:
            raise RuntimeError(
                f"Output {output} of the user-provided function is independent of input {index}. This is not allowed in strict mode."
            )
        return zeros_like(like)
    if strict and create_graph and not g.requires_grad:
        raise RuntimeError(
            f"The jacobian of the user-provided function is independent of input {output}. This is not allowed in strict mode when "
            "create_graph=True."
        )
    return g


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """The matrix of second derivatives of a func with one output of one element: a Tensor of shape input.shape + input.shape, or a tuple
    of tuples of them for several inputs."""
    is_tuple, inputs = as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def single(*args):
        out = func(*args)
        out_tuple, outs = as_tuple(out, "outputs of the user-provided function", "hessian")
        check_depends(outs, "outputs", strict)
        single_scalar(out_tuple, outs, "hessian")
        return out.squeeze()

    def gradient(*args):
        if outer_jacobian_strategy == "forward-mode":
            for t in args:
                t.requires_grad = True
        rows = jacobian(single, args, create_graph=True)
        check_depends(rows, "jacobian", strict)
        return rows

    result = jacobian(gradient, inputs, create_graph=create_graph, strict=strict, vectorize=vectorize, strategy=outer_jacobian_strategy)
    return result if is_tuple else result[0][0]


def _scalar_with_gradient(func, inputs: tuple, name: str, strict: bool) -> tuple:
    outputs_tuple, outputs = as_tuple(func(*inputs), "outputs of the user-provided function", name)
    check_depends(outputs, "outputs", strict)
    single_scalar(outputs_tuple, outputs, name)
    gradient = _grad(outputs, inputs, create_graph=True)
    check_depends(gradient, "jacobian", strict)
    return outputs, gradient


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v @ Hessian) for a func with one output of one element."""
    with enable_grad():
        is_tuple, inputs = as_tuple(inputs, "inputs", "vhp")
        inputs = _prepared(inputs, create_graph)
        v = needs_vector(inputs) if v is None else _vector(v, inputs, is_tuple, create_graph, "vhp")
        outputs, gradient = _scalar_with_gradient(func, inputs, "vhp", strict)
    with set_grad_enabled(create_graph or state.grad_enabled):
        product = filled_in(_grad(gradient, inputs, v, create_graph), inputs, strict, create_graph, "double_back")
    return _finished(outputs, create_graph)[0], unpacked(_finished(product, create_graph), is_tuple)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), Hessian @ v) for a func with one output of one element; `vhp` gives the same for a smooth func, for less."""
    with enable_grad():
        is_tuple, inputs = as_tuple(inputs, "inputs", "hvp")
        inputs = _prepared(inputs, create_graph)
        v = needs_vector(inputs) if v is None else _vector(v, inputs, is_tuple, create_graph, "hvp")
        outputs, gradient = _scalar_with_gradient(func, inputs, "hvp", strict)
        probes = tuple(zeros_like(x, requires_grad=True) for x in inputs)
        pulled = _grad(gradient, inputs, probes, create_graph=True)
        check_depends(gradient, "hessian", strict)
    with set_grad_enabled(create_graph or state.grad_enabled):
        product = filled_in(_grad(pulled, probes, v, create_graph), inputs, strict, create_graph, "double_back_trick")
    return _finished(outputs, create_graph)[0], unpacked(_finished(product, create_graph), is_tuple)
