"""What is wrong with clinical records: values, orders of dates, deviations from the protocol, subject by subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.data.record_tables import IMPOSSIBLE, RECORD_CHECKS
from biomarker.errors import SchemaError
from biomarker.quality.findings import Findings
from biomarker.quality.record_settings import Criterion, Plausible, RecordChecks, VisitPlan

__all__ = ["Clinical", "check_records"]

#: Types of modality that a study itself collects, which it may only do after consent.
COLLECTED = frozenset({"adam", "diary", "labs", "sdtm-ae", "sdtm-ex", "sdtm-lb", "sdtm-vs"})
#: Dates of a subject that are never the other way round: (earlier, later).
ORDER = (
    ("birth", "consent"), ("birth", "begin"), ("birth", "death"), ("consent", "begin"), ("consent", "death"),
    ("begin", "finish"), ("begin", "death"), ("finish", "death"),
)  # fmt: skip
#: A value is unlike all others of its test by a factor of 8 or more and by 6 robust standard deviations of logarithms;
#: the slips that are looked for (g and mg, a decimal point, mmol/L and mg/dL) are of 10 or more, or nearly.
FACTOR, SPREADS, FEWEST_VALUES = 8.0, 6.0, 20
#: A test with fewer negative values than this is taken for one that has none.
FEW_BELOW_ZERO = 0.05
#: Reasons of quarantined rows that are findings of a check as well.
OF_QUARANTINE = {
    "the end is before the begin": "end_before_begin",
    "the unit is missing": "unit",
    "not a UCUM unit": "unit",
}


@dataclass(frozen=True, kw_only=True)
class Clinical:
    """Records of a study as they came in.

    Attributes
    ----------
    subjects : polars.DataFrame
        A row a subject of the cohort, in its order: ``subject_id``, of each known date ``<role>_first`` and
        ``<role>_last`` (the first and the last day that it can be), ``planned``, ``actual``, ``arm``, ``cut``, and the
        columns (text) that criteria of eligibility ask for, as ``criterion_<column>``.
    records : mapping of modality to polars.DataFrame
        As the ingest stage has them: ``subject_id, date, day`` with ``test, value, unit`` or ``name, end, value``, and
        ``partial`` where a date is one.
    days : mapping of modality to polars.DataFrame
        ``subject_id, d``: the day from day 0 of each record, of modalities with planned visits.
    types : mapping of modality to str
    quarantine : mapping of modality to polars.DataFrame
    limits : mapping of (test, unit) to (low, high) or None
        Of tests with limits, in the unit that the values are in; None where they cannot be expressed in it.
    """

    subjects: pl.DataFrame
    records: Mapping[str, pl.DataFrame]
    days: Mapping[str, pl.DataFrame]
    types: Mapping[str, str]
    quarantine: Mapping[str, pl.DataFrame]
    limits: Mapping[tuple[str, str | None], tuple[float | None, float | None] | None]


def check_records(
    found: Findings, clinical: Clinical, matrices: Mapping[str, FeatureValues], settings: RecordChecks
) -> None:
    """Make every check of records that the study's data allow; a check says how many subjects it could look at.

    Parameters
    ----------
    found : Findings
        Takes the findings down.
    clinical : Clinical
    matrices : mapping of modality to FeatureValues
        For criteria of eligibility that are features.
    settings : RecordChecks

    Raises
    ------
    SchemaError
        A criterion is of a feature that is not there.

    Notes
    -----
    **Valid when** the dates are right on which all others are held; of two dates that contradict each other the check
    says that they do, and not which is wrong. A partial date contradicts nothing that it may agree with. What is unlike
    all other values of its test is told by a robust spread of logarithms: a true extreme looks the same, and is never
    left out.
    """
    ledger = _Ledger(found, clinical.subjects)
    _subject_dates(ledger, clinical.subjects)
    _arms(ledger, clinical.subjects)
    for name, criterion in settings.eligibility.items():
        _eligible(ledger, clinical.subjects, matrices, name, criterion)
    for name, records in clinical.records.items():
        own = _placed(records, clinical.subjects)
        _record_dates(ledger, name, own, collected=clinical.types[name] in COLLECTED)
        if {"test", "value"} <= set(own.columns):
            _values(ledger, name, own, settings.ranges, clinical.limits)
        if name in settings.doses and "value" in own.columns:
            _doses(ledger, name, own, clinical.subjects, settings.doses[name])
        if name in clinical.days:
            _visits(ledger, name, clinical.days[name], settings.visits[name])
        if name in clinical.quarantine:
            _quarantined(ledger, name, clinical.quarantine[name])


class _Ledger:
    """Takes down what each check found: a row a subject and item, and one finding without any subject."""

    def __init__(self, found: Findings, subjects: pl.DataFrame) -> None:
        self.found = found
        ids = subjects["subject_id"].to_list()
        self.number = {subject: i for i, subject in enumerate(ids, start=1)}

    def add(self, check: str, modality: str | None, bad: pl.DataFrame, *, looked_at: int) -> None:
        """``bad`` has ``subject_id`` and ``item``, a row a record that is wrong."""
        counted = bad.group_by("subject_id", "item").len("n").rows()
        rows = sorted((self.number[str(subject)], str(subject), str(item), n) for subject, item, n in counted)
        self.found.records += [
            {"check": check, "modality": modality, "subject": k, "subject_id": subject, "item": item, "n": n,
             "place": None}
            for k, subject, item, n in rows
        ]  # fmt: skip
        # without the item: a partner who reads that few are flagged must not read what of
        self.found.add(check, modality, n=looked_at, flagged=len({row[0] for row in rows}), loud=check in IMPOSSIBLE,
                       message=RECORD_CHECKS[check])  # fmt: skip


def _placed(records: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Records of the cohort with the subject's dates; ``at`` is their date, also of those that carry a study day.

    A partial date stands as the last day that it can be, and ``exact`` is false.
    """
    own = records.with_columns(pl.col("subject_id").cast(pl.String)).join(
        subjects, on="subject_id", how="inner", maintain_order="left"
    )
    at = pl.col("date") if "date" in own.columns else pl.lit(None, pl.Date)
    if {"day", "begin_last"} <= set(own.columns):
        known = pl.col("begin_first") == pl.col("begin_last")
        at = at.fill_null(pl.when(known).then(pl.col("begin_last") + pl.duration(days=pl.col("day").floor())))
    exact = ~pl.col("partial") if "partial" in own.columns else pl.lit(value=True)
    return own.with_columns(at=at.cast(pl.Date), exact=exact)


