"""torchlike against PyTorch over PyTorch's own table of ops: value, dtype, shape, first and second derivative, method, in-place."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")
pytest.importorskip("expecttest", reason="PyTorch's table of ops needs expecttest")

from .op_db import LEVELS, applies, check, entries, name_of  # noqa: E402
from .op_db_gaps import GAPS  # noqa: E402


def _parameters() -> list:
    found = []
    for entry in entries():
        for level in LEVELS:
            if applies(entry, level):
                reason = GAPS.get((name_of(entry), level))
                marks = [pytest.mark.xdist_group(entry.name)]
                if reason:
                    marks.append(pytest.mark.xfail(strict=True, reason=reason))
                found.append(pytest.param(entry, level, id=f"{name_of(entry)}-{level}", marks=marks))
    return found


@pytest.mark.parametrize(("entry", "level"), _parameters())
def test_op(entry, level):
    check(entry, level)


def test_gaps_name_existing_tests():
    known = {(name_of(entry), level) for entry in entries() for level in LEVELS if applies(entry, level)}
    assert set(GAPS) <= known
