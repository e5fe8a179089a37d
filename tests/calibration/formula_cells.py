"""Simulated studies of the search for formulas, a cell at a time: power by shape, and error where there is nothing."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from biomarker.data.endpoint import Continuous
from biomarker.discovery.analysis import Analysis
from biomarker.discovery.formula.beside_pairs import single_formulas
from biomarker.discovery.formula.familywise import familywise
from biomarker.discovery.formula.gathered import Gathered
from biomarker.discovery.formula.grouped import grouped
from biomarker.discovery.formula.heldout import tried_again
from biomarker.discovery.formula.questions import Question, Split
from biomarker.discovery.formula.search import FormulaSettings, Prepared, prepared, searched
from biomarker.discovery.formula.survivors import ordered, survivors, t_of
from biomarker.stats.multiplicity import holm
from biomarker.stats.pairs.plain import given_each
from biomarker.stats.pairs.response import PairResponse

__all__ = ["ERROR", "POWER", "REAL", "TUMOURS", "Power", "features", "null_study", "power_study", "real_study"]

Floats = np.ndarray


@dataclass(frozen=True)
class Power:
    """One planted formula.

    ``strength`` is the slope of the formula, standardised, in units of the noise; ``shape`` the one that is planted.
    ``predictive``: it acts among the treated half alone.
    """

    shape: str
    n: int
    strength: float
    predictive: bool = False


#: Strengths so that the pair's own statistic in the searched subjects is about 8 to 9 where the parts show nothing.
POWER = {
    "log_ratio": Power("log_ratio", 300, 0.60),
    "product": Power("product", 300, 0.62),
    "xor": Power("xor", 300, 0.62),
    "and": Power("and", 400, 0.85),
    "or": Power("or", 400, 0.85),
    "maximum": Power("maximum", 400, 1.10),
    "minimum": Power("minimum", 400, 1.10),
    "where": Power("where", 400, 0.85),
    "u_shape": Power("u_shape", 300, 0.60),
    "variance": Power("variance", 300, 0.60),
    # 3.6 standard deviations of the noise where both are high: effects are known with a quarter of the information
    "predictive": Power("and", 400, 1.55, predictive=True),
}
ERROR = {"held out": 1000, "permutations": 200}
#: Planted in real values (150 tumours: a third of them held out is 50); strengths in units of the noise.
REAL = {"log_ratio": 1.0, "product": 0.95, "xor": 0.95, "and": 1.3}
TUMOURS = Path(__file__).resolve().parents[3] / "shared" / "data" / "breast_tcga"


def features(rng: np.random.Generator, n: int, p: int) -> Floats:
    """Log expression of p genes: a common factor, modules of 20, means and spreads of their own."""
    modules = rng.standard_normal((n, p // 20 + 1))[:, np.arange(p) // 20]
    common = rng.standard_normal((n, 1))
    x = 0.2 * common + 0.5 * modules + 0.84 * rng.standard_normal((n, p))
    return x * rng.uniform(0.5, 1.5, p) + rng.uniform(2, 10, p)


def planted(shape: str, a: Floats, b: Floats) -> Floats:
    """The true index of two features, standardised."""
    za, zb = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    high_a, high_b = za > 0, zb > 0
    index = {
        "log_ratio": za - zb, "product": za * zb, "xor": high_a ^ high_b, "and": high_a & high_b,
        "or": high_a | high_b, "maximum": np.maximum(za, zb), "minimum": np.minimum(za, zb), "where": za * high_b,
        "u_shape": np.abs(a - np.median(a)), "variance": za**2,
    }[shape].astype(float)  # fmt: skip
    return (index - index.mean()) / index.std()


def study(
    values: Floats, outcome: Floats, settings: FormulaSettings, treated: Floats | None = None
) -> tuple[Prepared, Gathered, np.ndarray]:
    """A question about a continuous outcome, or about what changes the treatment's effect on it, and its search."""
    n = len(outcome)
    none = np.empty((n, 0))
    analysis = Analysis("response", "none", {}, none, None)
    if treated is not None:
        analysis = Analysis("predictive", "active vs control", {}, none, treated, 0.5)
    alone = np.arange(n)
    question = Question(
        Continuous("y", "y", outcome), analysis, np.ones(n, dtype=bool), alone, np.zeros(n, np.int64),
        None if treated is None else treated.astype(np.int64), None if treated is None else 0.5, None,
    )  # fmt: skip
    names = tuple(f"x:{i}" for i in range(values.shape[1]))
    gathered = Gathered(names, values, np.zeros(len(names), np.int32), np.zeros(len(names), np.int64), {})
    part = Split.draw(alone, share=settings.discovery, seed=settings.seed, repeat=0).searched
    if settings.permutations:  # everything is searched, nothing held out
        part = np.ones(n, dtype=bool)
    return prepared(question, part, gathered, settings, repeat=0), gathered, part


