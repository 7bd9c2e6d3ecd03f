"""Autograd beyond the tape: hooks and their order, re-entrant and threaded backward, what is saved and how, anomaly mode, edges, numeric
checks, functional derivatives, checkpointing."""

# The programs of the subject live in several files, one per chapter.

from . import autograd_checkpoint, autograd_checks, autograd_hooks, autograd_saved

CASES = {**autograd_hooks.CASES, **autograd_saved.CASES, **autograd_checks.CASES, **autograd_checkpoint.CASES}
