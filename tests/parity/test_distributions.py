"""torch.distributions: densities, moments, shapes, texts, divergences, transforms and gradients are PyTorch's."""

from __future__ import annotations

import warnings

import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

import torchlike  # noqa: E402

from .both import check_same, outcome, plain  # noqa: E402
from .distribution_cases import (  # noqa: E402
    ALL,
    CASES,
    FAMILIES,
    FIRST,
    OTHERS,
    PARTS,
    TEXTS,
    TRANSFORMS,
    expressions,
    namespace,
)

# Never a number in PyTorch, whose formula takes the logarithm of negative numbers.
NAN_IN_TORCH = {"Kumaraswamy": "mode"}
TIGHT = {"rtol": 1e-8, "atol": 1e-10}
# PyTorch computes the one by polynomials of single precision, parts of the other in it.
LOOSE = ("VonMises", "Multinomial")


def tolerance(expression):
    single = "p(" not in expression or "GeneralizedPareto" in expression
    return {"rtol": 1e-5, "atol": 1e-5} if single or any(name in expression for name in LOOSE) else TIGHT


def names_for(torch, expression):
    """The names the expression uses. PyTorch's GeneralizedPareto works in single precision alone."""
    names = namespace(torch)
    if "GeneralizedPareto" in expression:
        names["p"] = lambda data: torch.tensor(data, requires_grad=True)
    return names


@pytest.fixture(autouse=True)
def quiet():
    """PyTorch's Wishart warns of singular draws when they are not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Singular sample")
        yield


def error_of(error):
    return [type(error).__name__, " ".join(plain(str(error)).split())]


def attempt(compute):
    """What a call gives, or the type and text of its error."""
    try:
        return plain(compute())
    except (NotImplementedError, ValueError) as error:
        return error_of(error)


def assert_alike(scenario, **tolerances):
    """`assert_same` without those warnings, and with any whitespace in errors."""
    both = [outcome(scenario, framework) for framework in (torchlike, torch)]
    for result in both:
        result[1] = [text for text in result[1] if "Singular sample" not in text]
    check_same(*both, **tolerances)


def draws(expression):
    """Values inside the support, PyTorch's draws."""
    torch.manual_seed(0)
    distribution = eval(expression, names_for(torch, expression))
    with torch.no_grad():
        return distribution.sample((3,)).numpy()


def test_every_class_is_in_the_table():
    classes = {n for n in torch.distributions.__all__ if isinstance(getattr(torch.distributions, n), type)}
    classes = {n for n in classes if issubclass(getattr(torch.distributions, n), torch.distributions.Distribution)}
    assert classes - {"Distribution", "ExponentialFamily"} == set(CASES)


def test_public_names():
    for module in ("", ".constraints", ".transforms", ".constraint_registry", ".kl", ".utils"):
        names = set(vars(torch.distributions)["__all__"]) if not module else set(eval(f"torch.distributions{module}.__all__"))
        mine = eval(f"torchlike.distributions{module}")
        assert names == set(mine.__all__)
        assert not [n for n in names if not hasattr(mine, n)]


@pytest.mark.parametrize("expression", ALL)
def test_properties(expression):
    def scenario(torch):
        d = eval(expression, names_for(torch, expression))
        names = ["mean", "mode", "variance", "stddev"]
        names = [n for n in names if NAN_IN_TORCH.get(type(d).__name__) != n]
        found = {n: attempt(lambda n=n: getattr(d, n)) for n in names}
        found["entropy"] = attempt(d.entropy)
        found["enumerated"] = [attempt(lambda e=e: d.enumerate_support(e)) for e in (True, False)]
        texts = [repr(d), repr(d.support), repr(d.arg_constraints), d.has_rsample, d.has_enumerate_support]
        sample = d.sample((3,))
        return found, texts, d.batch_shape, d.event_shape, sample.shape, str(sample.dtype)

    assert_alike(scenario, **tolerance(expression))


@pytest.mark.parametrize("expression", ALL)
def test_densities(expression):
    value = draws(expression)

    def scenario(torch):
        d = eval(expression, names_for(torch, expression))
        x = torch.tensor(value)
        found = {"log_prob": attempt(lambda: d.log_prob(x)), "cdf": attempt(lambda: d.cdf(x))}
        try:
            found["icdf"] = plain(d.icdf(torch.full(d.batch_shape, 0.3, dtype=torch.float64)))
        except NotImplementedError:
            found["icdf"] = None
        found["one"] = attempt(lambda: d.log_prob(x[0]))
        return found

    assert_alike(scenario, **tolerance(expression))


@pytest.mark.parametrize("expression", FIRST)
def test_gradients_of_densities(expression):
    value = draws(expression)

    def scenario(torch):
        names = names_for(torch, expression)
        d = eval(expression, names)
        x = torch.tensor(value)
        if x.is_floating_point() and not d.support.is_discrete:
            x.requires_grad_()
        inputs = list(names["leaves"]) + ([x] if x.requires_grad else [])
        result = d.log_prob(x)
        return torch.autograd.grad(result.sum(), inputs, allow_unused=True) if result.requires_grad else None

    assert_alike(scenario, **(tolerance(expression)))


