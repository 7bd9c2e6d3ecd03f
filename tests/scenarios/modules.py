"""What Module, its hooks and its containers must do, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

import importlib
from collections import OrderedDict

from .collect import attempts, collect

CASES, scenario = collect()


def affine(torch, n_in=3, n_out=2, scale=0.1):
    class Affine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.arange(n_in * n_out).reshape(n_out, n_in) * scale)
            self.bias = torch.nn.Parameter(torch.ones(n_out))
            self.register_buffer("calls", torch.tensor(0))
            self.register_buffer("scratch", torch.zeros(2), persistent=False)

        def forward(self, x):
            return x @ self.weight.t() + self.bias

        def extra_repr(self):
            return f"in={n_in}, out={n_out}"

    return Affine()


def net(torch):
    return torch.nn.Sequential(affine(torch), torch.nn.Sequential(affine(torch, 2, 2), affine(torch, 2, 1)))


@scenario
def registration(torch):
    m = affine(torch)
    m.child = affine(torch)
    m.plain = 3
    m.nothing = None
    m.register_parameter("absent", None)
    return [
        [n for n, _ in m.named_parameters()], [n for n, _ in m.named_buffers()], [n for n, _ in m.named_modules()],
        [n for n, _ in m.named_children()], m.plain, m.nothing, m.absent, sorted(m.state_dict()), list(m._non_persistent_buffers_set),
        list(m.parameters(recurse=False)), len(list(m.buffers())), "plain" in dir(m), "weight" in dir(m), "child" in dir(m),
    ]  # fmt: skip


@scenario
def reassignment(torch):
    m = affine(torch)
    m.bias = None
    first = [n for n, _ in m.named_parameters()]
    m.bias = torch.nn.Parameter(torch.zeros(2))
    m.calls = torch.tensor(5)
    m.scratch = torch.ones(2)
    m.weight2 = m.weight
    m.child = affine(torch)
    m.child = None
    del m.weight2, m.calls
    m.other = torch.nn.Parameter(torch.ones(1))
    m.child2 = affine(torch)
    m.child2 = torch.nn.Parameter(torch.ones(1))
    m.other = affine(torch)
    return first, [n for n, _ in m.named_parameters()], m.scratch, sorted(m.state_dict()), list(m._modules), list(m._buffers)


@scenario
def buffer_class(torch):
    m = torch.nn.Module()
    m.a = torch.nn.Buffer(torch.ones(2))
    m.b = torch.nn.Buffer(torch.ones(2), persistent=False)
    m.a = torch.zeros(2)
    return sorted(m.state_dict()), list(m._buffers), m.a, isinstance(m.b, torch.nn.Buffer), isinstance(m.a, torch.nn.Buffer), type(m.b).__name__


@scenario
def registration_errors(torch):
    m = affine(torch)
    m.child = affine(torch)
    p = torch.nn.Parameter(torch.ones(1))

    class Bare(torch.nn.Module):
        def __init__(self, value):
            self.value = value

    return attempts(
        lambda: m.register_parameter("a.b", p), lambda: m.register_parameter("", p), lambda: m.register_parameter(3, p),
        lambda: m.register_parameter("forward", p), lambda: m.register_parameter("w", torch.ones(1)),
        lambda: m.register_parameter("w", p * 2), lambda: m.register_buffer("a.b", torch.ones(1)), lambda: m.register_buffer("", None),
        lambda: m.register_buffer(3, None), lambda: m.register_buffer("forward", None), lambda: m.register_buffer("b", 3),
        lambda: m.add_module("a.b", m), lambda: m.add_module("", m), lambda: m.add_module(3, m), lambda: m.add_module("forward", m),
        lambda: m.add_module("x", 3), lambda: setattr(m, "weight", torch.ones(1)), lambda: setattr(m, "weight", 3),
        lambda: setattr(m, "child", 3), lambda: setattr(m, "calls", "text"), lambda: m.missing, lambda: delattr(m, "missing"),
        lambda: Bare(p), lambda: Bare(torch.nn.Module()), lambda: Bare(3).value, lambda: torch.nn.Module(3), lambda: torch.nn.Module(a=3),
        lambda: torch.nn.Module()(3), lambda: m.train(3), lambda: m.to(torch.int32), lambda: m.register_parameter("w", [1, 2]),
        lambda: torch.nn.Parameter(torch.ones(2, dtype=torch.int64)),
    )  # fmt: skip


@scenario
def finding(torch):
    m = net(torch)
    return attempts(
        lambda: str(m.get_submodule("1.0")), lambda: m.get_submodule("") is m, lambda: m.get_submodule("1.9"),
        lambda: m.get_submodule("0.weight"), lambda: m.get_parameter("1.1.bias"), lambda: m.get_parameter("1.1.nope"),
        lambda: m.get_parameter("0.calls"), lambda: m.get_buffer("0.calls"), lambda: m.get_buffer("0.bias"), lambda: m.get_buffer("0.no"),
        lambda: m.set_submodule("1.0", affine(torch, 4, 4)), lambda: str(m), lambda: m.set_submodule("", m),
        lambda: m.set_submodule("1.5", m, strict=True), lambda: m.set_submodule("0.bias", m), lambda: m.set_submodule("0", 3),
    )  # fmt: skip


@scenario
def shared_members(torch):
    m = net(torch)
    m[1][0].weight = m[0].weight
    m.twin = m[0]
    return [
        [n for n, _ in m.named_parameters()], [n for n, _ in m.named_parameters(remove_duplicate=False)],
        [n for n, _ in m.named_modules()], [n for n, _ in m.named_modules(remove_duplicate=False)],
        [n for n, _ in m.named_parameters("p", recurse=True)], len(list(m.modules())), len(list(m.children())),
        [n for n, _ in m.named_buffers(remove_duplicate=False)], sorted(m.state_dict()),
    ]  # fmt: skip


@scenario
def calling_and_training(torch):
    m = net(torch)
    x = torch.ones(4, 3)
    m(x).sum().backward()
    grads = [p.grad for p in m.parameters()]
    m.zero_grad(set_to_none=False)
    zeroed = [p.grad for p in m.parameters()]
    m.zero_grad()
    m.eval()
    modes = [c.training for c in m.modules()]
    m[1].train()
    m.requires_grad_(False)
    return m(x), grads, zeroed, [p.grad for p in m.parameters()], modes, [c.training for c in m.modules()], m[0].weight.requires_grad


@scenario
def conversion(torch):
    m = net(torch)
    m(torch.ones(4, 3)).sum().backward()
    before = list(m.parameters())
    m.double()
    same = all(a is b for a, b in zip(before, m.parameters(), strict=True))
    out = [same, m(torch.ones(4, 3, dtype=torch.float64)), [p.grad.dtype for p in m.parameters()], [b.dtype for b in m.buffers()]]
    m.to(torch.float16)
    out += [m.state_dict(), m.to("cpu", torch.float32)[0].weight, m.to(torch.ones(1, dtype=torch.float64))[0].bias, m.half()[0].bias]
    out += [m.bfloat16()[0].bias, m.float()[0].weight, m.cpu()[0].bias, m.type(torch.float64)[0].calls, m.to(dtype=torch.float32)[0].bias]
    return out


@scenario
def to_empty(torch):
    m = affine(torch).to_empty(device="cpu")
    return [tuple(m.weight.shape), m.weight.is_leaf, m.weight.requires_grad, m.calls.dtype]


@scenario
def apply_order(torch):
    m = net(torch)
    names = {id(c): n for n, c in m.named_modules()}
    order = []
    result = m.apply(lambda c: order.append(names[id(c)]))
    return order, result is m


@scenario
def printing(torch):
    m = net(torch)
    m.extra = torch.nn.ModuleList([affine(torch), affine(torch), affine(torch, 1, 1), torch.nn.Sequential(affine(torch), affine(torch))])
    m.table = torch.nn.ModuleDict({"a": affine(torch), "b": torch.nn.Module()})
    m.params = torch.nn.ParameterList([torch.ones(2, 3), torch.nn.Parameter(torch.ones(1)), "text"])
    m.named = torch.nn.ParameterDict({"z": torch.ones(2), "a": 3})
    m.register_module("none", None)

    class Long(torch.nn.Module):
        def extra_repr(self):
            return "first\nsecond"

    m.long = Long()
    return [repr(m), repr(torch.nn.ModuleList()), repr(torch.nn.Sequential()), str(torch.nn.Parameter(torch.ones(2)))]


@scenario
def state_dict_layout(torch):
    m = net(torch)
    state = m.state_dict()
    prefixed = m.state_dict(prefix="net.", keep_vars=True)
    positional = m[0].state_dict(OrderedDict(), "p.", True)
    return [state, dict(state._metadata), list(prefixed), [v.requires_grad for v in prefixed.values()], list(positional), type(state).__name__]


@scenario
def loading(torch):
    a, b = net(torch), net(torch)
    for p in a.parameters():
        p.data.fill_(2.0)
    result = b.load_state_dict(a.state_dict())
    kept = b[0].weight
    b.load_state_dict({k: v + 1 for k, v in a.state_dict().items()}, assign=True)
    return [repr(result), b.state_dict(), kept, kept is b[0].weight, b[0].weight.requires_grad, type(b[0].weight).__name__]


@scenario
def loading_errors(torch):
    m = net(torch)
    good = m.state_dict()

    def without(*names, **extra):
        return {k: v for k, v in good.items() if k not in names} | extra

    return attempts(
        lambda: m.load_state_dict([1]), lambda: m.load_state_dict(without("0.weight", "1.0.bias")),
        lambda: m.load_state_dict(without("0.weight"), strict=False), lambda: m.load_state_dict(without(**{"0.more": torch.ones(1)})),
        lambda: m.load_state_dict(without(**{"7.weight": torch.ones(1), "x": torch.ones(1)}), strict=False),
        lambda: m.load_state_dict(without(**{"0.weight": torch.ones(2, 2), "1.9": torch.ones(1)})),
        lambda: m.load_state_dict(without(**{"0.weight": torch.ones(2, 2)}), strict=False), lambda: m.load_state_dict(without(**{"0.weight": 3})),
        lambda: m.load_state_dict(without(**{"0.calls": torch.tensor([4])})), lambda: m[0].calls,
    )  # fmt: skip


@scenario
def state_hooks(torch):
    log = []

    class Versioned(torch.nn.Module):
        _version = 3

        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(1))

        def get_extra_state(self):
            return {"n": 7}

        def set_extra_state(self, state):
            log.append(["extra", state])

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
            log.append(["version", prefix, local_metadata.get("version")])
            super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    m = torch.nn.Sequential(Versioned(), Versioned())
    handles = [
        m.register_state_dict_pre_hook(lambda mod, prefix, keep: log.append(["pre", prefix, keep])),
        m[0].register_state_dict_post_hook(lambda mod, sd, prefix, meta: log.append(["post", prefix, meta, list(sd)])),
        m._register_state_dict_hook(lambda mod, sd, prefix, meta: OrderedDict(sd, added=torch.ones(1))),
        m[1].register_load_state_dict_pre_hook(lambda mod, sd, prefix, *rest: log.append(["load", type(mod).__name__, prefix, list(sd)])),
        m.register_load_state_dict_post_hook(lambda mod, keys: keys.unexpected_keys.clear()),
    ]
    state = m.state_dict()
    loaded = m.load_state_dict(state)
    for handle in handles:
        handle.remove()
    bad = m[0].register_state_dict_post_hook(lambda *a: 3)
    return [state, log, repr(loaded), list(m[1].state_dict()), attempts(m.state_dict, bad.remove, lambda: list(m.state_dict()))]


@scenario
def forward_hooks(torch):
    m, log = affine(torch), []
    x = torch.ones(1, 3)
    m.register_forward_pre_hook(lambda mod, args: log.append(["pre", args]))
    m.register_forward_pre_hook(lambda mod, args: args[0] * 2, prepend=True)
    m.register_forward_pre_hook(lambda mod, args, kwargs: (args, kwargs), with_kwargs=True)
    m.register_forward_hook(lambda mod, args, out: log.append(["post", args, out]))
    h = m.register_forward_hook(lambda mod, args, kwargs, out: out + 1, with_kwargs=True, prepend=True)
    first = m(x)
    h.remove()
    return [first, m(x), log, len(m._forward_hooks_with_kwargs)]


@scenario
def failing_forward(torch):
    m, log = affine(torch), []
    m.register_forward_hook(lambda mod, args, out: log.append(["always", out]), always_call=True)
    m.register_forward_hook(lambda mod, args, out: log.append("never"))

    def broken(mod, args, out):
        raise ValueError("in hook")

    m.register_forward_hook(broken, always_call=True)
    m.forward = lambda x: [][1]
    bad = affine(torch)
    bad.register_forward_pre_hook(lambda mod, args, kwargs: 3, with_kwargs=True)
    return [attempts(lambda: m(torch.ones(1, 3)), lambda: bad(torch.ones(1, 3))), log]


@scenario
def full_backward_hooks(torch):
    m, log = affine(torch), []
    m.register_full_backward_hook(lambda mod, gi, go: log.append(["grad", gi, go]))
    m.register_full_backward_hook(lambda mod, gi, go: (gi[0] * 10,))
    m.register_full_backward_pre_hook(lambda mod, go: log.append(["pre", go]))
    m.register_full_backward_pre_hook(lambda mod, go: (go[0] * 3,), prepend=True)
    x = torch.ones(2, 3, requires_grad=True)
    out = m(x)
    out.sum().backward()
    return [out, x.grad, m.weight.grad, log, out.grad_fn.name()]


@scenario
def backward_hook_without_input_grad(torch):
    m, log = affine(torch), []
    m.register_full_backward_hook(lambda mod, gi, go: log.append([gi, go]))
    m(torch.ones(2, 3)).sum().backward()
    return [log, m.weight.grad]


@scenario
def backward_hooks_several(torch):
    class Two(torch.nn.Module):
        def forward(self, a, flag, b):
            return a * b, b * 2, flag

    m, log = Two(), []
    m.register_full_backward_hook(lambda mod, gi, go: log.append([gi, go]))
    a, b = torch.ones(2, requires_grad=True), torch.full((2,), 3.0, requires_grad=True)
    x, y, flag = m(a, "flag", b)
    x.sum().backward(retain_graph=True)
    (x.sum() + y.sum()).backward()
    return [log, a.grad, b.grad, flag]


@scenario
def backward_hook_errors(torch):
    m = affine(torch)
    m.register_full_backward_hook(lambda mod, gi, go: (gi[0], None))
    n = affine(torch)
    n.register_full_backward_pre_hook(lambda mod, go: (go[0], None))
    x = torch.ones(1, 3, requires_grad=True)
    return attempts(
        lambda: m(x).sum().backward(), lambda: n(x).sum().backward(), lambda: m.register_backward_hook(print),
        lambda: (n.register_backward_hook(print), n.register_full_backward_hook(print))[1],
    )  # fmt: skip


@scenario
def global_hooks(torch):
    hooks = importlib.import_module(f"{torch.__name__}.nn.modules.module")
    log, m = [], net(torch)
    name = lambda mod: type(mod).__name__  # noqa: E731
    handles = [
        hooks.register_module_forward_pre_hook(lambda mod, args: log.append(["pre", name(mod)])),
        hooks.register_module_forward_hook(lambda mod, args, out: log.append(["post", name(mod)])),
        hooks.register_module_full_backward_hook(lambda mod, gi, go: log.append(["back", name(mod)])),
        hooks.register_module_parameter_registration_hook(lambda mod, n, p: log.append(["param", n])),
        hooks.register_module_buffer_registration_hook(lambda mod, n, b: log.append(["buffer", n])),
        hooks.register_module_module_registration_hook(lambda mod, n, c: log.append(["module", n])),
    ]
    m(torch.ones(1, 3, requires_grad=True)).sum().backward()
    m[0].x = affine(torch)
    for handle in handles:
        handle.remove()
    m(torch.ones(1, 3))
    return log


@scenario
def sequential(torch):
    a, b, c = (affine(torch, 2, 2, s) for s in (0.1, 0.2, 0.3))
    s = torch.nn.Sequential(OrderedDict(first=a, second=b))
    numbered = torch.nn.Sequential(a, b)
    both = numbered + torch.nn.Sequential(c)
    numbered += torch.nn.Sequential(c)
    tripled = torch.nn.Sequential(a) * 3
    out = [list(s._modules), s[0] is a, s[-1] is b, list(s[1:]._modules), len(both), len(numbered), len(tripled), len(2 * tripled)]
    numbered[1] = a
    numbered.insert(1, c).append(b).extend([a])
    del numbered[0]
    popped = numbered.pop(-1)
    tripled *= 2
    del s[0]
    out += [list(numbered._modules), popped is a, [m is c for m in numbered], len(tripled), list(s._modules), s(torch.ones(1, 2))]
    return out + attempts(
        lambda: s[5], lambda: s + 3, lambda: s * 0, lambda: s * 1.5, lambda: s.insert(9, a), lambda: s.insert(0, 3), lambda: s.append(3),
        lambda: torch.nn.Sequential(a, 3), lambda: s["x"], lambda: s.pop(4),
    )  # fmt: skip


@scenario
def module_list(torch):
    a, b, c = (affine(torch) for _ in range(3))
    ms = torch.nn.ModuleList([a, b])
    ms += [c]
    ms.insert(1, c)
    ms[0] = b
    out = [len(ms), [m is c for m in ms], ms[1:3][0] is c, ms[-1] is c, len(ms + [a]), list(ms._modules), type(ms[1:]).__name__]
    del ms[0:2]
    ms.append(a).extend([b])
    out += [len(ms), ms.pop(0) is b, list(ms._modules), [k for k in dir(ms) if k.isdigit()]]
    return out + attempts(lambda: ms[9], lambda: ms.extend(3), lambda: ms.append(3), lambda: ms(1), lambda: torch.nn.ModuleList(3), lambda: ms["0"])


@scenario
def module_dict(torch):
    a, b = affine(torch), affine(torch)
    d = torch.nn.ModuleDict({"b": b, "a": a})
    d["c"] = a
    d.update([("d", b)])
    d.update(OrderedDict(e=a))
    d.update(torch.nn.ModuleDict({"f": b}))
    out = [list(d), list(d.keys()), "a" in d, len(d), d.pop("a") is a, [k for k, _ in d.items()], len(list(d.values()))]
    del d["b"]
    out += attempts(
        lambda: d["zz"], lambda: d.update(3), lambda: d.update([3]), lambda: d.update([(1, 2, 3)]), lambda: d.update([("k", 3)]),
        lambda: d.__setitem__("a.b", a), lambda: d(3), lambda: d.pop("nope"),
    )  # fmt: skip
    d.clear()
    return out + [len(d)]


@scenario
def parameter_list(torch):
    ps = torch.nn.ParameterList([torch.ones(1), torch.nn.Parameter(torch.zeros(2)), "x"])
    ps.append(torch.ones(3)).extend([1, torch.ones(1)])
    ps[0] = torch.full((1,), 5.0)
    ps += (torch.ones(2),)
    out = [len(ps), [n for n, _ in ps.named_parameters()], list(ps), ps[-1], ps[1:3], [type(v).__name__ for v in ps], list(ps.state_dict())]
    return out + attempts(lambda: ps[20], lambda: ps.extend(3), lambda: ps.extend(torch.ones(2)), lambda: ps(3), lambda: ps.__setitem__(30, 1))


@scenario
def parameter_dict(torch):
    d = torch.nn.ParameterDict({"z": torch.ones(1), "a": torch.zeros(2)})
    d["m"] = 3
    d.update(OrderedDict(q=torch.ones(1)))
    d.update([("p", torch.ones(1))])
    d.update(torch.nn.ParameterDict({"o": torch.ones(1), "b": torch.ones(1)}))
    out = [list(d), list(reversed(d)), [n for n, _ in d.named_parameters()], d.get("zz", 4), d.setdefault("n", torch.ones(1)), "n" in d]
    merged = d | torch.nn.ParameterDict({"new": torch.ones(1)})
    d |= torch.nn.ParameterDict({"last": torch.ones(1)})
    out += [list(merged), list(d), list(d.copy()), list(d.fromkeys(["k"], 3).items()), d.pop("m"), d.popitem(), len(d), list(d.keys())]
    out += attempts(lambda: d[3], lambda: d.update(3), lambda: d.update([3]), lambda: d(3), lambda: d["none"])
    d.clear()
    return out + [len(d)]


@scenario
def copies(torch):
    import copy
    import pickle

    m = torch.nn.Sequential(torch.nn.Module(), torch.nn.Module())
    m[0].w = torch.nn.Parameter(torch.arange(3.0))
    m[1].w = m[0].w
    m[1].register_buffer("b", torch.ones(2))
    m[0].w.grad = torch.ones(3)
    out = []
    for twin in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        out += [twin[0].w is twin[1].w, twin[0].w is m[0].w, twin[0].w, twin[0].w.grad, type(twin[0].w).__name__, twin.state_dict()]
        twin[0].w.data.fill_(9.0)
    return [*out, m[0].w, copy.copy(m)[0] is m[0]]


@scenario
def lazy_parameters(torch):
    p = torch.nn.parameter.UninitializedParameter()
    out = [repr(p), torch.nn.parameter.is_lazy(p), *attempts(lambda: p.shape, lambda: p.share_memory_())]
    p.materialize((2, 3))
    return [*out, type(p).__name__, tuple(p.shape), p.requires_grad, torch.nn.parameter.is_lazy(p), isinstance(p, torch.nn.Parameter)]


@scenario
def initial_values(torch):
    init, t = torch.nn.init, torch.empty
    w = torch.nn.Parameter(t(3, 4))
    return attempts(
        lambda: init.constant_(t(2, 2), 0.3), lambda: init.ones_(t(2)), lambda: init.zeros_(w), lambda: init.eye_(t(2, 3)),
        lambda: init.dirac_(t(4, 3, 3)), lambda: init.dirac_(t(4, 2, 3, 3), groups=2), lambda: init.dirac_(t(2, 2, 1, 2, 3)),
        lambda: [init.calculate_gain(n) for n in ("linear", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")],
        lambda: init.calculate_gain("leaky_relu", 0.3), lambda: init.calculate_gain("leaky_relu", "x"), lambda: init.calculate_gain("nope"),
        lambda: init.eye_(t(2)), lambda: init.dirac_(t(2, 2)), lambda: init.dirac_(t(3, 2, 2), 2), lambda: init.xavier_uniform_(t(2)),
        lambda: init.kaiming_normal_(t(2, 2), mode="x"), lambda: init.orthogonal_(t(2)), lambda: init.sparse_(t(2), 0.1),
        lambda: init.kaiming_uniform_(t(0, 2)), lambda: init.kaiming_uniform_(t(2, 2), nonlinearity="x"), lambda: init.constant(t(2), 1.0),
        lambda: init._calculate_fan_in_and_fan_out(t(4, 3, 2, 2)), lambda: [w.requires_grad, w.is_leaf, w.grad_fn],
    )  # fmt: skip


def with_grads(torch, *values):
    params = []
    for value in values:
        p = torch.nn.Parameter(torch.ones(len(value)))
        p.grad = torch.tensor(value)
        params.append(p)
    return [*params, torch.nn.Parameter(torch.ones(2))]


@scenario
def gradient_clipping(torch):
    utils, out = torch.nn.utils, []
    for kind in (2.0, 1.0, 3, 0.5, float("inf"), float("-inf")):
        for limit in (0.5, 100.0):
            params = with_grads(torch, [3.0, -4.0], [1.0, 0.5, 2.0])
            kept = params[0].grad
            out.append([utils.clip_grad_norm_(params, limit, kind), [p.grad for p in params], kept is params[0].grad])
    params = with_grads(torch, [3.0, -4.0], [1.0])
    utils.clip_grad_value_(params, 1.5)
    out.append([p.grad for p in params])
    norm = utils.get_total_norm([p.grad for p in params if p.grad is not None])
    utils.clip_grads_with_norm_(params, 1.0, norm)
    out += [norm, [p.grad for p in params], utils.clip_grad_norm_(params[0], 0.1), utils.clip_grad_norm_([], 1.0)]
    bad = with_grads(torch, [float("nan"), 1.0])
    return out + attempts(
        lambda: utils.clip_grad_norm_(bad, 1.0, error_if_nonfinite=True), lambda: bad[0].grad, lambda: utils.clip_grad_norm_(bad, 1.0),
        lambda: bad[0].grad, lambda: utils.clip_grad_norm_((p for p in []), 1.0),
    )  # fmt: skip


@scenario
def parameters_as_vector(torch):
    m = affine(torch)
    vector = torch.nn.utils.parameters_to_vector(m.parameters())
    vector.sum().backward()
    torch.nn.utils.vector_to_parameters(torch.arange(8.0), m.parameters())
    return [vector, m.weight.grad, m.weight, m.bias, attempts(lambda: torch.nn.utils.vector_to_parameters(3, m.parameters()))]