def _n(table: pl.DataFrame, *known: str) -> int:
    """Subjects with a row in which these columns are known."""
    return int(table.drop_nulls(list(known))["subject_id"].n_unique())


# --- dates ------------------------------------------------------------------------------------------------------------


def _subject_dates(ledger: _Ledger, subjects: pl.DataFrame) -> None:
    pairs = [(a, b) for a, b in ORDER if {f"{a}_first", f"{b}_last"} <= set(subjects.columns)]
    if not pairs:
        return
    wrong = [
        subjects.filter(pl.col(f"{b}_last") < pl.col(f"{a}_first")).select("subject_id", item=pl.lit(f"{b} before {a}"))
        for a, b in pairs
    ]
    known = pl.any_horizontal(pl.col(f"{a}_first").is_not_null() & pl.col(f"{b}_last").is_not_null() for a, b in pairs)
    ledger.add("date_order", None, pl.concat(wrong), looked_at=int(subjects.select(known.sum()).item()))


def _record_dates(ledger: _Ledger, name: str, own: pl.DataFrame, *, collected: bool) -> None:
    what = pl.coalesce(*(pl.col(c) for c in ("name", "test", "item") if c in own.columns), pl.lit(name))
    own = own.with_columns(item=what)
    rules = {"before_birth": ("birth_first", pl.col("at") < pl.col("birth_first"))}
    rules["after_death"] = ("death_last", pl.col("exact") & (pl.col("at") > pl.col("death_last")))
    if collected:
        rules["before_consent"] = ("consent_first", pl.col("at") < pl.col("consent_first"))
    rules["after_cut"] = ("cut", pl.col("exact") & (pl.col("at") > pl.col("cut")))
    for check, (date, wrong) in rules.items():
        if date in own.columns:
            ledger.add(check, name, own.filter(wrong).select("subject_id", "item"), looked_at=_n(own, "at", date))
    if "end" in own.columns and own["end"].is_not_null().any():
        wrong = pl.col("exact") & (pl.col("end") < pl.col("at"))
        ledger.add("end_before_begin", name, own.filter(wrong).select("subject_id", "item"),
                   looked_at=_n(own, "at", "end"))  # fmt: skip


