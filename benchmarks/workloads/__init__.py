"""The training steps that suite.py measures: `WORKLOADS`, by name. One file per family; program.py says what a workload consists of."""

from . import dqn, gpt, micro, mlp, recurrent, vae, vision

WORKLOADS = {w.name: w for module in (mlp, vision, gpt, recurrent, micro, vae, dqn) for w in module.WORKLOADS}
