"""Kernels that have a name under `torch.ops.aten` alone, called in torch and torchlike alike."""

# ruff: noqa: D103

import math


def numbers(torch, *shape, shift=0.0):
    """Numbers between -1 and 1, no two alike, none at a kink."""
    return (torch.arange(math.prod(shape), dtype=torch.float64) * 1.7 + 0.3 + shift).sin().reshape(shape)


def shares(torch, *shape):
    return numbers(torch, *shape).abs() * 0.8 + 0.1


def activations(torch):
    aten, x, g = torch.ops.aten, numbers(torch, 2, 3), numbers(torch, 2, 3, shift=1)
    return [
        [getattr(aten, f"{name}_backward")(g, x) for name in ("gelu", "hardsigmoid", "hardswish", "mish", "silu")],
        aten.gelu_backward(g, x, approximate="tanh"), aten.logit_backward(g, shares(torch, 2, 3)), aten.logit_backward(g, shares(torch, 2, 3), 0.3),
        aten.glu_backward(numbers(torch, 2, 2), numbers(torch, 2, 4), 1), aten.hardshrink_backward(g, x, 0.5), aten.softshrink_backward(g, x, 0.5),
        aten.hardtanh_backward(g, x, -0.5, 0.5), aten.softplus_backward(g, x, 2, 1), aten.leaky_relu_backward(g, x, 0.1, False),
        aten.elu(x, 1.5, 1.1, 0.7), aten.elu_backward(g, 1.5, 1.1, 0.7, False, x), aten.elu_backward(g, 1.5, 1.1, 0.7, True, x),
        aten.log_sigmoid_forward(x), aten.log_sigmoid_backward(g, x, aten.log_sigmoid_forward(x)[1]),
        aten._softmax_backward_data(g, x.softmax(1), 1, torch.float64), aten._log_softmax_backward_data(g, x.log_softmax(1), 1, torch.float64),
        aten._prelu_kernel(x, numbers(torch, 1, 3)), aten._prelu_kernel_backward(g, x, numbers(torch, 1, 3)),
        aten.rrelu_with_noise_backward(g, x, shares(torch, 2, 3), 0.1, 0.3, True, False),
        aten.rrelu_with_noise_backward(g, x, shares(torch, 2, 3), 0.1, 0.3, False, False)]


def _losses(torch, reduction):
    aten, x, y, p, q = torch.ops.aten, numbers(torch, 3, 4), numbers(torch, 3, 4, shift=2), shares(torch, 3, 4), shares(torch, 3, 4) / 2
    one = torch.tensor(0.7, dtype=torch.float64)
    each, row = (one, one) if reduction else (numbers(torch, 3, 4, shift=3), numbers(torch, 3, shift=3))
    to, signs, weight = torch.tensor([1, 2, 0]), torch.tensor([[1, -1, 0, 0], [0, 2, -1, 0], [3, -1, 0, 0]]), shares(torch, 4)
    total = aten.nll_loss_forward(x, to, weight, reduction, 2)
    return [
        aten.mse_loss(x, y, reduction), aten.mse_loss_backward(each, x, y, reduction), aten.l1_loss(x, y, reduction),
        aten.smooth_l1_loss(x, y, reduction, 0.5), aten.smooth_l1_loss_backward(each, x, y, reduction, 0.5),
        aten.huber_loss(x, y, reduction, 0.5), aten.huber_loss_backward(each, x, y, reduction, 0.5),
        aten.soft_margin_loss(x, y, reduction), aten.soft_margin_loss_backward(each, x, y, reduction),
        aten.binary_cross_entropy(p, q, None, reduction), aten.binary_cross_entropy_backward(each, p, q, p, reduction),
        total, aten.nll_loss_backward(row, x, to, weight, reduction, 2, total[1]), aten.nll_loss_forward(x, to, None, reduction, -100),
        aten.nll_loss2d_forward(x.reshape(1, 4, 1, 3), to.reshape(1, 1, 3), None, reduction, -100),
        aten.multi_margin_loss(x, to, 1, 1.0, weight, reduction), aten.multi_margin_loss_backward(row, x, to, 1, 1.0, weight, reduction),
        aten.multilabel_margin_loss_backward(row, x, signs, reduction, aten.multilabel_margin_loss_forward(x, signs, reduction)[1]),
        aten.cross_entropy_loss(x, to, weight, reduction, -100, 0.1)]


