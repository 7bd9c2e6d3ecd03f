"""Thread-local modes: gradient recording and inference. Each is a context manager, a decorator and (where PyTorch's is) a function."""

from __future__ import annotations

import functools
import inspect
import itertools
import threading
import warnings


class _State(threading.local):
    grad_enabled = True
    inference = False
    forward_grad_enabled = True
    levels: tuple = ()  # the levels of forward mode and vmap being run, outermost first (core/levels.py)
    transforms: tuple = ()  # the function transforms (torch.func) being run, outermost first
    marks = False  # whether new Tensors are told apart from others: in inference mode and inside a function transform
    casting: dict = {}  # the kinds of device that autocast is on for, and the dtype each casts to (core/autocast.py)
    detour = False  # whether the arguments of an op are looked at before it is called: for levels and for autocast

    def sort(self) -> None:
        """Find out anew whether new Tensors are to be marked, and arguments to be looked at."""
        self.marks = self.inference or bool(self.transforms)
        self.detour = bool(self.levels) or bool(self.casting)


state = _State()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded on this thread."""
    return state.grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on in this thread."""
    return state.inference


class _ContextDecorator:
    """A context manager that also decorates functions, generators and (with a warning) classes. A fresh instance guards each call,
    so recursion and re-entry restore in the right order."""

    def clone(self):
        return type(self)()

    def __call__(self, target):
        if inspect.isclass(target):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or methods. "
                "To preserve the current behavior of class decoration, you can directly decorate the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            target.__init__ = self(target.__init__)
            return target
        if inspect.isgeneratorfunction(target):
            return _wrap_generator(self.clone, target)

        @functools.wraps(target)
        def wrapped(*args, **kwargs):
            with self.clone():
                return target(*args, **kwargs)

        return wrapped


def _wrap_generator(make_context, target):
    @functools.wraps(target)
    def wrapped(*args, **kwargs):
        generator = target(*args, **kwargs)
        step, argument = generator.send, None
        try:
            while True:
                # The mode holds while the generator's body runs, not while its caller does.
                try:
                    with make_context():
                        item = step(argument)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, argument = generator.send, (yield item)
                except GeneratorExit:
                    with make_context():
                        generator.close()
                    raise
                except BaseException as error:
                    step, argument = generator.throw, error
        finally:
            generator.close()

    return wrapped


_serials = itertools.count(1).__next__


class Transform:
    """One running function transform (torch.func): some methods of Tensor refuse within it, and Tensors made in it are marked as its own."""

    serial = 0
    # Which one of the nested transforms it is, the outermost being 1.
    position = 0
    # Whether it takes derivatives: then the function may write only into what was made after it began.
    differentiates = False

    def shown(self, tensor) -> tuple | None:
        """How a Tensor prints here: (name of the wrapper, what it says besides its level, the Tensor one level down); None if unwrapped."""
        own = self.differentiates and tensor._storage.born >= self.serial
        return ("GradTrackingTensor", "", self.outside(tensor)) if own else None

    def outside(self, tensor):
        """A Tensor of this transform as it is one level down."""
        return tensor

    def open(self) -> None:
        """Begin."""
        self.serial = _serials()
        state.transforms = (*state.transforms, self)
        self.position = len(state.transforms)
        state.sort()

    def close(self) -> None:
        """End."""
        state.transforms = tuple(t for t in state.transforms if t is not self)
        state.sort()


class _NoParenthesis(_ContextDecorator):
    """Lets `@no_grad` stand without parentheses."""

    def __new__(cls, target=None):
        if target is None:
            return super().__new__(cls)
        return cls()(target)


class no_grad(_NoParenthesis):
    """Operations are not recorded; results do not require grad (torch.no_grad)."""

    def __enter__(self):
        self.previous = state.grad_enabled
        state.grad_enabled = False

    def __exit__(self, *error):
        state.grad_enabled = self.previous


class enable_grad(_NoParenthesis):
    """Operations are recorded again inside no_grad (torch.enable_grad)."""

    def __enter__(self):
        self.previous = state.grad_enabled
        state.grad_enabled = True

    def __exit__(self, *error):
        state.grad_enabled = self.previous


class set_grad_enabled(_ContextDecorator):
    """Switch recording on or off: at once when called as a function, and for a block as a context manager (torch.set_grad_enabled)."""

    def __init__(self, mode: bool):
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}")
        self.previous = state.grad_enabled
        self.mode = mode
        state.grad_enabled = mode

    def __call__(self, target):
        state.grad_enabled = self.previous
        return super().__call__(target)

    def clone(self):
        return type(self)(self.mode)

    def __enter__(self):
        state.grad_enabled = self.mode

    def __exit__(self, *error):
        state.grad_enabled = self.previous

    def __str__(self):
        return f"torch.autograd.grad_mode.{type(self).__name__}(mode={self.mode})"

    __repr__ = __str__


class inference_mode(_ContextDecorator):
    """Like no_grad, and results can never take part in recording (torch.inference_mode)."""

    def __new__(cls, mode=True):
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True):
        self.mode = mode

    def clone(self):
        return type(self)(self.mode)

    def __enter__(self):
        self.previous = state.grad_enabled, state.inference
        state.inference = self.mode
        state.grad_enabled = not self.mode
        state.sort()

    def __exit__(self, *error):
        state.grad_enabled, state.inference = self.previous
        state.sort()
