"""Graphs of Python programs (torch.fx): there are none here."""

from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing


def wrap(fn_or_name):
    """`fn_or_name`: nothing is traced (torch.fx.wrap)."""
    return fn_or_name


globals().update(_refusing(
    ("symbolic_trace", "Tracer", "Graph", "GraphModule", "Interpreter", "Transformer", "Proxy", "replace_pattern"),
    "torchlike makes no FX graphs; torch.compile runs a function as one program, and torch.utils.viz draws the tape of a result"))
__getattr__ = _missing(__name__)
