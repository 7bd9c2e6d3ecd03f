"""In-place writes and views: versions, rebased history, what each kind of view refuses, no_grad and inference views, reshapes in place."""

# ruff: noqa: D103, B023

import warnings

from .collect import attempts, collect

CASES, scenario = collect()


def leaf(torch, *shape, start=1.0, dtype=None):
    count = 1
    for n in shape:
        count *= n
    return (torch.arange(count, dtype=dtype or torch.float32) + start).reshape(shape).clone().requires_grad_()


def name(tensor):
    return None if tensor.grad_fn is None else type(tensor.grad_fn).__name__


@scenario
def views_of_each_mode(torch):
    results = []
    for requires_grad in (True, False):
        base = leaf(torch, 4).detach().requires_grad_(requires_grad).clone()
        with torch.no_grad():
            hidden, parts = base.view_as(base), base.unbind()
        with torch.inference_mode():
            inferred = base.view_as(base)
        plain, pieces = base.view_as(base), base.split(2)
        results += [[v.requires_grad, v._is_view(), v._base is base, v.is_leaf, name(v)] for v in (hidden, parts[0], inferred, plain, pieces[1])]
        results += attempts(*[lambda v=v: v.add_(1) for v in (hidden, parts[0], inferred, pieces[1], plain)])
    return results


@scenario
def views_of_views_of_each_mode(torch):
    results = []
    base = leaf(torch, 4).clone()
    with torch.no_grad():
        hidden = base[:2]
    with torch.inference_mode():
        inferred = base[:2]
    part = base.split(2)[0]
    for v in (hidden, inferred, part):
        w = v[:1]
        with torch.no_grad():
            u = v[:1]
        results += [w.requires_grad, name(w), u.requires_grad, name(u), *attempts(lambda: w.add_(1), lambda: u.add_(1))]
    x = torch.zeros(2)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            y = x.view(2)
        y.requires_grad_()
        z = y.view(2)
        results += [name(z), z._base is x, *attempts(lambda: z.div_(2), lambda: y.add_(1))]
    return results


@scenario
def views_left_behind_by_their_base(torch):
    results = []
    for change in (lambda b: b.mul_(2), lambda b: b.view(-1).mul_(2), lambda b: b.data.mul_(2), lambda b: b.detach().mul_(2)):
        base = leaf(torch, 4).clone()
        with torch.no_grad():
            hidden = base[:2]
        with torch.inference_mode():
            inferred = base[:2]
        part, plain = base.split(2)[0], base[:2]
        change(base)
        for v in (hidden, inferred, part, plain):
            results += attempts(
                lambda: name(v), lambda: v.requires_grad, lambda: v.is_leaf, lambda: (v * 2).requires_grad, lambda: v.tolist(), lambda: repr(v).split("grad_fn")[-1],
                lambda: v.detach(), lambda: v.sum().backward(), lambda: v.output_nr,
            )  # fmt: skip
    return results


@scenario
def changed_in_no_grad(torch):
    a = leaf(torch, 2)
    x = a.clone()
    v = x[:]
    with torch.no_grad():
        w = x[:]
        w *= 2
        v *= 2
    hidden = a[:]
    with torch.no_grad():
        below = a[:]
        below *= 2
    return [name(x), name(v), x._version, *attempts(lambda: name(w), lambda: repr(w), lambda: repr(below), lambda: name(hidden), lambda: repr(hidden)),
            x, v, a]


@scenario
def history_seen_first_in_no_grad(torch):
    a = leaf(torch, 3, 1)
    b = a * 2
    c = b.view_as(b)
    c[0][0] = 3
    with torch.no_grad():
        first = name(c)
    c.sum().backward()
    z = torch.tensor([1 + 1j], requires_grad=True).clone()
    r = z.real
    z.add_(1)
    with torch.no_grad():
        second = name(r)
    return [first, second, name(r), a.grad]


@scenario
def writing_something_recorded_into_a_constant(torch):
    r = leaf(torch, 1)
    x = torch.ones(5)
    v = x.select(0, 1)
    before = [v.requires_grad, v.is_leaf]
    x.add_(r)
    after = [v.requires_grad, name(v), v.is_leaf]
    v.backward()
    y = torch.zeros(4)
    w = y.view(2, 2)
    w.add_(leaf(torch, 2, 2))
    return [before, after, r.grad, name(y), name(w), y.requires_grad]


