"""What was timed."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(init=True, repr=False, eq=True, frozen=True)
class TaskSpec:
    """A statement, its set-up, and the labels under which tables show it."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The labels, or the statement where there are none."""
        if self.label is None:
            return self.stmt + (f" ({self.sub_label})" if self.sub_label else "")
        return self.label + (f": {self.sub_label}" if self.sub_label else "")

    def setup_str(self) -> str:
        """The set-up as `summarize` shows it, empty for none."""
        if not self.setup or self.setup == "pass":
            return ""
        if "\n" not in self.setup:
            return f"setup: {self.setup}"
        return "setup:\n" + "".join(f"  {line}\n" for line in self.setup.splitlines())

    def summarize(self) -> str:
        """Title, description and set-up as lines."""
        return "\n".join(part for part in (self.title, self.description or "", self.setup_str()) if part)
