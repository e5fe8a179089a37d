"""What each further table of the folder may be: a matrix and which way round, laboratory results, or nothing known."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from biomarker.errors import BiomarkerError
from biomarker.ingest.spelling import as_numbers, clean
from biomarker.operate.draft.long_tables import laboratory, proteins, subject_column, variants
from biomarker.operate.draft.modality import Modality
from biomarker.operate.draft.tables import FolderTable, without_content

__all__ = ["modality_of", "running", "subject_matrix"]

EXPRESSION = re.compile(r"rna|expr|gene|tpm|fpkm|count|transcript|array|nanostring", re.IGNORECASE)
#: From this many features on, a table of numbers may be gene expression whatever it is called.
MANY = 500
LOG2_LIMIT = 64.0


def modality_of(
    table: FolderTable,
    id: str,
    subjects: Sequence[str],
    dates: Sequence[str],
    others: Sequence[FolderTable],
    *,
    base: Path,
) -> Modality | str:
    """The modality that a table may be, or in words why it is none.

    Parameters
    ----------
    table : FolderTable
    id : str
        Column of identifiers of the subject table.
    subjects : sequence of str
        The identifiers.
    dates : sequence of str
        Columns of dates of the subject table.
    others : sequence of FolderTable
        Further tables of the folder, one of which may say who was sequenced.
    base : Path
        Folder of the study file.
    """
    ids = set(subjects)
    if running(subjects) and id not in table.frame.columns:
        return f"identifiers are running numbers, which every table can have: name the column {id}, if it is the same"
    subject = subject_column(table, id, ids)
    guess: Modality | str | None = None
    if subject is not None:
        guess = (
            proteins(table, subject, ids)
            or variants(table, subject, ids, others)
            or laboratory(table, subject, ids, dates)
        )
    guess = guess or _matrix(table, id, ids)
    if isinstance(guess, str):
        return guess
    settings = {"type": guess.settings["type"], "path": _relative(table.path, base), **guess.settings}
    if settings.get("tested"):
        settings["tested"] = {**settings["tested"], "path": _relative(Path(settings["tested"]["path"]), base)}
    if table.separator is not None:
        settings["separator"] = table.separator
    guess = replace(guess, settings=settings)
    return _refused(guess, base) or guess


def running(ids: Sequence[str]) -> bool:
    """Whether identifiers are no more than 1, 2, 3, ..., so that they meet those of any other table."""
    numbers = {str(i) for i in range(len(ids) + 1)}
    return bool(ids) and set(ids) <= numbers


def _relative(path: Path, base: Path) -> str:
    import os

    return os.path.relpath(path.resolve(), base.resolve())


def _refused(guess: Modality, base: Path) -> str:
    """Why the source does not read the table with these settings; empty where it does."""
    from biomarker.config.base import settings_part
    from biomarker.ingest.registry import SOURCES

    if not all(guess.settings.get("where", {}).values()):
        return ""  # the user must say more before anything can be read
    source = SOURCES[guess.settings["type"]]
    try:
        source.read(settings_part(source.settings, guess.settings), base=base)
    except BiomarkerError as error:
        return f"{guess.settings['type']} was tried: {without_content(error.message)}"
    return ""


# --- matrices ---------------------------------------------------------------------------------------------------------


def _matrix(table: FolderTable, id: str, ids: set[str]) -> Modality | str:
    header = ids & set(table.frame.columns)
    key = _id_of(table, id, ids)
    if len(header) >= max(2, len(ids) // 10) and (key is None or len(header) > 1):
        return _features_in_rows(table, ids)
    if key is None:
        return "no column, and no header, holds identifiers of the subjects"
    if table.columns[key].known < table.columns[key].rows:
        return f"column {key} identifies the subjects, and is empty in some rows"
    if not table.columns[key].key:
        return "a subject has several rows: it is no matrix, and no other kind of table that is known"
    if any(column.commas for column in table.columns.values()):
        return "decimals stand behind a comma, so that numbers are read as text: write them with a point"
    text = [
        n for n, c in table.columns.items() if n != key and c.kind not in ("number", "nothing") and not _truth(c.codes)
    ]
    features = [name for name in table.frame.columns if name != key and name not in text]
    if not features:
        return "no column of numbers"
    given: dict[str, Any] = {"type": "matrix", "id": key, "orientation": "subjects_in_rows"}
    if text:
        given["exclude"] = text
    here = set(table.frame[key].to_list())
    why = {"orientation": f"column {key} holds {len(here & ids)} of the {len(ids)} subjects"}
    if text:
        why["exclude"] = "columns that are no numbers"
    return _with_scale(table, features, Modality(_called(table), given, why))


def _truth(codes: dict[str, int]) -> bool:
    return bool(codes) and {code.lower() for code in codes} <= {"true", "false"}


def _id_of(table: FolderTable, id: str, ids: set[str]) -> str | None:
    """The column that identifiers stand in, at least a tenth of them: that of the same name, or that with most."""
    met = {
        name: len(ids & set(table.frame[name].to_list()))
        for name, column in table.columns.items()
        if column.kind == "text" or column.whole
    }
    best = max(met, key=lambda name: (name == id, met[name]), default=None)
    return best if best is not None and met[best] >= max(2, len(ids) // 10) else None


def _features_in_rows(table: FolderTable, ids: set[str]) -> Modality | str:
    subjects = [name for name in table.frame.columns if name in ids]
    others = [name for name in table.frame.columns if name not in ids]
    names = [
        name
        for name in others
        if table.columns[name].kind == "text" and table.columns[name].known == table.frame.height
    ]
    if not names:
        return "subjects in columns, and no column that names the rows"
    given: dict[str, Any] = {"type": "matrix", "id": names[0], "orientation": "features_in_rows"}
    # what describes the rows stands before the subjects; a later column that is unknown may be one, and is not named
    before = table.frame.columns[: table.frame.columns.index(subjects[0])]
    annotation = [name for name in before if name != names[0] and table.columns[name].kind in ("text", "date")]
    if annotation:
        given["exclude"] = annotation
    why = {"orientation": f"{len(subjects)} of the {len(ids)} subjects are columns"}
    return _with_scale(table, subjects, Modality(_called(table), given, why), in_rows=True)


def _with_scale(table: FolderTable, columns: list[str], guess: Modality, *, in_rows: bool = False) -> Modality:
    """A matrix of expression, with what its numbers can be, where the name or the size of the table says so."""
    features = table.frame.height if in_rows else len(columns)
    if not (EXPRESSION.search(table.path.name) or features >= MANY):
        return guess
    # the cells end to end: thousands of expressions would take longer than the work
    cells = clean(pl.concat([table.frame[name] for name in columns], rechunk=True))
    values = as_numbers(cells).to_numpy().reshape(len(columns), -1)
    values = values if in_rows else values.T  # (n_subjects, n_features)
    if not np.isfinite(values).any() or np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
        return guess
    scale, evidence, sure = _scale(values, table.path.name)
    settings = {**guess.settings, "type": "expression", "scale": scale}
    asked = {} if sure else {"scale": f"confirm the scale: counts, tpm, log2_tpm, log2_cpm or log2 ({evidence})"}
    return Modality(guess.name, settings, {**guess.why, "scale": evidence}, {**guess.fill, **asked})


def _scale(values: "np.ndarray[Any, Any]", name: str) -> tuple[str, str, bool]:
    """The scale that the numbers can be on, the evidence, and whether no other fits them."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    seen = f"from {low:.4g} to {high:.4g}"
    whole = bool((np.isnan(values) | (values == np.round(values))).all())
    totals = np.nansum(values, axis=1)
    if low >= 0 and whole and high > LOG2_LIMIT:
        return "counts", f"whole numbers {seen}", True
    if low >= 0 and high > LOG2_LIMIT:
        million = bool((np.abs(totals - 1e6) < 2e5).all())
        return "tpm", f"{seen}, {'each subject sums to about a million' if million else 'not negative'}", million
    if high > LOG2_LIMIT:
        return "native", f"{seen}: negative, and too large for logarithms", False
    if low >= 0 and "tpm" in name.lower():
        return "log2_tpm", f"{seen}, and the file's name", False
    kind = "log2_tpm" if low == 0 else "log2"
    sign = ", some negative: no counts and no TPM" if low < 0 else ""
    return kind, f"{seen}{sign}: logarithms", False


def _called(table: FolderTable) -> str:
    """A name for the modality from that of the file."""
    stem = re.sub(r"[^0-9A-Za-z]+", "_", table.path.name.split(".")[0]).strip("_")[:50]
    return stem if re.match(r"[A-Za-z]", stem) else f"table_{stem}"


def subject_matrix(table: FolderTable, id: str | None, measured: Sequence[str], *, base: Path) -> Modality | None:
    """The columns of the subject table that are measurements, as a modality."""
    if not measured:
        return None
    separator = {} if table.separator is None else {"separator": table.separator}
    settings = {
        "type": "matrix",
        "path": _relative(table.path, base),
        **separator,
        "id": id,
        "orientation": "subjects_in_rows",
        "columns": list(measured),
    }
    asked = {"id": "the same column of identifiers"} if id is None else {}
    asked["columns"] = "numbers of the subject table: keep what was known before treatment, take out every outcome"
    return Modality("clinical", settings, fill=asked)
