"""Tensors as text, character for character as PyTorch prints them.

Everything works on a NumPy copy: `array_text` lays out the numbers, `tensor_repr` adds `tensor(...)` and what a reader cannot see
from the numbers (dtype, device, size of an empty tensor, grad_fn). Source of the layout: torch.Tensor.__repr__, torch.set_printoptions.
"""

from __future__ import annotations

import contextlib
import math
import textwrap
from dataclasses import asdict, dataclass
from typing import Any

import jax
import numpy as np

from ..execution import Lifted, Meta
from .dtype import default_dtype
from .modes import state


@dataclass
class PrintOptions:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

PRINT_OPTS = PrintOptions()


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None) -> None:
    """Set how tensors print; None leaves a value as it is, except `sci_mode`, where None means automatic (torch.set_printoptions)."""
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen = _PROFILES.get(profile, {}) | {name: value for name, value in given.items() if value is not None}
    for name, value in chosen.items():
        setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options, in the form `set_printoptions(**options)` takes."""
    return asdict(PRINT_OPTS)


@contextlib.contextmanager
def printoptions(**options):
    """`set_printoptions` for the length of a `with` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


class _NumberFormat:
    """One width and one notation for all the numbers of a tensor."""

    def __init__(self, values: np.ndarray):
        self.floating = values.dtype.kind == "f"
        self.whole = True
        self.scientific = False
        self.width = 1
        if not self.floating:
            self.width = max((len(str(v)) for v in values.ravel().tolist()), default=1)
            return
        values = values.ravel().astype(np.float64)
        values = values[np.isfinite(values) & (values != 0)]
        if not values.size:
            return
        self.whole = bool((values == np.ceil(values)).all())
        largest, smallest = float(np.abs(values).max()), float(np.abs(values).min())
        if PRINT_OPTS.sci_mode is None:
            self.scientific = largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4
        else:
            self.scientific = PRINT_OPTS.sci_mode
        # The width counts the finite numbers only; "-inf" may stick out, as it does in PyTorch.
        self.width = max(len(self._digits(v)) for v in values.tolist())

    def _digits(self, value) -> str:
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{PRINT_OPTS.precision}e}"
        if self.whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{PRINT_OPTS.precision}f}"

    def __call__(self, value) -> str:
        return self._digits(value).rjust(self.width)


class _ComplexFormat:
    """Real and imaginary parts each have their own width; the imaginary part is not padded."""

    def __init__(self, values: np.ndarray):
        self.real, self.imag = _NumberFormat(values.real), _NumberFormat(values.imag)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value) -> str:
        imag = self.imag(value.imag).lstrip() + "j"
        return self.real(value.real) + (imag if imag[0] in "+-" else "+" + imag)


def array_text(array: np.ndarray, indent: int = 0) -> str:
    """The numbers of an array in brackets, continuation lines indented by `indent`."""
    if not array.size:
        return "[]"
    if array.dtype.kind == "V":  # bfloat16, which NumPy does not know as a float
        array = array.astype(np.float32)
    summarize = array.size > PRINT_OPTS.threshold
    shown = _edges(array) if summarize else array
    style = _ComplexFormat(shown) if array.dtype.kind == "c" else _NumberFormat(shown)
    return _nested(array, indent, summarize, style)


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that survive summarisation, which alone decide the notation."""
    keep = PRINT_OPTS.edgeitems
    if not keep:
        return array if array.ndim < 2 else array[:0]
    for axis, n in enumerate(array.shape):
        if n > 2 * keep:
            array = array.take([*range(keep), *range(n - keep, n)], axis=axis)
    return array


def _nested(array: np.ndarray, indent: int, summarize: bool, style) -> str:
    if array.ndim == 0:
        return style(array.item())
    if array.ndim == 1:
        return _row(array, indent, summarize, style)
    keep = PRINT_OPTS.edgeitems
    if summarize and len(array) > 2 * keep:
        head, tail, dots = array[:keep], array[len(array) - keep :], ["..."]
    else:
        head, tail, dots = array, array[:0], []
    blocks = [_nested(part, indent + 1, summarize, style) for part in head] + dots
    blocks += [_nested(part, indent + 1, summarize, style) for part in tail]
    separator = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + separator.join(blocks) + "]"


def _row(array: np.ndarray, indent: int, summarize: bool, style) -> str:
    keep = PRINT_OPTS.edgeitems
    if summarize and not keep:
        items = ["..."]
    elif summarize and len(array) > 2 * keep:
        items = [style(v) for v in array[:keep].tolist()] + [" ..."] + [style(v) for v in array[-keep:].tolist()]
    else:
        items = [style(v) for v in array.tolist()]
    per_line = max(1, (PRINT_OPTS.linewidth - indent) // (style.width + 2))
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Append `, suffix` for each, breaking the line where it would pass the line width, and close the parenthesis."""
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def array_suffixes(array, dtype_name: str) -> list[str]:
    """`size=` and `dtype=` where the numbers alone do not tell them. `array` needs a shape, a size and a NumPy dtype."""
    default = default_dtype()
    suffixes = []
    if not array.size:
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        obvious = array.dtype == default
    else:
        if not PRINT_OPTS.edgeitems:
            suffixes.append(f"size={tuple(array.shape)}")
        default_complex = np.complex128 if default == np.float64 else np.complex64
        obvious = array.dtype in (default, np.dtype(default_complex), np.dtype(np.int64), np.dtype(bool))
    return suffixes if obvious else [*suffixes, f"dtype={dtype_name}"]


