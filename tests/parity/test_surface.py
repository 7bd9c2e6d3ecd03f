"""Old types, storages, sizes, switches and devices: one expression a line, the same answer or the same error."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

import torchlike  # noqa: E402

from .both import check_same, outcome  # noqa: E402

EXPRESSIONS = """
torch.FloatTensor(2, 3).shape
torch.FloatTensor([1, 2])
torch.LongTensor([1.5, 2])
torch.FloatTensor(torch.LongTensor([1]))
torch.FloatTensor("a")
torch.FloatTensor(2.5)
torch.FloatTensor.is_cuda, torch.FloatTensor.dtype
isinstance(torch.ones(2), torch.FloatTensor), isinstance(torch.ones(2), torch.DoubleTensor)
isinstance(torch.ones(2), torch.cuda.FloatTensor)
torch.cuda.FloatTensor(2)
torch.ones(2).type(torch.DoubleTensor).type()
torch.ones(2).type("torch.HalfTensor").type()
torch.ones(2).type("foo")
torch.set_default_tensor_type(torch.float32)
torch.set_default_tensor_type("torch.LongTensor")
torch.set_default_tensor_type(torch.cuda.FloatTensor)
str(torch.ones(2, 3).untyped_storage())
torch.ones(2, 3).untyped_storage().nbytes(), len(torch.ones(2, 3).untyped_storage())
torch.ones(2, 3).untyped_storage()[3]
torch.ones(2, 3).untyped_storage()[70]
torch.ones(2, 3)[1].untyped_storage().nbytes()
(lambda x: x.untyped_storage().data_ptr() == x[1].untyped_storage().data_ptr())(torch.ones(2, 3))
(lambda x: (x.untyped_storage().fill_(0), x)[1])(torch.ones(2, 3))
torch.FloatStorage([1.0, 2.0]).tolist()
str(torch.FloatStorage([1.0, 2.0]))
torch.FloatStorage([1.0, 2.0])[5]
torch.FloatStorage([1.0, 2.0])[0:1]
torch.FloatStorage(3).size(), torch.FloatStorage(3).nbytes(), torch.FloatStorage(3).element_size()
torch.FloatStorage([1.0]).double().dtype, torch.FloatStorage([1.0]).type(), torch.FloatStorage([1.0]).pickle_storage_type()
isinstance(torch.FloatStorage(1), torch.FloatStorage), isinstance(torch.FloatStorage(1), torch.LongStorage)
torch.is_storage(torch.FloatStorage(1)), torch.is_storage(torch.ones(1).untyped_storage()), torch.is_storage(1)
torch.tensor([]).set_(torch.FloatStorage([1.0, 2.0, 3.0]))
torch.tensor([]).set_(torch.ones(4).untyped_storage(), 1, (2,), (1,))
torch.tensor([]).set_(torch.LongStorage([1]))
torch.tensor([]).set_(torch.LongTensor([3]))
torch.FloatTensor(torch.FloatStorage([1.0, 2.0]))
torch.FloatStorage("a")
torch.UntypedStorage("a")
__import__("pickle").loads(__import__("pickle").dumps(torch.FloatStorage([1.0, 2.0]))).tolist()
__import__("copy").deepcopy(torch.ones(2).untyped_storage()).tolist()
(lambda x: x.untyped_storage() is x[0].untyped_storage())(torch.ones(2))
(lambda s: (s.copy_(torch.FloatStorage([5.0, 6.0])), s.tolist())[1])(torch.FloatStorage([1.0, 2.0]))
torch.FloatStorage(2).copy_(torch.LongStorage(2))
(lambda s: (s.__setitem__(slice(0, 1), 9.0), s.tolist())[1])(torch.FloatStorage([1.0, 2.0]))
torch.ones(2).type(int)
torch.ones(2).type(5)
torch.ones(2).type(torch.Tensor).dtype, torch.ones(2).double().type("torch.Tensor").dtype
torch.FloatTensor(size=(2, 2)).shape
torch.FloatTensor([1], device="cuda")
torch.Size((2.5,))
torch.Size(["a"])
torch.Size([2, 3]) + [4]
torch.Size([2, 3]) + (4,), (4,) + torch.Size([2, 3]), torch.Size([2, 3]) * 2, torch.Size([2, 3])[::-1]
torch.Size([torch.tensor(2), True])
torch.Size([2, 3]) + 1
torch.empty_strided((2, 3), (1, 2)).stride()
torch.empty_strided((2, 3), (1,))
torch.empty_strided((2, -3), (1, 1))
torch.empty_permuted((2, 3, 4), (2, 0, 1)).stride()
torch.empty_permuted((2, 3, 4), (0, 1))
torch.empty_permuted((2, 3, 4), (0, 1, 1))
torch.empty_permuted((2, 3, 4), (0, 1, 5))
torch.ones(2).new_empty_strided((2, 3), (1, 2), dtype=torch.float64).stride()
torch.ones(2).resize(3)
torch.ones(2).resize_as(torch.ones(2, 1)).shape
torch.ones(2).is_sparse, torch.ones(2).is_quantized, torch.ones(2).is_nested, torch.ones(2).is_mtia, torch.ones(2).is_sparse_csr
torch.ones(2).to_dense(torch.float64)
torch.ones(2).coalesce()
torch.ones(2).indices()
torch.ones(2).values()
torch.ones(2).crow_indices()
torch.ones(2, 3).sparse_dim(), torch.ones(2, 3).dense_dim()
torch.ones(2).half().dequantize()
torch.ones(2, 3).t().dim_order()
torch.ones(2).volatile
torch.get_device(torch.ones(2)), torch.is_signed(torch.ones(2)), torch.is_same_size(torch.ones(2), torch.ones(3))
torch.complex32, torch.complex32.is_complex, torch.float8_e4m3fn, torch.float8_e4m3fn.itemsize, torch.quint8, torch.int4
torch.sparse_coo, torch.jagged, torch.per_tensor_affine, torch.strided
torch.set_deterministic_debug_mode("foo")
torch.set_deterministic_debug_mode(5)
torch.set_deterministic_debug_mode([])
(torch.set_deterministic_debug_mode("warn"), torch.get_deterministic_debug_mode(), torch.set_deterministic_debug_mode(0))
torch.sym_int(2.5), torch.sym_max(2, 3.5), torch.sym_min(2, 3), torch.sym_not(True), torch.sym_ite(True, 1, 2), torch.sym_sum([1, 2])
torch.cuda.is_available(), torch.cuda.device_count(), torch.cuda.is_initialized()
torch.cuda.init()
torch.cuda.current_device()
torch.cuda.set_device("cpu")
torch.cuda.set_device(-1)
torch.cuda.get_device_properties(0)
torch.cuda.get_device_name()
torch.cuda.synchronize()
torch.cuda.current_stream()
torch.cuda.mem_get_info()
torch.cuda.memory_allocated(), torch.cuda.max_memory_reserved(), torch.cuda.memory_stats()
torch.cuda.memory_cached()
torch.cuda.get_rng_state()
torch.cuda.get_rng_state_all()
torch.cuda.Stream()
torch.cuda.Event(enable_timing=True)
torch.cuda.stream(None).__enter__()
torch.cuda.device(0).__enter__()
torch.cuda.device_of(torch.ones(2)).__enter__()
torch.cuda.CUDAGraph()
torch.cuda.cudart()
torch.cuda.get_arch_list(), torch.cuda.get_gencode_flags(), torch.cuda.is_bf16_supported()
torch.ones(2).cuda()
torch.ones(2, device="cuda")
torch.nn.Linear(2, 2).to("cuda")
torch.accelerator.is_available(), torch.accelerator.current_accelerator(), torch.accelerator.device_count()
torch.accelerator.current_device_index()
torch.accelerator.synchronize()
torch.accelerator.memory_allocated()
torch.mps.is_available(), torch.xpu.is_available(), torch.mtia.is_available(), torch.cpu.is_available()
torch.mps.synchronize()
torch.xpu.current_device()
torch.backends.cuda.matmul.foo
torch.backends.cuda.cufft_plan_cache.size
torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.math_sdp_enabled(), torch.backends.cuda.matmul.allow_fp16_accumulation
torch.backends.cudnn.enabled, torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32, torch.backends.cudnn.version()
torch.backends.mps.is_macos_or_newer(13, 0)
torch.backends.opt_einsum.strategy, torch.backends.mha.get_fastpath_enabled(), torch.backends.flags_frozen()
torch.Event(), torch.Stream()
torch.Event().record()
torch.Event(enable_timing=True).elapsed_time(torch.Event(enable_timing=True))
torch.Stream("cuda")
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression):
    # Warnings are left out: PyTorch gives these once a process.
    theirs, mine = (outcome(lambda torch: eval(expression, {"torch": torch}), framework)[0] for framework in (torch, torchlike))
    check_same(mine, theirs)
