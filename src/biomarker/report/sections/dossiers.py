"""A dossier for each leading candidate: what it is, what it does, what speaks against it."""

from typing import Any

import polars as pl

from biomarker.report.blocks import chart, clean, column, figure, listing, number, panel, paragraph, say, section, table
from biomarker.report.facts import Facts, Question
from biomarker.report.scales import Scale, scale_of
from biomarker.report.sections.curves import curves_of, panel_of
from biomarker.report.sections.cutoff import cutoff_columns, cutoff_row
from biomarker.report.sections.replication import not_replicated, replication_table
from biomarker.report.wording import (
    candidate_kind,
    contrast_tag,
    direction,
    endpoint_asked,
    events,
    measured,
    name_of,
    named,
    p_of,
    randomised,
    suppressed,
)

__all__ = ["dossier_id", "leaders", "make"]

#: So many candidates that pass have a dossier; where none passes, so many that came closest.
MOST, CLOSEST = 10, 3
_KEY = ["candidate_id", "endpoint", "comparison", "contrast"]


def leaders(facts: Facts) -> list[tuple[Question, dict[str, Any]]]:
    """The candidates that have a dossier, by overall rank."""
    passing = [(q, row) for q in facts.questions for row in q.called.head(MOST).iter_rows(named=True)]
    if not passing:
        passing = [(q, row) for q in facts.questions for row in q.candidates.head(1).iter_rows(named=True)]
        return sorted(passing, key=lambda one: one[1]["rank_overall"])[:CLOSEST]
    return sorted(passing, key=lambda one: one[1]["rank_overall"])[:MOST]


def dossier_id(row: dict[str, Any]) -> str:
    """The anchor of a candidate's dossier."""
    return f"dossier-{row['rank_overall']}"


def make(facts: Facts) -> dict[str, Any] | None:
    """The section, or None where there is no candidate."""
    every = leaders(facts)
    if not every:
        return None
    called = any(question.called.height for question in facts.questions)
    total = sum(question.called.height for question in facts.questions)
    intro = say("dossiers.intro" if called else "dossiers.intro.none", n=len(every), total=total, q=facts.study.q)
    return section("dossiers", [paragraph(intro), *(_dossier(facts, question, row) for question, row in every)])


def _dossier(facts: Facts, question: Question, row: dict[str, Any]) -> dict[str, Any]:
    identity = dossier_id(row)
    blocks = [
        paragraph(_best(facts, row)),
        _facts_table(facts, question, row),
        *_cutoff(facts, row),
        *_effects(facts, question, row),
        *replication_table(facts, row, identity, question.endpoint.unit),
        *_curves(facts, question, row),
        paragraph(say("dossier.against"), style="subtitle"),
        listing(_against(facts, question, row), style="caution"),
    ]
    kind = candidate_kind(facts, row["contrast"])
    title = say("dossier.title", name=name_of(row), kind=kind, endpoint=endpoint_asked(facts, question))
    return {"block": "dossier", "id": identity, "title": title, "blocks": blocks}


def _best(facts: Facts, row: dict[str, Any]) -> dict[str, Any]:
    """The category of the FDA-NIH glossary, and why the data permit it."""
    kind = "observed" if row["contrast"] == "predictive" and not randomised(facts) else row["contrast"]
    return say(f"dossier.best.{kind}")


def _facts_table(facts: Facts, question: Question, row: dict[str, Any]) -> dict[str, Any]:
    """Everything that the table of candidates holds of it, where it holds something."""
    features = [clean(one) for one in row["features"]]
    n_events = events(row["n_events"], question.endpoint.type)
    shown: list[tuple[str, dict[str, Any] | None]] = [
        ("features", say("dossier.names", names=named(features, most=8)) if len(features) > 1 else None),
        ("modality", say("dossier.word", word=clean(row["modality"]))),
        ("direction", direction(facts, row)),
        ("effect", _said(measured(row, question.scale, question.endpoint.unit), facts.study.confidence)),
        ("shrunk", _shrunk(row, question.scale, facts.study.confidence)),
        ("p", say("dossier.p", p=p_of(row), method=row["method"])),
        ("q", say("dossier.q", q=row["q_value"], family=row["family"]) if row["q_value"] is not None else None),
        ("n", say("dossier.n" if n_events is None else "dossier.n.events", n=row["n"], events=n_events)),
        ("searched", say("dossier.count", n=row["n_searched"])),
    ]
    for key in ("p_refit", "p_permutation", "p_global", "p_marginal", "p_conditional", "p_heldout", "p_familywise"):
        shown.append((key, say("dossier.p_alone", p=row[key]) if row[key] is not None else None))
    shown.append(("stability", say("dossier.share", share=row["stability"]) if row["stability"] is not None else None))
    shown.append(("tier", say("dossier.word", word=row["tier"]) if row["tier"] else None))
    stand_ins = _stand_ins(question, row)
    shown.append(("stand_ins", say("dossier.names", names=named(stand_ins, most=8)) if stand_ins else None))
    rows = [[say(f"dossier.fact.{key}"), text] for key, text in shown if text is not None]
    columns = [column("what", "name"), column("value", "text")]
    return table(f"{dossier_id(row)}-facts", say("dossier.facts"), columns, rows)


