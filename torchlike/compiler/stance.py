"""What compiled functions do for the time being: as they were made to, or run as plain Python (torch.compiler.set_stance)."""

from __future__ import annotations

import functools

KNOWN = ("default", "force_eager", "eager_on_recompile", "fail_on_recompile", "eager_then_compile", "aot_eager_then_compile")


class _Current:
    name = "default"


current = _Current()


class set_stance:
    """Say how compiled functions run from now on; as a context manager or a decorator, within it only.

    "default" and its likes: as always. "force_eager": as plain Python. "eager_on_recompile": calls that no recording fits run as plain Python.
    "fail_on_recompile": those raise RuntimeError. RuntimeError for another name.
    """

    def __init__(self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend=None):
        if stance != "default" and force_backend is not None:
            raise RuntimeError("non-default stance cannot have force_backend set")
        if stance not in KNOWN:
            raise RuntimeError(f"invalid torch.compile stance '{stance}': it is one of {', '.join(KNOWN)}")
        self.stance = stance
        self.prev = current.name
        current.name = stance

    def __call__(self, fn):
        current.name = self.prev

        @functools.wraps(fn)
        def wrapped(*args, **kwargs):
            with type(self)(self.stance):
                return fn(*args, **kwargs)

        return wrapped

    def __enter__(self):
        current.name = self.stance
        return self

    def __exit__(self, *error):
        current.name = self.prev


set_stance.__module__ = "torch._dynamo.decorators"


def refuse_recompiling(fn) -> None:
    """RuntimeError under "fail_on_recompile"."""
    if current.name == "fail_on_recompile":
        code = getattr(fn, "__code__", None)
        where = f" filename: '{code.co_filename}', function name: '{code.co_name}', line number: {code.co_firstlineno}" if code else ""
        raise RuntimeError(f"Detected recompile when torch.compile stance is 'fail_on_recompile'.{where}")
