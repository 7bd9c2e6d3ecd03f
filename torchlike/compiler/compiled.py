"""`compile`: a function that is run once under watch and from then on repeated as one program, as long as its guards hold."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from ..core.anomaly import anomaly
from ..core.autocast import casts_apart
from ..core.device import default_setting, to_jax_device
from ..core.dtype import default_dtype
from ..core.modes import state
from ..core.packed import defaults
from ..core.precision import get_float32_matmul_precision
from ..core.random import default_generator
from ..core.tensor import Tensor
from ..execution import executor
from ..execution.report import report, user_line
from ..nn.hooks import every_module
from ..nn.module import Module
from .census import SIMPLE, Census, Names, user_codes
from .graph import Refused
from .owners import described
from .reading import Reading, Snapshot
from .recording import Recording, Unsupported, explanation, recorded
from .replay import Replay
from .stance import current, refuse_recompiling

_MAX_REPLAYS = 64
_MAX_ATTEMPTS = 8
MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


class Compiled:
    """A compiled function: its recordings by the kind of call they belong to."""

    def __init__(self, fn: Callable, fullgraph: bool = False, limit: int | None = None):
        self.fn = fn
        self._fullgraph = fullgraph
        self._limit = limit or _MAX_ATTEMPTS
        self._replays: dict[tuple, list[Replay]] = {}
        self._attempts: dict[tuple, int] = {}
        self._count = 0

    def __call__(self, *args, **kwargs):
        if self._stands_aside():
            return self.fn(*args, **kwargs)
        leaves: list[Tensor] = []
        casting = tuple(state.casting.items())
        settings = state.grad_enabled, state.inference, default_dtype(), default_setting(), get_float32_matmul_precision(), casting
        key = (settings, _described(args, leaves), _described(kwargs, leaves) if kwargs else ())
        found = self._replays.get(key)
        if found is not None:
            for replay in found:
                tensors = replay.extended(leaves)
                if tensors is not None and replay.holds(tensors):
                    result = replay.run(tensors)
                    return self.fn(*args, **kwargs) if result is NotImplemented else result
        refuse_recompiling(self.fn)
        if current.name == "eager_on_recompile" or self._attempts.get(key, 0) >= self._limit or self._count >= _MAX_REPLAYS:
            return self.fn(*args, **kwargs)
        return self._record(key, args, kwargs, leaves)

    def _stands_aside(self) -> bool:
        """Whether ops are on their way elsewhere (a transform, a profiler, anomaly mode, an outer recording): then the function just runs."""
        return bool(
            executor.recording is not None or state.levels or state.transforms or executor.intercepted or anomaly.enabled or defaults.stack
            or current.name == "force_eager" or every_module.any_call_hook()
        )  # fmt: skip

    def _record(self, key: tuple, args: tuple, kwargs: dict, leaves: list[Tensor]):
        self._attempts[key] = self._attempts.get(key, 0) + 1
        executor.flush("a compiled function was recorded")
        roots = [self.fn, *_objects(args), *_objects(kwargs)]
        census = Census(roots)
        device = _device_of(leaves, census)
        snapshot = Snapshot(census, leaves)
        seed, counter = default_generator._seed, default_generator._counter
        try:
            with casts_apart():
                (result, codes), recording = recorded(lambda: user_codes(lambda: self.fn(*args, **kwargs)), self._fullgraph, device)
        except Unsupported:
            snapshot.restore()
            default_generator._seed, default_generator._counter = seed, counter
            raise
        try:
            replay = Replay(self._read(snapshot, recording, result, Census(roots, Names(codes))), device)
        except Refused as refusal:
            self._tell(str(refusal), recording)
        except Exception as error:
            # The call itself went well; what kind of object defies reading is for explain() to say, not for the user's loop to die of.
            self._tell(f"it could not be read: {type(error).__name__}: {error}", recording)
        else:
            self._count += 1
            self._replays.setdefault(key, []).insert(0, replay)
        snapshot.forget()
        if recording.ends_step and not recording.segment.closed:
            executor.deferred.flush("a compiled step ended")
        elif executor.mode != "deferred":
            executor.flush("a compiled function ended")
        return result

    @staticmethod
    def _read(snapshot: Snapshot, recording: Recording, result, named: Census) -> Reading:
        if recording.broken is not None:
            raise Refused(explanation(recording.broken))
        rebound = snapshot.census.rebound()
        changed = snapshot.census.changed(rebound)
        if changed is not None:
            raise Refused(f"{changed} while it ran")
        return Reading(snapshot, named, recording, result, rebound)

    def _tell(self, refusal: str, recording: Recording) -> None:
        site = recording.broken or ("compile", *user_line())
        name = getattr(self.fn, "__qualname__", type(self.fn).__name__)
        report.note(site, f"{name} goes on deferred: {refusal}")


def _device_of(leaves: list[Tensor], census: Census):
    for t in (*leaves, *census.tensors):
        if t._aval.device is not None:
            return t._aval.device
    return to_jax_device(None)


def _described(x, leaves: list[Tensor]):
    """An argument as part of a key; its Tensors are collected."""
    if isinstance(x, Tensor):
        leaves.append(x)
        return described(x)
    cls = x.__class__
    if cls in SIMPLE:
        return cls, x
    if cls is tuple or cls is list:
        return cls, *[_described(item, leaves) for item in x]
    if cls is dict:
        return cls, *[(k, _described(v, leaves)) for k, v in x.items()]
    return cls, id(x)


def _objects(x) -> list:
    """What is among the arguments besides Tensors and plain values: objects the function may work on."""
    if isinstance(x, Tensor) or type(x) in SIMPLE:
        return []
    if isinstance(x, tuple | list):
        return [o for item in x for o in _objects(item)]
    if isinstance(x, dict):
        return [o for item in x.values() for o in _objects(item)]
    return [x]


class OptimizedModule(Module):
    """A module whose calls are compiled (torch._dynamo.OptimizedModule): what it has is the original's, which is `_orig_mod`."""

    def __init__(self, module: Module, **options):
        super().__init__()
        self._orig_mod = module
        object.__setattr__(self, "_compiled", Compiled(module.__call__, **options))
        self.training = module.training

    def __call__(self, *args, **kwargs):
        return self._compiled(*args, **kwargs)

    def forward(self, *args, **kwargs):
        """The compiled call."""
        return self._compiled(*args, **kwargs)

    def __getattr__(self, name: str):
        if name == "_orig_mod":
            return self.__dict__["_modules"]["_orig_mod"]
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self._orig_mod, name)

    def __setattr__(self, name: str, value) -> None:
        if name in ("_orig_mod", "training") or name.startswith("_") or "_modules" not in self.__dict__ or "_orig_mod" not in self._modules:
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __reduce__(self):
        return OptimizedModule, (self._orig_mod,)

    def train(self, mode: bool = True):
        """Training mode for the original."""
        self._orig_mod.train(mode)
        return super().train(mode)


