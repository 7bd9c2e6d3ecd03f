"""A Plan is an op at one signature: its kernel, the avals of its outputs, what to save, and the plan of its backward."""

from __future__ import annotations

import jax

from .aval import Aval, aval_of
from .derive import backward_function, discover_residuals, dummies, inputs_read
from .disagreement import retold
from .memory_maps import about_to_compile
from .meta import META, placeholders
from .pushforward import JvpSpec


class Plan:
    """Everything about a call that does not depend on the values, found once per signature and kept in `op.plans`."""

    __slots__ = ("op", "settings", "in_avals", "mask", "kernel", "out_avals", "single", "wanted", "saved", "moves", "device", "_vjp_plans",
                 "_jvp_specs", "compiled", "bytes")

    def __init__(self, op, settings: tuple, mask: int, in_avals: tuple):
        about_to_compile()
        self.op = op
        self.settings = settings
        self.in_avals = in_avals
        self.mask = mask
        device = self.device = _common_device(in_avals, op, settings)
        # 0-d CPU operands that join arrays on another device have to be carried there.
        self.moves = tuple(i for i, a in enumerate(in_avals) if a is not None and a.device not in (None, device))
        self.kernel = op.kernel(settings, device if op.creates and device is not META else None)
        structs = [None if a is None else a.struct() for a in in_avals]
        # Tracing calls the op's function, which checks shapes and dtypes: its errors surface here, before anything ran.
        try:
            shapes = self.kernel.eval_shape(*structs)
        except (TypeError, ValueError) as error:
            told = retold(error)
            if told is error:
                raise
            raise told from None
        self.single = not isinstance(shapes, tuple)
        self.out_avals = tuple(aval_of(s.shape, s.dtype, device) for s in ((shapes,) if self.single else shapes))
        if mask and settings and type(settings[0]) is VjpSpec:
            # What a backward does not read, such as x in the derivative of a * x by x, is no source of its result.
            read = inputs_read(self.kernel, structs)
            self.mask = mask = sum(1 << i for i in read if mask >> i & 1)
        if device is META:
            self.kernel, self.moves = placeholders(self.out_avals, self.single), ()
        self.wanted = tuple(i for i, a in enumerate(in_avals) if a is not None and mask >> i & 1 and a.inexact)
        self.bytes = sum(a.size * a.dtype.itemsize for a in self.out_avals)
        self._vjp_plans: dict = {}
        self._jvp_specs: dict = {}
        # Whether the kernel has run on its own, so that it need not be compiled for that again.
        self.compiled = False
        self.saved: tuple = ()
        if self.wanted and any(a.inexact for a in self.out_avals):
            self.saved = discover_residuals(self.backward(self.wanted), in_avals, self.out_avals, op.aux_outputs)
        else:
            self.wanted = ()

    def backward(self, wanted: tuple):
        """The backward as a pure function of (inputs, outputs, grads)."""
        return backward_function(self.op, self.op.bound(self.settings), self.in_avals, self.out_avals, wanted)

    def would_save(self) -> tuple:
        """What would be saved if every input needed a gradient."""
        everything = tuple(i for i, a in enumerate(self.in_avals) if a is not None and a.inexact)
        return discover_residuals(self.backward(everything), self.in_avals, self.out_avals)

    def vjp_plan(self, wanted: tuple, defined: tuple) -> Plan:
        """The plan of the backward op for these wanted inputs, given cotangents for the `defined` outputs.

        Its arguments are the saved values followed by the defined cotangents.
        """
        key = (wanted, defined)
        found = self._vjp_plans.get(key)
        if found is None:
            spec = VjpSpec(self, wanted, defined)
            found = self._vjp_plans[key] = self.op.vjp_op.plan((spec,), 0, spec.argument_avals())
        return found


    def jvp_spec(self, active: tuple) -> JvpSpec:
        """The setting of the op that pushes tangents of the `active` inputs forward."""
        found = self._jvp_specs.get(active)
        if found is None:
            found = self._jvp_specs[active] = JvpSpec(self, active)
        return found


class VjpSpec:
    """The one setting of a backward op: which plan it belongs to, what it returns and what it is given."""

    __slots__ = ("plan", "wanted", "defined")

    def __init__(self, plan: Plan, wanted: tuple, defined: tuple):
        self.plan = plan
        self.wanted = wanted
        self.defined = defined

    def argument_avals(self) -> tuple:
        values = (*self.plan.in_avals, *self.plan.out_avals)
        return (*(values[i] for i in self.plan.saved), *(self.plan.out_avals[i] for i in self.defined))


def run_backward(*arrays, spec: VjpSpec):
    """The function of every backward op: saved values and defined cotangents in, gradients of the wanted inputs out."""
    plan = spec.plan
    values: list = list(dummies((*plan.in_avals, *plan.out_avals)))
    for i, x in zip(plan.saved, arrays, strict=False):
        values[i] = x
    grads: list = [None] * len(plan.out_avals)
    for i, g in zip(spec.defined, arrays[len(plan.saved) :], strict=True):
        grads[i] = g
    n = len(plan.in_avals)
    return plan.backward(spec.wanted)(tuple(values[:n]), tuple(values[n:]), tuple(grads))


def _common_device(in_avals: tuple, op, settings: tuple):
    """The one device of the arguments; a 0-d CPU array may join arrays of another device, as in PyTorch."""
    if op.creates:
        return op.bound(settings)["device"]
    device, rank = None, -1
    for a in in_avals:
        if a is None or a.device is None:
            continue
        if device is not None and a.device != device and not (_is_cpu_scalar(a) or rank == 0 and device.platform == "cpu"):
            if META in (device, a.device):
                other = a.device if device is META else device
                raise RuntimeError(f"Tensor on device {_device_name(other)} is not on the expected device meta!")
            names = " and ".join(map(_device_name, (device, a.device)))
            raise RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, {names}!")
        if device is None or rank == 0 and not _is_cpu_scalar(a):
            device, rank = a.device, a.ndim
    return device if device is not None else jax.devices("cpu")[0]


def _is_cpu_scalar(a: Aval) -> bool:
    return a.ndim == 0 and a.device.platform == "cpu"


def _device_name(device: jax.Device) -> str:
    kind = "cuda" if device.platform == "gpu" else device.platform
    return kind if kind in ("cpu", "meta") and device.id == 0 else f"{kind}:{device.id}"
