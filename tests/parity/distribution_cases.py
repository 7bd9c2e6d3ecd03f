"""Distributions and parameters that the parity tests go through, as expressions over the names of `namespace`."""

from __future__ import annotations

import importlib

# name of the class -> expressions. `p` makes a double leaf that requires grad, `D` is the package of distributions.
CASES = {
    "Bernoulli": ["D.Bernoulli(p([0.2, 0.5, 0.9]))", "D.Bernoulli(logits=p([-1.0, 2.0]))", "D.Bernoulli(0.3)", "D.Bernoulli(p([0.0, 1.0]))"],
    "Beta": ["D.Beta(p([0.5, 2.0, 1.5]), p([1.5, 1.0, 3.0]))", "D.Beta(p([[0.4], [3.0]]), p([0.3, 2.0]))"],
    "Binomial": [
        "D.Binomial(5, p([0.2, 0.7]))", "D.Binomial(t([3.0, 3.0]), logits=p([0.3, -1.0]))", "D.Binomial(t([[3.0], [10.0]]), p([0.2, 0.5]))",
    ],
    "Categorical": ["D.Categorical(p([0.1, 0.6, 0.3]))", "D.Categorical(logits=p([[0.0, 1.0, -1.0], [2.0, 0.1, 0.3]]))"],
    "Cauchy": ["D.Cauchy(p([0.0, 1.0]), p([1.0, 0.3]))"],
    "Chi2": ["D.Chi2(p([0.7, 1.0, 4.5]))"],
    "ContinuousBernoulli": ["D.ContinuousBernoulli(p([0.1, 0.4995, 0.8]))", "D.ContinuousBernoulli(logits=p([-2.0, 0.001, 1.0]))"],
    "Dirichlet": ["D.Dirichlet(p([0.5, 1.5, 3.0]))", "D.Dirichlet(p([[2.0, 3.0], [0.2, 0.3]]))"],
    "Exponential": ["D.Exponential(p([0.5, 2.0]))"],
    "FisherSnedecor": ["D.FisherSnedecor(p([1.5, 4.0]), p([3.0, 5.5]))"],
    "Gamma": ["D.Gamma(p([0.5, 1.0, 3.0]), p([1.0, 2.0, 0.5]))", "D.Gamma(1.0, 2.0)"],
    "GeneralizedPareto": ["D.GeneralizedPareto(p([0.0, 1.0, 2.0]), p([1.0, 2.0, 0.5]), p([-0.3, 0.0, 0.2]))"],
    "Geometric": ["D.Geometric(p([0.2, 0.7]))", "D.Geometric(logits=p([0.3, -1.0]))", "D.Geometric(1.0)"],
    "Gumbel": ["D.Gumbel(p([0.0, 1.0]), p([1.0, 0.5]))"],
    "HalfCauchy": ["D.HalfCauchy(p([1.0, 0.5]))"],
    "HalfNormal": ["D.HalfNormal(p([1.0, 0.5]))"],
    "Independent": [
        "D.Independent(D.Normal(p([[0.0, 1.0]]), p([[1.0], [2.0]])), 1)", "D.Independent(D.Bernoulli(p([0.2, 0.3])), 0)",
        "D.Independent(D.Dirichlet(p([[2.0, 3.0], [1.2, 1.3]])), 1)",
    ],
    "InverseGamma": ["D.InverseGamma(p([0.5, 1.5, 3.0]), p([1.0, 2.0, 0.5]))"],
    "Kumaraswamy": ["D.Kumaraswamy(p([0.5, 2.0]), p([1.5, 3.0]))"],
    "Laplace": ["D.Laplace(p([0.0, 1.0]), p([1.0, 0.5]))"],
    "LKJCholesky": ["D.LKJCholesky(3, p([0.7, 1.0, 3.0]))"],
    "LogisticNormal": ["D.LogisticNormal(p([0.0, 1.0]), p([1.0, 0.5]))"],
    "LogNormal": ["D.LogNormal(p([0.0, 1.0]), p([1.0, 0.5]))"],
    "LowRankMultivariateNormal": [
        "D.LowRankMultivariateNormal(p([0.0, 1.0, 2.0]), p([[1.0, 0.3], [0.2, 0.1], [0.5, -1.0]]), p([0.5, 1.0, 2.0]))",
        "D.LowRankMultivariateNormal(p([[0.0, 1.0], [1.0, 1.0]]), p([[1.0], [0.2]]), p([[0.5, 1.0], [1.0, 0.3]]))",
    ],
    "MixtureSameFamily": [
        "D.MixtureSameFamily(D.Categorical(p([0.2, 0.5, 0.3])), D.Normal(p([0.0, 1.0, 3.0]), p([1.0, 0.5, 2.0])))",
        "D.MixtureSameFamily(D.Categorical(p([[0.2, 0.8]])), D.Independent(D.Normal(p([[[0.0], [1.0]]]), p([1.0, 0.5])), 1))",
        "D.MixtureSameFamily(D.Categorical(p([[0.2, 0.8], [0.5, 0.5]])), D.Binomial(4, p([[0.2, 0.3], [0.4, 0.5]])))",
    ],
    "Multinomial": ["D.Multinomial(4, p([0.2, 0.5, 0.3]))", "D.Multinomial(3, logits=p([[0.2, 0.5], [1.0, -1.0]]))"],
    "MultivariateNormal": [
        "D.MultivariateNormal(p([0.0, 1.0]), p([[1.0, 0.3], [0.3, 2.0]]))",
        "D.MultivariateNormal(p([[0.0, 1.0], [1.0, 2.0]]), precision_matrix=p([[1.0, 0.3], [0.3, 2.0]]))",
        "D.MultivariateNormal(p([0.0, 1.0]), scale_tril=p([[[1.0, 0.0], [0.3, 2.0]], [[2.0, 0.0], [-0.3, 1.0]]]))",
    ],
    "NegativeBinomial": ["D.NegativeBinomial(p([3.0, 0.5]), p([0.2, 0.7]))", "D.NegativeBinomial(2, logits=p([0.3, -1.0]))"],
    "Normal": ["D.Normal(p([0.0, 1.0]), p([1.0, 0.5]))", "D.Normal(0, 1)", "D.Normal(p([[0.0], [2.0]]), p([1.0, 0.5]))"],
    "OneHotCategorical": ["D.OneHotCategorical(p([0.1, 0.6, 0.3]))", "D.OneHotCategorical(logits=p([[0.0, 1.0], [2.0, 0.1]]))"],
    "OneHotCategoricalStraightThrough": ["D.OneHotCategoricalStraightThrough(p([0.1, 0.6, 0.3]))"],
    "Pareto": ["D.Pareto(p([1.0, 2.0, 0.5]), p([0.5, 1.5, 3.0]))"],
    "Poisson": ["D.Poisson(p([0.5, 3.7]))"],
    "RelaxedBernoulli": ["D.RelaxedBernoulli(p(0.7), p([0.2, 0.6]))", "D.RelaxedBernoulli(p(2.0), logits=p([0.2, -1.0]))"],
    "RelaxedOneHotCategorical": ["D.RelaxedOneHotCategorical(p(0.7), p([0.1, 0.6, 0.3]))"],
    "StudentT": ["D.StudentT(p([0.7, 1.5, 4.0]), p(1.0), p([1.0, 0.5, 2.0]))"],
    "TransformedDistribution": [
        "D.TransformedDistribution(D.Normal(p([0.0, 1.0]), p([1.0, 0.5])), [D.AffineTransform(1.0, -2.0), D.SigmoidTransform()])",
        "D.TransformedDistribution(D.Normal(p([0.0, 1.0]), p([1.0, 0.5])), D.AffineTransform(t([0.0, 1.0]), t([2.0, 3.0]), event_dim=1))",
        "D.TransformedDistribution(D.Gamma(p([2.0, 1.0]), 1.0), [])",
    ],
    "Uniform": ["D.Uniform(p([0.0, 1.0]), p([1.0, 3.5]))"],
    "VonMises": ["D.VonMises(p([0.0, 1.0]), p([1.0, 5.5]))"],
    "Weibull": ["D.Weibull(p([1.0, 2.0]), p([0.7, 1.5]))"],
    "Wishart": [
        "D.Wishart(p(3.5), p([[1.0, 0.3], [0.3, 2.0]]))", "D.Wishart(p([3.5, 4.0]), scale_tril=p([[1.0, 0.0], [0.3, 2.0]]))",
        "D.Wishart(5, precision_matrix=p([[1.0, 0.3], [0.3, 2.0]]))",
    ],
}  # fmt: skip

