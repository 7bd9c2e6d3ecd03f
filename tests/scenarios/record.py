"""Record torch's answers to every scenario: `python -m tests.scenarios.record` (needs the parity extra). The test suite without torch compares
with these files; the parity tests ask the installed torch again and check that the files are what it says."""

import json

import torch

from . import GOLDEN, SUBJECTS, cases
from .describe import outcome

if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for subject in SUBJECTS:
        answers = {name: outcome(case, torch) for s, name, case in cases() if s == subject}
        (GOLDEN / f"{subject}.json").write_text(json.dumps(answers, indent=0, sort_keys=True) + "\n")
        print(f"{subject}: {len(answers)} scenarios recorded from torch {torch.__version__}")
