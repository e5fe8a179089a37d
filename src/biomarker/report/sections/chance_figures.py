"""Picture of chance: what passes among permuted subjects, beside what passes among the real ones."""

from collections.abc import Callable

from biomarker.report.blocks import Block, picture, say
from biomarker.report.facts import Facts, Question
from biomarker.report.wording import question_name

__all__ = ["null"]

#: Two lines a question: more cannot be read.
MOST_QUESTIONS = 12


def null(
    facts: Facts, permuted: Callable[[Facts, Question], list[int] | None], observed: Callable[[Facts, Question], int]
) -> list[Block]:
    """Mean and range of discoveries over permuted runs, and the number among the real subjects."""
    lines, runs = [], 0
    shown = sorted(facts.questions, key=lambda question: question.best_log10_p)[:MOST_QUESTIONS]
    for question in (one for one in facts.questions if one in shown):
        counts = permuted(facts, question)
        if counts is None:
            continue
        runs, found = len(counts), observed(facts, question)
        name = question_name(facts, question)
        chance = {"name": say("null.permuted", name=name), "low": min(counts), "high": max(counts)}
        mean = sum(counts) / runs
        text = say("null.range", mean=mean, low=min(counts), high=max(counts))
        lines.append(chance | {"middle": mean, "text": text, "strong": False})
        real = {"name": say("null.observed", name=name), "low": found, "high": found, "middle": found}
        lines.append(real | {"text": say("tile.count", n=found), "strong": True})
    if not lines:
        return []
    data = {"x_title": say("null.x"), "lines": lines}
    return [picture("bars", "null", data, runs=runs, q=facts.study.q)]
