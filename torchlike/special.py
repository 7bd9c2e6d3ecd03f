"""`torchlike.special`: PyTorch's names for the special functions declared in `ops/`."""

from __future__ import annotations

from .ops.power import special_xlog1py as xlog1py
from .ops.power import xlogy
from .ops.reduce import logsumexp
from .ops.softmax import log_softmax, softmax
from .ops.special import (
    digamma,
    erf,
    erfc,
    erfinv,
    i0,
    polygamma,
)
from .ops.special import igamma as gammainc
from .ops.special import igammac as gammaincc
from .ops.special import lgamma as gammaln
from .ops.special import mvlgamma as multigammaln
from .ops.special import special_entr as entr
from .ops.special import special_i0e as i0e
from .ops.special import special_i1 as i1
from .ops.special import special_i1e as i1e
from .ops.special import special_log_ndtr as log_ndtr
from .ops.special import special_ndtr as ndtr
from .ops.special import special_ndtri as ndtri
from .ops.special import special_zeta as zeta
from .ops.unary import exp2, expm1, log1p, logit, round, sinc
from .ops.unary import sigmoid as expit

psi = digamma

__all__ = ["digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1",
           "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round",
           "sinc", "softmax", "xlog1py", "xlogy", "zeta"]
