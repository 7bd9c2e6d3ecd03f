"""What the tape must do, as programs that run under torch and torchlike alike. Each takes the module and returns what is to be compared."""

# ruff: noqa: D103, B018


def attempt(fn):
    """The exception that `fn` raises, or its result."""
    try:
        return fn()
    except Exception as error:
        return error


def leaf(torch, *shape, start=1.0):
    n = 1
    for s in shape:
        n *= s
    return (torch.arange(n, dtype=torch.float32) * 0.5 + start).reshape(shape).detach().requires_grad_()


# --- graph ---------------------------------------------------------------------------------------------------------------------


def flags(torch):
    x = leaf(torch, 3)
    y = x * 2
    z = y.detach()
    return [x.is_leaf, x.grad_fn, y.is_leaf, y.requires_grad, z.requires_grad, z.is_leaf, x.output_nr, y.output_nr, x.retains_grad]


def node_names(torch):
    x, w = leaf(torch, 2, 2), leaf(torch, 2, 2)
    made = [x + w, x - w, x * w, x / w, x @ w, x**2, x**w, -x, x.exp(), x.log(), x.sum(), x.sum(0), x.mean(), x.mean(1), x.t(), x.T, x[0],
            x[:, 1:], x.view(4), x.reshape(4), x.permute(1, 0), x.transpose(0, 1), x.unsqueeze(0), x.expand(3, 2, 2), torch.cat([x, w]),
            torch.stack([x, w]), x.relu(), x.sigmoid(), x.tanh(), x.clone(), x.double(), x.max(), x.max(0)[0], x.abs(), x.sqrt(), x.mv(w[0]),
            torch.addmm(x, x, w), torch.bmm(x[None], w[None]), x.softmax(0), x.log_softmax(0), x.std(), x.var(), x.norm(), x.prod(),
            x.clamp(0, 1), x.where(x > 0, w), x.gather(0, torch.zeros(1, 2, dtype=torch.long)), x.index_select(0, torch.tensor([0])),
            x.masked_fill(x > 1, 0.0), x.tril(), x.flip(0), x.repeat(2, 1), x.cumsum(0), x.sort()[0], x.topk(1)[0], x.squeeze(), x.squeeze(0),
            x.diagonal(), x.chunk(2)[0], x.split([1, 1])[0], x.unbind()[0], x.select(0, 1), x.narrow(0, 0, 1), x.flatten(), x[x > 1],
            x[torch.tensor([0, 1])], x.logsumexp(0), x.amax(), x.cos(), x.sin(), x.rsqrt(), x.reciprocal(), x.erf(), x.mT, x.type(torch.float64)]
    return [type(m.grad_fn).__name__ for m in made]


