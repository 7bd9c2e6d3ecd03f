"""Sparse tensors (torch.sparse): there are none here."""

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing
from .ops.refused import SPARSE as _SPARSE

globals().update(_refusing(
    ("addmm", "as_sparse_gradcheck", "check_sparse_tensor_invariants", "log_softmax", "mm", "sampled_addmm", "softmax", "solve", "spdiags", "spsolve",
     "sum", "to_sparse_semi_structured", "SparseSemiStructuredTensor"), _SPARSE))
__getattr__ = _missing(__name__)
