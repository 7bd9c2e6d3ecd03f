"""Random tensors. Each draw passes the generator's position as an operand, so drawing again never recompiles."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.device import to_jax_device
from ..core.dispatch import dispatch
from ..core.dtype import c_type_name, default_dtype, scalar_type_name
from ..core.inplace import assign, check_writable, resize_for_output, write_out
from ..core.levels import examined
from ..core.mapped import refuse_same_draws
from ..core.modes import state
from ..core.op import function, op
from ..core.random import key_from, next_seed
from ..core.refusals import DRAWN_NUMBERS, rewording
from ..core.tensor import Tensor
from .checks import refuse, refuse_complex, refuse_integral
from .create import finish, parse_size, refuse_pinned, wanted_dtype
from .promotion import broadcast_shapes, real_dtype
from .room import EXACT, check_order, check_room, check_span, room_above


def _wide(dtype):
    """The dtype to draw in: halves are drawn in float32 and rounded."""
    return jnp.float32 if dtype.itemsize < 4 else dtype


def _uniform(key, shape, dtype):
    return jax.random.uniform(key, shape, _wide(dtype)).astype(dtype)


def _normal(key, shape, dtype):
    if dtype.kind == "c":
        part = real_dtype(dtype)
        halves = jax.random.normal(key, (2, *shape), part) * np.asarray(0.5**0.5, part)
        return jax.lax.complex(halves[0], halves[1])
    return jax.random.normal(key, shape, _wide(dtype)).astype(dtype)


@op(public=False, creates=True, differentiable=False)
def _rand(seed, /, *, size, dtype, device):
    if dtype.kind == "c":
        part = real_dtype(dtype)
        halves = _uniform(key_from(seed), (2, *size), part)
        return jax.lax.complex(halves[0], halves[1])
    return _uniform(key_from(seed), size, dtype)


@op(public=False, creates=True, differentiable=False)
def _randn(seed, /, *, size, dtype, device):
    return _normal(key_from(seed), size, dtype)


@op(public=False, creates=True, differentiable=False)
def _randint(seed, low, high, /, *, size, dtype, device):
    span = (jnp.asarray(high, np.int64) - jnp.asarray(low, np.int64)).astype(np.uint64)
    offset = _high_product(jax.random.bits(key_from(seed), size, np.uint64), span)
    return (offset.astype(np.int64) + low).astype(dtype)


def _high_product(a, b):
    """The upper half of the product of unsigned 64-bit integers: draws of 64 bits become ones below `b`, without a division, which takes XLA
    long to compile and to run."""
    half, lower = np.uint64(32), np.uint64(0xFFFFFFFF)
    a1, a0, b1, b0 = a >> half, a & lower, b >> half, b & lower
    cross, other = a0 * b1, a1 * b0
    carried = ((a0 * b0) >> half) + (cross & lower) + (other & lower)
    return a1 * b1 + (cross >> half) + (other >> half) + (carried >> half)


@op(public=False, creates=True, differentiable=False)
def _randperm(seed, /, *, n, dtype, device):
    return jax.random.permutation(key_from(seed), n).astype(dtype)


def _factory(name: str, kernel):
    def factory(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, names=None,
                **kwargs):
        refuse_pinned(pin_memory)
        shape = parse_size(name, (kwargs["size"],) if "size" in kwargs else size)
        settings = (shape, wanted_dtype(dtype, default_dtype(), out, name), to_jax_device(device))
        if settings[1].kind not in "fVc":
            kernel_name = "check_uniform_bounds" if name == "rand" else "normal_kernel_cpu"
            raise NotImplementedError(f"\"{kernel_name}\" not implemented for '{scalar_type_name(settings[1])}'")
        return finish(dispatch(kernel.op, (next_seed(generator),), settings), requires_grad, out, dtype)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"Random numbers of the given size: {'uniform in [0, 1)' if name == 'rand' else 'standard normal'} (torch.{name})."
    return function(factory)


rand = _factory("rand", _rand)
randn = _factory("randn", _randn)


def _like(name: str, factory):
    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None, generator=None):
        return factory(input._aval.shape, generator=generator, dtype=dtype or input.dtype, device=input.device if device is None else device,
                       requires_grad=requires_grad)

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"`torch.{name.removesuffix('_like')}` in the shape, dtype and device of `input` (torch.{name})."
    return function(like)


rand_like = _like("rand_like", rand)
randn_like = _like("randn_like", randn)


@function
def randint(*args, low=None, high=None, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
            pin_memory=False):
    """Uniform integers in [low, high), low 0 unless given (torch.randint)."""
    refuse_pinned(pin_memory)
    args = list(args)
    if size is None:
        size = args.pop()
    if high is None:
        high = args.pop()
    if low is None:
        low = args.pop() if args else 0
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if isinstance(high, float) or isinstance(low, float):
        wrong = high if isinstance(high, float) else low
        raise TypeError(f"randint(): argument 'high' (position 1) must be int, not {type(wrong).__name__}")
    if not isinstance(size, tuple | list):
        raise TypeError(f"randint(): argument 'size' (position 2) must be tuple of ints, not {type(size).__name__}")
    kind = wanted_dtype(dtype, np.dtype(np.int64), out)
    check_room(kind, int(low), int(high))
    settings = (parse_size("randint", (size,)), kind, to_jax_device(device))
    return finish(dispatch(_randint.op, (next_seed(generator), int(low), int(high)), settings), requires_grad, out)


@function
def randint_like(input, *args, low=None, high=None, dtype=None, device=None, requires_grad=False, layout=None, memory_format=None):
    """`randint` in the shape and dtype of `input` (torch.randint_like)."""
    bounds = [x for x in (low, *args, high) if x is not None]
    return randint(*bounds, input._aval.shape, dtype=dtype or input.dtype, device=input.device if device is None else device,
                   requires_grad=requires_grad)


@function
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A random order of 0 to n - 1 (torch.randperm)."""
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if not isinstance(n, int | np.integer | Tensor):
        raise TypeError(f"randperm(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    kind = wanted_dtype(dtype, np.dtype(np.int64), out)
    check_order(int(n), kind)
    settings = (int(n), kind, to_jax_device(device))
    return finish(dispatch(_randperm.op, (next_seed(generator),), settings), requires_grad, out)


@op(public=False, node="NormalBackward0")
def _scaled_normal(noise, mean, std, /):
    return noise * std + mean


@_scaled_normal.vjp
def _(mean, std):
    # Zero, as in PyTorch: draws of torch.normal do not move with the parameters.
    return None, jnp.zeros_like(mean), jnp.zeros_like(std)


@function
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Normal samples with the given means and standard deviations (torch.normal)."""
    if not isinstance(std, Tensor) and std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    if tensors:
        _check_deviations(std)
        size = broadcast_shapes(*(t._aval.shape for t in tensors))
        dtype, device = tensors[0].dtype, tensors[0].device
    noise = randn(tuple(size), generator=generator, dtype=dtype, device=device)
    result = _scaled_normal(noise, mean, std)
    if tensors and out is not None and out.shape != result.shape:
        if not isinstance(std, Tensor):
            broadcast_shapes(mean._aval.shape, out._aval.shape)
        resize_for_output(out, result)
    return finish(result, requires_grad, out, dtype)


def _check_deviations(std) -> None:
    """RuntimeError for a Tensor of standard deviations that are complex or negative."""
    if not isinstance(std, Tensor):
        return
    if std._aval.is_complex:
        raise RuntimeError("normal expects standard deviation to be non-complex")
    known = examined(std)
    if known is not None and (known < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")


@op(public=False, node="BernoulliBackward0")
def _bernoulli(seed, p, /):
    return (_uniform(key_from(seed), p.shape, jnp.promote_types(p.dtype, jnp.float32)) < p).astype(p.dtype)


@_bernoulli.vjp
def _(grad, p):
    return None, jnp.zeros_like(p)


@function(method=True)
def bernoulli(input, p=None, *, generator=None, out=None):
    """Ones with the probabilities in `input` (or p), zeros otherwise; `out` may have any dtype (torch.bernoulli)."""
    if out is not None:
        refuse_complex("bernoulli_tensor_cpu_self_", out._aval.dtype)
    result = _flips(input, generator) if p is None else empty_like_filled(input, float(p), generator)
    return result if out is None else write_out("bernoulli", out, result.to(out.dtype), (input,))


def _flips(input: Tensor, generator) -> Tensor:
    _check_probabilities(input)
    values = examined(input)
    if values is not None and values.size and not ((values >= 0) & (values <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement "
            "request to PyTorch.)"
        )
    refuse_same_draws(input)
    return _bernoulli(next_seed(generator), input)


def _check_probabilities(p: Tensor) -> None:
    refuse_complex("bernoulli_tensor_cpu_self_", p._aval.dtype)
    refuse_integral("bernoulli_tensor_cpu_p_", p._aval.dtype)


def empty_like_filled(input: Tensor, p: float, generator) -> Tensor:
    """Bernoulli samples of one probability in the shape of `input`."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    refuse_complex("bernoulli_scalar_cpu_", input._aval.dtype)
    draws = rand(input._aval.shape, generator=generator, device=input.device)
    return (draws < p).to(input.dtype)


@op(public=False)
def _drawn_over(fresh, old, /):
    return fresh


@_drawn_over.vjp
def _(old):
    # What is drawn over what was there depends on it, by a derivative of zero.
    return None, jnp.zeros_like(old)


def _draw_inplace(name: str, doc: str, sample):
    def method(self, *args, generator=None, **kwargs):
        check_writable(self)
        drawn = sample(self, generator, *args, **kwargs).to(self.dtype)
        if self.requires_grad or state.levels:
            drawn = _drawn_over(drawn, self)
        with rewording(DRAWN_NUMBERS):
            return assign(self, drawn)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{doc}, in place (torch.Tensor.{name})."
    return method


def _float_like(t: Tensor, factory, generator):
    dtype = t.dtype if t._aval.inexact else None
    return factory(t._aval.shape, generator=generator, dtype=dtype, device=t.device)


def _require_real(t: Tensor, kernel: str) -> None:
    """PyTorch's kernels of continuous draws take floats only."""
    if not t._aval.inexact or t._aval.is_complex:
        refuse(kernel, t._aval.dtype)


def _require_continuous(t: Tensor, name: str, dtype_name) -> None:
    if not t._aval.inexact or t._aval.is_complex:
        raise RuntimeError(f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you specified "
                           f"{dtype_name(t._aval.dtype)}")


def _uniform_(t, generator, *args, **kwargs):
    refuse_integral("check_uniform_bounds", t._aval.dtype)
    low, high = _bounds(args, kwargs, ("from", "to"), (0.0, 1.0))
    check_span(t._aval.dtype, low, high)
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    return _float_like(t, rand, generator) * (high - low) + low


def _bounds(args: tuple, kwargs: dict, names: tuple, defaults: tuple) -> tuple:
    return tuple(args[i] if i < len(args) else kwargs.get(n, d) for i, (n, d) in enumerate(zip(names, defaults, strict=True)))


def _normal_(t, generator, mean=0.0, std=1.0):
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    refuse_integral("normal_kernel_cpu", t._aval.dtype)
    return _float_like(t, randn, generator) * std + mean


def _exponential_(t, generator, lambd=1.0):
    if lambd <= 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    _require_continuous(t, "Exponential", scalar_type_name)
    return -(1 - _float_like(t, rand, generator)).log() / lambd


def _log_normal_(t, generator, mean=1.0, std=2.0):
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    _require_real(t, "log_normal_cpu")
    return (_float_like(t, randn, generator) * std + mean).exp()


def _cauchy_(t, generator, median=0.0, sigma=1.0):
    if sigma <= 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    _require_continuous(t, "Cauchy", lambda dtype: "long int" if dtype == np.int64 else c_type_name(dtype))
    return ((_float_like(t, rand, generator) - 0.5) * np.pi).tan() * sigma + median


def _geometric_(t, generator, p):
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if t.dtype.name == "bool" or t._aval.is_complex:
        refuse("geometric_cpu", t._aval.dtype)
    draws = 1 - rand(t._aval.shape, generator=generator, device=t.device)
    return (draws.log() / np.log1p(-p)).ceil().clamp(min=1)


def _bernoulli_(t, generator, p=0.5):
    if isinstance(p, Tensor):
        refuse_complex("bernoulli_tensor_cpu_self_", t._aval.dtype)
        _check_probabilities(p)
        return (rand(t._aval.shape, generator=generator, device=t.device) < p).to(t.dtype)
    return empty_like_filled(t, float(p), generator)


def _random_(t, generator, *args, **kwargs):
    names = [kwargs[k] for k in ("from", "to") if kwargs.get(k) is not None]
    bounds = [*args, *names]
    if len(bounds) == 2 and bounds[1] is None:
        bounds[1] = room_above(t._aval.dtype, bounds[0])
    top = EXACT.get(t.dtype.name) or int(np.iinfo(t._aval.dtype).max) + (0 if t.dtype.itemsize == 8 else 1)
    low, high = (0, top) if not bounds else (0, bounds[0]) if len(bounds) == 1 else bounds
    if bounds and low < high:
        check_room(t._aval.dtype, low, high)
    return randint(low, high, t._aval.shape, generator=generator, dtype=t.dtype, device=t.device)


def install(cls: type) -> None:
    """Attach the in-place samplers to Tensor."""
    for name, doc, sample in (
        ("uniform_", "Uniform samples in [from, to)", _uniform_), ("normal_", "Normal samples", _normal_),
        ("exponential_", "Exponential samples", _exponential_), ("log_normal_", "Log-normal samples", _log_normal_),
        ("cauchy_", "Cauchy samples", _cauchy_), ("geometric_", "Geometric samples", _geometric_),
        ("bernoulli_", "Bernoulli samples", _bernoulli_), ("random_", "Uniform integers", _random_),
    ):
        setattr(cls, name, _draw_inplace(name, doc, sample))


