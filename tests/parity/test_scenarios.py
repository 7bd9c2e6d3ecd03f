"""The recorded answers are what the installed torch says."""

import json

import pytest

from ..scenarios import cases, recorded
from ..scenarios.describe import outcome, same

torch = pytest.importorskip("torch", reason="parity tests need the installed torch (the `parity` extra)")


@pytest.mark.parametrize(("subject", "case"), [pytest.param(s, c, id=f"{s}-{n}") for s, n, c in cases()])
def test_recorded_answers_are_torchs(subject, case):
    answer = json.loads(json.dumps(outcome(case, torch)))
    assert same(recorded(subject)[case.__name__], answer)
