"""`python -m torchlike --check`: names are found in the source, missing ones by line, and nothing of the program is run."""

import subprocess
import sys
import textwrap

import pytest

from torchlike.check import check_files
from torchlike.check.resolve import method_problem, problem
from torchlike.check.uses import find_uses


def names(source):
    return {use.name for use in find_uses(textwrap.dedent(source)).names}


@pytest.mark.parametrize(("source", "expected"), [
    ("import torch\ntorch.nn.functional.relu(x)", {"torch", "torch.nn.functional.relu"}),
    ("import torch.nn.functional as F\nF.relu", {"torch.nn.functional", "torch.nn.functional.relu"}),
    ("import torch.nn as nn\nclass A(nn.Module): pass", {"torch.nn", "torch.nn.Module"}),
    ("from torch import nn as n, Tensor\nn.Linear(2, 3).weight", {"torch.nn", "torch.Tensor", "torch.nn.Linear"}),
    ("from torch.utils.data import *", {"torch.utils.data"}),
    ("import torch\nD = torch.distributions\nD.Normal", {"torch", "torch.distributions", "torch.distributions.Normal"}),
    ("import torch\ngetattr(torch, 'relu')", {"torch", "torch.relu"}),
    ("import torch\ntorch.backends.cudnn.benchmark = True", {"torch", "torch.backends.cudnn"}),
    ("import torch\nif hasattr(torch, 'x'):\n    torch.x()\nelse:\n    torch.y()", {"torch", "torch.y"}),
    ("try:\n    from torch.x import y\nexcept ImportError:\n    import torch", {"torch"}),
    ("try:\n    import torch.x\nexcept ValueError:\n    pass", {"torch.x"}),
    ("import torchlike as torch\ntorch.ones", {"torch", "torch.ones"}),
    ("import numpy as np\nnp.foo\nx.torch.y", set()),
])  # fmt: skip
def test_names_are_found(source, expected):
    assert names(source) == expected


def test_problems():
    assert problem("torch.nn.Linear") is problem("torch.float32.itemsize") is problem("torch.distributions.Normal") is None
    assert problem("torch.nn.Linaer") == "torch.nn.Linaer is missing; the nearest name is 'torch.nn.Linear'"
    assert problem("torch.no_such_package.x") == "torch.no_such_package is missing"
    assert "is not supported" in problem("torch.sparse_coo_tensor") and "is not supported" in problem("torch.nn.quantized")
    assert method_problem("relu") is None and method_problem("no_method_of_torch") is None and "to_sparse" in method_problem("to_sparse")


PROGRAM = """
import torch
from torch import nn

raise SystemExit("the program was run")
model = nn.Linaer(2, 3)
torch.relu(model).to_sparse()
"""


def test_a_program(tmp_path, capsys):
    bad, good = tmp_path / "bad.py", tmp_path / "good.py"
    bad.write_text(PROGRAM)
    good.write_text("import torch\nprint(torch.ones(2))\n")
    assert check_files([str(bad), str(good)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{bad}:6: torch.nn.Linaer is missing; the nearest name is 'torch.nn.Linear'"
    assert lines[1].startswith(f"{bad}:7: hint: if this is a Tensor, .to_sparse() is not supported")
    assert lines[2:] == [f"{bad}: uses 4 names of torch, 1 of them not here", f"{good}: uses 2 names of torch, all of them here"]


def test_from_the_shell(tmp_path):
    def status(text):
        path = tmp_path / "program.py"
        path.write_text(text)
        return subprocess.run([sys.executable, "-m", "torchlike", "--check", str(path)], capture_output=True, text=True).returncode

    assert [status("import torch\ntorch.ones"), status("import torch\ntorch.nope_nope"), status("import (")] == [0, 1, 2]
