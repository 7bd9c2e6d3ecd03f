"""Microseconds per op on tiny tensors: the bare jitted kernel, torchlike without and with grad, PyTorch without and with grad, and a backward.

    python benchmarks/op_overhead.py

The column "ours" is what torchlike's Python adds to the kernel call; the bound it is held to is 10.
"""

import jax
import jax.numpy as jnp
from common import fail_without_torch, header, interleaved, table

torch = fail_without_torch()
import torchlike  # noqa: E402

# What an op adds to running its kernel is measured where each op runs its kernel.
torchlike.set_execution("immediate")

ROUNDS, CALLS = 9, 1500
OPS = {
    "x + w": (lambda m, x, w: x + w, lambda x, w: x + w),
    "x * w": (lambda m, x, w: x * w, lambda x, w: x * w),
    "x * 2.5": (lambda m, x, w: x * 2.5, lambda x, s: x * s),  # the number is an operand of the kernel, so that a new one does not recompile
    "x.exp()": (lambda m, x, w: x.exp(), lambda x, w: jnp.exp(x)),
    "x.relu()": (lambda m, x, w: x.relu(), lambda x, w: jax.nn.relu(x)),
    "x.sum()": (lambda m, x, w: x.sum(), lambda x, w: x.sum()),
    "x @ w": (lambda m, x, w: x @ w, lambda x, w: x @ w),
    "x.t() (view)": (lambda m, x, w: x.t(), None),
    "x[1] (view)": (lambda m, x, w: x[1], None),
    "softmax": (lambda m, x, w: m.softmax(x, 1), lambda x, w: jax.nn.softmax(x, 1)),
    "cat": (lambda m, x, w: m.cat([x, w]), lambda x, w: jnp.concatenate([x, w])),
    "linear": (lambda m, x, w: m.nn.functional.linear(x, w), lambda x, w: x @ w.T),
    "where": (lambda m, x, w: m.where(x > 0, x, w), lambda x, w: jnp.where(x > 0, x, w)),
}


def operands(module, grad: bool):
    """Two 8 by 8 matrices."""
    x, w = module.randn(8, 8), module.randn(8, 8)
    return x.requires_grad_(grad), w.requires_grad_(grad)


def measure(name, fn, kernel):
    """Median microseconds of each variant of one op."""
    candidates = {}
    for label, module, grad in (("plain", torchlike, False), ("grad", torchlike, True), ("torch", torch, False), ("torch grad", torch, True)):
        x, w = operands(module, grad)
        candidates[label] = lambda fn=fn, m=module, x=x, w=w: fn(m, x, w)
    if kernel is not None:
        a, b = (t.jax() for t in operands(torchlike, False))
        b = 2.5 if name == "x * 2.5" else b
        jitted = jax.jit(kernel)
        candidates["kernel"] = lambda: jitted(a, b)
    for c in candidates.values():
        c()
    return {k: v * 1e6 for k, v in interleaved(candidates, ROUNDS, CALLS).items()}


def measure_backward():
    """Microseconds per node of a backward through a chain of 50 multiplications."""
    def chain(module):
        x = module.ones(8, 8).requires_grad_()

        def run():
            y = x
            for _ in range(50):
                y = y * 1.01
            y.sum().backward()
            x.grad = None

        return run

    candidates = {"torchlike": chain(torchlike), "torch": chain(torch)}
    for c in candidates.values():
        c()
    return {k: v * 1e6 / 50 for k, v in interleaved(candidates, ROUNDS, 20).items()}


def main():
    """Print the table."""
    print(header())
    print(f"median of {ROUNDS} interleaved rounds of {CALLS} calls; microseconds per call\n")
    rows, added = [], []
    for name, (fn, kernel) in OPS.items():
        t = measure(name, fn, kernel)
        ours = t["grad"] - t["kernel"] if "kernel" in t else None
        added += [ours] if ours is not None and not name.startswith("where") else []
        rows.append([name, f"{t['kernel']:.1f}" if "kernel" in t else "-", f"{t['plain']:.1f}", f"{t['grad']:.1f}",
                     f"{ours:.1f}" if ours is not None else "-", f"{t['torch']:.1f}", f"{t['torch grad']:.1f}",
                     f"{t['torch grad'] / t['grad']:.2f}"])
    print(table(["op", "kernel", "no grad", "grad", "ours", "torch", "torch grad", "torch/ours"], rows))
    print(f"\nadded to the kernel call with grad: median {sorted(added)[len(added) // 2]:.1f}, most {max(added):.1f} microseconds")
    t = measure_backward()
    print(f"forward and backward, per node of a chain of 50: torchlike {t['torchlike']:.1f}, torch {t['torch']:.1f} microseconds")


if __name__ == "__main__":
    main()
