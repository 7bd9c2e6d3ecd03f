"""PyTorch programs as users write them. Each file imports `torch`, trains something small and gives its losses from `main()`.

They run under torch and under torchlike from the same text. So that the losses can be compared, what users draw at random is drawn by NumPy
here: the data, and (`common.settle`) the weights. What torch answers is kept in golden.json (`python -m tests.programs.record`).
"""

import builtins
import json
from pathlib import Path

HERE = Path(__file__).parent
GOLDEN = HERE / "golden.json"
NAMES = sorted(p.stem for p in HERE.glob("*.py") if p.stem not in ("__init__", "common", "record"))


def load(name: str, framework: str) -> dict:
    """The names a program defines, with its imports of torch answered by `framework`: "torch" or "torchlike"."""

    def imported(module, *args, **kwargs):
        top, dot, rest = module.partition(".")
        return builtins.__import__(framework + dot + rest if top == "torch" else module, *args, **kwargs)

    path = HERE / f"{name}.py"
    names = {"__name__": f"{__name__}.{name}", "__builtins__": {**vars(builtins), "__import__": imported}}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names


def curve(name: str, framework: str) -> tuple[list[float], float]:
    """The losses of a program, and how far two frameworks may differ in them: 1e-3, unless it names its own TOLERANCE."""
    program = load(name, framework)
    return [float(loss) for loss in program["main"]()], program.get("TOLERANCE", 1e-3)


def recorded() -> dict[str, list[float]]:
    """The losses of every program under torch."""
    return json.loads(GOLDEN.read_text())