def losses_of_each(torch):
    return _losses(torch, 0)


def losses_in_the_mean(torch):
    return _losses(torch, 1)


def losses_in_sum(torch):
    return _losses(torch, 2)


def normalisations(torch):
    aten, x, g, w = torch.ops.aten, numbers(torch, 2, 4, 3), numbers(torch, 2, 4, 3, shift=1), numbers(torch, 4, shift=2)
    row, moments = numbers(torch, 3), (numbers(torch, 4), shares(torch, 4))
    layer, group = torch.native_layer_norm(x, (3,), None, None, 1e-5)[1:], torch.native_group_norm(x, None, None, 2, 4, 3, 2, 1e-5)[1:]
    batch = torch.native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5)[1:]
    asked = ([True, True, True], [True, False, True])
    return [
        [aten.native_layer_norm_backward(g, x, [3], *layer, row, row, m) for m in asked],
        [aten.native_group_norm_backward(g, x, *group, w, 2, 4, 3, 2, m) for m in asked],
        [aten.native_batch_norm_backward(g, x, w, *moments, *batch, True, 1e-5, m) for m in asked],
        [aten.native_batch_norm_backward(g, x, w, *moments, *batch, False, 1e-5, m) for m in asked],
        aten.native_dropout_backward(g, x > 0, 2.0)]


def convolutions(torch):
    aten, x = torch.ops.aten, numbers(torch, 1, 2, 4, 4)
    plain = (numbers(torch, 1, 4, 2, 2, shift=1), x, numbers(torch, 4, 1, 3, 3), [4], [1, 1], [0, 0], [1, 1], False, [0, 0], 2)
    turned = (numbers(torch, 1, 1, 5, 5), x, numbers(torch, 2, 1, 2, 2), [1], [1, 1], [0, 0], [1, 1], True, [0, 0], 1)
    return [aten.convolution_backward(*plain, [True, True, True]), aten.convolution_backward(*plain, [True, False, False]),
            aten.convolution_backward(*turned, [False, True, True])]


def tables_and_grids(torch):
    aten, indices, g = torch.ops.aten, torch.tensor([[0, 1], [1, 2]]), numbers(torch, 2, 2, 3)
    image, grid = numbers(torch, 1, 2, 3, 3), numbers(torch, 1, 2, 2, 2) * 0.9
    return [
        aten.embedding_dense_backward(g, indices, 4, -1, False), aten.embedding_dense_backward(g, indices, 4, 2, True),
        aten.embedding_backward(g, indices, 4, -1, False, False),
        aten.grid_sampler_2d_backward(numbers(torch, 1, 2, 2, 2), image, grid, 0, 0, False, [True, True]),
        aten.grid_sampler_2d_backward(numbers(torch, 1, 2, 2, 2), image, grid, 0, 0, False, [False, True])[1],
        aten.affine_grid_generator_backward(numbers(torch, 1, 3, 3, 2), [1, 3, 3, 3], False),
        aten._cdist_backward(numbers(torch, 2, 2), numbers(torch, 2, 2), numbers(torch, 2, 2, shift=1), 1.0, numbers(torch, 2, 2))]


def poolings(torch):
    aten, x = torch.ops.aten, numbers(torch, 1, 2, 4, 4)
    largest, adaptive = aten.max_pool2d_with_indices(x, [3, 3], [1, 1]), aten.adaptive_max_pool2d(x, [2, 3])
    return [
        largest, aten.max_pool2d_with_indices_backward(numbers(torch, 1, 2, 2, 2), x, [3, 3], [1, 1], [0, 0], [1, 1], False, largest[1]),
        adaptive, aten.adaptive_max_pool2d_backward(numbers(torch, 1, 2, 2, 3), x, adaptive[1]), aten._adaptive_avg_pool2d(x, [2, 3]),
        aten._adaptive_avg_pool2d_backward(numbers(torch, 1, 2, 2, 3), x),
        aten.avg_pool2d_backward(numbers(torch, 1, 2, 2, 2), x, [2, 2], [2, 2], [0, 0], False, True, None)]


