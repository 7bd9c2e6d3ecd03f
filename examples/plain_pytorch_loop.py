"""A training loop that imports only torch. Run it with PyTorch (`python examples/plain_pytorch_loop.py`) or, unchanged, with torchlike
(`python -m torchlike examples/plain_pytorch_loop.py`): the losses agree, because weights and data are made by arithmetic, not drawn.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim


class Net(nn.Module):
    """A small MLP with a normalisation and a skip connection."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 32)
        self.norm = nn.LayerNorm(32)
        self.second = nn.Linear(32, 32)
        self.last = nn.Linear(32, 4)

    def forward(self, x):
        h = torch.tanh(self.first(x))
        h = h + F.gelu(self.second(self.norm(h)))
        return self.last(h)


def pattern(*shape, scale=1.0):
    """Numbers that look random and are the same everywhere."""
    n = 1
    for extent in shape:
        n *= extent
    return (torch.sin(torch.arange(n, dtype=torch.float64) * 12.9898) * scale).float().reshape(shape)


def main(steps=50):
    """Train and print the loss of every step."""
    model = Net()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(pattern(*p.shape, scale=0.3))
    x, y = pattern(64, 16), (pattern(64) * 2).long() % 4
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    losses = []
    for _step in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        print(f"{losses[-1]:.8f}")
    return losses


if __name__ == "__main__":
    main()
