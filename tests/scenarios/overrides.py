"""`__torch_function__`: subclasses of Tensor, classes that are none, modes, and what their handlers are given."""

# ruff: noqa: D103, B023, N805

import copy
import operator
import pickle
import sys
import threading

from .collect import attempts, collect, readable

CASES, scenario = collect()


def overrides(torch):
    import importlib

    return importlib.import_module(f"{torch.__name__}.overrides")


def logging_class(torch):
    """A subclass that logs the functions it is passed to, by name, and otherwise behaves as by default."""
    resolve_name = overrides(torch).resolve_name
    log = []

    class Logging(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            names = sorted(kwargs) if kwargs else kwargs
            log.append([resolve_name(func), [t.__name__ for t in types], len(args), names])
            return super().__torch_function__(func, types, args, kwargs)

    return Logging, log


def picky_class(torch, handled, base=None):
    """A class that handles the functions of a dictionary and declines all others."""

    class Picky(*(() if base is None else (base,))):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return handled[func](*args, **(kwargs or {})) if func in handled else NotImplemented

    return Picky


def name(value):
    return type(value).__name__


def pickled_class(torch):
    """A subclass of the library under test where pickle finds it."""
    cls = type("PickledTensor", (torch.Tensor,), {"__module__": __name__})
    sys.modules[__name__].PickledTensor = cls
    return cls


BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "eq", "ne", "lt", "le", "gt", "ge"]
BITWISE = ["and_", "or_", "xor", "lshift", "rshift"]


