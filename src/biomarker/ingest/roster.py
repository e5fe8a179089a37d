"""The table of who was studied, whatever standard it comes in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from biomarker.ingest.cohort import CohortSettings, SubjectsType
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.rows import Supplement, chosen_rows, supplemented

__all__ = ["Roster", "RosterSettings", "other_arm", "read_roster"]

#: Arm as planned, and as given, in the standards.
PLANNED_ACTUAL = (("ARM", "ACTARM"), ("ARMCD", "ACTARMCD"), ("TRT01P", "TRT01A"), ("TRT01PN", "TRT01AN"))


@dataclass(frozen=True, kw_only=True)
class RosterSettings:
    """Where the subjects are told, and which of them are meant."""

    path: str = field(metadata={"doc": "The file, relative to the study file."})
    id: str = field(metadata={"doc": "Column of the subject's id."})
    type: SubjectsType = field(default="table", metadata={"doc": "Where the subjects come from."})
    separator: str | None = field(
        default=None,
        metadata={"doc": "The character between columns, where the file's ending does not tell it."},
    )
    where: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"doc": "Rows that are meant, by the values of a column."}
    )
    supplement: str | None = field(default=None, metadata={"doc": "A SUPP-- file that adds columns."})
    cohort: CohortSettings | None = field(default=None, metadata={"doc": "Of patient records: who is studied."})


@dataclass(frozen=True)
class Roster:
    """A row a subject.

    Attributes
    ----------
    table : Table
    rows_in : int
        Rows before any was left out.
    excluded : mapping of str to int
    notes : tuple of str
    """

    table: Table
    rows_in: int
    excluded: Mapping[str, int]
    notes: tuple[str, ...] = ()


def read_roster(settings: RosterSettings, *, base: Path) -> Roster:
    """Read the table of subjects.

    Of a ``table``, ``adam`` (ADSL) or ``sdtm`` (DM) it is the file, with the columns of its supplement; of ``omop`` and
    ``fhir`` a table made of the records as `CohortSettings` say, a row a person of the cohort. `where` chooses among
    its rows, also by columns of the supplement.

    Raises
    ------
    BiomarkerError
        A file cannot be read, a column or a wanted value is not there, or nobody is left.
    """
    if settings.type in _COHORTS:
        roster = _COHORTS[settings.type](settings, base)
        table, rows_in, excluded, notes = roster.table, roster.rows_in, dict(roster.excluded), list(roster.notes)
    else:
        table = read_text(base / settings.path, separator=settings.separator, id=settings.id)
        rows_in, excluded, notes = table.frame.height, {}, []
    if settings.supplement is not None:
        table.require([settings.id], key="subjects.id")
        table, note = supplemented(table, Supplement(path=settings.supplement), base=base, id=settings.id)
        notes += [note] if note else []
    table, left_out = chosen_rows(table, settings.where, key="subjects.where")
    return Roster(table, rows_in, {**excluded, **left_out}, tuple(notes))


def other_arm(column: str | None, table: Table) -> str:
    """How many were planned for one arm and received another, in words; empty where the table does not tell."""
    for planned, actual in PLANNED_ACTUAL:
        if column in (planned, actual) and {planned, actual} <= set(table.frame.columns):
            pair = table.frame.select(planned, actual).drop_nulls()
            differ = int((pair[planned] != pair[actual]).sum())
            as_what = "planned" if column == planned else "received"
            return f"Arms as {as_what} ({column}): {planned} and {actual} differ in {differ} of {pair.height} subjects"
    return ""


def _omop(settings: RosterSettings, base: Path) -> Roster:
    from biomarker.ingest.omop_cohort import omop_roster

    return Roster(*omop_roster(settings.path, settings.cohort, base=base))


def _fhir(settings: RosterSettings, base: Path) -> Roster:
    from biomarker.ingest.fhir_cohort import fhir_roster

    return Roster(*fhir_roster(settings.path, settings.cohort, base=base))


_COHORTS: Mapping[str, Callable[[RosterSettings, Path], Roster]] = {"omop": _omop, "fhir": _fhir}
