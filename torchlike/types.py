"""Names for annotations (torch.types)."""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from typing import Any

from .core.device import device as _Device
from .core.dtype import dtype as _Dtype
from .core.size import Size as _Size
from .core.tensor import Tensor
from .ops.memory import UntypedStorage
from .ops.typed_storage import TypedStorage

Number = int | float | bool
Device = _Device | str | int | None
FileLike = str | os.PathLike[str] | Any
Storage = UntypedStorage | TypedStorage
_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_dtype, _device = _Dtype, _Device
_size = _Size | list[int] | tuple[int, ...]
_TensorOrTensors = Tensor | Sequence[Tensor]

__all__ = ["Device", "FileLike", "Number", "Storage"]
