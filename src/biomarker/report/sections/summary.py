"""Decision summary: what was found, how sure it is, and what it is not. Every sentence follows from a table by rule."""

from typing import Any

import polars as pl

from biomarker.report.blocks import LONGEST_SENTENCE, clean, column, listing, paragraph, say, section, table, tiles
from biomarker.report.facts import Facts, Question
from biomarker.report.flowsums import flow_sums
from biomarker.report.sections import next_study
from biomarker.report.wording import (
    candidate_kind,
    comparison_name,
    contrast_tag,
    direction,
    endpoint_asked,
    events,
    measured,
    name_of,
    named,
    p_of,
    randomised,
)

__all__ = ["make"]

#: So many questions have a row on page one, and so many findings a sentence.
MOST_ROWS = 24
MOST_SENTENCES = 6


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    blocks = [paragraph(headline(facts), style="lead"), paragraph(standing(facts)), _tiles(facts)]
    if left_out := _left_out(facts):
        blocks.append(paragraph(say("summary.left_out", items=left_out)))
    if facts.questions:
        blocks.append(_answers(facts))
    sentences = _sentences(facts)
    if sentences:
        blocks += [paragraph(say("summary.in_words"), style="subtitle"), listing(sentences)]
    blocks += [paragraph(say("summary.not_shown"), style="subtitle"), listing(_cautions(facts), style="caution")]
    blocks += [*next_study.make(facts), _four_questions(facts)]
    return section("summary", blocks)


def headline(facts: Facts) -> dict[str, Any]:
    """The answer in one sentence."""
    q = facts.study.q
    if not facts.questions:
        return say("summary.headline.nothing")
    found, silent = [], []
    for contrast in facts.contrasts:
        questions = [question for question in facts.of_contrast(contrast) if question.called.height]
        n = sum(question.called.height for question in questions)
        if n:
            questions.sort(key=lambda question: question.best_log10_p)
            endpoints = list(dict.fromkeys(question.endpoint_label for question in questions))
            distinct = len({candidate for question in questions for candidate in question.called["candidate_id"]})
            features = say("summary.distinct", n=distinct) if distinct < n else say("nothing")
            observed = contrast == "predictive" and not randomised(facts)
            kind = "observed" if observed else contrast
            found.append(say(f"summary.found.{kind}", n=n, features=features, endpoints=named(endpoints)))
        else:
            silent.append(contrast_tag(contrast))
    if found:
        several = len(facts.questions) > 1
        none = say("summary.found_none", contrasts=silent) if silent else say("nothing")
        return say("summary.headline.some" if several else "summary.headline.one", found=found, q=q, none=none)
    return say("summary.headline.none", q=q, tests=sum(question.tested for question in facts.questions))


def standing(facts: Facts) -> dict[str, Any]:
    """What kind of evidence this is."""
    treatment = facts.study.treatment
    any_called = any(question.called.height for question in facts.questions)
    return say(
        "summary.standing",
        design=say("summary.design.single")
        if treatment is None
        else say(f"summary.design.{treatment.assignment}", arms=treatment.arms),
        verdict=say("summary.verdict.some" if any_called else "summary.verdict.none"),
    )


def _tiles(facts: Facts) -> dict[str, Any]:
    """Subjects, features, tests, candidates."""
    tested = [question.screen for question in facts.questions]
    measured = facts.inputs.screens.values()
    features = {pair for screen in measured for pair in screen.select("modality", "feature_id").unique().iter_rows()}
    used = {pair for screen in tested for pair in screen.select("modality", "feature_id").unique().iter_rows()}
    called = sum(question.called.height for question in facts.questions)
    items = []
    subjects = _subjects(facts)
    if subjects:
        n_used, note = subjects
        items.append((say("tile.count", n=n_used), say("tile.subjects", n=n_used), note))
    items += [
        (
            say("tile.count", n=len(used)),
            say("tile.features", n=len(used)),
            say("tile.features.note", n=len(features), modalities=len({modality for modality, _ in features})),
        ),
        (
            say("tile.count", n=sum(one.height for one in tested)),
            say("tile.tests", n=sum(one.height for one in tested)),
            say(_tests_note(facts), n=len(facts.questions)),
        ),
        (say("tile.count", n=called), say("tile.called", n=called), say("tile.called.note", q=facts.study.q)),
    ]
    return tiles(items)


