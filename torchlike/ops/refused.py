"""One table of PyTorch's functions for tensors that do not exist here: sparse, quantised, nested, and those of one vendor's library."""

from __future__ import annotations

from ..core.op import function
from ..core.unsupported import refused

SPARSE = "torchlike has dense tensors only; keep the tensor dense, or its indices and values apart and combine them with index_add or scatter_add"
QUANTISED = "torchlike has no quantised tensors; compute in bfloat16 or float16, or keep integers and their scale as two tensors"
NESTED = "torchlike has no nested tensors; pad to one shape (torch.nn.utils.rnn.pad_sequence) and use a mask"
LIBRARY = "this is the door to one library's kernels, and XLA picks its kernels itself; use the general function in torch.nn.functional"

HALF_COMPLEX = "torchlike has no complex32; use cfloat()"

FUNCTIONS = {
    SPARSE: """sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor dsmm hsmm hspmm
        saddmm smm sspaddmm resize_as_sparse_ ccol_indices_copy col_indices_copy crow_indices_copy indices_copy row_indices_copy values_copy""",
    QUANTISED: """quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic quantized_batch_norm quantized_gru quantized_gru_cell
        quantized_lstm quantized_lstm_cell quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell
        quantized_rnn_tanh_cell q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point int_repr
        empty_quantized choose_qparams_optimized fused_moving_avg_obs_fake_quant
        fbgemm_linear_fp16_weight fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight
        fbgemm_linear_int8_weight_fp32_activation fbgemm_linear_quantize_weight fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix""",
    LIBRARY: """cudnn_affine_grid_generator cudnn_batch_norm cudnn_convolution cudnn_convolution_add_relu cudnn_convolution_relu
        cudnn_convolution_transpose cudnn_grid_sampler miopen_batch_norm miopen_convolution miopen_convolution_add_relu
        miopen_convolution_relu miopen_convolution_transpose miopen_ctc_loss miopen_depthwise_convolution miopen_rnn
        mkldnn_adaptive_avg_pool2d mkldnn_convolution mkldnn_linear_backward_weights mkldnn_max_pool2d mkldnn_max_pool3d mkldnn_rnn_layer""",
}
METHODS = {
    SPARSE: """to_sparse to_sparse_coo to_sparse_csr to_sparse_csc to_sparse_bsr to_sparse_bsc sparse_mask sparse_resize_
        sparse_resize_and_clear_ resize_as_sparse_ smm sspaddmm _indices _values _nnz""",
    QUANTISED: "qscheme int_repr q_scale q_zero_point q_per_channel_axis q_per_channel_scales q_per_channel_zero_points",
    NESTED: "to_padded_tensor",
    LIBRARY: "to_mkldnn",
    HALF_COMPLEX: "chalf",
}

for _sentence, _names in FUNCTIONS.items():
    for _name in _names.split():
        function(refused(_name, _sentence))


def install(cls: type) -> None:
    """Attach the methods of the table to Tensor."""
    for sentence, names in METHODS.items():
        for name in names.split():
            setattr(cls, name, refused(name, sentence))
