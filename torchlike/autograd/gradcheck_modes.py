"""The further questions of gradcheck: forward mode, all rows at once (batched), and the fast mode, which probes along random directions."""

from __future__ import annotations

import numpy as np

from ..core.levels import VmapLevel, examined
from ..core.tensor import Tensor, value_of
from ..execution import executor
from ..ops.create import zeros_like
from .backward import grad
from .forward_ad import dual_level, make_dual, unpack_dual
from .gradcheck_report import FAST_BUT_NOT_SLOW, GradcheckError, batched_message, mismatch

# --- forward mode --------------------------------------------------------------------------------------------------------------------


def check_forward(checker, numerical: list, outputs: list, chosen: list) -> None:
    """Every column of the Jacobian, pushed forward, against its finite difference; a complex input along both axes."""
    for part, unit in (("imaginary", 1j), ("real", 1.0)):
        for j, (x, blocks) in enumerate(zip(checker.wanted, numerical, strict=True)):
            if unit == 1j and not x._aval.is_complex or not x._aval.size:
                continue
            columns = [pushed_along(checker, j, k, unit) for k in range(x._aval.size)]
            for i, position in enumerate(chosen):
                analytical = np.stack([c[position] for c in columns])
                n = blocks[position][0 if unit == 1.0 else 1]
                if not np.allclose(analytical, n, checker.rtol, checker.atol):
                    raise GradcheckError(mismatch(i, j, n, analytical, part if x._aval.is_complex else None, forward=True))


def pushed_along(checker, j: int, k: int, unit) -> list:
    """The tangents of all outputs along coordinate k of input j, flat."""
    seed = np.zeros(checker.wanted[j]._aval.size, checker.wanted[j]._aval.dtype)
    seed[k] = unit
    tangent = checker.tensor(seed.reshape(checker.wanted[j].shape), checker.wanted[j])
    return [np.zeros(o._aval.size) if t is None else host(t) for o, t in push_one(checker, j, tangent)]


def push_one(checker, j: int, tangent: Tensor) -> list:
    """`push` of a tangent of input j, with zeros for all others."""
    zeros = {k: zeros_like(x.detach()) for k, x in enumerate(checker.wanted) if k != j}
    return push(checker, {**zeros, j: tangent})


def push(checker, tangents: dict) -> list:
    """(output, tangent or None) of each output of func, with tangents for the inputs of these numbers."""
    with dual_level():
        duals = {id(x): make_dual(x.detach(), tangents[j]) for j, x in enumerate(checker.wanted) if j in tangents}
        given = [duals.get(id(a), a.detach() if isinstance(a, Tensor) else a) for a in checker.inputs]
        results = [unpack_dual(o) for o in checker.outputs_of(given)]
        for primal, tangent in results:
            if tangent is not None and tangent._aval.dtype != primal._aval.dtype and checker.check_dtypes:
                raise GradcheckError("Forward AD gradient has dtype mismatch.")
    return results


def check_undefined_tangents(checker) -> None:
    """A missing tangent and a zero one must give the same."""
    draw = np.random.default_rng(0)
    for j, x in enumerate(checker.wanted):
        others = {k: checker.tensor(draw_like(draw, y), y) for k, y in enumerate(checker.wanted) if k != j}
        absent = push(checker, others) if others else []
        zero = push(checker, {**others, j: zeros_like(x.detach())})
        for i, ((o, a), (_, z)) in enumerate(zip(absent, zero, strict=bool(others))):
            got = np.zeros(o._aval.size) if a is None else host(a)
            expected = np.zeros(o._aval.size) if z is None else host(z)
            if not np.allclose(got, expected, equal_nan=True):
                raise GradcheckError(
                    "Mismatch in tangent values for output with index: ", i, " when input: ", x, " has an undefined tangent value. ",
                    " Got: ", a, " but expected: ", z,
                )  # fmt: skip


def host(t: Tensor) -> np.ndarray:
    """The numbers of a Tensor, flat."""
    return np.array(examined(t)).reshape(-1)


def draw_like(draw, like: Tensor) -> np.ndarray:
    """Random numbers in the shape and dtype of a Tensor, between -1 and 1."""
    values = draw.uniform(-1, 1, like.shape)
    if like._aval.is_complex:
        values = values + 1j * draw.uniform(-1, 1, like.shape)
    return values.astype(like._aval.dtype)


# --- batched -------------------------------------------------------------------------------------------------------------------------


