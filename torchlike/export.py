"""Programs taken out of Python (torch.export): refused, as nothing here is an FX graph."""

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing

globals().update(_refusing(
    ("export", "load", "save", "draft_export", "unflatten", "register_dataclass", "Dim", "dims", "ExportedProgram", "ShapesCollection",
     "default_decompositions"),
    "torchlike makes no exported programs; torchlike.to_jax(module) gives a pure JAX function, which jax.export can serialise"))
__getattr__ = _missing(__name__)
