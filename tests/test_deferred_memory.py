"""What the deferred executor does with memory and with what goes wrong: donation, bounds, forks, interruptions, the persistent cache."""

from __future__ import annotations

import os
import subprocess
import sys

import jax
import numpy as np
import pytest

import torchlike as torch
from torchlike.core.tensor import value_of
from torchlike.execution import Pending, deferred, trie
from torchlike.execution.segment import Segment

SIDE = 160  # 100 KiB of float32: large enough to be donated


@pytest.fixture(autouse=True)
def deferred_mode():
    with torch.set_execution("deferred"):
        yield
        torch.synchronize()


def loop(hold=lambda w: None, steps: int = 6):
    """A training loop over one large parameter; `hold(w)` keeps something of it before each step. Returns (w, what was held)."""
    torch.manual_seed(0)
    w = torch.randn(SIDE, SIDE, requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.5, momentum=0.9)
    held = []
    for _ in range(steps):
        held.append(hold(w))
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    return w, held


def array_of(t) -> jax.Array:
    value = value_of(t)
    return value.array() if isinstance(value, Pending) else value


def test_parameters_are_written_over_when_nobody_else_holds_them():
    w = torch.randn(SIDE, SIDE, requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.5, momentum=0.9)

    def buffers() -> set:
        held = (w, optimizer.state[w].get("momentum_buffer"))
        return {array_of(t).unsafe_buffer_pointer() for t in held if t is not None}

    taken_over = []
    for _ in range(6):
        optimizer.zero_grad()
        (w * w).sum().backward()
        before = buffers()
        optimizer.step()
        taken_over.append(bool(before & buffers()))
    assert all(taken_over[3:])


HOLDERS = {
    "detach": lambda w: w.detach(),
    "data": lambda w: w.data,
    "view": lambda w: w.detach()[1:],
    "clone": lambda w: w.detach().clone(),
    "numpy": lambda w: w.detach().numpy(),
    "asarray": lambda w: np.asarray(w.detach().jax()),
    "jax": lambda w: w.jax(),
    "shard": lambda w: w.jax().addressable_shards[0].data,
    "dlpack": lambda w: np.from_dlpack(w.detach()),
    "jax_dlpack": lambda w: jax.dlpack.from_dlpack(w.detach()),
    "saved": lambda w: (w * w).sum(),
    "list": lambda w: [w.jax()],
    "pending": lambda w: w * 1,
}


def contents(x):
    """The numbers of anything that was held."""
    if isinstance(x, torch.Tensor):
        return x.detach().numpy()
    return np.array(x[0] if isinstance(x, list) else x)


@pytest.mark.parametrize("name", HOLDERS)
def test_what_somebody_holds_is_never_written_over(name):
    plain, expected = _immediate(HOLDERS[name])
    w, held = loop(HOLDERS[name])
    np.testing.assert_allclose(w.detach().numpy(), plain, rtol=1e-4)
    for a, b in zip(held, expected, strict=True):
        np.testing.assert_allclose(contents(a), b, rtol=1e-4)


def _immediate(hold):
    with torch.set_execution("immediate"):
        w, held = loop(hold)
        return w.detach().numpy(), [contents(x) for x in held]


def test_arrays_given_by_jax_are_never_written_over():
    mine = jax.numpy.ones((SIDE, SIDE), jax.numpy.float32)
    shown = np.asarray(mine)
    w = torch.from_jax(mine).requires_grad_()
    optimizer = torch.optim.SGD([w], 0.5)
    for _ in range(5):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert not mine.is_deleted() and shown.min() == shown.max() == 1.0


def test_a_retained_graph_survives_the_step():
    w = torch.randn(SIDE, SIDE, requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.1)
    for _ in range(5):
        optimizer.zero_grad()
        y = (w * w).sum()
        y.backward(retain_graph=True)
        optimizer.step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()


