"""PyTorch's names for what nodes show as `_saved_<name>`, where the ops here are declared with other ones."""

from __future__ import annotations

from ..core.shown import find_saved, saved_value, setting, show

_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def _as_tuple(value):
    return (value,) if type(value) is int else value


def _number(name: str):
    """A factor that is 1 where the call left it out."""

    def value(node):
        names, avals = node.plan.op.array_names, node.plan.in_avals
        given = name in names and avals[names.index(name)] is not None
        return saved_value(node, find_saved(node, name, "_saved_")) if given else 1

    return value


def _swapped(which: int):
    """The first or second of the two dimensions that a permutation swaps."""

    def dim(node):
        dims = node.plan.op.bound(node.plan.settings)["dims"]
        moved = [i for i, d in enumerate(dims) if i != d]
        return moved[which] if moved else 0

    dim.source = "dims"  # type: ignore[attr-defined]
    return dim


def _rounding(node):
    name = node.plan.op.name
    return "trunc" if name == "_div_trunc" else "floor"


def _size(node):
    return node.plan.in_avals[0].shape


show("DiagonalBackward0", "ExpandBackward0", "IndexBackward0", "IndexSelectBackward0", "KthvalueBackward0", "MaxBackward0",
     "MeanBackward0", "MeanBackward1", "MedianBackward1", "MinBackward0", "ModeBackward0", "RepeatBackward0", "SelectBackward0",
     "SliceBackward0", "SortBackward0", "SplitBackward0", "SqueezeBackward0", "SqueezeBackward1", "SqueezeBackward2", "SumBackward0",
     "SumBackward1", "TopkBackward0", "UnfoldBackward0", "ViewBackward0", self_sym_sizes=_size)  # fmt: skip
show("MeanBackward0", "MeanBackward1", self_sym_numel=lambda node: node.plan.in_avals[0].size)
show("AddBackward0", "SubBackward0", "RsubBackward0", "RsubBackward1", alpha=_number("alpha"))
show("AddmmBackward0", "AddmvBackward0", "AddbmmBackward0", "BaddbmmBackward0", "AddrBackward0", alpha=_number("alpha"), beta=_number("beta"))
show("AddcmulBackward0", "AddcdivBackward0", value=_number("value"))
show("SumBackward1", "MeanBackward1", "AmaxBackward0", "AminBackward0", "VarBackward0", "StdBackward0", "VarMeanBackward0", "StdMeanBackward0",
     "LogsumexpBackward0", "NansumBackward0", "LinalgVectorNormBackward0", dim=setting("dim", _as_tuple))  # fmt: skip
show("TransposeBackward0", dim0=_swapped(0), dim1=_swapped(1))
show("DiagonalBackward0", offset=setting("shift"))
show("SqueezeBackward2", dim=setting("dims"))
show("SplitBackward0", "UnsafeSplitBackward0", split_size=setting("sizes", lambda sizes: sizes[0]))
show("SplitWithSizesBackward0", split_sizes=setting("sizes"))
show("DivBackward2", rounding_mode=_rounding)
show("MaxPool2DWithIndicesBackward0", "MaxPool3DWithIndicesBackward0", "AvgPool2DBackward0", "AvgPool3DBackward0", "Im2ColBackward0",
     kernel_size=setting("kernel"))  # fmt: skip
show("UpsampleNearest1DBackward0", "UpsampleNearest2DBackward0", "UpsampleNearest3DBackward0", "UpsampleNearestExact1DBackward0",
     "UpsampleNearestExact2DBackward0", "UpsampleNearestExact3DBackward0", "UpsampleLinear1DBackward0", "UpsampleBilinear2DBackward0",
     "UpsampleTrilinear3DBackward0", "UpsampleBicubic2DBackward0", output_size=setting("size"))  # fmt: skip
show("ConvolutionBackward0", padding=setting("padding", lambda padding: tuple(before for before, _ in padding)))
show("NllLossBackward0", "NllLoss2DBackward0", "MseLossBackward0", "SmoothL1LossBackward0", "HuberLossBackward0", "SoftMarginLossBackward0",
     "MultiMarginLossBackward0", "MultilabelMarginLossBackward0", "BinaryCrossEntropyBackward0", "BinaryCrossEntropyWithLogitsBackward0",
     reduction=setting("reduction", _REDUCTIONS.__getitem__))  # fmt: skip

show("MaxBackward0", "MinBackward0", "MedianBackward1", "NanmedianBackward1", "ModeBackward0", "SortBackward0", "TopkBackward0", "KthvalueBackward0",
     "CummaxBackward0", "CumminBackward0", outputs=("values", "indices"))  # fmt: skip
show("NativeLayerNormBackward0", "StdMeanBackward0", outputs=("result0", "result1", "result2"))
show("LinalgEigBackward0", "LinalgEighBackward0", outputs=("eigenvalues", "eigenvectors"))
show("LinalgSvdBackward0", outputs=("U", "S", "Vh"))
show("LinalgCholeskyExBackward0", outputs=("L",))
show("LinalgLuFactorExBackward0", outputs=("LU", "pivots"))
show("LinalgInvExBackward0", outputs=("inverse",))
show("AminmaxBackward0", outputs=("min", "max"))
show("FrexpBackward0", outputs=("mantissa", "exponent"))
