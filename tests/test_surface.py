"""Storages, sizes, refused names, switches and devices, without torch."""

import warnings

import pytest

import torchlike as torch


def test_views_share_a_storage():
    x = torch.arange(6.0).reshape(2, 3)
    storage = x[1].untyped_storage()
    assert storage == x.untyped_storage() and storage.data_ptr() == x.data_ptr() and storage.nbytes() == 24
    assert (x[1].data_ptr() - storage.data_ptr()) == x[1].storage_offset() * x.element_size()
    storage.fill_(0)
    assert x.tolist() == [[0.0] * 3] * 2
    with pytest.raises(RuntimeError, match="cannot be resized"):
        storage.resize_(4)


def test_elements_of_a_storage():
    memory = torch.FloatStorage([1.0, 2.0, 3.0])
    x = torch.tensor([]).set_(memory)
    memory[1] = 5.0
    assert x.tolist() == [1.0, 5.0, 3.0] and memory.clone()[1] == 5.0 and list(memory) == x.tolist()
    assert torch.UntypedStorage([1, 2]).tolist() == [1, 2] and torch.Storage(2).dtype is torch.float32


def test_default_tensor_type():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.set_default_tensor_type("torch.DoubleTensor")
        assert torch.ones(1).type() == "torch.DoubleTensor"
    finally:
        torch.set_default_dtype(torch.float32)
    with pytest.raises(TypeError, match="only floating-point types"):
        torch.set_default_tensor_type(torch.LongTensor)


@pytest.mark.parametrize("call", [
    lambda: torch.sparse_coo_tensor([[0]], [1.0]), lambda: torch.ones(2).to_sparse(), lambda: torch.quantize_per_tensor(torch.ones(2), 1.0, 0, None),
    lambda: torch.zeros(2, layout=torch.sparse_coo), lambda: torch.ones_like(torch.ones(2), layout=torch.sparse_csr),
    lambda: torch.cudnn_convolution(), lambda: torch.zeros(2, dtype=torch.complex32), lambda: torch.ones(2).to(torch.float8_e4m3fn),
])  # fmt: skip
def test_refusals_say_what_to_do(call):
    with pytest.raises(NotImplementedError, match=r"; (keep|compute|use|leave)|use the|XLA picks"):
        call()


def test_dtypes_without_tensors_compare():
    assert torch.ones(2).dtype not in (torch.qint8, torch.float8_e5m2) and torch.chalf is torch.complex32
    assert repr(torch.float8_e4m3fn) == "torch.float8_e4m3fn"


def test_strided_allocation_is_writable():
    x = torch.empty_strided((2, 3), (1, 2))
    assert x.is_leaf and x._base is None
    x.copy_(torch.arange(6.0).reshape(2, 3))
    assert x.t().is_contiguous() and x.untyped_storage().nbytes() == 24 and x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_switches_are_kept_for_a_block():
    before = torch.backends.cudnn.benchmark
    with torch.backends.cudnn.flags(enabled=False, benchmark=True):
        assert not torch.backends.cudnn.enabled and torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.enabled and torch.backends.cudnn.benchmark is before


def test_programs_that_ask_for_a_gpu_go_on_without():
    with torch.cuda.device_of(torch.ones(2)), torch.cuda.stream(None), torch.cuda.nvtx.range("step {}", 1):
        assert torch.ones(2).device.type == "cpu"
    assert torch.cuda.memory_summary().count("Allocated memory") == 1 and torch.get_device_module("cpu") is torch.cpu
    assert "JAX" in torch.__config__.show() and "threads" in torch.__config__.parallel_info()


def test_elements_on_the_host():
    x = torch.zeros(2)
    assert x.map2_(torch.ones(2), torch.full((2,), 2.0), lambda a, b, c: a + b * c).tolist() == [2.0, 2.0]
    assert x.const_data_ptr() == x.data_ptr() and torch.cuda.host_memory_stats() == {}


@pytest.mark.parametrize("name", ["reshape_as", "view_as", "expand_as", "type_as", "is_same_size", "is_set_to"])
def test_methods_that_go_by_another_tensor_take_nothing_else(name):
    with pytest.raises(TypeError, match=rf"{name}\(\): argument '\w+' \(position 1\) must be Tensor, not int"):
        getattr(torch.ones(2), name)(3)


def test_a_single_number_is_its_own_largest():
    for k in (0, 1):
        values, indices = torch.tensor(2.0).topk(k)
        assert values.item() == 2 and indices.item() == 0
