"""Neural networks (torch.nn): modules, parameters, functions, initial distributions and helpers."""
# ruff: noqa: F401, F403

from . import functional, init, modules, parameter, utils
from .modules import *
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
