"""Concluded questions as the rows of result tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy import special

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Survival
from biomarker.data.formula_tables import FormulaCounts, FormulaGroups, FormulaMaps, Formulas
from biomarker.data.tables import Candidates
from biomarker.discovery.formula.conclude import Candidate, Concluded
from biomarker.discovery.formula.questions import Question
from biomarker.discovery.formula.shapes import FormulaRecord, evaluate
from biomarker.discovery.formula.survivors import Found
from biomarker.discovery.registry import METHODS

__all__ = ["METHOD", "candidate_rows", "count_rows", "formula_rows", "group_rows", "map_rows"]

Key = tuple[str, str, str]
METHOD = "held-out test of what a formula adds to its parts, one-sided"
_LEVEL = 0.95
#: Cells of a map to either side, and points at which its line is looked for.
_CELLS, _FINE = 6, 96


def candidate_id(record: FormulaRecord) -> str:
    """Known by shape, features and cuts."""
    cuts = "".join(f";{cut:.6g}" for cut in record.cuts if cut is not None)
    return f"{record.shape}({','.join(record.features)}{cuts})"


def formula_rows(concluded: Sequence[Concluded]) -> pl.DataFrame:
    """Table `Formulas`."""
    rows = []
    for one in concluded:
        seen: set[str] = set()
        for rank, candidate in enumerate(one.candidates, start=1):
            leader = candidate.group.leader
            for found in (leader, *candidate.group.relatives):
                identity = candidate_id(found.record)
                if identity not in seen:
                    seen.add(identity)
                    rows.append(_formula_row(one, candidate, found, rank, leads=found is leader))
    return _frame(rows, Formulas)


def _formula_row(one: Concluded, candidate: Candidate, found: Found, rank: int, *, leads: bool) -> dict[str, object]:
    sign = 1 if found.statistic >= 0 else -1
    h = candidate.heldout
    row: dict[str, object] = {
        **_key(one.question.key),
        "candidate_id": candidate_id(found.record),
        "label": found.record.label,
        "shape": found.record.shape,
        "features": list(found.record.features),
        "record": found.record.to_json(),
        "leader": leads,
        "group_id": candidate_id(candidate.group.leader.record),
        "n_relatives": candidate.group.n_relatives if leads else None,
        "rank": rank,
        "sign": sign,
        "statistic": sign * found.statistic,
        "statistic_plain": sign * found.plain,
        "n_searched_subjects": one.n_searched_subjects,
        "heldout_parts": [p for p in h.parts if np.isfinite(p)] if leads else [],
        "n_permutations": one.permutations,
        "repeats": candidate.repeats,
        "n_searched": one.n_searched,
        "reason": h.reason or None if leads else None,
    }
    own = {
        "heldout_statistic": h.statistic, "heldout_plain": h.plain, "p_improvement": h.p_value,
        "p_heldout": candidate.p_adjusted, "p_familywise": candidate.p_familywise, "heldout_estimate": h.estimate,
        "heldout_std_error": h.std_error, "n_heldout": h.n, "n_events_heldout": h.n_events,
        "stability": candidate.stability,
    }  # fmt: skip
    return row | {name: _known(value) if leads else None for name, value in own.items()}


def candidate_rows(
    concluded: Sequence[Concluded], endpoints: Sequence[Endpoint], *, provenance_id: str
) -> pl.DataFrame:
    """Leading formulas as rows of `Candidates`; rank and direction are given where all candidates are ranked."""
    labels = {endpoint.name: endpoint.label for endpoint in endpoints}
    types = {endpoint.name: endpoint.type for endpoint in endpoints}
    upper = float(special.ndtri((1 + _LEVEL) / 2))
    rows = []
    for one in concluded:
        for candidate in one.candidates:
            record, h = candidate.group.leader.record, candidate.heldout
            if not np.isfinite(h.p_value):
                continue  # it stands in the table of formulas with its reason
            method = METHODS[types[one.question.endpoint.name]]
            half = upper * h.std_error
            rows.append(
                {
                    **_key(one.question.key),
                    "candidate_id": candidate_id(record),
                    "label": record.label,
                    "kind": "formula",
                    "features": list(record.features),
                    "modality": record.features[0].partition(":")[0],
                    "endpoint_label": labels[one.question.endpoint.name],
                    "method": METHOD,
                    "estimate": _known(h.estimate),
                    "std_error": _known(h.std_error),
                    "effect_scale": method.effect_scale_interaction if one.question.predictive else method.effect_scale,
                    "ci_low": _known(h.estimate - half),
                    "ci_high": _known(h.estimate + half),
                    "statistic": h.statistic,
                    "statistic_plain": _known(h.plain),
                    "p_value": h.p_value,
                    "log10_p": float(special.log_ndtr(-h.statistic) / np.log(10)),
                    "q_value": max(candidate.p_adjusted, h.p_value),
                    "family": f"{len(one.candidates)} leading formulas of {one.n_searched:,} searched, Holm",
                    "n": h.n,
                    "n_events": h.n_events if types[one.question.endpoint.name] != "continuous" else None,
                    "p_heldout": candidate.p_adjusted,
                    "p_familywise": _known(candidate.p_familywise),
                    "n_searched": one.n_searched,
                    "stability": candidate.stability,
                    "status": "ok",
                    "provenance_id": provenance_id,
                    "rank": 1,
                    "rank_overall": 1,
                }
            )
    return _frame(rows, Candidates)


def count_rows(
    concluded: Sequence[Concluded], failed: Mapping[Key, str], left_out: Mapping[Key, Mapping[str, int]]
) -> pl.DataFrame:
    """Table `FormulaCounts`."""
    rows: list[dict[str, object]] = []
    for one in concluded:
        rows += [
            {
                **_key(one.question.key),
                "unit": "formulas",
                "shape": c.shape,
                "reason": c.reason or None,
                "n": c.formulas,
            }
            for c in one.counts
        ]
    for key, reasons in left_out.items():
        rows += [
            {**_key(key), "unit": "features", "shape": None, "reason": reason, "n": n} for reason, n in reasons.items()
        ]
    rows += [
        {**_key(key), "unit": "formulas", "shape": None, "reason": f"not searched: {reason}", "n": 0}
        for key, reason in failed.items()
    ]
    return _frame(rows, FormulaCounts)


def group_rows(concluded: Sequence[Concluded], cohort: Cohort, *, most: int = 5) -> pl.DataFrame:
    """Table `FormulaGroups` of the first formulas of each question."""
    rows: list[dict[str, object]] = []
    values = _Values(cohort)
    arms = None if cohort.treatment is None else np.array([arm or "" for arm in cohort.treatment.arms])
    for one in concluded:
        for candidate in one.candidates[:most]:
            rows += _groups_of(one.question, candidate, values, arms)
    return _frame(rows, FormulaGroups)


def map_rows(concluded: Sequence[Concluded], cohort: Cohort, *, most: int = 5) -> pl.DataFrame:
    """Table `FormulaMaps` of the first formulas of two features of each question."""
    rows: list[dict[str, object]] = []
    values = _Values(cohort)
    arms = None if cohort.treatment is None else np.array([arm or "" for arm in cohort.treatment.arms])
    for one in concluded:
        for candidate in one.candidates[:most]:
            record = candidate.group.leader.record
            if len(record.features) == 2:
                columns = np.column_stack([values.of(name) for name in record.features])
                about = {**_key(one.question.key), "candidate_id": candidate_id(record)}
                rows += [about | row for row in _cells_of(one.question, columns, arms)]
                known = columns[one.question.rows & ~np.isnan(columns).any(axis=1)]
                rows += [about | {"part": "line", "x_low": x, "y_low": y} for x, y in _line_of(record, known)]
    return _frame(rows, FormulaMaps)


def _limits(known: np.ndarray) -> tuple[float, float]:
    """Between which a feature is drawn: without its outermost hundredths, and never a single value."""
    low, high = np.quantile(known, [0.01, 0.99])
    return (float(low), float(high)) if high > low else (float(known.min()) - 0.5, float(known.max()) + 0.5)


def _cells_of(question: Question, columns: np.ndarray, arms: np.ndarray | None) -> list[dict[str, object]]:
    """Where subjects lie in the plane of two features, and how they did: everybody, and by arm."""
    known = question.rows & ~np.isnan(columns).any(axis=1)
    edges = [np.linspace(*_limits(columns[known, k]), _CELLS + 1) for k in range(2)]
    place = [
        np.clip(np.searchsorted(edge, columns[:, k], side="left") - 1, 0, _CELLS - 1) for k, edge in enumerate(edges)
    ]
    whose = [("all", known)]
    if arms is not None:
        whose += [(str(arm), known & (arms == arm)) for arm in np.unique(arms[known])]
    rows: list[dict[str, object]] = []
    for arm, who in whose:
        for i in range(_CELLS):
            for j in range(_CELLS):
                inside = who & (place[0] == i) & (place[1] == j)
                if inside.any():
                    found = _summary(question.endpoint, inside)
                    x, y = ((float(edge[k]), float(edge[k + 1])) for edge, k in zip(edges, (i, j), strict=True))
                    rows.append(
                        {
                            "part": "cell", "arm": arm, "x_low": x[0], "x_high": x[1], "y_low": y[0], "y_high": y[1],
                            "n": found["n"], "measure": found["measure"], "value": found["value"],
                        }
                    )  # fmt: skip
    return rows


def _line_of(record: FormulaRecord, known: np.ndarray) -> list[tuple[float, float]]:
    """Points of the line on whose sides a formula says yes and no, or is above and not above its median."""
    index = evaluate(record, known)
    level = 0.5 if np.isin(index, (0.0, 1.0)).all() else float(np.median(index))
    x, y = (np.linspace(*_limits(known[:, k]), _FINE) for k in range(2))
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    above = (evaluate(record, grid) > level).reshape(_FINE, _FINE)
    across, down = np.argwhere(above[1:] != above[:-1]), np.argwhere(above[:, 1:] != above[:, :-1])
    points = [(float(x[i] + x[i + 1]) / 2, float(y[j])) for i, j in across]
    return points + [(float(x[i]), float(y[j] + y[j + 1]) / 2) for i, j in down]


class _Values:
    """Values of single features of a cohort, read once."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.held: dict[str, np.ndarray] = {}

    def of(self, name: str) -> np.ndarray:
        """As stored, (n_subjects,)."""
        modality, _, feature = name.partition(":")
        if name not in self.held:
            matrix = self.cohort.matrices[modality]
            place = matrix.feature_ids.index(feature)
            block = next(b for b in matrix.blocks() if b.start <= place < b.stop)
            full = np.full(self.cohort.n_subjects, np.nan)
            full[self.cohort.rows_of(matrix)] = block.values[:, place - block.start]
            self.held[name] = full
        return self.held[name]


