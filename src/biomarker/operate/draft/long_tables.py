"""Tables with a row a measurement: laboratory results, variants, proteins; known by their columns."""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from biomarker.ingest.spelling import clean
from biomarker.ingest.units import is_unit
from biomarker.ingest.variants import OTHER_CLASSES, PROTEIN_CHANGING
from biomarker.operate.draft.columns import words_of
from biomarker.operate.draft.modality import Modality
from biomarker.operate.draft.tables import FolderTable

__all__ = ["laboratory", "proteins", "subject_column", "variants"]

#: Columns of a long laboratory table by role: the first name that matches.
LABS = {
    "test": r"^(?:lb)?(?:test|testcd|analyte|parameter|param|paramcd|measurement|assay)(?: ?name| ?code)?$",
    "value": r"^(?:lb)?(?:value|result|aval|stresn|orres|test ?result)(?: ?value)?$",
    "unit": r"^(?:lb)?(?:unit|units|stresu|orresu|avalu|uom)$",
    "date": r"^(?:lb)?(?:date|dtc|sampling ?date|sample ?date|collection ?date|adt|visit ?date)$",
    "day": r"^(?:lb)?(?:day|dy|ady|study ?day)$",
    "low": r"^(?:ref|lb|normal|range)? ?(?:low|lo|lower|lln|anrlo|stnrlo|ornrlo)(?: ?limit)?$",
    "high": r"^(?:ref|lb|normal|range)? ?(?:high|hi|upper|uln|anrhi|stnrhi|ornrhi)(?: ?limit)?$",
}
INDEX_DATE = re.compile(r"rand|index|first ?dose|start|baseline|enrol|consent|rfst|trtsdt")
VARIANTS = {
    "gene": r"^(?:hugo ?)?(?:symbol|gene)(?: ?symbol| ?name)?$",
    "classification": r"^(?:variant|mutation) ?(?:class|classification|type|effect)$|^consequence$",
    "protein_change": r"^hgvsp(?: ?short)?$|^protein ?change$|^amino ?acid ?change$|^aa ?change$",
}
TESTED = re.compile(r"tested|sequenced|assayed|profiled|panel ?subjects")
VISIT = re.compile(r"^(?:time|visit|timepoint|time ?point|week|day|avisit)$")
BASELINE = re.compile(r"base|screen|^pre|day ?0*[01]$|c0*1 ?d0*1$|^0$")
#: More classes of variants than this are no classes.
MOST_CLASSES = 30
#: Columns of Olink's long format that a file may lack.
OPTIONAL = {"assay_id": "OlinkID", "panel": "Panel", "lod": "LOD", "qc": "QC_Warning", "plate": "PlateID"}


def subject_column(table: FolderTable, id: str, ids: set[str]) -> str | None:
    """The column that says whose a row is: the one with most identifiers."""
    met = {name: len(ids & set(table.frame[name].to_list())) for name in table.columns}
    best = max(met, key=lambda name: (met[name], name == id))
    return best if met[best] else None


def _found(table: FolderTable, patterns: dict[str, str]) -> dict[str, str | None]:
    return {
        role: next((n for n in table.columns if re.search(pattern, " ".join(words_of(n)))), None)
        for role, pattern in patterns.items()
    }


def _met(table: FolderTable, column: str, ids: set[str]) -> str:
    here = set(table.frame[column].drop_nulls().to_list())
    return f"{len(here & ids)} of the {len(ids)} subjects, in {table.frame.height} rows"


# --- laboratory results -----------------------------------------------------------------------------------------------


def laboratory(table: FolderTable, subject: str, ids: set[str], dates: Sequence[str]) -> Modality | None:
    """A table of laboratory results, a result a row; ``dates`` are columns of dates of the subject table."""
    found = _found(table, LABS)
    if found["test"] is None or found["value"] is None:
        return None
    if found["date"] is None and found["day"] is None:
        return None
    given: dict[str, Any] = {"type": "labs", "subject": subject, "test": found["test"], "value": found["value"]}
    given["unit"] = found["unit"]
    why, fill = {"subject": _met(table, subject, ids)}, {}
    when = "date" if found["date"] is not None and dates else "day"
    if found[when] is None:
        return None
    given[when] = found[when]
    given |= {role: found[role] for role in ("low", "high") if found[role] is not None}
    if when == "date":
        index = [name for name in dates if INDEX_DATE.search(" ".join(words_of(name)))] or list(dates)
        given["index_date"] = index[0]
        why["index_date"] = "a date of the subject table"
        if len(index) > 1:
            fill["index_date"] = f"the date at which treatment began, day 0: one of {', '.join(index)}"
    given["window"] = [-28, 0]
    why["window"] = "the four weeks before day 0; later values are never read as baseline"
    if units := _units(table, found["test"], found["unit"]):
        given["units"] = units
        why["units"] = "tests with several units, and the most frequent one of each"
    return Modality("labs", given, why, fill)


