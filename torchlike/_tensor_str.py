"""The text of Tensors under PyTorch's private path (torch._tensor_str), for libraries that print their own kinds of it."""

from __future__ import annotations

from .core.printing import PRINT_OPTS, array_text, get_printoptions, printoptions, set_printoptions, tensor_repr, with_suffixes

__all__ = ["PRINT_OPTS", "get_printoptions", "printoptions", "set_printoptions"]


def _tensor_str(self, indent: int) -> str:
    """The numbers of a Tensor in brackets, without "tensor(...)" around them."""
    return array_text(self.detach().cpu().jax().__array__(), indent)


def _add_suffixes(tensor_str: str, suffixes: list[str], indent: int, force_newline: bool) -> str:
    return with_suffixes(tensor_str, suffixes, indent)


def _str(self, *, tensor_contents: str | None = None) -> str:
    return tensor_repr(self, tensor_contents=tensor_contents)


_str_intern = _str