@scenario
def writes_through_overlapping_views(torch):
    root, b = leaf(torch, 4, 4), leaf(torch, 2, 2, start=3.0)
    x = root.clone()
    x.narrow(1, 2, 2).narrow(0, 1, 2).mul_(b)
    x.narrow(1, 0, 2).narrow(0, 1, 2).mul_(b)
    x.sum().backward()
    y = root.clone()
    one, two = y[0], y[:, 0]
    one.mul_(2)
    two.mul_(3)
    one.add_(1)
    (y * root.detach()).sum().backward()
    return [root.grad, b.grad, x, y, one, two, name(one), name(two), name(y)]


@scenario
def two_views_of_one_base(torch):
    root = leaf(torch, 2, 2)
    x = root.clone()
    v, w = x.narrow(0, 0, 1), x.narrow(0, 0, 1)
    v.mul_(2)
    w.sum().backward()
    results = [root.grad.clone(), name(v), name(w), w]
    root.grad = None
    x = root.clone()
    x.narrow(0, 0, 1).narrow(1, 1, 1).mul_(2)
    x.sum().backward()
    return [*results, root.grad]


@scenario
def views_of_leaves(torch):
    a = leaf(torch, 2, 2)
    v, w = a[0], a.view(4)
    results = attempts(lambda: v.add_(1), lambda: w.zero_(), lambda: a.add_(1), lambda: a[0].fill_(1), lambda: a.view(4)[1:].mul_(2), lambda: a.relu_())
    plain = torch.ones(2, 2)
    u = plain[0]
    plain.requires_grad_()
    results += [u.requires_grad, u.is_leaf, *attempts(lambda: u.add_(1), lambda: plain.add_(1))]
    with torch.no_grad():
        u.add_(1)
    return [*results, plain, u, *attempts(lambda: name(u))]


@scenario
def hooks_and_writes_through_views(torch):
    log = []

    def hook(label, factor=None):
        return lambda g: (log.append((label, g.tolist())), None if factor is None else g * factor)[1]

    base = leaf(torch, 1).clone()
    view, other = base[:], base[:]
    view.register_hook(hook("view before"))
    other.register_hook(hook("other before"))
    view.mul_(2)
    other.register_hook(hook("other unseen"))
    results = [name(other)]
    other.register_hook(hook("other after"))
    view.register_hook(hook("view after"))
    (view + other).sum().backward()
    start = leaf(torch, 1)
    b = start.clone()
    b.register_hook(hook("first", 2))
    b.mul_(2)
    b.mul_(2)
    b.register_hook(hook("second", 2))
    b.sum().backward()
    return [results, log, start.grad]


@scenario
def retained_gradients_follow(torch):
    base = leaf(torch, 1).clone()
    view, other = base[:], base[:]
    for t in (base, view, other):
        t.retain_grad()
    view.mul_(2)
    base.mul_(3)
    (view + other + base).sum().backward()
    results = [base.grad, view.grad, other.grad, [t.retains_grad for t in (base, view, other)]]
    x = leaf(torch, 1).clone()
    x.retain_grad()
    x[:].mul_(2)
    x *= 2
    x.sum().backward()
    return [*results, x.grad]


@scenario
def retained_gradients_of_several_outputs(torch):
    a = leaf(torch, 3, 3)
    var, mean = torch.var_mean(a, dim=0)
    var.retain_grad()
    mean.retain_grad()
    log = []
    var.register_hook(lambda g: log.append(("old", g.tolist())))
    mean.register_hook(lambda g: log.append(("mean", g.tolist())))
    var.mul_(2)
    var.register_hook(lambda g: log.append(("new", g.tolist())))
    (var + mean * 3).sum().backward()
    return [var.grad, mean.grad, log, a.grad]