def _groups_of(
    question: Question, candidate: Candidate, values: _Values, arms: np.ndarray | None
) -> list[dict[str, object]]:
    record = candidate.group.leader.record
    columns = np.column_stack([values.of(name) for name in record.features])
    known = question.rows & ~np.isnan(columns).any(axis=1)
    if len(record.features) == 2:
        cuts = [m if cut is None else cut for cut, m in zip(record.cuts, record.median, strict=True)]
        first, second = (columns[:, k] > cuts[k] for k in range(2))
        cells = [
            (a, b, (first == (a == "high")) & (second == (b == "high")))
            for a in ("high", "low")
            for b in ("high", "low")
        ]
    else:
        index = evaluate(record, columns)
        middle = float(np.median(index[known]))
        high = index > middle if (index[known] > middle).any() else index >= middle
        cells = [("high", None, high), ("low", None, ~high)]
    rows = []
    for a, b, inside in cells:
        for arm in ["all"] if arms is None else [str(x) for x in np.unique(arms[known])]:
            who = known & inside & (True if arms is None else arms == arm)
            rows.append(
                {
                    **_key(question.key), "candidate_id": candidate_id(record), "first": a, "second": b, "arm": arm,
                    "heldout": False, **_summary(question.endpoint, who),
                }
            )  # fmt: skip
    return rows


def _summary(endpoint: Endpoint, who: np.ndarray) -> dict[str, object]:
    n, x = int(who.sum()), endpoint.values[who]
    if isinstance(endpoint, Survival):
        events = int(endpoint.event[who].sum())
        return {"n": n, "n_events": events, "measure": "rate", "value": events / float(x.sum()) if n else None}
    if endpoint.type == "binary":
        return {"n": n, "n_events": int(x.sum()), "measure": "share", "value": float(x.mean()) if n else None}
    return {"n": n, "n_events": None, "measure": "mean", "value": float(x.mean()) if n else None}


def _key(key: Key) -> dict[str, object]:
    return dict(zip(("endpoint", "comparison", "contrast"), key, strict=True))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _frame(rows: list[dict[str, object]], schema: type) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: column.dtype for name, column in schema.columns.items()}, orient="row")
