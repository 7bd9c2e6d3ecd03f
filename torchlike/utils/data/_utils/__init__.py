"""The names under which programs find collation and worker information in PyTorch (torch.utils.data._utils)."""

from . import collate, worker
