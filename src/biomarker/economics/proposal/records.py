"""From states at visits to a multi-state model with marker effects, and the strategies by it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.economics.cohort import cohort_model
from biomarker.economics.distributions import Distribution, draw_parameters, fixed
from biomarker.economics.proposal.evaluate import DrawnModel, Parameter
from biomarker.economics.proposal.model import CASES
from biomarker.errors import ConfigError
from biomarker.stats import multistate
from biomarker.stats.checks import Floats
from biomarker.stats.estimate import Status

__all__ = [
    "RECORD_CASES",
    "Course",
    "RecordModel",
    "Records",
    "course_of",
    "records_of",
    "trajectory_rows",
    "transition_rows",
]

Row = dict[str, Any]
Ints = npt.NDArray[np.int64]
#: Published cases behind the fit and what is made of it
RECORD_CASES = ("MSM-CAV-Q", "MSM-CAV-DERIVED")
#: A covariate acts on a transition that was seen at least so often
LEAST_SEEN = 10
#: Simulated patients of each arm and marker group
SIMULATED = 4000
TERMS = {"drug": "drug against control", "marker": "marker-positive against -negative, control",
         "drug x marker": "drug, more in marker-positive"}  # fmt: skip
_MONTH = 1.0 / 12.0


@dataclass(frozen=True, eq=False)
class Records:
    """Visits of subjects and what is known of them.

    Attributes
    ----------
    subject : (n_visits,) int64
    months : (n_visits,)
    state : (n_visits,) int64
    drug, positive : (n_visits,)
        1 and 0; None where all subjects had one treatment, where there is no marker.
    utility : (n_visits,), optional
        NaN where not measured.
    left_out : int
        Subjects of the file who are not analysed.
    """

    subject: Ints
    months: Floats
    state: Ints
    drug: Floats | None
    positive: Floats | None
    utility: Floats | None = None
    left_out: int = 0


def records_of(
    subject: Ints,
    months: Floats,
    state: Ints,
    *,
    utility: Floats | None = None,
    arms: Sequence[str | None] | None = None,
    compared: tuple[str, str] = ("", ""),
    positive: Floats | None = None,
    left_out: int = 0,
) -> Records:
    """Visits of the subjects of the two arms whose marker is known, by subject and time.

    Parameters
    ----------
    subject : (n_visits,) int64
        Place in the cohort; sorted, and by time within a subject.
    months, state, utility : (n_visits,)
    arms : (n_subjects,) of str, optional
        None where all had one treatment.
    compared : (str, str)
        Active and control arm.
    positive : (n_subjects,), optional
        1, 0, NaN where not known; None where there is no marker.
    left_out : int
        Subjects left out already.

    Raises
    ------
    ConfigError
        Nobody is left, or an arm or marker group is empty.
    """
    keep = np.ones(subject.size, dtype=bool)
    drug = None
    if arms is not None:
        given = np.asarray(arms, dtype=object)[subject]
        keep &= np.isin(given, compared)
        drug = (given == compared[0]).astype(np.float64)
    group = None if positive is None else positive[subject]
    if group is not None:
        keep &= ~np.isnan(group)
    for name, values in (("arm", drug), ("marker", group)):
        if not keep.any() or (values is not None and np.unique(values[keep]).size < 2):
            raise ConfigError(
                f"economics.visits: the subjects with visits are of one {name} group",
                "Effects need visits of subjects of both arms and of both marker groups.",
            )
    gone = np.unique(subject).size - np.unique(subject[keep]).size
    return Records(
        subject[keep],
        months[keep],
        state[keep],
        None if drug is None else drug[keep],
        None if group is None else group[keep],
        None if utility is None else utility[keep],
        left_out + gone,
    )


@dataclass(frozen=True, eq=False)
class Course:
    """A fitted course of the disease.

    Attributes
    ----------
    names : tuple of str
        States; nobody leaves the last.
    fit : MarkovFit
        Per month.
    terms : tuple of str
        Of `TERMS`, in the order of the fit's covariates.
    seen : (S, S) int64
        How often each state was followed by each.
    initial : (S,)
        Shares at the first visits.
    utility, utility_error : (S,)
        Mean at visits in each state and its standard error over subjects, or as given (error NaN).
    cost : (S,)
        Care per month.
    treated : (S,) bool
    convention : str
    said : dict
        The convention as a code and its values.
    parameters : (n_draws, n_parameters), optional
        Of the fit, drawn: `initial`, `utility` and `cost` then have a row a draw.
    """

    names: tuple[str, ...]
    fit: multistate.MarkovFit
    terms: tuple[str, ...]
    seen: Ints
    initial: Floats
    utility: Floats
    utility_error: Floats
    cost: Floats
    treated: npt.NDArray[np.bool_]
    convention: str
    said: Row
    parameters: Floats | None = None

    def intensities(self, arm: str, group: str) -> Floats:
        """Per month, (S, S), of an arm ("drug" or "control") and marker group ("positive" or "negative").

        Of drawn parameters one matrix a draw, (n_draws, S, S).
        """
        drug, positive = float(arm == "drug"), float(group == "positive")
        x = {"drug": drug, "marker": positive, "drug x marker": drug * positive}
        values = [x[term] for term in self.terms]
        if self.parameters is None:
            return np.asarray(self.fit.at(values))
        return np.asarray(self.fit.at_draws(values, self.parameters))

    def drawn(self, n_draws: int, *, rng: np.random.Generator) -> "Course":
        """The course with everything that is not certain drawn, one draw a row.

        Intensities and effects from the normal law of the fit with its covariance, shares at the start from a Dirichlet
        law with the counts seen, utilities from beta and costs of care from gamma laws; what was not measured varies as
        in `Parameter`.
        """
        start = self.initial > 0
        initial = np.zeros((n_draws, start.size))
        initial[:, start] = rng.dirichlet(self.initial[start] * self.fit.n_subjects, n_draws)
        errors = [float(error) if np.isfinite(error) else None for error in self.utility_error]
        laws = {f"utility {k}": _utility_law(float(value), errors[k]) for k, value in enumerate(self.utility)}
        laws |= {f"cost {k}": Parameter("care_cost", float(value)).distribution for k, value in enumerate(self.cost)}
        values = draw_parameters(laws, n_draws=n_draws, rng=rng)
        utility, cost = (
            np.column_stack([values[f"{what} {k}"] for k in range(start.size)]) for what in ("utility", "cost")
        )
        parameters = self.fit.drawn(n_draws, rng=rng)
        return replace(self, parameters=parameters, initial=initial, utility=utility, cost=cost)


def course_of(
    records: Records,
    *,
    states: Mapping[str, Mapping[str, Any]],
    allowed: Sequence[tuple[str, str]] | None = None,
    exact: Sequence[str] | None = None,
) -> Course:
    """Fit how patients move between states, with effects of drug, marker and both on each transition.

    ``q_rs(x) = q_rs exp(b_drug drug + b_marker positive + b_both drug positive)``, by maximum likelihood from states at
    visits. An effect is fitted for transitions that were seen at least ten times in each group that it compares.

    Parameters
    ----------
    records : Records
    states : mapping of name to mapping
        ``utility``, ``cost`` per month, ``treated``; the last is the one that nobody leaves.
    allowed : sequence of pairs of names, optional
        Moves that can happen at once; by default from each state to its neighbours and to the last.
    exact : sequence of str, optional
        States whose time of entry is known; by default the last.

    Raises
    ------
    ConfigError
        The fit does not converge.

    Notes
    -----
    Valid when the future depends on the present state alone (not on how long a patient was in it), intensities are
    constant over time, visits are not prompted by the state, and treatment was randomised. Effects of a marker that the
    same subjects chose are too large.
    """
    names = tuple(states)
    size = len(names)
    moves = _allowed(names, allowed)
    subject, state = records.subject, records.state
    x, terms = _covariates(records)
    acts = _acting(records, moves, terms)
    known = (names[-1],) if exact is None else tuple(exact)
    fit = multistate.markov_fit(
        subject,
        records.months,
        state,
        moves,
        covariates=x if terms else None,
        covariate_transitions=acts if terms else None,
        reference="zero",
        exact_states=[names.index(name) for name in known],
    )
    if fit.status is Status.NOT_CONVERGED:
        raise ConfigError(
            "economics.visits: the multi-state model does not converge", "Merge states that are rarely seen."
        )
    first = np.append(True, subject[1:] != subject[:-1])
    utility, error, measured = _utilities(records, states)
    words = [
        f"continuous-time Markov, states at visits, {fit.n_subjects} subjects, {fit.n_intervals} intervals",
        f"entry known of {', '.join(known) or 'no state'}",
        f"effects where a transition was seen {LEAST_SEEN} times in each group",
        f"utilities {'measured at visits' if measured else 'from the study file'}",
    ]
    if records.left_out:
        words.append(f"subjects of the file not analysed: {records.left_out}")
    return Course(
        names,
        fit,
        terms,
        multistate.state_counts(subject, records.months, state, n_states=size).table,
        np.bincount(state[first], minlength=size) / first.sum(),
        utility,
        error,
        np.array([float(about["cost"]) for about in states.values()]),
        np.array([bool(about["treated"]) for about in states.values()]),
        "; ".join(words),
        {
            "say": "economics.convention.visits",
            "with": {
                "n": int(fit.n_subjects),
                "intervals": int(fit.n_intervals),
                "known": list(known),
                "least": LEAST_SEEN,
                "utilities": {"say": f"economics.utilities.{'measured' if measured else 'given'}", "with": {}},
                "left_out": int(records.left_out),
            },
        },
    )


def _allowed(names: Sequence[str], pairs: Sequence[tuple[str, str]] | None) -> Floats:
    """1 where a move can happen at once."""
    size = len(names)
    moves = np.zeros((size, size))
    if pairs is None:
        for k in range(size - 1):
            moves[k, k + 1] = moves[k, size - 1] = 1.0
            if k:
                moves[k, k - 1] = 1.0
        return moves
    for one, other in pairs:
        moves[names.index(one), names.index(other)] = 1.0
    return moves


def _covariates(records: Records) -> tuple[Floats, tuple[str, ...]]:
    """Columns of the fit and their terms."""
    columns: dict[str, Floats] = {}
    if records.drug is not None:
        columns["drug"] = records.drug
    if records.positive is not None:
        columns["marker"] = records.positive
    if len(columns) == 2:
        columns["drug x marker"] = columns["drug"] * columns["marker"]
    size = records.subject.size
    return np.column_stack([*columns.values()]) if columns else np.zeros((size, 0)), tuple(columns)


def _acting(records: Records, moves: Floats, terms: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which effect acts on which transition: seen often enough in each of the groups that it tells apart."""
    size = moves.shape[0]
    pairs = np.argwhere(moves > 0)
    same = np.append(False, records.subject[1:] == records.subject[:-1])
    at = np.flatnonzero(same)
    drug = np.zeros(records.subject.size) if records.drug is None else records.drug
    positive = np.zeros(records.subject.size) if records.positive is None else records.positive
    counts = np.zeros((2, 2, size, size), dtype=np.int64)
    np.add.at(
        counts,
        (drug[at].astype(int), positive[at].astype(int), records.state[at - 1], records.state[at]),
        1,
    )
    seen = counts[:, :, pairs[:, 0], pairs[:, 1]]
    least = {
        "drug": seen.sum(axis=1).min(axis=0),
        "marker": seen.sum(axis=0).min(axis=0),
        "drug x marker": seen.min(axis=(0, 1)),
    }
    return np.array([least[term] >= LEAST_SEEN for term in terms])