def led(one: Prepared, gathered: Gathered, part: np.ndarray, settings: FormulaSettings) -> tuple[list, list[float]]:
    """Leaders of a search, and their p-values in held-out subjects by Holm."""
    scan = searched(one, settings)
    found = survivors(scan.best, one.features, one.response)
    singles, _, _ = single_formulas(one.features, one.response, keep=100)
    groups = grouped(ordered([*found[:2000], *singles])[:2500], one.features, most=settings.top)
    p_values = []
    question = one.question
    effect = question.effects(~part, seed=settings.seed, name="held out 0") if question.predictive else None
    for group in groups:
        leader = group.leader
        values = gathered.values[:, one.places[list(leader.places)]]
        tried = tried_again(leader.record, float(np.sign(leader.statistic)), values, question, ~part, effect)
        p_values.append(1.0 if np.isnan(tried.p_value) else tried.p_value)
    return groups, holm(np.array(p_values)).tolist() if p_values else []


def bonferroni(values: Floats, outcome: Floats) -> Floats:
    """Two-sided p of each feature alone, over all of them."""
    y = outcome - outcome.mean()
    centred = values - values.mean(axis=0)
    r = (centred.T @ y) / np.sqrt((centred**2).sum(axis=0) * (y**2).sum())
    t = r * np.sqrt((y.size - 2) / (1 - r**2))
    return 2 * stats.t.sf(np.abs(t), y.size - 2) * values.shape[1]


def none_of(part: np.ndarray) -> Floats:
    """No covariates."""
    return np.empty((int(part.sum()), 0))


def added(index: Floats, parts: Floats, response: PairResponse) -> float:
    """t of what the planted formula, as it is, adds to its parts in the searched subjects."""
    parts = (parts - parts.mean(axis=0)) / parts.std(axis=0)
    r = given_each((index - index.mean())[:, None], [parts[:, [0]], parts[:, [1]]], response)
    return round(float(abs(t_of(r, response.dof - 3)[0])), 2)


def power_study(cell: str, decoys: int, seed: int) -> dict[str, object]:
    """One study with one planted formula: what its parts show, where it comes, whether it holds."""
    plan = POWER[cell]
    rng = np.random.default_rng([seed, decoys, list(POWER).index(cell)])
    values = features(rng, plan.n, decoys + 2)
    a, b = (1, 1) if cell in ("u_shape", "variance") else (1, 45)  # of different modules
    if plan.shape == "log_ratio":  # parts that share most of what they have: only their difference counts
        shared = rng.standard_normal(plan.n)
        for k in (a, b):
            values[:, k] = 6 + 2 * shared + 0.5 * rng.standard_normal(plan.n)
    index, noise = planted(plan.shape, values[:, a], values[:, b]), rng.standard_normal(plan.n)
    treated = rng.permutation(plan.n) % 2.0 if plan.predictive else None
    outcome = plan.strength * index * (1.0 if treated is None else treated) + noise
    settings = FormulaSettings(seed=seed)
    one, gathered, part = study(values, outcome, settings, treated)
    asked = outcome if treated is None else 2 * (2 * treated - 1) * (outcome - outcome.mean())
    p_single = bonferroni(values, asked)
    found = of_pair(*led(one, gathered, part, settings), a, b)
    beside = {}
    if treated is not None:  # the effect as one would know it who knew both arms' expectations, noise and all
        known = plan.strength * index + 2 * (2 * treated - 1) * noise
        beside = {
            "of_d": added(index[part], values[part][:, [a, b]], one.response),
            "of_true_d": added(index[part], values[part][:, [a, b]], PairResponse.of(known[part], none_of(part))),
        }
    return {"parts": bool(min(p_single[a], p_single[b]) <= 0.05)} | found | beside


