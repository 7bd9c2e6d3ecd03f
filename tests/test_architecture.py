"""The house stands as docs/architecture.md draws it: imports point one way, files stay small, public functions say what they do."""

import ast
import inspect
from pathlib import Path

import pytest

import torchlike
from torchlike.core.op import ENTRIES

ROOT = Path(torchlike.__file__).parent
LAYERS = ["execution", "core", "ops", "autograd", "nn", "optim", "compiler", "utils"]
FILES = sorted(p.relative_to(ROOT) for p in ROOT.rglob("*.py"))
# A layer may import its own files and the layers before it. `nn` and `optim` do not know each other.
SEPARATE = {("optim", "nn"), ("nn", "optim")}
# Except where weights are averaged.
MEETING = {Path("optim/swa_utils.py")}


def imported_layers(path: Path):
    """(layer, line) of every import of another torchlike package in a file, wherever in the file it stands."""
    package = path.parts[:-1]
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not isinstance(node, ast.ImportFrom | ast.Import):
            continue
        if isinstance(node, ast.Import):
            targets = [tuple(a.name.split(".")[1:]) for a in node.names if a.name.split(".")[0] == "torchlike"]
        elif node.level:
            base = package[: len(package) - node.level + 1]
            tail = tuple(node.module.split(".")) if node.module else ()
            targets = [base + tail] if base + tail else [(a.name,) for a in node.names]
        else:
            parts = tuple((node.module or "").split("."))
            targets = [parts[1:]] if parts[0] == "torchlike" else []
        for target in targets:
            if target and target[0] in LAYERS:
                yield target[0], node.lineno


@pytest.mark.parametrize("path", [p for p in FILES if p.parts[0] in LAYERS], ids=str)
def test_imports_point_one_way(path):
    own = path.parts[0]
    allowed = [layer for layer in LAYERS[: LAYERS.index(own) + 1] if (own, layer) not in SEPARATE or path in MEETING]
    wrong = [f"line {line}: {layer}" for layer, line in imported_layers(path) if layer not in allowed]
    assert not wrong, f"{path} imports {wrong}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_stay_small(path):
    assert len((ROOT / path).read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_say_why_they_exist(path):
    tree = ast.parse((ROOT / path).read_text())
    assert ast.get_docstring(tree) or not tree.body, f"{path} has no docstring"


@pytest.mark.parametrize("name", sorted(n for n, e in ENTRIES.items() if e.public or e.method))
def test_public_functions_have_a_docstring(name):
    assert inspect.getdoc(ENTRIES[name].call), f"{name} has no docstring"


def test_core_names_no_op():
    """The tape knows no op by name: nothing in execution/ or core/ reads the registry but its installer."""
    readers = [p for p in FILES if p.parts[0] in ("execution", "core") and "ENTRIES" in (ROOT / p).read_text()]
    assert {p.name for p in readers} <= {"op.py", "install.py"}


def test_no_torch_inside():
    for path in FILES:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not any(n and n.split(".")[0] == "torch" for n in names), f"{path} imports torch"
