"""What libraries built on PyTorch ask for beside its documented surface: private paths, tables, lists of Tensors. Each has been met in one."""

from __future__ import annotations

import collections
import hashlib
import typing

import pytest

import torchlike as torch
from torchlike.utils import _pytree


def test_lists_of_tensors():
    xs = [torch.tensor([1.0, 4.0]), torch.tensor([9.0])]
    assert [x.tolist() for x in torch._foreach_sqrt(xs)] == [[1, 2], [3]]
    assert [x.tolist() for x in torch._foreach_add(xs, xs, alpha=2)] == [[3, 12], [27]]
    assert [x.tolist() for x in torch._foreach_mul(xs, [2, 3])] == [[2, 8], [27]]
    assert [x.tolist() for x in torch._foreach_pow(2, [torch.tensor([1.0, 3.0])])] == [[2, 8]]
    assert [x.item() for x in torch._foreach_norm([torch.tensor([3.0, 4.0])])] == [5]
    assert [x.tolist() for x in torch._foreach_addcmul(xs, xs, xs, [1, 2])] == [[2, 20], [171]]
    assert [x.tolist() for x in torch._foreach_addcdiv(xs, xs, xs, value=-1)] == [[0, 3], [8]]
    assert [x.tolist() for x in torch._foreach_maximum(xs, [2.0, 2.0])] == [[2, 4], [9]]
    assert torch._foreach_lerp_(xs, [torch.zeros(2), torch.zeros(1)], 0.5) is xs and xs[1].tolist() == [4.5]
    assert torch._foreach_zero_(xs) is xs and xs[0].tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="must have the same number of tensors, got 2 and 1"):
        torch._foreach_add(xs, xs[:1])
    with pytest.raises(RuntimeError, match="same number of elements as scalar list"):
        torch._foreach_mul(xs, [1])
    with pytest.raises(RuntimeError, match="at least one tensor"):
        torch._foreach_neg([])
    with pytest.raises(TypeError, match=r"argument 'self' \(position 1\) must be tuple of Tensors, not Tensor"):
        torch._foreach_exp(torch.ones(2))


def test_gradients_flow_through_lists():
    xs = [torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)]
    sum(y.sum() for y in torch._foreach_mul(xs, 3)).backward()
    assert [x.grad.tolist() for x in xs] == [[3, 3], [3]]


def test_tensors_grouped_by_kind():
    from torchlike.utils._foreach_utils import _group_tensors_by_device_and_dtype

    a, b, c = torch.ones(1), torch.ones(1, dtype=torch.float64), torch.ones(2)
    groups = _group_tensors_by_device_and_dtype([[a, b, c], [c, b, a]], with_indices=True)
    assert [(kind[1], [[id(t) for t in row] for row in lists], at) for kind, (lists, at) in groups.items()] == [
        (torch.float32, [[id(a), id(c)], [id(c), id(a)]], [0, 2]), (torch.float64, [[id(b)], [id(b)]], [1]),
    ]  # fmt: skip


def test_paths_in_trees():
    point = collections.namedtuple("point", "x y")
    tree = {"a": [1, (2, point(3, 4))], "b": None}
    found, spec = _pytree.tree_flatten_with_path(tree)
    assert [(_pytree.keystr(path), leaf) for path, leaf in found] == [
        ("['a'][0]", 1), ("['a'][1][0]", 2), ("['a'][1][1].x", 3), ("['a'][1][1].y", 4), ("['b']", None),
    ]  # fmt: skip
    assert _pytree.key_get(tree, found[3][0]) == 4 and _pytree.tree_unflatten([1, 2, 3, 4, None], spec) == tree
    assert _pytree.tree_map_with_path(lambda path, x, y: (len(path), x, y), [5], [6]) == [(1, 5, 6)]
    assert _pytree._get_node_type(point(1, 2)) in _pytree.SUPPORTED_NODES and _pytree.tree_is_leaf(3)


