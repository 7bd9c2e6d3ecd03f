"""Programs that run under torch and torchlike alike, by subject. `CASES` of each module maps names to functions of the module under test."""

import importlib
import json
from pathlib import Path

SUBJECTS = ("tape", "tensors", "ops", "modules", "optimizers", "schedules", "data", "printing", "autograd", "func", "func_rules",
            "forward_mode", "profiler", "overrides", "calls", "autograd_functions", "autograd_views", "autograd_nodes", "autograd_kinks",
            "storages", "refusals", "layers", "indexing", "distributed", "helpers", "kernels", "numbers")
GOLDEN = Path(__file__).with_name("golden")


def cases():
    """(subject, name, function) of every scenario."""
    for subject in SUBJECTS:
        module = importlib.import_module(f"{__name__}.{subject}")
        for name, case in module.CASES.items():
            yield subject, name, case


def recorded(subject: str) -> dict:
    """What torch answered, as recorded by `python -m tests.scenarios.record`."""
    return json.loads((GOLDEN / f"{subject}.json").read_text())