def _utilities(records: Records, states: Mapping[str, Mapping[str, Any]]) -> tuple[Floats, Floats, bool]:
    """Utility of each state: the mean of subjects' means where it was measured in ten subjects, else as given."""
    given = np.array([float(about["utility"]) for about in states.values()])
    error = np.full(given.size, np.nan)
    if records.utility is None:
        return given, error, False
    for k in range(given.size):
        here = (records.state == k) & ~np.isnan(records.utility)
        who, place = np.unique(records.subject[here], return_inverse=True)
        if who.size >= LEAST_SEEN:
            means = np.bincount(place, weights=records.utility[here]) / np.bincount(place)
            given[k], error[k] = means.mean(), means.std(ddof=1) / np.sqrt(who.size)
    return given, error, bool(np.isfinite(error).any())


def _utility_law(value: float, error: float | None) -> Distribution:
    """Beta where it is a share, else as it is."""
    if not 0.0 < value < 1.0:
        return fixed(value)
    return Parameter("utility_controlled", value, error).distribution


@dataclass(frozen=True)
class RecordModel(DrawnModel):
    """The strategies by a fitted course: cohorts of each arm and marker group move by its intensities, month by month.

    Of the parameters, only those of the marker, the assay and the prices are used.
    """

    course: Course = field(kw_only=True)

    @property
    def cases(self) -> tuple[str, ...]:
        """Published cases behind it."""
        return (*CASES, *RECORD_CASES)

    @property
    def words(self) -> str:
        """What it is, in words."""
        return f"multi-state model of the visits ({self.course.convention}), {super().words}"

    @property
    def said(self) -> Row:
        """The same as a code and its values."""
        return {"say": "economics.convention.both", "with": {"visits": self.course.said, "states": super().said}}

    def drawn(self, n_draws: int, *, rng: np.random.Generator) -> "RecordModel":
        """The model with a course that is drawn, to be evaluated at as many draws of the other parameters."""
        return replace(self, course=self.course.drawn(n_draws, rng=rng))

    def patient(self, p: Mapping[str, Floats], arm: str, group: str) -> tuple[Floats, Floats, Floats]:
        """Discounted cost and QALYs, and undiscounted life years, by draw, of a patient of an arm and marker group."""
        course = self.course
        monthly = p["drug_cost"] if arm == "drug" else p["control_cost"]
        cycle = multistate.transition_probabilities(course.intensities(arm, group), 1.0)
        made = cohort_model(
            cycle if cycle.ndim == 2 else cycle[:, None],
            course.initial,
            cycles=max(round(self.horizon / _MONTH), 1),
            cycle_length=_MONTH,
            # per year in the state
            state_costs=(course.cost + monthly[:, None] * course.treated)[:, None] / _MONTH,
            state_effects=course.utility if course.utility.ndim == 1 else course.utility[:, None],
            discount_cost=self.discount_cost,
            discount_effect=self.discount_effect,
            states=course.names,
        )
        n = monthly.size
        years = np.atleast_2d(made.years_in_state)[:, :-1].sum(axis=1)
        effect = np.broadcast_to(np.atleast_1d(made.effect), (n,))
        return np.atleast_1d(made.cost), effect, np.broadcast_to(years, (n,))