# --- values -----------------------------------------------------------------------------------------------------------


def _values(
    ledger: _Ledger,
    name: str,
    own: pl.DataFrame,
    ranges: Mapping[str, Plausible],
    limits: Mapping[tuple[str, str | None], tuple[float | None, float | None] | None],
) -> None:
    values = own.with_columns(pl.col("test").cast(pl.String), pl.col("unit").cast(pl.String)).drop_nulls("value")
    looked_at = _n(values, "value")
    by = pl.col("value")
    enough = pl.len().over("test") >= FEWEST_VALUES
    negative = (by < 0).mean().over("test")
    below = values.filter(enough & (negative > 0) & (negative < FEW_BELOW_ZERO) & (by < 0))
    ledger.add("below_zero", name, below.select("subject_id", item="test"), looked_at=looked_at)
    positive = values.filter(enough, by > 0).with_columns(log=by.log())
    off = (pl.col("log") - pl.col("log").median().over("test")).abs()
    spread = 1.4826 * off.median().over("test")
    far = positive.filter(spread > 0, off > pl.max_horizontal(SPREADS * spread, pl.lit(FACTOR).log()))
    other = values.filter(
        pl.struct("test", "unit").map_elements(
            lambda row: (row["test"], row["unit"]) in limits and limits[row["test"], row["unit"]] is None,
            return_dtype=pl.Boolean,
        )
    )
    unlike = pl.concat([far.select("subject_id", item="test"), other.select("subject_id", item="test")])
    ledger.add("unit", name, unlike, looked_at=looked_at)
    if set(ranges) & set(values["test"].unique()):
        _ranges(ledger, name, values, limits)


def _ranges(
    ledger: _Ledger,
    name: str,
    values: pl.DataFrame,
    limits: Mapping[tuple[str, str | None], tuple[float | None, float | None] | None],
) -> None:
    known = pl.DataFrame(
        [(test, unit, *pair) for (test, unit), pair in limits.items() if pair is not None],
        schema={"test": pl.String, "unit": pl.String, "least": pl.Float64, "most": pl.Float64},
        orient="row",
    )
    held = values.join(known, on=["test", "unit"], how="inner", nulls_equal=True, maintain_order="left")
    # limits that were converted are compared with a margin for rounding
    low, high = (pl.col(c) + sign * 1e-9 * pl.col(c).abs() for c, sign in (("least", -1), ("most", 1)))
    wrong = held.filter(
        (pl.col("value") < low).fill_null(value=False) | (pl.col("value") > high).fill_null(value=False)
    )
    ledger.add("range", name, wrong.select("subject_id", item="test"), looked_at=_n(held, "value"))


# --- protocol ---------------------------------------------------------------------------------------------------------


def _arms(ledger: _Ledger, subjects: pl.DataFrame) -> None:
    if {"planned", "actual"} <= set(subjects.columns):
        both = subjects.drop_nulls(["planned", "actual"])
        differ = both.filter(pl.col("planned") != pl.col("actual"))
        item = pl.format("{} in place of {}", "actual", "planned")
        ledger.add("arm", None, differ.select("subject_id", item=item), looked_at=both.height)


def _doses(
    ledger: _Ledger,
    name: str,
    own: pl.DataFrame,
    subjects: pl.DataFrame,
    planned: Mapping[str, Sequence[float]],
) -> None:
    treated = subjects.filter(pl.col("arm").is_in(list(planned)))
    given = own.filter(pl.col("arm").is_in(list(planned))).drop_nulls("value")
    allowed = pl.DataFrame(
        [(arm, float(dose)) for arm, doses in planned.items() for dose in doses],
        schema={"arm": pl.String, "planned_dose": pl.Float64},
        orient="row",
    )
    close = (pl.col("value") - pl.col("planned_dose")).abs() <= 1e-9 * pl.max_horizontal(pl.col("value").abs(), 1.0)
    fits = given.with_row_index("k").join(allowed, on="arm", how="left").group_by("k").agg(close.any().alias("fits"))
    wrong = given.with_row_index("k").join(fits, on="k").filter(~pl.col("fits").fill_null(value=False))
    item = pl.format("dose {}", pl.col("value").cast(pl.String))
    ledger.add("dose", name, wrong.select("subject_id", item=item), looked_at=_n(given, "value"))
    without = treated.filter(~pl.col("subject_id").is_in(given["subject_id"].unique().to_list()))
    ledger.add("no_dose", name, without.select("subject_id", item="arm"), looked_at=treated.height)


