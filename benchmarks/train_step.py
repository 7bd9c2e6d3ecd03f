"""Whole training steps (forward, backward, optimiser) of an MLP, a CNN, a GPT and an LSTM, side by side in one run.

    python benchmarks/train_step.py [--only mlp] [--cold] [--json FILE]

Columns: milliseconds per step of PyTorch eager, `torch.compile` (where it works), torchlike in both execution modes, and the same step written
by hand with `jax.jit` (torchlike's own functions traced into one program). `--cold` starts fresh processes instead and reports import time, first
step with and without a persistent compilation cache, and peak memory.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from common import fail_without_torch, header, interleaved, table

WORKLOADS = ("mlp", "cnn", "gpt", "lstm")


def make_mlp(m):
    """Three hidden layers of 128, batch 64, SGD."""
    nn = m.nn
    layers = [nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)]
    model = nn.Sequential(*layers)
    x, y = m.randn(64, 64), m.randint(0, 10, (64,))
    return model, m.optim.SGD(model.parameters(), lr=0.01, momentum=0.9), lambda: nn.functional.cross_entropy(model(x), y)


def make_cnn(m):
    """Two convolutions with batch normalisation on 16 x 16 pictures, batch 32, AdamW."""
    nn = m.nn
    model = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1),
                          nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 16, 10))
    x, y = m.randn(32, 3, 16, 16), m.randint(0, 10, (32,))
    return model, m.optim.AdamW(model.parameters(), lr=1e-3), lambda: nn.functional.cross_entropy(model(x), y)


def make_gpt(m):
    """Two transformer layers, 64 wide, 8 sequences of 64, Adam."""
    nn, functional = m.nn, m.nn.functional

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads, self.n1, self.n2 = heads, nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

        def forward(self, x):
            b, t, c = x.shape
            q, k, v = (p.view(b, t, self.heads, c // self.heads).transpose(1, 2) for p in self.qkv(self.n1(x)).split(c, 2))
            a = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(a.transpose(1, 2).reshape(b, t, c))
            return x + self.mlp(self.n2(x))

    class GPT(nn.Module):
        def __init__(self, vocabulary=64, width=64, context=64):
            super().__init__()
            self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
            self.blocks, self.norm = nn.Sequential(Block(width, 4), Block(width, 4)), nn.LayerNorm(width)
            self.head = nn.Linear(width, vocabulary)

        def forward(self, ids):
            return self.head(self.norm(self.blocks(self.token(ids) + self.position(m.arange(ids.shape[1])))))

    model = GPT()
    ids, targets = m.randint(0, 64, (8, 64)), m.randint(0, 64, (8 * 64,))
    return model, m.optim.Adam(model.parameters(), lr=1e-3), lambda: functional.cross_entropy(model(ids).view(-1, 64), targets)


def make_lstm(m):
    """One LSTM layer of 64 over 32 steps, batch 16, Adam."""
    nn = m.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.LSTM(32, 64, batch_first=True), nn.Linear(64, 10)

        def forward(self, x):
            return self.out(self.rnn(x)[0][:, -1])

    model = Reader()
    x, y = m.randn(16, 32, 32), m.randint(0, 10, (16,))
    return model, m.optim.Adam(model.parameters(), lr=1e-3), lambda: nn.functional.cross_entropy(model(x), y)


def eager_step(m, name):
    """An ordinary define-by-run step; returns the loss."""
    m.manual_seed(0)
    _, optimizer, loss_of = globals()[f"make_{name}"](m)

    def step():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss

    return step


def deferred_step(torchlike, name):
    """The same step under the deferred executor."""
    with torchlike.set_execution("deferred"):
        step = eager_step(torchlike, name)

    def run():
        with torchlike.set_execution("deferred"):
            return step()

    return run


def hand_written_step(torchlike, name):
    """The same step as one `jax.jit` program over (parameters, momenta), by hand: Adam or SGD in plain jax.numpy."""
    import jax
    import jax.numpy as jnp

    torchlike.manual_seed(0)
    model, optimizer, loss_of = globals()[f"make_{name}"](torchlike)
    parameters = list(model.parameters())
    adam = not isinstance(optimizer, torchlike.optim.SGD)
    start = [p.jax() for p in parameters]

    def gradients(values):
        kept = [(p, p.data) for p in parameters]
        for p, v in zip(parameters, values, strict=True):
            p.data, p.grad = torchlike.from_jax(v), None
        loss = loss_of()
        loss.backward()
        found = [p.grad.jax() for p in parameters]
        for p, old in kept:
            p.data, p.grad = old, None
        return loss.jax(), found

    def update(p, g, state):
        if not adam:
            momentum = 0.9 * state[0] + g
            return p - 0.01 * momentum, (momentum,)
        m1, m2, t = state[0] * 0.9 + 0.1 * g, state[1] * 0.999 + 0.001 * g * g, state[2] + 1
        return p - 1e-3 * (m1 / (1 - 0.9**t)) / (jnp.sqrt(m2 / (1 - 0.999**t)) + 1e-8), (m1, m2, t)

    buffers = list(model.buffers())
    before = [b.data for b in buffers]

    @jax.jit
    def program(values, states):
        loss, grads = gradients(values)
        for b, old in zip(buffers, before, strict=True):
            b.data = old  # running statistics are left out: no tracer may outlive the trace
        new = [update(p, g, s) for p, g, s in zip(values, grads, states, strict=True)]
        return loss, [n[0] for n in new], [n[1] for n in new]

    one = jnp.zeros((), jnp.float32)
    held = [start, [(jnp.zeros_like(p), jnp.zeros_like(p), one) if adam else (jnp.zeros_like(p),) for p in start]]

    def step():
        loss, held[0], held[1] = program(*held)
        return loss

    return step


def compiled_torch_step(torch, name):
    """The torch step with its loss compiled; None where the compiler does not run here."""
    torch.manual_seed(0)
    _, optimizer, loss_of = globals()[f"make_{name}"](torch)
    compiled = torch.compile(loss_of)

    def step():
        optimizer.zero_grad()
        loss = compiled()
        loss.backward()
        optimizer.step()
        return loss

    try:
        step()
    except Exception as error:  # whatever the compiler's tool chain raises, the column is left out and says so
        print(f"torch.compile does not run {name} here: {type(error).__name__}", file=sys.stderr)
        return None
    return step


def steady(names, rounds, with_compile):
    """Median milliseconds per step, interleaved."""
    torch = fail_without_torch()
    import torchlike

    rows, record = [], {}
    for name in names:
        candidates = {
            "torch": eager_step(torch, name), "torchlike": eager_step(torchlike, name), "deferred": deferred_step(torchlike, name),
            "jax.jit": hand_written_step(torchlike, name),
        }  # fmt: skip
        compiled = compiled_torch_step(torch, name) if with_compile else None
        if compiled is not None:
            candidates["torch.compile"] = compiled

        for c in candidates.values():
            for _ in range(3):
                c()
        found = interleaved({k: lambda step=v: step().item() for k, v in candidates.items()}, rounds, 5)
        ms = {k: v * 1e3 for k, v in found.items()}
        record[name] = ms
        columns = ("torch", "torch.compile", "torchlike", "deferred", "jax.jit")
        ratios = (("torch", "torchlike"), ("torch", "deferred"), ("jax.jit", "deferred"))
        rows.append([name, *(f"{ms[k]:.2f}" if k in ms else "-" for k in columns), *(f"{ms[a] / ms[b]:.2f}" for a, b in ratios)])
    print(table(["ms per step", "torch", "torch.compile", "immediate", "deferred", "jax.jit", "torch/immediate", "torch/deferred",
                 "jit/deferred"], rows))
    return record


def child(module, name, cache):
    """In a fresh process: seconds to import, to the end of the first step, and peak megabytes."""
    start = time.perf_counter()
    if module == "torch":
        import torch as m
    else:
        import jax

        if cache:
            jax.config.update("jax_compilation_cache_dir", cache)
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
            jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        import torchlike as m
    imported = time.perf_counter() - start
    step = eager_step(m, name)
    start = time.perf_counter()
    step().item()
    first = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"import": imported, "first": first, "peak": peak}))


def cold(names):
    """First-step times in fresh processes: torch, torchlike without a cache, torchlike with a filled one."""
    rows, record = [], {}
    for name in names:
        with tempfile.TemporaryDirectory() as cache:
            runs = {"torch": ("torch", ""), "no cache": ("torchlike", ""), "filling": ("torchlike", cache), "cached": ("torchlike", cache)}
            found = {}
            for label, (module, folder) in runs.items():
                command = [sys.executable, __file__, "--child", module, name, folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
                found[label] = json.loads(done.stdout.splitlines()[-1])
        record[name] = found
        rows.append([name, *(f"{found[k]['import']:.1f}" for k in ("torch", "no cache")),
                     *(f"{found[k]['first']:.2f}" for k in ("torch", "no cache", "cached")),
                     *(f"{found[k]['peak']:.0f}" for k in ("torch", "no cache"))])
    print(table(["cold start", "import torch s", "import ours s", "first torch s", "ours, no cache s",
                 "ours, cached s", "peak torch MB", "peak ours MB"], rows))
    return record


def main():
    """Parse, measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=WORKLOADS, action="append")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cold", action="store_true", help="fresh processes: import, first step, peak memory")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--child", nargs=3, metavar=("MODULE", "NAME", "CACHE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(*args.child)
        return
    print(header() + "\n")
    names = args.only or WORKLOADS
    record = cold(names) if args.cold else steady(names, args.rounds, not args.no_compile)
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"header": header(), "cold" if args.cold else "steady": record}, f, indent=1)


if __name__ == "__main__":
    main()
