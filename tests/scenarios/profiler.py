"""The profiler: which calls are recorded and how they nest, schedules, averages, the table, traces, and what is refused."""

import contextlib
import gzip
import io
import json
import re
import tempfile
from importlib import import_module
from pathlib import Path

from .collect import attempts, collect

CASES, scenario = collect()

# What runs below these differs: PyTorch composes them of more, or of fewer, operators.
SHOWN = (
    "aten::mul", "aten::add", "aten::add_", "aten::sum", "aten::linear", "aten::relu", "aten::exp", "aten::sin", "aten::cos",
    "aten::cross_entropy_loss", "aten::conv2d", "aten::softmax", "aten::matmul", "aten::addcmul_", "aten::embedding", "aten::layer_norm",
    "aten::mse_loss", "aten::batch_norm", "aten::cat", "aten::mm", "aten::bmm", "aten::clone", "aten::gelu", "aten::randn",
)  # fmt: skip


def legacy(torch):
    return torch.autograd.profiler


def util(torch):
    return import_module(f"{torch.__name__}.autograd.profiler_util")


def shown(event):
    return event.name in SHOWN or not event.name.startswith("aten::") and event.name != "detach"


def names(prof):
    return [e.name for e in prof.events() if shown(e)]


def counts(prof):
    return sorted([e.key, e.count] for e in prof.key_averages() if shown(e))


def parents(prof):
    found = []
    for event in prof.events():
        if shown(event):
            above = event.cpu_parent
            while above is not None and not shown(above):
                above = above.cpu_parent
            found.append([event.name, None if above is None else above.name])
    return found


def cpu(torch):
    return [torch.profiler.ProfilerActivity.CPU]


@scenario
def calls_and_how_they_nest(torch):
    x = torch.ones(3, requires_grad=True)
    with torch.profiler.profile(activities=cpu(torch)) as prof:
        with torch.profiler.record_function("outer"):
            y = x * 2
            with torch.profiler.record_function("inner"):
                y = y + 1
            y = y.exp()
        y.sum().backward()
    return [names(prof), counts(prof), parents(prof)]


@scenario
def public_functions_by_their_names(torch):
    F = torch.nn.functional
    x, ids = torch.ones(2, 4), torch.tensor([0, 1])
    linear, conv, norm, table = torch.nn.Linear(4, 3), torch.nn.Conv2d(1, 2, 2), torch.nn.LayerNorm(4), torch.nn.Embedding(3, 2)
    image, cube = torch.ones(1, 1, 3, 3), torch.ones(2, 3, 4)
    calls = [
        lambda: linear(x), lambda: linear(cube), lambda: conv(image), lambda: norm(x), lambda: table(ids), lambda: F.cross_entropy(x, ids),
        lambda: F.softmax(x, -1), lambda: x.softmax(0), lambda: x.matmul(x.t()), lambda: cube @ cube.transpose(1, 2), lambda: torch.cat([x, x]),
        lambda: x.clone(), lambda: F.gelu(x), lambda: torch.ones(2, 4).addcmul_(x, x, value=2),
        lambda: torch.randn(2, 2), lambda: x.clone().add_(1), lambda: F.relu(x), lambda: torch.mm(x, x.t()),
    ]  # fmt: skip
    found = []
    for call in calls:
        with torch.profiler.profile(activities=cpu(torch)) as prof:
            call()
        found.append(parents(prof))
    return found


@scenario
def in_place_calls_have_their_own_name(torch):
    x = torch.ones(3)
    with torch.profiler.profile(activities=cpu(torch)) as prof:
        for _ in range(3):
            x.add_(1)
        x += 1
        x + 1
    return counts(prof)


@scenario
def backward_nodes_carry_the_number_of_their_call(torch):
    w = torch.ones(4, 3, requires_grad=True)
    x = torch.ones(2, 4)
    with torch.profiler.profile(activities=cpu(torch)) as prof:
        y = x.mm(w).sin()
        (y * y).sum().backward()
    by_name = {e.name: e.sequence_nr for e in prof.events()}
    scopes = {e.name: e.scope for e in prof.events() if not e.name.startswith("aten") and e.name != "detach"}
    return [
        by_name["aten::sin"] == by_name["SinBackward0"] == by_name["autograd::engine::evaluate_function: SinBackward0"],
        by_name["aten::sin"] > by_name["MmBackward0"] >= 0, by_name["aten::sum"] == by_name["SumBackward0"],
        by_name["torch::autograd::AccumulateGrad"], scopes, [e.fwd_thread for e in prof.events() if e.name == "SinBackward0"],
    ]  # fmt: skip


