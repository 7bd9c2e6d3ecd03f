"""The table that `FlopCounterMode` prints."""

from __future__ import annotations

from collections.abc import Iterator

_HEADER = ("Module", "FLOP", "% Total")
_UNITS = ("", "K", "M", "B", "T")


def flop_table(counts: dict, total: int, depth: int | None) -> str:
    """Modules down to `depth` and their operators, each with its count and share; all together first unless a module did it all."""
    unit = min(max(0, (len(str(total)) - 2) // 3), len(_UNITS) - 1)
    modules = sorted(name for name in counts if name != "Global" and (depth is None or name.count(".") < depth))
    rows = [row for name in modules for row in _rows(name, counts[name], total, unit, name.count("."))]
    if "Global" in counts and not any(sum(counts[name].values()) >= total for name in modules):
        rows = [*_rows("Global", counts["Global"], total, unit, 0), *((f" {name}", *numbers) for name, *numbers in rows)]
    return _laid_out(rows or [("Global", "0", "0%")])


def _rows(name: str, counts: dict, total: int, unit: int, indent: int) -> Iterator[tuple]:
    space = " " * indent
    for label, count in [(name, sum(counts.values())), *((f" - {op}", count) for op, count in counts.items())]:
        share = f"{count / total:.2%}" if total else "0%"
        yield space + label, f"{count / 1000**unit:.3f}{_UNITS[unit]}", share


def _laid_out(rows: list) -> str:
    columns = list(zip(_HEADER, *rows, strict=True))
    widths = [max(len(column[0]) + 2 if i else 0, *map(len, column)) for i, column in enumerate(columns)]
    lines = [_HEADER, tuple("-" * width for width in widths), *rows]
    return "\n".join("  ".join((name.ljust(widths[0]), *(x.rjust(w) for x, w in zip(rest, widths[1:], strict=True)))).rstrip()
                     for name, *rest in lines)