def _said(shown: dict[str, Any] | None, level: float) -> dict[str, Any] | None:
    if shown is None:
        return None
    effect = {key: shown[key] for key in ("estimate", "low", "high")}
    return say("dossier.effect", scale=shown["scale"], effect=effect, level=level)


def _shrunk(row: dict[str, Any], scale: Scale, level: float) -> dict[str, Any] | None:
    """What is left of the effect once the choice is allowed for."""
    if row["estimate_shrunk"] is None:
        return None
    per = row["feature_sd"] if row["n_with"] is None and row["feature_sd"] else 1.0
    values = [row[key] for key in ("estimate_shrunk", "shrunk_low", "shrunk_high")]
    estimate, low, high = (None if value is None else scale.shown(value * per) for value in values)
    effect = {"estimate": number(estimate), "low": number(low), "high": number(high)}
    return say("dossier.shrunk", effect=effect, level=level, method=row["shrinkage_method"] or "")


def _stand_ins(question: Question, row: dict[str, Any]) -> list[str]:
    """Other listed candidates of the same question in the same group of correlated features."""
    if row["group_id"] is None:
        return []
    group = question.candidates.filter(pl.col("group_id") == row["group_id"], pl.col("rank") != row["rank"])
    return [name_of(other) for other in group.iter_rows(named=True)]


def _cutoff(facts: Facts, row: dict[str, Any]) -> list[dict[str, Any]]:
    cutoffs = facts.table("candidate_cutoffs")
    found = None if cutoffs is None else cutoffs.filter(*(pl.col(key) == row[key] for key in _KEY))
    if found is None or found.is_empty():
        return []
    rows = [cutoff_row(facts, cut)[1:] for cut in found.iter_rows(named=True)]
    caption = say("cutoff.caption.one")
    return [table(f"{dossier_id(row)}-cutoff", caption, cutoff_columns(facts)[1:], rows)]


