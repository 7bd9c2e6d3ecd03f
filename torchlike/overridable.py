"""Which public functions `__torch_function__` can override, and how PyTorch writes each of them: gives every one its face (`core.faces`).

The lists name what PyTorch writes in Python, and what it never shows to an override. Everything else it writes in C++.
"""

from __future__ import annotations

import sys
from types import FunctionType

from .core.faces import FACES, Style, add_face
from .core.tensor import Tensor


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PYTHON = {
    "torch": _words("""atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist chain_matmul einsum lobpcg meshgrid norm
        pca_lowrank split stft svd_lowrank tensordot unique unique_consecutive unravel_index"""),
    "torch.nn.functional": _words("""adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_max_pool2d
        adaptive_max_pool2d_with_indices adaptive_max_pool3d adaptive_max_pool3d_with_indices affine_grid alpha_dropout batch_norm
        binary_cross_entropy binary_cross_entropy_with_logits celu cosine_embedding_loss cross_entropy ctc_loss dropout dropout1d dropout2d
        dropout3d elu embedding embedding_bag feature_alpha_dropout fold fractional_max_pool2d fractional_max_pool2d_with_indices
        fractional_max_pool3d fractional_max_pool3d_with_indices gaussian_nll_loss glu grid_sample group_norm gumbel_softmax hardsigmoid
        hardswish hardtanh hinge_embedding_loss huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu linear_cross_entropy
        local_response_norm log_softmax lp_pool1d lp_pool2d lp_pool3d margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool2d
        max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d mish mse_loss
        multi_head_attention_forward multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss normalize pad
        poisson_nll_loss relu relu6 rms_norm rrelu selu silu smooth_l1_loss soft_margin_loss softmax softmin softsign tanhshrink threshold
        triplet_margin_loss triplet_margin_with_distance_loss unfold"""),
    "torch.nn.init": _words("constant_ kaiming_uniform_ normal_ uniform_"),
    "torch.autograd": _words("backward grad"),
    "torch.Tensor": _words("""
        __array__ __contains__ __deepcopy__ __dlpack__ __dlpack_device__ __floordiv__ __format__ __ipow__ __len__ __pow__ __rdiv__ __reduce_ex__
        __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rpow__ __rrshift__ __rsub__ __rtruediv__ backward lu norm
        register_hook register_post_accumulate_grad_hook share_memory_ split stft unflatten unique unique_consecutive"""),
}
UNSEEN = {
    "torch": _words("""are_deterministic_algorithms_enabled broadcast_shapes from_dlpack from_jax from_numpy from_file frombuffer get_default_device
        get_default_dtype get_float32_matmul_precision get_num_interop_threads get_num_threads get_rng_state initial_seed
        is_anomaly_check_nan_enabled is_anomaly_enabled is_deterministic_algorithms_warn_only_enabled is_grad_enabled
        is_inference_mode_enabled is_storage is_tensor load manual_seed save seed set_anomaly_enabled set_default_device set_default_dtype
        set_float32_matmul_precision set_flush_denormal set_num_interop_threads set_num_threads set_printoptions set_rng_state typename
        use_deterministic_algorithms vmap"""),
    "torch.nn.functional": _words("sigmoid tanh upsample upsample_bilinear upsample_nearest"),
    "torch.Tensor": _words("__dict__ __init__ __init_subclass__ __iter__ __jax_array__ jax"),
}
# One object under several names: torch.conv2d is torch.nn.functional.conv2d.
SHARED = _words(
    """adaptive_avg_pool1d avg_pool1d bilinear celu_ channel_shuffle conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d
    conv_transpose3d cosine_similarity hardshrink native_channel_shuffle pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu relu_
    rrelu_ selu_ threshold_"""
)
# Namespaces whose other functions are transparent: overrides see what these call.
ONLY_PYTHON = _words("torch.nn.init torch.autograd")
FACTORIES = _words("tensor as_tensor asarray")
SILENT = _words("as_subclass _make_subclass _make_wrapper_subclass")
PRIVATE = _words("_is_view _base _version _backward_hooks _post_accumulate_grad_hooks _grad_fn")
# Operators show as the method PyTorch's C++ gives them.
OPERATORS = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__isub__": "sub_", "__mul__": "mul", "__rmul__": "mul",
    "__imul__": "mul_", "__truediv__": "div", "__itruediv__": "div_", "__mod__": "remainder", "__imod__": "remainder_",
    "__ifloordiv__": "floor_divide_", "__matmul__": "matmul", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge",
    "__rand__": "bitwise_and", "__ror__": "bitwise_or", "__rxor__": "bitwise_xor", "__neg__": "neg", "__pos__": "positive", "__abs__": "abs",
}  # fmt: skip
BINARY = _words(
    """__add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__ __rdiv__ __itruediv__
    __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __pow__ __rpow__ __ipow__ __matmul__ __rmatmul__ __eq__ __ne__ __lt__
    __le__ __gt__ __ge__ __and__ __rand__ __iand__ __or__ __ror__ __ior__ __xor__ __rxor__ __ixor__ __lshift__ __rlshift__ __ilshift__
    __rshift__ __rrshift__ __irshift__"""
)
_PREFIXES = {"torch.nn.functional": "torch.nn.", "torch.fft": "torch.fft.fft_",
             "torch.linalg": "torch.linalg.linalg_", "torch.special": "torch.special.special_"}


