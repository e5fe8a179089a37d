"""Reporting checklists, paraphrased: where in this report each of their topics is answered."""

from typing import Any

from biomarker.report.blocks import column, paragraph, say, section, table
from biomarker.report.facts import Facts

__all__ = ["make"]

#: (checklist, topic, section that answers it; empty where none does).
ITEMS = (
    ("tripod", "question", "question"),
    ("tripod", "subjects", "flow"),
    ("tripod", "outcome", "question"),
    ("tripod", "predictors", "methods"),
    ("tripod", "size", "designs"),
    ("tripod", "missing", "quality"),
    ("tripod", "analysis", "methods"),
    ("tripod", "performance", "model"),
    ("tripod", "fairness", "ethics"),
    ("tripod", "limits", "assumptions"),
    ("tripod", "open", "reproduce"),
    ("remark", "question", "question"),
    ("remark", "subjects", "flow"),
    ("remark", "specimen", "quality"),
    ("remark", "assay", "cutoff"),
    ("remark", "analysis", "methods"),
    ("remark", "all_tested", "chance"),
    ("remark", "estimates", "candidates"),
    ("remark", "limits", "assumptions"),
    ("probast", "subjects", "flow"),
    ("probast", "predictors", "quality"),
    ("probast", "outcome", "question"),
    ("probast", "analysis", "methods"),
    ("cheers", "question", "economics"),
    ("cheers", "costs", "economics"),
    ("cheers", "uncertainty", "economics"),
    ("cheers", "involved", ""),
)


def make(facts: Facts) -> dict[str, Any]:
    """The section: a topic that needs a model is not applicable where none was fitted, with the reason."""
    economics = any(name.startswith("economics/") for name in facts.inputs.tables)
    rows = []
    for checklist, topic, answered in ITEMS:
        if answered == "model":
            where = say("checklists.no_model")
        elif not answered or (answered == "economics" and not economics):
            where = say("checklists.no_economics" if answered else "checklists.outside")
        else:
            where = say("checklists.section", title=say(f"{answered}.title"))
        rows.append([say(f"checklists.{checklist}"), say(f"checklists.topic.{topic}"), where])
    columns = [column("checklist", "name"), column("topic", "text"), column("answered", "text")]
    made = table("checklists", say("checklists.caption"), columns, rows)
    return section("checklists", [paragraph(say("checklists.intro")), made])
