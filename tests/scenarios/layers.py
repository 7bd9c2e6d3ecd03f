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
        str(torch.nn.TripletMarginWithDistanceLoss()), F.multi_margin_loss(scores[:0], labels[:0]),
        *attempts(
            lambda: F.multi_margin_loss(scores, labels, weight=torch.ones(4)), lambda: F.multi_margin_loss(scores, labels.float()),
            lambda: F.multi_margin_loss(scores[:, :0], labels), lambda: torch.nn.MultiMarginLoss(weight=torch.ones(2, 2)),
            lambda: F.multilabel_margin_loss(scores, torch.tensor([[0, 1, 7], [0, 1, 1]])),
            lambda: F.multilabel_margin_loss(scores[:, :0], labels[:0].view(2, 0) if labels.numel() == 0 else torch.zeros(2, 0).long()),
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