def _effects(facts: Facts, question: Question, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Effects in all, marker-positive and marker-negative subjects; nothing that a small group could be told from."""
    effects = facts.table("candidate_effects")
    if effects is None:
        return []
    own = effects.filter(*(pl.col(key).cast(pl.String) == row[key] for key in _KEY))
    if own.is_empty():
        return []
    small = _small(own, facts.study.smallest_cell)
    shown = own.filter(pl.col("population").cast(pl.String) == "all") if small else own
    rows = [
        [
            say(f"population.{one['population']}"),
            say("dossier.arm", arm=clean(one["arm"])) if one["arm"] else say("dossier.difference"),
            _basis(one),
            _effect_cell(one, question),
            one["n"],
            events(one["n_events"], question.endpoint.type),
        ]
        for one in shown.iter_rows(named=True)
    ]
    columns = [
        column("population", "name"),
        column("arm", "text"),
        column("basis", "text"),
        column("effect", "interval", level=facts.study.confidence),
        column("n", "count"),
        column("events", "count"),
    ]
    notes = [say("dossier.effects.note")]
    if small:
        notes.insert(0, say("dossier.effects.small", limit=facts.study.smallest_cell))
    made = [table(f"{dossier_id(row)}-effects", say("dossier.effects"), columns, rows, notes=notes)]
    return [*_forest(facts, row, shown), *made]


def _small(own: pl.DataFrame, limit: int) -> bool:
    """Whether a count of a group, its events or the rest is so small that the groups are not shown."""
    groups = own.filter(pl.col("arm").is_not_null() & (pl.col("population").cast(pl.String) != "all"))
    counts = [count for one in groups.iter_rows(named=True) for count in _counts(one)]
    return any(isinstance(count, dict) for count in suppressed(counts, limit))


def _counts(one: dict[str, Any]) -> list[int]:
    return [one["n"]] if one["n_events"] is None else [one["n"], one["n_events"], one["n"] - one["n_events"]]


def _effect_cell(one: dict[str, Any], question: Question) -> dict[str, Any] | None:
    """An effect as it is printed, with the name of what it is: ratios for logarithms."""
    log = one["measure"].startswith("log ")
    scale = scale_of(one["measure"], "overall") if log else Scale("slope", ratio=False)
    estimate, low, high = (scale.shown(one[key]) for key in ("estimate", "ci_low", "ci_high"))
    if estimate is None:
        return None
    unit = question.endpoint.unit if "mean" in one["measure"] else ""
    name = say(f"measure.{one['measure'].replace(' ', '_')}")
    within = say("measure.by", measure=name, horizon=one["horizon"], unit=question.endpoint.unit)
    name = within if one["horizon"] is not None else name
    return {
        "estimate": number(estimate),
        "low": number(low),
        "high": number(high),
        "scale": say("scale.in_unit", scale=name, unit=clean(unit)) if unit else name,
    }


def _forest(facts: Facts, row: dict[str, Any], shown: pl.DataFrame) -> list[dict[str, Any]]:
    """The differences that allow for the choice, in marker-positive and marker-negative subjects, on one scale."""
    lines_of: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in shown.iter_rows(named=True):
        if one["arm"] is None and one["ci_low"] is not None and one["ci_high"] is not None and one["basis"] != "raw":
            lines_of.setdefault((one["scale"], one["measure"]), []).append(one)
    if not lines_of:
        return []
    charts = []
    for (_, measure), lines in sorted(lines_of.items(), key=lambda item: item[0][0] != "additive"):
        ratio = measure.startswith("log ")
        scale = scale_of(measure, "overall") if ratio else Scale("slope", ratio=False)
        drawn = [_line(one, scale) for one in lines]
        if any(None in (line["estimate"], line["low"], line["high"]) for line in drawn):
            continue
        name = say(f"measure.{measure.replace(' ', '_')}")
        data = {
            "lines": drawn,
            "ratio": ratio,
            "nothing": scale.nothing,
            "x_title": name,
            "effect_title": say("forest.effect", level=facts.study.confidence),
            "q_title": say("nothing"),
        }
        charts.append(chart("forest", name, say("dossier.forest", name=name_of(row), measure=name), data))
    if not charts:
        return []
    shown_panel = panel(f"effects-{row['rank_overall']}", name_of(row), charts)
    return [
        figure(f"{dossier_id(row)}-forest", say("dossier.forest.caption"), [shown_panel], chooser=say("curves.chooser"))
    ]


def _basis(one: dict[str, Any]) -> dict[str, Any]:
    """What an effect rests on; of another cohort with its name."""
    if one["basis"] == "replication":
        return say("basis.replication", cohort=clean(one["cohort"]))
    return say(f"basis.{one['basis']}")


def _line(one: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """A line of the forest plot."""
    name = say("dossier.line", population=say(f"population.{one['population']}"), basis=_basis(one))
    shown = {"estimate": one["estimate"], "low": one["ci_low"], "high": one["ci_high"]}
    limits = {key: scale.shown(value) for key, value in shown.items()}
    return {"name": name, **limits, "called": one["basis"] == "heldout", "q": None}


def _curves(facts: Facts, question: Question, row: dict[str, Any]) -> list[dict[str, Any]]:
    lines = curves_of(facts).get((row["candidate_id"], question.endpoint.name, question.comparison, question.contrast))
    if lines is None:
        return []
    made = panel_of(facts, question, row, lines)
    if not made["charts"]:
        return []
    caption = say(
        "curves.caption" if facts.study.treatment is None else "curves.caption.arms",
        level=facts.study.confidence,
        limit=facts.study.smallest_cell,
    )
    return [figure(f"{dossier_id(row)}-curves", caption, [made], chooser=say("curves.chooser"))]


def _against(facts: Facts, question: Question, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What a critic would say, as far as the tables say it."""
    q = facts.study.q
    items = []
    if row["q_value"] is None or row["q_value"] > q:
        items.append(say("against.not_called", q=row["q_value"], limit=q))
    if row["p_heldout"] is None:
        items.append(say("against.no_confirmation"))
    elif row["p_heldout"] > q:
        items.append(say("against.failed", p=row["p_heldout"]))
    if facts.study.treatment is None:
        items.append(say("against.single_arm"))
    elif not randomised(facts):
        items.append(say("against.observational"))
    if row["estimate_shrunk"] is None:
        items.append(say("against.not_shrunk"))
    if row["p_conditional"] is not None and row["p_conditional"] > q:
        items.append(say("against.conditional", p=row["p_conditional"]))
    if row["stability"] is not None and row["stability"] < 0.5:
        items.append(say("against.unstable", share=row["stability"]))
    items += not_replicated(facts, row)
    others = _stand_ins(question, row)
    if others:
        items.append(say("against.stand_ins", n=len(others), names=named(others)))
    if row["reason"]:
        items.append(say("against.reason", reason=clean(row["reason"], longest=400)))
    if row["tier"] == "C":
        items.append(say("against.tier", tag=contrast_tag(row["contrast"])))
    return items
