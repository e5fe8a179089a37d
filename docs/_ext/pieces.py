"""Small pieces of Markdown."""

from collections.abc import Iterable, Sequence

__all__ = ["code", "one_line", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one_line(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def one_line(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


def code(text: object) -> str:
    """The text in a fixed-width face."""
    return f"`{text}`"
