"""Several devices: JAX can split the CPU into two, which move and refuse to mix like any accelerator's."""

import os
import subprocess
import sys

PROGRAM = """
import torchlike as torch
from torchlike import nn

x = torch.ones(3, device="cpu:1")
assert x.device == torch.device("cpu", 1), x.device
assert {d.id for d in x.jax().devices()} == {1}
assert repr(x) == "tensor([1., 1., 1.], device='cpu:1')", repr(x)
for made in (torch.randn(2, device="cpu:1"), torch.arange(3, device="cpu:1"), torch.tensor([1.0], device="cpu:1"), torch.zeros_like(x), x.new_ones(2),
             x * 2, x + x, x[1:], x.t(), x.sum(), torch.cat([x, x]), x.to(torch.float64), x > 0):
    assert made.device == x.device and {d.id for d in made.jax().devices()} == {1}

y = torch.ones(3)
try:
    x + y
except RuntimeError as error:
    assert "Expected all tensors to be on the same device" in str(error)
else:
    raise AssertionError("devices mixed")
assert (x * torch.tensor(2.0)).device == x.device  # a 0-d CPU tensor may join

w = torch.ones(3, requires_grad=True)
moved = w.to("cpu:1")
(moved * x * 3).sum().backward()
assert w.grad.tolist() == [3.0, 3.0, 3.0] and w.grad.device == torch.device("cpu")
(g,) = torch.autograd.grad((w.to("cpu:1") ** 3).sum(), w, create_graph=True)
assert torch.autograd.grad(g.sum(), w)[0].tolist() == [6.0, 6.0, 6.0]
y[0] = x[0] * 5
y.copy_(x)
assert y.device == torch.device("cpu")

model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 1)).to("cpu:1")
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(2):
    loss = model(x).pow(2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
assert all(p.device == x.device and p.grad.device == x.device for p in model.parameters())
torch.set_default_device("cpu:1")
assert torch.ones(1).device == x.device
torch.set_default_device(None)
with torch.device("cpu:1"):
    assert torch.ones(1).device == x.device
assert torch.ones(1).device == torch.device("cpu")
print("done")
"""


def test_two_devices():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=600, env={**os.environ, "XLA_FLAGS": flags})
    assert done.stdout == "done\n", done.stderr
