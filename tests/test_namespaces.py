"""The smaller namespaces: futures, jit, distributed, hub and others."""

import warnings

import pytest

import torchlike as torch


def test_futures():
    future = torch.futures.Future()
    following = future.then(lambda f: f.wait() + 1).then(lambda f: f.wait() * 2)
    assert not following.done()
    future.set_result(1)
    assert following.wait() == 4 and torch.futures.wait_all([future, following]) == [1, 4]
    with pytest.raises(RuntimeError, match="only be marked completed once"):
        future.set_result(2)
    failing = torch.futures.Future()
    failing.set_exception(ValueError("boo"))
    with pytest.raises(RuntimeError, match="callback: ValueError: boo"):
        failing.then(lambda f: f.wait()).wait()


def test_jit_runs_the_python():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @torch.jit.script
        def scripted(x, flag: bool):
            return x * 2 if flag else x

        module = torch.nn.Linear(2, 3)
        traced = torch.jit.trace(module, torch.ones(1, 2))
    assert scripted(torch.ones(1), True).item() == 2 and scripted(torch.ones(1), False).item() == 1
    assert traced(torch.ones(5, 2)).shape == (5, 3) and not torch.jit.is_scripting() and not torch.jit.is_tracing()
    assert list(traced.state_dict()) == ["weight", "bias"] and traced.weight is module.weight and "_compiled_call_impl" not in vars(module)
    assert torch.jit.isinstance([1], list[int]) and not torch.jit.isinstance({"a": 1.0}, dict[str, int])
    assert torch.jit.isinstance((1, "a"), tuple[int, str]) and torch.jit.fork(lambda x: x + 1, 2).wait() == 3
    with pytest.raises(NotImplementedError, match="state_dict"):
        torch.jit.save(scripted, "file")


def test_there_is_one_process():
    assert not torch.distributed.is_available() and not torch.distributed.is_initialized()
    with pytest.raises(NotImplementedError, match="one process"):
        torch.distributed.init_process_group("gloo", init_method="tcp://127.0.0.1:1", rank=0, world_size=2)
    with pytest.raises(NotImplementedError, match="one process"):
        torch.distributed.init_device_mesh("cpu", (2,))


@pytest.mark.parametrize("call", [
    lambda: torch.hub.load("a", "b"), lambda: torch.export.export(None, ()), lambda: torch.onnx.export(None, ()), lambda: torch.sparse.mm(1, 2),
    lambda: torch.nested.nested_tensor([]), lambda: torch.fx.symbolic_trace(None), lambda: torch.quantization.quantize_dynamic(None),
])  # fmt: skip
def test_refusals_say_what_to_do(call):
    with pytest.raises(NotImplementedError, match="torchlike"):
        call()


def test_swapped_tensors_keep_working():
    a, b = torch.nn.Parameter(torch.ones(2)), torch.zeros(3)
    same = a
    torch.utils.swap_tensors(a, b)
    assert same.shape == (3,) and type(same) is torch.Tensor and type(b) is torch.nn.Parameter
    (b * 2).sum().backward()
    assert b.grad.tolist() == [2.0, 2.0]
    torch.testing.assert_close(torch.utils.dlpack.from_dlpack(b.detach()), b.detach())


def test_environment():
    text = torch.utils.collect_env.get_pretty_env_info()
    assert "JAX version: " in text and "Devices: " in text and torch.utils.deterministic.fill_uninitialized_memory


def test_branches_and_loops_are_python():
    x = torch.ones(2, requires_grad=True)
    y = torch.cond(x.sum() > 1, lambda x: x * 3, lambda x: x, (x,))
    i, total = torch.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * y), (torch.tensor(0), y))
    total.sum().backward()
    assert int(i) == 3 and x.grad.tolist() == [3 * 4 * 3.0**3] * 2
    with pytest.raises(RuntimeError, match="single-element tensor"):
        torch.cond(x > 0, lambda x: x, lambda x: x, (x,))


def test_versions_compare_by_number():
    from torchlike.torch_version import TorchVersion

    v = TorchVersion("2.13.0+x")
    assert v >= "2.2" and v >= (2, 0) and v < [3, 1] and v > "2.13.0" and v != "2.13" and v == "2.13.0+x" and v > "2.13.0rc1" and v < "3"
    assert v >= "1.13.0.dev20220901" and v != "foo" and v < "foo" and v[:4] == "2.13" and hash(v) == hash("2.13.0+x")
    assert TorchVersion("1.2.3") < "1.10" and TorchVersion("2.13.0") == "2.13" and torch.__version__ >= (2, 13)
    with pytest.raises(TypeError, match="not supported between instances"):
        _ = v >= 5


def test_each_replica_has_its_share():
    sampler = torch.utils.data.DistributedSampler
    assert list(sampler(range(10), num_replicas=3, rank=1, shuffle=False)) == [1, 4, 7, 0]
    assert list(sampler(range(10), 3, 1, shuffle=False, drop_last=True)) == [1, 4, 7] and list(sampler(range(2), 5, 4, shuffle=False)) == [0]
    shares = [sampler(range(12), num_replicas=3, rank=rank) for rank in range(3)]
    first = [list(s) for s in shares]
    assert sorted(sum(first, [])) == list(range(12)) and first == [list(s) for s in shares] and all(len(s) == 4 for s in shares)
    for s in shares:
        s.set_epoch(1)
    assert first != [list(s) for s in shares]
    with pytest.raises(ValueError, match=r"interval \[0, 2\]"):
        sampler(range(10), num_replicas=3, rank=3)