@scenario
def shapes_of_arguments(torch):
    x, w = torch.ones(2, 4), torch.ones(3, 4)
    with torch.profiler.profile(activities=cpu(torch), record_shapes=True) as prof:
        torch.nn.functional.linear(x, w, torch.ones(3))
        torch.nn.functional.linear(torch.ones(5, 4), w, torch.ones(3))
        x * 2
        x.sin()
    found = [[e.name, e.input_shapes] for e in prof.events() if e.name in ("aten::linear", "aten::mul", "aten::sin")]
    grouped = sorted([e.key, e.count, str(e.input_shapes)] for e in prof.key_averages(group_by_input_shape=True) if e.key == "aten::linear")
    with torch.profiler.profile(activities=cpu(torch)) as plain:
        x * 2
    return [found, grouped, [e.input_shapes for e in plain.events() if e.name == "aten::mul"]]


@scenario
def regions_as_decorators(torch):
    @torch.profiler.record_function("twice")
    def twice(x):
        """Doc."""
        return x * 2

    with torch.profiler.profile(activities=cpu(torch)) as prof:
        twice(twice(torch.ones(2)))
    region = torch.profiler.record_function("outside")
    with region:
        pass
    return [counts(prof), twice.__name__, twice.__doc__, *attempts(
        lambda: torch.profiler.record_function("x").__exit__(None, None, None), lambda: region.name,
        lambda: [e.is_user_annotation for e in prof.events() if e.name == "twice"],
    )]  # fmt: skip


@scenario
def an_error_in_a_profile(torch):
    x = torch.ones(2, requires_grad=True)

    def refuse(grad):
        raise ValueError("no")

    results = []
    for _ in range(2):
        prof = legacy(torch).profile()
        try:
            with prof, torch.profiler.record_function("region"):
                y = x * 2
                y.register_hook(refuse)
                y.exp().sum().backward()
        except ValueError as error:
            results.append(str(error))
        results.append([e.name for e in prof.function_events if e.name in ("region", "aten::mul", "ExpBackward0", "aten::exp")][:4])
    return [*results, torch.autograd._profiler_enabled()]


@scenario
def a_schedule(torch):
    results = []
    for arguments in ({"wait": 1, "warmup": 1, "active": 2, "repeat": 1}, {"wait": 0, "warmup": 1, "active": 1},
                      {"wait": 1, "warmup": 1, "active": 1, "repeat": 2, "skip_first": 1},
                      {"wait": 2, "warmup": 1, "active": 1, "skip_first": 1, "skip_first_wait": 1}):  # fmt: skip
        log = []
        schedule = torch.profiler.schedule(**arguments)

        def ready(prof, log=log):
            log.append([prof.step_num, [e.name for e in prof.events() if shown(e)], sorted({e.trace_name for e in prof.events() if shown(e)})])

        with torch.profiler.profile(activities=cpu(torch), schedule=schedule, on_trace_ready=ready) as prof:
            for _ in range(7):
                torch.ones(2) * 2
                prof.step()
        results.append([[schedule(i).name for i in range(12)], log])
    return results


@scenario
def odd_schedules(torch):
    action = torch.profiler.ProfilerAction
    results = []
    for actions in (["NONE"], ["WARMUP", "NONE"], ["RECORD", "NONE"], ["WARMUP"], ["RECORD_AND_SAVE"], ["DEVICE_STOPPED"],
                    ["RECORD_AND_SAVE", "WARMUP", "RECORD"]):  # fmt: skip
        log = []

        def run(actions=actions, log=log):
            with torch.profiler.profile(
                activities=cpu(torch), schedule=lambda i: action[actions[i % len(actions)]],
                on_trace_ready=lambda prof: log.append([prof.step_num, len([e for e in prof.events() if e.name == "aten::mul"])]),
            ) as prof:  # fmt: skip
                for _ in range(len(actions) + 1):
                    torch.ones(2) * 2
                    prof.step()

        results += [*attempts(run), log]
    return [results, [a.name for a in action], [a.value for a in action]]


