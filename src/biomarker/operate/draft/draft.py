"""From a folder to a study file."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from biomarker.config.marks import marked_lines
from biomarker.errors import ConfigError, DataError
from biomarker.ingest.reading import ROW
from biomarker.operate.draft.modalities import modality_of, subject_matrix
from biomarker.operate.draft.modality import Modality
from biomarker.operate.draft.roles import id_column, roles_of, subject_table
from biomarker.operate.draft.tables import FolderTable, read_tables
from biomarker.operate.draft.text import study_text

__all__ = ["draft_study"]


def draft_study(folder: Path, output: Path) -> int:
    """Write a study file for the tables of a folder; returns how many of its lines are marked for the user.

    Raises
    ------
    ConfigError
        The folder does not exist, or the study file does already: nothing is ever written over.
    DataError
        The folder holds no table that can be read, or none that could be that of the subjects.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", "Name the folder that holds the study's tables.")
    if output.exists():
        raise ConfigError(f"{output} exists already", "Nothing is written over: choose another name with --output.")
    tables, unused = read_tables(folder)
    if not tables:
        said = "".join(f"\n  {name}: {why}" for name, why in unused.items())
        raise DataError(
            f"{folder} holds no table that can be read (CSV, TSV or Parquet, also gzip or zstd){said}",
            "Put the study's tables into it; spreadsheets are saved as CSV first.",
        )
    subjects = subject_table(tables)
    if subjects is None:
        raise DataError(
            f"{folder}: none of its {len(tables)} tables could be that of the subjects",
            "It needs a row a subject, with an identifier that is unique and that the other tables use as well.",
        )
    base = output.parent
    roles = roles_of(subjects, id_column(subjects))
    ids = [] if roles.id is None else subjects.frame[roles.id].to_list()
    if roles.id is None and len(tables) == 1:
        roles.id = ROW
    found = [subject_matrix(subjects, roles.id, roles.measured, base=base)]
    others = [table for table in tables if table is not subjects]
    further, reasons = _further(others, roles.id or "", ids, roles.dates, base)
    modalities = [modality for modality in (*further, *found) if modality is not None]
    text = study_text(
        _study_name(folder, output),
        subjects,
        roles,
        modalities,
        path=os.path.relpath(subjects.path.resolve(), base.resolve()),
        elsewhere=_arms(others),
        unused=unused | reasons,
    )
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror}", "Choose another place with --output."
        ) from None
    return len(marked_lines(text))


def _arms(tables: Sequence[FolderTable]) -> dict[str, str]:
    """The column of each table that may be the arms."""
    arms = {table.name: roles_of(table, id_column(table)).arms for table in tables}
    return {name: found[0] for name, found in arms.items() if found}


def _further(
    tables: Sequence[FolderTable], id: str, ids: Sequence[str], dates: Sequence[str], base: Path
) -> tuple[list[Modality], dict[str, str]]:
    """Modalities of the other tables, and why a table is none."""
    modalities: list[Modality] = []
    reasons: dict[str, str] = {}
    features: dict[frozenset[str], str] = {}
    for table in tables:
        guess = modality_of(table, id, ids, dates, tables, base=base)
        if isinstance(guess, str):
            reasons[table.name] = guess
            continue
        if outcomes := _outcomes(table, guess):
            reasons[table.name] = (
                f"{', '.join(outcomes)} may be outcomes, which are read from the subject table: put them into it"
            )
            continue
        same = _feature_names(table, guess)
        if same in features:
            reasons[table.name] = f"the same features as {features[same]}"
            continue
        features[same] = table.name
        modalities.append(guess)
    lists = {os.path.basename(m.settings["tested"]["path"]) for m in modalities if m.settings.get("tested")}
    return modalities, {name: why for name, why in reasons.items() if name not in lists}


def _outcomes(table: FolderTable, guess: Modality) -> list[str]:
    """Columns of a table of markers that say how subjects did: as features they would tell the outcome too well."""
    if guess.settings["type"] != "matrix" or guess.settings["orientation"] != "subjects_in_rows":
        return []
    roles = roles_of(table, guess.settings["id"])
    return [*roles.responses, *roles.answers, *(name for pair in roles.times for name in pair)]


def _feature_names(table: FolderTable, guess: Modality) -> frozenset[str]:
    settings = guess.settings
    if settings.get("orientation") == "features_in_rows":
        return frozenset(table.frame[settings["id"]].to_list())
    if settings.get("orientation") == "subjects_in_rows":
        return frozenset(table.frame.columns) - {settings["id"]}
    return frozenset([table.name])


def _study_name(folder: Path, output: Path) -> str:
    """The folder's name, with the file's where it has one of its own: two studies of a folder share no results."""
    own = "" if output.stem == "study" else f"-{output.stem}"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{folder.resolve().name}{own}").strip("-._")
    return name[:64] or "my-study"