def _title(namespace: str, name: str, style: Style) -> str:
    """What PyTorch's errors call a function."""
    if style in (Style.PYTHON, Style.KEYWORDS):
        return {"torch": "torch.functional.", "torch.Tensor": "torch._tensor."}.get(namespace, f"{namespace}.") + name
    return _PREFIXES.get(namespace, f"{namespace}.") + name


def _style(namespace: str, name: str) -> Style:
    if name in PYTHON.get(namespace, ()):
        return Style.KEYWORDS if namespace == "torch.nn.init" else Style.PYTHON
    if namespace == "torch.Tensor" and name in SILENT:
        return Style.SILENT
    return Style.FACTORY if namespace == "torch" and name in FACTORIES else Style.COMPILED


def present(namespace: str) -> None:
    """Put faces in the place of the functions of a module, such as `torchlike.linalg`."""
    module, library, title = sys.modules[namespace], sys.modules[__package__], namespace.replace(__package__, "torch", 1)
    unseen, python = UNSEEN.get(title, ()), PYTHON.get(title, ())
    for name, function in list(vars(module).items()):
        if name.startswith("_") or name in unseen or not isinstance(function, FunctionType) or function in FACES:
            continue
        if title == "torch.nn.functional" and name in SHARED and hasattr(library, name):
            setattr(module, name, getattr(library, name))
        elif name in python or title not in ONLY_PYTHON:
            style = _style(title, name)
            setattr(module, name, add_face(function, name, namespace, name, style, _title(title, name, style)))


def present_tensor() -> None:
    """Put faces in the place of Tensor's methods, operators and attributes."""
    unseen = UNSEEN["torch.Tensor"]
    for name, member in list(vars(Tensor).items()):
        own = name.startswith("_") and not name.endswith("__")
        if name in unseen or (own and name not in PRIVATE | SILENT):
            continue
        if isinstance(member, FunctionType):
            setattr(Tensor, name, _method_face(member, name))
        elif isinstance(member, staticmethod) and name in SILENT:
            setattr(Tensor, name, staticmethod(_method_face(member.__func__, name)))  # type: ignore[arg-type]
        elif isinstance(member, property):
            setattr(Tensor, name, _attribute_face(member, name))
    for name, shown in OPERATORS.items():
        FACES[getattr(Tensor, name)].shown = getattr(Tensor, shown)


def _method_face(function: FunctionType, name: str) -> FunctionType:
    style = _style("torch.Tensor", name)
    face = add_face(function, name, Tensor.__module__, f"Tensor.{name}", style, _title("torch.Tensor", name, style))
    FACES[face].operator = name in BINARY
    return face


def _attribute_face(attribute: property, name: str) -> property:
    def face(accessor, kind: str):
        title = f"torch.Tensor.{name}.{kind}"
        return accessor and add_face(accessor, accessor.__name__, Tensor.__module__, f"Tensor.{name}", Style.GETTER, title)

    get, put, delete = face(attribute.fget, "__get__"), face(attribute.fset, "__set__"), face(attribute.fdel, "__delete__")
    result = property(get, put, delete, attribute.__doc__)
    for accessor, shown in ((get, result.__get__), (put, result.__set__), (delete, result.__delete__)):
        if accessor is not None:
            FACES[accessor].shown = shown
    return result
