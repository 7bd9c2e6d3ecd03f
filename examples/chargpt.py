"""A character-level GPT trained on the source text of Python's standard library, which every machine has; it writes some Python at the end.

    python examples/chargpt.py [--steps 400] [--width 96] [--layers 3]
"""

import argparse
import sysconfig
import time
from pathlib import Path

import torchlike as torch
import torchlike.nn.functional as F
from torchlike import nn


def read_text(limit):
    """The first `limit` characters of the standard library's plain ASCII modules, in alphabetical order."""
    parts, size = [], 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="ignore")
        if text.isascii():
            parts.append(text)
            size += len(text)
        if size >= limit:
            break
    return "".join(parts)[:limit]


class Block(nn.Module):
    """Attention, then an MLP, each on a normalised residual stream."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):  # (batch, time, width)
        b, t, c = x.shape
        q, k, v = (part.view(b, t, self.heads, c // self.heads).transpose(1, 2) for part in self.qkv(self.norm1(x)).split(c, dim=2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A decoder-only transformer over characters."""

    def __init__(self, vocabulary, context, width, heads, layers):
        super().__init__()
        self.context = context
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids, targets=None):
        x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
        logits = self.head(self.norm(self.blocks(x)))
        if targets is None:
            return logits
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))

    @torch.no_grad()
    def write(self, ids, count, temperature=0.8):
        """Continue `ids` (batch, context) by `count` characters; the window slides, so every step has one shape."""
        for _ in range(count):
            logits = self(ids[:, -self.context :])[:, -1] / temperature
            following = torch.multinomial(F.softmax(logits, dim=-1), 1)
            ids = torch.cat([ids[:, 1:], following], dim=1)
            yield following.item()


def batches(data, size, context, generator):
    """Random windows and the same windows one character on."""
    while True:
        starts = torch.randint(len(data) - context - 1, (size,), generator=generator)
        windows = starts.unsqueeze(1) + torch.arange(context + 1)
        chunk = data[windows]
        yield chunk[:, :-1], chunk[:, 1:]


def main():
    """Train, reporting loss and speed, then sample."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=400, help="characters to write at the end")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    text = read_text(400_000)
    letters = sorted(set(text))
    number = {c: i for i, c in enumerate(letters)}
    data = torch.tensor([number[c] for c in text])
    model = GPT(len(letters), args.context, args.width, args.heads, args.layers)
    print(f"{len(text):,} characters, {len(letters)} kinds; {sum(p.numel() for p in model.parameters()):,} parameters")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=args.steps)
    source = batches(data, args.batch_size, args.context, torch.Generator().manual_seed(args.seed))
    started = time.perf_counter()
    for step in range(1, args.steps + 1):
        ids, targets = next(source)
        loss = model(ids, targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        if step == 1 or step % 50 == 0:
            print(f"step {step:4d}  loss {loss.item():.3f}  {(time.perf_counter() - started) / step * 1000:.0f} ms/step")
    prompt = text[: args.context]
    ids = torch.tensor([[number[c] for c in prompt]])
    print("-" * 60 + "\n" + "".join(letters[i] for i in model.write(ids, args.sample)))


if __name__ == "__main__":
    main()