@scenario
def reshaped_in_place(torch):
    results = []
    for change in (
        lambda x: x.t_(), lambda x: x.transpose_(0, 1), lambda x: x.unsqueeze_(1), lambda x: x.swapaxes_(0, -1), lambda x: x.squeeze_(),
        lambda x: x.swapdims_(0, 1), lambda x: x.squeeze_(0), lambda x: x.unsqueeze_(-1),
    ):  # fmt: skip
        a = leaf(torch, 2, 3)
        x = a.clone()
        row, column, flat = x[0], x[:, 1], x.view(6)
        same = change(x) is x
        results += [same, list(x.shape), x._version, name(x), name(row), row, column]
        x.mul_(2)
        column.mul_(5)
        results += [name(x), name(row), name(flat), x, row, column, flat, row._base is x]
        (row * torch.tensor([1.0, 10.0, 100.0])).sum().backward(retain_graph=True)
        (x * x.detach()).sum().backward(retain_graph=True)
        flat[2].backward()
        results.append(a.grad)
    return results


@scenario
def constants_reshaped_in_place(torch):
    b = torch.arange(6.0).view(2, 3).clone()
    v = b[0]
    b.t_()
    v.add_(leaf(torch, 3))
    w = torch.ones(2, 3)
    u = w[:, 0]
    w.unsqueeze_(0).squeeze_(0).t_()
    u.zero_()
    return [b, v, name(b), b.is_leaf, w, u, u.requires_grad, w.shape == (3, 2), u._base is w]


@scenario
def views_reshaped_in_place(torch):
    a = leaf(torch, 2, 3)
    x = a.clone()
    v = x[0]
    v.unsqueeze_(0)
    results = [name(v), v._base is x, list(v.shape), name(x), v._version]
    v.mul_(2)
    results += [name(v), name(x), x]
    x.sum().backward()
    return [*results, a.grad]


@scenario
def reshapes_in_place_are_refused(torch):
    a = leaf(torch, 2, 3)
    with torch.no_grad():
        hidden = a.clone().requires_grad_().clone()
    base = leaf(torch, 2, 3).clone()
    with torch.no_grad():
        unseen = base.view(3, 2)
    with torch.inference_mode():
        inferred = base.view(3, 2)
    with torch.inference_mode():
        made = torch.ones(2, 3)
    results = attempts(
        lambda: a.t_(), lambda: a.detach().t_(), lambda: a[0].unsqueeze_(0), lambda: a.view(3, 2).transpose_(0, 1), lambda: base.unbind()[0].unsqueeze_(0),
        lambda: a.squeeze_(), lambda: torch.ones(2).expand(3, 2).t_(), lambda: unseen.t_(), lambda: inferred.t_(), lambda: made.t_(), lambda: hidden.t_(),
        lambda: a.as_strided_((2,), (1,)), lambda: base.as_strided_((2,), (1,)),
    )  # fmt: skip
    with torch.no_grad():
        unseen.t_()
    return [*results, *attempts(lambda: unseen.add_(1))]


@scenario
def versions(torch):
    x = torch.ones(1, 2)
    counts = []

    def note():
        counts.append(x._version)

    note()
    x.add_(1).add_(1)
    note()
    v = x[:]
    v.add_(1)
    note()
    x.data = torch.ones(2, 3)
    note()
    x.add_(1)
    note()
    counts.append(v._version)
    v.add_(1)
    note()
    x.data.zero_()
    note()
    x.detach().zero_()
    note()
    y = torch.ones(3)
    x.resize_(1, 2)
    note()
    x.resize_as_(y)
    note()
    x.resize_(3)
    x.resize_as_(y)
    note()
    x.requires_grad_()
    note()
    x.grad = torch.ones(3)
    note()
    with torch.no_grad():
        x[0] = 5
        note()
        x.copy_(y)
        note()
        x.set_(torch.ones(2))
        note()
        torch.add(y, y, out=y)
        counts.append(y._version)
        x.t_()
        note()
        x.zero_()
        x.fill_(3)
        x.uniform_()
        note()
    return counts


