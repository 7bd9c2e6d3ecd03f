"""Draw what autograd recorded of a small network: an SVG to open in a browser, and the same graph as DOT.

    python examples/draw_the_tape.py [folder]
"""

import sys
from pathlib import Path

import torchlike as torch
from torchlike.utils.viz import draw


class Block(torch.nn.Module):
    """Two layers with a way around them."""

    def __init__(self, width):
        super().__init__()
        self.first = torch.nn.Linear(width, width)
        self.second = torch.nn.Linear(width, width)

    def forward(self, x):
        return x + self.second(torch.relu(self.first(x)))


def main():
    """Run the block once and draw the graph behind its loss."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    block = Block(8)
    x = torch.randn(4, 8, requires_grad=True)
    loss = (block(x) ** 2).mean()
    names = {"x": x, "loss": loss, **dict(block.named_parameters())}
    for name in ("tape.svg", "tape.dot"):
        draw(loss, params=names, path=folder / name, show_saved=name.endswith("svg"))
        print(f"wrote {folder / name}")


if __name__ == "__main__":
    main()
