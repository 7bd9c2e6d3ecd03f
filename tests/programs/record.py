"""Record torch's losses for every program: `python -m tests.programs.record` (needs the parity extra)."""

import json

from . import GOLDEN, NAMES, curve

if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: curve(name, "torch")[0] for name in NAMES}, indent=0) + "\n")
