"""The recorded answers are what the installed torch says."""

import json

import pytest

from ..scenarios import cases, recorded
from ..scenarios.describe import outcome, same

torch = pytest.importorskip("torch", reason="parity tests need the installed torch (the `parity` extra)")

# What torch warns of once in a process, whichever test comes first.
SAID_ONCE = (
    "Using backward() with create_graph=True will create a reference cycle", "torch.chain_matmul is deprecated", "The use of `x.T` on tensors",
    "Defining your `__torch_function__` as a plain method is deprecated",
)  # fmt: skip


def compared(answer: dict) -> dict:
    """An answer without what depends on the order of tests."""
    warnings = [text for text in answer.get("warnings", ()) if not text.startswith(SAID_ONCE)]
    return {"result": answer["result"], "warnings": warnings}


@pytest.mark.parametrize(("subject", "case"), [pytest.param(s, c, id=f"{s}-{n}") for s, n, c in cases()])
def test_recorded_answers_are_torchs(subject, case):
    answer = json.loads(json.dumps(outcome(case, torch)))
    assert same(compared(recorded(subject)[case.__name__]), compared(answer))