def compile(model: Callable | None = None, *, fullgraph: bool = False, dynamic: bool | None = None, backend: str | Callable | None = None,
            mode: str | None = None, options: dict | None = None, name: str | None = None, disable: bool = False,
            recompile_limit: int | None = None, isolate_recompiles: bool = False, shapes_spec: Any = None) -> Any:
    """A function, a module or a whole training step that runs as one XLA program (torch.compile).

    The first calls run as written, under watch; when the surroundings are as they were (arguments' shapes and dtypes, parameters, modes, Python
    values the function names) later calls repeat what was recorded, with today's values, learning rates and random numbers. A call that
    needs a value in Python goes on deferred from that line, with a note in `torchlike.debug.explain()`, or raises with `fullgraph`. Python
    side effects happen only while recording. `backend`, `dynamic` and `options` are accepted: XLA is the one backend.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode is not None and mode not in MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
    if dynamic is not None and not isinstance(dynamic, bool):
        raise AssertionError(f"Expected enable to be a bool, got {type(dynamic)}")
    _check_backend(backend)
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode, options=options, name=name,
                                 disable=disable, recompile_limit=recompile_limit)  # fmt: skip
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or getattr(model, "_torchdynamo_disable", False):
        return model
    if isinstance(model, Module):
        return OptimizedModule(model, fullgraph=fullgraph, limit=recompile_limit)
    if inspect.isclass(model):
        return model
    return _wrapped(model, Compiled(model, fullgraph, recompile_limit))


def compile_in_place(self: Module, *args, **kwargs) -> None:
    """Compile this module's calls in place (torch.nn.Module.compile); the arguments are those of `torch.compile`."""
    self.__dict__["_compiled_call_impl"] = compile(self._call_impl, *args, **kwargs)


Module.compile = compile_in_place  # type: ignore[attr-defined]


def _check_backend(backend) -> None:
    from . import list_backends

    if isinstance(backend, str) and backend not in (*list_backends(), "eager", "aot_eager"):
        raise InvalidBackend(f"Invalid backend: '{backend}', see `torch._dynamo.list_backends()` for available backends.")


class InvalidBackend(RuntimeError):
    """There is no such backend (torch._dynamo.exc.InvalidBackend)."""


def _wrapped(fn: Callable, compiled: Compiled) -> Callable:
    def call(*args, **kwargs):
        return compiled(*args, **kwargs)

    try:
        functools.update_wrapper(call, fn)
    except AttributeError:
        warnings.warn(f"{fn!r} has no name to take over", stacklevel=3)
    call._torchdynamo_orig_callable = fn  # type: ignore[attr-defined]
    return call
