"""Reverse-mode transforms (torch.func.grad, vjp, jacrev), on the tape.

A transform gives the function stand-ins for its arguments: Tensors with a place of their own in the graph (`Identity` nodes), so that the
derivative with respect to this call's arguments is told apart from every other one. What the function computes is on the same
tape as everything else; a result keeps its history only if it leads somewhere outside.
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import Any

from ..autograd.backward import grad as autograd_grad
from ..autograd.basis import bases, split_columns
from ..autograd.saved_hooks import disable_saved_tensors_hooks
from ..core.levels import same_history
from ..core.modes import Transform, inference_mode, state
from ..core.node import StandIn
from ..core.pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten, treespec_pprint
from ..core.tape import edge_of
from ..core.tensor import Tensor, make, make_alias, value_of
from ..execution import Lifted
from ..ops.create import zeros_like
from ..ops.joining import cat
from .argnums import as_asked, check_outputs, check_real, positions, select, split_aux
from .borrowed import Borrowed
from .vmap import vmap

_NO_HOOKS = "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an issue with your use case."


def _without_hooks(fn):
    @functools.wraps(fn)
    def wrapped(*args, **kwargs):
        with disable_saved_tensors_hooks(_NO_HOOKS):
            return fn(*args, **kwargs)

    return wrapped


class GradLevel(Transform):
    """One call of a reverse-mode transform: what its function is given, and whether what it returns may keep a history."""

    differentiates = True

    def __init__(self):
        self.records = state.grad_enabled
        self.borrowed = Borrowed()
        self._recording = inference_mode(False)

    def __enter__(self):
        self.open()
        self._recording.__enter__()
        return self

    def __exit__(self, *error):
        self.close()
        self._recording.__exit__()

    def give_back(self) -> None:
        """Let the caller see what the function has done to its arguments in place."""
        self.borrowed.give_back(self.outside)

    def arguments(self, args: tuple, chosen) -> list:
        """What the function gets: stand-ins for the arguments at the positions `chosen`, borrowed ones for the others."""
        return [tree_map(self.stand_in, a) if i in chosen else self.borrowed.lend_all(a) for i, a in enumerate(args)]

    def stand_in(self, x) -> Tensor:
        """A Tensor of the same value that this level differentiates with respect to."""
        if not isinstance(x, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        if not x._aval.inexact:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if state.levels:
            x = state.levels[-1].lift(x)
        node = StandIn(edge_of(x) if x.requires_grad else (None, 0), x._aval, self)
        result = make(value_of(x), x._aval)
        result._node, result._requires_grad = node, True
        return result

    def gradients(self, outputs: list, inputs: list, cotangents: list | None, retain_graph: bool, create_graph: bool) -> list:
        """The cotangents of the stand-ins, zeros where an output does not depend on one."""
        pairs = [(o, None if cotangents is None else cotangents[i]) for i, o in enumerate(outputs) if o.requires_grad]
        if not pairs:
            return [zeros_like(x).detach() for x in inputs]
        sources, given = zip(*pairs, strict=True)
        found = autograd_grad(sources, inputs, given, retain_graph, create_graph, allow_unused=True)
        return [zeros_like(x).detach() if g is None else g for g, x in zip(found, inputs, strict=True)]

    def freed(self, tree) -> Any:
        """A tree of results as the caller may have it: without the history that ends in this level."""
        return tree_map(self._freed, tree)

    def _freed(self, t: Tensor) -> Tensor:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(t)}")
        keeps = self.records and self.leads_out([t])
        value = value_of(t) if state.levels else None
        if type(value) is not Lifted:
            return t if keeps else make_alias(t)
        tangent = None if value.tangent is None else self._freed(value.tangent)
        result = make(Lifted(value.level, self._freed(value.inner), tangent, value.batched), t._aval)
        return same_history(result, t) if keeps else result

    outside = _freed

    def leads_out(self, tensors: list) -> bool:
        """Whether the history of a Tensor reaches anything but this level's stand-ins."""
        outer = state.transforms[: self.position - 1] if self in state.transforms else state.transforms
        stack = [edge_of(t)[0] for t in tensors if t.requires_grad]
        seen = set(stack)
        while stack:
            node = stack.pop()
            if node.is_accumulator or node.is_stand_in and node.transform in outer:
                return True
            for source, _ in node.edges:
                if source is not None and source not in seen:
                    seen.add(source)
                    stack.append(source)
        return False

    def must_record(self, outputs: list) -> bool:
        """Whether the backward pass has to be differentiable."""
        return self.records and (bool(state.levels) or self.leads_out(outputs))


