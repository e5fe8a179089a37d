"""How many could be chance: what was searched, what chance alone would give, which questions had no answer."""

from typing import Any

import polars as pl

from biomarker.report.blocks import column, listing, number, paragraph, say, section, table
from biomarker.report.facts import Facts, Question
from biomarker.report.sections import chance_figures
from biomarker.report.wording import comparison_name, contrast_tag, named, question_name

__all__ = ["make"]

MOST_ROWS = 40
MOST_FAMILIES = 3
#: Level of the interval of a list's stability, and its columns by what a cell calls them.
INTERVAL = 0.95
INDEX = {"estimate": "index", "low": "ci_low", "high": "ci_high"}


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where nothing was tested."""
    if not facts.questions:
        return None
    q = facts.study.q
    tests = sum(question.tested for question in facts.questions)
    called = sum(question.called.height for question in facts.questions)
    items = [say("chance.searched", tests=tests, questions=len(facts.questions)), _family(facts)]
    items.append(say("chance.expected", q=q))
    if len(facts.questions) > 1:
        items += _across(facts)
    blocks = [
        listing([*items, *_negative_control(facts)]),
        *chance_figures.null(facts, permuted, _observed),
        _table(facts),
        *_stability(facts),
    ]
    silent = [question for question in facts.questions if not question.called.height]
    if silent and called:
        names = [question_name(facts, question) for question in silent]
        blocks.append(paragraph(say("chance.negative", n=len(silent), names=named(names, most=12))))
    return section("chance", blocks)


def _family(facts: Facts) -> dict[str, Any]:
    """What q is corrected over; families that differ in size only are told once, with their sizes."""
    q, correction = facts.study.q, facts.study.correction
    families = sorted({family for question in facts.questions for family in question.candidates["family"].unique()})
    alike = len(families) > 1 and all(" exploratory " in family for family in families)
    if 0 < len(families) <= MOST_FAMILIES and not alike:
        return say("chance.family", q=q, correction=correction, families=named(families))
    sizes = [question.tested for question in facts.questions]
    return say("chance.family.sizes", q=q, correction=correction, low=min(sizes), high=max(sizes))


def _across(facts: Facts) -> list[dict[str, Any]]:
    """What q leaves open where there are several questions, and the stricter limit for those that show a candidate.

    Read only where something was called, ``R`` of ``m`` questions, the average false discovery rate over these stays
    at ``q`` if each is judged at ``q R / m`` [1]_.

    References
    ----------
    .. [1] Benjamini Y, Bogomolov M. Selective inference on multiple families of hypotheses. J R Stat Soc B
       2014;76:297-318. doi:10.1111/rssb.12028
    """
    q, asked = facts.study.q, len(facts.questions)
    answered = [question.called for question in facts.questions if question.called.height]
    endpoints = len({question.endpoint.name for question in facts.questions})
    items = [
        say("chance.across", endpoints=endpoints, questions=asked),
        say("chance.all_null", questions=asked, q=q, expected=asked * q, observed=len(answered)),
    ]
    if 0 < len(answered) < asked:
        limit = q * len(answered) / asked
        items.append(
            say(
                "chance.selected",
                n=sum(called.height for called in answered),
                answered=len(answered),
                q=q,
                limit=limit,
                kept=sum(int((called["q_value"] <= limit).sum()) for called in answered),
            )
        )
    return items


def _negative_control(facts: Facts) -> list[dict[str, Any]]:
    """How much passes among permuted subjects, over all questions; single features alone, here and there."""
    found = [one for question in facts.questions if (one := permuted(facts, question)) is not None]
    if not found:
        return []
    totals = [sum(counts) for counts in zip(*found, strict=True)]
    return [
        say(
            "chance.permuted",
            runs=len(totals),
            questions=len(facts.questions),
            observed=sum(_observed(facts, question) for question in facts.questions),
            mean=sum(totals) / len(totals),
            most=max(totals),
        )
    ]


def _observed(facts: Facts, question: Question) -> int:
    """Discoveries of a question among the real subjects, counted as those of permuted runs are."""
    return _passing(facts, question, real=True).get(0, 0)


def permuted(facts: Facts, question: Question) -> list[int] | None:
    """Discoveries of a question in each permuted run, all modalities together; None where there were no such runs."""
    null = facts.table("null")
    if null is None:
        return None
    runs = null.filter(pl.col("permutation") > 0)["permutation"].unique().sort()
    counts = _passing(facts, question, real=False)
    return [counts.get(run, 0) for run in runs] or None


def _passing(facts: Facts, question: Question, *, real: bool) -> dict[int, int]:
    """Features that pass by their q-value, by run."""
    null = facts.table("null")
    if null is None:
        return {}
    own = null.filter(
        (pl.col("permutation") == 0) == real,
        pl.col("criterion").cast(pl.String) == "q_value",
        pl.col("endpoint") == question.endpoint.name,
        pl.col("comparison") == question.comparison,
        pl.col("contrast").cast(pl.String) == question.contrast,
    )
    return dict(own.group_by("permutation").agg(pl.col("discoveries").sum()).iter_rows())


def _mean_and_range(counts: list[int] | None) -> dict[str, Any] | None:
    if counts is None:
        return None
    return {"estimate": number(sum(counts) / len(counts)), "low": number(min(counts)), "high": number(max(counts))}


def _stability(facts: Facts) -> list[dict[str, Any]]:
    """Nogueira's index of each list over half-samples."""
    lists = facts.table("stability/lists")
    known = None if lists is None else lists.filter(pl.col("index").is_not_null())
    if known is None or known.is_empty():
        return []
    rows = []
    for question in facts.questions:
        own = known.filter(
            pl.col("endpoint") == question.endpoint.name,
            pl.col("comparison") == question.comparison,
            pl.col("contrast").cast(pl.String) == question.contrast,
        )
        for one in own.iter_rows(named=True):
            index = {key: number(one[name]) for key, name in INDEX.items()}
            name = question_name(facts, question)
            rows.append([name, one["n_features"], one["first"], one["n_halves"], index])
    columns = [
        column("question_asked", "name"),
        column("tested", "count"),
        column("selected_first", "count"),
        column("half_samples", "count"),
        column("index", "interval", level=INTERVAL),
    ]
    caption, notes = say("chance.stability.caption"), [say("chance.stability.note")]
    if len(rows) > MOST_ROWS:
        notes.insert(0, say("summary.answers.some", shown=MOST_ROWS, n=len(rows)))
    return [table("stability", caption, columns, rows[:MOST_ROWS], notes=notes)]