@scenario
def operators_show_as_methods(torch):
    cls, log = logging_class(torch)
    s, t, i = cls([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2, 2), cls([1.0, 2.0]).long()
    results = []
    for op in BINARY:
        f = getattr(operator, op)
        for args in ((s, t), (t, s), (s, 2), (2, s)):
            if op == "matmul" and 2 in args[1:]:
                continue
            log.clear()
            results += [op, *attempts(lambda: name(f(*args))), list(log)]
    for op in BITWISE:
        f = getattr(operator, op)
        for args in ((i, i), (i, 1), (1, i)):
            log.clear()
            results += [op, name(f(*args)), list(log)]
    return results


@scenario
def operators_in_place_show_as_methods(torch):
    cls, log = logging_class(torch)
    results = []
    for op in ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"):
        for args in ((cls([1.0, 2.0]), 2), (torch.ones(2), cls([1.0, 2.0]))):
            log.clear()
            r = getattr(operator, op)(*args)
            results += [op, name(r), r is args[0], list(log)]
    for op in ("iand", "ior", "ixor", "ilshift", "irshift"):
        i = cls([1.0, 2.0]).long()
        log.clear()
        results += [op, name(getattr(operator, op)(i, 2)), list(log)]
    return results


@scenario
def unary_operators_and_conversions(torch):
    cls, log = logging_class(torch)
    i = cls([1.0, 2.0]).long()
    results = []
    for f in (operator.neg, operator.pos, operator.abs, operator.invert, len, repr, str, reversed, lambda x: 1 in x, lambda x: x[0],
              lambda x: bool(x[0]), lambda x: int(x[0]), lambda x: float(x[0]), lambda x: complex(x[0]), lambda x: [1, 2, 3][x[0]],
              lambda x: x.tolist(), lambda x: x[0].item(), lambda x: f"{x}", lambda x: isinstance(hash(x), int)):  # fmt: skip
        log.clear()
        r = f(i)
        results += [r if isinstance(r, int | float | str | list) else name(r), list(log)]
    return results


@scenario
def attributes_show_as_their_accessors(torch):
    cls, log = logging_class(torch)
    s = cls([[1.0, 2.0], [3.0, 4.0]])
    results = []
    for attribute in ("shape", "dtype", "device", "ndim", "requires_grad", "grad_fn", "is_leaf", "output_nr", "grad", "retains_grad", "data",
                      "_version", "_base", "itemsize", "nbytes", "is_cuda", "layout", "T", "mT", "H", "mH", "real", "imag"):  # fmt: skip
        log.clear()
        results += [attribute, *attempts(lambda: name(getattr(s, attribute))), list(log)]

    def set_requires_grad():
        s.requires_grad = True

    def set_grad():
        s.grad = torch.ones(2, 2)

    def set_data():
        s.data = torch.ones(2, 2)

    for change in (set_requires_grad, set_grad, set_data):
        log.clear()
        change()
        results.append(list(log))
    return results


@scenario
def functions_show_as_themselves(torch):
    cls, log = logging_class(torch)
    F, s, t = torch.nn.functional, cls([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2, 2)
    image = cls(torch.ones(1, 1, 4, 4))
    results = []
    for f in (
        lambda: torch.add(s, t), lambda: torch.add(t, other=s, alpha=2), lambda: torch.sum(s, dim=0, keepdim=True), lambda: torch.sum(input=s, dim=0),
        lambda: s.sum(0), lambda: torch.max(s, 0), lambda: torch.cat([t, s]), lambda: torch.stack((s, s)), lambda: torch.where(s > 1, s, t),
        lambda: torch.split(s, 1), lambda: s.split(1), lambda: torch.einsum("ij,jk->ik", s, t), lambda: torch.unique(s), lambda: torch.det(s),
        lambda: torch.linalg.det(s), lambda: torch.linalg.svd(s), lambda: torch.special.expit(s), lambda: torch.sigmoid(s), lambda: s.sigmoid(),
        lambda: torch.zeros_like(s), lambda: s.new_ones(3), lambda: s.to(torch.float64), lambda: s.detach(), lambda: s.clone(), lambda: s.view(4),
        lambda: F.relu(s), lambda: F.relu_(s.clone()), lambda: F.gelu(s), lambda: F.softmax(s, -1), lambda: F.log_softmax(s, -1), lambda: F.dropout(s),
        lambda: F.layer_norm(s, (2,)), lambda: F.sigmoid(s), lambda: F.tanh(s), lambda: F.linear(s, t), lambda: F.mse_loss(s, t), lambda: F.pad(s, (1, 1)),
        lambda: F.cross_entropy(s, torch.tensor([0, 1])), lambda: F.conv2d(image, torch.ones(1, 1, 2, 2)), lambda: F.max_pool2d(image, 2),
        lambda: F.embedding(torch.tensor([0]), s), lambda: F.batch_norm(s, None, None, training=True),
        lambda: torch.nn.init.constant_(s, 1.0), lambda: torch.nn.Linear(2, 2)(s), lambda: torch.nn.ReLU()(s), lambda: torch.is_tensor(s),
        lambda: torch.tensor(s), lambda: torch.as_tensor(s), lambda: s.as_subclass(torch.Tensor), lambda: torch.add(t, t, out=s),
    ):  # fmt: skip
        log.clear()
        r = f()
        results += [[name(x) for x in r] if isinstance(r, tuple) else name(r), [entry for entry in log if "softmax" not in entry[0]]]
    return results


@scenario
def results_are_instances(torch):
    class Sub(torch.Tensor):
        pass

    class SubSub(Sub):
        pass

    class Other(torch.Tensor):
        pass

    t, s, ss, o = torch.ones(2), Sub([1.0, 2.0]), SubSub([1.0, 2.0]), Other([1.0, 2.0])
    named = torch.max(s, 0)
    return [
        [name(x) for x in (s + t, t + s, s + ss, ss + s, ss[0], s[0], s.exp(), s * 2, -s, s.sum(), s.view(1, 2), s.T, s.long(), s > 1, s.grad)],
        name(named), [name(x) for x in named], name(s.shape), name(s.size()), [name(x) for x in s], [name(x) for x in s.unbind()],
        *attempts(lambda: s + o, lambda: torch.add(s, o), lambda: torch.add(o, s), lambda: s.add(o)),
        s.add_(1) is s, name(t.add_(s)), name(t), torch.equal(s, t), torch.allclose(s, s),
    ]  # fmt: skip


@scenario
def making_instances(torch):
    class Sub(torch.Tensor):
        pass

    t, leaf = torch.ones(2), torch.ones(2, requires_grad=True)
    a, b, c, d = Sub(t), Sub(leaf), leaf.as_subclass(Sub), torch.Tensor._make_subclass(Sub, leaf, True)
    return [
        repr(Sub([1.0, 2.0])), repr(Sub()), repr(Sub(2, 1).shape), repr(Sub(torch.tensor([1]))), a._is_view(), a._base is t, b, name(b), c, name(c),
        d, name(d), d._base is None, torch.Tensor(t)._base is t, repr(a.as_subclass(torch.Tensor)),
        *attempts(lambda: t.as_subclass(int), lambda: t.as_subclass(3), lambda: torch.Tensor._make_subclass(int, t),
                  lambda: torch.Tensor._make_subclass(Sub, 3), lambda: torch.Tensor._make_subclass(Sub, torch.tensor([1]), True),
                  lambda: torch.Tensor._make_wrapper_subclass(Sub, (2,))), [e[0] for e in attempts(lambda: Sub([1.0], requires_grad=True))],
    ]  # fmt: skip


@scenario
def constructors_and_attributes_of_the_user(torch):
    class Tagged(torch.Tensor):
        @staticmethod
        def __new__(cls, data, tag=None, *args, **kwargs):
            return super().__new__(cls, data, *args, **kwargs)

        def __init__(self, data, tag=None):
            super().__init__()
            self.tag = tag

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            result = super().__torch_function__(func, types, args, kwargs or {})
            tags = [a.tag for a in args if isinstance(a, cls) and hasattr(a, "tag")]
            if isinstance(result, cls) and tags:
                result.__dict__.update({"tag": tags[0]})
            return result

        def shout(self):
            return self.tag.upper()

    a = Tagged([1.0, 2.0], "x")
    b = Tagged(torch.ones(2), tag="y")
    return [a.__dict__, (a * 2).tag, (a * 2)[0].tag, (torch.ones(2) + b).tag, (a + b).shout(), copy.copy(a).tag, repr(a), vars(torch.ones(1))]


@scenario
def copies_and_pickles(torch):
    cls = pickled_class(torch)
    p = cls([1.0, 2.0])
    p.note = "n"
    q = pickle.loads(pickle.dumps(p))
    r = copy.copy(p)

    class Copied(torch.Tensor):
        def new_empty(self, *args, **kwargs):
            return super().new_empty(*args, **kwargs).as_subclass(Copied)

    c = Copied([1.0])
    c.note = [1]
    d = copy.deepcopy(c)
    return [name(q), q.note, q, name(r), r.note, *attempts(lambda: copy.deepcopy(p)), name(d), d, d.note, d.note is c.note]


@scenario
def gradients_of_instances(torch):
    class Sub(torch.Tensor):
        pass

    seen = []
    x = Sub([1.0, 2.0]).requires_grad_()
    handle = x.register_hook(lambda g: seen.append(name(g)))
    x.register_post_accumulate_grad_hook(lambda p: seen.append(name(p)))
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    handle.remove()
    (g,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
    return [name(x.grad), x.grad, name(y.grad), x.grad is x.grad, name(g), g, name(x.detach()), name(x.data), seen, y.grad_fn, y._is_view(),
            y.clone().grad_fn, x[0:1].grad_fn, x[0:1]._base is x]  # fmt: skip


@scenario
def custom_functions_take_instances(torch):
    class Sub(torch.Tensor):
        pass

    seen = []

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            seen.append(name(a))
            return a * 2

        @staticmethod
        def backward(ctx, g):
            seen.append(name(g))
            return g * 2

    x = Sub([1.0]).requires_grad_()
    y = Double.apply(x)
    y.sum().backward()
    return [name(y), seen, x.grad]


@scenario
def parameters_of_instances(torch):
    class Sub(torch.Tensor):
        pass

    class SubParameter(torch.nn.Parameter):
        pass

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(Sub([[1.0, 2.0]]))
            self.v = SubParameter(torch.ones(2))

        def forward(self, x):
            return torch.nn.functional.linear(x, self.w) + self.v.sum()

    m = Module()
    out = m(torch.ones(1, 2))
    out.sum().backward()
    state = m.state_dict()
    m.load_state_dict({"w": torch.zeros(1, 2), "v": torch.zeros(2)})
    optimizer = torch.optim.SGD(m.parameters(), lr=1.0)
    optimizer.step()
    loaded = [name(m.w), m.w, m.w.is_leaf, isinstance(m.w, torch.nn.Parameter), repr(m.w)]
    m.double()
    return [name(out), out, [n for n, _ in m.named_parameters()], name(m.w * 2), name(m.w.grad), {k: name(v) for k, v in state.items()}, loaded,
            name(m.w), m.w.dtype, name(m.v * 2), repr(m.v), name(torch.nn.Parameter(torch.ones(1)) * 2), name(copy.deepcopy(m.v))]  # fmt: skip


@scenario
def disabled_classes_give_tensors(torch):
    import importlib

    private = importlib.import_module(f"{torch.__name__}._C")

    class Plain(torch.Tensor):
        __torch_function__ = private._disabled_torch_function_impl

    class Sub(torch.Tensor):
        pass

    p, s = Plain([1.0]), Sub([1.0])
    inside = []
    with private.DisableTorchFunctionSubclass():
        inside += [name(s * 2), name(torch.exp(s))]
    with private.DisableTorchFunction():
        inside += [name(s * 2), private._is_torch_function_all_disabled()]
        with overrides(torch)._enable_torch_function():
            inside.append(name(s * 2))
    return [name(p * 2), name(p.exp()), repr(p), inside, name(s * 2), private._is_torch_function_all_disabled(),
            torch.nn.Parameter.__torch_function__ is private._disabled_torch_function_impl]  # fmt: skip


@scenario
def classes_that_are_no_tensors(torch):
    handled = {torch.mean: lambda x, **k: ("mean", sorted(k)), torch.add: lambda a, b, **k: "add", torch.cat: lambda ts, dim=0: "cat"}
    Duck = picky_class(torch, handled)
    handled[torch.nn.functional.linear] = lambda *a, **k: "linear"
    handled[torch.Tensor.add] = lambda *a, **k: "method"
    handled[torch.nn.functional.mse_loss] = lambda *a, **k: ("mse", len(a), sorted(k))
    overrides(torch)
    d, t, p = Duck(), torch.ones(2), torch.nn.Parameter(torch.ones(2))
    return attempts(
        lambda: torch.mean(d), lambda: torch.mean(d, dim=0), lambda: torch.add(d, 1), lambda: torch.add(t, d), lambda: torch.add(p, other=d) and 1,
        lambda: torch.cat([t, d]), lambda: torch.nn.functional.linear(t, d, p), lambda: t.add(d), lambda: t + d,
        lambda: torch.nn.functional.mse_loss(d, t), lambda: torch.sub(d, 1), lambda: t - d, lambda: torch.nn.functional.relu(d), lambda: torch.zeros(d),
        lambda: t[d], lambda: t[0, (d, 1)], lambda: t.view(d), lambda: torch.split(d, 1), lambda: torch.autograd.grad(d, d),
    )  # fmt: skip


@scenario
def the_first_class_that_is_no_tensor(torch):
    """What `tests/test_overrides.py` also checks in a process of its own, where nothing overrides yet."""
    handled = {}
    Duck = picky_class(torch, handled)
    handled[torch.mean] = lambda x: 0.4
    return attempts(lambda: torch.mean(Duck()), lambda: torch.exp(Duck()))


@scenario
def who_is_asked_first(torch):
    order = []

    def tracing(label, base, answer):
        class Tracing(base):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                order.append([label, [t.__name__ for t in types]])
                return answer

        Tracing.__name__ = label
        return Tracing

    A = tracing("A", object, NotImplemented)
    B = tracing("B", A, NotImplemented)
    C = tracing("C", torch.Tensor, NotImplemented)
    D = tracing("D", torch.Tensor, "d")
    results = []
    for args in ((A(), B()), (B(), A()), (A(), C([1.0])), (C([1.0]), D([1.0]), A()), (D([1.0]), C([1.0]))):
        for f in (torch.add, torch.stack, torch.nn.functional.mse_loss, torch.cdist):
            order.clear()
            given = (args,) if f is torch.stack else args[:2]
            results += [*attempts(lambda: f(*given)), list(order)]
    return [readable(str(results))]


@scenario
def nobody_answers(torch):
    Sub = picky_class(torch, {}, torch.Tensor)
    s, t = Sub([1.0]), torch.ones(1)

    def set_requires_grad():
        s.requires_grad = True

    return attempts(
        lambda: torch.add(s, 1), lambda: s.add(1), lambda: s + 1, lambda: 1 + s, lambda: s**2, lambda: 2 - s, lambda: s // 2, lambda: s == 1,
        lambda: operator.iadd(s, 1), lambda: torch.nn.functional.relu(s), lambda: torch.nn.functional.linear(s, s), lambda: torch.linalg.det(s),
        lambda: torch.special.expit(s), lambda: torch.split(s, 1), lambda: s[0], lambda: s.shape, lambda: len(s), lambda: repr(s), lambda: t.add(s),
        set_requires_grad, lambda: torch.nn.init.uniform_(s), lambda: torch.autograd.grad(s, s), lambda: torch.nn.functional.sigmoid(s),
    )  # fmt: skip


@scenario
def one_handler_calls_others(torch):
    class Doubling(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is torch.mul or func is torch.Tensor.mul:
                return super().__torch_function__(torch.add, types, args, kwargs)
            return super().__torch_function__(func, types, args, kwargs)

    class Unwrapping:
        def __init__(self, inner):
            self.inner = inner

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            plain = [a.inner if isinstance(a, cls) else a for a in args]
            return cls(func(*plain, **(kwargs or {})))

    overrides(torch)
    d, u = Doubling([3.0]), Unwrapping(torch.ones(2))
    return [d * 4, torch.mul(d, 5), name(d * 4), torch.nn.functional.softmax(u, 0).inner, torch.add(u, u).inner, torch.add(torch.ones(2), u).inner]


@scenario
def plain_methods_as_handlers_are_deprecated(torch):
    class Old:
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return 7

    overrides(torch)
    return [torch.add(Old(), 1), torch.nn.functional.relu(Old()), torch.ones(2).view(Old())]


def logging_mode(torch, log, label=""):
    module = overrides(torch)

    class Logging(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append([label, module.resolve_name(func), [t.__name__ for t in types], len(args), sorted(kwargs or ())])
            return func(*args, **(kwargs or {}))

    return Logging()


@scenario
def modes_see_every_function(torch):
    log = []
    t, F = torch.ones(2), torch.nn.functional
    lin = torch.nn.Linear(2, 2)
    with logging_mode(torch, log):
        for f in (
            lambda: torch.tensor([1]), lambda: torch.zeros(2), lambda: torch.rand(2, requires_grad=True), lambda: torch.arange(3), lambda: torch.as_tensor([1]),
            lambda: torch.add(t, t), lambda: t.add(1), lambda: t + 1, lambda: t.shape, lambda: F.relu(t), lambda: torch.is_tensor(t),
            lambda: t.numel(), lambda: t.exp(), lambda: t.sum(), lambda: torch.numel(t), lambda: torch.nn.Parameter(t), lambda: lin(t), lambda: t[0],
            lambda: torch.promote_types(torch.int32, torch.float32), lambda: torch.get_default_dtype(), lambda: torch.broadcast_shapes((1,), (2,)),
            lambda: torch.split(t, 1), lambda: torch.linalg.norm(t), lambda: (torch.ones(2, requires_grad=True) * 2).sum().backward(), lambda: repr(t),
            lambda: torch.Tensor(2), lambda: torch.manual_seed(0), lambda: copy.deepcopy(t),
        ):  # fmt: skip
            log.append("-")
            f()
    outside = len(log)
    torch.add(t, t)
    return [log, outside == len(log)]


@scenario
def modes_stack(torch):
    module, log = overrides(torch), []

    class Reentrant(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(module.resolve_name(func))
            if func is torch.sub:
                with self:
                    return torch.add(args[0], args[1], alpha=-1)
            return func(*args, **(kwargs or {}))

    outer, inner = logging_mode(torch, log, "outer"), logging_mode(torch, log, "inner")
    states = [module._get_current_function_mode() is None]
    with outer:
        states.append(module._get_current_function_mode() is outer)
        with inner, inner:
            states.append([m is n for m, n in zip(module._get_current_function_mode_stack(), [outer, inner, inner], strict=True)])
            torch.zeros(1)
        torch.zeros(1)
    with Reentrant(), module.BaseTorchFunctionMode():
        log.append(torch.sub(torch.tensor(3), torch.tensor(1)))
    states.append(module._get_current_function_mode_stack())
    return [log, states]


@scenario
def modes_and_instances(torch):
    import importlib

    module, private, seen = overrides(torch), importlib.import_module(f"{torch.__name__}._C"), []

    class Sub(torch.Tensor):
        pass

    class Declining(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append([t.__name__ for t in types])
            return NotImplemented if any(t is not torch.Tensor for t in types) else func(*args, **(kwargs or {}))

    class Constant(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return -1

    class Mute(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return NotImplemented

    s, t, results = Sub([1.0]), torch.ones(1), []
    with Declining():
        results.append(name(torch.neg(s)))
    with Constant():
        results += [torch.neg(s), s.shape, s + 1, torch.randn(3), torch.nn.functional.relu(s), torch.split(None, [2])]
        with private.DisableTorchFunctionSubclass():
            results.append(torch.sum(s))
        with private.DisableTorchFunction():
            results.append(name(torch.sum(s)))
    with Mute():
        results += attempts(lambda: name(torch.neg(s)), lambda: torch.neg(t), lambda: t + 1, lambda: torch.nn.functional.relu(t))
    return [readable(str(results)).replace(".<locals>", ""), seen]


@scenario
def modes_that_are_refused(torch):
    module = overrides(torch)

    class OfTheClass(module.TorchFunctionMode):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return 1

    def under(mode):
        with mode:
            return torch.ones(1)

    class Raising(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            raise KeyError("own")

    results = attempts(lambda: under(OfTheClass()), lambda: under(module.TorchFunctionMode()), lambda: under(Raising()), lambda: name(OfTheClass.push()))
    return [results, module._get_current_function_mode_stack()]


@scenario
def modes_belong_to_their_thread(torch):
    log = []
    with logging_mode(torch, log):
        thread = threading.Thread(target=lambda: torch.zeros(1))
        thread.start()
        thread.join()
    return log


@scenario
def functions_of_the_user_take_part(torch):
    module = overrides(torch)

    def foo(a, b, c=None):
        if module.has_torch_function((a, b, c)):
            return module.handle_torch_function(foo, (a, b, c), a, b, c=c)
        return a + b

    @module.wrap_torch_function(lambda a: (a,))
    def bar(a):
        return a

    foo.__module__ = "there"
    Duck = picky_class(torch, {foo: lambda *a, **k: ("foo", len(a), k), bar: lambda a: "bar"})
    Mute = picky_class(torch, {})

    class Sub(torch.Tensor):
        pass

    log = []
    with logging_mode(torch, log):
        foo(torch.ones(1), 1)
    return [*attempts(lambda: foo(Duck(), 1), lambda: foo(1, Duck(), c=2), lambda: bar(Duck()), lambda: foo(Mute(), 1), lambda: foo(torch.ones(1), 1),
                      lambda: bar(3)), name(foo(Sub([1.0]), 1)), log]  # fmt: skip


@scenario
def questions_about_overrides(torch):
    module = overrides(torch)
    Duck = picky_class(torch, {})

    class Sub(torch.Tensor):
        pass

    s, t, d, p = Sub([1.0]), torch.ones(1), Duck(), torch.nn.Parameter(torch.ones(1))
    asked = [module.has_torch_function(x) for x in ((s,), [d], (t, p, 1), (), [[s]], {1: 2})]
    asked += [module.has_torch_function_unary(x) for x in (s, d, t, p, 1, None)]
    asked += [module.has_torch_function_variadic(*x) for x in ((1, s), (), (t, p))]
    with logging_mode(torch, []):
        asked += [module.has_torch_function(()), module.has_torch_function_unary(1)]
    return [
        asked, *attempts(lambda: module.has_torch_function(object())), [module.is_tensor_like(x) for x in (s, t, p, d, 3, None, [s])],
        [module.resolve_name(f) for f in (
            torch.add, torch.Tensor.add, torch.Tensor.add_, torch.Tensor.shape.__get__, torch.Tensor.grad.__set__, torch.nn.functional.relu,
            torch.linalg.det, torch.special.expit, torch.split, torch.Tensor.__add__, torch.Tensor.__len__, torch.zeros, torch.multiply,
            torch.nn.functional.conv2d, torch.conv2d, torch.nn.init.uniform_, print)],
        [module.is_tensor_method_or_property(f) for f in (torch.add, torch.Tensor.add, torch.Tensor.add_, torch.Tensor.shape.__get__,
                                                          torch.nn.functional.relu, torch.Tensor.__len__, torch.Tensor.__add__)],
        *attempts(lambda: module.is_tensor_method_or_property(3)), torch.mean in module.get_testing_overrides(),
        module.get_testing_overrides()[torch.add](1, 2), torch.is_tensor in module.get_ignored_functions(),
        torch.add in module.get_overridable_functions()[torch], torch.Tensor.add in module.get_overridable_functions()[torch.Tensor],
        torch.conv2d is torch.nn.functional.conv2d, torch.add is torch.Tensor.add, torch.relu is torch.nn.functional.relu, torch.mul is torch.multiply,
        torch.functional.split is torch.split,
    ]  # fmt: skip


@scenario
def one_hop_less(torch):
    module, log = overrides(torch), []

    def scaled(a, b):
        if module.has_torch_function((a, b)):
            return module.handle_torch_function(scaled, (a, b), a, b)
        return a * b + 1

    class Logging(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            return module.redispatch_function(func, types, args, kwargs)

    class Mode(module.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            with self:
                return module.redispatch_function(func, types, args, kwargs)

    a, b = torch.ones(1).as_subclass(Logging), torch.ones(1).as_subclass(Logging)
    first = scaled(a, b)
    with Mode():
        second = scaled(torch.ones(1), torch.ones(1))
    return [name(first), first.item(), second, log]


@scenario
def indexing_with_overriding_objects(torch):
    handled = {torch.Tensor.__getitem__: lambda t, i: "get", torch.Tensor.__setitem__: lambda t, i, v: None}
    Duck, Sub = picky_class(torch, handled), picky_class(torch, handled, torch.Tensor)
    overrides(torch)
    t = torch.tensor([5, 6])
    results = [t[Duck()], t[0, Duck()], t[Sub()], t[(0, (Duck(), 1))]]
    t[Duck()] = 1
    t[0] = Duck()
    t[Sub()] = 1
    return [results, t]


@scenario
def nested_sequences_of_arguments(torch):
    Duck = picky_class(torch, {torch.stack: lambda ts: "stack", torch.cat: lambda ts, dim=0: "cat", torch.block_diag: lambda *ts: "diag"})
    overrides(torch)
    d, t = Duck(), torch.ones(2)
    return [torch.stack([t, d]), torch.stack((d, t)), torch.cat([d, d]), torch.block_diag(t, d)]


@scenario
def results_that_are_sequences(torch):
    class Sub(torch.Tensor):
        pass

    s = Sub([[3.0, 1.0], [2.0, 4.0]])
    values, order = s.sort()
    return [name(values), name(order), name(s.max(0).indices), repr(torch.max(s, 0)), [name(x) for x in torch.split(s, 1)],
            [name(x) for x in torch.linalg.svd(s)], name(s.tolist()), [name(x) for x in torch.broadcast_tensors(s, torch.ones(2))],
            name(torch.meshgrid(s[0], s[1], indexing="ij")[0]), name(s.numpy())]  # fmt: skip
