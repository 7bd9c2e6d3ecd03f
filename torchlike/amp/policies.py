"""Which ops autocast computes in which precision, by kind of device, as PyTorch's lists have it. Names are those of the declarations in ops/.

A composite that PyTorch counts as one op (a loss made of several) is listed by its own name, and marked `one_op_to_autocast` there.
"""

from __future__ import annotations

from ..core.autocast import POLICIES, REFUSALS, Policy

_PRODUCTS = """
    convolution_kernel mm bmm matmul _mm_rows _mv_rows _batched_matmul _addmm _addbmm _baddbmm _multi_dot _einsum _tensordot linear_Addmm
    linear_Mm linear_View linear_UnsafeView linear_Squeeze linear_Mv linear_Dot prelu scaled_dot_product_attention lstm_layer
"""
_LOSSES = """
    mse_loss_kernel l1_loss smooth_l1_loss_kernel huber_loss_kernel NllLoss_kernel NllLoss2D_kernel kl_div poisson_nll_loss
    cosine_embedding_loss hinge_embedding_loss margin_ranking_loss triplet_margin_loss soft_margin_loss_kernel multi_margin_loss_kernel
    multilabel_margin_loss_kernel binary_cross_entropy_with_logits_kernel ctc_loss_kernel smoothed_labels_loss
"""
_CPU_SINGLE = """
    cross_entropy binary_cross_entropy_kernel avg_pool3d_kernel AdaptiveAvgPool3d_kernel MaxUnpool2d_kernel MaxUnpool3d_kernel
    grid_sampler_2d_kernel grid_sampler_3d_kernel polar _prod_all _prod_dim quantile nanquantile cdist trace reflect_pad1d reflect_pad2d
    replicate_pad1d replicate_pad2d replicate_pad3d _linalg_cholesky _cholesky cholesky_inverse cholesky_solve _inverse _pinv _eig _eigh
    _lstsq _lu _lu_factor _qr _solve _svd _svdvals linalg_householder_product linalg_solve_triangular
"""
_GPU_PRODUCTS = "mv dot _addmv gru_layer rnn_layer lstm_cell_kernel gru_cell rnn_tanh_cell rnn_relu_cell"
_GPU_SINGLE = """
    acos asin cosh erfinv exp expm1 log log10 log2 log1p reciprocal rsqrt sinh tan _pow_base _pow_scalar _pow_static _pow_tensor softplus
    native_layer_norm_kernel native_group_norm_kernel rms_norm_kernel cosine_similarity cosine_similarity_kernel dist cdist renorm logsumexp
    _prod_all _prod_dim softmax_kernel log_softmax_kernel cumprod cumsum _vector_norm _sum_all _sum_dims upsample_nearest1d
    upsample_nearest2d upsample_nearest3d upsample_linear upsample_bilinear upsample_bicubic upsample_trilinear
"""
_CPU_WIDEST = "_cat _stack _index_copy"
_GPU_WIDEST = """
    _cat _stack _addcdiv _addcmul atan2 bilinear_kernel linalg_cross vdot grid_sampler_2d_kernel grid_sampler_3d_kernel _index_put
    _scatter_add
"""

_REFUSED = (
    "torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast: under autocast their input is computed in half "
    "precision, where probabilities near 0 and 1 have no logarithm. Use torch.nn.functional.binary_cross_entropy_with_logits or "
    "torch.nn.BCEWithLogitsLoss instead, which take what comes before the sigmoid and are safe to autocast."
)


def _table(lower: str, single: str, widest: str, refused: str = "") -> dict[str, Policy]:
    kinds = ((lower, Policy.LOWER), (single, Policy.FLOAT32), (widest, Policy.WIDEST), (refused, Policy.REFUSED))
    return {name: policy for names, policy in kinds for name in names.split()}


def install() -> None:
    """Tell the mechanism (core/autocast.py)."""
    POLICIES["cpu"] = _table(_PRODUCTS, _LOSSES + _CPU_SINGLE, _CPU_WIDEST)
    POLICIES["cuda"] = _table(_PRODUCTS + _GPU_PRODUCTS, _LOSSES + _GPU_SINGLE, _GPU_WIDEST, "binary_cross_entropy_kernel")
    POLICIES["tpu"] = POLICIES["cuda"]
    REFUSALS["binary_cross_entropy_kernel"] = _REFUSED
