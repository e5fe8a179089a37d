"""How far the long jobs of a run are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

__all__ = ["Progress", "read_progress"]


@dataclass(frozen=True)
class Progress:
    """How far one job is.

    Attributes
    ----------
    job : str
    done, total : int
    seconds : float or None
        That it took so far; None where it did not say.
    """

    job: str
    done: int
    total: int
    seconds: float | None

    @property
    def rate(self) -> float | None:
        """Pieces a second."""
        return self.done / self.seconds if self.seconds and self.done else None

    @property
    def left(self) -> float | None:
        """Seconds that are left at this rate."""
        return (self.total - self.done) / self.rate if self.rate else None

    def __str__(self) -> str:
        share = self.done / self.total if self.total else 0.0
        words = f"{self.job}: {self.done} of {self.total} ({share:.0%})"
        if self.rate is None or self.left is None:
            return words
        return f"{words}, {self.rate:,.1f} a second, about {duration(self.left)} left"


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def read_progress(results: Path) -> Iterator[Progress]:
    """What the jobs at work say of themselves."""
    for path in sorted((results / "run" / "progress").glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            yield Progress(record["stage"], int(record["done"]), int(record["total"]), _seconds(record))
        except (OSError, ValueError, KeyError, TypeError):  # the job has just ended, or a file is damaged
            continue


def _seconds(record: dict[str, str]) -> float | None:
    if "started" not in record or "updated" not in record:
        return None
    return (datetime.fromisoformat(record["updated"]) - datetime.fromisoformat(record["started"])).total_seconds()
