"""Forward-mode transforms (torch.func.jvp, jacfwd, hessian, linearize)."""

from __future__ import annotations

import functools

from ..autograd.basis import basis_of, column_blocks
from ..autograd.forward_ad import make_dual_at, unpack_at
from ..core.levels import JvpLevel
from ..core.modes import enable_grad, state
from ..core.pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten
from ..core.pytree_only import tree_map_only
from ..core.tensor import Tensor
from ..ops.create import zeros_like
from .argnums import check_outputs, check_real, check_tensors, positions, replaced, select, split_aux
from .borrowed import Borrowed
from .reverse import _vjp, jacrev
from .vmap import vmap

_WHERE = "jvp(f, primals, tangents)"


def jvp(func, primals: tuple, tangents: tuple, *, strict: bool = False, has_aux: bool = False):
    """(func(*primals), Jacobian @ tangents): the derivative along `tangents`, nested like `primals` (torch.func.jvp). `strict` raises for an
    output that does not depend on the inputs; with `has_aux` func returns (output, aux) and aux comes third."""
    output, pushed, aux = _jvp(func, primals, tangents, None, strict, has_aux)
    return (output, pushed, aux) if has_aux else (output, pushed)


def _jvp(func, primals, tangents, argnums, strict: bool, has_aux: bool) -> tuple:
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{_WHERE}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    chosen = primals if argnums is None else select(primals, argnums)
    leaves, spec = tree_flatten(chosen)
    directions, direction_spec = tree_flatten(tangents)
    if spec != direction_spec:
        raise RuntimeError(
            f"{_WHERE}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of 3 tensors, "
            f"tangents also must be. Got primals with structure {spec} and tangents with structure {direction_spec}"
        )
    check_tensors(leaves, _WHERE, "primals")
    check_tensors(directions, _WHERE, "tangents")
    borrowed = Borrowed()
    with JvpLevel() as level, _forward_grad():
        duals = tree_unflatten([borrowed.lend(p, make_dual_at(level, p, t)) for p, t in zip(leaves, directions, strict=True)], spec)
        given = duals if argnums is None else _around(primals, duals, argnums, borrowed)
        out, aux = split_aux(func(*given), has_aux, _WHERE)
        outputs, out_spec = tree_flatten(out)
        check_outputs(outputs, _WHERE)
        values, pushed = zip(*(_unpacked(level, o, strict) for o in outputs), strict=True)
        aux = tree_map(lambda t: _without_tangent(level, t), aux) if has_aux else None
    borrowed.give_back(lambda t: _without_tangent(level, t))
    return tree_unflatten(values, out_spec), tree_unflatten(pushed, out_spec), aux


def _around(primals: tuple, duals: tuple, argnums, borrowed: Borrowed) -> tuple:
    """All arguments: the duals where `argnums` says, borrowed ones elsewhere."""
    chosen = positions(argnums, len(primals))
    others = tuple(p if i in chosen else borrowed.lend_all(p) for i, p in enumerate(primals))
    return replaced(others, duals, argnums)


def _without_tangent(level: JvpLevel, tensor) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise RuntimeError(f"Expected tensors, got unsupported type {type(tensor)}")
    return unpack_at(level, tensor)[0]


class _forward_grad:
    """Tangents are propagated within the block, whatever was switched off outside."""

    def __enter__(self):
        self.previous = state.forward_grad_enabled, state.inference
        self._set(True, False)

    def __exit__(self, *error):
        self._set(*self.previous)

    def _set(self, forward_grad: bool, inference: bool) -> None:
        state.forward_grad_enabled, state.inference = forward_grad, inference
        state.sort()


def _unpacked(level: JvpLevel, output: Tensor, strict: bool) -> tuple:
    primal, tangent = unpack_at(level, output)
    if tangent is None:
        if strict:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed with strict=True."
            )
        tangent = zeros_like(primal)
    return primal, tangent


def jacfwd(func, argnums=0, has_aux: bool = False, *, randomness: str = "error"):
    """The function that gives the Jacobian of `func` with respect to its arguments `argnums`, column by column in forward mode, all
    columns at once (torch.func.jacfwd): Tensors of shape output.shape + input.shape, nested like outputs, then inputs."""

    @functools.wraps(func)
    def wrapped(*args):
        check_real(args, "jacfwd", "inputs")
        chosen = select(args, argnums)
        leaves, spec = tree_flatten(chosen)

        def push(*basis):
            output, pushed, aux = _jvp(func, args, tree_unflatten(basis, spec), argnums, False, has_aux)
            check_real(output, "jacfwd", "outputs")
            return (pushed, aux) if has_aux else pushed

        results = vmap(push, randomness=randomness)(*basis_of(leaves))
        aux = None
        if has_aux:
            results, stacked = results
            aux = tree_map_only(Tensor, lambda t: t[0], stacked)
        outputs, out_spec = tree_flatten(results)
        jacobian = [_columns(o, leaves, spec, isinstance(argnums, int)) for o in outputs]
        result = tree_unflatten(jacobian, out_spec)
        return (result, aux) if has_aux else result

    return wrapped


def _columns(pushed: Tensor, leaves: list, spec, single: bool):
    """One output's tangents along the basis, as Jacobian blocks nested like the inputs."""
    nested = tree_unflatten(column_blocks(pushed, leaves), spec)
    return nested[0] if single else nested


def hessian(func, argnums=0):
    """The function that gives the second derivatives of `func`, forward mode over reverse mode (torch.func.hessian)."""
    return jacfwd(jacrev(func, argnums), argnums)


def linearize(func, *primals):
    """(func(*primals), jvp_fn): `jvp_fn(*tangents)` is the derivative along `tangents`, without running `func` again (torch.func.linearize).

    The tape is recorded once; its transpose, the vector-Jacobian product, is linear and is transposed again for each call.
    """
    with enable_grad():
        output, pull, _, level = _vjp(func, primals, None, False)
        outputs, out_spec = tree_flatten(output)
        probes = [level.stand_in(zeros_like(o).detach()) for o in outputs]
        pulled = tree_leaves(pull(tree_unflatten(probes, out_spec), True, True, inside=True))
    leaves, spec = tree_flatten(primals)

    def jvp_fn(*tangents):
        directions, direction_spec = tree_flatten(tangents)
        if direction_spec != spec:
            raise RuntimeError(f"Expected the tangents {direction_spec} to have the same argspec as the primals {spec}")
        _check_directions(directions, leaves)
        level.records = state.grad_enabled
        return tree_unflatten(level.freed(level.gradients(pulled, probes, directions, True, level.records)), out_spec)

    return output, jvp_fn


def _check_directions(tangents: list, primals: list) -> None:
    for i, (t, p) in enumerate(zip(tangents, primals, strict=True)):
        for name in ("shape", "device", "dtype"):
            if getattr(t, name) != getattr(p, name):
                raise RuntimeError(
                    f"tangent:{i} with {name} {getattr(t, name)} in flattened pytree doesn't match the {name} {getattr(p, name)} of the "
                    "corresponding primal."
                )
