"""Where torchlike is known to differ from PyTorch's table of ops: (entry, level) and why. An entry that passes must leave this list."""

from __future__ import annotations

_REASONS = {
    "the sample is a view of a larger storage, which the conversion to torchlike leaves behind": [
        ("as_strided:partial_views", ["forward", "grad", "grad2", "int64", "bool", "complex64", "bfloat16", "float16", "uint8", "method"]),
    ],
    "the sample's `out` or input is a view of overlapping elements, which the conversion to torchlike leaves behind": [
        (entry, ["errors"]) for entry in ("kthvalue", "masked_select", "gather", "index_select", "take", "bernoulli", "cat")
    ],
    "complex32 does not exist": [("complex", ["float16"]), ("view_as_complex", ["float16"])],
    "PyTorch has no kernel of one op for this private or rarely used out=": [
        ("native_batch_norm", ["out"]), ("nn.functional.avg_pool2d", ["out"]), ("nn.functional.avg_pool3d", ["out"]),
        ("nn.functional.linear", ["out"]), ("histogramdd", ["out"]),
    ],
    "PyTorch computes pictures of bytes in fixed point and is one off now and then": [
        (entry, ["uint8"]) for entry in ("nn.functional.interpolate:bilinear", "nn.functional.interpolate:bicubic", "nn.functional.upsample_bilinear")
    ],
    "in half precision PyTorch adds up in another order, or overflows": [
        ("matrix_exp", ["float16"]), ("nn.functional.conv_transpose3d", ["float16"]), ("nn.functional.soft_margin_loss", ["float16"]),
    ],
    "called as functions, operators take a number first: they are plain methods here": [
        (entry, ["errors"]) for entry in ("__radd__", "__rmul__", "__rand__", "__ror__", "__rxor__")
    ],
    "more than 64 dimensions: the error is NumPy's": [("amax", ["errors"]), ("amin", ["errors"]), ("aminmax", ["errors"])],
    "one of several errors at once is reported first": [
        ("nn.functional.linear_cross_entropy", ["errors"]), ("nn.functional.linear_cross_entropy:chunked", ["errors"]),
        ("nn.functional.linear_cross_entropy:chunked_none", ["errors"]),
    ],
    "more is accepted than PyTorch does: an empty batch, a float count, another dtype of out=": [
        (entry, ["errors"]) for entry in ("arange", "linspace", "linspace:tensor_overload", "logspace", "logspace:tensor_overload")
    ],
    "PyTorch fails an internal assertion": [("narrow_copy", ["errors"])],
    "the gradient of elements that as_strided makes overlap is not PyTorch's": [("as_strided_scatter", ["grad", "grad2"])],
    "PyTorch's bfloat16 result is NaN, torchlike's is not": [("matrix_exp", ["bfloat16"])],
    "PyTorch's second derivative at a masked-out element, -inf, is NaN, torchlike's is 0": [("masked.logaddexp", ["grad2"])],
    "PyTorch's second derivative at the origin is NaN, torchlike's is 0": [("linalg.norm:subgradients_at_zero", ["grad2"])],
}

GAPS: dict[tuple[str, str], str] = {
    (entry, level): reason for reason, places in _REASONS.items() for entry, levels in places for level in levels
}
