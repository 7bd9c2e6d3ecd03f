"""Backward passes that run within each other, what may be asked while one runs, and nodes put into a graph by hand."""

import gc
import weakref

import pytest

import torchlike as torch
from torchlike.autograd import Function, gradcheck
from torchlike.autograd.forward_ad import _current_level, dual_level, make_dual, unpack_dual
from torchlike.autograd.gradcheck import get_analytical_jacobian, get_numerical_jacobian
from torchlike.utils.checkpoint import checkpoint


def test_passes_nest_deeper_than_the_stack_is():
    class Deep(Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_() - 1
            return ctx.x.detach()

        @staticmethod
        def backward(ctx, grad):
            if ctx.x >= 0:
                with torch.enable_grad():
                    Deep.apply(ctx.x).sum().backward()
            return grad

    x = torch.tensor(200.0, requires_grad=True)
    Deep.apply(x).backward()
    assert x.grad == 1


def test_an_error_in_a_deep_pass_reaches_the_caller():
    class Deep(Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.depth = depth
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            if not ctx.depth:
                raise ValueError("the bottom")
            with torch.enable_grad():
                Deep.apply(torch.ones((), requires_grad=True), ctx.depth - 1).backward()
            return grad, None

    with pytest.raises(ValueError, match="the bottom"):
        Deep.apply(torch.ones((), requires_grad=True), 50).backward()
    assert torch._C._current_graph_task_id() == -1 and torch.is_grad_enabled()


def test_a_pass_tells_its_number_its_node_and_its_order():
    x = torch.tensor(1.0, requires_grad=True)
    y = x.clone().sin().exp()
    seen = []

    def ask(grad):
        order = [node.name() for node in torch._C._current_graph_task_execution_order()]
        seen.append((torch._C._current_graph_task_id(), torch._C._current_autograd_node(), order))

    y.register_hook(ask)
    with torch.autograd.set_multithreading_enabled(False):
        y.backward(retain_graph=True)
        y.backward(retain_graph=True)
    (first, node, order), (second, _, _) = seen
    assert second == first + 1 and node is y.grad_fn
    assert order == ["ExpBackward0", "SinBackward0", "CloneBackward0", "torch::autograd::AccumulateGrad"]
    with pytest.raises(RuntimeError, match="multithreading disabled"):
        y.backward()
    with pytest.raises(RuntimeError, match="only be called during the backward pass"):
        torch._C._current_graph_task_execution_order()
    with pytest.raises(RuntimeError, match="expects an grad_fn, but got Tensor"):
        torch._C._will_engine_execute_node(y)
    assert torch._C._current_autograd_node() is None


def test_a_delayed_error_waits_for_a_gradient():
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    bad = torch._C._functions.DelayedError("too late", 1)(y)
    total = (x.clone().view(-1) + bad).sum()
    assert torch.autograd.grad(total, x, retain_graph=True)[0].tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="too late"):
        total.backward()


@pytest.mark.parametrize("materialize", [True, False])
def test_an_undefined_gradient_reaches_a_function(materialize):
    got = []

    class Identity(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(materialize)
            return x

        @staticmethod
        def backward(ctx, grad):
            got.append(grad)
            return grad

    torch._C._functions.UndefinedGrad()(Identity.apply(torch.ones(1, requires_grad=True))).backward()
    assert (got[0] is None) is not materialize


def test_the_classes_of_nodes_go_by_their_names():
    x = torch.ones(2, requires_grad=True)
    assert isinstance((x * x).grad_fn, torch._C._functions.MulBackward0)
    assert isinstance((x * x).grad_fn.next_functions[0][0], torch._C._functions.AccumulateGrad)
    with pytest.raises(AttributeError, match="NoSuchBackward0"):
        torch._C._functions.NoSuchBackward0  # noqa: B018


def test_hooks_entered_during_a_pass_end_with_it():
    entered = []

    def unpack(tensor):
        entered.append(torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t))
        entered[-1].__enter__()
        return tensor

    x = torch.ones(3, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        y = x.sin().sum()
    y.backward()
    assert entered and torch._C._autograd._top_saved_tensors_default_hooks(True) is None


def test_a_post_hook_registered_by_the_nodes_run_sees_no_gradients():
    x, seen = torch.ones(3, requires_grad=True), []

    def unpack(tensor):
        torch._C._current_autograd_node().register_hook(lambda inputs, outputs: seen.append(outputs))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        y = x.sin().sum()
    y.backward()
    assert seen == [(None,)]


def test_a_leafs_post_hook_sees_the_gradient_it_keeps():
    x, seen = torch.ones(2, requires_grad=True), []
    node = x.view_as(x).grad_fn.next_functions[0][0]
    x.register_post_accumulate_grad_hook(lambda leaf: (leaf.grad.add_(1), None)[1])
    node.register_hook(lambda inputs, outputs: seen.append(outputs[0].tolist()))
    x.sum().backward()
    assert seen == [[2, 2]]


def test_a_gradient_depends_on_nothing_but_what_it_was_made_of():
    x, a = torch.tensor(0.5, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(x * a, x, create_graph=True)
    assert torch.autograd.grad(first, x, allow_unused=True, retain_graph=True) == (None,)
    (zero,) = torch.autograd.grad(first, x, create_graph=True, materialize_grads=True)
    assert zero == 0 and zero.requires_grad
    assert torch.autograd.grad(zero, x, materialize_grads=True)[0] == 0


def test_a_kept_gradient_with_a_history_is_a_copy():
    x = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="create_graph"):
        (x**3).sum().backward(create_graph=True)
    assert x.grad.grad_fn.name() == "torch::autograd::CopyBackwards"
    assert torch.autograd.grad(x.grad.sum(), x)[0].tolist() == [6, 6]
    x.grad = None


def test_rows_of_another_dtype_are_cast():
    x = torch.ones(2, requires_grad=True)
    rows = torch.arange(6).reshape(3, 2)
    (found,) = torch.autograd.grad(x.clone(), x, rows, is_grads_batched=True)
    assert found.dtype == torch.float32 and found.tolist() == rows.tolist()


def test_rows_ask_nothing_of_functions():
    calls = []

    class Both(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x.clone(), y.clone()

        @staticmethod
        def jvp(ctx, x, y):
            calls.append(1)
            return x, y

    x, y = (torch.rand(1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    options = {"check_forward_ad": True, "check_backward_ad": False, "check_batched_grad": False}
    assert gradcheck(Both.apply, (x, y), check_undefined_grad=True, check_batched_forward_grad=True, **options)
    assert len(calls) == 12


def test_a_stopped_recomputation_leaves_nothing_behind():
    kept = []

    class Saving(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.clone()
            ctx.save_for_backward(y)
            kept.append(weakref.ref(y))
            return y

        @staticmethod
        def backward(ctx, grad):
            return ctx.saved_tensors[0] * grad

    x = torch.ones(2, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        checkpoint(Saving.apply, x, use_reentrant=False).sum().backward()
        assert [ref() for ref in kept] == [None, None]
    finally:
        gc.enable()


def test_saved_tensors_by_hand():
    x, calls = torch.ones(2, requires_grad=True), []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (calls.append("pack"), t)[1], lambda t: (calls.append("unpack"), t)[1]):
        saved = torch._C._autograd._make_saved_tensor(x, is_output=False)
    assert saved.unpack().tolist() == [1, 1] and calls == ["pack", "unpack"]
    torch._C._autograd._unsafe_set_version_counter((x,), (5,))
    assert x._version == 5
    with pytest.raises(RuntimeError, match="Cannot set a version_counter to a value below 0: -1"):
        torch._C._autograd._unsafe_set_version_counter((x,), (-1,))


def test_jacobians_of_old():
    a, b = (torch.rand(2, requires_grad=True, dtype=torch.float64) for _ in range(2))
    with pytest.warns(FutureWarning, match="get_numerical_jacobian"):
        first, second = get_numerical_jacobian(lambda args: (2 * args[0] + args[1], args[1]), (a, b), eps=1e-6)
    assert torch.allclose(first, 2 * torch.eye(2, dtype=torch.float64)) and torch.allclose(second, torch.eye(2, dtype=torch.float64))
    with pytest.warns(FutureWarning, match="get_analytical_jacobian"):
        (found,), same, sizes, types = get_analytical_jacobian((a,), a * 3)
    assert found.tolist() == [[3, 0], [0, 3]] and same and sizes and types
    with pytest.raises(ValueError, match="Expected grad_out to be 1.0"), pytest.warns(FutureWarning):
        get_analytical_jacobian((a,), a * 3, grad_out=2.0)


def test_the_level_of_forward_mode():
    with dual_level():
        assert torch.autograd.forward_ad._current_level == 0
    assert _current_level == -1


@pytest.mark.parametrize("how, text", [("ok", None), ("copy", "jvp is not returning a view"), ("elsewhere", "a view of the given grad input")])
def test_tangents_of_views_are_views(how, text):
    class Rows(Function):
        @staticmethod
        def forward(ctx, x):
            return x.narrow(0, 0, 2)

        @staticmethod
        def jvp(ctx, t):
            rows = t.narrow(0, 0, 2)
            return rows if how == "ok" else rows.clone() if how == "copy" else rows.clone().view_as(rows)

    with dual_level():
        dual = make_dual(torch.ones(3), torch.ones(3))
        if text is None:
            assert unpack_dual(Rows.apply(dual)).tangent.tolist() == [1, 1]
        else:
            with pytest.raises(RuntimeError, match=text):
                Rows.apply(dual)


@pytest.mark.parametrize("change", [True, False])
def test_tangents_of_what_is_written_are_written(change):
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def jvp(ctx, t):
            return t.mul_(2) if change else t

    with dual_level():
        tangent = torch.ones(2)
        dual = make_dual(torch.ones(2), tangent)
        if change:
            assert Double.apply(dual) is dual and unpack_dual(dual).tangent is tangent
        else:
            with pytest.raises(RuntimeError, match="inplace custom Function is not modifying"):
                Double.apply(dual)


def test_results_with_tangents_are_not_written_out():
    with dual_level():
        dual = make_dual(torch.ones(2), torch.ones(2))
        with pytest.raises(NotImplementedError, match="add_out that does not support it because it is an out= function"):
            torch.add(dual, dual, out=torch.zeros(2))


def test_inference_tensors_that_need_gradients_can_be_resized():
    with torch.inference_mode():
        x = torch.ones(1, 2, 3, requires_grad=True)
        assert x.resize_(1, 2).requires_grad and x.shape == (1, 2)
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        torch.ones(2, requires_grad=True).resize_(1)


def test_numbers_are_read_where_nothing_is_recorded():
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        assert x.numpy().tolist() == [1, 1] and x.requires_grad
    with torch.inference_mode():
        assert x.numpy().tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="requires grad"):
        x.numpy()
    assert x.numpy(force=True).tolist() == [1, 1]


def test_a_vjp_made_where_nothing_is_recorded_can_be_differentiated():
    x = torch.tensor(3.0, requires_grad=True)
    with torch.no_grad():
        out, pull = torch.func.vjp(lambda x: x**2, x)
    (y,) = pull(torch.tensor(1.0))
    assert not out.requires_grad and y.requires_grad
    assert torch.autograd.grad(y, x)[0] == 2