def test_an_interruption_loses_nothing(monkeypatch):
    x = torch.ones(3) + 1
    run = Segment._run

    def interrupted(self, wanted, reason):
        monkeypatch.setattr(Segment, "_run", run)
        raise KeyboardInterrupt

    monkeypatch.setattr(Segment, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        x.tolist()
    assert x.tolist() == [2.0, 2.0, 2.0] and (x * 2).tolist() == [4.0, 4.0, 4.0]


def test_out_of_memory_names_the_step(monkeypatch):
    x = torch.ones(3) * 7

    def exhausted(*_):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 byte.")

    monkeypatch.setattr("torchlike.execution.segment.run_stepwise", exhausted)
    monkeypatch.setattr("torchlike.execution.segment.Program", exhausted)
    with pytest.raises(torch.OutOfMemoryError, match=r"out of memory while running the \d+ values recorded up to .*test_deferred_memory.py:\d+"):
        x.tolist()
    monkeypatch.undo()
    assert issubclass(torch.OutOfMemoryError, RuntimeError) and torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
    assert (torch.ones(2) * 7).tolist() == [7.0, 7.0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore")
def test_pending_values_are_there_after_a_fork():
    x = torch.ones(3) * 5
    child = os.fork()
    if not child:
        value = value_of(x)
        os._exit(0 if np.asarray(value.value).tolist() == [5.0, 5.0, 5.0] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_trie_is_bounded_and_forgets_the_oldest(monkeypatch):
    torch.compiler.reset()
    monkeypatch.setattr(trie, "_MAX_PLACES", 40)
    monkeypatch.setattr(deferred, "_PATIENCE", 10**9)

    def steady():
        return (torch.ones(2) * 3 + 1).sum().item()

    for n in range(3, 40):
        assert steady() == 8.0
        assert (torch.ones(n) * 2).exp().sum().item() == pytest.approx(n * np.exp(2), rel=1e-5)
        assert trie.trie.places <= 41
    before = torch.debug.stats()["stepwise"]
    steady()
    assert torch.debug.stats()["stepwise"] == before


def test_a_thread_that_never_repeats_stops_waiting():
    for n in range(3, 3 + 2 * deferred._PATIENCE):
        torch.ones(n).cumsum(0).sum().item()
    x = torch.ones(2) * 2
    assert not isinstance(value_of(x), Pending)
    with torch.set_execution("deferred"):
        assert isinstance(value_of(torch.ones(2) * 2), Pending)


def test_explain_names_lines_reasons_and_changes():
    torch.debug.reset()

    def look(n):
        for _ in range(3):
            (torch.ones(n).sin() * 2 + 1).sum().item()

    look(3)
    look(4)
    text = torch.debug.explain()
    assert "test_deferred_memory.py" in text and "a value was looked at" in text
    assert "op 1 was full(int64[]) -> float32[3], now full(int64[]) -> float32[4]" in text
    assert "ops, " in text and "the first from here" in text


PROGRAM = """
import torchlike as torch
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
net(torch.ones(2, 3)).sum().backward()
print([p.grad.shape for p in net.parameters()], net[0].weight.grad.sum().item() != 0)
print(torch.debug.stats()["cache_hits"])
"""


def child(code: str, **environment) -> list[str]:
    settings = {k: v for k, v in os.environ.items() if not k.startswith(("TORCHLIKE", "JAX_COMPILATION"))} | environment
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=settings, check=True)
    assert not done.stderr.strip(), done.stderr
    return done.stdout.splitlines()


def test_the_second_process_finds_what_the_first_compiled(tmp_path):
    first = child(PROGRAM, TORCHLIKE_CACHE_DIR=str(tmp_path / "cache"))
    second = child(PROGRAM, TORCHLIKE_CACHE_DIR=str(tmp_path / "cache"))
    off = child(PROGRAM, TORCHLIKE_CACHE_DIR="off")
    assert first[0] == second[0] == off[0]
    assert int(first[1]) == 0 and int(second[1]) > 0 and int(off[1]) == 0
    (folder,) = (tmp_path / "cache").iterdir()
    assert folder.stat().st_mode & 0o077 == 0 and "jaxlib-" in folder.name


def test_a_cache_that_others_can_write_to_is_not_used(tmp_path):
    code = "import torchlike, jax; print(jax.config.jax_compilation_cache_dir)"
    (folder,) = [child(code, TORCHLIKE_CACHE_DIR=str(tmp_path))[0]]
    assert folder.startswith(str(tmp_path))
    os.chmod(folder, 0o777)
    assert child(code, TORCHLIKE_CACHE_DIR=str(tmp_path)) == ["None"]
    assert child(code, TORCHLIKE_CACHE_DIR="/proc/nowhere") == ["None"]


_FAULTS = """
import ctypes, resource
import torchlike

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def faults(size=40 << 20):  # ten thousand pages
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    piece = libc.malloc(size)
    libc.memset(piece, 1, size)
    libc.free(piece)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()), reason="only the GNU C library has this allocator")
def test_freed_memory_is_kept_for_the_next_step():
    names = ("TORCHLIKE_MALLOC", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    done = subprocess.run([sys.executable, "-c", _FAULTS], capture_output=True, text=True, timeout=600, env=environment)
    assert int(done.stdout) < 100, done.stderr