def _units(table: FolderTable, test: str, unit: str | None) -> dict[str, str]:
    """The most frequent unit of each test that has several."""
    if unit is None:
        return {}
    pairs = pl.DataFrame({"test": clean(table.frame[test]), "unit": clean(table.frame[unit])}).drop_nulls()
    counts = pairs.group_by("test", "unit").len().sort("test", "len", "unit", descending=[False, True, False])
    chosen: dict[str, str] = {}
    for (name,), part in counts.group_by("test", maintain_order=True):
        if part.height > 1:
            known = [u for u in part["unit"] if is_unit(u)]
            chosen[str(name)] = (known or part["unit"].to_list())[0]
    return chosen


# --- variants ---------------------------------------------------------------------------------------------------------


def variants(table: FolderTable, subject: str, ids: set[str], others: Sequence[FolderTable]) -> Modality | None:
    """A table of variants, a variant a row; who was sequenced is asked, because a list of variants does not say."""
    found = _found(table, VARIANTS)
    if found["gene"] is None or found["classification"] is None:
        return None
    given: dict[str, Any] = {"type": "maf", "subject": subject, "gene": found["gene"]}
    given["classification"] = found["classification"]
    if found["protein_change"] is not None:
        given["protein_change"] = found["protein_change"]
    fill: dict[str, str] = {}
    classes = clean(table.frame[found["classification"]]).drop_nulls().value_counts(sort=True)
    strange = set(classes[found["classification"]]) - {*PROTEIN_CHANGING, *OTHER_CLASSES}
    if strange and classes.height <= MOST_CLASSES:
        given["keep"] = sorted(classes[found["classification"]])
        seen = ", ".join(f"{name} {n}" for name, n in sorted(classes.iter_rows()))
        fill["keep"] = f"confirm the classes that alter a gene; those that do not belong under `exclude` ({seen})"
    tested = _tested(ids, others)
    given["tested"] = tested
    fill["tested"] = (
        "confirm that these, and nobody else, were sequenced"
        if tested
        else "who was sequenced, {path: ..., id: ...}; empty: those with a variant, and nobody else"
    )
    return Modality("variants", given, {"subject": _met(table, subject, ids)}, fill)


def _tested(ids: set[str], others: Sequence[FolderTable]) -> dict[str, str] | None:
    """A table whose name says that it lists who was sequenced."""
    for table in others:
        if TESTED.search(" ".join(words_of(table.path.name))):
            column = max(table.columns, key=lambda name: len(ids & set(table.frame[name].to_list())))
            if len(ids & set(table.frame[column].to_list())) > 1:
                return {"path": str(table.path), "id": column}
    return None


# --- proteins ---------------------------------------------------------------------------------------------------------


def proteins(table: FolderTable, subject: str, ids: set[str]) -> Modality | None:
    """A table of protein levels in Olink's long format; which visit is the baseline is asked."""
    if not {"NPX", "Assay"} <= table.columns.keys():
        return None
    given: dict[str, Any] = {"type": "npx", "subject": subject}
    if "SampleID" not in table.columns:
        given["sample"] = subject
    given |= {key: None for key, column in OPTIONAL.items() if column not in table.columns}
    fill = {}
    for name, column in table.columns.items():
        if VISIT.search(" ".join(words_of(name))) and len(column.codes) > 1:
            start = [code for code in column.codes if BASELINE.search(" ".join(words_of(code)))]
            given["where"] = {name: start[:1]}
            seen = ", ".join(f"{code} {n}" for code, n in column.codes.items())
            fill["where"] = f"the visit at baseline, of {seen}"
            break
    return Modality("proteins", given, {"subject": _met(table, subject, ids)}, fill)