def _tests_note(facts: Facts) -> str:
    """The phrase that says what a question is in this study."""
    if facts.several_comparisons:
        return "tile.tests.compared"
    return "tile.tests.contrasts" if facts.several_contrasts else "tile.tests.endpoints"


def _subjects(facts: Facts) -> tuple[int, dict[str, Any]] | None:
    """How many were analysed: of the whole study where the flow says so, else in the analysis that used most."""
    sums = [one for one in flow_sums(facts) if one["unit"] == "subjects"]
    used = {id(one): sum(part["n"] for part in one["parts"] if part["kind"] == "used") for one in sums}
    for scope, note in (("subjects", "tile.subjects.note"), ("analysis", "tile.subjects.largest")):
        found = [one for one in sums if one["scope"] == scope]
        if found:
            most = max(found, key=lambda one: used[id(one)])
            return used[id(most)], say(note, n=most["total"])
    return None


def _without_value(question: Question) -> int:
    """Most subjects that a test lacks and others of the same modality have: those without a value of the feature."""
    n = question.screen.group_by("modality").agg(more=pl.col("n").max() - pl.col("n").min())["more"]
    return int(n.max() or 0)  # type: ignore[call-overload]


def _left_out(facts: Facts) -> list[dict[str, Any]]:
    """Subjects, tests and rows that were not used, each with the most frequent reasons; nothing where all were."""
    items = []
    sums = [one for one in flow_sums(facts) if one["unit"] == "subjects" and one["scope"] == "analysis"]
    lost = [sum(part["n"] for part in one["parts"] if part["kind"] != "used") for one in sums]
    if any(lost):
        reasons = [part["reason"] for one in sums for part in one["parts"] if part["kind"] != "used"]
        items.append(
            say(
                "summary.left_out.as_many" if min(lost) == max(lost) else "summary.left_out.subjects",
                low=min(lost),
                high=max(lost),
                n=max(one["total"] for one in sums),
                reasons=named(list(dict.fromkeys(reasons)), most=3),
            )
        )
    if more := max((_without_value(question) for question in facts.questions), default=0):
        items.append(say("summary.left_out.values", n=more))
    untested = [row for question in facts.questions for row in question.left_out.iter_rows(named=True)]
    if untested:
        reasons = list(dict.fromkeys(_within(row["reason"]) for row in untested))
        planned = sum(question.planned for question in facts.questions)
        n = sum(row["n"] for row in untested)
        items.append(say("summary.left_out.tests", n=n, planned=planned, reasons=named(reasons, most=2)))
    rows = sum(table.height for table in facts.inputs.quarantine.values())
    return [*items, say("summary.left_out.rows", n=rows)] if rows else items


def _within(reason: str) -> str:
    """A sentence as it may stand within another."""
    said = clean(reason, longest=LONGEST_SENTENCE).rstrip(".")
    return said[:1].lower() + said[1:] if said[1:2].islower() else said


def _answers(facts: Facts) -> dict[str, Any]:
    """One row a question: tested, called, and the leading candidate with its uncertainty."""
    shown = list(facts.questions)
    notes = []
    if len(shown) > MOST_ROWS:
        chosen = sorted(shown, key=lambda question: question.best_log10_p)[:MOST_ROWS]
        notes.append(say("summary.answers.some", shown=MOST_ROWS, n=len(shown)))
        shown = chosen
    notes.append(say("summary.answers.note", level=facts.study.confidence))
    compared = facts.several_comparisons
    columns = [
        *([column("contrast", "tag")] if facts.several_contrasts else []),
        *([column("endpoint", "text")] if facts.several_endpoints or not compared else []),
        *([column("comparison", "text")] if compared else []),
        column("tested", "count"),
        column("called", "count", q=facts.study.q),
        column("leading", "name"),
        column("effect_per_sd", "interval", level=facts.study.confidence),
        column("p_value", "p"),
        column("q_value", "q"),
    ]
    rows = []
    for question in shown:
        best = question.candidates.row(0, named=True) if question.candidates.height else None
        rows.append(
            [
                *([contrast_tag(question.contrast)] if facts.several_contrasts else []),
                *([question.endpoint_label] if facts.several_endpoints or not compared else []),
                *([comparison_name(question.comparison)] if compared else []),
                question.tested,
                question.called.height,
                name_of(best) if best else None,
                _measured(best, question) if best else None,
                p_of(best) if best else None,
                best["q_value"] if best else None,
            ]
        )
    marked = [question.called.height > 0 for question in shown]
    return table("answers", say("summary.answers"), columns, rows, notes=notes, marked=marked)


