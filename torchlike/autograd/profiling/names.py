"""Under which name a call shows in a profile: PyTorch's (`aten::add_`), found from the op or from the public function on the stack."""

from __future__ import annotations

import functools
import inspect
import re
from types import CodeType, FrameType, FunctionType

from ...core.inplace import inplace_variant
from ...core.op import ENTRIES

# Kernels and functions whose name here differs from that of PyTorch's operator.
_RENAMED = {
    "NllLoss2D_kernel": "nll_loss2d_forward",
    "NllLoss_kernel": "nll_loss_forward",
    "_batched_matmul": "bmm",
    "_mm_rows": "mm",
    "_mv_rows": "mv",
    "accumulate": "add",
    "constant_pad_kernel": "constant_pad_nd",
    "cross_entropy": "cross_entropy_loss",
    "gru_layer": "gru",
    "linear_Addmm": "addmm",
    "linear_Dot": "dot",
    "linear_Mm": "mm",
    "linear_Mv": "mv",
    "linear_Squeeze": "mm",
    "linear_UnsafeView": "mm",
    "linear_View": "addmm",
    "log_softmax_kernel": "_log_softmax",
    "lstm_cell_kernel": "_thnn_fused_lstm_cell",
    "lstm_layer": "lstm",
    "max_pool_values": "max_pool2d",
    "native_batch_norm_eval": "native_batch_norm",
    "native_batch_norm_train": "native_batch_norm",
    "sdpa_kernel": "_scaled_dot_product_attention_math",
    "softmax_kernel": "_softmax",
    "to_copy": "_to_copy",
    "true_divide": "div",
}
_OPERATORS = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "lshift": "bitwise_left_shift",
              "rshift": "bitwise_right_shift", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
_INPLACE = inplace_variant(lambda: None, "").__code__


def op_name(op) -> str:
    """The name of a kernel, such as `aten::mul`; of a derived backward, `aten::mul_backward`."""
    base = op.name.removesuffix("_backward")
    if base in _RENAMED:
        return f"aten::{_RENAMED[base]}{op.name[len(base):]}"
    return "aten::" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", op.label.replace("_kernel", "")).lower()


# Besides the registered functions: namespaces whose functions are public, name by name.
namespaces: list[dict] = []
_BY_CLOSURE = "a function made by a factory; its variable `name` tells which"


@functools.cache
def public_functions() -> dict[CodeType, str]:
    """The public functions written in Python on Tensors, by their code: the kernels they call show below them."""
    names: dict[CodeType, set[str]] = {}
    entries = {e.call.__name__: e.call for e in ENTRIES.values()}
    for name, call in [*entries.items(), *(item for space in namespaces for item in space.items())]:
        inner = inspect.unwrap(call)
        if isinstance(inner, FunctionType) and not hasattr(call, "op") and not name.startswith("_"):
            names.setdefault(inner.__code__, set()).add(name)
    found = {code: each.pop() for code, each in names.items() if len(each) == 1}
    found.update({code: _BY_CLOSURE for code, each in names.items() if len(each) > 1 and "name" in code.co_freevars})
    return {**found, _INPLACE: _BY_CLOSURE}


def frame_name(frame: FrameType) -> str | None:
    """The name of the public function a frame is a call of; None for any other frame."""
    name = public_functions().get(frame.f_code)
    if name is None:
        return None
    if name is _BY_CLOSURE:
        name = frame.f_locals["name"]
        if name.startswith("__i"):
            name = name.strip("_")[1:]
            name = f"{_OPERATORS.get(name, name)}_"
    return f"aten::{_RENAMED.get(name, name)}"