ALL = [expression for expressions in CASES.values() for expression in expressions]
FIRST = [expressions[0] for expressions in CASES.values()]

# Errors and texts, of construction and of log_prob.
TEXTS = """
D.Normal(0.0, -1.0) | D.Normal("a", 1) | D.Normal([1.0], 1) | D.Normal(t([0.0, 1.0]), 1).log_prob(t([0.0, 0.0, 0.0])) | D.Normal(0, 1).log_prob(1.0)
D.Normal(0.0, 1).log_prob(t(float("nan"))) | D.Normal(t([0.0, float("nan")]), 1) | D.Bernoulli() | D.Bernoulli(0.5, logits=1.0) | D.Bernoulli(2.0)
D.Categorical(t(0.5)) | D.Categorical(logits=t(0.5)) | D.Categorical(t([-1.0, 2.0])) | D.Categorical(t([1.0, 2.0])).log_prob(t(2.0))
D.Dirichlet(t(1.0)) | D.Dirichlet(t([1.0, 1.0])).log_prob(t([1.0, 1.0, 1.0])) | D.Beta(-1.0, 1.0) | D.Multinomial(t(3), t([0.5, 0.5]))
D.Binomial(t([3.0, 4.0]), t([0.5, 0.2])).enumerate_support() | D.Binomial(t([3.0, 4.0]), t([0.5, 0.2])).entropy() | D.Binomial(-1, t(0.5))
D.Uniform(2.0, 1.0) | D.Uniform(0.0, 1.0).log_prob(t(2.0)) | D.Uniform(0, 1).arg_constraints | D.MultivariateNormal(t([0.0, 0.0]))
D.MultivariateNormal(t(0.0), t([[1.0]])) | D.MultivariateNormal(t([0.0]), t([1.0])) | D.MultivariateNormal(t([0.0]), scale_tril=t([1.0]))
D.MultivariateNormal(t([0.0, 0.0]), t([[-1.0, 0.0], [0.0, 1.0]])) | D.LowRankMultivariateNormal(t([0.0, 0.0]), t([1.0, 1.0]), t([1.0, 1.0]))
D.LowRankMultivariateNormal(t([0.0, 0.0]), t([[1.0], [1.0], [1.0]]), t([1.0, 1.0])) | D.Wishart(t(3.0)) | D.Wishart(0.5, t([[1.0, 0.0], [0.0, 1.0]]))
D.LowRankMultivariateNormal(t([0.0, 0.0]), t([[1.0], [1.0]]), t([1.0])) | D.Wishart(1.5, t([[1.0, 0.0], [0.0, 1.0]])) | D.LKJCholesky(1)
D.LowRankMultivariateNormal(t([[0.0, 0.0]] * 3), t([[[1.0], [1.0]]] * 2), t([1.0, 1.0])) | D.LKJCholesky(2, -1.0) | D.Geometric(0.0) | D.Poisson(-1.0)
D.MixtureSameFamily(D.Normal(0, 1), D.Normal(0, 1)) | D.MixtureSameFamily(D.Categorical(t([1.0, 1.0])), 3)
D.MixtureSameFamily(D.Categorical(t([1.0, 1.0])), D.Normal(t([0.0] * 3), 1)) | D.MixtureSameFamily(D.Categorical(t([[1.0] * 2] * 2)), D.Normal(t([[0.0] * 2] * 3), 1))
D.Independent(D.Normal(t([0.0, 0.0]), 1), 2) | D.Independent(D.Bernoulli(t([0.5])), 1).enumerate_support() | D.TransformedDistribution(D.Normal(0, 1), 3)
D.TransformedDistribution(D.Normal(0, 1), [3]) | D.TransformedDistribution(D.Normal(0, 1), D.StickBreakingTransform()) | D.LogNormal(0.0, -1.0)
D.Pareto(1.0, -1.0) | D.Pareto(-1.0, 1.0) | D.Weibull(1.0, -1.0) | D.StudentT(-1.0) | D.FisherSnedecor(-1.0, 1.0) | D.HalfNormal(-1.0) | D.Gumbel(0.0, -1.0)
D.ContinuousBernoulli(2.0, validate_args=True) | D.Distribution() | D.Distribution(validate_args=False).mode | D.Distribution.set_default_validate_args(3)
D.Normal(0, 1).sample_n(2).shape | D.kl_divergence(D.Normal(0, 1), D.Cauchy(0, 1)) | D.register_kl(1, D.Normal)
D.biject_to(C.boolean) | D.transform_to(3) | D.biject_to(C.lower_cholesky) | D.biject_to.register(3, int) | D.OneHotCategorical(t([0.5, 0.5])).log_prob(t([1.0, 1.0]))
D.kl_divergence(D.Binomial(3, t(0.5)), D.Binomial(4, t(0.5))) | D.kl_divergence(D.Independent(D.Normal(t([0.0]), 1), 1), D.Independent(D.Normal(t([0.0]), 1), 0))
"""  # noqa: E501
# Constraints and transforms: texts, shapes, errors.
PARTS = """
C.dependent | C.dependent.check(t(1.0)) | C.dependent.is_discrete | C.dependent(is_discrete=True).is_discrete | C.boolean | C.integer_interval(1, 2)
C.half_open_interval(0, 1) | C.less_than(1) | C.real_vector | C.simplex | C.multinomial(3) | C.cat([C.real, C.positive]) | C.cat([C.real, 3])
C.cat([C.real, C.positive], lengths=[1]) | C.stack([C.real, C.simplex], dim=-1).event_dim | C.stack([C.real, C.simplex], dim=-3).event_dim
C.independent(C.real, 1).check(t(1.0)) | C.independent(3, 1) | C.MixtureSameFamilyConstraint(C.real) | C.symmetric.check(t([[1.0, 2.0], [2.0, 1.0]]))
C.positive_definite.check(t([[[1.0, 2.0], [2.0, 1.0]], [[2.0, 1.0], [1.0, 1.0]]])) | C.positive_semidefinite.check(t([[1.0, 1.0], [1.0, 1.0]]))
C.lower_cholesky.check(t([[1.0, 0.0], [1.0, 1.0]])) | C.corr_cholesky.check(t([[1.0, 0.0], [0.6, 0.8]])) | C.one_hot.check(t([[0.0, 1.0], [1.0, 1.0]]))
C.simplex.check(t([[0.5, 0.5], [0.5, 0.6]])) | C.integer_interval(0, 2).check(t([0.5, 1.0, 3.0])) | C.real.check(t([1.0, float("nan"), float("inf")]))
C.cat([C.positive, C.real], lengths=[2, 1]).check(t([1.0, -1.0, -1.0])) | C.stack([C.positive, C.real]).check(t([-1.0, -1.0])) | D.Uniform.support
D.Categorical.support.is_discrete | D.Multinomial.support.event_dim | D.Independent.support.event_dim | D.Binomial(3, t([0.5])).support
D.Transform() | D.Transform(cache_size=2) | D.ExpTransform().inv | D.ExpTransform().inv.inv | D.ExpTransform() == D.ExpTransform() | D.AffineTransform(1.0, -2.0).sign
D.ExpTransform().inv == D.ExpTransform().inv | D.AffineTransform(t([1.0]), 2.0) == D.AffineTransform(t([1.0]), 2.0) | D.AffineTransform(1.0, 2.0, 1).domain
D.AffineTransform(1.0, 2.0) == D.AffineTransform(1.0, 3.0) | D.AbsTransform().sign | D.SoftmaxTransform().log_abs_det_jacobian(t([1.0]), t([1.0]))
D.PowerTransform(t(-2.0)).sign | D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)]).inv | D.ComposeTransform([]) == D.identity_transform
D.ComposeTransform([D.SoftmaxTransform(), D.ExpTransform()]).codomain | D.ComposeTransform([D.ExpTransform(), D.StickBreakingTransform()]).domain
D.ComposeTransform([D.ExpTransform(), D.SoftmaxTransform()]).bijective | D.IndependentTransform(D.ExpTransform(), 1) | D.ReshapeTransform((2, 3), (5,))
D.IndependentTransform(D.ExpTransform(), 1)(t(1.0)) | D.ReshapeTransform((2, 3), (6,)).forward_shape((4, 2, 3)) | D.ReshapeTransform((2, 3), (6,)).inverse_shape((2,))
D.ReshapeTransform((2, 3), (6,)).forward_shape((2,)) | D.StickBreakingTransform().inverse_shape((3,)) | D.CorrCholeskyTransform().forward_shape((4,))
D.CorrCholeskyTransform().forward_shape((6,)) | D.CorrCholeskyTransform().inverse_shape((3, 4)) | D.StackTransform([3]) | D.StackTransform([D.ExpTransform()])(t([1.0, 2.0]))
D.StackTransform([D.ExpTransform()], dim=1)(t([1.0])) | D.CatTransform([D.ExpTransform()], lengths=[1, 2]) | D.CatTransform([D.ExpTransform()])(t([1.0, 2.0]))
D.biject_to(C.positive) | D.transform_to(C.interval(1, 3)) | D.biject_to(C.independent(C.positive, 1)) | D.transform_to(C.simplex) | hash(D.ExpTransform())
D.CumulativeDistributionTransform(D.Normal(0, 1)).domain | D.PowerTransform(2.0).forward_shape((3,)) | D.SigmoidTransform()(t([-900.0, 900.0]))
D.SigmoidTransform().inv(t([0.0, 1.0])) | D.Transform()(t(1.0)) | D.Transform().sign | U.vec_to_tril_matrix(t([1.0, 2.0])) | U.tril_matrix_to_vec(t([[1.0, 2.0], [3.0, 4.0]]), 5)
U.vec_to_tril_matrix(t([1.0, 2.0, 3.0]), -1) | U.tril_matrix_to_vec(t([[1.0, 2.0], [3.0, 4.0]]), -1) | U.clamp_probs(t([0.0, 1.0])) | U.broadcast_all(1, t([2.0]))
U.probs_to_logits(t([0.0, 1.0, 0.5]), is_binary=True) | U.probs_to_logits(t([0.0, 1.0, 0.5])) | U.logits_to_probs(t([0.0, 1.0, 0.5]))
"""  # noqa: E501