def grad(func, argnums=0, has_aux: bool = False):
    """The function that gives the gradient of `func`, which returns a 0-d Tensor, with respect to its arguments `argnums`
    (torch.func.grad). With `has_aux` func returns (output, aux) and the result is (gradient, aux)."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapped


def grad_and_value(func, argnums=0, has_aux: bool = False):
    """Like `grad`, returning (gradient, value), or (gradient, (value, aux)) (torch.func.grad_and_value)."""
    where = "grad_and_value(f)(*args)"

    @functools.wraps(func)
    @_without_hooks
    def wrapped(*args, **kwargs):
        with GradLevel() as level:
            chosen = positions(argnums, len(args))
            given = level.arguments(args, chosen)
            output, aux = split_aux(func(*given, **level.borrowed.lend_all(kwargs)), has_aux, where)
            _check_scalar(output, where)
            sources, spec = tree_flatten(as_asked(tuple(given[i] for i in chosen), argnums))
            records = level.must_record([output])
            found = level.gradients([output], sources, None, records, records)
            gradient = tree_unflatten(level.freed(found), spec)
            value = level.freed(output)
            result = gradient, ((value, level.freed(aux)) if has_aux else value)
        level.give_back()
        return result

    return wrapped


def _check_scalar(output, where: str) -> None:
    if not isinstance(output, Tensor):
        raise RuntimeError(f"{where}: Expected f(*args) to return a Tensor, got {type(output)}")
    if output.ndim:
        raise RuntimeError(
            f"{where}: Expected f(*args) to return a scalar Tensor, got tensor with {output.ndim} dims. Maybe you wanted to use the vjp or "
            "jacrev APIs instead?"
        )


def vjp(func, *primals, has_aux: bool = False):
    """(func(*primals), vjp_fn): `vjp_fn(cotangents)` gives the products with the Jacobian, one per primal (torch.func.vjp). With `has_aux`
    func returns (output, aux) and aux comes third."""
    output, pull, aux, _ = _vjp(func, primals, None, has_aux)

    def vjp_fn(cotangents, retain_graph=True, create_graph=None):
        return pull(cotangents, retain_graph, create_graph)

    return (output, vjp_fn, aux) if has_aux else (output, vjp_fn)


@_without_hooks
def _vjp(func, primals: tuple, argnums, has_aux: bool) -> tuple:
    where = "vjp(f, *primals)"
    with GradLevel() as level:
        chosen = range(len(primals)) if argnums is None else positions(argnums, len(primals))
        given = level.arguments(primals, chosen)
        out, aux = split_aux(func(*given), has_aux, where)
        outputs, out_spec = tree_flatten(out)
        check_outputs(outputs, where)
        for o in outputs:
            if not o._aval.inexact:
                raise RuntimeError(f"vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype {o.dtype}")
        results, aux = level.freed(out), level.freed(aux) if has_aux else None
    level.give_back()
    sources, source_spec = tree_flatten(as_asked(tuple(given[i] for i in chosen), argnums))

    def pull(cotangents, retain_graph: bool = True, create_graph: bool | None = None, inside: bool = False):
        leaves, spec = tree_flatten(cotangents)
        if spec != out_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. cotangents: "
                f"{treespec_pprint(spec)}, primal output: {treespec_pprint(out_spec)}"
            )
        level.records = state.grad_enabled if create_graph is None else create_graph
        with inference_mode(False) if state.inference else nullcontext():
            found = level.gradients(outputs, sources, leaves, retain_graph, level.records)
            return tree_unflatten(found if inside else level.freed(found), source_spec)

    return results, pull, aux, level


def jacrev(func, argnums=0, *, has_aux: bool = False, chunk_size: int | None = None, _preallocate_and_copy: bool = False):
    """The function that gives the Jacobian of `func` with respect to its arguments `argnums`, row by row in reverse mode, all rows at
    once or `chunk_size` at a time (torch.func.jacrev): Tensors of shape output.shape + input.shape, nested like outputs, then inputs."""
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapped(*args):
        check_real(args, "jacrev", "inputs")
        output, pull, aux, _ = _vjp(func, args, argnums, has_aux)
        outputs, out_spec = tree_flatten(output)
        check_real(outputs, "jacrev", "outputs")
        sources, source_spec = tree_flatten(as_asked(select(args, argnums), argnums))
        rows = _rows(lambda basis: tree_leaves(pull(tree_unflatten(basis, out_spec))), outputs, chunk_size)
        jacobian = [
            tree_unflatten(
                [split_columns(row, outputs)[k].view(outputs[k].shape + x.shape) for row, x in zip(rows, sources, strict=True)], source_spec
            )
            for k in range(len(outputs))
        ]
        result = tree_unflatten(jacobian, out_spec)
        return (result, aux) if has_aux else result

    return wrapped


def _rows(pull, outputs: list, chunk_size: int | None) -> list:
    """For each source, all rows of its Jacobian: the rows of all outputs one after the other."""
    if chunk_size == 1:  # Without vmap, whose limits then do not matter.
        parts = [[row.unsqueeze(0) for row in pull([g.squeeze(0) for g in basis])] for basis in bases(outputs, 1)]
    else:
        parts = [vmap(lambda *basis: pull(list(basis)))(*basis) for basis in bases(outputs, chunk_size)]
    return [cat(list(column), 0) if len(column) > 1 else column[0] for column in zip(*parts, strict=True)]
