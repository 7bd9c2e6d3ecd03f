"""Distributions: draws follow their distributions, gradients of draws hold quantiles fixed, transforms keep the laws of calculus."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

import torchlike as torch
import torchlike.distributions as D
from torchlike.distributions import constraints

COUNT = 2000


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(2)


def t(data):
    return torch.tensor(data, dtype=torch.float64)


# Batches of parameters, and what SciPy calls each element of the batch.
CONTINUOUS = {
    "beta": (lambda: D.Beta(t([0.1, 0.7, 30.0]), t([0.2, 3.0, 40.0])), [stats.beta(0.1, 0.2), stats.beta(0.7, 3.0), stats.beta(30.0, 40.0)]),
    "cauchy": (lambda: D.Cauchy(t([0.0, 1.0]), t([1.0, 0.3])), [stats.cauchy(), stats.cauchy(1.0, 0.3)]),
    "chi2": (lambda: D.Chi2(t([0.5, 4.0])), [stats.chi2(0.5), stats.chi2(4.0)]),
    "exponential": (lambda: D.Exponential(t([0.5, 4.0])), [stats.expon(scale=2.0), stats.expon(scale=0.25)]),
    "f": (lambda: D.FisherSnedecor(t([1.0, 4.0]), t([3.0, 8.0])), [stats.f(1.0, 3.0), stats.f(4.0, 8.0)]),
    "gamma": (lambda: D.Gamma(t([0.02, 0.6, 1.0, 50.0]), t(2.0)), [stats.gamma(a, scale=0.5) for a in (0.02, 0.6, 1.0, 50.0)]),
    "generalized pareto": (
        lambda: D.GeneralizedPareto(t([0.0, 1.0, 2.0]), t(2.0), t([-0.4, 0.0, 0.5])),
        [stats.genpareto(c, loc, 2.0) for c, loc in ((-0.4, 0.0), (0.0, 1.0), (0.5, 2.0))],
    ),
    "gumbel": (lambda: D.Gumbel(t([0.0, 1.0]), t([1.0, 0.3])), [stats.gumbel_r(), stats.gumbel_r(1.0, 0.3)]),
    "half-cauchy": (lambda: D.HalfCauchy(t([1.0, 0.3])), [stats.halfcauchy(), stats.halfcauchy(scale=0.3)]),
    "half-normal": (lambda: D.HalfNormal(t([1.0, 0.3])), [stats.halfnorm(), stats.halfnorm(scale=0.3)]),
    "inverse gamma": (lambda: D.InverseGamma(t([0.6, 3.0]), t(2.0)), [stats.invgamma(0.6, scale=2.0), stats.invgamma(3.0, scale=2.0)]),
    "laplace": (lambda: D.Laplace(t([0.0, 1.0]), t([1.0, 0.3])), [stats.laplace(), stats.laplace(1.0, 0.3)]),
    "log-normal": (lambda: D.LogNormal(t([0.0, 1.0]), t([1.0, 0.3])), [stats.lognorm(1.0), stats.lognorm(0.3, scale=math.e)]),
    "normal": (lambda: D.Normal(t([0.0, 1.0]), t([1.0, 0.3])), [stats.norm(), stats.norm(1.0, 0.3)]),
    "pareto": (lambda: D.Pareto(t([1.0, 2.0]), t([0.5, 3.0])), [stats.pareto(0.5), stats.pareto(3.0, scale=2.0)]),
    "student": (lambda: D.StudentT(t([0.7, 5.0]), t(1.0), t(2.0)), [stats.t(0.7, 1.0, 2.0), stats.t(5.0, 1.0, 2.0)]),
    "uniform": (lambda: D.Uniform(t([0.0, 1.0]), t([1.0, 4.0])), [stats.uniform(), stats.uniform(1.0, 3.0)]),
    "von mises": (lambda: D.VonMises(t([0.0, 1.0, 0.0]), t([1e-3, 2.0, 80.0])), [stats.vonmises(k, m) for k, m in ((1e-3, 0), (2, 1), (80, 0))]),
    "weibull": (lambda: D.Weibull(t([1.0, 2.0]), t([0.7, 3.0])), [stats.weibull_min(0.7), stats.weibull_min(3.0, scale=2.0)]),
}
DISCRETE = {
    "bernoulli": (lambda: D.Bernoulli(t([0.3, 0.9])), [stats.bernoulli(0.3), stats.bernoulli(0.9)]),
    "binomial": (lambda: D.Binomial(t([4.0, 60.0]), t([0.3, 0.9])), [stats.binom(4, 0.3), stats.binom(60, 0.9)]),
    "categorical": (lambda: D.Categorical(t([0.2, 0.5, 0.3])), [stats.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3]))]),
    "geometric": (lambda: D.Geometric(t([0.3, 0.9])), [stats.geom(0.3, -1), stats.geom(0.9, -1)]),
    "negative binomial": (lambda: D.NegativeBinomial(t([2.5, 10.0]), t([0.3, 0.6])), [stats.nbinom(2.5, 0.7), stats.nbinom(10, 0.4)]),
    "poisson": (lambda: D.Poisson(t([0.4, 10.0, 30.0])), [stats.poisson(0.4), stats.poisson(10.0), stats.poisson(30.0)]),
}


def batch_of_draws(distribution):
    draws = distribution.sample((COUNT,)).numpy()
    return draws.reshape(COUNT, -1).T


@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_of_continuous_distributions(name):
    make, references = CONTINUOUS[name]
    for draws, reference in zip(batch_of_draws(make()), references, strict=True):
        assert stats.kstest(draws, reference.cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", DISCRETE)
def test_draws_of_discrete_distributions(name):
    make, references = DISCRETE[name]
    for draws, reference in zip(np.atleast_2d(batch_of_draws(make())), references, strict=True):
        values, counts = np.unique(draws, return_counts=True)
        often = counts >= 10
        expected = reference.pmf(values[often]) * COUNT
        observed = np.append(counts[often], COUNT - counts[often].sum())
        expected = np.append(expected, COUNT - expected.sum())
        kept = expected > 1e-6
        scale = observed[kept].sum() / expected[kept].sum()
        assert stats.chisquare(observed[kept], expected[kept] * scale).pvalue > 1e-3


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_densities(name):
    make, references = {**CONTINUOUS, **DISCRETE}[name]
    distribution = make()
    draws = distribution.sample((5,))
    mine = distribution.log_prob(draws).numpy().reshape(5, -1).T
    for x, density, reference in zip(draws.numpy().reshape(5, -1).T, mine, references, strict=True):
        np.testing.assert_allclose(density, reference.logpdf(x) if name in CONTINUOUS else reference.logpmf(x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [n for n in CONTINUOUS if n not in ("beta", "chi2", "f", "gamma", "inverse gamma", "student", "von mises")])
def test_icdf_inverts_cdf(name):
    distribution = CONTINUOUS[name][0]()
    quantiles = t(np.linspace(0.05, 0.95, 7).tolist())[:, None].expand(-1, *distribution.batch_shape)
    values = distribution.icdf(quantiles)
    np.testing.assert_allclose(distribution.cdf(values), quantiles, rtol=1e-9)
    for i, reference in enumerate(CONTINUOUS[name][1]):
        np.testing.assert_allclose(values[:, i], reference.ppf(quantiles[:, i].numpy()), rtol=1e-7, atol=1e-9)


def test_draws_of_vectors_and_matrices():
    covariance = t([[1.0, 0.6], [0.6, 2.0]])
    for distribution in (
        D.MultivariateNormal(t([1.0, 2.0]), covariance), D.MultivariateNormal(t([1.0, 2.0]), precision_matrix=torch.linalg.inv(covariance)),
        D.LowRankMultivariateNormal(t([1.0, 2.0]), t([[0.5], [1.2]]), t([0.75, 0.56])),
    ):  # fmt: skip
        draws = distribution.sample((COUNT,)).numpy()
        np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.2)
        whitened = np.linalg.solve(np.linalg.cholesky(covariance.numpy()), (draws - [1.0, 2.0]).T)
        assert stats.kstest(whitened.ravel(), stats.norm.cdf).pvalue > 1e-3
    dirichlet = D.Dirichlet(t([0.3, 1.0, 2.0])).sample((COUNT,)).numpy()
    for column, a in zip(dirichlet.T, (0.3, 1.0, 2.0), strict=True):
        assert stats.kstest(column, stats.beta(a, 3.3 - a).cdf).pvalue > 1e-3
    wishart = D.Wishart(t(4.5), covariance).sample((COUNT,)).numpy()
    np.testing.assert_allclose(wishart.mean(0), 4.5 * covariance.numpy(), rtol=0.1)
    assert stats.kstest(wishart[:, 0, 0], stats.chi2(4.5).cdf).pvalue > 1e-3
    # An off-diagonal correlation of LKJ(3, c) is 2 Beta(c + 1/2, c + 1/2) - 1.
    factor = D.LKJCholesky(3, t(1.5)).sample((COUNT,))
    for correlation in ((factor @ factor.mT)[:, 1, 0], (factor @ factor.mT)[:, 2, 1]):
        assert stats.kstest(correlation.numpy(), stats.beta(2.0, 2.0, -1, 2).cdf).pvalue > 1e-3


def test_counts_of_categories():
    probs = t([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
    counts = D.Multinomial(6, probs).sample((COUNT,))
    assert (counts.sum(-1) == 6).all()
    np.testing.assert_allclose(counts.mean(0), 6 * probs, atol=0.12)
    hot = D.OneHotCategorical(probs).sample((COUNT,))
    np.testing.assert_allclose(hot.mean(0), probs, atol=0.05)
    mixture = D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Normal(t([-5.0, 5.0]), t(1.0)))
    draws = mixture.sample((COUNT,)).numpy()
    assert stats.kstest(draws, lambda x: mixture.cdf(t(x)).numpy()).pvalue > 1e-3


def test_draws_of_many_events():
    for distribution, reference in ((D.Poisson(t(1e6)), stats.poisson(1e6)), (D.Binomial(t(1e6), t(0.3)), stats.binom(1e6, 0.3))):
        assert stats.kstest(distribution.sample((10 * COUNT,)).numpy(), reference.cdf).pvalue > 1e-3


def test_the_same_seed_gives_the_same_draws():
    distributions = [D.Gamma(2.0, 1.0), D.Dirichlet(torch.ones(3)), D.VonMises(0.0, 1.0), D.Binomial(5, torch.tensor(0.3)), D.Poisson(3.0)]
    for distribution in distributions:
        torch.manual_seed(7)
        first, second = distribution.sample((4,)), distribution.sample((4,))
        torch.manual_seed(7)
        assert torch.equal(first, distribution.sample((4,))) and torch.equal(second, distribution.sample((4,)))
        assert not torch.equal(first, second)


def quantile_derivative(ppf, quantiles, a, step=1e-5):
    return (ppf(quantiles, a * (1 + step)) - ppf(quantiles, a * (1 - step))) / (2 * step * a)


@pytest.mark.parametrize("a", [0.1, 0.9, 1.0, 3.0, 60.0, 2e4])
def test_gamma_draws_move_with_their_shape(a):
    concentration = t([a] * 40).requires_grad_()
    draws = D.Gamma(concentration, 2.0).rsample()
    (gradient,) = torch.autograd.grad(draws.sum(), concentration)
    quantiles = stats.gamma.cdf(draws.detach().numpy(), a, scale=0.5)
    kept = (quantiles > 1e-4) & (quantiles < 1 - 1e-4)
    expected = quantile_derivative(lambda q, a: stats.gamma.ppf(q, a, scale=0.5), quantiles, a)
    np.testing.assert_allclose(gradient.numpy()[kept], expected[kept], rtol=1e-4)


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.3), (1.0, 1.0), (0.5, 40.0), (30.0, 3.0), (2e3, 1e3)])
def test_beta_draws_move_with_their_concentrations(a, b):
    first, second = t([a] * 40).requires_grad_(), t([b] * 40).requires_grad_()
    draws = D.Beta(first, second).rsample()
    gradients = torch.autograd.grad(draws.sum(), (first, second))
    quantiles = stats.beta.cdf(draws.detach().numpy(), a, b)
    kept = (quantiles > 1e-3) & (quantiles < 1 - 1e-3) & (draws.detach().numpy() < 1 - 1e-6)
    moved = quantile_derivative(lambda q, a: stats.beta.ppf(q, a, b), quantiles, a), quantile_derivative(
        lambda q, b: stats.beta.ppf(q, a, b), quantiles, b
    )
    for gradient, expected in zip(gradients, moved, strict=True):
        np.testing.assert_allclose(gradient.numpy()[kept], expected[kept], rtol=1e-3)


def test_dirichlet_gradients_estimate_those_of_expectations():
    concentration = t([0.5, 1.5, 3.0]).requires_grad_()
    draws = D.Dirichlet(concentration).rsample((20 * COUNT,))
    (estimate,) = torch.autograd.grad((draws[:, 0] * draws[:, 1]).mean(), concentration)
    total = concentration.sum()
    exact = torch.autograd.grad(concentration[0] * concentration[1] / (total * (total + 1)), concentration)[0]
    np.testing.assert_allclose(estimate, exact, atol=2e-3)
    assert torch.allclose(draws.sum(-1), t(1.0))


@pytest.mark.parametrize("make", [lambda a: D.Gamma(a, 1.0), lambda a: D.Dirichlet(a)], ids=["gamma", "dirichlet"])
def test_draws_have_second_derivatives(make):
    """Those of the gradient as a function of the parameters, against differences of it along the path of one quantile."""
    a, step, weights = t([0.7, 2.0, 5.0]), 1e-4, t([1.0, -2.0, 0.5])

    def gradient(a, create_graph=False):
        torch.manual_seed(3)
        draws = make(a).rsample()
        return torch.autograd.grad((draws * weights).sum(), a, create_graph=create_graph)[0], draws

    first, draws = gradient(a.requires_grad_(), create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), a)
    assert torch.isfinite(second).all() and (second != 0).all()
    if draws.sum() > 1.1:  # gamma: elementwise, so that a quantile is easily followed
        quantiles = stats.gamma.cdf(draws.detach().numpy(), a.detach().numpy())
        ppf = [stats.gamma.ppf(quantiles, a.detach().numpy() + h) for h in (-step, 0, step)]
        np.testing.assert_allclose(second, weights.numpy() * (ppf[0] - 2 * ppf[1] + ppf[2]) / step**2, rtol=1e-2)


TRANSFORMS = {
    "affine": (D.AffineTransform(1.0, -2.0), [0.3, -1.0]),
    "compose": (D.ComposeTransform([D.TanhTransform(), D.AffineTransform(0.0, 3.0), D.ExpTransform()]), [0.3, -1.0]),
    "corr cholesky": (D.CorrCholeskyTransform(), [0.3, -1.0, 0.5]),
    "exp": (D.ExpTransform(), [0.3, -1.0]),
    "power": (D.PowerTransform(2.5), [0.3, 1.0]),
    "sigmoid": (D.SigmoidTransform(), [0.3, -1.0]),
    "softplus": (D.SoftplusTransform(), [0.3, -1.0]),
    "stick breaking": (D.StickBreakingTransform(), [0.3, -1.0]),
    "tanh": (D.TanhTransform(), [0.3, -1.0]),
    "cdf": (D.CumulativeDistributionTransform(D.Normal(t(0.0), t(2.0))), [0.3, -1.0]),
    "cat": (D.CatTransform([D.ExpTransform(), D.TanhTransform()], lengths=[1, 2]), [0.3, -1.0, 0.5]),
    "stack": (D.StackTransform([D.ExpTransform(), D.TanhTransform()]), [0.3, -1.0]),
    "inverse": (D.ExpTransform().inv, [0.3, 1.0]),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_laws_of_transforms(name):
    transform, point = TRANSFORMS[name]
    x = t(point)
    y = transform(x)
    assert transform.codomain.check(y).all() and transform.bijective
    np.testing.assert_allclose(transform.inv(y), x, rtol=1e-7)
    assert transform.inv.inv is transform or name == "inverse"
    assert y.shape == transform.forward_shape(x.shape) and x.shape == transform.inverse_shape(y.shape)
    jacobian = torch.autograd.functional.jacobian(transform, x).reshape(-1, len(point))
    if name == "stick breaking":
        jacobian = jacobian[:-1]  # the last probability is what the others leave
    elif name == "corr cholesky":
        jacobian = jacobian[[3, 6, 7]]  # below the diagonal
    expected = torch.linalg.slogdet(jacobian).logabsdet
    np.testing.assert_allclose(transform.log_abs_det_jacobian(x, y).sum(), expected, rtol=1e-8)
    np.testing.assert_allclose(transform.inv.log_abs_det_jacobian(y, x).sum(), -expected, rtol=1e-8)


CONSTRAINTS = {
    "positive": constraints.positive, "simplex": constraints.simplex, "interval": constraints.interval(-1.0, 3.0), "real": constraints.real,
    "less": constraints.less_than(2.0), "corr": constraints.corr_cholesky, "independent": constraints.independent(constraints.positive, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_registered_transforms_reach_the_constraint(name):
    x = t([-8.0, 0.3, 20.0])
    for registry in (D.biject_to, D.transform_to):
        transform = registry(CONSTRAINTS[name])
        assert CONSTRAINTS[name].check(transform(x)).all()


def test_a_cached_transform_gives_back_the_very_input():
    transform = D.ExpTransform(cache_size=1)
    x = t([1.0])
    y = transform(x)
    assert transform(x) is y and transform.inv(y) is x
    assert D.ExpTransform().with_cache().inv(y) is not x


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (lambda: D.Gamma(t(2.0), t(1.5)), lambda: D.Normal(t(1.0), t(2.0))), (lambda: D.Uniform(t(0.2), t(0.9)), lambda: D.Beta(t(2.0), t(0.5))),
        (lambda: D.Beta(t(2.0), t(3.0)), lambda: D.Gamma(t(1.0), t(3.0))), (lambda: D.Normal(t(1.0), t(2.0)), lambda: D.Laplace(t(0.0), t(3.0))),
        (lambda: D.Poisson(t(3.0)), lambda: D.Poisson(t(2.0))), (lambda: D.Exponential(t(2.0)), lambda: D.Gumbel(t(0.3), t(2.0))),
        (lambda: D.Dirichlet(t([1.0, 2.0])), lambda: D.Dirichlet(t([2.0, 1.0]))),
    ],
)  # fmt: skip
def test_divergences_are_expectations(p, q):
    p, q = p(), q()
    draws = p.sample((10 * COUNT,))
    terms = p.log_prob(draws) - q.log_prob(draws)
    error = float(terms.std()) / math.sqrt(10 * COUNT)
    assert abs(float(terms.mean() - D.kl_divergence(p, q))) < 4 * error


def test_the_most_specific_divergence_wins():
    class Outer(D.Normal):
        pass

    class Inner(Outer):
        pass

    before = dict(D.kl._KL_REGISTRY)
    try:
        D.register_kl(Outer, D.Normal)(lambda p, q: "outer")
        D.register_kl(D.Normal, Inner)(lambda p, q: "inner")
        plain, outer, inner = D.Normal(0, 1), Outer(0, 1), Inner(0, 1)
        assert D.kl_divergence(inner, plain) == "outer" and D.kl_divergence(plain, inner) == "inner"
        with pytest.warns(RuntimeWarning, match="Ambiguous kl_divergence"):
            assert D.kl_divergence(outer, inner) == "outer"
    finally:
        D.kl._KL_REGISTRY.clear()
        D.kl._KL_REGISTRY.update(before)
        D.kl._KL_MEMOIZE.clear()


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_copies(name):
    distribution = {**CONTINUOUS, **DISCRETE}[name][0]()
    value = distribution.sample()
    distribution.log_prob(value)  # which may derive one parameter from another
    for other in (copy.deepcopy(distribution), pickle.loads(pickle.dumps(distribution)), distribution.expand(distribution.batch_shape)):
        assert repr(other) == repr(distribution) and other.batch_shape == distribution.batch_shape
        assert torch.allclose(other.log_prob(value), distribution.log_prob(value))
        assert repr(other) == repr(distribution)


def test_derived_parameters_are_computed_when_asked():
    logits = torch.zeros(3, requires_grad=True)
    distribution = D.Bernoulli(logits=logits)
    distribution.log_prob(torch.ones(3))
    assert "probs" not in vars(distribution)
    with torch.no_grad():
        distribution.sample()
    assert distribution.probs.requires_grad  # though it was first read without gradients


def test_default_validation_can_be_turned_off():
    D.Distribution.set_default_validate_args(False)
    try:
        assert float(D.Normal(0.0, -1.0).scale) == -1.0
        with pytest.raises(ValueError, match="to satisfy the constraint"):
            D.Normal(0.0, -1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_transforms_of_functions():
    loc = t([0.0, 1.0, 2.0])
    log_prob = lambda m: D.Normal(m, 1.0, validate_args=False).log_prob(t(0.3))
    assert torch.allclose(torch.func.vmap(torch.func.grad(log_prob))(loc), 0.3 - loc)


def test_draws_in_place_have_no_derivative():
    for fill in ("normal_", "uniform_", "exponential_", "bernoulli_"):
        x = torch.ones(3, requires_grad=True)
        y = getattr(x * 1, fill)()
        assert y.requires_grad and not torch.autograd.grad(y.sum(), x)[0].any()
    x = torch.ones(3, requires_grad=True)
    assert not torch.autograd.grad(torch.normal(x, x).sum() + torch.poisson(x).sum(), x)[0].any()


def printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_package_is_loaded_when_asked_for():
    assert printed("import sys, torchlike; print('torchlike.distributions' in sys.modules)") == "False"
    alias = "from torchlike import alias; alias.install(); from torch.distributions.kl import kl_divergence; print(kl_divergence.__module__)"
    assert printed(alias) == "torchlike.distributions.kl.registry"
