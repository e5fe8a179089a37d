"""The mark of a line that a first study file leaves to the user."""

import re
from pathlib import Path

from biomarker.errors import ConfigError

__all__ = ["MARK", "marked_lines", "refuse_marks"]

MARK = "# FILL IN"
_MARKED = re.compile(rf"(?:^|\s){MARK}\b")


def marked_lines(text: str) -> dict[int, str]:
    """Lines that bear the mark, by number from 1, without what is asked."""
    return {i: line.strip() for i, line in enumerate(text.splitlines(), start=1) if _MARKED.search(line)}


def refuse_marks(path: Path, text: str) -> None:
    """Raise a `ConfigError` that lists every line which still bears the mark."""
    lines = marked_lines(text)
    if lines:
        count = f"{len(lines)} line{'s are' if len(lines) > 1 else ' is'} still marked {MARK}"
        listed = "\n".join(f"  line {number}: {line}" for number, line in lines.items())
        hint = f"Write or confirm each value, delete the comment behind it, then: biomarker check {path}"
        raise ConfigError(f"{path}: {count}\n{listed}", hint)
