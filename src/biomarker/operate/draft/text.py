"""The study file as text: every guess with its evidence, every line that the user must look at with the same mark."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import yaml

from biomarker.config.marks import MARK
from biomarker.ingest.reading import ROW
from biomarker.ingest.spelling import as_numbers, clean
from biomarker.operate.draft.columns import Column, words_of
from biomarker.operate.draft.modality import Modality
from biomarker.operate.draft.roles import RESPONSE, Roles
from biomarker.operate.draft.tables import FolderTable

__all__ = ["study_text"]

UNITS = {"days": "days", "day": "days", "weeks": "weeks", "months": "months", "month": "months", "years": "years"}
CONTROL = ("placebo", "control", "standard", "soc", "observation", "sham", "vehicle", "none")


def study_text(
    name: str,
    table: FolderTable,
    roles: Roles,
    modalities: Sequence[Modality],
    *,
    path: str,
    elsewhere: dict[str, str],
    unused: dict[str, str],
) -> str:
    """The study file.

    Parameters
    ----------
    name : str
        Of the study.
    table, roles
        The subject table, and what its columns may be.
    modalities : sequence of Modality
    path : str
        The subject table, relative to the study file.
    elsewhere : dict of str to str
        Columns of other tables that may be the arms, by file.
    unused : dict of str to str
        Files that are no part of the study, and why.
    """
    blocks = [
        _head(name),
        _subjects(table, roles, path),
        _treatment(table, roles, elsewhere),
        _endpoints(table, roles),
        _modalities(modalities),
        _left_out(roles, unused),
    ]
    return "\n".join(line for block in blocks for line in block) + "\n"


def _yaml(value: Any) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False).strip()
    return text.removesuffix("\n...").strip()


def _line(indent: int, key: str, value: Any, *, guess: str = "", fill: str = "") -> str:
    given = "" if value is None else f" {_yaml(value)}"
    text = f"{' ' * indent}{key}:{given}"
    if fill:
        return f"{text}   {MARK}: {fill}"
    return f"{text}   # guess: {guess}" if guess else text


def _head(name: str) -> list[str]:
    return [
        "# A first study file, made from the tables of this folder. Nothing was asked, and nothing is certain:",
        "# what follows `guess:` is the evidence for what stands before it, to be corrected where it is wrong.",
        '# Lines that end in a comment "FILL IN" need you: write or confirm the value, then delete that comment.',
        "# `biomarker check` lists the lines that are left, then checks the rest. docs/study-file.md lists every key.",
        "",
        "study:",
        f"  name: {_yaml(name)}",
        '  title: ""',
        "",
    ]


def _subjects(table: FolderTable, roles: Roles, path: str) -> list[str]:
    rows = table.frame.height
    lines = ["subjects:", _line(2, "path", path, guess="the table that says most of how subjects did")]
    if table.separator is not None:
        lines.append(_line(2, "separator", table.separator))
    if roles.id is None:
        asked = "the column of identifiers; none is complete and different in every row, so add one to the table"
        lines.append(_line(2, "id", None, fill=asked))
    elif roles.id == ROW:
        why = "no column is complete and different in every row; all data are in this one table"
        lines.append(_line(2, "id", ROW, guess=why))
    else:
        lines.append(_line(2, "id", roles.id, guess=f"unique in all {rows} rows"))
    if roles.patient is not None:
        patients = table.columns[roles.patient].distinct
        lines.append(_line(2, "patient", roles.patient, guess=f"{patients} patients in {rows} rows"))
        asked = "confirm that rows of one patient are samples, of which the first is analysed; otherwise: refuse"
        lines.append(_line(2, "samples", "first", fill=asked))
    if roles.group is not None:
        lines.append(_line(2, "group", roles.group, guess=f"{table.columns[roles.group].distinct} sites, never split"))
    if roles.covariates:
        lines.append("  covariates:   # guess: every test is adjusted for these; take out what was measured later")
        lines += [_covariate(table.columns[name]) for name in roles.covariates]
    if roles.post_baseline:
        lines.append("  post_baseline:   # guess: refused as features of baseline, with the reason")
        lines += [_line(4, _yaml(name), f"guess: {why}") for name, why in roles.post_baseline.items()]
    return lines


def _covariate(column: Column) -> str:
    missing = column.rows - column.known
    if missing:
        entry = _yaml({"name": column.name, "missing": "keep"})
        return f"    - {entry}   # guess: missing in {missing} rows, which become a category"
    return f"    - {_yaml(column.name)}"


def _arms_elsewhere(elsewhere: dict[str, str]) -> str:
    if not elsewhere:
        return ""
    named = ", ".join(f"{_yaml(column)} of {file}" for file, column in elsewhere.items())
    return f" and put the arms into this table; they may be {named}"


def _treatment(table: FolderTable, roles: Roles, elsewhere: dict[str, str]) -> list[str]:
    if not roles.arms:
        asked = "no column of arms was found: delete this line if all had one treatment, else write `treatment` here"
        return [f"  {MARK}: {asked}{_arms_elsewhere(elsewhere)}", ""]
    arm = roles.arms[0]
    codes = table.columns[arm].codes
    seen = ", ".join(f"{_yaml(code)} in {n} rows" for code, n in codes.items())
    others = f"; {', '.join(roles.arms[1:])} may be arms, too" if roles.arms[1:] else ""
    lines = ["  treatment:", _line(4, "column", arm, guess=f"{seen}{others}")]
    control = [code for code in codes if code.lower().startswith(CONTROL)]
    active = [code for code in codes if code not in control]
    if len(codes) == 2 and len(control) == 1:
        lines.append(_line(4, "active", active[0], guess="the other arm is a control by its name"))
        lines.append(_line(4, "control", control[0], guess="by its name"))
    elif len(codes) == 2:
        lines.append(_line(4, "active", None, fill=f"the arm whose effect is asked for: {seen}"))
        lines.append(_line(4, "control", None, fill="the arm that it is compared with"))
    else:
        lines.append(_line(4, "comparisons", None, fill=f"[[active, control], ...] of these arms: {seen}"))
    lines.append(
        _line(4, "assignment", "randomised", fill="confirm, or write observational: then no benefit is claimed")
    )
    return [*lines, ""]


# --- endpoints --------------------------------------------------------------------------------------------------------


def _endpoints(table: FolderTable, roles: Roles) -> list[str]:
    lines = ["endpoints:"]
    for name in roles.responses:
        lines += _response(table.columns[name])
    for name in roles.answers:
        lines += _answer(table.columns[name])
    for time, event in roles.times:
        lines += _survival(table, time, event)
    for name in roles.changes:
        lines += _change(table.columns[name])
    if len(lines) == 1:
        asked = "no column looks like an outcome: name, type, column and what is good; see docs/study-file.md"
        lines.append(f"  -   {MARK}: {asked}")
    return [*lines, ""]


def _counts(column: Column) -> str:
    return ", ".join(f"{code} {n}" for code, n in column.codes.items())


def _response(column: Column) -> list[str]:
    codes = {code.upper(): code for code in column.codes}
    event = [codes[c] for c in ("CR", "PR") if c in codes]
    non_event = [codes[c] for c in ("SD", "PD") if c in codes]
    other = [code for code in column.codes if code.upper() not in RESPONSE]
    rest = f"; {', '.join(other)} is missing, no non-event" if other else ""
    return [
        f"  - name: {_yaml(column.name)}",
        "    type: binary",
        _line(4, "column", column.name, guess=_counts(column)),
        _line(4, "event", event, guess="objective response"),
        _line(4, "non_event", non_event, guess=f"no response{rest}"),
        _line(4, "better", None, fill="what is good for the patient: event or non_event"),
    ]


def _answer(column: Column) -> list[str]:
    seen = ", ".join(f"{_yaml(code)} in {n} rows" for code, n in column.codes.items())
    return [
        f"  - name: {_yaml(column.name)}",
        "    type: binary",
        _line(4, "column", column.name, guess="by its name"),
        _line(4, "event", [], fill=f"values that are an event: {seen}"),
        _line(4, "non_event", [], fill="values that are none"),
        _line(4, "better", None, fill="what is good for the patient: event or non_event"),
    ]


def _survival(table: FolderTable, time: str, event: str) -> list[str]:
    """A time and what ended it. Which code is the event is never guessed: such names often say the opposite."""
    column = table.columns[event]
    times, codes = as_numbers(clean(table.frame[time])), clean(table.frame[event])
    seen = []
    for code, n in column.codes.items():
        part = times.filter(codes == code).drop_nulls()
        # of a few rows the median is a subject's own value
        median = f" (median {time} {part.median():.4g})" if len(part) >= 10 else ""
        seen.append(f"{_yaml(code)} in {n} rows{median}")
    unit = next((UNITS[word] for word in words_of(time) if word in UNITS), None)
    # flow style, so that both lists stand on the one line that is marked
    status = f"{{column: {_yaml(event)}, value: [], censored: []}}"
    asked = f"which values mean that the event was seen, and which that it was not: {', '.join(seen)}"
    return [
        f"  - name: {_yaml(time)}",
        "    type: survival",
        _line(4, "time", time, guess=_range(times)),
        f"    event: {status}   {MARK}: {asked}",
        _line(4, "unit", unit, guess="by its name", fill="" if unit else "the unit of the time: days, months, ..."),
        _line(4, "better", None, fill="what is good for the patient: longer or shorter"),
    ]


def _range(times: pl.Series) -> str:
    known = times.drop_nulls()
    bad = int(((known <= 0) | known.is_infinite()).sum())
    if bad:
        return f"{bad} values are not positive, or infinite: they will be refused until they are corrected or empty"
    return f"positive numbers up to {known.max():.4g}"


def _change(column: Column) -> list[str]:
    return [
        f"  - name: {_yaml(column.name)}",
        "    type: continuous",
        _line(4, "column", column.name, guess=f"numbers from {column.low:.4g} to {column.high:.4g}, and its name"),
        _line(4, "unit", None, fill='the unit, as "%" or mm'),
        _line(4, "better", None, fill="what is good for the patient: higher or lower"),
    ]


# --- modalities -------------------------------------------------------------------------------------------------------


def _modalities(modalities: Sequence[Modality]) -> list[str]:
    lines = ["modalities:"]
    names: dict[str, int] = {}
    for modality in modalities:
        names[modality.name] = names.get(modality.name, 0) + 1
        again = names[modality.name]
        name = modality.name if again == 1 else f"{modality.name}_{again}"
        lines.append(f"  {_yaml(name)}:")
        for key, value in modality.settings.items():
            fill = modality.fill.get(key, "")
            lines.append(_line(4, key, value, guess="" if fill else modality.why.get(key, ""), fill=fill))
            if value is None and not fill:
                lines[-1] = f"    {key}: null"
    if len(lines) == 1:
        lines.append(f"    {MARK}: no table of measurements was found: name one, with its type and path")
    return [*lines, ""]


def _left_out(roles: Roles, unused: dict[str, str]) -> list[str]:
    lines = []
    if roles.left_out:
        lines.append("# Columns of the subject table that are not used:")
        lines += [f"#   {_yaml(name)}: {why}" for name, why in roles.left_out.items()]
    if roles.dates:
        lines.append(f"# Columns of dates: {', '.join(_yaml(name) for name in roles.dates)}")
    if unused:
        lines.append("# Files that are not used:")
        lines += [f"#   {name}: {why}" for name, why in unused.items()]
    return lines
