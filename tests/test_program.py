"""`python -m torchlike`: PyTorch programs run unmodified, and names that are missing say so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import torchlike

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "torchlike", *arguments], capture_output=True, text=True, cwd=cwd, timeout=600, env=dict(os.environ)
    )


def test_script_with_arguments(tmp_path):
    (tmp_path / "helper.py").write_text("import torch.nn.functional as F\nfrom torch import nn\nVALUE = F.relu\n")
    (tmp_path / "program.py").write_text(
        "import sys, torch\nimport torch.nn.functional\nfrom helper import VALUE\n"
        "print(sys.argv[1:], torch.__name__, __name__, VALUE(torch.tensor([-1.0, 2.0])).tolist(), 'torch._C' in sys.modules)\n"
    )
    done = run(str(tmp_path / "program.py"), "--flag", "x")
    assert done.stdout == "['--flag', 'x'] torchlike __main__ [0.0, 2.0] False\n", done.stderr


def test_functions_stay_when_the_module_of_their_name_is_imported(tmp_path):
    (tmp_path / "program.py").write_text(
        "import torch, torch.autograd.gradcheck, torch.nn.parallel.data_parallel, torch.nn.utils.weight_norm\n"
        "from torch.nn.utils.spectral_norm import SpectralNorm\nfrom torch.autograd.gradcheck import GradcheckError\n"
        "names = torch.autograd.gradcheck, torch.nn.parallel.data_parallel, torch.nn.utils.weight_norm, torch.nn.utils.spectral_norm\n"
        "print([type(each).__name__ for each in names])\n"
    )
    assert run(str(tmp_path / "program.py")).stdout == f"{['function'] * 4}\n"


def test_module(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tool.py").write_text("import sys\nfrom torch.optim import SGD\nprint(SGD.__module__.split('.')[0], sys.argv[1:])\n")
    done = run("-m", "package.tool", "a", cwd=tmp_path)
    assert done.stdout == "torchlike ['a']\n", done.stderr


def test_errors_of_the_program_are_its_own(tmp_path):
    (tmp_path / "bad.py").write_text("import torch\ntorch.frobnicate_the_tensor\n")
    done = run(str(tmp_path / "bad.py"))
    assert done.returncode == 1
    assert "AttributeError: torchlike has no 'torch.frobnicate_the_tensor'" in done.stderr
    assert run(str(tmp_path / "absent.py")).returncode == 2
    assert run().returncode == 2


def test_missing_names_are_helpful():
    with pytest.raises(AttributeError, match="torchlike has no 'torch.reluu'; the nearest name is 'torch.relu'"):
        torchlike.reluu  # noqa: B018
    assert not hasattr(torchlike, "no_such_thing_at_all")


def test_the_plain_loop_trains():
    done = run(str(EXAMPLES / "plain_pytorch_loop.py"))
    losses = [float(line) for line in done.stdout.split()]
    assert len(losses) == 50, done.stderr
    assert losses[-1] < 0.8 * losses[0]
