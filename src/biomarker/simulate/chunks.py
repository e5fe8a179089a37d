"""Subjects in runs of a fixed length, so that memory does not grow with their number.

Whatever is drawn within a run comes from a stream named after it: it can be drawn again, and no run depends on another.
"""

from collections.abc import Iterator

__all__ = ["CHUNK", "chunks"]

CHUNK = 1000


def chunks(n_subjects: int) -> Iterator[tuple[int, slice]]:
    """Number and range of each run."""
    for number, start in enumerate(range(0, n_subjects, CHUNK)):
        yield number, slice(start, min(start + CHUNK, n_subjects))