def _table(facts: Facts) -> dict[str, Any]:
    q = facts.study.q
    shown = list(facts.questions)
    notes = [say("chance.note", q=q)]
    if len(shown) > MOST_ROWS:
        shown = sorted(shown, key=lambda question: question.best_log10_p)[:MOST_ROWS]
        notes.insert(0, say("summary.answers.some", shown=MOST_ROWS, n=len(facts.questions)))
    compared = facts.several_comparisons
    controlled = any(permuted(facts, question) is not None for question in shown)
    columns = [
        *([column("contrast", "tag")] if facts.several_contrasts else []),
        column("endpoint", "name"),
        *([column("comparison", "text")] if compared else []),
        column("tested", "count"),
        column("expected_below", "about", q=q),
        column("observed_below", "count", q=q),
        column("called", "count", q=q),
        column("false_at_most", "about"),
        *([column("permuted", "interval")] if controlled else []),
    ]
    rows = [
        [
            *([contrast_tag(question.contrast)] if facts.several_contrasts else []),
            question.endpoint_label,
            *([comparison_name(question.comparison)] if compared else []),
            question.tested,
            question.tested * q,
            _below(question, q),
            question.called.height,
            question.called.height * q,
            *([_mean_and_range(permuted(facts, question))] if controlled else []),
        ]
        for question in shown
    ]
    return table("chance", say("chance.caption"), columns, rows, notes=notes)


def _below(question: Question, q: float) -> int:
    return int((question.screen["p_value"] <= q).sum())
