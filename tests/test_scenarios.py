"""Every scenario answers as torch did when its answers were recorded. Runs without torch."""

import json

import pytest

import torchlike

from .scenarios import cases, recorded
from .scenarios.describe import outcome, same


@pytest.mark.parametrize(("subject", "case"), [pytest.param(s, c, id=f"{s}-{n}") for s, n, c in cases()])
def test_answers_as_recorded(subject, case):
    expected = recorded(subject)[case.__name__]
    answer = json.loads(json.dumps(outcome(case, torchlike)))
    assert same(expected, answer), f"torch: {expected}\ntorchlike: {answer}"