def resampling(torch):
    aten, x, g, line = torch.ops.aten, numbers(torch, 1, 2, 3, 3), numbers(torch, 1, 2, 4, 5), numbers(torch, 1, 2, 3)
    smooth = [[getattr(aten, f"upsample_{mode}2d")(x, [4, 5], aligned), getattr(aten, f"upsample_{mode}2d")(x, [4, 5], aligned, 1.5, 1.7),
               getattr(aten, f"upsample_{mode}2d_backward")(g, [4, 5], [1, 2, 3, 3], aligned),
               getattr(aten, f"_upsample_{mode}2d_aa")(x, [2, 2], aligned), getattr(aten, f"upsample_{mode}2d").vec(x, None, aligned, [1.5, 1.7])]
              for mode in ("bilinear", "bicubic") for aligned in (True, False)]
    return [
        smooth, aten.upsample_nearest2d(x, [4, 4]), aten.upsample_nearest2d(x, [4, 4], 1.4, 1.3), aten.upsample_nearest2d.vec(x, None, [1.5, 1.3]),
        aten.upsample_nearest2d_backward(g, [4, 5], [1, 2, 3, 3]), aten._upsample_nearest_exact2d(x, [4, 4]), aten.upsample_nearest1d(line, [5]),
        aten.upsample_linear1d(line, [5], False), aten.upsample_trilinear3d(x[None], [1, 2, 2], False),
        aten.reflection_pad1d(line, [1, 2]), aten.reflection_pad1d_backward(numbers(torch, 1, 2, 6), line, [1, 2]),
        aten.reflection_pad2d(x, [1, 2, 1, 0]), aten.replication_pad2d(x, [1, 2, 1, 0]),
        aten.replication_pad2d_backward(numbers(torch, 1, 2, 4, 6), x, [1, 2, 1, 0])]


def places(torch):
    aten, row, g = torch.ops.aten, numbers(torch, 3), numbers(torch, 3, 4)
    mask = g > 0
    return [
        aten.select_backward(row, [3, 4], 1, -2), aten.slice_backward(numbers(torch, 3, 2), [3, 4], 1, 0, 4, 2),
        aten.slice_backward(numbers(torch, 3, 2), [3, 4], 1, -2, 2**63 - 1, 1), aten.diagonal_backward(row, [3, 4], 1, 0, 1),
        aten.trace_backward(row[0], [3, 3]), aten.value_selecting_reduction_backward(row, 1, torch.tensor([1, 0, 2]), [3, 4], False),
        aten.masked_select_backward(numbers(torch, 12)[: int(mask.sum())], g, mask), aten.masked_scatter_backward(g, mask, [20]),
        aten.gather_backward(numbers(torch, 3, 2), g, 1, torch.tensor([[1, 0], [2, 2], [3, 0]]), False),
        aten.index_select_backward(numbers(torch, 3, 2), [3, 4], 1, torch.tensor([1, 1])), aten.cumprod_backward(g, g, 1, g.cumprod(1)),
        aten.cummaxmin_backward(g, g, torch.tensor([[0, 0, 1, 1]] * 3), 1)]


def names_of_namespaces(torch):
    aten, x = torch.ops.aten, numbers(torch, 2, 2)
    written = [x.clone() for _ in range(3)]
    results = [f(y) for f, y in zip((aten.silu_, aten.gelu_, aten.hardswish_), written, strict=True)]
    return [aten.linalg_det(x), aten.special_erf(x), aten.special_xlogy(x.abs(), x.abs()), written, results[0] is written[0],
            aten._is_all_true(x > 0), aten._is_any_true(x > 0), aten.lift(x), aten._reshape_copy(x, [4]), aten._unsafe_index(x, [torch.tensor([1, 0])]),
            aten._shape_as_tensor(x)]


def twice_differentiated(torch):
    aten, x, g = torch.ops.aten, numbers(torch, 4).requires_grad_(), numbers(torch, 4, shift=1).requires_grad_()
    found = [torch.autograd.grad(aten.gelu_backward(g, x).sum(), (g, x)), torch.autograd.grad(aten.mse_loss_backward(g, x, g, 0).sum(), (g, x))]
    w = numbers(torch, 1, 1, 2).requires_grad_()
    back = aten.convolution_backward(g.reshape(1, 1, 4), numbers(torch, 1, 1, 5), w, [1], [1], [0], [1], False, [0], 1, [True, False, False])[0]
    return [*found, torch.autograd.grad(back.square().sum(), (g, w))]


CASES = {f.__name__: f for f in (activations, losses_of_each, losses_in_the_mean, losses_in_sum, normalisations, convolutions, tables_and_grids,
                                 poolings, resampling, places, names_of_namespaces, twice_differentiated)}
