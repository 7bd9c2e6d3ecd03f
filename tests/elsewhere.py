"""Scenarios on another device than the CPU: `python -m tests.elsewhere cuda [EVERY]`, or `cpu:1` where XLA is told to split the CPU.

EVERY 5 takes one scenario in five: an accelerator's compiler takes its time. What names the device (`x.device`, texts) differs by right.
"""

from __future__ import annotations

import json
import re
import sys

import torchlike

from .scenarios import cases, recorded
from .scenarios.describe import outcome, same

_PLACE = re.compile(r", device='\w+:\d+'")


def without_place(answer):
    """An outcome whose texts say nothing of the device."""
    return json.loads(_PLACE.sub("", json.dumps(answer)))


def differences(device: str, chosen: list) -> dict[str, tuple]:
    """The scenarios that answer otherwise there: what torch answers on a CPU, and what torchlike answers."""
    found = {}
    for subject, _, case in chosen:
        expected = recorded(subject)[case.__name__]
        with torchlike.device(device):
            answer = without_place(outcome(case, torchlike))
        if not same(expected, answer):
            found[f"{subject}-{case.__name__}"] = expected, answer
    return found


if __name__ == "__main__":
    chosen = list(cases())[:: int(sys.argv[2]) if len(sys.argv) > 2 else 1]
    wrong = differences(sys.argv[1], chosen)
    for name, (expected, answer) in wrong.items():
        print(f"{name}\n  torch:     {str(expected)[:400]}\n  torchlike: {str(answer)[:400]}")
    print(f"{len(chosen)} scenarios, {len(wrong)} differ on {sys.argv[1]}")
