"""What layers and losses refuse and how they take the empty and the odd, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

from .collect import attempts, collect

CASES, scenario = collect()


def filled(torch, module):
    """The module with the same made-up parameters in both libraries."""
    with torch.no_grad():
        for k, p in enumerate(module.parameters(), start=1):
            p.copy_(torch.linspace(-0.1, 0.1, p.numel()).view(p.shape) * k)
    return module


@scenario
def embedding_bag_refusals(torch):
    bag, table, index = torch.nn.functional.embedding_bag, torch.eye(4), torch.tensor([0, 1, 2])
    return attempts(
        lambda: bag(index, table, torch.tensor([0, 5])),
        lambda: bag(index, table, torch.tensor([0.0])),
        lambda: bag(index, table, torch.tensor([[0]])),
        lambda: bag(index, table, torch.tensor([0]), mode="max", sparse=True),
        lambda: torch.nn.EmbeddingBag(3, 3, padding_idx=4),
        lambda: torch.nn.Embedding(3, 3, padding_idx=4),
        lambda: torch.nn.Bilinear(0, 3, 4),
    )


@scenario
def embedding_bag_of_swapped_arguments(torch):
    return torch.nn.functional.embedding_bag(torch.eye(3), torch.tensor([[0, 2]]))


@scenario
def recurrent_layers_of_nothing(torch):
    results = []
    for layer in (torch.nn.RNN(4, 3), torch.nn.LSTM(4, 3), torch.nn.GRU(4, 3)):
        out, _ = layer(torch.zeros(2, 0, 4))
        out.sum().backward()
        results += [list(out.shape), layer.weight_ih_l0.grad, *attempts(lambda layer=layer: layer(torch.zeros(0, 2, 4)))]
    return results


@scenario
def recurrent_parameters_and_checks(torch):
    lstm = torch.nn.LSTM(2, 3, 2, bidirectional=True)
    x, h, c = torch.zeros(4, 5, 2), torch.zeros(4, 5, 3), torch.zeros(4, 5, 3)
    lstm.weight_ih_l0 = torch.nn.Parameter(torch.zeros(12, 2))
    return [
        lstm._flat_weights_names, len(lstm._flat_weights), lstm._flat_weights[0] is lstm.weight_ih_l0, len(lstm.all_weights),
        lstm.get_expected_hidden_size(x, None), lstm.get_expected_cell_size(x[0], torch.tensor([3, 1])),
        lstm.permute_hidden((h, c), torch.tensor([1, 0]))[0].shape[1], lstm.permute_hidden((h, c), None)[0] is h,
        *attempts(
            lambda: lstm.check_forward_args(x, (h, c), None), lambda: lstm.check_forward_args(x, (h, c[:1]), None),
            lambda: lstm.check_input(x[0], None), lambda: lstm.check_input(x, torch.tensor([1])),
            lambda: lstm.check_input(x.double(), None), lambda: lstm.check_hidden_size(h, (1, 2, 3)),
        ),
    ]  # fmt: skip


@scenario
def dropout_of_a_single_layer(torch):
    return str(torch.nn.GRU(2, 3, dropout=0.5))


@scenario
def interpolation_refusals(torch):
    resize, x = torch.nn.functional.interpolate, torch.zeros(1, 1, 4, 4)
    return attempts(lambda: resize(x, size=(2.0, 2)), lambda: resize(x[:, :0], scale_factor=2), lambda: resize(x[:0], scale_factor=2).shape)


@scenario
def old_names_of_interpolation(torch):
    F, x = torch.nn.functional, torch.arange(4.0).view(1, 1, 2, 2)
    return F.upsample(x, scale_factor=2), F.upsample_nearest(x, scale_factor=2), F.upsample_bilinear(x, scale_factor=2)


@scenario
def affine_grid_refusals(torch):
    grid, theta = torch.nn.functional.affine_grid, torch.zeros(1, 2, 3)
    sizes = ((-1, 1, 2, 2), (1, 1, 0, 2), (2, 1, 2, 2))
    return attempts(*(lambda size=size: grid(theta, size, align_corners=False) for size in sizes))


@scenario
def bilinear_refusals(torch):
    layer, x = torch.nn.Bilinear(3, 3, 2), torch.ones(4, 3)
    return attempts(
        lambda: layer(x[None], x), lambda: layer(x, x[:3]), lambda: layer(x[:, :2], x),
        lambda: torch.nn.functional.bilinear(x, x, layer.weight, torch.ones(3)),
    )


@scenario
def normalisation_refusals(torch):
    F, x = torch.nn.functional, torch.ones(2, 3, 4)
    tracked = torch.zeros(3, requires_grad=True)
    with torch.no_grad():
        unrecorded = F.batch_norm(x, tracked, torch.ones(3))
    return [unrecorded, *attempts(
        lambda: F.batch_norm(x, tracked, torch.ones(3)),
        lambda: F.instance_norm(x, use_input_stats=False),
        lambda: F.group_norm(x, -1),
        lambda: torch.nn.CrossMapLRN2d(2)(x),
    )]


@scenario
def statistics_of_an_old_checkpoint(torch):
    state = torch.nn.InstanceNorm1d(3, track_running_stats=True).state_dict()
    return attempts(lambda: torch.nn.InstanceNorm1d(3).load_state_dict(dict(state)), lambda: torch.nn.InstanceNorm1d(3).load_state_dict(state))


@scenario
def margin_loss_refusals(torch):
    F, scores, labels = torch.nn.functional, torch.linspace(0, 1, 6).view(2, 3), torch.tensor([0, 2])
    return [
        str(torch.nn.TripletMarginWithDistanceLoss()),
        *attempts(
            lambda: F.multi_margin_loss(scores, labels, weight=torch.ones(4)), lambda: F.multi_margin_loss(scores, labels.float()),
            lambda: F.multi_margin_loss(scores[:, :0], labels), lambda: torch.nn.MultiMarginLoss(weight=torch.ones(2, 2)),
            lambda: F.multilabel_margin_loss(scores, torch.tensor([[0, 1, 7], [0, 1, 1]])),
            lambda: F.multilabel_margin_loss(scores[:, :0], torch.zeros(2, 0).long()),
            lambda: F.multilabel_margin_loss(scores, torch.zeros(2, 3)),
        ),
    ]  # fmt: skip


@scenario
def distance_refusals(torch):
    F, x = torch.nn.functional, torch.ones(2, 3)
    return attempts(
        lambda: F.pdist(x, -1.0), lambda: F.pdist(x.long()), lambda: F.cosine_similarity(x.long(), x.long()),
        lambda: F.cosine_similarity(x.long(), x), lambda: F.kl_div(x.long(), x, reduction="sum"),
    )


@scenario
def label_smoothing_out_of_range(torch):
    x, target = torch.linspace(-1, 1, 6).view(2, 3), torch.tensor([0, 2])
    F = torch.nn.functional
    return attempts(*(lambda s=s: F.cross_entropy(x, target, label_smoothing=s) for s in (-0.1, 1.5)))


@scenario
def ctc_refusals(torch):
    log_probs = torch.linspace(-3, 0, 40).view(5, 2, 4).log_softmax(2)
    targets, steps, lengths = torch.tensor([[1, 2], [3, 3]]), torch.tensor([5, 5]), torch.tensor([2, 2])
    ctc = torch.nn.functional.ctc_loss
    return attempts(
        lambda: ctc(log_probs, targets, steps, torch.tensor([2, -1])), lambda: ctc(log_probs, targets[:1], steps, lengths),
        lambda: ctc(log_probs, targets.view(-1)[:3], steps, lengths), lambda: ctc(log_probs, targets[None], steps, lengths),
        lambda: ctc(log_probs, targets, steps, lengths.float()), lambda: ctc(log_probs, targets, torch.tensor([6, 5]), lengths),
        lambda: ctc(log_probs[:0], targets, steps * 0, lengths), lambda: ctc(log_probs, targets, steps, torch.tensor([3, 2])),
        lambda: ctc(log_probs, targets, (5, 5.0), (2, 2)), lambda: ctc(log_probs, targets.float(), steps, lengths),
    )


@scenario
def sliding_block_refusals(torch):
    F, x = torch.nn.functional, torch.arange(32.0).view(1, 2, 4, 4)
    columns = F.unfold(x, 2)
    return attempts(
        lambda: F.unfold(x, (2, 0)), lambda: F.unfold(x, 2, stride=(1, -1)), lambda: F.unfold(x, 2, dilation=0),
        lambda: F.unfold(x, 2, padding=(0, -1)), lambda: F.unfold(x, (2, 2, 2)), lambda: F.unfold(x[:, :0], 2), lambda: F.unfold(x[0, 0], 2),
        lambda: F.unfold(x[:0], 2).shape, lambda: F.fold(columns, (4,), 2), lambda: F.fold(columns, (4, 4), 2, stride=0),
        lambda: F.fold(columns[:, :, :0], (4, 4), 2), lambda: F.fold(columns, (0, 4), 2),
    )


@scenario
def padding_refusals(torch):
    pad, results = torch.nn.functional.pad, []
    for mode in ("reflect", "replicate", "circular"):
        results += attempts(
            lambda mode=mode: pad(torch.zeros(1, 3, 4), (-3, -3), mode).shape, lambda mode=mode: pad(torch.zeros(2, 0, 3), (1, 1), mode).shape,
            lambda mode=mode: pad(torch.zeros(0, 2, 3), (1, 1), mode).shape, lambda mode=mode: pad(torch.zeros(2, 3, 0, 3), (1, 1, 1, 1), mode),
        )
    return results


@scenario
def arguments_of_module_to(torch):
    layer, parse = torch.nn.Linear(1, 1), torch._C._nn._parse_to
    return [
        [str(part) for part in parse("cpu", torch.float64, True)], [str(part) for part in parse(torch.zeros(2, dtype=torch.float16))],
        [str(part) for part in parse(torch.float32, True, memory_format=torch.channels_last)], *attempts(lambda: layer.to("cpu", copy=True)),
    ]  # fmt: skip


@scenario
def a_checkpoint_into_the_meta_device(torch):
    layer = torch.nn.Linear(1, 1, device="meta")
    layer.load_state_dict(torch.nn.Linear(1, 1).state_dict())
    return layer.weight.is_meta


@scenario
def convolution_refusals(torch):
    F, x, w = torch.nn.functional, torch.ones(1, 2, 5, 5), torch.ones(2, 2, 3, 3)
    transposed = F.conv_transpose2d
    return [
        str(torch.nn.Conv2d(4, 4, (3, 3, 3))), str(torch.nn.Conv1d(4, 4, 3, padding=(1, 1))),
        *attempts(
            lambda: F.conv2d(x, w[:, :, :0]), lambda: F.conv2d(x, w[:0]), lambda: F.conv2d(x, w, groups=3),
            lambda: transposed(x, w, output_padding=-1), lambda: transposed(x, w, padding=5), lambda: transposed(x, w, torch.ones(3)),
            lambda: transposed(x[:, :, :0], w), lambda: F.conv_transpose1d(x[0, :, 0], w[:, :, 0], output_padding=1),
            lambda: F.conv_tbc(x[0], w[0], torch.ones(3)), lambda: F.conv_tbc(x[0], torch.ones(3, 5, 4), torch.ones(3)),
            lambda: F.conv_tbc(x[0], torch.ones(3, 5, 4), torch.ones(4), 1),
            lambda: torch.nn.ConvTranspose2d(4, 4, 3, padding_mode="circular"), lambda: torch.nn.Conv1d(4, 4, 3, padding=(1, 1))(x[0]),
        ),
    ]  # fmt: skip


@scenario
def pooling_refusals(torch):
    F, results = torch.nn.functional, []
    for rank in (1, 2, 3):
        for kind in ("max", "avg"):
            pool, x = getattr(F, f"{kind}_pool{rank}d"), torch.ones(1, 2, *(4,) * rank)
            results += attempts(
                lambda pool=pool, x=x: pool(x, 0), lambda pool=pool, x=x: pool(x, -1), lambda pool=pool, x=x: pool(x, 2, -1),
                lambda pool=pool, x=x: pool(x, 2, 2, -1), lambda pool=pool, x=x: pool(x, 2, 2, 2), lambda pool=pool, x=x: pool(x, 9),
                lambda pool=pool, x=x: pool(x[:, :0], 2), lambda pool=pool, x=x: pool(x[:, :, :0], 2),
                lambda pool=pool, x=x: pool(x[:0], 2).shape, lambda pool=pool, x=x, rank=rank: pool(x, (2,) * (rank + 1)),
            )
    return results


@scenario
def adaptive_pooling_refusals(torch):
    F, results = torch.nn.functional, []
    for rank in (1, 2, 3):
        for kind in ("max", "avg"):
            pool, x = getattr(F, f"adaptive_{kind}_pool{rank}d"), torch.ones(1, 2, *(4,) * rank)
            results += attempts(
                lambda pool=pool, x=x: pool(x[:, :0], 2).shape, lambda pool=pool, x=x: pool(x[:, :, :0], 2), lambda pool=pool, x=x: pool(x, 0),
                lambda pool=pool, x=x: pool(x, -1), lambda pool=pool, x=x: pool(x.long(), 2), lambda pool=pool, x=x: pool(x[None], 2),
                lambda pool=pool, x=x, rank=rank: pool(x, (2,) * (rank - 1)), lambda pool=pool, x=x: pool(x[:0], 2).shape,
            )
    return results


@scenario
def unpooling_refusals(torch):
    results = []
    for rank in (1, 2, 3):
        unpool, x = getattr(torch.nn.functional, f"max_unpool{rank}d"), torch.ones(1, 1, *(2,) * rank)
        at = torch.zeros(x.shape, dtype=torch.int64)
        outside = torch.tensor((x * 99).long().tolist())
        results += attempts(
            lambda unpool=unpool, x=x, outside=outside: unpool(x, outside, 2), lambda unpool=unpool, x=x, at=at: unpool(x, at.int(), 2),
            lambda unpool=unpool, x=x, at=at: unpool(x, at[0], 2), lambda unpool=unpool, x=x, at=at: unpool(x[0, 0], at[0, 0], 2),
            lambda unpool=unpool, x=x, at=at: unpool(x[:, :0], at[:, :0], 2),
            lambda unpool=unpool, x=x, at=at, rank=rank: unpool(x, at, 2, output_size=[9] * rank),
        )
    return results


@scenario
def power_average_with_an_infinite_power(torch):
    F, x = torch.nn.functional, torch.arange(16.0).view(1, 1, 4, 4) - 8
    return F.lp_pool2d(x, float("inf"), 2), F.lp_pool1d(x[0], -float("inf"), 3), F.lp_pool1d(x[0], float("inf"), 3, ceil_mode=True)


@scenario
def fractional_pooling_refusals(torch):
    pool, x, samples = torch.nn.functional.fractional_max_pool2d, torch.ones(1, 2, 4, 4), torch.full((1, 2, 2), 0.5)
    return attempts(
        lambda: pool(x, 2, output_size=3, _random_samples=samples[:, :1]), lambda: pool(x, 2, output_size=3, _random_samples=samples[..., :1]),
        lambda: pool(x, 2, output_size=3, _random_samples=samples.double()),
    )


@scenario
def channel_dropout_of_a_vector(torch):
    F = torch.nn.functional
    return attempts(lambda: F.dropout2d(torch.ones(2), 1.0), lambda: F.dropout2d(torch.ones(2), 0.5), lambda: F.dropout2d(torch.ones(2), 0.0))


@scenario
def attention_refusals(torch):
    attend, q, k = torch.nn.functional.scaled_dot_product_attention, torch.ones(1, 2, 3, 4), torch.ones(1, 2, 5, 4)
    layer, x = torch.nn.MultiheadAttention(4, 2), torch.ones(3, 2, 4)
    mask = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=torch.bool)
    values = torch.arange(24.0).view(1, 2, 3, 4) / 10
    return [
        attend(values, values, values, mask, is_causal=True), attend(q, k[:, :, :0], k[:, :, :0]),
        *attempts(
            lambda: attend(q, k[..., :3], k), lambda: attend(q, k, k, dropout_p=1.5), lambda: attend(q.long(), k.long(), k.long()),
            lambda: attend(torch.ones(1, 3, 2, 4), k, k, enable_gqa=True), lambda: attend(q[0, 0, 0], k[0, 0, 0], k[0, 0, 0]),
            lambda: attend(q, k, k, torch.ones(3, 5).long()), lambda: layer(x, x, x[:, :1]), lambda: layer(x, x[..., :2], x),
            lambda: torch.nn.MultiheadAttention(4, 2, kdim=3)(x, x, x), lambda: torch.nn.MultiheadAttention(4, 2, kdim=3)(x, x[..., :3], x[:1]),
        ),
    ]  # fmt: skip


@scenario
def merged_masks(torch):
    layer, query = torch.nn.MultiheadAttention(4, 2), torch.zeros(2, 3, 4)
    barred, padding = torch.ones(3, 3).triu(1).bool(), torch.tensor([[False, False, True], [False, True, True]])
    masks = ((None, None), (barred, None), (None, padding), (barred, padding), (barred.float(), padding), (barred.expand(4, 3, 3), padding))
    return [layer.merge_masks(*pair, query) for pair in masks]


@scenario
def packed_sequences_cast_to_what_they_are(torch):
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.ones(4, 3, 2), [4, 2, 1])
    return packed.float() is packed, packed.to(torch.float32) is packed, packed.cpu() is packed, packed.double() is packed


@scenario
def operations_on_a_parameter_without_a_shape(torch):
    weight = torch.nn.LazyLinear(3).weight
    calls = (weight.is_shared, lambda: weight + 1, lambda: weight.view(3), weight.detach, lambda: len(weight), weight.zero_, weight.data_ptr)
    return ["uninitialized parameter" in answer[1] for answer in attempts(*calls)]


@scenario
def activations_of_complex_and_whole_numbers(torch):
    F, results = torch.nn.functional, []
    z, k, b = torch.ones(2, 3, dtype=torch.complex64), torch.ones(2, 4, dtype=torch.int64), torch.ones(2, dtype=torch.bool)
    for name in ("relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "hardshrink", "softshrink",
                 "softplus", "logsigmoid", "gelu", "mish", "rrelu"):  # fmt: skip
        results += attempts(lambda name=name: getattr(F, name)(z))
    return results + attempts(
        lambda: F.hardtanh(b), lambda: F.rrelu(k), lambda: F.rrelu(k, training=True), lambda: F.softshrink(k), lambda: F.threshold(b, 0.1, 2),
        lambda: F.threshold(z, 0.1, 2), lambda: F.softmax(z, 1), lambda: F.softmax(z, 0), lambda: F.log_softmax(k, 0), lambda: F.glu(z[:, :2]),
    )  # fmt: skip


@scenario
def the_old_name_of_nll_loss(torch):
    return torch.nn.NLLLoss2d()(torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, dtype=torch.int64))