@scenario
def data_replaced(torch):
    a = leaf(torch, 2)
    same = id(a)
    a.data = torch.full((2,), 7.0)
    (a * a).sum().backward()
    results = [id(a) == same, a.grad, a.is_leaf, a.requires_grad]
    b = torch.ones(2)
    b.data = leaf(torch, 2) * 2
    c = leaf(torch, 2)
    y = c * c
    c.data.mul_(10)
    y.sum().backward()

    def set_data(t, value):
        t.data = value

    def delete(attribute):
        delattr(leaf(torch, 2), attribute)

    return [
        *results, b.requires_grad, c.grad,
        *attempts(
            lambda: set_data(leaf(torch, 1), torch.ones(1, dtype=torch.int64)), lambda: set_data(leaf(torch, 1), None), lambda: set_data(leaf(torch, 1), 3),
            lambda: set_data(torch.ones(1), torch.ones(2, dtype=torch.int64)), lambda: set_data(leaf(torch, 1), torch.ones(4)),
            lambda: delete("data"), lambda: delete("requires_grad"), lambda: delete("grad"), lambda: delete("_backward_hooks"), lambda: delete("_grad_fn"),
        ),
    ]  # fmt: skip


@scenario
def set_and_resize_refuse(torch):
    a = leaf(torch, 2)
    b = a * 2

    return attempts(
        lambda: a.set_(torch.ones(2)), lambda: b.set_(torch.ones(2)), lambda: a.resize_(4), lambda: b.resize_(4), lambda: a.resize_(2), lambda: a.resize_as_(torch.ones(4)),
        lambda: b.resize_as_(torch.ones(4)), lambda: a[:1].resize_(3), lambda: torch.ones(2).set_(a), lambda: torch.ones(2).set_(b.detach()),
    )  # fmt: skip


@scenario
def leaves_set_in_no_grad(torch):
    a = leaf(torch, 2)
    edge = torch.autograd.graph.get_gradient_edge(a)
    out = a.clone()
    with torch.no_grad():
        a.set_(torch.full((2,), 3.0))
    return attempts(lambda: torch.autograd.grad(out.sum(), a, retain_graph=True), lambda: torch.autograd.grad(out.sum(), edge), lambda: a, lambda: a.is_leaf)


@scenario
def detached_in_place(torch):
    a = leaf(torch, 2)
    x = a * 2
    squared, exped = x * x, x.exp()
    x.detach_()
    y = a.exp()
    z = y * 1
    y.detach_()
    base = leaf(torch, 4)
    view = base.narrow(0, 1, 2)
    base.detach_()
    results = [x.requires_grad, x.is_leaf, base.requires_grad, view.requires_grad, name(view), view._base is base]
    results += attempts(
        lambda: squared.sum().backward(), lambda: exped.sum().backward(), lambda: z.sum().backward(), lambda: view.detach_(), lambda: base.split(2)[0].detach_(),
        lambda: a.detach_(),
    )  # fmt: skip
    return [*results, a.grad]


@scenario
def saved_then_detached_and_changed(torch):
    a = leaf(torch, 1)
    y = a**2
    a.detach().zero_()
    z = leaf(torch, 2)
    w = z.sin()
    with torch.no_grad():
        z.mul_(2)
    u = leaf(torch, 2).clone()
    t = u.exp()
    u.mul_(2)
    s = leaf(torch, 2).clone()
    q = s + 1
    s.mul_(2)
    return attempts(lambda: y.backward(), lambda: w.sum().backward(), lambda: t.sum().backward(), lambda: q.sum().backward())


@scenario
def who_modified_it(torch):
    results = []
    for change in (
        lambda x: x.add_(1), lambda x: x[0].mul_(2), lambda x: x.view(-1).zero_(), lambda x: x.copy_(torch.ones(2, 2)), lambda x: x.__setitem__(0, 1.0),
        lambda x: x.__setitem__(x > 1, 0.0), lambda x: x.detach().add_(1), lambda x: x.t_(), lambda x: x.masked_fill_(x > 1, 0), lambda x: x.clamp_(0),
        lambda x: torch.autograd.graph.increment_version(x), lambda x: x.index_add_(0, torch.tensor([0]), torch.ones(1, 2)),
    ):  # fmt: skip
        x = leaf(torch, 2, 2) * 1
        y = x * x
        change(x)
        results += attempts(lambda: y.sum().backward())
        v = (leaf(torch, 2, 2) * 1)[0]
        y = v * v
        v.add_(1)
        results += attempts(lambda: y.sum().backward())
    return results


