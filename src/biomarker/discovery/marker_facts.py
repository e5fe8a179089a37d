"""The numbers that a study design and an economic model start from: one marker, one endpoint, taken from the tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Ordinal, Survival
from biomarker.errors import DataError

__all__ = ["Choice", "MarkerFacts", "marker_facts"]

Row = dict[str, Any]
#: The effects that designs are computed from, and the levels of one arm, by type of endpoint
MEASURES = {"binary": "log odds ratio", "continuous": "mean difference", "survival": "log hazard ratio"}
LEVELS = {"binary": "rate", "continuous": "mean", "survival": "event rate"}
EFFECTS = {"positive": "effect_positive", "negative": "effect_negative"}
UNITS = {"binary": "log odds ratio", "continuous": "", "survival": "log hazard ratio"}


@dataclass(frozen=True)
class Choice:
    """What a study file asks for; None is left to the ranking.

    Attributes
    ----------
    candidate, endpoint, comparison : str or None
    q : float
        A marker is chosen by itself only if its false discovery rate is at most this.
    randomised : bool
    assumed : mapping of quantity to mapping
        Numbers that replace the measured ones (``value``, ``low``, ``high``, ``source``, ``note``); of assays, numbers
        for what was not measured.
    """

    candidate: str | None
    endpoint: str | None
    comparison: str | None
    q: float
    randomised: bool
    assumed: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class MarkerFacts:
    """One marker and endpoint.

    Attributes
    ----------
    facts : dict
        ``situation`` (marker, single arm, none), ``reason``, ``reason_said`` (the same as a code and its values),
        ``candidate_id``, ``label``, ``endpoint``,
        ``endpoint_label``, ``type``, ``better``, ``comparison``, ``positive`` (who is marker-positive, in words),
        ``negative``, ``active``, ``control``, ``tested``, ``unit_of_time``.
    quantities : list of dict
        Columns of `biomarker.data.trial_tables.TrialMarker`.
    """

    facts: dict[str, Any]
    quantities: list[Row]

    def rows(self) -> list[Row]:
        """Each quantity with the facts beside it: the rows of the table."""
        names = (
            "situation",
            "reason",
            "reason_said",
            "candidate_id",
            "label",
            "endpoint",
            "endpoint_label",
            "type",
            "better",
            "comparison",
            "active",
            "control",
            "positive",
            "negative",
            "unit_of_time",
        )
        return [{**{name: self.facts[name] for name in names}, **row} for row in self.quantities]


def marker_facts(
    cohort: Cohort, candidates: pl.DataFrame, effects: pl.DataFrame, cutoffs: pl.DataFrame, choice: Choice
) -> MarkerFacts:
    """Choose the marker and gather its numbers.

    By default the predictive candidate with the smallest rank that passes q and whose effects in marker-positive and
    marker-negative subjects are known. Without a control arm, or without such a candidate, what is known all the same.

    Parameters
    ----------
    cohort : Cohort
    candidates, effects, cutoffs : polars.DataFrame
        Tables ``Candidates``, ``CandidateEffects``, ``CandidateCutoffs``.
    choice : Choice

    Returns
    -------
    MarkerFacts

    Raises
    ------
    DataError
        The study file asks for a candidate, an endpoint or a comparison that is not there.
    """
    if choice.endpoint is not None and choice.endpoint not in {e.name for e in cohort.endpoints}:
        known = ", ".join(e.name for e in cohort.endpoints)
        raise DataError(f"trial.endpoint is {choice.endpoint!r}; the endpoints are {known}")
    contrast = "response" if cohort.treatment is None else "predictive"
    rows = candidates.filter(pl.col("contrast").cast(pl.String) == contrast, pl.col("status").cast(pl.String) == "ok")
    for column, wanted in (("endpoint", choice.endpoint), ("comparison", choice.comparison)):
        if wanted is not None:
            rows = rows.filter(pl.col(column) == wanted)
    designed = [e.name for e in cohort.endpoints if not isinstance(e, Ordinal)]
    rows = rows.filter(pl.col("endpoint").is_in(designed)).sort("rank_overall")
    chosen = _chosen(rows, effects, choice, single_arm=cohort.treatment is None)
    endpoint = _endpoint(cohort, chosen, choice, designed)
    return _gathered(cohort, rows, effects, cutoffs, choice, chosen, endpoint)


def _chosen(rows: pl.DataFrame, effects: pl.DataFrame, choice: Choice, *, single_arm: bool) -> Row | None:
    """The candidate, or None."""
    if choice.candidate is not None:
        named = rows.filter(pl.col("candidate_id") == choice.candidate)
        if not named.height:
            leading = ", ".join(rows["candidate_id"].head(3).to_list()) or "none"
            raise DataError(
                f"trial.candidate is {choice.candidate!r}, which the candidates of this question do not hold",
                f"The leading ones are: {leading}. Raise rank.keep, or name another.",
            )
        return dict(named.row(0, named=True))
    called = rows.filter(pl.col("q_value") <= choice.q)
    for row in called.iter_rows(named=True):
        if single_arm or _effects(effects, row, None):
            return dict(row)
    return None


def _endpoint(cohort: Cohort, chosen: Row | None, choice: Choice, designed: list[str]) -> Endpoint | None:
    """The endpoint of the candidate, the one asked for, or the first that studies are designed for."""
    name = chosen["endpoint"] if chosen else choice.endpoint
    if name is None and designed:
        name = designed[0]
    return next((e for e in cohort.endpoints if e.name == name and e.name in designed), None)


def _of(table: pl.DataFrame, row: Row) -> pl.DataFrame:
    """The rows of a candidate in its own question."""
    return table.filter(
        pl.col("candidate_id") == row["candidate_id"],
        pl.col("endpoint") == row["endpoint"],
        pl.col("comparison") == row["comparison"],
        pl.col("contrast").cast(pl.String) == str(row["contrast"]),
    )


def _effects(effects: pl.DataFrame, row: Row, endpoint_type: str | None) -> list[Row]:
    """Treatment effects in both marker groups, each basis of which both are known."""
    found = _of(effects, row).filter(
        pl.col("arm").is_null(),
        pl.col("population").cast(pl.String).is_in(list(EFFECTS)),
        pl.col("estimate").is_not_null(),
    )
    measures = [MEASURES[endpoint_type]] if endpoint_type is not None else list(MEASURES.values())
    found = found.filter(pl.col("measure").cast(pl.String).is_in(measures))
    rows = [{**r, "population": str(r["population"]), "basis": str(r["basis"])} for r in found.iter_rows(named=True)]
    both = [
        b for b in ("raw", "shrunk", "heldout") if {r["population"] for r in rows if r["basis"] == b} == set(EFFECTS)
    ]
    # held-out effects stand in where none were shrunk
    kept = both if "shrunk" not in both else [b for b in both if b != "heldout"]
    return [r for r in rows if r["basis"] in kept]


def _gathered(
    cohort: Cohort,
    rows: pl.DataFrame,
    effects: pl.DataFrame,
    cutoffs: pl.DataFrame,
    choice: Choice,
    chosen: Row | None,
    endpoint: Endpoint | None,
) -> MarkerFacts:
    """Facts and quantities of what was chosen."""
    active, control = _arms(cohort, chosen)
    tested = int(rows["n_searched"].max() or 0) if rows.height else 0  # type: ignore[arg-type]
    quantities = [_quantity("tested", float(max(tested, 1)), source="measured", note="features tested")]
    facts: dict[str, Any] = {
        "candidate_id": chosen["candidate_id"] if chosen else None,
        "label": chosen["label"] if chosen else None,
        "endpoint": endpoint.name if endpoint else None,
        "endpoint_label": endpoint.label if endpoint else None,
        "type": endpoint.type if endpoint else None,
        "better": _better(endpoint),
        "comparison": chosen["comparison"] if chosen else None,
        "positive": None,
        "negative": None,
        "active": active,
        "control": control,
        "tested": max(tested, 1),
        "unit_of_time": (getattr(endpoint, "unit", "") if isinstance(endpoint, Survival) else "") or "months",
    }
    if endpoint is not None:
        quantities += _control(cohort, endpoint, control)
    if chosen is not None and endpoint is not None:
        quantities.append(
            _quantity("subjects", chosen["n"], source="measured", note="in whom the effects were estimated")
        )
        quantities += _cut(cutoffs, chosen, facts)
        if cohort.treatment is None:
            quantities += _rates(effects, chosen, endpoint)
        else:
            quantities += [_of_effect(r, endpoint) for r in _effects(effects, chosen, endpoint.type)]
            quantities += _prognostic(effects, chosen, endpoint, control)
    quantities = _assumed(quantities, choice, endpoint)
    known = {(row["quantity"], row["basis"]) for row in quantities}
    ready = {"effect_positive", "effect_negative", "prevalence", "control"} <= {name for name, _ in known}
    facts["situation"], facts["reason"], said = _situation(cohort, chosen, facts, choice, ready=ready)
    facts["reason_said"] = None if said is None else json.dumps(said, sort_keys=True)
    return MarkerFacts(facts, quantities)


def _situation(
    cohort: Cohort, chosen: Row | None, facts: Row, choice: Choice, *, ready: bool
) -> tuple[str, str | None, Row | None]:
    """What can be designed, and why not more: in words, and as a code with the values that it mentions."""
    if cohort.treatment is None and not ready:
        return (
            "single arm",
            "All subjects belong to one arm: whether the drug does more for marker-positive patients is not known, so "
            "no study that compares treatments can be sized from these data. Name effect_positive and effect_negative "
            "in the trial section, with their source, to size one.",
            {"say": "advice.cannot.single_arm", "with": {}},
        )
    if ready:
        if chosen is None:
            facts["label"] = "a marker assumed in the study file"
        if choice.randomised:
            return "marker", None, None
        return (
            "marker",
            "Treatment was not randomised: the effects may be confounded.",
            {"say": "advice.cannot.observed", "with": {}},
        )
    if chosen is not None:
        missing = "effects in both marker groups, a cut-off with its prevalence, and the control arm's level"
        text = f"{chosen['label']} lacks what a design needs: {missing}."
        return "none", text, {"say": "advice.cannot.lacks", "with": {"name": chosen["label"]}}
    return (
        "none",
        f"No predictive candidate passes a false discovery rate of {choice.q:g}: there is no marker to design for.",
        {"say": "advice.cannot.none_passes", "with": {"q": choice.q}},
    )


def _arms(cohort: Cohort, chosen: Row | None) -> tuple[str, str]:
    """Names of the active and the control arm."""
    if cohort.treatment is None:
        return "treatment", "control"
    pairs = {c.name: (c.active, c.control) for c in cohort.treatment.comparisons}
    first = next(iter(pairs.values()))
    return pairs.get(chosen["comparison"], first) if chosen else first


def _better(endpoint: Endpoint | None) -> str | None:
    """Whether a larger value, or the event, is good."""
    if endpoint is None:
        return None
    good = {"event": "higher", "non_event": "lower", "higher": "higher", "lower": "lower", "longer": "lower"}
    return good.get(getattr(endpoint, "better", "higher"), "higher")


def _control(cohort: Cohort, endpoint: Endpoint, control: str) -> list[Row]:
    """Event rate, standard deviation within arms, or hazard of the control arm (of all where there is one arm)."""
    rows = endpoint.known.copy()
    if cohort.treatment is not None:
        rows &= np.array([arm == control for arm in cohort.treatment.arms])
    values = endpoint.values[rows]
    n = values.size
    if n < 2:
        return []
    if isinstance(endpoint, Survival):
        events = float(endpoint.event[rows].sum())
        if events == 0:
            return []
        hazard = events / float(values.sum())
        factor = float(np.exp(1.959963984540054 / np.sqrt(events)))
        return [
            _quantity(
                "control",
                hazard,
                std_error=hazard / float(np.sqrt(events)),
                low=hazard / factor,
                high=hazard * factor,
                unit=f"events per {endpoint.unit or 'unit of time'}",
                source="measured",
                note="constant hazard",
            )
        ]
    if endpoint.type == "binary":
        rate = float(values.mean())
        error = float(np.sqrt(max(rate * (1.0 - rate), 0.25 / n) / n))
        return [
            _quantity(
                "control", min(max(rate, 0.5 / n), 1 - 0.5 / n), std_error=error, unit="event rate", source="measured"
            )
        ]
    sd = float(values.std(ddof=1))
    return [
        _quantity(
            "control",
            sd,
            std_error=sd / float(np.sqrt(2.0 * (n - 1))),
            unit=f"standard deviation, {getattr(endpoint, 'unit', '')}".rstrip(", "),
            source="measured",
        )
    ]


def _cut(cutoffs: pl.DataFrame, chosen: Row, facts: Row) -> list[Row]:
    """Cut-off, share above it, and the assay; writes who is marker-positive into the facts."""
    found = _of(cutoffs, chosen)
    if not found.height:
        return []
    row = found.row(0, named=True)
    unit = f" {row['unit']}" if row["unit"] else ""
    sides = [f"{chosen['label']} {side} {row['cutoff']:.4g}{unit}" for side in ("above", "at or below")]
    facts["positive"], facts["negative"] = sides if str(row["positive"]) == "above" else sides[::-1]
    source = str(row["source"])
    made = [
        _quantity("cutoff", row["cutoff"], low=row["ci_low"], high=row["ci_high"], unit=row["unit"], source="measured")
    ]
    if row["prevalence"] is not None and 0 < row["prevalence"] < 1:
        made.append(
            _quantity(
                "prevalence",
                row["prevalence"],
                low=row["prevalence_low"],
                high=row["prevalence_high"],
                unit="share",
                source="measured",
            )
        )
    for name in ("sensitivity", "specificity"):
        if row[f"assay_{name}"] is not None:
            made.append(_quantity(name, row[f"assay_{name}"], unit="share", source=source))
    return made


def _levels(effects: pl.DataFrame, chosen: Row, endpoint: Endpoint, arm: str | None) -> dict[str, Row]:
    """Levels of an arm (of everybody, where there is one arm) by marker group, the most cautious that are known."""
    found = _of(effects, chosen).filter(
        pl.col("arm") == arm if arm is not None else pl.col("arm").is_not_null(),
        pl.col("population").cast(pl.String).is_in(list(EFFECTS)),
        pl.col("measure").cast(pl.String) == LEVELS[endpoint.type],
        pl.col("estimate").is_not_null(),
    )
    for basis in ("shrunk", "heldout", "raw"):
        rows = found.filter(pl.col("basis").cast(pl.String) == basis).iter_rows(named=True)
        levels = {str(row["population"]): row for row in rows}
        if set(levels) == set(EFFECTS):
            return levels
    return {}


def _rates(effects: pl.DataFrame, chosen: Row, endpoint: Endpoint) -> list[Row]:
    """Rates by marker group in a study of one arm."""
    levels = _levels(effects, chosen, endpoint, None)
    if endpoint.type != "binary" or set(levels) != set(EFFECTS):
        return []
    return [
        _quantity(f"rate_{group}", row["estimate"], std_error=row["std_error"], unit="event rate", source="measured")
        for group, row in levels.items()
    ]


def _prognostic(effects: pl.DataFrame, chosen: Row, endpoint: Endpoint, control: str) -> list[Row]:
    """Marker-positive against marker-negative controls, on the scale of the effects."""
    levels = _levels(effects, chosen, endpoint, control)
    if set(levels) != set(EFFECTS):
        return []
    plus, minus = float(levels["positive"]["estimate"]), float(levels["negative"]["estimate"])
    if endpoint.type == "continuous":
        value = plus - minus
    elif endpoint.type == "binary" and 0 < plus < 1 and 0 < minus < 1:
        value = float(np.log(plus / (1 - plus)) - np.log(minus / (1 - minus)))
    elif endpoint.type == "survival" and plus > 0 and minus > 0:
        value = float(np.log(plus / minus))
    else:
        return []
    return [_quantity("prognostic", value, unit=UNITS[endpoint.type], source="measured", note="between control groups")]


def _of_effect(row: Row, endpoint: Endpoint) -> Row:
    """A treatment effect as a quantity."""
    return _quantity(
        EFFECTS[row["population"]],
        row["estimate"],
        basis=row["basis"],
        std_error=row["std_error"],
        low=row["ci_low"],
        high=row["ci_high"],
        unit=UNITS[endpoint.type] or getattr(endpoint, "unit", ""),
        source="measured",
    )


def _assumed(quantities: list[Row], choice: Choice, endpoint: Endpoint | None) -> list[Row]:
    """What the study file says in place of what was measured, and beside it."""
    measured = {row["quantity"] for row in quantities if row["source"] != "assumed"}
    kept = list(quantities)
    for name, given in choice.assumed.items():
        if name in ("sensitivity", "specificity") and name in measured and given["source"] == "assumed":
            continue
        kept = [row for row in kept if row["quantity"] != name]
        value = dict(given)
        if name == "control" and endpoint is not None and endpoint.type == "survival":
            # the study file speaks of a median, designs of a hazard
            value = {
                **value,
                **{key: _hazard(value[key]) for key in ("value", "low", "high")},
            }
            value["low"], value["high"] = value["high"], value["low"]
        kept.append(_quantity(name, basis="raw" if name in EFFECTS.values() else None, **value))
    return kept


def _hazard(median: float | None) -> float | None:
    return None if median is None else float(np.log(2.0)) / median


def _quantity(name: str, value: Any, **about: Any) -> Row:
    """One row of the table."""
    row: Row = {
        "quantity": name,
        "basis": None,
        "value": float(value),
        "std_error": None,
        "low": None,
        "high": None,
        "unit": None,
        "source": "assumed",
        "note": None,
    }
    return row | {key: given if given != "" else None for key, given in about.items()}
