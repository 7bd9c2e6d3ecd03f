"""`torch.nn.functional`: the functions of the op files under their public names, with PyTorch's signatures."""
# ruff: noqa: F401
from __future__ import annotations

from ..core.inplace import inplace_variant
from ..core.missing import missing as _missing
from ..ops import activation as _activation
from ..ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)
from ..ops.attention import scaled_dot_product_attention
from ..ops.conv import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ..ops.ctc import ctc_loss
from ..ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from ..ops.embedding import embedding, embedding_bag, one_hot
from ..ops.fold import fold, unfold
from ..ops.grid import affine_grid, grid_sample
from ..ops.grouped import grouped_mm
from ..ops.linear import bilinear, linear
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    linear_cross_entropy,
    mse_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from ..ops.loss_margin import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    pairwise_distance,
    pdist,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ..ops.multihead import multi_head_attention_forward
from ..ops.normalization import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, normalize, rms_norm
from ..ops.overloads import more_functions as _more_functions
from ..ops.pad import pad
from ..ops.pool import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)
from ..ops.pool_adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ..ops.pool_fractional import (
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
)
from ..ops.resize import (
    channel_shuffle,
    interpolate,
    native_channel_shuffle,
    pixel_shuffle,
    pixel_unshuffle,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)
from ..ops.softmax import gumbel_softmax, log_softmax, softmax, softmin
from ..overridable import present as _present

relu_ = inplace_variant(relu, "relu_")
elu_ = inplace_variant(_activation.written_elu, "elu_")
celu_ = inplace_variant(_activation.written_celu, "celu_")
selu_ = inplace_variant(selu, "selu_")
leaky_relu_ = inplace_variant(_activation.written_leaky_relu, "leaky_relu_")
hardtanh_ = inplace_variant(hardtanh, "hardtanh_")
threshold_ = inplace_variant(threshold, "threshold_")
rrelu_ = inplace_variant(rrelu, "rrelu_")

_NO_FLOAT8 = "float8 and its scaled products do not exist here; use grouped_mm or matmul on bfloat16."

_present(__name__)
_more_functions.update(globals())
__getattr__ = _missing(__name__, refused=dict.fromkeys(("scaled_grouped_mm", "scaled_mm"), _NO_FLOAT8))
