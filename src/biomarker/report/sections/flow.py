"""Patient flow: counts in = used + quarantined + excluded with reasons, printed as sums."""

from typing import Any

import polars as pl

from biomarker.report.blocks import LONGEST_SENTENCE, clean, column, paragraph, say, section, sums, table
from biomarker.report.facts import Facts
from biomarker.report.flowsums import flow_sums
from biomarker.report.wording import comparison_name, contrast_tag, named

__all__ = ["make"]

#: So many sums of analyses are printed, and so many reasons in a table.
MOST_SUMS = 24
MOST_REASONS = 30

#: Those that have a title of their own, in the order of the page; any other is titled by its name, after these.
SCOPES = ("subjects", "ingest", "endpoints", "modality", "features", "made", "analysis", "landmark")


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where there is neither flow nor quarantine nor screen."""
    every = flow_sums(facts)
    blocks: list[dict[str, Any]] = []
    if every:
        blocks.append(paragraph(say("flow.checked", n=len(every))))
        scopes = dict.fromkeys(_scope(one) for one in every)
        for scope in sorted(scopes, key=lambda scope: SCOPES.index(scope) if scope in SCOPES else len(SCOPES)):
            blocks.append(_of_scope(facts, scope, [one for one in every if _scope(one) == scope]))
    quarantine = _quarantine(facts)
    if quarantine:
        blocks.append(quarantine)
    blocks += _untested(facts)
    return section("flow", blocks) if blocks else None


def _scope(one: dict[str, Any]) -> str:
    """What a sum belongs to: features that were made or not are told apart from subjects that have them."""
    return "made" if one["unit"] == "features" else str(one["scope"])


def _of_scope(facts: Facts, scope: str, every: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of one scope; those that are the same count for count are printed once."""
    alike: dict[Any, list[dict[str, Any]]] = {}
    for one in every:
        parts = tuple((part["kind"], part["reason"], part["n"]) for part in one["parts"])
        alike.setdefault((one["unit"], one["total"], parts), []).append(one)
    groups = list(alike.values())
    shown = groups if len(groups) <= MOST_SUMS else sorted(groups, key=_used)[:MOST_SUMS]
    rows = [
        {
            "what": _what(facts, scope, group),
            "unit": say(f"unit.{group[0]['unit']}", n=group[0]["total"]),
            "total": group[0]["total"],
            "parts": [{**part, "kind": say(f"flow.{part['kind']}"), "of": part["kind"]} for part in group[0]["parts"]],
            "difference": group[0]["difference"],
        }
        for group in shown
    ]
    known = scope in SCOPES
    title = say(f"flow.scope.{scope}") if known else say("flow.scope.other", scope=scope)
    if len(shown) < len(groups):
        used = [_used(group) for group in groups]
        title = say("flow.some", what=title, shown=len(shown), n=len(groups), low=min(used), high=max(used))
    return sums(f"flow-{scope if known else 'other'}", title, rows)


def _used(group: list[dict[str, Any]]) -> int:
    return sum(part["n"] for part in group[0]["parts"] if part["kind"] == "used")


def _what(facts: Facts, scope: str, group: list[dict[str, Any]]) -> dict[str, Any]:
    """What a sum is about: modalities, contrasts and endpoints that share it."""

    def distinct(key: str) -> list[str]:
        return list(dict.fromkeys(str(one[key]) for one in group if one[key] is not None))

    parts = []
    if modalities := distinct("modality"):
        parts.append(named([clean(name) for name in modalities]))
    if endpoints := distinct("endpoint"):
        parts.append(named([facts.labels.get(name, clean(name)) for name in endpoints]))
    if facts.several_comparisons and (comparisons := distinct("comparison")):
        parts.append(say("flow.contrasts", contrasts=[comparison_name(name) for name in comparisons]))
    if facts.several_contrasts and (contrasts := distinct("contrast")):
        parts.append(say("flow.contrasts", contrasts=[contrast_tag(contrast) for contrast in contrasts]))
    if not parts:
        return say("flow.everybody" if scope == "subjects" else "flow.all")
    return say(f"flow.what.{len(parts)}", **{f"part{place}": part for place, part in enumerate(parts)})


def _quarantine(facts: Facts) -> dict[str, Any] | None:
    """Unreadable rows by file, field and reason; never their content."""
    parts = [
        rows.select(modality=pl.lit(modality), file="file", field="field", reason="reason")
        for modality, rows in facts.inputs.quarantine.items()
        if rows.height
    ]
    if not parts:
        return None
    counted = (
        pl.concat(parts)
        .group_by("modality", "file", "field", "reason", maintain_order=True)
        .agg(n=pl.len())
        .sort("n", descending=True, maintain_order=True)
    )
    rows = [
        [
            one["modality"],
            clean(one["file"].rpartition("/")[2]),
            clean(one["field"]),
            clean(one["reason"], longest=LONGEST_SENTENCE),
            one["n"],
        ]
        for one in counted.head(MOST_REASONS).iter_rows(named=True)
    ]
    columns = [
        column("modality", "name"),
        column("file", "text"),
        column("field", "text"),
        column("reason", "text"),
        column("rows", "count"),
    ]
    notes = [say("flow.quarantine.note")]
    if counted.height > MOST_REASONS:
        notes.append(say("flow.quarantine.some", shown=MOST_REASONS, n=counted.height))
    caption = say("flow.quarantine.caption", n=int(counted["n"].sum()))
    return table("quarantine", caption, columns, rows, notes=notes)


def _untested(facts: Facts) -> list[dict[str, Any]]:
    """Features that were planned, tested, and not tested for a reason; the unit is one test."""
    if not facts.questions:
        return []
    planned = sum(question.planned for question in facts.questions)
    tested = sum(question.tested for question in facts.questions)
    left_out = pl.concat([question.left_out for question in facts.questions])
    reasons = (
        left_out.group_by("status", "reason", maintain_order=True)
        .agg(n=pl.col("n").sum())
        .sort("n", descending=True, maintain_order=True)
    )
    parts: list[dict[str, Any]] = [{"kind": say("flow.tested"), "of": "used", "reason": None, "n": tested}]
    parts += [
        {
            "kind": say("flow.not_tested"),
            "of": "excluded",
            "reason": clean(one["reason"], longest=LONGEST_SENTENCE),
            "n": one["n"],
        }
        for one in reasons.iter_rows(named=True)
    ]
    row = {
        "what": say("flow.tests.what", n=len(facts.questions)),
        "unit": say("unit.tests", n=planned),
        "total": planned,
        "parts": parts,
        "difference": planned - sum(part["n"] for part in parts),
    }
    return [sums("flow-tests", say("flow.tests.caption"), [row])]
