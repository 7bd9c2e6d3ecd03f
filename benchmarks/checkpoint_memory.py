"""What checkpointing saves: memory of one training step of a deep model with and without it, each variant in a process of its own.

    python benchmarks/checkpoint_memory.py [--blocks 24] [--tokens 2048] [--width 256]

`held` is the bytes of arrays alive when forward is done, `highest` the most seen there and at each block of backward (both torchlike only);
`peak RSS` is how far the process grew during a step after the first, which has compiled everything; `time` is that of the fastest. The
loss and the sum of the gradients show that all variants compute the same.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from common import header, table

VARIANTS = ("plain", "every block", "segments of 5", "selective (products kept)", "reentrant")


def network(torch, blocks: int, width: int):
    """Blocks of LayerNorm, two linear layers with a GELU between, and a way around them."""

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = torch.nn.LayerNorm(width)
            self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

        def forward(self, x):
            return x + self.down(torch.nn.functional.gelu(self.up(self.norm(x))))

    return torch.nn.ModuleList(Block() for _ in range(blocks))


def fill(torch, parameters) -> None:
    """The same numbers in both libraries."""
    with torch.no_grad():
        for k, p in enumerate(parameters):
            p.copy_(torch.sin(torch.arange(p.numel(), dtype=torch.float32) * (k + 1.3)).reshape(p.shape) / p.shape[-1] ** 0.5)


def run_blocks(torch, blocks, x, variant: str, watch):
    """Forward through all blocks in the way the variant says; `watch` is shown each block's output."""
    c = importlib.import_module(f"{torch.__name__}.utils.checkpoint")
    if variant == "segments of 5":
        return c.checkpoint_sequential(torch.nn.Sequential(*blocks), max(len(blocks) // 5, 1), x, use_reentrant=False)
    products = [torch.ops.aten.addmm.default, torch.ops.aten.mm.default]
    options = {"use_reentrant": variant == "reentrant"}
    if variant.startswith("selective"):
        options["context_fn"] = functools.partial(c.create_selective_checkpoint_contexts, products)
    for block in blocks:
        x = block(x) if variant == "plain" else c.checkpoint(block, x, **options)
        watch(x)
    return x


def status(field: str) -> int:
    """Kilobytes, from the kernel's account of this process."""
    return int(re.search(rf"{field}:\s*(\d+)", Path("/proc/self/status").read_text()).group(1))


def measure(library: str, variant: str, blocks: int, tokens: int, width: int) -> dict:
    """Four steps; the figures are those of the last three."""
    torch = importlib.import_module(library)
    model = network(torch, blocks, width)
    fill(torch, model.parameters())
    x = torch.sin(torch.arange(tokens * width, dtype=torch.float32)).reshape(tokens, width).requires_grad_()
    alive: list[int] = []

    def sample(*_) -> None:
        if library == "torchlike":
            import jax

            alive.append(sum(a.nbytes for a in jax.live_arrays()))

    result: dict = {"seconds": float("inf"), "peak": 0.0}
    for number in range(4):
        model.zero_grad()
        x.grad = None
        alive.clear()
        # Ask the kernel to start its high-water mark afresh.
        Path("/proc/self/clear_refs").write_text("5")
        before, start = status("VmRSS"), time.perf_counter()
        loss = run_blocks(torch, model, x, variant, lambda y: y.register_hook(lambda g: sample())).square().mean()
        result["loss"] = loss.item()
        sample()
        result["held"] = alive[0] / 2**20 if alive else None
        loss.backward()
        result["gradients"] = sum(p.grad.abs().sum().item() for p in model.parameters())
        if number:
            result["seconds"] = min(result["seconds"], time.perf_counter() - start)
            result["peak"] = max(result["peak"], (status("VmHWM") - before) / 2**10)
        result["highest"] = max(alive) / 2**20 if alive else None
    return result


def in_a_process(library: str, variant: str, sizes: list[str]) -> dict:
    """Measure one variant; small thresholds make the allocator give memory back at once, so that the process's size means something."""
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, __file__, "--measure", library, variant, *sizes]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure every variant under each library that is there, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "VARIANT"), help="one variant, in this process")
    for name, value in (("blocks", 24), ("tokens", 2048), ("width", 256)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure, given.blocks, given.tokens, given.width)))
        return
    sizes = ["--blocks", str(given.blocks), "--tokens", str(given.tokens), "--width", str(given.width)]
    print(header())
    print(f"{given.blocks} blocks, {given.tokens} tokens, width {given.width}; MiB; ratios to the plain step of the same library\n")
    libraries = ["torchlike"] + (["torch"] if importlib.util.find_spec("torch") else [])
    rows = []
    for library in libraries:
        plain: dict = {}
        for variant in VARIANTS:
            found = in_a_process(library, variant, sizes)
            plain = plain or found
            rows.append([
                library, variant, *(f"{found[k]:.0f}" if found[k] is not None else "-" for k in ("held", "highest", "peak")),
                f"{found['peak'] / plain['peak']:.2f}", f"{found['seconds'] / plain['seconds']:.2f}", f"{found['loss']:.6f}",
                f"{found['gradients']:.5g}",
            ])  # fmt: skip
    print(table(["library", "variant", "held", "highest", "peak RSS", "ratio", "time", "loss", "gradients"], rows))


if __name__ == "__main__":
    main()