@scenario
def starting_and_stopping_by_hand(torch):
    prof = torch.profiler.profile(activities=cpu(torch))
    enabled = [torch.autograd._profiler_enabled()]
    prof.start()
    enabled.append(torch.autograd._profiler_enabled())
    torch.ones(2) * 2
    prof.stop()
    torch.ones(2).exp()
    enabled.append(torch.autograd._profiler_enabled())
    first = counts(prof)
    prof.start()
    torch.ones(2).sin()
    prof.stop()
    return [enabled, first, counts(prof)]


@scenario
def events_are_kept_across_cycles_if_asked(torch):
    results = []
    for keep in (True, False):
        prof = torch.profiler.profile(
            activities=cpu(torch), schedule=torch.profiler.schedule(wait=1, warmup=1, active=1, repeat=3), acc_events=keep
        )
        with prof:
            for _ in range(9):
                torch.ones(2) * 2
                prof.step()
        results.append(counts(prof))
    return results


@scenario
def what_is_refused(torch):
    prof, p = torch.profiler, legacy(torch)
    unstarted = prof.profile(activities=cpu(torch))
    used = p.profile()
    with used:
        torch.ones(2) * 2
    seen = p.EnforceUnique()
    seen.see("a", 1)
    return attempts(
        lambda: prof.profile(activities=[]), lambda: prof.profile(activities=cpu(torch) * 2), lambda: prof.profile(activities=["cpu"]),
        lambda: prof.profile(activities=[*cpu(torch), "cpu"]), unstarted.stop, unstarted.events, unstarted.key_averages,
        lambda: unstarted.export_chrome_trace("x"), lambda: unstarted.export_stacks("x"), used.__enter__,
        lambda: used.export_stacks("x"), lambda: used.key_averages().table(sort_by="no_such_thing"),
        lambda: used.key_averages().export_stacks("x", "no_such_metric"), lambda: prof.schedule(wait=-1, warmup=0, active=0),
        lambda: prof.schedule(wait=1, warmup=1, active=1)(-1), lambda: seen.see("a", 1), lambda: seen.see("b"),
        lambda: p.profile(use_cpu=False), lambda: p.profile(post_processing_timeout_s=-1.0), lambda: str(p.profile()), lambda: repr(p.profile()),
        lambda: p.profile(enabled=False).__enter__(), lambda: used.key_averages().key_averages(), lambda: p.profile(True, True),
        lambda: prof.schedule(1, 1, 1), lambda: prof.profile(cpu(torch)),
    )  # fmt: skip


@scenario
def warnings_of_the_profiler(torch):
    torch.profiler.schedule(wait=0, warmup=0, active=1)
    p = legacy(torch)
    p.profile(use_device="abc")
    tracker = p.KinetoStepTracker
    start = tracker.current_step()
    tracker.init_step_count("tests")
    steps = [tracker.increment_step("tests") - start, tracker.increment_step("tests") - start, tracker.increment_step("more") - start]
    return [steps, tracker.erase_step_count("tests"), tracker.erase_step_count("more"), tracker.erase_step_count("tests")]


def fake(torch, ranges, thread=0):
    u = util(torch)
    events = u.EventList()
    for i, (start, end) in enumerate(ranges):
        events.append(u.FunctionEvent(id=i, name=f"f{i}", thread=thread, start_us=start, end_us=end, node_id=0))
    return events


@scenario
def nesting_of_intervals(torch):
    found = []
    for ranges in ([(0, 10), (1, 3), (3, 4)], [(0, 1), (0, 1)], [(0, 4), (2, 6), (3, 4)], [(5, 9), (0, 10), (6, 7), (1, 2), (6, 9)], [(0, 0)]):
        events = fake(torch, ranges)
        events._populate_cpu_children()
        found.append([[c.id for c in e.cpu_children] for e in events])
        found.append([[e.cpu_time_total, e.self_cpu_time_total, None if e.cpu_parent is None else e.cpu_parent.id] for e in events])
    return found


