"""Transformers: two layers of 64 on 8 sequences of 64 tokens, and four layers of 128 on 8 sequences of 128."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .by_hand import adam, cross_entropy, layer_norm, linear, train
from .program import Program, Workload, integers

VOCABULARY, HEADS = 64, 4


def workload(name: str, layers: int, width: int, context: int, optimizer: str) -> Workload:
    """A GPT of these sizes on a batch of 8."""

    def data():
        return [(integers(0, VOCABULARY, 8, context), integers(1, VOCABULARY, 8 * context))]

    def program(m, **place) -> Program:
        nn, functional = m.nn, m.nn.functional

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
                self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
                self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

            def forward(self, x):
                b, t, c = x.shape
                q, k, v = (p.view(b, t, HEADS, c // HEADS).transpose(1, 2) for p in self.qkv(self.n1(x)).split(c, 2))
                a = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.out(a.transpose(1, 2).reshape(b, t, c))
                return x + self.mlp(self.n2(x))

        class GPT(nn.Module):
            def __init__(self):
                super().__init__()
                self.token, self.position = nn.Embedding(VOCABULARY, width), nn.Embedding(context, width)
                self.blocks, self.norm = nn.Sequential(*(Block() for _ in range(layers))), nn.LayerNorm(width)
                self.head = nn.Linear(width, VOCABULARY)

            def forward(self, ids):
                return self.head(self.norm(self.blocks(self.token(ids) + self.position(m.arange(ids.shape[1], device=ids.device)))))

        model = GPT().to(**place)
        return Program(model, getattr(m.optim, optimizer)(model.parameters(), lr=1e-3),
                       lambda ids, targets: functional.cross_entropy(model(ids).view(-1, VOCABULARY), targets))

    def by_hand(weights):
        mask = jnp.tril(jnp.ones((context, context), bool))

        def attention(w, at, x):
            b, t, c = x.shape
            q, k, v = jnp.moveaxis(linear(w, f"{at}.qkv", x).reshape(b, t, 3, HEADS, c // HEADS), 2, 0)
            scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * (c // HEADS) ** -0.5
            shares = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf).astype(jnp.float32)).astype(x.dtype)
            return linear(w, f"{at}.out", jnp.einsum("bhqk,bkhd->bqhd", shares, v).reshape(b, t, c))

        def loss_of(w, ids, targets):
            x = w["token.weight"][ids] + w["position.weight"]
            for i in range(layers):
                at = f"blocks.{i}"
                x = x + attention(w, at, layer_norm(w, f"{at}.n1", x))
                inner = jax.nn.gelu(linear(w, f"{at}.mlp.0", layer_norm(w, f"{at}.n2", x)), approximate=False)
                x = x + linear(w, f"{at}.mlp.2", inner)
            return cross_entropy(linear(w, "head", layer_norm(w, "norm", x)).reshape(-1, VOCABULARY), targets)

        return train(loss_of, weights, adam(1e-3, 0.01 if optimizer == "AdamW" else 0.0))

    return Workload(name, data, program, by_hand)


WORKLOADS = [workload("gpt_small", 2, 64, 64, "Adam"), workload("gpt_medium", 4, 128, 128, "AdamW")]
