"""Faces: the function objects that users hold, which can be told, once, to ask for overrides before they run.

Every public function is a face, a twin of the function that torchlike itself calls: same code, same closure, an identity of its own. So
`torch.relu`, `torch.Tensor.relu` and `torch.nn.functional.relu` are three functions to a `__torch_function__`, as in PyTorch, and
a call of one costs what a call of the original does.

The first subclass of Tensor, mode or import of `torch.overrides` *arms* the faces: their code is exchanged in place for one that asks first.
Whoever fetched a function before (`from torch import add`, a dictionary of handlers) holds the same object as after. Programs that use no
override never pay for the question, and torchlike's own calls, which go to the originals, are never seen, like PyTorch's C++.
"""

from __future__ import annotations

import enum
import functools
import inspect
import sys
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from .old_order import rearranged, renamed
from .override_state import ALL_DISABLED, ENABLED, state
from .overrides import ask, collect, handle, nobody_answered, overrides


class Style(enum.Enum):
    """How PyTorch writes a function, which shows in what its handlers are given and in the error when none answers."""

    COMPILED = enum.auto()  # C++: arguments as they came
    GETTER = enum.auto()  # C++, an attribute: modes are told the class of its owner
    FACTORY = enum.auto()  # C++, of data: modes see it, the data is not asked
    PYTHON = enum.auto()  # Python: arguments with a default by keyword and in full
    KEYWORDS = enum.auto()  # Python: every argument by keyword
    SILENT = enum.auto()  # nobody sees it, nor what it calls


class Face:
    """One public function: the twin that users hold, the original that it runs, and what handlers are given for it."""

    __slots__ = ("public", "body", "style", "shown", "title", "operator", "_signature")

    def __init__(self, public: FunctionType, body: FunctionType, style: Style, title: str, shown: Any = None, operator: bool = False):
        self.public = public
        self.body = body
        self.style = style
        self.title = title
        self.shown = public if shown is None else shown
        # Python must ask the other operand: errors of type become NotImplemented.
        self.operator = operator
        self._signature: inspect.Signature | None = None

    def signature(self) -> inspect.Signature:
        """The signature of the function, read when it is first asked for."""
        if self._signature is None:
            self._signature = inspect.signature(self.body)
        return self._signature

    def of_self_alone(self) -> bool:
        """Whether this is an attribute or a method without arguments: of those, modes are told the class of the Tensor."""
        if self.style is not Style.GETTER and not self.title.startswith("torch.Tensor."):
            return False
        return self.style is Style.GETTER or len(self.signature().parameters) == 1

    def canonical(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """The arguments as PyTorch's Python code passes them on to handlers."""
        signature = self.signature()
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return args, kwargs
        bound.apply_defaults()
        positional, named = [], {}
        for name, value in bound.arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(value)
            elif parameter.kind is parameter.VAR_KEYWORD:
                named.update(value)
            elif parameter.default is parameter.empty and self.style is Style.PYTHON and parameter.kind is not parameter.KEYWORD_ONLY:
                positional.append(value)
            else:
                named[name] = value
        return tuple(positional), named


FACES: dict[FunctionType, Face] = {}
_first_face_of: dict[Callable, FunctionType] = {}
_armed = False
_LIBRARY = __name__.partition(".")[0]


def twin(function: FunctionType, name: str, module: str, qualname: str) -> FunctionType:
    """A function that does the same under another identity."""
    # The name of the code tells `failed` whether a method was called.
    code = function.__code__.replace(co_qualname=qualname) if "." in qualname else function.__code__
    result = FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)
    result.__kwdefaults__ = function.__kwdefaults__
    result.__dict__.update(function.__dict__)
    result.__doc__, result.__annotations__ = function.__doc__, function.__annotations__
    result.__module__, result.__qualname__ = module, qualname
    return result


def add_face(function: FunctionType, name: str, module: str, qualname: str, style: Style, title: str) -> FunctionType:
    """The public twin of a function, armed if the others are."""
    public = twin(function, name, module, qualname)
    FACES[public] = Face(public, function, style, title)
    _first_face_of.setdefault(function, public)
    if _armed:
        _arm(FACES[public])
    return public


def activate() -> None:
    """Have every face ask for overrides from now on, in this process."""
    global _armed
    if not _armed:
        _armed = True
        for face in FACES.values():
            _arm(face)


def notice_class(cls: type) -> None:
    """A subclass of Tensor came to be: if it overrides functions, they must start to ask."""
    if overrides(cls):
        activate()


