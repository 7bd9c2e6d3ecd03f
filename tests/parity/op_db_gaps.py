"""Where torchlike is known to differ from PyTorch's table of ops: (entry, level) and why. An entry that passes must leave this list."""

from __future__ import annotations

_REASONS = {
    "the sample is a view of a larger storage, which the conversion to torchlike leaves behind": [
        ("as_strided:partial_views", ["forward", "grad", "grad2", "int64", "bool", "complex64", "bfloat16", "method"]),
    ],
    "the gradient of elements that as_strided makes overlap is not PyTorch's": [("as_strided_scatter", ["grad", "grad2"])],
    "PyTorch's bfloat16 result is NaN, torchlike's is not": [("matrix_exp", ["bfloat16"])],
    "PyTorch's second derivative at a masked-out element, -inf, is NaN, torchlike's is 0": [("masked.logaddexp", ["grad2"])],
    "PyTorch's second derivative at the origin is NaN, torchlike's is 0": [("linalg.norm:subgradients_at_zero", ["grad2"])],
}

GAPS: dict[tuple[str, str], str] = {
    (entry, level): reason for reason, places in _REASONS.items() for entry, levels in places for level in levels
}
