"""What torchlike does under the hood (torchlike.debug)."""

from __future__ import annotations

from .execution.report import report


def stats() -> dict[str, int | float]:
    """What the deferred executor has done: segments run (`flushes`) with how many values (`ops`), those run op by op (`stepwise`), programs
    compiled (`programs`) in how many `seconds`, of these the ones compiled before they had come back (`speculations`), and kernels or
    programs found in the persistent cache (`cache_hits`)."""
    names = ("flushes", "ops", "stepwise", "programs", "seconds", "speculations", "cache_hits")
    return {name: getattr(report, name) for name in names}


def explain(most: int = 10) -> str:
    """A text for a person: where pending work was cut off and run, by line and reason, which programs were compiled there and what was
    new about each, and which compiled functions could not be repeated and why."""
    numbers = stats()
    lines = [
        f"{numbers['flushes']} segments with {numbers['ops']} values were run, {numbers['stepwise']} of them op by op; {numbers['programs']} "
        f"programs were compiled in {numbers['seconds']:.2f} s; {numbers['cache_hits']} compilations were found in the cache.",
    ]
    if report.cuts:
        lines.append("Where segments ended:")
        lines += [f"  {count:6} x {file}:{line}: {reason}" for (reason, file, line), count in report.cuts.most_common(most)]
    if report.compiled:
        lines.append("Programs compiled, the latest last:")
        for site, ops, seconds, change in list(report.compiled)[-most:]:
            lines.append(f"  {site[1]}:{site[2]}: {ops} ops, {seconds:.2f} s: {change}")
    if report.notes:
        lines.append("Compiled functions:")
        lines += [f"  {file}:{line}: {text}" for (_, file, line), text in list(report.notes.items())[-most:]]
    return "\n".join(lines)


def reset() -> None:
    """Begin counting anew."""
    report.clear()


__all__ = ["explain", "reset", "stats"]
