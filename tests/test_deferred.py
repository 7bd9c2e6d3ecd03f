"""The deferred executor: the same answers as at once, few programs, nothing materialised that nobody wants, errors that are not lost."""

from __future__ import annotations

import copy
import pickle
import threading

import jax
import pytest

import torchlike as torch
from torchlike.core.tensor import value_of
from torchlike.execution import Pending, executor
from torchlike.execution.segment import Segment
from torchlike.ops.arithmetic import mul

functional = torch.nn.functional


@pytest.fixture(autouse=True)
def deferred():
    with torch.set_execution("deferred"):
        yield
        torch.synchronize()


def is_pending(t) -> bool:
    value = value_of(t)
    return isinstance(value, Pending) and value.segment is not None


def train(steps: int, lengths=None) -> list:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(5, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses = []
    for i in range(steps):
        x = torch.randn(4 if lengths is None else lengths[i], 3)
        optimizer.zero_grad()
        loss = net(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return [x.item() for x in losses]


def test_training_is_the_same_in_both_modes():
    later = train(6)
    with torch.set_execution("immediate"):
        now = train(6)
    assert later == pytest.approx(now, rel=1e-6)


def test_a_loop_compiles_a_bounded_number_of_programs():
    train(5)
    before = torch.debug.stats()
    train(20)
    after = torch.debug.stats()
    assert after["programs"] - before["programs"] <= 2
    assert after["flushes"] - before["flushes"] >= 20


def test_shapes_that_never_repeat_compile_nothing_whole():
    for n in range(4, 30):
        (torch.ones(n).sin().exp() * 2).sum().item()
    before = torch.debug.stats()["programs"]
    for n in range(30, 60):
        (torch.ones(n).sin().exp() * 2).sum().item()
    assert torch.debug.stats()["programs"] == before


def test_intermediates_are_never_materialised():
    def loss(x):
        return ((x * 2).sin().exp() + 1).sum()

    x = torch.ones(1000)
    for _ in range(5):
        loss(x).item()
    before = len(jax.live_arrays())
    result = loss(x)
    result.item()
    assert len(jax.live_arrays()) - before == 1


def test_values_wait_until_somebody_looks():
    x = torch.ones(3)
    y = x * 2
    z = y[1:]
    y.add_(1)
    assert is_pending(y) and y.shape == (3,)
    assert z.tolist() == [3.0, 3.0] and not is_pending(y)
    assert repr(y) == "tensor([3., 3., 3.])"


def test_shape_errors_come_at_once():
    x = torch.ones(3) * 2
    with pytest.raises(RuntimeError, match="must match the size"):
        x + torch.ones(4)
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_an_index_that_is_out_of_range_is_found_when_values_are_looked_at():
    table, index = torch.ones(4, 2), torch.tensor([1, 2]) + 5
    y = functional.embedding(index, table)
    with pytest.raises(IndexError, match="index out of range in self"):
        y.sum().item()
    assert (torch.ones(2) + 1).tolist() == [2.0, 2.0]


def test_a_failure_is_told_to_everyone_who_waits(monkeypatch):
    x = torch.ones(2)
    torch.synchronize()
    a, b = x + 1, x + 2

    def fails(self, wanted, reason):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Segment, "_run", fails)
        with pytest.raises(MemoryError):
            a.tolist()
    with pytest.raises(MemoryError, match="no room"):
        b.tolist()
    assert (x + 3).tolist() == [4.0, 4.0]


def test_what_does_not_depend_on_a_failed_call_is_computed():
    # Its shapes are fine, but no kernel takes halves: it fails when it is computed.
    inverse = torch.jax_op(lambda a: jax.numpy.linalg.inv(a.astype("float16")), name="inverse_of_halves")
    x = torch.eye(2) * 3
    broken, other = inverse(x), x + 1
    with pytest.raises(NotImplementedError, match="float16"):
        (broken * 2).tolist()
    with pytest.raises(NotImplementedError, match="float16"):
        broken.tolist()
    assert x.tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert other.tolist() == [[4.0, 1.0], [1.0, 4.0]]


def test_tensors_cross_threads():
    shared = torch.ones(3) * 2
    seen = []

    def work(k):
        mine = shared + k
        seen.append((k, mine.sum().item()))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(seen) == [(k, 3.0 * (2 + k)) for k in range(8)]


def test_pending_tensors_can_be_copied_pickled_and_traced():
    x = torch.ones(2) * 3
    assert copy.deepcopy(x + 1).tolist() == [4.0, 4.0]
    assert pickle.loads(pickle.dumps(x + 1)).tolist() == [4.0, 4.0]
    traced = jax.jit(lambda v: (torch.from_jax(v) * x).sum().jax())
    assert float(traced(jax.numpy.ones(2))) == 6.0


def test_pending_values_looked_at_inside_a_trace_are_no_part_of_it():
    x, y = torch.ones(2) * 3, torch.ones(2) * 5
    traced = jax.jit(lambda v: (torch.from_jax(v) * x).sum().jax() * (y + 1).sum().item())
    assert float(traced(jax.numpy.ones(2))) == 72.0
    assert x.tolist() == [3.0, 3.0] and y.tolist() == [5.0, 5.0]


def test_modes_can_change_in_between():
    x = torch.ones(2, requires_grad=True)
    y = (x * 3).sum()
    with torch.set_execution("immediate"):
        z = y * 2
        assert not is_pending(z)
    z.backward()
    assert x.grad.tolist() == [6.0, 6.0] and torch.get_execution() == "deferred"
    with pytest.raises(ValueError, match="immediate"):
        torch.set_execution("eventually")
    assert torch.get_execution() == "deferred"


def test_hooks_and_double_backward_see_pending_values():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    seen = []
    y = x**3
    y.register_hook(lambda g: seen.append(is_pending(g)) or g * 2)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (gg,) = torch.autograd.grad(g.sum(), x)
    assert seen == [True] and g.tolist() == [6.0, 24.0] and gg.tolist() == [12.0, 24.0]


def test_a_schedule_of_numbers_is_one_program():
    x = torch.ones(3)
    for k in range(4):
        (x * (k + 0.5) + k).sum().item()
    before = torch.debug.stats()["programs"]
    assert [(x * (k + 0.5) + k).sum().item() for k in range(3)] == [1.5, 7.5, 13.5]
    assert torch.debug.stats()["programs"] == before


def test_calls_that_nothing_depends_on_are_not_made(monkeypatch):
    monkeypatch.setattr("torchlike.execution.segment._MAX_SPECULATIONS", 0)  # op by op

    def ran(shape) -> bool:
        return any(p.compiled for p in mul.op.plans.values() if p.out_avals[0].shape == shape)

    x = torch.ones(7, 13)
    dead, alive = torch.ones(5, 17) * 2, x * 3
    del dead
    assert alive.sum().item() == 273.0
    assert not ran((5, 17)) and ran((7, 13))


def test_numbers_of_calls_that_are_left_out_are_passed_over():
    x = torch.ones(3)
    for n in range(12):  # op by op at first, later as one program
        dead = (x * (n + 0.25)).sin() + n
        alive = x * (n + 0.5) - torch.rand(3) * 0 + (n + 1)
        del dead
        assert alive.tolist() == [2 * n + 1.5] * 3


@pytest.mark.parametrize("options", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_the_first_step_is_the_same_program_as_the_second(options):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, **options)
    assert not is_pending(net[0].weight)  # setting up the model is no part of the first step
    batch = torch.ones(2, 5)
    torch.synchronize()
    ends = set()
    for _ in range(4):
        optimizer.zero_grad()
        net((batch - 0.5).clamp(0, 1)).sum().backward()
        place = executor.deferred._thread.segment.place
        optimizer.step()
        ends.add((place.parent.key, tuple(place.children)))
    assert len(ends) == 1


def test_momentum_begins_with_the_first_gradient():
    for dampening in (0, 0.3):
        w = torch.ones(3, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, dampening=dampening)
        (w * torch.tensor([1.0, -2.0, float("inf")])).sum().backward()
        optimizer.step()
        assert torch.equal(optimizer.state[w]["momentum_buffer"], w.grad)