@scenario
def averages_by_hand(torch):
    u = util(torch)
    average = u.FunctionEventAvg()
    average.add(u.FunctionEvent(id=0, node_id=0, name="foo", thread=0, start_us=10, end_us=15))
    average.add(u.FunctionEvent(id=1, node_id=0, name="foo", thread=0, start_us=20, end_us=30))
    average.add(average)
    events = fake(torch, [(0, 10), (1, 3)])
    events._build_tree()
    total = events.total_average()
    return [
        average.key, average.count, average.cpu_time_total, average.self_cpu_time_total, average.cpu_time, average.device_time,
        average.device_time_total, average.cpu_time_str, average.self_cpu_time_total_str, repr(average), repr(events[0]), repr(events[1]),
        total.key, total.count, total.cpu_time_total, total.self_cpu_time_total, events.self_cpu_time_total, repr(total),
        repr(u.FunctionEventAvg()), u.Interval(2, 5).elapsed_us(), repr(u.Kernel("k", 0, 1.5)), *attempts(
            lambda: average.add(u.FunctionEvent(id=2, name="bar", thread=0, start_us=0, end_us=1)), lambda: fake(torch, [(0, 1)]).key_averages(),
            lambda: events[0].append_cpu_child(3), lambda: events.supported_export_stacks_metrics(), lambda: average.no_such_thing,
        ),
    ]  # fmt: skip


@scenario
def the_table(torch):
    u = util(torch)
    events = fake(torch, [(0, 10), (1, 3), (20, 2_000_000), (30, 5_030)])
    events[0].name = "a_name_that_is_far_too_long_to_be_shown_in_full_in_a_table_of_text"
    events[1].input_shapes, events[2].stack = [[2, 3], []], ["file.py(1): f", "file.py(20): g"]
    events[3].flops, events[2].flops, events[0].flops, events[1].flops = 12_345, 0, 2_000_000, 0
    events._build_tree()
    other = u.EventList(events, profile_memory=True, with_flops=True)
    other._build_tree = None
    for e in events:
        e.cpu_memory_usage = 1000 * 40**e.id
    averages = events.key_averages()
    return [text.split("\n") for text in (
        events.table(), events.table(sort_by="cpu_time_total", row_limit=2), events.table(header="HEADER", top_level_events_only=True),
        events.table(time_unit="ms", max_name_column_width=20, max_shapes_column_width=8, max_src_column_width=9),
        events.table(max_name_column_width=None, row_limit=-1, time_unit="s"), other.table(sort_by="self_cpu_memory_usage"),
        averages.table(sort_by="count"), str(averages), str(u.EventList()), events.table(sort_by="cuda_time_total", row_limit=0),
    )]  # fmt: skip


@scenario
def numbers_as_text(torch):
    u = util(torch)
    times = [u._format_time(t) for t in (0, 1, 999.9999, 1000, 1234.5, 1e6, 12345678)]
    memory = [u._format_memory(n) for n in (0, 1, -1, 1023, 1024, -2048, 1 << 20, 3 << 30)]
    return [times, memory, u._format_time_share(1, 3), u._format_time_share(0, 0), *attempts(lambda: u._format_time_share(1, 0))]


@scenario
def the_table_of_a_real_profile(torch):
    with torch.profiler.profile(activities=cpu(torch), record_shapes=True, profile_memory=True) as prof:
        torch.ones(3, 4).exp()
    table = prof.key_averages().table(sort_by="cpu_time_total", row_limit=10)
    with torch.profiler.profile(activities=cpu(torch)) as nothing:
        pass
    empty = [nothing.key_averages().table(), len(nothing.events()), nothing.key_averages().total_average().count]
    lines = table.split("\n")
    row = next(line for line in lines if "aten::exp" in line)
    return [lines[1].split(), re.sub(r"[\d.]+(us|ms|s|%)", "#", row).split(), re.sub(r"[\d.]+(us|ms|s)", "#", lines[-2]), empty]


