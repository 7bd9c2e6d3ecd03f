"""torch.nn.modules.container: the containers."""

from ..container import Container, ModuleDict, ModuleList, Sequential
from ..parameter_container import ParameterDict, ParameterList

__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

# PyTorch shows them under this path, in texts and in pickles.
for _container in (Container, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential):
    _container.__module__ = __name__
