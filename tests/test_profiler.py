"""The profiler's own promises: it costs nothing when off, sees one thread, keeps stacks, and leaves everything as it was."""

import threading

import jax
import pytest

import torchlike as torch
from torchlike.autograd import profiler as legacy
from torchlike.autograd.profiling.recorder import active
from torchlike.core import anomaly
from torchlike.execution import executor
from torchlike.profiler import profile, record_function


def off() -> bool:
    return getattr(executor.run, "__self__", None) is getattr(executor, executor.mode) and not anomaly.observers and active.recorder is None


def names(prof):
    return [e.name for e in prof.events()]


def test_nothing_stands_in_the_way_when_off():
    assert off()
    with profile():
        assert not off()
        torch.ones(2) + 1
    assert off()
    with pytest.raises(ZeroDivisionError), profile(), record_function("region"):
        1 / 0  # noqa: B018
    assert off()


def test_a_profile_outlasts_a_change_of_the_execution_mode():
    mode = executor.mode
    with profile() as prof, torch.set_execution("deferred"):
        torch.ones(2).sin()
    assert "aten::sin" in names(prof)
    assert off() and executor.mode == mode


def test_profiles_nest_and_overlap():
    with profile() as outer:
        torch.ones(2).sin()
        with profile() as inner:
            torch.ones(2).exp()
        torch.ones(2).cos()
    assert "aten::exp" in names(inner) and "aten::exp" not in names(outer)
    assert [n for n in names(outer) if n in ("aten::sin", "aten::cos")] == ["aten::sin", "aten::cos"]
    assert off()


def test_another_thread_is_not_recorded():
    def work():
        torch.ones(2).exp().sum()

    with profile() as prof:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        torch.ones(2).sin()
    assert "aten::sin" in names(prof) and "aten::exp" not in names(prof)


def test_times_include_the_kernel_and_nest():
    x = torch.randn(400, 400)
    x @ x
    with profile() as prof, record_function("region"):
        for _ in range(3):
            x @ x
    found = {e.key: e for e in prof.key_averages()}
    assert found["aten::mm"].count == 3 and found["region"].cpu_time_total > found["aten::mm"].cpu_time_total > 0
    assert prof.profiler.self_cpu_time_total == pytest.approx(found["region"].cpu_time_total)
    for event in prof.events():
        if event.cpu_parent is not None:
            assert event.cpu_parent.time_range.start <= event.time_range.start <= event.time_range.end <= event.cpu_parent.time_range.end


def test_stacks(tmp_path):
    x = torch.ones(3, requires_grad=True)

    def called_here():
        return x.exp()

    with profile(with_stack=True) as prof:
        called_here().sum().backward()
    by_name = {e.name: e for e in prof.events()}
    assert by_name["aten::exp"].stack[0].endswith("called_here") and "test_profiler.py(" in by_name["aten::exp"].stack[0]
    assert by_name["ExpBackward0"].stack == by_name["aten::exp"].stack, "a backward node has the stack of its forward call"
    table = prof.key_averages(group_by_stack_n=2).table()
    assert "Source Location" in table and "called_here" in table
    prof.export_stacks(str(tmp_path / "stacks"))
    lines = (tmp_path / "stacks").read_text().splitlines()
    assert any("called_here" in line and line.rsplit(" ", 1)[1].isdigit() for line in lines)


def test_higher_orders_and_tracing():
    x = torch.ones(3, requires_grad=True)
    with profile() as prof:
        (g,) = torch.autograd.grad(x.sin().sum(), x, create_graph=True)
        g.sum().backward()
        jax.jit(lambda a: torch.from_jax(a).exp().jax())(jax.numpy.ones(2))
    assert {"SinBackward0", "SinBackwardBackward0", "aten::exp"} <= set(names(prof))


def test_anomaly_mode_and_profile_together():
    x = torch.zeros(1, requires_grad=True)
    with pytest.warns(UserWarning), torch.autograd.detect_anomaly(), profile() as prof, pytest.raises(RuntimeError, match="SqrtBackward0"):
        (x.sqrt() * 0).sum().backward()
    assert "SqrtBackward0" in names(prof) and off()


def test_backward_in_a_hook_and_a_custom_function():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    x = torch.ones(2, requires_grad=True)
    with profile() as prof:
        y = Double.apply(x)
        y.register_hook(torch.enable_grad()(lambda grad: torch.autograd.grad(x.cos().sum(), x)[0]))
        y.sum().backward()
    parents = {e.name: e.cpu_parent and e.cpu_parent.name for e in prof.events()}
    assert parents["DoubleBackward"] == "autograd::engine::evaluate_function: DoubleBackward"
    assert parents["autograd::engine::evaluate_function: CosBackward0"] is not None, "it ran inside the node whose hook it is"


def test_a_region_may_be_left_out_of_order():
    with profile() as prof:
        outer, inner = record_function("outer").__enter__(), record_function("inner").__enter__()
        outer.__exit__(None, None, None)
        torch.ones(2).sin()
        inner.__exit__(None, None, None)
        record_function("never left").__enter__()
    assert {"outer", "inner", "never left", "aten::sin"} <= set(names(prof))


def test_recursion_of_a_decorated_function():
    @record_function("countdown")
    def countdown(n):
        return n if n == 0 else countdown(n - 1)

    with profile() as prof:
        countdown(3)
    assert sum(e.count for e in prof.key_averages() if e.key == "countdown") >= 1 and off()


def test_what_is_not_supported_says_so(tmp_path):
    for call in (
        lambda: legacy.emit_nvtx().__enter__(), lambda: legacy.emit_itt().__enter__(), lambda: legacy.load_nvprof("x"),
        torch.profiler.ExecutionTraceObserver, lambda: profile().export_memory_timeline("x"),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError, match="torchlike"):
            call()


def test_a_model_in_training():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    done = []
    with profile(schedule=torch.profiler.schedule(wait=1, warmup=1, active=2, repeat=1), on_trace_ready=done.append) as prof:
        for _ in range(5):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(torch.ones(3, 4)), torch.tensor([0, 1, 0])).backward()
            optimizer.step()
            prof.step()
    counts = {e.key: e.count for e in prof.key_averages()}
    assert done == [prof] and counts["ProfilerStep*"] == 2 and counts["aten::linear"] == 4 and counts["AddmmBackward0"] == 4
    assert counts["Optimizer.step#SGD.step"] == 2


def test_cycles_that_clear_events_are_told_of_once(monkeypatch):
    from torchlike.profiler import profiler

    monkeypatch.setattr(profiler, "_warned", set())
    schedule = torch.profiler.schedule(wait=0, warmup=1, active=1)
    with (
        pytest.warns(UserWarning, match="Profiler clears events at the end of each cycle") as told,
        torch.profiler.profile(schedule=schedule) as prof,
    ):
        for _ in range(8):
            prof.step()
    assert len(told) == 1