def _history_name(tensor) -> str | None:
    try:
        return None if tensor.grad_fn is None else type(tensor.grad_fn).__name__
    except RuntimeError:
        # A view that its base left behind (core/view_rules.py).
        return "Invalid"


def _transformed(tensor, below: int | None = None) -> str | None:
    """The text of a Tensor inside function transforms, layer by layer, those from the position `below` on left out; None for one that
    is of no transform."""
    from .tensor import value_of

    value = value_of(tensor)
    if type(value) is Lifted and value.batched and not value.level.alive:
        return _layer("BatchedTensor", value.level.position, ", bdim=0", repr(value.inner))
    for transform in reversed(state.transforms[:below]):
        layer = transform.shown(tensor)
        if layer is not None:
            name, detail, inner = layer
            below = transform.position - 1
            return _layer(name, transform.position, detail, _transformed(inner, below) or _bottom(inner))
    return None


def _layer(name: str, level: int, detail: str, inner: str) -> str:
    return f"{name}(lvl={level}{detail}, value=\n{textwrap.indent(inner, '    ')}\n)"


def _bottom(tensor) -> str:
    outside, state.transforms = state.transforms, ()
    try:
        return repr(tensor)
    finally:
        state.transforms = outside


def tensor_repr(tensor, *, tensor_contents: str | None = None) -> str:
    """`repr(tensor)`. A traced Tensor, whose numbers do not exist yet, shows `...` and its size."""
    from .tensor import Tensor, value_of

    wrapped = _transformed(tensor)
    if wrapped is not None:
        return wrapped
    cls = type(tensor)
    plain = cls is Tensor or "_is_param" in vars(cls)  # nn.Parameter itself, which core does not know, but no subclass of it
    prefix = "tensor(" if plain else f"{cls.__name__}("
    value = value_of(tensor)
    suffixes = [] if str(tensor.device) == "cpu" else [f"device='{tensor.device}'"]
    if isinstance(value, jax.core.Tracer | Meta):
        text = "..."
        suffixes.append(f"size={tuple(value.shape)}")
        suffixes += [] if value.dtype == default_dtype() else [f"dtype={tensor.dtype}"]
    else:
        array = np.asarray(value)
        text = array_text(array, len(prefix)) if tensor_contents is None else tensor_contents
        suffixes += array_suffixes(array, str(tensor.dtype))
    history = _history_name(tensor)
    if history is not None:
        suffixes.append(f"grad_fn=<{history}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    if type(value) is Lifted and value.tangent is not None and value.level.alive:
        suffixes.append(f"tangent={value.tangent!r}")
    text = with_suffixes(prefix + text, suffixes, len(prefix))
    return f"Parameter({text})" if getattr(tensor, "_is_param", False) and not plain else text


def tensor_format(tensor, spec: str) -> str:
    """`format(tensor, spec)`: a 0-d Tensor formats as its number; any other takes only the empty spec, which is `str`."""
    from .tensor import Tensor

    if tensor.ndim == 0 and type(tensor) is Tensor and not tensor.is_meta:  # type: ignore[attr-defined]
        return format(tensor.detach().item(), spec)
    return object.__format__(tensor, spec)