def expressions(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]


# transform -> a point of its domain.
TRANSFORMS = {
    "D.AbsTransform()": "[-1.0, 2.0]",
    "D.AffineTransform(t([1.0, 2.0]), t([-1.0, 3.0]))": "[0.3, -2.0]",
    "D.AffineTransform(1.0, -2.0, event_dim=1)": "[[0.3, -2.0]]",
    "D.CatTransform([D.ExpTransform(), D.AffineTransform(0.0, 2.0)], dim=-1, lengths=[1, 2])": "[0.1, 0.2, 0.3]",
    "D.CatTransform([D.SoftmaxTransform(), D.ExpTransform()], dim=-1, lengths=[2, 1])": "[0.1, 0.2, 0.3]",
    "D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.StickBreakingTransform()])": "[[0.1, 0.2, 0.3]]",
    "D.CorrCholeskyTransform()": "[[0.1, -0.2, 0.3], [2.0, -1.0, 0.0]]",
    "D.CumulativeDistributionTransform(D.Normal(t(0.0), t(2.0)))": "[0.3, -1.0]",
    "D.ExpTransform()": "[0.3, -1.0]",
    "D.IndependentTransform(D.ExpTransform(), 1)": "[[0.3, -1.0]]",
    "D.LowerCholeskyTransform()": "[[0.3, -1.0], [0.4, 0.5]]",
    "D.PositiveDefiniteTransform()": "[[0.3, -1.0], [0.4, 0.5]]",
    "D.PowerTransform(t(-1.5))": "[0.3, 1.2]",
    "D.ReshapeTransform((2,), (1, 2))": "[[0.3, 1.2]]",
    "D.SigmoidTransform()": "[0.3, -1.2]",
    "D.SoftmaxTransform()": "[0.3, -1.2]",
    "D.SoftplusTransform()": "[0.3, -1.2]",
    "D.StackTransform([D.ExpTransform(), D.AffineTransform(0.0, 2.0)])": "[0.1, 0.2]",
    "D.StickBreakingTransform()": "[[0.1, 0.2, 0.3]]",
    "D.TanhTransform()": "[0.3, -1.2]",
    "D.biject_to(C.less_than(2.0))": "[0.3, -1.2]",
    "D.biject_to(C.interval(1.0, 2.5))": "[0.3, -1.2]",
}