def node_attributes(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    y = x * w
    node = y.grad_fn
    accumulate = node.next_functions[0][0]
    return [node.name(), accumulate.name(), accumulate.variable is x, node, node._saved_self, node._saved_other, node.next_functions[0][1],
            (y + 1).grad_fn, (y * 2).grad_fn, isinstance(node.metadata, dict)]


def saved_results(torch):
    x = leaf(torch, 2)
    return [x.exp().grad_fn._saved_result, x.sqrt().grad_fn._saved_result, x.tanh().grad_fn._saved_result,
            attempt(lambda: (x + 1).grad_fn._saved_self)]


def saved_only_when_needed(torch):
    x, c = leaf(torch, 2), torch.ones(2)
    return [(x * c).grad_fn._saved_self, (x * c).grad_fn._saved_other, (c * x).grad_fn._saved_other]


def python_control_flow(torch):
    x = leaf(torch, 3)
    y, steps = x, 0
    while y.norm() < 100:
        y, steps = y * 2, steps + 1
    (y if y.sum() > 0 else -y).sum().backward()
    return [steps, x.grad]


def recursion(torch):
    x = leaf(torch, 1)

    def power(v, n):
        return v if n == 1 else v * power(v, n - 1)

    power(x, 6).backward()
    return x.grad


def rnn_by_hand(torch):
    w, u = leaf(torch, 3, 3, start=-1.0), leaf(torch, 3, 3, start=-0.7)
    h = torch.zeros(1, 3)
    for t in range(4):
        h = torch.tanh(h @ w * 0.1 + torch.full((1, 3), 0.1 * t) @ u)
    h.sum().backward()
    return [h, w.grad, u.grad]


# --- backward ------------------------------------------------------------------------------------------------------------------


def accumulates_into_the_same_tensor(torch):
    x = leaf(torch, 2)
    (x * x).sum().backward()
    first = x.grad
    (3 * x).sum().backward()
    return [first is x.grad, x.grad]


def with_gradient(torch):
    x = leaf(torch, 2)
    (x * x).backward(torch.tensor([1.0, 10.0]))
    return x.grad


def non_scalar_needs_gradient(torch):
    return leaf(torch, 2).mul(2).backward()


def no_grad_needed_anywhere(torch):
    return torch.ones(1).backward()


def gradient_of_wrong_shape(torch):
    return leaf(torch, 2).mul(2).backward(torch.ones(3))


def second_backward(torch):
    x = leaf(torch, 2)
    y = (x * x).sum()
    y.backward()
    return y.backward()


def second_backward_of_addition_is_fine(torch):
    x = leaf(torch, 2)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


def saved_after_backward(torch):
    x = leaf(torch, 2)
    y = x.exp()
    y.sum().backward()
    return attempt(lambda: y.grad_fn._saved_result)


def retain_graph(torch):
    x = leaf(torch, 2)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def create_graph(torch):
    x = leaf(torch, 2)
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    (h,) = torch.autograd.grad(g.sum(), x)
    return [g.detach(), g.requires_grad, h]


def backward_inputs(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    (x * w).sum().backward(inputs=[x])
    return [x.grad, w.grad]


def backward_inputs_empty(torch):
    return leaf(torch, 1).mul(2).backward(inputs=[])


def backward_into_non_leaf(torch):
    x = leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward(inputs=[y])
    return [x.grad, y.grad]


def several_roots(torch):
    x = leaf(torch, 2)
    torch.autograd.backward([x.sum(), (x * 2).sum()])
    torch.autograd.backward([x * 1, x * 2], [torch.ones(2), torch.ones(2)])
    return x.grad


def several_roots_mismatch(torch):
    x = leaf(torch, 2)
    return torch.autograd.backward([x.sum(), x.sum()], [torch.ones(())])


def fan_out(torch):
    x = leaf(torch, 2)
    a = x * 2
    b = a + a * a
    (b * a + b).sum().backward()
    return x.grad


def diamond_with_unused_branch(torch):
    x = leaf(torch, 2)
    a, b = (x * 2).unbind()
    (a * 3).backward()
    return [x.grad, b]


def integer_parameter(torch):
    return torch.tensor([1, 2], requires_grad=True)


def set_requires_grad_on_result(torch):
    y = leaf(torch, 1) * 2
    y.requires_grad = False


def set_requires_grad_on_ints(torch):
    torch.tensor([1]).requires_grad_()


# --- grad ----------------------------------------------------------------------------------------------------------------------


def grad_simple(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    return [torch.autograd.grad((x * w).sum(), [x, w]), x.grad]


def grad_unused(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    return torch.autograd.grad(x.sum(), [w])


def grad_allow_unused(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    return torch.autograd.grad(x.sum(), [x, w], allow_unused=True)


def grad_materialized(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    return torch.autograd.grad(x.sum(), [x, w], materialize_grads=True)


def grad_materialize_conflict(torch):
    x = leaf(torch, 2)
    return torch.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True)


def grad_of_no_grad_input(torch):
    x = leaf(torch, 2)
    return torch.autograd.grad(x.sum(), torch.ones(2))


def grad_wrt_non_leaf(torch):
    x = leaf(torch, 2)
    y = x * 3
    return torch.autograd.grad((y * y).sum(), [y, x])


def grad_outputs(torch):
    x = leaf(torch, 2)
    return torch.autograd.grad([x * 2, x * 3], [x], grad_outputs=[torch.ones(2), torch.tensor([1.0, 2.0])])


def third_derivative(torch):
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y, found = x.sin() * x**4, []
    for _ in range(4):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y.item())
    return found


def hessian_vector(torch):
    x, v = leaf(torch, 3), torch.tensor([1.0, -1.0, 2.0])
    (g,) = torch.autograd.grad((x.exp() * x.sum()).sum(), x, create_graph=True)
    return torch.autograd.grad(g, x, v)


def gradient_penalty(torch):
    w, x = leaf(torch, 3, 2), leaf(torch, 4, 3)
    out = torch.tanh(x @ w * 0.1).sum()
    (g,) = torch.autograd.grad(out, x, create_graph=True)
    ((g.norm(2, dim=1) - 1) ** 2).mean().backward()
    return w.grad


# --- modes ---------------------------------------------------------------------------------------------------------------------


def modes(torch):
    x = leaf(torch, 2)
    seen = []
    with torch.no_grad():
        seen.append((x * 2).requires_grad)
        with torch.enable_grad():
            seen.append((x * 2).requires_grad)
        seen.append(torch.is_grad_enabled())
    with torch.set_grad_enabled(False):
        seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(False)
    seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    seen.append(torch.is_grad_enabled())
    return seen


def mode_decorators(torch):
    x = leaf(torch, 2)

    @torch.no_grad()
    def f():
        return (x * 2).requires_grad

    @torch.no_grad
    def g():
        return (x * 2).requires_grad

    @torch.set_grad_enabled(False)
    def h():
        return (x * 2).requires_grad

    @torch.no_grad()
    def stream():
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    mixed = []
    for inside in stream():
        mixed.append((inside, torch.is_grad_enabled()))
    return [f(), g(), h(), mixed, torch.is_grad_enabled()]


def mode_survives_exceptions(torch):
    def fail():
        with torch.no_grad():
            raise ValueError("inside")

    return [attempt(fail), torch.is_grad_enabled()]


def modes_are_thread_local(torch):
    import threading

    seen = []
    with torch.no_grad():
        t = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        t.start()
        t.join()
    return seen


def inference(torch):
    x = leaf(torch, 2)
    with torch.inference_mode():
        y = x * 2
        inside = [torch.is_inference_mode_enabled(), y.requires_grad, y.is_inference()]
    return [inside, attempt(lambda: y * x), attempt(lambda: y.add_(1)), attempt(lambda: y._version), attempt(lambda: y.requires_grad_())]


# --- detach, data, retain_grad -------------------------------------------------------------------------------------------------


def detach_shares(torch):
    x = torch.zeros(3)
    y = x.detach()
    y[0] = 5.0
    x[1] = 7.0
    return [x, y, x._version, y._version]


def detach_then_modify_breaks_backward(torch):
    x = leaf(torch, 2)
    y = x * 2
    z = y * y
    y.detach().zero_()
    return z.sum().backward()


def data_hides_from_autograd(torch):
    x = leaf(torch, 2)
    y = x * 2
    z = y * y
    y.data.zero_()
    z.sum().backward()
    return [x.grad, y._version]


def set_data(torch):
    x = leaf(torch, 2)
    x.data = torch.tensor([5.0, 6.0, 7.0])
    (x * x).sum().backward()
    return [x, x.grad]


def detach_inplace(torch):
    x = leaf(torch, 2)
    y = x * 2
    y.detach_()
    return [y, y.is_leaf]


def detach_inplace_of_view(torch):
    return leaf(torch, 2).mul(2)[0].detach_()


def retain_grad(torch):
    x = leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    return [y.grad, y.retains_grad, x.grad]


def retain_grad_after_inplace(torch):
    x = leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    (y * y).sum().backward()
    return [y.grad, x.grad]


def grad_of_non_leaf_warns(torch):
    return (leaf(torch, 2) * 2).grad


def assign_grad(torch):
    x = leaf(torch, 2)
    x.grad = torch.ones(2)
    return [x.grad, attempt(lambda: setattr(x, "grad", torch.ones(3))), attempt(lambda: setattr(x, "grad", 3)),
            attempt(lambda: setattr(x, "grad", torch.ones(2, dtype=torch.float64)))]


# --- hooks ---------------------------------------------------------------------------------------------------------------------


def hooks_on_leaf_and_result(torch):
    x, seen = leaf(torch, 2), []
    y = x * 2
    h = y.register_hook(lambda g: seen.append(("y", g.tolist())))
    x.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(("x", g.tolist())))
    y.sum().backward()
    h.remove()
    (x * 1).sum().backward()
    return [seen, x.grad]


def hook_of_wrong_shape(torch):
    x = leaf(torch, 2)
    x.register_hook(lambda g: torch.ones(3))
    return attempt(lambda: (x * 2).sum().backward()).__class__.__name__


def hook_on_plain_tensor(torch):
    torch.ones(1).register_hook(lambda g: None)


def hooks_bind_to_the_node_at_registration(torch):
    x, seen = leaf(torch, 2), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(10)
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    return seen


def post_accumulate_hook(torch):
    x, seen = leaf(torch, 2), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    (x * 3).sum().backward()
    return seen


def hook_order(torch):
    x, order = leaf(torch, 2), []
    y = x * 2
    y.register_hook(lambda g: order.append("tensor"))
    y.grad_fn.register_prehook(lambda g: order.append("pre"))
    y.grad_fn.register_hook(lambda a, b: order.append("post"))
    x.register_hook(lambda g: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda p: order.append("accumulated"))
    y.sum().backward()
    return order


# --- in-place ------------------------------------------------------------------------------------------------------------------


def inplace_ops(torch):
    x = leaf(torch, 4)
    y = x * 1
    y.add_(1).mul_(2).sub_(0.5).div_(2)
    y[1] = 0.0
    y[2:] *= 3
    y += x
    (y * y).sum().backward()
    return [y, y._version, x.grad]


def inplace_copies(torch):
    x, w = leaf(torch, 3), leaf(torch, 3)
    y = x * 2
    y.copy_(w * 3)
    y[0] = x[1]
    (y * y).sum().backward()
    return [y, x.grad, w.grad, y.grad_fn]


def inplace_zero_fill_clamp(torch):
    x = leaf(torch, 3)
    a, b, c = x * 1, x * 1, x * 1
    a.zero_()
    b.fill_(3.0)
    c.clamp_(1.2, 1.8)
    (a + b + c).sum().backward()
    return [a, b, c, x.grad]


def inplace_on_leaf(torch):
    x = leaf(torch, 2)
    return [attempt(lambda: x.add_(1)), attempt(lambda: x.__setitem__(0, 1.0)), attempt(lambda: x[0].mul_(2)), x, x._version]


def inplace_on_leaf_in_no_grad(torch):
    x = leaf(torch, 2)
    with torch.no_grad():
        x.sub_(1)
        x[0] = 9.0
    return [x, x._version, x.is_leaf, x.requires_grad]


def inplace_breaks_saved(torch):
    x = leaf(torch, 2)
    y = x * 2
    z = y * y
    y.add_(1)
    return z.sum().backward()


def inplace_breaks_saved_result(torch):
    x = leaf(torch, 2)
    y = x.exp()
    y.mul_(2)
    return y.sum().backward()


def inplace_breaks_saved_leaf(torch):
    x, w = leaf(torch, 2), leaf(torch, 2)
    y = x * w
    with torch.no_grad():
        w.add_(1)
    return y.sum().backward()


def inplace_after_harmless_save(torch):
    x = leaf(torch, 2)
    y = x * 2
    z = y + 1
    y.add_(1)
    (z + y).sum().backward()
    return x.grad


def inplace_relu_saves_result(torch):
    x = leaf(torch, 3, start=-0.5)
    y = x * 1
    y.relu_()
    y.sum().backward()
    return x.grad


def inplace_sigmoid_then_modified(torch):
    x = leaf(torch, 3)
    y = (x * 1).sigmoid_()
    y.mul_(2)
    return y.sum().backward()


def inplace_shape_error(torch):
    x = torch.zeros(3)
    return [attempt(lambda: x.add_(torch.ones(2, 3))), x, x._version]


def inplace_dtype_error(torch):
    x = torch.zeros(3, dtype=torch.int64)
    return [attempt(lambda: x.add_(1.5)), attempt(lambda: x.div_(2)), x, x._version]


def inplace_keeps_dtype(torch):
    x = torch.zeros(3)
    x.add_(torch.ones(3, dtype=torch.float64))
    y = torch.zeros(3, dtype=torch.int32)
    y += 2
    return [x, y]


def inplace_on_expanded(torch):
    return torch.zeros(1).expand(3).add_(1)


def inplace_makes_constant_require_grad(torch):
    x, c = leaf(torch, 2), torch.zeros(2)
    c.add_(x)
    c.mul_(2)
    c.sum().backward()
    return [c, x.grad]


def failed_inplace_leaves_nothing(torch):
    x = leaf(torch, 2)
    y = x * 2
    before = y._version
    error = attempt(lambda: y.add_(torch.ones(3)))
    return [error, y, y._version == before]


# --- views ---------------------------------------------------------------------------------------------------------------------


def views_share_memory(torch):
    x = torch.arange(12.0).reshape(3, 4)
    views = [x[1], x[:, 1:3], x.view(4, 3), x.t(), x.transpose(0, 1), x.permute(1, 0), x.unsqueeze(0), x[None].squeeze(0), x.narrow(0, 1, 2),
             x.select(1, 2), x.diagonal(), x.split(1)[2], x.chunk(2)[0], x.unbind(1)[3], x.T, x.mT, x.detach(), x.reshape(2, 6), x[::2],
             x.flatten(), x.view(-1)[3:7], x.expand(2, 3, 4), x.view_as(x), x.unflatten(0, (3, 1))]
    x.mul_(-1)
    x[1, 2] = 100.0
    return views


def writes_through_views(torch):
    results = []
    for make in (lambda x: x[1], lambda x: x[:, 1:3], lambda x: x.t(), lambda x: x.view(-1)[2:9:3], lambda x: x.diagonal(), lambda x: x[1][2:],
                 lambda x: x.T[1], lambda x: x.unsqueeze(1)[:, :, 0], lambda x: x.permute(1, 0)[1:, 1:], lambda x: x.chunk(2, 1)[1],
                 lambda x: x.unfold(0, 1, 2)):
        x = torch.arange(12.0).reshape(3, 4)
        v = make(x)
        v.add_(100)
        results.append([x, v, x._version])
    return results


def writes_through_views_carry_gradients(torch):
    x, w = leaf(torch, 3, 4), leaf(torch, 4)
    y = x * 1
    y[1].mul_(w)
    y[:, 0] = w[0] * 2
    y.t()[2].copy_(w[:3])
    v = y[2]
    v += w
    (y * y).sum().backward()
    return [y, x.grad, w.grad, y.grad_fn, v.grad_fn]


def view_sees_history_of_base(torch):
    x = leaf(torch, 2, 2)
    y = x * 1
    v = y[0]
    y.mul_(3)
    (v * v).sum().backward()
    return [v, x.grad]


def view_of_constant_gets_history(torch):
    x, b = leaf(torch, 2), torch.zeros(3, 2)
    row = b[1]
    row.copy_(x)
    before = [b.requires_grad, b.grad_fn, row.requires_grad]
    (b * b).sum().backward()
    return [before, x.grad]


def view_of_view(torch):
    x = leaf(torch, 2, 3, 2)
    y = x * 1
    y[0].t()[1].mul_(5)
    y.view(4, 3)[1:, 2].add_(1)
    y.sum().backward()
    return [y, x.grad]


def view_attributes(torch):
    x = torch.zeros(2, 3)
    v = x[0]
    w = v[1:]
    return [v._is_view(), v._base is x, w._base is x, x._is_view(), x._base, v.detach()._is_view(), v.storage_offset(), w.storage_offset(),
            x.t().stride(), x.t().is_contiguous(), x.t().contiguous().stride(), x[:, ::2].stride(), x.expand(4, 2, 3).stride()]


def view_errors(torch):
    x = torch.zeros(2, 3)
    return [attempt(lambda: x.t().view(6)), attempt(lambda: x.view(5)), attempt(lambda: x.view(-1, 4)), attempt(lambda: x.view(-1, -1)),
            attempt(lambda: x[5]), attempt(lambda: x[0, 0, 0]), attempt(lambda: x.transpose(0, 2)), attempt(lambda: x.permute(0)),
            attempt(lambda: x.expand(3, 3)), attempt(lambda: x.expand(3)), attempt(lambda: x.select(0, 2)), attempt(lambda: x.narrow(1, 2, 2)),
            attempt(lambda: x.split([1, 1], 1)), attempt(lambda: x.chunk(0)), attempt(lambda: x.t().t().t().view(6)), attempt(lambda: x[0.5])]


def multi_output_view_refuses_inplace(torch):
    x = leaf(torch, 2, 2)
    return [attempt(lambda: (x * 1).unbind()[0].add_(1)), attempt(lambda: (x * 1).split(1)[0].mul_(2))]


def view_made_in_no_grad(torch):
    x = leaf(torch, 2) * 1
    with torch.no_grad():
        v = x[0]
    return attempt(lambda: v.add_(1))


def inplace_on_view_of_leaf_in_no_grad(torch):
    x = leaf(torch, 2, 2)
    with torch.no_grad():
        x[0].zero_()
        x.t()[1].add_(5)
    (x * x).sum().backward()
    return [x, x.grad]


def reshape_copies_when_it_must(torch):
    x = torch.arange(6.0).reshape(2, 3)
    y = x.t().reshape(6)
    y.zero_()
    z = x.reshape(3, 2)
    z[0] = -1.0
    return [x, y._is_view(), z._is_view()]


def saved_view_modified_through_base(torch):
    x = leaf(torch, 2, 2)
    y = x * 1
    v = y[0]
    z = v * v
    y.add_(1)
    return z.sum().backward()


def assignment_with_index_tensors(torch):
    x, w = leaf(torch, 3, 3), leaf(torch, 2)
    y = x * 1
    y[torch.tensor([0, 2]), torch.tensor([1, 1])] = w
    y[y > 4] = 0.0
    y[torch.tensor([True, False, False])] *= 2
    y[[1, 2]] += 1
    y.sum().backward()
    return [y, x.grad, w.grad]


# --- Function ------------------------------------------------------------------------------------------------------------------


def custom_function(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            ctx.save_for_backward(x)
            ctx.n = n
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x * x * g * ctx.n, None

    x = leaf(torch, 2)
    y = Cube.apply(x, 1)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return [y, y.grad_fn, g.detach(), h, Cube.apply(torch.ones(1), 1).requires_grad]


def custom_function_setup_context(torch):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(a, b):
            return a * b, a + b

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g, s):
            a, b = ctx.saved_tensors
            return g * b + s, g * a + s if ctx.needs_input_grad[1] else None

    a, b = leaf(torch, 2), leaf(torch, 2, start=3.0)
    p, s = Product.apply(a, b)
    (p * 2).sum().backward()
    return [p, s, a.grad, b.grad, p.output_nr, s.output_nr]


def custom_function_marks(torch):
    class Marks(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            where = (x > 1).float()
            ctx.mark_non_differentiable(where)
            return x * 2, where

        @staticmethod
        def backward(ctx, g, unused):
            return g * 2

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(torch, 3)
    a, where = Marks.apply(x)
    y = x * 1
    z = Double.apply(y)
    (a.sum() + z.sum()).backward()
    return [a, where, y, y is z, y._version, x.grad, attempt(lambda: Double.apply(x))]


def custom_function_errors(torch):
    def made(result):
        class Bad(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                return x * y

            @staticmethod
            def backward(ctx, g):
                return result(g)

        return Bad

    def run(result):
        x = leaf(torch, 2)
        return attempt(lambda: made(result).apply(x, torch.ones(2)).sum().backward())

    return [run(lambda g: g), run(lambda g: (g, g, g)), run(lambda g: (g[:1].expand(3), None)), run(lambda g: (g, g)), run(lambda g: (None, None))]


def custom_function_once_differentiable(torch):
    once_differentiable = torch.autograd.function.once_differentiable

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = leaf(torch, 2)
    (g,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    return [g.detach(), attempt(lambda: torch.autograd.grad(g.sum(), x))]


def custom_function_unset_backward(torch):
    class Nothing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

    return attempt(lambda: Nothing.apply(leaf(torch, 2)).sum().backward()).__class__.__name__


def custom_function_saved_output_modified(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    x = leaf(torch, 2)
    y = Exp.apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
    y.mul_(2)
    return [g, attempt(lambda: y.sum().backward()).__class__.__name__]


def complex_gradients(torch):
    z = torch.tensor([1 + 2j, -0.5 + 0.25j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    first = z.grad.clone()
    z.grad = None
    (z**2 * (2 - 1j)).abs().sum().backward()
    return [first, z.grad]


CASES = {name: fn for name, fn in list(globals().items()) if callable(fn) and name not in ("attempt", "leaf")}
