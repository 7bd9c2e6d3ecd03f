"""torch.utils.module_tracker: which modules run, in the forward and in the backward."""

from __future__ import annotations

import pytest

import torchlike as torch
from torchlike import nn
from torchlike.utils.module_tracker import ModuleTracker


class Block(nn.Module):
    def __init__(self, seen):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.table = nn.ModuleDict({"act": nn.ReLU()})
        self.seen = seen

    def forward(self, x):
        self.seen()
        return self.table["act"](self.linear(x))


def test_parents_in_the_forward():
    log: list = []
    with ModuleTracker() as tracker:
        block = Block(lambda: log.append((sorted(tracker.parents), tracker.is_bw)))
        block.table["act"].register_forward_pre_hook(lambda *_: log.append((sorted(tracker.parents), tracker.is_bw)))
        block(torch.ones(1, 2))
        assert tracker.parents == {"Global"}
    # A module's own hooks run once the tracker has noted it.
    assert log == [(["Block", "Global"], False), (["Block", "Block.table.act", "Global"], False)]
    block(torch.ones(1, 2))
    assert tracker.parents == {"Global"}


def test_parents_in_the_backward():
    log: list = []
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    x = torch.ones(1, 2, requires_grad=True)
    with ModuleTracker() as tracker:
        net[0].register_full_backward_hook(lambda *_: log.append((sorted(tracker.parents), tracker.is_bw)))
        y = net(x)
        y.register_hook(lambda _: log.append((sorted(tracker.parents), tracker.is_bw)))
        y.sum().backward()
        assert tracker.parents == {"Global"} and not tracker.is_bw
    assert log == [(["Global", "Sequential", "Sequential.1"], True), (["Global", "Sequential", "Sequential.0"], True)]


def test_a_failed_forward_is_overcome():
    with ModuleTracker() as tracker:
        bad = Block(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bad(torch.ones(1, 2))
        assert tracker.parents == {"Global", "Block"}
        Block(lambda: None)(torch.ones(1, 2))
        assert tracker.parents == {"Global"}
