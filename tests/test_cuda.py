"""torch.cuda where there are GPUs: played by the CPU, split into two devices that go by that name."""

import os
import subprocess
import sys

PROGRAM = """
import torchlike.core.device as places

places._PLATFORMS["cuda"] = "cpu"
places._jax_devices.cache_clear()
import torchlike as torch

assert torch.cuda.is_available() and torch.cuda.device_count() == 2 and torch.cuda.is_initialized()
index = lambda: next(iter(torch.ones(1, device="cuda").jax().devices())).id
assert torch.cuda.current_device() == 0 and index() == 0
with torch.cuda.device(1):
    assert torch.cuda.current_device() == 1 and index() == 1
    with torch.cuda.stream(torch.cuda.Stream(device=0)):
        assert index() == 0
    assert index() == 1
torch.cuda.set_device("cuda:1")
assert index() == 1 and torch.cuda.current_stream().device == torch.device("cuda", 1)
torch.cuda.set_device(0)
try:
    torch.cuda.set_device(5)
except RuntimeError as error:
    assert "invalid device ordinal" in str(error)
else:
    raise AssertionError("there is no sixth")

start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
start.record()
torch.ones(300, 300, device="cuda") @ torch.ones(300, 300, device="cuda")
end.record()
torch.cuda.synchronize()
assert 0 < start.elapsed_time(end) < 60_000 and end.query()
assert torch.cuda.current_stream() == torch.cuda.default_stream() and torch.cuda.current_stream().record_event().query()
properties = torch.cuda.get_device_properties(0)
assert properties.name == torch.cuda.get_device_name() and "_CudaDeviceProperties(name=" in repr(properties)
assert torch.cuda.mem_get_info() == (0, 0) and "allocated_bytes.all.peak" in torch.cuda.memory_stats()
assert set(torch.cuda.memory_stats_as_nested_dict()["allocated_bytes"]["all"]) == {"current", "peak"}
torch.cuda.manual_seed_all(3)
states = torch.cuda.get_rng_state_all()
drawn = torch.rand(2)
torch.cuda.set_rng_state_all(states)
assert torch.equal(torch.rand(2), drawn) and torch.cuda.initial_seed() == 3 and len(states) == 2
assert torch.accelerator.current_accelerator() == torch.device("cuda") and torch.accelerator.current_device_index() == 0
with torch.accelerator.device_index(1):
    assert torch.cuda.current_device() == 1
torch.accelerator.synchronize()
for refused in (torch.cuda.CUDAGraph, torch.cuda.cudart, torch.cuda.graph_pool_handle, lambda: torch.cuda.set_per_process_memory_fraction(0.5)):
    try:
        refused()
    except NotImplementedError:
        continue
    raise AssertionError(refused)
print("done")
"""


def test_gpus_as_far_as_a_cpu_can_play_them():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, env={**os.environ, "XLA_FLAGS": flags})
    assert done.stdout == "done\n", done.stderr