@pytest.mark.parametrize("expression", FIRST)
def test_expand(expression):
    value = draws(expression)

    def scenario(torch):
        d = eval(expression, names_for(torch, expression))
        shape = (3, *d.batch_shape)
        e = d.expand(shape)
        log_prob = attempt(lambda: e.log_prob(torch.tensor(value)))
        return repr(e), e.batch_shape, e.event_shape, log_prob, e.sample().shape, type(e).__name__

    assert_alike(scenario, **tolerance(expression))


@pytest.mark.parametrize("expression", expressions(TEXTS))
def test_texts_and_errors(expression):
    assert_alike(lambda torch: repr(eval(expression, names_for(torch, expression))))


@pytest.mark.parametrize("expression", expressions(PARTS))
def test_constraints_and_transforms(expression):
    def scenario(torch):
        result = eval(expression, names_for(torch, expression))
        return result if isinstance(result, bool | tuple | torch.Tensor) else repr(result)

    assert_alike(scenario, **TIGHT)


@pytest.mark.parametrize("expression", TRANSFORMS)
def test_transforms(expression):
    def scenario(torch):
        names = namespace(torch)
        transform = eval(expression, names)
        x = names["p"](eval(TRANSFORMS[expression]))
        y = transform(x)
        back = transform.inv(y.detach())
        gradient = torch.autograd.grad(y.cos().sum(), x)
        jacobian = attempt(lambda: transform.log_abs_det_jacobian(x, y))
        texts = repr(transform), transform.bijective, transform.domain.event_dim, transform.codomain.event_dim
        shapes = transform.forward_shape(x.shape), transform.inverse_shape(y.shape)
        return y, back, gradient, jacobian, texts, shapes, attempt(lambda: transform.sign), transform.codomain.check(y)

    assert_alike(scenario, **TIGHT)


def divergence(torch, p, q):
    names = namespace(torch)
    first, second = eval(p, names), eval(q, names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            result = torch.distributions.kl_divergence(first, second)
    except (NotImplementedError, ValueError) as error:
        return error_of(error)
    return result.expand(2)


@pytest.mark.parametrize("p", FAMILIES)
def test_divergences(p):
    def scenario(torch):
        found = {q: plain(divergence(torch, FAMILIES[p], FAMILIES[q])) for q in FAMILIES}
        if p in OTHERS:
            found["other"] = plain(divergence(torch, FAMILIES[p], OTHERS[p]))
        return found

    assert_alike(scenario, **TIGHT)


def test_divergences_at_the_edges():
    def scenario(torch):
        pairs = [
            ("D.Bernoulli(p([0.0, 1.0]))", "D.Bernoulli(p([0.5, 0.5]))"), ("D.Bernoulli(p([0.5, 0.5]))", "D.Bernoulli(p([0.0, 1.0]))"),
            ("D.Categorical(p([[0.0, 1.0], [0.5, 0.5]]))", "D.Categorical(p([0.0, 1.0]))"),
            ("D.Binomial(4, p([0.5, 0.1]))", "D.Binomial(3, p([0.5, 0.1]))"),
            ("D.LogNormal(p([0.0, 1.0]), p(1.0))", "D.LogNormal(p([1.0, 1.0]), p(2.0))"),
            ("D.Uniform(t([0.0, -1.0]), 1.0)", "D.Gamma(t([1.0, 1.0]), 1.0)"),
            ("D.Pareto(t([1.0, 1.0]), t([0.5, 1.5]))", "D.Normal(t(0.0), 1.0)"), ("D.Pareto(t([1.0, 1.0]), t([0.5, 1.5]))", "D.Exponential(t(2.0))"),
        ]  # fmt: skip
        return [plain(divergence(torch, p, q)) for p, q in pairs]

    assert_alike(scenario, **TIGHT)


def test_registered_pairs():
    def pairs(torch):
        return {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}

    assert pairs(torchlike) == pairs(torch)


GRADIENTS = {
    "_standard_gamma_grad": ([0.3, 1.0, 2.5, 30.0], [0.1, 2.0, 1.0, 35.0]),
    "_dirichlet_grad": ([0.1, 0.5, 0.97], [0.4, 3.0, 20.0], [1.0, 3.5, 21.0]),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_implicit_gradients(name):
    def scenario(torch):
        return getattr(torch, name)(*(torch.tensor(v, dtype=torch.float64) for v in GRADIENTS[name]))

    # PyTorch approximates.
    assert_alike(scenario, rtol=2e-3)


def test_subclass_must_define_expand():
    def scenario(torch):
        class Unit(torch.distributions.Normal):
            def __init__(self):
                super().__init__(0, 1)

        return Unit().expand((2,))

    assert_alike(scenario)
