"""Names at the private paths by which programs import them, functorch, and scans."""

import importlib

import pytest
from torchlike._functorch.vmap import restore_vmap

import torchlike as torch
from torchlike import control_flow
from torchlike._functorch.make_functional import (
    combine_state_for_ensemble,
    functional_init,
    functional_init_with_buffers,
    make_functional,
    make_functional_with_buffers,
)
from torchlike.functorch.experimental import chunk_vmap
from torchlike.private_paths import PATHS


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_of_the_table_is_there(path):
    module = importlib.import_module(f"torchlike.{path}")
    assert [name for name in vars(module) if not name.startswith("__")], path
    assert module.__doc__


def test_private_modules_are_attributes():
    assert torch._tensor.Tensor is torch.Tensor and torch._ops.OpOverload is type(torch.ops.aten.mm.default)
    assert torch.autograd._functions.Resize.apply(torch.ones(4), (2, 2)).shape == (2, 2)
    assert torch.autograd._calculate_shape(torch.ones(2), torch.ones(3, 2), True) == ((2,), (2,))


def test_modules_as_functions_of_tuples():
    torch.manual_seed(0)
    net, x = torch.nn.Linear(2, 3), torch.randn(4, 2)
    functional, params = make_functional(net)
    assert torch.equal(functional(params, x), net(x)) and params[0] is not net.weight
    assert not make_functional(net, disable_autograd_tracking=True)[1][0].requires_grad
    norm = torch.nn.Sequential(net, torch.nn.BatchNorm1d(3))
    functional, params, buffers = make_functional_with_buffers(norm.eval())
    assert torch.equal(functional(params, buffers, x), norm(x)) and len(buffers) == 3
    with pytest.raises(RuntimeError, match="has buffers"):
        make_functional(norm)


def test_tied_parameters_are_one():
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    functional, params = make_functional(net)
    assert len(params) == 3 and functional.names_map["0.weight"] == ["0.weight", "1.weight"]
    x = torch.randn(3, 2)
    assert torch.equal(functional(params, x), net(x))


def test_ensembles():
    nets = [torch.nn.Linear(2, 3) for _ in range(4)]
    functional, params, buffers = combine_state_for_ensemble(nets)
    x = torch.randn(5, 2)
    together = torch.vmap(functional, in_dims=(0, 0, None))(params, buffers, x)
    assert torch.allclose(together, torch.stack([net(x) for net in nets]), atol=1e-6)
    for models, text in (([], "at least one"), ([*nets, torch.nn.ReLU()], "same class"), ([nets[0], torch.nn.ReLU().eval()], "training/eval")):
        with pytest.raises(RuntimeError, match=text):
            combine_state_for_ensemble(models)
    params, call, names = functional_init(torch.nn.Linear, (3,))(2, 2)
    assert params[0].shape == (3, 2, 2) and names == ("weight", "bias")
    assert torch.vmap(call)(params, (torch.ones(3, 4, 2),)).shape == (3, 4, 2)
    assert functional_init_with_buffers(torch.nn.BatchNorm1d, (3,))(2)[1][0].shape == (3, 2)


def test_old_functorch_warns():
    import torchlike.functorch as functorch

    with pytest.warns(FutureWarning, match="use `torch.vmap` instead"):
        mapped = functorch.vmap(torch.sin)
    assert torch.equal(mapped(torch.ones(3)), torch.ones(3).sin())
    with pytest.warns(FutureWarning, match="use `torch.func.functional_call` instead"):
        functorch.make_functional(torch.nn.Linear(1, 1))


def test_chunks_by_their_number():
    sizes = []
    chunk_vmap(lambda x: (sizes.append(torch._C._functorch.get_unwrapped(x).shape[0]), x * 2)[1], chunks=3)(torch.ones(7))
    assert sizes == [3, 3, 1]


