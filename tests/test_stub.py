"""The stub for readers and editors says what Tensor really has."""

from .stub import STUB, render


def test_stub_is_fresh():
    assert STUB.read_text() == render(), "run `python -m tests.stub`"