def transition_rows(course: Course) -> list[Row]:
    """One row an intensity (control, marker-negative) and an effect on it, with 95% limits."""
    fit = course.fit
    rows = []
    z = 1.959963984540054
    for j, (r, s) in enumerate(fit.transitions):
        about = {"from_state": course.names[r], "to_state": course.names[s], "seen": int(course.seen[r, s])}
        said = json.dumps(course.said, sort_keys=True)
        shared = {"said": said, "convention": course.convention, "cases": list(RECORD_CASES)}
        low, high = float(fit.ci_low[r, s]), float(fit.ci_high[r, s])
        rows.append(
            about
            | {"term": "rate per month", "estimate": float(fit.intensities[r, s])}
            | {"ci_low": _finite(low), "ci_high": _finite(high)}
            | shared
        )
        for k, term in enumerate(course.terms):
            error = float(fit.std_error[k, j])
            if error == 0.0 and fit.coefficients[k, j] == 0.0:
                continue
            log = float(fit.coefficients[k, j])
            limits = (np.exp(log - z * error), np.exp(log + z * error)) if np.isfinite(error) else (None, None)
            rows.append(
                about
                | {"term": f"hazard ratio: {TERMS[term]}", "estimate": float(np.exp(log))}
                | {"ci_low": limits[0], "ci_high": limits[1]}
                | shared
            )
    return rows


