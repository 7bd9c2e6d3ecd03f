"""DistributedDataParallel in a world of one: the module itself, one level down, with gradients that nobody else adds to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from ...distributed.groups import world
from ..module import Module

__all__ = ["DistributedDataParallel"]

_ON_CPU = (
    "DistributedDataParallel device_ids and output_device arguments only work with single-device/multiple-device GPU modules or CPU modules, but got "
    "device_ids {}, output_device {}, and module parameters {}."
)


class DistributedDataParallel(Module):
    """Calls `module`, which the state dict shows under "module." (torch.nn.parallel.DistributedDataParallel). `no_sync` and `join` have nothing
    to hold back or wait for; a hook for communication is never called. Needs `init_process_group`."""

    def __init__(self, module: Module, device_ids=None, output_device=None, dim: int = 0, broadcast_buffers: bool | None = None,
                 init_sync: bool = True, process_group=None, bucket_cap_mb=None, find_unused_parameters: bool = False,
                 check_reduction: bool = False, gradient_as_bucket_view: bool = False, static_graph: bool = False, **options):
        super().__init__()
        self.process_group = world() if process_group is None else process_group
        learning = [p for p in module.parameters() if p.requires_grad]
        if not learning:
            raise RuntimeError("DistributedDataParallel is not needed when a module doesn't have any parameter that requires a gradient.")
        devices = {p.device for p in module.parameters()}
        self.device = learning[0].device
        self.device_type = self.device.type
        if device_ids is not None and len(device_ids) > 1:
            raise ValueError("device_ids can only be None or contain a single element.")
        if (device_ids or output_device is not None) and self.device_type == "cpu":
            raise ValueError(_ON_CPU.format(device_ids, output_device, devices))
        self.module = module
        self.is_multi_device_module = len(devices) > 1
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim
        self.broadcast_buffers = broadcast_buffers is not False
        self.find_unused_parameters, self.static_graph = find_unused_parameters, static_graph
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.require_backward_grad_sync = self.require_forward_param_sync = True
        self.parameters_to_ignore = set(getattr(module, "_ddp_params_and_buffers_to_ignore", ()))

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """A context in which gradients would stay this process' own, as they are anyway."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextlib.contextmanager
    def join(self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False) -> Iterator[None]:
        """A context for processes with unequal numbers of batches."""
        yield

    def register_comm_hook(self, state: object, hook: Callable) -> None:
        """Accept a hook for the exchange of gradients, of which there is none; TypeError if it cannot be called."""
        if not callable(hook):
            raise TypeError("Communication hook must be callable.")

    def _set_static_graph(self) -> None:
        self.static_graph = True
