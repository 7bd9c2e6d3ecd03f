"""Small modules that programs import beside the great ones: weak dictionaries, devices by decorator, monitors, trees as text."""

import copy
import gc
import pickle
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

import torchlike as torch
from torchlike import _utils, monitor
from torchlike.fx.immutable_collections import immutable_dict, immutable_list
from torchlike.utils import _pytree as pytree
from torchlike.utils._device import set_device
from torchlike.utils._mode_utils import all_same_mode, no_dispatch
from torchlike.utils._traceback import CapturedTraceback, format_traceback_short
from torchlike.utils.checkpoint import _infer_device_type
from torchlike.utils.weak import TensorWeakRef, WeakIdKeyDictionary, WeakTensorKeyDictionary


def test_weak_dictionaries():
    first, second = torch.ones(2), torch.ones(2)
    found = WeakTensorKeyDictionary({first: 1})
    found[second] = 2
    assert len(found) == 2 and found[first] == 1 and first in found and torch.ones(2) not in found and 3 not in found
    assert [k is first for k in found] == [True, False] and found == WeakTensorKeyDictionary([(second, 2), (first, 1)])
    assert (found | {second: 5})[second] == 5 and ({second: 5} | found)[second] == 2
    twin, deep = copy.copy(found), copy.deepcopy(found)
    assert twin[first] == deep[first] == 1
    del first
    gc.collect()
    assert len(found) == 1 and list(found.values()) == [2] and found.popitem()[1] == 2 and not found
    with pytest.raises(KeyError):
        found[second]
    found |= {second: 7}
    assert found.setdefault(second, 8) == 7 and found.pop(second) == 7 and len(found.keyrefs()) == 0
    assert TensorWeakRef(second)() is second and isinstance(twin, WeakIdKeyDictionary)


def test_devices_and_modes_of_functions():
    @set_device("meta")
    def made():
        return torch.ones(2)

    assert made().device.type == "meta" and torch.ones(1).device.type == "cpu"
    with no_dispatch():
        assert all_same_mode([made, made]) and not all_same_mode([made, None])
    assert _infer_device_type(torch.ones(1)) == torch.utils.checkpoint.DefaultDeviceType.get_device_type()


def test_places_of_errors():
    try:
        raise ValueError("here")
    except ValueError as error:
        assert "test_helpers.py" in format_traceback_short(error.__traceback__) and "in test_places_of_errors" in format_traceback_short(
            error.__traceback__)
    here = CapturedTraceback.extract()
    assert here.summary()[-1].name == "test_places_of_errors" and CapturedTraceback.format_all([None, here]) == [None, here.format()]


def test_events_reach_handlers():
    seen = []
    handle = monitor.register_event_handler(seen.append)
    event = monitor.Event("step", datetime.now(), {"loss": 1.0, "ok": True})
    monitor.log_event(event)
    monitor.unregister_event_handler(handle)
    monitor.log_event(event)
    assert seen == [event] and event.data == {"loss": 1.0, "ok": True}
    with pytest.raises(TypeError, match="incompatible constructor arguments"):
        monitor.Event("a", 1, 2)


def test_statistics_of_windows():
    seen = []
    handle = monitor.register_event_handler(seen.append)
    stat = monitor.Stat("time", list(monitor.Aggregation), timedelta(hours=1), max_samples=2)
    stat.add(1)
    assert stat.count == 1 and stat.get()[monitor.Aggregation.SUM] == 0
    stat.add(3)
    assert stat.count == 0 and seen[0].name == "torch.monitor.Stat"
    assert seen[0].data == {"time.value": 3, "time.mean": 2, "time.count": 2, "time.sum": 4, "time.max": 3, "time.min": 1}
    assert stat.get()[monitor.Aggregation.MEAN] == 2
    stat.add(5)
    del stat
    gc.collect()
    monitor.unregister_event_handler(handle)
    assert seen[1].data["time.count"] == 1


Point = namedtuple("Point", "x y")


_TREES = [1, [1, (2, None)], {"a": 1, "b": [2]}, OrderedDict(a=1), defaultdict(list, {"a": 1}), deque([1], maxlen=3)]


@pytest.mark.parametrize("tree", _TREES, ids=repr)
def test_structures_as_text(tree):
    spec = pytree.tree_structure(tree)
    assert pytree.treespec_loads(pytree.treespec_dumps(spec)) == spec