@scenario
def chrome_traces(torch):
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("a.json", "b.json.gz", "c.json")]
        x = torch.ones(3, requires_grad=True)
        for path in paths[:2]:
            with torch.profiler.profile(activities=cpu(torch), record_shapes=True) as prof:
                prof.add_metadata("text", "some text")
                prof.add_metadata_json("numbers", "[1, 2]")
                with torch.profiler.record_function("region"):
                    (x.sin() * 2).sum().backward()
            prof.export_chrome_trace(path)
        prof.events().export_chrome_trace(paths[2])
        trace = json.loads(Path(paths[0]).read_text())
        with gzip.open(paths[1]) as file:
            zipped = json.load(file)
        plain = json.loads(Path(paths[2]).read_text())
    complete = [e for e in trace["traceEvents"] if e["ph"] == "X" and e.get("cat") in ("cpu_op", "user_annotation")]
    sin = next(e for e in complete if e["name"] == "aten::sin")
    return [
        trace["text"], trace["numbers"], trace["schemaVersion"], trace["record_shapes"], trace["displayTimeUnit"], sorted(sin),
        sin["args"]["Input Dims"], sin["args"]["Input type"], [[e["name"], e["cat"]] for e in complete if e["name"] in ("region", "aten::sin", "SinBackward0")],
        len(zipped["traceEvents"]) == len(trace["traceEvents"]), [e["name"] for e in plain if e["name"] in ("region", "aten::sin", "SinBackward0")],
        sorted(plain[0]), plain[0]["pid"], sorted({e["cat"] for e in trace["traceEvents"] if e["ph"] in ("s", "f")}),
        sum(e["ph"] == "s" for e in trace["traceEvents"]) == sum(e["ph"] == "f" for e in trace["traceEvents"]),
    ]  # fmt: skip


@scenario
def traces_for_tensorboard(torch):
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for zipped in (False, True):
            handler = torch.profiler.tensorboard_trace_handler(str(Path(folder) / "new" / "deep"), worker_name="me", use_gzip=zipped)
            with torch.profiler.profile(activities=cpu(torch), on_trace_ready=handler):
                torch.ones(2) * 2
        found += sorted(re.sub(r"\d+", "#", p.name) for p in (Path(folder) / "new" / "deep").iterdir())
        blocked = Path(folder) / "file"
        blocked.write_text("")
        handler = torch.profiler.tensorboard_trace_handler(str(blocked / "below"))
        found += [type(e).__name__ if isinstance(e, Exception) else e[0] for e in attempts(lambda: handler(None))]
    return found


@scenario
def optimizers_name_their_steps(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizers = [torch.optim.SGD([p], lr=0.1), torch.optim.Adam([p], lr=0.1)]
    p.grad = torch.ones(2)
    with torch.profiler.profile(activities=cpu(torch)) as prof:
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    return [name for name, _ in counts(prof) if name.startswith("Optimizer")]


@scenario
def memory_and_flops(torch):
    a, b = torch.ones(4, 5), torch.ones(5, 6)
    with torch.profiler.profile(activities=cpu(torch), profile_memory=True, with_flops=True) as prof:
        with torch.profiler.record_function("region"):
            a.mm(b)
            a + a
        torch.nn.functional.conv2d(torch.ones(1, 2, 5, 5), torch.ones(3, 2, 3, 3))
        torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5))
    found = {e.key: e for e in prof.key_averages()}
    return [[found[n].cpu_memory_usage for n in ("aten::mm", "aten::add")],
            [found[n].flops for n in ("aten::mm", "aten::add", "aten::bmm", "region")]]  # fmt: skip


@scenario
def toggling(torch):
    with torch.profiler.profile(activities=cpu(torch)) as prof:
        torch.ones(2).sin()
        prof.toggle_collection_dynamic(False, cpu(torch))
        torch.ones(2).cos()
        prof.toggle_collection_dynamic(True, cpu(torch))
        torch.ones(2).exp()
    return names(prof)


@scenario
def small_print(torch):
    prof, p = torch.profiler, legacy(torch)
    kind = prof.ProfilerActivity
    with contextlib.redirect_stdout(io.StringIO()), prof.profile(activities=cpu(torch)) as used:
        print(torch.ones(2) * 2)
    return [
        str(kind.CPU), repr(kind.CPU), kind.CPU.value, sorted(kind.__members__), str(prof.DeviceType.CPU), kind.CPU in prof.supported_activities(),
        prof.kineto_available(), [k for k in ("profile", "record_function", "schedule", "ProfilerAction") if k in prof.__all__],
        isinstance(used, prof._KinetoProfile), type(used.profiler) is p.profile, type(used.events()).__name__, used.get_trace_id() is not None,
        type(used.events()[0]).__name__, used.profiler.function_events is used.events(), p.profile(enabled=False).enabled,
        [type(m).__name__ for m in (p.emit_nvtx(enabled=False), p.emit_itt(enabled=False))], p.emit_nvtx(enabled=False).__enter__(),
        used.profiler.self_cpu_time_total > 0, used.profiler.total_average().key,
    ]  # fmt: skip
