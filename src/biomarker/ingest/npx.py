"""Source ``npx``: protein levels in Olink's long format, one value of one assay in one sample a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.bridging import SecondRun
from biomarker.ingest.faults import Fault, first_fault, quarantine_of, refuse_decimal_commas
from biomarker.ingest.matrix import LOG2_LIMIT
from biomarker.ingest.plates import plate_shifts
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean, nearest
from biomarker.ingest.spreadsheet import refuse_mangled

__all__ = ["RECORDS", "NpxSettings", "measured_rows", "read_npx"]

#: Columns of the records that this source gives.
RECORDS = {
    "subject_id": pl.String,
    "assay": pl.String,
    "label": pl.String,
    "panel": pl.String,
    "plate": pl.String,
    "value": pl.Float64,
    "lod": pl.Float64,
    "below_lod": pl.Boolean,
}
#: Cells that a quarantine shows, by role.
_SHOWN = {"value": "value_text", "lod": "lod_text", "qc": "qc_text", "sample_type": "sample_type"}
#: Words of a QC column, by what they mean.
QC_WORDS = {
    "pass": "pass",
    "warn": "warning",
    "warning": "warning",
    "manual_warn": "warning",
    "fail": "fail",
    "excluded": "fail",
}
#: log2 of the square root of 2: what dividing a concentration by it takes from NPX.
LOG2_SQRT2 = 0.5
#: A column with more different values than this tells no visits, plates or panels apart: it may hold names.
_FEW = 20


@dataclass(frozen=True, kw_only=True)
class NpxSettings(SourceSettings):
    """Settings of ``npx``: which column holds what, which rows to take, and what becomes of flagged values."""

    subject: str = field(default="SampleID", metadata={"doc": "Column of the subject's id."})
    sample: str = field(default="SampleID", metadata={"doc": "Column of the sample's id, by which controls are known."})
    assay: str = field(default="Assay", metadata={"doc": "Column of the assay's name."})
    assay_id: str | None = field(default="OlinkID", metadata={"doc": "Column of the assay's own id; null if none."})
    feature: Literal["assay", "assay_id"] = field(
        default="assay", metadata={"doc": "What features are called by; names that several panels share need ids."}
    )
    panel: str | None = field(default="Panel", metadata={"doc": "Column of the panel; null if none."})
    value: str = field(default="NPX", metadata={"doc": "Column of the value, a log2 scale."})
    lod: str | None = field(default="LOD", metadata={"doc": "Column of the limit of detection (NPX); null if none."})
    qc: str | None = field(default="QC_Warning", metadata={"doc": "Column of the QC flag; null if none."})
    plate: str | None = field(default="PlateID", metadata={"doc": "Column of the plate; null if none."})
    sample_type: str | None = field(
        default=None, metadata={"doc": "Column that says SAMPLE, or which kind of CONTROL a sample is."}
    )
    controls: tuple[str, ...] = field(
        default=("CONTROL_SAMPLE", "SAMPLE_CONTROL", "PLATE_CONTROL", "NEGATIVE_CONTROL"),
        metadata={"doc": "Samples whose ids begin with one of these words are controls, whatever their case."},
    )
    where: dict[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"doc": "Rows to take: by column, the values it may have (Time: [Baseline])."}
    )
    below_lod: Literal["keep", "lod", "lod/sqrt2", "missing"] = field(
        default="keep",
        metadata={"doc": "A value below its LOD: kept as measured, the LOD, the LOD / √2 (NPX - 0.5), or missing."},
    )
    qc_warning: Literal["keep", "exclude"] = field(
        default="keep", metadata={"doc": "Values with a QC warning; those that failed are always excluded."}
    )
    plate_adjustment: Literal["none", "controls"] = field(
        default="none", metadata={"doc": "controls: bring each plate's control samples to the same level, by assay."}
    )

    second_run: SecondRun | None = field(
        default=None, metadata={"doc": "Another run, bridged to this one by the samples that are in both."}
    )

    def __post_init__(self) -> None:
        for key, value, needs in (
            ("below_lod", self.below_lod != "keep", "lod"),
            ("qc_warning", self.qc_warning != "keep", "qc"),
            ("plate_adjustment", self.plate_adjustment != "none", "plate"),
            ("feature", self.feature == "assay_id", "assay_id"),
        ):
            if value and getattr(self, needs) is None:
                raise ConfigError(
                    f"{key}: given {getattr(self, key)}, and no column `{needs}`", f"Name it in `{needs}`."
                )
        if any(not word.strip() for word in self.controls):
            raise ConfigError("controls: an empty word would make every sample a control", "Leave it out.")


def read_npx(settings: NpxSettings, *, base: Path) -> Ingested:
    """Read protein levels.

    Parameters
    ----------
    settings : NpxSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` has the columns `RECORDS` in the order of the file, one row a subject and assay; ``value`` is null
        where it is below its LOD and `below_lod` says ``missing``.

        Excluded are control samples, rows that `where` does not choose, and values that failed QC (or have a warning,
        where `qc_warning` says so). A row goes to quarantine, with its first fault in this order, when

        - its type of sample, or a column of `where`, is missing or unknown;
        - subject or assay is missing, or the subject's id has blanks around it;
        - the QC flag is missing or none of `QC_WORDS`;
        - the value is missing or no number; the LOD is no number;
        - the same row stands in the file before.

    Raises
    ------
    SchemaError
        A column is absent; `where` names a value the file lacks; a value is no log2; an assay's name stands for several
        assays; a subject has several values of one assay (visits, plates): which one to take is never guessed.
    DataError
        No row can be used.

    Notes
    -----
    ``lod/sqrt2`` divides the concentration, which takes half a unit from its log2. With ``plate_adjustment: controls``
    values and limits are shifted first: see `biomarker.ingest.plates.plate_shifts`. 3 million rows (217 MB of CSV): 9 s
    and 2.5 GB.

    **Valid when** all values come from one run, or from runs that were bridged before: NPX is relative.
    """
    table = read_text(base / settings.path, separator=settings.separator)
    columns = _columns(settings)
    for role, column in columns.items():
        table.require([column], key=role)
    _refuse_unknown_choices(table, settings)
    rows = _parsed(table, columns, settings)
    refuse_decimal_commas(table, rows, settings.value)
    found = _faults(rows, settings)
    out = found["role"] == _LEFT_OUT
    bad = found.filter(pl.col("reason").is_not_null() & (pl.col("role") != _LEFT_OUT))
    excluded = dict(found.filter(out)["reason"].value_counts().iter_rows())
    used = rows.filter(found["reason"].is_null())
    if used.is_empty():
        reasons = dict(bad["reason"].value_counts(sort=True).iter_rows()) | excluded
        listed = ", ".join(f"{reason} ({n})" for reason, n in reasons.items())
        raise DataError(f"{table.name}: none of its {rows.height} rows can be used: {listed}")
    _refuse_other_scales(table, used)
    _refuse_shared_names(table, used, settings)
    _refuse_several_values(table, used, settings)
    used, note = _adjusted(table, rows, used, settings)
    records, lod_note = _with_limits(used, settings)
    warned = used.filter(qc="warning").height
    notes = [note, lod_note, f"Values that are used in spite of a QC warning: {warned}" if warned else ""]
    quarantine = quarantine_of(table, rows, bad, columns=columns, shown=_SHOWN, masked={"subject": "subject_id"})
    return Ingested(records, quarantine, rows.height, used.height, excluded, tuple(filter(None, notes)))


def measured_rows(settings: NpxSettings, *, base: Path) -> pl.DataFrame:
    """Values of samples, whatever `where` says, that passed QC: ``sample, assay, value``; no control sample."""
    table = read_text(base / settings.path, separator=settings.separator)
    columns = {role: column for role, column in _columns(settings).items() if not role.startswith("where.")}
    for role, column in columns.items():
        table.require([column], key=role)
    rows = _parsed(table, columns, settings)
    fair = pl.col("qc").is_null() | (pl.col("qc") == "pass")
    chosen = rows.filter(~pl.col("control") & fair & pl.col("value").is_finite())
    return chosen.select("sample", "assay", "value").drop_nulls()


def _columns(settings: NpxSettings) -> dict[str, str]:
    """Column of the file by its role."""
    roles = ("subject", "sample", "assay", "assay_id", "panel", "value", "lod", "qc", "plate", "sample_type")
    named = {role: getattr(settings, role) for role in roles if getattr(settings, role) is not None}
    return named | {f"where.{column}": column for column in settings.where}


def _refuse_unknown_choices(table: Table, settings: NpxSettings) -> None:
    for column, wanted in settings.where.items():
        present = clean(table.frame[column]).drop_nulls().unique(maintain_order=True).to_list()
        for value in wanted:
            if value not in present:
                raise SchemaError(
                    f"{table.name}: `where` asks for {value!r} in {column!r}, which the file does not have",
                    nearest(value, present, what="values") if len(present) <= _FEW else "",
                )


def _parsed(table: Table, columns: Mapping[str, str], settings: NpxSettings) -> pl.DataFrame:
    """Row number, cleaned text of each role, numbers, and what sort of row it is."""
    table.refuse_float_ids(columns["subject"])
    text = {role: clean(table.frame[column]) for role, column in columns.items()}
    nothing = pl.repeat(None, table.frame.height, dtype=pl.String, eager=True)
    refuse_mangled(table, text["assay"], what="assay")
    qc, kind = text.get("qc", nothing), text.get("sample_type", nothing).str.to_uppercase()
    return pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "subject_id": text["subject"],
            "blanks": table.frame[columns["subject"]] != text["subject"],
            "sample": text["sample"],
            "control": _is_control(text["sample"], kind, settings),
            "sample_type": kind,
            "assay": text[settings.feature],
            "label": text["assay"],
            "assay_id": text.get("assay_id", nothing),
            "panel": text.get("panel", nothing),
            "plate": text.get("plate", nothing),
            "value": as_numbers(text["value"]),
            "value_text": text["value"],
            "lod": as_numbers(text.get("lod", nothing)),
            "lod_text": text.get("lod", nothing),
            "qc": qc.str.to_lowercase().replace_strict(QC_WORDS, default=None, return_dtype=pl.String),
            "qc_text": qc,
            "repeated": ~table.frame.select(pl.struct(pl.all()).is_first_distinct()).to_series(),
            **{role: cells for role, cells in text.items() if role.startswith("where.")},
        }
    )


def _is_control(samples: pl.Series, kind: pl.Series, settings: NpxSettings) -> pl.Series:
    """Whether a row is of a control sample, by its type or by the beginning of its id."""
    ids = samples.str.to_uppercase().fill_null("")
    control = kind.str.contains("CONTROL", literal=True).fill_null(value=False)
    for word in settings.controls:
        control |= ids.str.starts_with(word.upper())
    return control


#: The role of a row that is left out on purpose.
_LEFT_OUT = "(left out)"


def _faults(rows: pl.DataFrame, settings: NpxSettings) -> pl.DataFrame:
    """Role and reason of the first thing that keeps a row from being used; nulls where there is none."""
    faults: list[Fault] = [(_LEFT_OUT, pl.col("control"), "control sample")]
    if settings.sample_type is not None:
        strange = pl.col("sample_type").is_null() | (pl.col("sample_type") != "SAMPLE")
        faults.append(("sample_type", strange, "neither SAMPLE nor a CONTROL"))
    for column, wanted in settings.where.items():
        cell = pl.col(f"where.{column}")
        faults += [
            (f"where.{column}", cell.is_null(), "missing, so that the row cannot be chosen"),
            (_LEFT_OUT, ~cell.is_in(wanted), f"another {column} than was chosen"),
        ]
    faults += [
        ("subject", pl.col("subject_id").is_null(), "the subject is missing"),
        ("subject", pl.col("blanks"), "the subject's id has blanks before or after it"),
        (settings.feature, pl.col("assay").is_null(), "the assay is missing"),
        ("assay", pl.col("label").is_null(), "the assay is missing"),
    ]
    if settings.qc is not None:
        faults += [
            ("qc", pl.col("qc_text").is_null(), "the QC flag is missing"),
            ("qc", pl.col("qc").is_null(), "the QC flag is not known"),
            (_LEFT_OUT, pl.col("qc") == "fail", "failed QC"),
        ]
        if settings.qc_warning == "exclude":
            faults.append((_LEFT_OUT, pl.col("qc") == "warning", "QC warning"))
    unread = {name: pl.col(name).is_null() | pl.col(name).is_infinite() for name in ("value", "lod")}
    faults += [
        ("value", pl.col("value_text").is_null(), "the value is missing"),
        ("value", unread["value"], "the value is not a number"),
        ("lod", pl.col("lod_text").is_not_null() & unread["lod"], "the limit of detection is not a number"),
        ("(row)", pl.col("repeated"), "an exact duplicate of an earlier row"),
    ]
    return first_fault(rows, faults)


# --- what is refused as a whole ---------------------------------------------------------------------------------------


def _refuse_other_scales(table: Table, used: pl.DataFrame) -> None:
    for name in ("value", "lod"):
        at = used.filter(pl.col(name).abs() > LOG2_LIMIT)["row"]
        if len(at):
            raise SchemaError(
                f"{table.name}, {table.where(at)}: {used.filter(row=at[0])[name][0]:g} is too large for a log2 scale",
                "Give NPX, not concentrations or counts.",
            )


def _refuse_shared_names(table: Table, used: pl.DataFrame, settings: NpxSettings) -> None:
    """A name that stands for assays of several panels would make one feature of them."""
    names = used["assay"].unique(maintain_order=True)
    if len(names) != names.str.to_lowercase().n_unique():
        raise SchemaError(f"{table.name}: assays that are equal but for upper and lower case", "Write each in one way.")
    other = "label" if settings.feature == "assay_id" else "assay_id" if settings.assay_id is not None else "panel"
    several = used.group_by("assay").agg(pl.col(other).n_unique()).filter(pl.col(other) > 1).sort("assay")
    if several.is_empty():
        return
    name, n = several.row(0)
    many = f" (and {several.height - 1} more such)" if several.height > 1 else ""
    if settings.feature == "assay_id":
        raise SchemaError(f"{table.name}: the assay {name!r} has {n} names{many}", "Give it one name.")
    raise SchemaError(
        f"{table.name}: the name {name!r} stands for {n} assays{many}",
        "Say `feature: assay_id`, so that each is a feature, or take one panel with `where`.",
    )


def _refuse_several_values(table: Table, used: pl.DataFrame, settings: NpxSettings) -> None:
    """Two values of one subject and assay are two visits or two plates, and an average would hide that."""
    again = used.filter(pl.struct("subject_id", "assay").is_duplicated())
    if again.is_empty():
        return
    apart = _columns_apart(table, again, settings)
    if not apart:
        hint = "Keep one row a subject and assay."
    elif apart[0] == settings.plate:
        hint = (
            "The same sample is on several plates: keep one of them in the file. If it is a control sample, name the "
            "beginning of its id in `controls`."
        )
    else:
        hint = f"Take one value a subject: `where: {{{apart[0]}: [...]}}`."
    raise SchemaError(
        f"{table.name}: {again['subject_id'].n_unique()} subjects have several values of one assay "
        f"({table.where(again['row'])})" + (f"; these rows differ in {', '.join(apart)}" if apart else ""),
        hint,
    )


def _columns_apart(table: Table, again: pl.DataFrame, settings: NpxSettings) -> list[str]:
    """Columns of few values in which rows of one subject and assay differ: visits first, then plates, then numbers."""
    given = table.frame[again["row"].to_list()]
    cells = given.rename(lambda name: f"cell {name}").hstack(again.select("subject_id", "assay"))
    most = cells.group_by("subject_id", "assay").agg(pl.all().n_unique()).select(pl.col("^cell .*$").max())
    differ = [name.removeprefix("cell ") for name, n in most.row(0, named=True).items() if n > 1]
    measures = (settings.value, settings.lod, settings.qc, settings.sample, settings.subject)
    few = [name for name in differ if name not in measures and 1 < given[name].drop_nulls().n_unique() <= _FEW]
    numbers = {name: as_numbers(given[name]).null_count() == 0 for name in few}
    return sorted(few, key=lambda name: (numbers[name], name == settings.plate))


# --- plates and limits ------------------------------------------------------------------------------------------------


def _adjusted(table: Table, rows: pl.DataFrame, used: pl.DataFrame, settings: NpxSettings) -> tuple[pl.DataFrame, str]:
    """Values and limits with each plate's control samples brought to one level, where that is asked for."""
    if settings.plate_adjustment == "none":
        return used, ""
    fair = pl.col("qc").is_null() | (pl.col("qc") == "pass")
    controls = rows.filter(pl.col("control") & fair & pl.col("value").is_finite() & pl.col("plate").is_not_null())
    shifts = plate_shifts(controls.select("assay", "sample", "plate", "value"))
    joined = used.join(shifts, on=["assay", "plate"], how="left", maintain_order="left")
    alone = joined.filter(pl.col("shift").is_null())
    if alone.height:
        raise SchemaError(
            f"{table.name}: {alone['assay'].n_unique()} assays have no control sample that is on each of their plates "
            f"({table.where(alone['row'])})",
            "Name the beginning of the control samples' ids in `controls`, or say `plate_adjustment: none`.",
        )
    largest = shifts.select(pl.col("shift").abs().max()).item()
    note = f"Each plate was shifted, assay by assay, to where its control samples agree, by {largest:.2f} NPX at most"
    return joined.with_columns(pl.col("value", "lod") - pl.col("shift")), note


def _with_limits(used: pl.DataFrame, settings: NpxSettings) -> tuple[pl.DataFrame, str]:
    """Records with what `below_lod` makes of values below their limit, and a note on it."""
    below = pl.col("value") < pl.col("lod")
    instead = {
        "keep": pl.col("value"),
        "lod": pl.col("lod"),
        "lod/sqrt2": pl.col("lod") - LOG2_SQRT2,
        "missing": pl.lit(None, pl.Float64),
    }
    value = pl.when(below).then(instead[settings.below_lod]).otherwise(pl.col("value"))
    frame = used.with_columns(below_lod=below, value=value)
    records = frame.select(pl.col(name).cast(dtype) for name, dtype in RECORDS.items())
    if settings.lod is None:
        return records, "No limits of detection are given"
    words = {
        "keep": "are used as measured",
        "lod": "were set to the limit",
        "lod/sqrt2": "were set to the limit divided by the square root of 2 (0.5 NPX below it)",
        "missing": "were made missing",
    }
    n, without = records["below_lod"].sum(), records["lod"].null_count()
    note = f"{n} of {records.height} values are below their limit of detection and {words[settings.below_lod]}"
    return records, note + (f"; {without} have no limit" if without else "")
