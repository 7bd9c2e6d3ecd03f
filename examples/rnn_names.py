"""Dynamic control flow: a recurrent network that reads names letter by letter, each its own length, and says which kind of name it is.

The names are those of Python's own world (exceptions, functions, standard modules), so that every machine has them. The loop over letters is a
Python loop; the graph follows it.

    python examples/rnn_names.py [--steps 1500]
"""

import argparse
import builtins
import random
import string
import sys

import torchlike as torch
from torchlike import nn

LETTERS = string.ascii_lowercase + "_"


def collect_names():
    """(name, kind) pairs: exceptions, builtin functions, standard modules."""
    found = {"exception": [], "function": [], "module": sorted(m for m in sys.stdlib_module_names if not m.startswith("_"))}
    for name in dir(builtins):
        if name.startswith("_"):
            continue
        thing = getattr(builtins, name)
        is_exception = isinstance(thing, type) and issubclass(thing, BaseException)
        found["exception" if is_exception else "function"].append(name)
    return [(name.lower(), kind) for kind, names in found.items() for name in names if set(name.lower()) <= set(LETTERS)], list(found)


class NameReader(nn.Module):
    """One hidden state, one step per letter."""

    def __init__(self, kinds, width=48):
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), width)
        self.step = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, kinds)
        self.width = width

    def forward(self, name):
        letters = self.letters(torch.tensor([LETTERS.index(c) for c in name]))
        hidden = torch.zeros(self.width)
        for letter in letters:  # as many steps as the name has letters
            hidden = torch.tanh(self.step(torch.cat([letter, hidden])))
        return self.out(hidden)


def main():
    """Train on 80 % of the names, then read the rest."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    chance = random.Random(args.seed)
    names, kinds = collect_names()
    chance.shuffle(names)
    cut = len(names) * 4 // 5
    train, test = names[:cut], names[cut:]
    model = NameReader(len(kinds))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    running = 0.0
    for step in range(1, args.steps + 1):
        name, kind = chance.choice(train)
        loss = nn.functional.cross_entropy(model(name).unsqueeze(0), torch.tensor([kinds.index(kind)]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
        if step % 250 == 0:
            print(f"step {step:5d}  loss {running / 250:.3f}")
            running = 0.0
    with torch.no_grad():
        right = sum(kinds[model(name).argmax().item()] == kind for name, kind in test)
        print(f"held-out names read correctly: {right} of {len(test)}")
        for name in ("keyboardinterrupt", "sorted", "itertools", "tensorerror"):
            print(f"  {name:20s} -> {kinds[model(name).argmax().item()]}")


if __name__ == "__main__":
    main()