@functools.cache
def _armed_code(free: tuple[str, ...]) -> CodeType:
    """The code of an armed face. A function keeps its closure, so new code must declare the same free variables; and it must bring them into
    its frame, though it reads none, because Python crashes where somebody looks at the variables of a frame that lacks them."""
    scope: dict[str, Any] = {}
    source = f"""def around({", ".join(free)}):
    def face(*args, _enter, **kwargs):
        return _enter(args, kwargs)
        {", ".join(free)}
    return face"""
    exec(compile(source, __file__, "exec"), scope)
    return scope["around"](*free).__code__


def _arm(face: Face) -> None:
    public = face.public
    if "__wrapped__" not in public.__dict__:
        public.__wrapped__ = face.body  # type: ignore[attr-defined] # what inspect.signature reads
    public.__defaults__ = None
    public.__kwdefaults__ = {"_enter": _entry(face)}
    code = _armed_code(public.__code__.co_freevars)
    public.__code__ = code.replace(co_name=public.__name__, co_qualname=public.__qualname__)


def _entry(face: Face) -> Callable:
    body, style = face.body, face.style
    asks, asks_arguments = style is not Style.SILENT, style not in (Style.SILENT, Style.FACTORY)
    # What PyTorch writes in C++ is not seen at work: not even where torchlike uses public methods and attributes.
    quiet = style not in (Style.PYTHON, Style.KEYWORDS)

    def enter(args, kwargs):
        level = state.level
        if level is ALL_DISABLED:
            return body(*args, **kwargs)
        found: list = []
        if asks_arguments and level is ENABLED:
            collect(args, found)
            if kwargs:
                collect(kwargs.values(), found)
        if found or (asks and state.modes):
            return _overridden(face, found, args, kwargs)
        if not quiet:
            return body(*args, **kwargs)
        state.level = ALL_DISABLED
        try:
            return body(*args, **kwargs)
        finally:
            state.level = level

    return enter


def _overridden(face: Face, found: list, args: tuple, kwargs: dict):
    try:
        if face.style in (Style.PYTHON, Style.KEYWORDS):
            args, kwargs = face.canonical(args, kwargs)
            return handle(face.shown, face.title, (*args, *kwargs.values()), args, kwargs)
        types = (type(args[0]),) if args and face.of_self_alone() else tuple(map(type, found))
        result = ask(face.shown, found, types, args, kwargs or None, compiled=True)
        if result is NotImplemented:
            raise nobody_answered(face.title, found)
        return result
    except TypeError:
        if face.operator:
            return NotImplemented
        raise


def failed(function: Callable, args: tuple, kwargs: dict):
    """A public function failed. The first object of the process that overrides functions and is no Tensor shows here, with the faces not yet
    armed: arm them and call again. Arguments in PyTorch's old order are put into today's. To a user whose arguments PyTorch would not have
    taken, the error is PyTorch's; any other goes on its way.

    The error is never kept in a variable: it would keep the frames, and the Tensors in them, in a cycle."""
    kind = sys.exc_info()[0]
    public = _first_face_of.get(function)
    if kind is not None and issubclass(kind, TypeError | AttributeError):
        today = rearranged(function.__name__, args)
        if today is not None:
            return function(*today[0], **today[1], **kwargs)
        known = None if public is not None and FACES[public].style is Style.PYTHON else renamed(kwargs)
        if known is not None:
            return function(*args, **known)
    frame = sys._getframe(2)
    here = frame.f_globals is globals()
    # Either an armed face called, or this function, calling again.
    armed = here and "face" in frame.f_locals
    outside = here or frame.f_globals.get("__name__", "").partition(".")[0] != _LIBRARY
    if not outside or kind is None or issubclass(kind, NotImplementedError):
        raise
    if not _armed and public is not None and issubclass(kind, TypeError | AttributeError) and collect((*args, *kwargs.values()), []):
        activate()
        return public(*args, **kwargs)
    from .arguments import misfit

    called = frame.f_locals["face"].public.__qualname__ if armed else sys._getframe(1).f_code.co_qualname
    del frame
    refusal = misfit(function.__name__, args, kwargs, called.startswith("Tensor."))
    if refusal is None:
        raise
    try:
        raise refusal from None
    finally:
        del refusal


def ask_operand(operator: FunctionType, tensor, other):
    """As `failed`, for an operator that does not know its second operand."""
    if _armed or not overrides(type(other)):
        return NotImplemented
    activate()
    return _first_face_of[operator](tensor, other)
