"""Gradients against finite differences (torch.autograd.gradcheck, gradgradcheck).

Every coordinate of every input is moved by `eps` both ways; the resulting Jacobian must agree with the one that backward gives,
row by row. A complex output is checked twice, through its imaginary and its real part; the derivative with respect to a complex
input is d/dx + i d/dy, PyTorch's convention. Forward mode, batched gradients and the fast mode are in gradcheck_modes.py.
"""

from __future__ import annotations

import contextlib
import functools
import warnings

import jax
import numpy as np

from ..core import engine
from ..core.dtype import FROM_NUMPY
from ..core.missing import missing as _missing
from ..core.size import Size
from ..core.tensor import Tensor, make, value_of
from ..core.view import geometry_of
from ..core.write import write_storage
from ..execution import aval_of, executor
from . import gradcheck_modes
from .backward import _targets, grad
from .gradcheck_report import GradcheckError, mismatch


def gradcheck(
    func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False,
    check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False, check_backward_ad=True, fast_mode=False, masked=None,
) -> bool:  # fmt: skip
    """Whether backward through `func` agrees with central differences at `inputs` (float64 or complex128 to be meaningful).

    Differences up to `atol + rtol * |numerical|` pass. Also checked: the backward gives the same twice (`nondet_tol`), multiplies by the
    cotangent, copes with undefined ones (`check_undefined_grad`), and returns the inputs' dtypes (`check_grad_dtypes`). A failure raises
    GradcheckError, or gives False when not `raise_exception`. `check_forward_ad` compares forward mode as well, `check_batched_grad` and
    `check_batched_forward_grad` hold several at once against one by one. `fast_mode` compares along random directions only.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    checker = _Checker(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, check_grad_dtypes)
    try:
        with _reproducible():
            checker.run(check_undefined_grad, check_backward_ad, check_forward_ad, check_batched_grad, check_batched_forward_grad, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, gen_non_contig_grad_outputs=False, raise_exception=True,
    nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, check_fwd_over_rev=False,
    check_rev_over_rev=True, fast_mode=False, masked=False,
) -> bool:  # fmt: skip
    """Whether the backward of `func` is differentiated correctly: gradcheck of the gradient as a function of inputs and cotangents.

    `grad_outputs` defaults to random cotangents. `gen_non_contig_grad_outputs` is accepted: values have no strides here.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    sources = _as_tuple(inputs)
    if grad_outputs is None:
        cotangents = tuple(_random_like(o) for o in _differentiable(func(*sources)))
    else:
        cotangents = _as_tuple(grad_outputs)
    count = len(cotangents)
    differentiable = [isinstance(a, Tensor) and a.requires_grad for a in sources]

    def gradients(*args):
        grads = args[-count:]
        # Forward mode calls with duals of detached inputs.
        arguments = tuple(a.requires_grad_() if d else a for a, d in zip(args[:-count], differentiable, strict=True))
        wanted = tuple(a for a, d in zip(arguments, differentiable, strict=True) if d)
        found = grad(_differentiable(func(*arguments)), wanted, grads, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients, sources + cotangents, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes, check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev, check_backward_ad=check_rev_over_rev, fast_mode=fast_mode, masked=masked,
    )  # fmt: skip


@contextlib.contextmanager
def _reproducible():
    """Each op runs at once: one that comes back as a part of a larger program may round differently, and what is looked for is smaller."""
    mode = executor.mode
    executor.use("immediate")
    try:
        yield
    finally:
        executor.use(mode)


def _as_tuple(x) -> tuple:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _differentiable(outputs) -> tuple:
    return tuple(o for o in _as_tuple(outputs) if isinstance(o, Tensor) and o.requires_grad)


def _random_like(output: Tensor) -> Tensor:
    return _tensor(gradcheck_modes.draw_like(np.random.default_rng(0), output), output._aval).requires_grad_()


def _tensor(values: np.ndarray, aval) -> Tensor:
    return make(jax.device_put(values, aval.device), aval)