def _measured(row: dict[str, Any], question: Question) -> dict[str, Any] | None:
    """The effect with the name of its scale."""
    return measured(row, question.scale, question.endpoint.unit)


def _sentences(facts: Facts) -> list[dict[str, Any]]:
    """The leading candidate of each question that has one, in words that can be pasted."""
    called = [question for question in facts.questions if question.called.height]
    if len(called) > MOST_SENTENCES:
        called = sorted(called, key=lambda question: question.best_log10_p)[:MOST_SENTENCES]
    return [_sentence(facts, question) for question in called]


def _sentence(facts: Facts, question: Question) -> dict[str, Any]:
    row = question.called.row(0, named=True)
    n_events = events(row["n_events"], question.endpoint.type)
    shown = _measured(row, question)
    return say(
        "summary.finding" if shown else "summary.finding.no_effect",
        name=name_of(row),
        modality=row["modality"],
        endpoint=endpoint_asked(facts, question),
        direction=direction(facts, row),
        scale=shown["scale"] if shown else say("nothing"),
        effect=shown,
        level=facts.study.confidence,
        p=p_of(row),
        q=row["q_value"],
        base=say("summary.base", n=row["n"])
        if n_events is None
        else say(f"summary.base.{question.endpoint.type}", n=row["n"], events=n_events),
        kind=candidate_kind(facts, question.contrast),
        others=say("summary.others", n=question.called.height - 1) if question.called.height > 1 else say("nothing"),
    )


def _cautions(facts: Facts) -> list[dict[str, Any]]:
    """What the reader must not take from the page."""
    study = facts.study
    shrunk = facts.inputs.candidates["estimate_shrunk"].is_not_null().any()
    cautions = [
        say("caution.confirmation"),
        say("caution.selection.shrunk" if shrunk else "caution.selection"),
        say("caution.stand_ins"),
    ]
    if study.treatment is None:
        cautions.append(say("caution.single_arm"))
    elif study.treatment.assignment != "randomised":
        cautions.append(say("caution.observational"))
    if study.treatment is not None and len(study.treatment.arms) < 2 * len(study.treatment.comparisons):
        cautions.append(say("caution.shared_arms"))
    if len(facts.questions) > 1:
        observed = sum(1 for question in facts.questions if question.called.height)
        expected = study.q * len(facts.questions)
        cautions.append(say("caution.many_questions", n=len(facts.questions), expected=expected, observed=observed))
    return cautions


def _four_questions(facts: Facts) -> dict[str, Any]:
    """What regulators ask of every marker-guided study, answered by what the run holds."""
    cut, designed = facts.table("candidate_cutoffs") is not None, facts.table("trial/designs") is not None
    effects = facts.table("candidate_effects") is not None
    answers = {
        "cutoff": say("regulator.cutoff.searched" if cut else "regulator.cutoff.answer"),
        "design": say("regulator.design.compared" if designed else "regulator.design.answer"),
        "multiplicity": _multiplicity(facts),
        "subgroups": say("regulator.subgroups.heldout" if effects else "regulator.subgroups.answer"),
    }
    columns = [column("regulator_question", "name"), column("regulator_answer", "text")]
    rows = [[say(f"regulator.{topic}"), answer] for topic, answer in answers.items()]
    return table("regulator", say("summary.regulator"), columns, rows)


def _multiplicity(facts: Facts) -> dict[str, Any]:
    """How multiplicity is controlled: of features, and where formulas were searched, of these."""
    counts, formulas = facts.table("formula/counts"), facts.table("formula/formulas")
    own = {"q": facts.study.q, "correction": facts.study.correction}
    if counts is None or formulas is None:
        return say("regulator.multiplicity.answer", **own)
    searched = counts.filter(pl.col("unit") == "formulas", pl.col("reason").is_null())
    tried = formulas.filter(pl.col("leader"), pl.col("p_heldout").is_not_null())
    return say("regulator.multiplicity.formulas", n=int(searched["n"].sum()), tried=tried.height, **own)
