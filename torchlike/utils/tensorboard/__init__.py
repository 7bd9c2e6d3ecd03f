"""Curves, pictures and texts for TensorBoard (torch.utils.tensorboard). Needs the package `tensorboard`, which writes the files."""

import tensorboard as _tensorboard

from .writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "SummaryWriter"]