def _visits(ledger: _Ledger, name: str, days: pl.DataFrame, plan: VisitPlan) -> None:
    """Days outside every window; planned days without a record, of subjects with a later one."""
    seen = days.drop_nulls("d").select("subject_id", pl.col("d").floor()).unique().sort("subject_id", "d")
    inside = pl.any_horizontal((pl.col("d") - day).abs() <= plan.allowed for day in plan.days)
    outside = seen.filter(~inside)
    ledger.add("visit_window", name, outside.select("subject_id", item=pl.lit("day outside the windows")),
               looked_at=_n(seen, "d"))  # fmt: skip
    by = seen.group_by("subject_id", maintain_order=True).agg(
        pl.col("d").max().alias("last"),
        *(((pl.col("d") - day).abs() <= plan.allowed).any().alias(f"visit {day}") for day in plan.days),
    )
    missed = [
        by.filter(~pl.col(f"visit {day}") & (pl.col("last") > day + plan.allowed)).select(
            "subject_id", item=pl.lit(f"day {day}")
        )
        for day in plan.days
    ]
    ledger.add("missed_visit", name, pl.concat(missed), looked_at=by.height)


def _eligible(
    ledger: _Ledger,
    subjects: pl.DataFrame,
    matrices: Mapping[str, FeatureValues],
    name: str,
    criterion: Criterion,
) -> None:
    """A subject of whom the value is not known is counted as not looked at."""
    modality, _, feature = name.partition(":")
    if feature:
        matrix = matrices.get(modality)
        names = [] if matrix is None else matrix.features["feature_id"].to_list()
        if matrix is None or feature not in names:
            raise SchemaError(
                f"quality.records.eligibility: there is no feature {name!r}",
                "A feature is named modality:feature, as in the table of candidates; a column without a colon.",
            )
        column = matrix.values[:, names.index(feature)]
        told = pl.DataFrame({"subject_id": matrix.subject_ids, "value": column.astype(float)}).fill_nan(None)
        told = told.with_columns(text=pl.col("value").cast(pl.String))
    else:
        text = pl.col(f"criterion_{name}").str.strip_chars()
        told = subjects.select("subject_id", text=text, value=text.cast(pl.Float64, strict=False))
    known = told.drop_nulls("text" if criterion.values else "value")
    wrong = (
        ~pl.col("text").is_in(list(criterion.values))
        if criterion.values
        else (pl.col("value") < criterion.low if criterion.low is not None else pl.lit(value=False))
        | (pl.col("value") > criterion.high if criterion.high is not None else pl.lit(value=False))
    )
    bad = known.filter(wrong).select("subject_id", item=pl.lit(name))
    ledger.add("eligibility", modality if feature else None, bad, looked_at=known.height)


def _quarantined(ledger: _Ledger, name: str, quarantine: pl.DataFrame) -> None:
    """Rows that the source put aside for such a fault: whose they are is not told, where they stand is."""
    for reason, check in OF_QUARANTINE.items():
        rows = quarantine.filter(pl.col("reason").str.starts_with(reason))
        if rows.is_empty():
            continue
        ledger.found.records += [
            {"check": check, "modality": name, "subject": None, "subject_id": None, "item": reason, "n": 1,
             "place": f"{file}, line {line}"}
            for file, line in rows.select("file", "line").iter_rows()
        ]  # fmt: skip
        ledger.found.add(check, name, n=rows.height, flagged=rows.height, item="rows in quarantine",
                         loud=check in IMPOSSIBLE, message=RECORD_CHECKS[check])  # fmt: skip