def test_what_a_transform_holds():
    ask = torch._C._functorch
    x = torch.ones(3, 4)

    def inner(y):
        assert ask.is_batchedtensor(y) and ask.is_functorch_wrapped_tensor(y) and not ask.is_gradtrackingtensor(y)
        assert ask.maybe_get_bdim(y) == 1 and ask.maybe_get_level(y) == 1 and ask.current_level() == 1
        return y

    torch.vmap(inner, in_dims=1)(x)

    def outer(y):
        assert ask.is_gradtrackingtensor(y) and ask.maybe_get_bdim(y) == -1 and ask.dlevel(y) == 1
        return y.sum()

    torch.func.grad(outer)(x)
    assert not ask.is_functorch_wrapped_tensor(x) and ask.maybe_get_level(x) == -1 and ask.maybe_current_level() is None
    with pytest.raises(RuntimeError, match="No wrappers present"):
        ask.get_unwrapped(x)
    a = torch.arange(24).reshape(2, 3, 4)
    assert torch.equal(ask.reshape_dim_into(0, 0, a), a.reshape(6, 4)) and ask.reshape_dim_into(-1, 0, a).shape == (8, 3)
    assert ask.reshape_dim_outof(-1, 2, a).shape == (2, 3, 2, 2)


def test_restored_results():
    outputs, dims = restore_vmap(lambda x, y: (x * 2, y + 1), (1, None), 3, "error")(torch.ones(2, 3), torch.ones(2))
    assert dims == (0, None) and outputs[0].shape == (3, 2) and outputs[1].tolist() == [2, 2]


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scans(n, reverse):
    x = torch.arange(1.0, 2 * n + 1).reshape(n, 2).requires_grad_()
    found = control_flow.associative_scan(lambda a, b: a + b, x, 0, reverse=reverse)
    expected = x.flip(0).cumsum(0).flip(0) if reverse else x.cumsum(0)
    assert torch.allclose(found, expected)
    (grad,), (same,) = torch.autograd.grad(found.prod(), x), torch.autograd.grad(expected.prod(), x)
    assert torch.allclose(grad, same)


def test_an_associative_scan_of_several():
    a, b = torch.rand(2, 5), torch.rand(2, 5)
    found = control_flow.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (a, b), 1)
    state = torch.zeros(2)
    for i in range(5):
        state = a[:, i] * state + b[:, i]
        assert torch.allclose(found[1][:, i], state)
    with pytest.raises(ValueError, match="Combine_mode must either"):
        control_flow.associative_scan(torch.add, a, 0, combine_mode="other")
    with pytest.raises(ValueError, match="callable"):
        control_flow.associative_scan(3, a, 0)


def test_scans():
    x = torch.arange(6.0).reshape(3, 2)
    carry, ys = control_flow.scan(lambda c, row: (c + row, c * row), torch.zeros(2), x)
    assert carry.tolist() == [6, 9] and ys.tolist() == [[0, 0], [0, 3], [8, 20]]
    carry, ys = control_flow.scan(lambda c, row: (c + row, c * row), torch.zeros(2), x, reverse=True)
    assert carry.tolist() == [6, 9] and ys.tolist() == [[0, 8], [8, 15], [0, 0]]
    for arguments, text in (((3, torch.zeros(2), x), "callable"), ((torch.add, [], x), "init leaves"), ((torch.add, 1.0, x), "must be a Tensor")):
        with pytest.raises(RuntimeError, match=text):
            control_flow.scan(*arguments)
    with pytest.raises(RuntimeError, match="same metadata"):
        control_flow.scan(lambda c, row: (c.sum(), row), torch.zeros(2), x)
    assert control_flow.map(lambda row, y: row + y, x, torch.ones(2)).tolist() == (x + 1).tolist()
    with pytest.raises(RuntimeError, match="Leading dimensions"):
        control_flow.map(lambda row: row[0], [x, torch.ones(2)])


def test_branches_and_loops_check_their_arguments():
    x = torch.ones(2)
    for arguments, text in ((("a", abs, abs, (x,)), "pred to be bool or tensor"), ((True, abs, 3, (x,)), "callable"),
                            ((True, abs, abs, x), "Expect operands to be a tuple"), ((True, abs, abs, (x, "a")), "Expect operands")):
        with pytest.raises(RuntimeError, match=text):
            torch.cond(*arguments)
    with pytest.raises(RuntimeError, match="callable"):
        torch.while_loop(3, lambda i: i, (x,))
    with pytest.raises(RuntimeError, match="as many elements"):
        torch.while_loop(lambda i: i < 3, lambda i: (i + 1, i), (torch.tensor(0),))
