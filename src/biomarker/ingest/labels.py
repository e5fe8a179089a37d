"""A label of each subject from a table of its own: the batch in which a sample was measured, say."""

from pathlib import Path

from biomarker.errors import DataError, SchemaError
from biomarker.ingest.reading import read_text
from biomarker.ingest.spelling import clean

__all__ = ["read_labels"]


def read_labels(path: Path, *, id: str, column: str, key: str = "quality.batches") -> dict[str, str]:
    """Label by subject; subjects without one are absent. ``key`` is the key of the study file that asks.

    Raises
    ------
    SchemaError
        A column is absent, or a subject has two labels.
    DataError
        The table cannot be read, or names nothing.
    """
    table = read_text(path)
    table.require([id, column], key=key)
    ids, labels = table.ids(id, unique=False, missing=True), clean(table.frame[column])
    found: dict[str, str] = {}
    for place, (subject, label) in enumerate(zip(ids, labels, strict=True)):
        if subject is None or label is None:
            continue
        if found.setdefault(subject, label) != label:
            raise SchemaError(
                f"{table.name}, {table.where([place])}, column {column!r}: a subject has two different values",
                "Give each subject one row, or one value.",
            )
    if not found:
        raise DataError(f"{table.name} has no subject with a value in the column {column!r}")
    return found
