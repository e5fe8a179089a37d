"""The patient flow as sums: what goes in is what was used, quarantined or excluded, or the report is refused."""

from typing import Any

from biomarker.errors import SchemaError
from biomarker.report.blocks import LONGEST_SENTENCE, clean
from biomarker.report.disclosure import merged_reasons
from biomarker.report.facts import Facts

__all__ = ["flow_sums"]

_KEY = ["scope", "modality", "endpoint", "comparison", "contrast", "unit"]
_ORDER = {"used": 0, "quarantined": 1, "excluded": 2}


def flow_sums(facts: Facts) -> list[dict[str, Any]]:
    """One sum for each scope and what it is split by, in the table's order.

    Returns
    -------
    list of dict
        ``scope, modality, endpoint, comparison, contrast, unit, total, parts, difference``; each part has ``kind``,
        ``reason`` and ``n``. ``difference`` is always 0.

    Raises
    ------
    SchemaError
        A sum does not add up: a report over subjects that went missing must not exist.
    """
    flow = facts.inputs.flow
    if flow is None or flow.is_empty():
        return []
    made = []
    for key, rows in flow.partition_by(_KEY, as_dict=True, maintain_order=True).items():
        what = dict(zip(_KEY, key, strict=True))
        entries = list(rows.select("kind", "reason", "n").iter_rows(named=True))
        total = sum(entry["n"] for entry in entries if entry["kind"] == "in")
        parts = [
            {
                "kind": entry["kind"],
                "reason": clean(entry["reason"], longest=LONGEST_SENTENCE) if entry["reason"] else None,
                "n": entry["n"],
            }
            for entry in entries
            if entry["kind"] != "in"
        ]
        if what["unit"] == "subjects":
            parts = merged_reasons(parts, facts.study.smallest_cell)
        parts.sort(key=lambda part: (_ORDER[part["kind"]], -part["n"], part["reason"] or ""))
        difference = total - sum(part["n"] for part in parts)
        if difference:
            where = ", ".join(str(part) for part in key if part is not None)
            raise SchemaError(
                f"the flow does not add up ({clean(where)}): {total} went in, {total - difference} are accounted for",
                "Run the study again; if it stays, report this as a fault: nobody may disappear unseen.",
            )
        made.append({**what, "total": total, "parts": parts, "difference": difference})
    return made
