"""`Compare`: measurements side by side in a table of text."""

from __future__ import annotations

import enum

from .measurement import Measurement
from .units import ordered_unique, select_unit, trim_sigfig, unit_to_english

_GREEN, _RED, _BOLD, _PLAIN = "\033[92m", "\033[31m", "\033[1m", "\033[0m"


class Colorize(enum.Enum):
    """What the times of a table are coloured against."""

    NONE = "none"
    COLUMNWISE = "columnwise"
    ROWWISE = "rowwise"


class Compare:
    """Tables of measurements: one for each label, a column for each description, a row for each number of threads and sub-label
    (torch.utils.benchmark.Compare)."""

    def __init__(self, results: list[Measurement]):
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trim = self._warnings = False
        self._colorize = Colorize.NONE

    def extend_results(self, results) -> None:
        """Add measurements; ValueError for anything else."""
        for r in results:
            if not isinstance(r, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(r)} instead.")
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Show no more figures than the times deserve."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colour the best times green and those more than twice as long red, by column or by row."""
        self._colorize = Colorize.ROWWISE if rowwise else Colorize.COLUMNWISE

    def highlight_warnings(self) -> None:
        """Mark times that scatter widely."""
        self._warnings = True

    def print(self) -> None:
        """Print the tables."""
        print(str(self))

    def __str__(self):
        merged = Measurement.merge(self._results)
        tables = (self._table([m for m in merged if m.task_spec.label == label]) for label in ordered_unique(m.task_spec.label for m in merged))
        return "\n".join(tables)

    def _table(self, group: list[Measurement]) -> str:
        unit, scale = select_unit(min(m.median for m in group))
        columns = ordered_unique(m.task_spec.description or "" for m in group)
        rows = ordered_unique((m.task_spec.num_threads, m.as_row_name) for m in group)
        cells = {((m.task_spec.num_threads, m.as_row_name), m.task_spec.description or ""): m for m in group}
        texts = {place: self._text(m, scale) for place, m in cells.items()}
        widths = [max([len(c), *(len(texts.get((r, c), "")) for r in rows)]) for c in columns]
        head = max(len(name) for _, name in rows) + 8
        lines = [" " * head + "".join(f"|{c.center(w + 4)}" for c, w in zip(columns, widths, strict=True))[:-2]]
        length = len(lines[0])
        lines.insert(0, f"[{f' {group[0].task_spec.label or group[0].task_spec.stmt} '.center(length - 2, '-')}]")
        threads = None
        for row in sorted(rows, key=lambda r: r[0]):
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{threads} threads: ".ljust(length, "-"))
            shown = [self._coloured(cells, row, c, texts.get((row, c), "").rjust(w)) for c, w in zip(columns, widths, strict=True)]
            lines.append(f"      {row[1]}".ljust(head) + "".join(f"|  {text}  " for text in shown)[:-2])
        note = f"Times are in {unit_to_english(unit)}s ({unit})."
        if self._warnings and any(m.has_warnings for m in group):
            note += "\n(! XX%) Measurement has high variance, where XX is the IQR / median * 100."
        return "\n".join([*lines, "", note]) + "\n"

    def _text(self, m: Measurement, scale: float) -> str:
        value = m.median / scale
        if not self._trim:
            text = f"{value:.1f}"
        else:
            figures = m.significant_figures
            before = len(str(int(value)))
            text = f"{trim_sigfig(value, figures):.{max(figures - before, 0)}f}"
        return f"(! {m.iqr / m.median:.0%}) {text}" if self._warnings and m.has_warnings else text

    def _coloured(self, cells: dict, row: tuple, column: str, text: str) -> str:
        if self._colorize is Colorize.NONE or (row, column) not in cells:
            return text
        along_column = self._colorize is Colorize.COLUMNWISE
        rivals = [m.median for (r, c), m in cells.items() if (c == column and r[0] == row[0] if along_column else r == row)]
        ratio = cells[row, column].median / min(rivals)
        colour = _GREEN if ratio <= 1 else _RED if ratio > 2 else ""
        return f"{colour}{_BOLD}{text}{_PLAIN}{_PLAIN}" if colour else text