# All of one batch shape, so that every pair can be compared.
FAMILIES = {
    "Bernoulli": "D.Bernoulli(p([0.2, 0.6]))", "Beta": "D.Beta(p([2.0, 0.5]), p([1.0, 3.0]))", "Binomial": "D.Binomial(3, p([0.2, 0.6]))",
    "Categorical": "D.Categorical(p([[0.2, 0.8], [0.6, 0.4]]))", "Cauchy": "D.Cauchy(p([0.0, 1.0]), p([1.0, 2.0]))", "Chi2": "D.Chi2(p([1.0, 2.5]))",
    "ContinuousBernoulli": "D.ContinuousBernoulli(p([0.2, 0.7]))", "Dirichlet": "D.Dirichlet(p([[1.0, 2.0], [0.5, 0.7]]))",
    "Exponential": "D.Exponential(p([0.5, 2.0]))", "Gamma": "D.Gamma(p([0.5, 2.0]), p([1.0, 3.0]))", "Geometric": "D.Geometric(p([0.2, 0.6]))",
    "Gumbel": "D.Gumbel(p([0.0, 1.0]), p([1.0, 2.0]))", "HalfNormal": "D.HalfNormal(p([1.0, 2.0]))",
    "Laplace": "D.Laplace(p([0.0, 1.0]), p([1.0, 2.0]))",
    "LogNormal": "D.LogNormal(p([0.0, 1.0]), p([1.0, 2.0]))", "Normal": "D.Normal(p([0.0, 1.0]), p([1.0, 2.0]))",
    "MultivariateNormal": "D.MultivariateNormal(p([[0.0, 1.0], [2.0, 1.0]]), p([[1.0, 0.3], [0.3, 2.0]]))",
    "LowRank": "D.LowRankMultivariateNormal(p([[0.3, 1.0], [0.0, 1.0]]), p([[1.0], [0.3]]), p([1.0, 0.3]))",
    "OneHotCategorical": "D.OneHotCategorical(p([[0.2, 0.8], [0.6, 0.4]]))", "Pareto": "D.Pareto(p([0.5, 1.0]), p([1.5, 2.5]))",
    "Poisson": "D.Poisson(p([0.5, 3.0]))", "Independent": "D.Independent(D.Normal(p([[0.0], [1.0]]), p([1.0, 2.0])), 1)",
    "Uniform": "D.Uniform(p([0.1, 0.2]), p([0.9, 2.0]))", "UnitUniform": "D.Uniform(p([-0.5, 0.0]), p([2.0, 1.0]))",
    "Wishart": "D.Wishart(p([3.0, 4.0]), p([[1.0, 0.3], [0.3, 2.0]]))",
}  # fmt: skip
OTHERS = {
    "Bernoulli": "D.Bernoulli(p([0.3, 0.1]))", "Binomial": "D.Binomial(3, p([0.3, 0.1]))", "Cauchy": "D.Cauchy(p([0.5, 1.0]), p([2.0, 1.0]))",
    "Normal": "D.Normal(p([0.5, 1.0]), p([2.0, 1.5]))", "Laplace": "D.Laplace(p([0.5, 1.0]), p([2.0, 1.5]))", "Chi2": "D.Chi2(p([2.0, 0.7]))",
    "Pareto": "D.Pareto(p([0.05, 1.5]), p([2.5, 0.5]))", "HalfNormal": "D.HalfNormal(p([2.0, 0.7]))",
    "Gumbel": "D.Gumbel(p([0.5, 1.0]), p([2.0, 1.5]))",
    "Gamma": "D.Gamma(p([1.5, 0.2]), p([2.0, 3.0]))", "Beta": "D.Beta(p([1.5, 0.2]), p([2.0, 3.0]))", "Exponential": "D.Exponential(p([1.5, 0.2]))",
    "Wishart": "D.Wishart(p([2.5, 4.5]), p([[2.0, 0.3], [0.3, 1.0]]))", "Poisson": "D.Poisson(p([1.5, 0.2]))",
    "Geometric": "D.Geometric(p([0.5, 0.2]))",
    "ContinuousBernoulli": "D.ContinuousBernoulli(p([0.3, 0.5]))", "Dirichlet": "D.Dirichlet(p([[2.0, 2.0], [0.2, 0.9]]))",
}  # fmt: skip


def namespace(torch) -> dict:
    """The names the expressions use; `leaves` collects what `p` made."""
    distributions = importlib.import_module(f"{torch.__name__}.distributions")
    leaves: list = []

    def p(data):
        leaves.append(torch.tensor(data, dtype=torch.float64, requires_grad=True))
        return leaves[-1]

    def t(data):
        return torch.tensor(data, dtype=torch.float64)

    utils = importlib.import_module(f"{torch.__name__}.distributions.utils")
    constraints = importlib.import_module(f"{torch.__name__}.distributions.constraints")
    return {"torch": torch, "D": distributions, "C": constraints, "U": utils, "p": p, "t": t, "leaves": leaves}