def trajectory_rows(
    course: Course, records: Records, *, horizon: float, rng: np.random.Generator, small_cell: int = 5
) -> list[Row]:
    """Shares of each state over time by arm and marker group: of the cohort, of simulated patients, and as seen.

    Parameters
    ----------
    course : Course
    records : Records
    horizon : float
        Years.
    rng : numpy.random.Generator
    small_cell : int
        Fewer subjects than this are not shown.

    Returns
    -------
    list of dict
        ``seen``: of the subjects whose visits reach that time, or the last state, the share who were last seen in the
        state; null beyond the time to which half of all were followed, and of fewer than `small_cell` subjects.
        Whoever left before is not among them, so that it shows too many in the last state where many left.
    """
    arms = ("control", "drug") if records.drug is not None else ("control",)
    groups = ("negative", "positive") if records.positive is not None else ("negative",)
    followed = _seen_times(records)
    months = np.unique(np.round(np.concatenate([np.linspace(0.0, 12.0 * horizon, 13), followed]), 6))
    rows = []
    for arm in arms:
        for group in groups:
            q = course.intensities(arm, group)
            share = multistate.occupancy(q, course.initial, months)
            drawn = multistate.simulate_trajectories(
                q, course.initial, horizon=float(months[-1]), n_subjects=SIMULATED, rng=rng
            ).state_at(months)
            chosen = np.ones(records.subject.size, dtype=bool)
            if records.drug is not None:
                chosen &= records.drug == (arm == "drug")
            if records.positive is not None:
                chosen &= records.positive == (group == "positive")
            for i, month in enumerate(months):
                seen, n = _seen_at(records, chosen, float(month), len(course.names))
                for k, name in enumerate(course.names):
                    simulated = float(np.mean(drawn[:, i] == k))
                    rows.append(
                        {
                            "arm": arm,
                            "marker": group if records.positive is not None else "all",
                            "month": float(month),
                            "state": name,
                            "share": float(np.clip(share[i, k], 0.0, 1.0)),
                            "simulated": simulated,
                            "simulated_error": float(np.sqrt(simulated * (1.0 - simulated) / SIMULATED)),
                            "seen": float(seen[k]) if n >= small_cell and month <= followed[-1] + 1e-6 else None,
                            "convention": course.convention,
                            "cases": list(RECORD_CASES),
                        }
                    )
    return rows


def _seen_times(records: Records) -> Floats:
    """Four times up to which at least half of the subjects were followed."""
    last = np.append(records.subject[1:] != records.subject[:-1], True)
    return np.linspace(0.0, float(np.median(records.months[last])), 5)


def _seen_at(records: Records, chosen: npt.NDArray[np.bool_], month: float, size: int) -> tuple[Floats, int]:
    """Shares of the last states seen by a time, of subjects whose visits reach it or who are in the last state."""
    subject, months, state = records.subject[chosen], records.months[chosen], records.state[chosen]
    ends = np.append(subject[1:] != subject[:-1], True) if subject.size else np.zeros(0, dtype=bool)
    reach = subject[ends][(months[ends] >= month) | (state[ends] == size - 1)]
    by_then = (months <= month) & np.isin(subject, reach)
    who, here = subject[by_then], state[by_then]
    latest = np.append(who[1:] != who[:-1], True) if who.size else np.zeros(0, dtype=bool)
    n = int(latest.sum())
    return np.bincount(here[latest], minlength=size) / max(n, 1), n


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
