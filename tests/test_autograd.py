"""Autograd facts that are torchlike's own: what is freed, what long graphs cost, what anomaly mode and checkpointing keep."""

import gc
import threading
import warnings
import weakref

import pytest

import torchlike as torch
from torchlike.utils.checkpoint import CheckpointError, checkpoint


@pytest.fixture
def no_collector():
    """Only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_chain_of_100_000_nodes():
    x = torch.ones((), requires_grad=True)

    def chain():
        y = x
        for _ in range(100_000):
            y = y + 1
        return y

    y = chain()
    y.backward()
    assert x.grad.item() == 1
    del y
    y = chain()
    del y
    # A thread's stack is smaller than the main one's.
    thread = threading.Thread(target=chain)
    thread.start()
    thread.join()


def test_hooked_graphs_die_with_their_last_reference(no_collector):
    x = torch.ones(3, requires_grad=True)
    y = (x * x).exp()
    y.register_hook(lambda g: g)
    y.grad_fn.register_prehook(lambda g: None)
    y.retain_grad()
    refs = [weakref.ref(y), weakref.ref(y.grad_fn)]
    y.sum().backward()
    del y
    assert [r() for r in refs] == [None, None]


def test_packed_values_are_freed_by_backward(no_collector):
    kept = []

    def pack(t):
        box = torch.ones(1)
        kept.append(weakref.ref(box))
        return box, t.detach()

    x = torch.ones(3, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed[1]):
        y = x.exp().sin().sum()
    assert all(r() is not None for r in kept)
    y.backward()
    assert all(r() is None for r in kept)


def test_checkpoint_keeps_nothing_of_its_inside(no_collector):
    inside = []

    def block(a):
        b = a.exp()
        inside.append(weakref.ref(b))
        return b.sin().cos()

    x = torch.ones(3, requires_grad=True)
    y = checkpoint(block, x, use_reentrant=False)
    assert inside[0]() is None
    y.sum().backward()
    assert len(inside) == 2
    assert inside[1]() is None


def test_nested_checkpoints_do_not_hold_the_inner_input(no_collector):
    between = []

    def outer(a):
        b = a.exp()
        between.append(weakref.ref(b._storage))
        return checkpoint(torch.sin, b, use_reentrant=False)

    x = torch.ones(3, requires_grad=True)
    y = checkpoint(outer, x, use_reentrant=False)
    assert between[0]() is None
    y.sum().backward()
    assert torch.allclose(x.grad, torch.e**1 * torch.cos(torch.ones(3).exp()))


def test_checkpoint_error_is_a_runtime_error():
    x, sizes = torch.ones(1, requires_grad=True), [2, 3]
    y = checkpoint(lambda a: (a * torch.ones(sizes.pop(0))).exp(), x, use_reentrant=False).sum()
    with pytest.raises(CheckpointError, match="different metadata"):
        y.backward()


def test_anomaly_names_the_line_and_what_induced_it():
    x = torch.zeros(1, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly():
            (g,) = torch.autograd.grad((x**1.5).sum(), x, create_graph=True)
            (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
            with pytest.raises(RuntimeError, match="returned nan values in its 0th output"):
                torch.autograd.grad((h * 0).sum(), x)
    texts = [str(w.message) for w in caught]
    assert "Error detected in" in texts[1]
    assert "h,) = torch.autograd.grad" in texts[1]
    assert "Previous calculation was induced by" in texts[2]
    assert "torchlike/core" not in "".join(texts)


def test_plain_nodes_carry_no_metadata():
    x = torch.ones(1, requires_grad=True)
    assert not hasattr((x * 2).grad_fn, "_metadata")
    with torch.autograd.set_detect_anomaly(True):
        assert "traceback_" in (x * 2).grad_fn.metadata
    assert not torch.is_anomaly_enabled()