class _Checker:
    """One check of one function at one point."""

    def __init__(self, func, inputs: tuple, eps: float, atol: float, rtol: float, nondet_tol: float, check_dtypes: bool):
        self.func, self.inputs = func, inputs
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.check_dtypes = check_dtypes
        self.wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]

    def run(self, undefined: bool, backward: bool, forward: bool, batched: bool, batched_forward: bool, fast: bool) -> None:
        self.check_inputs()
        everything = self.outputs_of(self.inputs)
        chosen = [i for i, o in enumerate(everything) if isinstance(o, Tensor) and o.requires_grad]
        outputs = [everything[i] for i in chosen]
        if not outputs:
            self.check_constant()
            return
        if backward:
            slow = functools.partial(self.check_backward, outputs, chosen)
            gradcheck_modes.check_fast(self, outputs, chosen, slow) if fast else slow()
        if forward:
            slow = functools.partial(self.check_forward, outputs, chosen)
            gradcheck_modes.check_fast_forward(self, outputs, chosen, slow) if fast else slow()
            if undefined:
                gradcheck_modes.check_undefined_tangents(self)
        if batched_forward:
            gradcheck_modes.check_batched_forward(self)
        if not backward:
            return
        if batched:
            gradcheck_modes.check_batched_backward(self, outputs)
        self.check_zero_cotangents(outputs)
        if undefined:
            self.check_undefined()

    def outputs_of(self, given) -> tuple:
        """The results of func; those that are no Tensors count for nothing."""
        return _as_tuple(self.func(*given))

    def check_constant(self) -> None:
        if any(np.any(block) for x in self.wanted for block in self.numerical(x)):
            raise GradcheckError("Numerical gradient for function expected to be zero")

    def check_backward(self, outputs: list, chosen: list) -> None:
        numerical = [self.numerical(x) for x in self.wanted]
        if any(o._aval.is_complex for o in outputs):
            self.compare(outputs, chosen, numerical, "imaginary")
        self.compare(outputs, chosen, numerical, "real")

    def check_forward(self, outputs: list, chosen: list) -> None:
        gradcheck_modes.check_forward(self, [self.numerical(x) for x in self.wanted], outputs, chosen)

    def check_inputs(self) -> None:
        for i, x in enumerate(self.inputs):
            if not (isinstance(x, Tensor) and x.requires_grad):
                continue
            if x._aval.dtype not in (np.dtype("float64"), np.dtype("complex128")):
                warnings.warn(
                    f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will likely fail if "
                    "all the inputs are not of double precision floating point or complex. ",
                    stacklevel=4,
                )
            shape, strides, _ = geometry_of(x)
            if any(s == 0 and n > 1 for n, s in zip(shape, strides, strict=True)):
                raise RuntimeError(
                    f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be able to "
                    "compute the numerical gradients correctly. You should call .contiguous on the input before passing it to gradcheck."
                )
        if not self.wanted:
            raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.")

    # --- finite differences ----------------------------------------------------------------------------------------------------

    def numerical(self, x: Tensor) -> list:
        """Per output of func: d output / d x, of shape (x.numel, output.numel), with the derivative along the imaginary axis as a second
        such block where x is complex."""
        start = np.array(executor.force(value_of(x)))
        directions = [1.0, 1j] if x._aval.is_complex else [1.0]
        try:
            blocks = [[self.difference(x, start, k, d) for k in range(start.size)] for d in directions]
        finally:
            self.put(x, start)
        outputs = len(blocks[0][0]) if start.size else 0
        return [np.stack([np.stack([row[o] for row in block]) for block in blocks]) for o in range(outputs)]

    def difference(self, x: Tensor, start: np.ndarray, k: int, unit) -> list:
        direction = np.zeros_like(start)
        direction.reshape(-1)[k] = unit
        return self.slopes(x, start, direction, f" on index {tuple(map(int, np.unravel_index(k, start.shape)))}")

    def slopes(self, x: Tensor, start: np.ndarray, direction: np.ndarray, where: str = "") -> list:
        """Per output of func: the central difference along `direction`, flat; leaves x moved."""
        moved = []
        for sign in (-1, 1):
            self.put(x, start + sign * self.eps * direction)
            outs = _as_tuple(self.func(*self.inputs))
            moved.append([np.array(executor.force(value_of(o))) if isinstance(o, Tensor) else np.zeros(0) for o in outs])
        for low, high in zip(*moved, strict=True):
            self.check_alike(low, high, where)
        return [_slope(low.reshape(-1), high.reshape(-1), self.eps) for low, high in zip(*moved, strict=True)]

    def check_alike(self, low: np.ndarray, high: np.ndarray, where: str) -> None:
        text = "Expected `func` to return outputs with the same {0} when inputs are perturbed{1} by {2}, but got: {0}s {3} and {4}."
        if low.shape != high.shape:
            raise AssertionError(text.format("shape", where, self.eps, Size(low.shape), Size(high.shape)))
        if low.dtype != high.dtype:
            raise AssertionError(text.format("dtype", where, self.eps, FROM_NUMPY[low.dtype], FROM_NUMPY[high.dtype]))

    def along(self, x: Tensor, direction: np.ndarray) -> list:
        """Per output of func: its derivative along `direction`, flat."""
        start = np.array(executor.force(value_of(x)))
        try:
            return self.slopes(x, start, direction)
        finally:
            self.put(x, start)

    @staticmethod
    def tensor(values: np.ndarray, like: Tensor) -> Tensor:
        """A Tensor of these numbers on the device of `like`."""
        return _tensor(values, aval_of(values.shape, like._aval.dtype, like._aval.device))

    @staticmethod
    def put(x: Tensor, values: np.ndarray) -> None:
        # Unseen by the version counter, like a write through `.data`.
        write_storage(x, jax.device_put(values, x._aval.device))

    # --- backward --------------------------------------------------------------------------------------------------------------

    def analytical(self, output: Tensor, unit) -> list:
        """Per input: the gradients of each element of the output, stacked to shape (input.numel, output.numel)."""
        columns: list[list] = [[] for _ in self.wanted]
        for k in range(output._aval.size):
            seed = np.zeros(output._aval.size, output._aval.dtype)
            seed[k] = unit
            cotangent = _tensor(seed.reshape(output.shape), output._aval)
            found = grad(output, self.wanted, cotangent, retain_graph=True, allow_unused=True)
            for column, x, g in zip(columns, self.wanted, found, strict=True):
                if g is not None and g._aval.dtype != x._aval.dtype and self.check_dtypes:
                    raise GradcheckError("Gradient has dtype mismatch")
                if g is not None and g.shape != x.shape:
                    raise GradcheckError("Analytical gradient has incorrect size")
                column.append(np.zeros(x._aval.size, x._aval.dtype) if g is None else np.array(executor.force(value_of(g))).reshape(-1))
        return [
            np.stack(column, axis=1) if column else np.zeros((x._aval.size, 0), x._aval.dtype)
            for column, x in zip(columns, self.wanted, strict=True)
        ]

    def compare(self, outputs: list, chosen: list, numerical: list, part: str) -> None:
        for i, (output, position) in enumerate(zip(outputs, chosen, strict=True)):
            is_complex = output._aval.is_complex
            imaginary = part == "imaginary" and is_complex
            unit = 1j if imaginary else 1
            analytical = self.analytical(output, unit)
            self.check_repeats(analytical, self.analytical(output, unit))
            for j, (a, blocks) in enumerate(zip(analytical, numerical, strict=True)):
                if not a.size:
                    continue
                block = blocks[position].imag if imaginary else blocks[position].real
                n = block[0] + 1j * block[1] if len(block) == 2 else block[0]
                if not np.allclose(a, n, self.rtol, self.atol):
                    raise GradcheckError(mismatch(i, j, n, a, part if is_complex else None, forward=False))

    def check_repeats(self, first: list, second: list) -> None:
        if all(a.size == 0 or np.abs(a - b).max() <= self.nondet_tol for a, b in zip(first, second, strict=True)):
            return
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different values, although "
            f"analytical gradient matches numerical gradient.The tolerance for nondeterminism was {self.nondet_tol}."
        )

    def check_zero_cotangents(self, outputs: list) -> None:
        zeros = [_tensor(np.zeros(o.shape, o._aval.dtype), o._aval) for o in outputs]
        for g, x in zip(grad(outputs, self.wanted, zeros, retain_graph=True, allow_unused=True), self.wanted, strict=True):
            if g is None:
                continue
            if np.any(np.array(executor.force(value_of(g)))):
                raise GradcheckError("backward not multiplied by grad_output")
            if g._aval.dtype != x._aval.dtype:
                raise GradcheckError("grad is incorrect type")
            if g.device != x.device:
                raise GradcheckError("grad is incorrect device")
            if g.shape != x.shape:
                raise GradcheckError("grad is incorrect size")

    def check_undefined(self) -> None:
        """All cotangents undefined, then each of several in turn with the others zero: the gradients must be undefined or zero."""
        count = len(_differentiable(self.func(*self.inputs)))
        for missing in [None, *range(count)] if count > 1 else [None]:
            outputs = _differentiable(self.func(*self.inputs))
            zeros = [value_of(_tensor(np.zeros(o.shape, o._aval.dtype), o._aval)) for o in outputs]
            edges = _targets(outputs)
            roots = [(e, None if missing in (None, k) else z) for k, (e, z) in enumerate(zip(edges, zeros, strict=True))]
            try:
                found = engine.run(roots, False, False, _targets(tuple(self.wanted)))
            except RuntimeError as error:
                raise _undefined("Expected backward function to handle undefined output grads.") from error
            if any(g is not None and np.any(np.array(g)) for g in found):
                raise _undefined("Expected all input grads to be undefined or zero when all output grads are undefined or zero.")


def _undefined(text: str) -> GradcheckError:
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may break existing callers of "
        'this function. If this is true for you, you can call this function with "check_undefined_grad=False" to disable the feature',
        stacklevel=6,
    )
    return GradcheckError(f'{text} Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"')


def _slope(low: np.ndarray, high: np.ndarray, eps: float) -> np.ndarray:
    if low.dtype.kind == "b":
        return np.zeros(low.shape)
    with np.errstate(invalid="ignore"):
        return (high - low) / (2 * eps)


def __getattr__(name: str):
    """The functions that gradcheck was made of once."""
    if name not in ("get_analytical_jacobian", "get_numerical_jacobian"):
        return _missing(__name__)(name)
    from . import gradcheck_old

    return getattr(gradcheck_old, name)