@cache
def tumours() -> Floats:
    """Levels of genes, microRNAs and proteins in 150 breast tumours, (150, 526)."""
    tables = [pl.read_csv(TUMOURS / f"{name}.csv").drop("sample_id") for name in ("mrna", "mirna", "protein")]
    return np.column_stack([table.to_numpy().astype(np.float64) for table in tables])


def real_study(shape: str, seed: int) -> dict[str, object]:
    """An outcome planted on two real genes, drawn anew each time: a log-ratio on two that go together."""
    rng = np.random.default_rng([seed, 526, list(REAL).index(shape)])
    values = tumours()
    n_genes = 200
    r = np.corrcoef(values[:, :n_genes].T)
    likely = (r > 0.6) & (r < 0.9) if shape == "log_ratio" else np.abs(r) < 0.3
    a, b = rng.choice(np.argwhere(np.triu(likely, 1)))
    index = planted(shape, values[:, a], values[:, b])
    outcome = REAL[shape] * index + rng.standard_normal(len(values))
    settings = FormulaSettings(seed=seed)
    p_single = bonferroni(values, outcome)
    one, gathered, part = study(values, outcome, settings)
    return {"parts": bool(min(p_single[a], p_single[b]) <= 0.05)} | of_pair(*led(one, gathered, part, settings), a, b)


def of_pair(groups: list, p_values: list[float], a: int, b: int) -> dict[str, object]:
    """Where two features come, in whatever shape, and whether they hold."""
    true = {f"x:{a}", f"x:{b}"}
    places = [k for k, g in enumerate(groups) if set(g.leader.record.features) == true]
    return {
        "first": bool(places and places[0] == 0),
        "listed": bool(places),
        "confirmed": bool(places and p_values[places[0]] <= 0.05),
        "statistic": round(abs(groups[places[0]].leader.statistic), 2) if places else None,
    }


def null_study(route: str, seed: int) -> dict[str, object]:
    """One study without any effect, skewed outcomes in every other: whether anything is called at 5%."""
    rng = np.random.default_rng([seed, 77, list(ERROR).index(route)])
    p, n = ERROR[route], 200
    values = features(rng, n, p)
    outcome = rng.exponential(size=n) ** 2 if seed % 2 else rng.standard_normal(n)
    if route == "permutations":
        settings = FormulaSettings(seed=seed, permutations=199)
        one, _, _ = study(values, outcome, settings)
        scan = searched(one, settings)
        singles, _, _ = single_formulas(one.features, one.response, keep=5)
        best = max([f.score for f in (*survivors(scan.best, one.features, one.response)[:5], *singles)], default=0.0)
        found = familywise(one, best, settings, repeat=0)
        return {"called": bool(found.p_value(best) <= 0.05), "permutations": int(found.maxima.size)}
    settings = FormulaSettings(seed=seed)
    one, gathered, part = study(values, outcome, settings)
    _, p_values = led(one, gathered, part, settings)
    return {"called": bool(min(p_values, default=1.0) <= 0.05)}
