"""The same file gives the same losses under torch and under torchlike."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="parity tests need the installed torch (the `parity` extra)")

LOOP = str(Path(__file__).parent.parent.parent / "examples" / "plain_pytorch_loop.py")


def losses(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=600, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return [float(line) for line in done.stdout.split()]


def test_plain_loop():
    expected, ours = losses(LOOP), losses("-m", "torchlike", LOOP)
    assert len(expected) == len(ours) == 50
    assert ours == pytest.approx(expected, rel=1e-4)