def test_registered_classes_may_name_their_parts():
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

    _pytree.register_pytree_node(
        Pair, lambda p: ([p.a, p.b], None), lambda parts, _: Pair(*parts),
        flatten_with_keys_fn=lambda p: ([(_pytree.GetAttrKey("a"), p.a), (_pytree.GetAttrKey("b"), p.b)], None))
    assert [_pytree.keystr(path) for path, _ in _pytree.tree_leaves_with_path([Pair(1, 2)])] == ["[0].a", "[0].b"]


def test_keys_of_a_dispatcher_can_be_named():
    keys = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU) | torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
    assert keys.has(torch._C.DispatchKey.CPU) and not keys.has(torch._C.DispatchKey.CUDA)
    with torch._C._ExcludeDispatchKeyGuard(keys):
        assert torch._C._get_tracing_state() is None and torch._C._get_default_device() == "cpu"


def test_libraries_of_compiled_ops_do_not_load():
    with pytest.raises(OSError, match="no C\\+\\+ runtime"):
        torch.ops.load_library("ops.so")
    assert torch.library.register_fake("elsewhere::op")(len) is len


def test_checkpoints_from_the_network(tmp_path):
    torch.save({"w": torch.ones(2)}, tmp_path / "there.pt")
    digest = hashlib.sha256((tmp_path / "there.pt").read_bytes()).hexdigest()
    (tmp_path / "there.pt").rename(tmp_path / f"net-{digest[:8]}.pt")
    url, folder = (tmp_path / f"net-{digest[:8]}.pt").as_uri(), tmp_path / "kept"
    for _ in range(2):
        assert torch.hub.load_state_dict_from_url(url, str(folder), check_hash=True, progress=False)["w"].tolist() == [1, 1]
    with pytest.raises(RuntimeError, match='invalid hash value \\(expected "0000"'):
        torch.hub.download_url_to_file(url, str(folder / "wrong"), "0000", progress=False)
    assert [p.name for p in folder.iterdir()] == [f"net-{digest[:8]}.pt"]


def test_annotations_can_be_looked_up():
    for cls in (torch.Tensor, torch.nn.Module, torch.nn.Linear, torch.nn.Parameter, torch.optim.Optimizer):
        assert isinstance(typing.get_type_hints(cls), dict)


def test_annotations_of_torchscript():
    from torchlike._jit_internal import _overload
    from torchlike.jit.annotations import BroadcastingList2

    assert _overload(len) is len and BroadcastingList2[int] == int | list[int]


def test_models_that_could_be_quantised_run():
    from torchlike.ao.quantization import DeQuantStub, QuantStub

    x = torch.ones(2)
    assert torch.nn.Sequential(QuantStub(), DeQuantStub())(x) is x
    with pytest.raises(NotImplementedError):
        torch.ao.quantization.prepare(None)


def test_classes_that_are_not_there_can_be_named():
    assert torch.distributed.ProcessGroup | None and not isinstance(3, torch.distributed.DeviceMesh)
    with pytest.raises(NotImplementedError, match="one process"):
        torch.distributed.DeviceMesh()
    with pytest.raises(NotImplementedError, match="meta"):
        torch._subclasses.FakeTensorMode()


def test_scattering_over_one_device():
    from torchlike.nn.parallel.scatter_gather import gather, scatter, scatter_kwargs

    x = torch.ones(2)
    assert scatter(x, ["cpu"])[0] is x and gather([x], "cpu") is x
    assert scatter_kwargs((x,), {"y": [x]}, ["cpu"]) == (((x,),), ({"y": [x]},))
    with pytest.raises(NotImplementedError, match="one device, not 2"):
        scatter(x, ["cpu", "cpu"])


def test_print_options_are_attributes():
    from torchlike._tensor_str import PRINT_OPTS, _add_suffixes, _tensor_str

    assert PRINT_OPTS.edgeitems == 3 and _tensor_str(torch.ones(2), 0) == "[1., 1.]"
    assert _add_suffixes("tensor([1", ["a=1"], 7, False) == "tensor([1, a=1)"