@scenario
def copies(torch):
    results = []
    for source, target in (
        ((2, 3), (2, 3)), ((3,), (2, 3)), ((1, 3), (2, 3)), ((), (2, 3)), ((1, 2, 3), (2, 3)), ((2, 1), (2, 3)), ((4,), (2, 3)), ((2, 2, 3), (2, 3)),
    ):  # fmt: skip
        src = leaf(torch, *source)
        dst = torch.zeros(target)

        def run():
            dst.copy_(src)
            (dst * (torch.arange(6.0) + 1).reshape(2, 3)).sum().backward()

        results += [*attempts(run), src.grad, dst, name(dst)]
    return results


@scenario
def copies_between_types(torch):
    results = []
    for kind in (torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.int64):
        src, dst = leaf(torch, 2), torch.zeros(2, dtype=kind)

        def run():
            dst.copy_(src)
            out = dst.sum()
            (out.abs() if kind.is_complex else out).backward()

        results += [*attempts(run), src.grad, dst]
    z = torch.tensor([1 + 2j, 3j], requires_grad=True)
    real = torch.zeros(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results += attempts(lambda: real.copy_(z))
    results += [real, *attempts(lambda: real.sum().backward()), z.grad]
    prior = leaf(torch, 2) * 3
    prior.copy_(leaf(torch, 2))
    return [*results, prior, [None if n is None else type(n).__name__ for n, _ in prior.grad_fn.next_functions]]


@scenario
def copies_to_itself(torch):
    a = leaf(torch, 3)
    x = a * 1
    x.copy_(x)
    results = [name(x), x._version]
    y = a * 1
    y[:2].copy_(y[1:].clone())
    y.sum().backward()
    return [*results, y, a.grad]


@scenario
def assignments(torch):
    results = []
    t = torch.tensor
    for key in (
        1, -1, slice(1, None), (0, 1), (slice(None), 1), (Ellipsis, 0), None, t([0, 2]), t([0, 0]), ([0, 2], [1, 1]), t([True, False, True]),
        (slice(None), t([0, 1])), (t([[0], [2]]), t([0, 1])), (t([True, False, True]), slice(1, 3)), (slice(None, None, 2), [0, 2]), t(1), (1, None),
    ):  # fmt: skip
        a = leaf(torch, 3, 3)
        x = a * 2
        shape = x[key].shape
        value = (torch.arange(1.0, 1 + x[key].numel()).reshape(shape)).requires_grad_()

        def run():
            x[key] = value
            (x * (torch.arange(9.0) + 1).reshape(3, 3)).sum().backward()

        results += [*attempts(run), x, a.grad, value.grad, x._version]
        y = a.detach().requires_grad_() * 2
        y[key] = 7
        results += [y]
    return results


@scenario
def assignments_broadcast_and_cast(torch):
    results = []
    for key, value in (
        (0, leaf(torch, 1)), (slice(0, 2), leaf(torch, 3)), (slice(None), leaf(torch, 3, 1)), (0, leaf(torch, 3, dtype=torch.float64)),
        (torch.tensor([0, 1]), leaf(torch, 3)), (torch.tensor([True, False, True]), leaf(torch, 1)), (0, leaf(torch, 1, 3)), (0, leaf(torch, 2)),
        (torch.tensor([0, 1]), leaf(torch, 2, 2)), (torch.tensor([0, 0]), leaf(torch, 2, 3)), (torch.tensor([True, False, True]), leaf(torch, 3, 3)),
        ((0, 1), leaf(torch, 1, 1)), (torch.tensor([0, 1]), leaf(torch, 3, dtype=torch.float64)),
    ):  # fmt: skip
        x = torch.zeros(3, 3)

        def run():
            x[key] = value
            (x * (torch.arange(9.0) + 1).reshape(3, 3)).sum().backward()

        results += [*attempts(run), x, value.grad]
    return results


@scenario
def reading_while_assigning(torch):
    b = torch.zeros(3, requires_grad=True)
    x = b + 0
    mask = torch.tensor([1.0, 0, 0]) != 0
    x[mask] = x[mask]
    x.backward(torch.tensor([1.0, 2.0, 3.0]))
    c = leaf(torch, 3)
    y = torch.zeros(3)
    y[[1, 2]] = c[[1, 1]]
    y.backward(torch.ones(3))
    return [b.grad, c.grad, *attempts(lambda: y.backward(torch.ones(3)))]


@scenario
def writes_that_are_refused(torch):
    a = leaf(torch, 2)
    x = a * 1
    wide = torch.ones(1).expand(3)
    return attempts(
        lambda: wide.add_(1), lambda: wide.copy_(torch.ones(3)), lambda: wide.zero_(), lambda: (a * 1).expand(2, 2).add_(1),
        lambda: x.add_(torch.ones(3)), lambda: x.add_(torch.ones(2, dtype=torch.complex64)), lambda: x.long().add_(1.5), lambda: x.bool().add_(1),
        lambda: torch.mul(a, a, out=torch.zeros(2)), lambda: torch.mul(a.detach(), a.detach(), out=a), lambda: torch.mul(a.detach(), 2, out=x),
        lambda: torch.sum(a, 0, out=torch.zeros(())), lambda: torch.ones(2).long().div_(2), lambda: x.t_(), lambda: torch.ones(2)[0].expand(2).mul_(2),
    )  # fmt: skip


@scenario
def unsafe_splits(torch):
    results = []
    for f in (lambda t: t.unsafe_split(1), lambda t: t.unsafe_split_with_sizes((1, 1, 1)), lambda t: t.unsafe_chunk(3)):
        a = leaf(torch, 3, 3)
        parts = f(a + a)
        results += [parts[0]._is_view(), name(parts[0]), parts[1].output_nr]
        parts[0].mul_(parts[1])
        parts[0].sum().backward()
        results.append(a.grad)
    for f in (lambda t: t.split(1), lambda t: t.split_with_sizes((1, 1, 1)), lambda t: t.chunk(3), lambda t: t.unbind(), lambda t: t.tensor_split(3), lambda t: t.hsplit(3)):
        s = f(leaf(torch, 3, 3) * 1)
        results += attempts(lambda: s[0].mul_(s[1]))
        q = f(torch.ones(3, 3))
        q[0].mul_(q[1])
        results += attempts(lambda: q[0].mul_(leaf(torch, 1)))
    return results


@scenario
def inplace_activations(torch):
    f = torch.nn.functional
    results = []
    for act in (
        lambda x: f.relu(x, inplace=True), lambda x: f.threshold(x, 2.0, 0.0, True), lambda x: f.dropout(x, 0.0, inplace=True), lambda x: f.leaky_relu(x, 0.1, True),
        lambda x: f.elu(x, inplace=True), lambda x: f.hardtanh(x, -1, 2, True), lambda x: f.selu(x, True), lambda x: f.silu(x, True), lambda x: f.relu6(x, True),
    ):  # fmt: skip
        a = leaf(torch, 2, 2, start=-1.0)
        x = a.clone()
        view = x.view(4)
        out = act(view)
        results += [out is view, x, name(view)]
        x.sum().backward()
        results.append(a.grad)
    return results


@scenario
def aliases(torch):
    a = leaf(torch, 2)
    x = a * 1
    return [
        x.detach()._base is None, x.detach()._is_view(), x.data._is_view(), x.view(2)._base is x, x[:][:]._base is x, x.view(2).detach()._is_view(),
        a.view(1, 2)._base is a, x.contiguous() is x, x.clone()._is_view(), x.to(torch.float32) is x, x.expand(2, 2)._is_view(), x.reshape(2)._is_view(),
        x.t()._is_view(), x.unbind()[0]._base is x, x.real is x, torch.ones(2).view(2)._is_view(), x.view(2)._version, x.diagonal(0, -1, 0)._is_view()
        if x.dim() > 1 else None, x.squeeze()._is_view(), x.narrow(0, 0, 1)._is_view(), x.unfold(0, 1, 1)._is_view(), x.movedim(0, 0)._is_view(),
    ]  # fmt: skip