def check_batched_backward(checker, outputs: list) -> None:
    """Two backwards at once give what two backwards give."""
    draw = np.random.default_rng(0)
    for i, output in enumerate(outputs):
        rows = [draw_like(draw, output) for _ in range(2)]
        one_by_one = [grad(output, checker.wanted, checker.tensor(r, output), retain_graph=True, allow_unused=True) for r in rows]
        batch = checker.tensor(np.stack(rows), output)
        try:
            found = grad(output, checker.wanted, batch, retain_graph=True, allow_unused=True, is_grads_batched=True)
        except RuntimeError as error:
            raise GradcheckError(f"While computing batched gradients, got: {error}\n\n{batched_message(False)}") from error
        for j, together in enumerate(found):
            apart = [g[j] for g in one_by_one]
            _compare_batched(i, j, together, apart, forward=False)


def check_batched_forward(checker) -> None:
    """Two pushforwards at once give what two give."""
    draw = np.random.default_rng(0)
    for j, x in enumerate(checker.wanted):
        rows = [draw_like(draw, x) for _ in range(2)]
        apart = [[t for _, t in push_one(checker, j, checker.tensor(r, x))] for r in rows]
        try:
            with VmapLevel(2, asks_functions=False) as level:
                pushed = push_one(checker, j, level.wrap(checker.tensor(np.stack(rows), x)))
                together = [None if t is None else level.stacked(t) for _, t in pushed]
        except RuntimeError as error:
            raise GradcheckError(f"While computing batched gradients, got: {error}\n\n{batched_message(True)}") from error
        for i, t in enumerate(together):
            _compare_batched(i, i, t, [a[i] for a in apart], forward=True)


def _compare_batched(output: int, index: int, together, apart: list, forward: bool) -> None:
    if together is None or apart[0] is None:
        return
    got, expected = np.array(executor.force(value_of(together))), np.stack([np.array(executor.force(value_of(a))) for a in apart])
    if not np.allclose(got, expected):
        raise GradcheckError(
            f"\nFor output {output} and input {index}:\n\n{batched_message(forward)}\n\nGot:\n{got}\n\nExpected:\n{expected}\n"
        )


# --- fast mode -----------------------------------------------------------------------------------------------------------------------


def check_fast(checker, outputs: list, chosen: list, slow) -> None:
    """One random direction u per input and v per output: v' J u by finite differences and by backward. On a mismatch `slow()` decides
    what is said of it."""
    draw = np.random.default_rng(0)
    for j, x in enumerate(checker.wanted):
        u = _unit(draw, x)
        slopes = checker.along(x, u)
        for i, (output, position) in enumerate(zip(outputs, chosen, strict=True)):
            v = _unit(draw, output)
            found, again = (grad(output, x, checker.tensor(v, output), retain_graph=True, allow_unused=True)[0] for _ in range(2))
            if found is not None:
                checker.check_repeats([host(found)], [host(again)])
            analytical = 0.0 if found is None else _dot(host(found), u.reshape(-1))
            numerical = _dot(v.reshape(-1), slopes[position])
            _compare_fast(checker, i, j, numerical, analytical, u, v, slow)


def check_fast_forward(checker, outputs: list, chosen: list, slow) -> None:
    """J u along one random direction per input, by finite differences and by forward mode."""
    draw = np.random.default_rng(0)
    for j, x in enumerate(checker.wanted):
        u = _unit(draw, x)
        slopes = checker.along(x, u)
        pushed = push_one(checker, j, checker.tensor(u, x))
        for i, position in enumerate(chosen):
            o, t = pushed[position]
            analytical = np.zeros(o._aval.size) if t is None else host(t)
            if not np.allclose(analytical, slopes[position], checker.rtol, checker.atol * np.abs(u).sum()):
                _explain(mismatch(i, j, slopes[position], analytical, None, forward=True), slow)


def _unit(draw, like: Tensor) -> np.ndarray:
    values = draw_like(draw, like)
    norm = np.linalg.norm(values)
    return (values / norm if norm else values).astype(like._aval.dtype)


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """The real inner product."""
    return float(np.real(np.vdot(a, b)))


def _compare_fast(checker, i: int, j: int, numerical: float, analytical: float, u, v, slow) -> None:
    tolerance = checker.atol * max(float(np.abs(u).sum() * np.abs(v).sum()), 1.0)
    if not np.allclose(analytical, numerical, checker.rtol, tolerance):
        _explain(mismatch(i, j, np.asarray(numerical), np.asarray(analytical), None, forward=False), slow)


def _explain(text: str, slow) -> None:
    """Raise a mismatch of the fast mode; if the full check finds nothing wrong, say so."""
    try:
        slow()
    except GradcheckError as error:
        raise GradcheckError(
            f"{text}\n\nThe above quantities relating the numerical and analytical jacobians are computed \nin fast mode. Below, we recompute "
            f"numerical and analytical jacobians in slow mode:\n\n{error}"
        ) from error
    raise GradcheckError(f"{text}\n{FAST_BUT_NOT_SLOW}")
