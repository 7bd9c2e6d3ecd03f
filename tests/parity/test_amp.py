"""The dtypes that come out under autocast on a CPU, op by op, in both libraries."""

from __future__ import annotations

import importlib

import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

CASES = {
    "linear": lambda m, x, h: m.nn.functional.linear(x, x),
    "matmul": lambda m, x, h: (x @ x, x @ x[0], x[0] @ x[0], x[None] @ x, h @ x),
    "products": lambda m, x, h: (m.mm(x, h), m.addmm(x, h, h), m.bmm(x[None], h[None]), m.baddbmm(x[None], h[None], x[None])),
    "vectors": lambda m, x, h: (m.dot(x[0], x[0]), m.mv(x, x[0]), m.outer(h[0], x[0])),
    "einsum": lambda m, x, h: m.einsum("ij,jk->ik", x, h),
    "chains": lambda m, x, h: m.linalg.multi_dot([x, x, x]),
    "conv": lambda m, x, h: m.nn.functional.conv1d(x[None], x[:, :, None].expand(4, 4, 2)),
    "softmax": lambda m, x, h: (m.softmax(h, 1), m.log_softmax(h, 1), m.softmax(x, 1)),
    "elementwise": lambda m, x, h: (h.exp(), h * x, h + h, h.pow(2), h.sum(), h.mean(), h.norm()),
    "reductions": lambda m, x, h: (h.prod(), h.prod(1), h.cumsum(0), m.trace(h), m.quantile(h, 0.5)),
    "norms": lambda m, x, h: (m.nn.functional.layer_norm(h, (4,)), m.nn.functional.group_norm(h, 2)),
    "joins": lambda m, x, h: (m.cat([x, h]), m.stack([h, x]), m.cat([h, h])),
    "losses": lambda m, x, h: [getattr(m.nn.functional, n)(h, h) for n in (
        "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "poisson_nll_loss", "soft_margin_loss")],
    "classes": lambda m, x, h: (m.nn.functional.cross_entropy(h, m.arange(4)), m.nn.functional.nll_loss(h, m.arange(4)),
                                m.nn.functional.kl_div(h, h, reduction="sum"), m.nn.functional.multi_margin_loss(h, m.arange(4))),
    "margins": lambda m, x, h: (m.nn.functional.margin_ranking_loss(h, h, h), m.nn.functional.triplet_margin_loss(h, x, h),
                                m.nn.functional.hinge_embedding_loss(h, h), m.nn.functional.cosine_similarity(h, h)),
    "attention": lambda m, x, h: m.nn.functional.scaled_dot_product_attention(x[None], x[None], h[None]),
    "decompositions": lambda m, x, h: (m.inverse(h + 9 * m.eye(4)), m.linalg.svdvals(h), m.cdist(h, h)),
    "shapes": lambda m, x, h: (h.view(2, 8), m.nn.functional.interpolate(h[None], scale_factor=2), m.nn.functional.avg_pool2d(h[None], 2)),
    "doubles": lambda m, x, h: (m.mm(x.double(), x.double()), m.nn.functional.mse_loss(x.double(), x.double())),
    "recurrent": lambda m, x, h: [each[0].dtype for each in (m.nn.LSTM(4, 3)(x[None]), m.nn.GRU(4, 3)(x[None]))],
}  # fmt: skip


def dtypes(m, case, dtype):
    m.manual_seed(0)
    x = m.ones(4, 4)
    with m.autocast("cpu", dtype=getattr(m, dtype)):
        found = case(m, x, x.to(getattr(m, dtype)))
    return [str(getattr(t, "dtype", t)) for t in (found if isinstance(found, tuple | list) else [found])]


# PyTorch's kernel of an LSTM has no float16 on every CPU.
@pytest.mark.parametrize(("name", "dtype"), [(n, d) for n in CASES for d in ("bfloat16", "float16") if (n, d) != ("recurrent", "float16")])
def test_dtypes_under_autocast(name, dtype):
    ours = importlib.import_module("torchlike")
    assert dtypes(ours, CASES[name], dtype) == dtypes(torch, CASES[name], dtype)
