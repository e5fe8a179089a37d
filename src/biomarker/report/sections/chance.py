"""How many could be chance: what was searched, what chance alone would give, which questions had no answer."""

from typing import Any

from biomarker.report.blocks import column, listing, paragraph, say, section, table
from biomarker.report.facts import Facts, Question
from biomarker.report.wording import comparison_name, contrast_tag, named, question_name

__all__ = ["make"]

MOST_ROWS = 40


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was tested."""
    if not facts.questions:
        return None
    q = facts.study.q
    tests = sum(question.tested for question in facts.questions)
    called = sum(question.called.height for question in facts.questions)
    families = sorted({family for question in facts.questions for family in question.candidates["family"].unique()})
    items = [
        say("chance.searched", tests=tests, questions=len(facts.questions)),
        say("chance.family", q=q, families=named(families)) if families else say("chance.family.unnamed", q=q),
        say("chance.expected", q=q),
    ]
    if len(facts.questions) > 1:
        items.append(
            say(
                "chance.across",
                endpoints=len({question.endpoint.name for question in facts.questions}),
                questions=len(facts.questions),
            )
        )
    blocks = [listing(items), _table(facts)]
    silent = [question for question in facts.questions if not question.called.height]
    if silent and called:
        names = [question_name(facts, question) for question in silent]
        blocks.append(paragraph(say("chance.negative", n=len(silent), names=named(names, most=12))))
    return section("chance", blocks)


def _table(facts: Facts) -> dict[str, Any]:
    q = facts.study.q
    shown = list(facts.questions)
    notes = [say("chance.note", q=q)]
    if len(shown) > MOST_ROWS:
        shown = sorted(shown, key=lambda question: question.best_log10_p)[:MOST_ROWS]
        notes.insert(0, say("summary.answers.some", shown=MOST_ROWS, n=len(facts.questions)))
    compared = facts.several_comparisons
    columns = [
        column("contrast", "tag"),
        column("endpoint", "name"),
        *([column("comparison", "text")] if compared else []),
        column("tested", "count"),
        column("expected_below", "about", q=q),
        column("observed_below", "count", q=q),
        column("called", "count", q=q),
        column("false_at_most", "about"),
    ]
    rows = [
        [
            contrast_tag(question.contrast),
            question.endpoint_label,
            *([comparison_name(question.comparison)] if compared else []),
            question.tested,
            question.tested * q,
            _below(question, q),
            question.called.height,
            question.called.height * q,
        ]
        for question in shown
    ]
    return table("chance", say("chance.caption"), columns, rows, notes=notes)


def _below(question: Question, q: float) -> int:
    return int((question.screen["p_value"] <= q).sum())