def test_structures_without_a_name():
    with pytest.raises(NotImplementedError, match="didn't register a serializated_type_name"):
        pytree.treespec_dumps(pytree.tree_structure(Point(1, 2)))
    with pytest.raises(TypeError, match="instance of PyTreeSpec"):
        pytree.treespec_dumps(3)
    with pytest.raises(ValueError, match="Unknown protocol -1"):
        pytree.treespec_loads("[-1, {}]")


def test_some_of_the_leaves():
    tree = [1, "a", (2.5,)]
    assert pytree.tree_map_only(int | float, lambda x: -x, tree) == [-1, "a", (-2.5,)]
    assert pytree.tree_map_only(lambda x: x == 1, lambda x: 0, tree) == [0, "a", (2.5,)]
    assert pytree.tree_all_only(int, lambda x: x > 0, tree) and not pytree.tree_any_only((int, float), lambda x: x > 3, tree)
    assert pytree.arg_tree_leaves(1, [2], a=3) == [1, 2, 3]
    with pytest.raises(TypeError, match="must be a type"):
        pytree.tree_map_only("int", abs, tree)
    assert pytree.tree_structure({"a": (1,)}) == pytree.treespec_dict(a=pytree.treespec_tuple([pytree.treespec_leaf()]))


def test_dataclasses_as_nodes():
    @dataclass
    class Pair:
        x: object
        y: object = None

    pytree.register_dataclass(Pair)
    assert pytree.tree_map(lambda v: v + 1, Pair(1, 2)) == Pair(2, 3) and pytree.tree_leaves(Pair(1)) == [1]
    assert torch.vmap(lambda p: p.x * 2)(Pair(torch.ones(3))).tolist() == [2, 2, 2]


def test_collections_that_do_not_change():
    items, table = immutable_list([1, 2]), immutable_dict(a=1)
    for change in (lambda: items.append(3), lambda: items.__setitem__(0, 1), lambda: table.update(b=2), table.clear):
        with pytest.raises(TypeError, match="does not support mutation"):
            change()
    assert hash(items) == hash(immutable_list([1, 2])) and pickle.loads(pickle.dumps(table)) == table
    assert isinstance(pytree.tree_map(abs, items), immutable_list)


def test_flat_buffers():
    tensors = [torch.ones(2, 2), torch.zeros(3)]
    flat = _utils._flatten_dense_tensors(tensors)
    assert [torch.equal(a, b) for a, b in zip(_utils._unflatten_dense_tensors(flat, tensors), tensors, strict=True)] == [True, True]
    assert [len(group) for group in _utils._take_tensors([*tensors, torch.ones(1, dtype=torch.int64)], 16)] == [1, 1, 1]
    mixed = [torch.ones(1), torch.tensor([1]), torch.zeros(1)]
    assert [t.dtype for t in _utils._reorder_tensors_as([mixed[0], mixed[2], mixed[1]], mixed)] == [t.dtype for t in mixed]
    assert _utils.try_import("no_such_module") is None and _utils._import_dotted_name("torchlike.nn.Linear") is torch.nn.Linear


def test_errors_raised_elsewhere():
    try:
        raise KeyError("lost")
    except KeyError:
        wrapped = _utils.ExceptionWrapper(where="in a thread")
    with pytest.raises(KeyError, match="Caught KeyError in a thread"):
        wrapped.reraise()


def test_a_model_of_a_local_folder(tmp_path):
    (tmp_path / "hubconf.py").write_text("dependencies = ['math']\ndef small(n=1):\n    return n + 1\n")
    assert torch.hub.load(tmp_path, "small", 4, source="local") == 5
    with pytest.raises(RuntimeError, match="Cannot find callable large in hubconf"):
        torch.hub.load(str(tmp_path), "large", source="local")
    with pytest.raises(ValueError, match='Unknown source: "shelf"'):
        torch.hub.load(tmp_path, "small", source="shelf")
    with pytest.raises(NotImplementedError, match="no code from the network"):
        torch.hub.load("user/repo", "small")
    (tmp_path / "hubconf.py").write_text("dependencies = ['no_such_module']\n")
    with pytest.raises(RuntimeError, match="Missing dependencies: no_such_module"):
        torch.hub.load(tmp_path, "small", source="local")
