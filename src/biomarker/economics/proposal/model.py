"""What a patient costs and brings under either treatment, by marker, and what the three strategies then do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from biomarker.economics.cohort import cohort_model
from biomarker.economics.companion import CompanionTest, companion_test
from biomarker.stats.checks import Floats, choice

__all__ = ["CASES", "KINDS", "PARAMETERS", "MarkerModel", "Worthwhile"]

KINDS = ("binary", "continuous", "survival")
#: Published cases behind the model's parts
CASES = ("ECON-DARTH-SICKSICKER", "ECON-DARTH-WCC", "ECON-TESTTREAT", "ECON-RATEPROB")
STATES = ("controlled", "progressed", "dead")
#: What the model is computed from, with the unit of each
PARAMETERS = {
    "prevalence": "share",
    "sensitivity": "share",
    "specificity": "share",
    "failure": "share",
    "effect_positive": "on the scale of the estimate",
    "effect_negative": "on the scale of the estimate",
    "prognostic": "on the scale of the estimate",
    "control": "event rate, standard deviation, or hazard per month",
    "drug_cost": "per month controlled",
    "control_cost": "per month controlled",
    "test_cost": "per test",
    "care_cost": "per month progressed",
    "utility_controlled": "utility",
    "utility_progressed": "utility",
    "utility_per_sd": "utility per standard deviation",
    "time_controlled": "months",
    "survival_after": "months",
}
_MONTH = 1.0 / 12.0
_TINY = 1e-9


@dataclass(frozen=True)
class MarkerModel:
    """Three states by month: controlled, progressed, dead.

    Attributes
    ----------
    kind : {"binary", "continuous", "survival"}
        Of the endpoint. ``survival``: all are controlled at first and progress at the hazard of their arm and marker
        group. ``binary``: those with the good outcome are controlled for `time_controlled` months on average, the
        others have progressed. ``continuous``: all are controlled for as long, at a utility that the benefit raises.
    better : {"higher", "lower"}
        Whether a larger value, or the event, is good (of a survival endpoint: "lower", the event is bad).
    horizon : float
        Years.
    discount_cost, discount_effect : float
        Per year.
    """

    kind: str
    better: str
    horizon: float = 20.0
    discount_cost: float = 0.03
    discount_effect: float = 0.03

    def __post_init__(self) -> None:
        choice("kind", self.kind, KINDS)
        choice("better", self.better, ("higher", "lower"))

    @property
    def cases(self) -> tuple[str, ...]:
        """Published cases behind it."""
        return CASES

    @property
    def words(self) -> str:
        """Its cycles and discounting, in words."""
        return (
            f"monthly cycles, half-cycle correction, discount {self.discount_cost:g} (costs) and "
            f"{self.discount_effect:g} (QALYs) a year over {self.horizon:g} years"
        )

    @property
    def said(self) -> dict[str, Any]:
        """The same as a code and its values."""
        values = {"cost": self.discount_cost, "effect": self.discount_effect, "years": self.horizon}
        return {"say": "economics.convention.states", "with": values}

    def strategies(self, parameters: Mapping[str, Any]) -> CompanionTest:
        """Cost and QALYs of control for all, drug for all, and test and treat.

        Parameters
        ----------
        parameters : mapping of `PARAMETERS` to number or (n_draws,)

        Returns
        -------
        CompanionTest
        """
        p = {name: np.atleast_1d(np.asarray(value, dtype=np.float64)) for name, value in parameters.items()}
        n = max(value.size for value in p.values())
        p = {name: np.broadcast_to(value, (n,)) for name, value in p.items()}
        found = {
            f"{arm}_{what}_{group}": value
            for arm in ("control", "drug")
            for group in ("positive", "negative")
            for what, value in zip(("cost", "effect", "years"), self.patient(p, arm, group), strict=True)
        }
        kept: dict[str, Any] = {name: value for name, value in found.items() if "_years_" not in name}
        made = companion_test(
            prevalence=p["prevalence"],
            sensitivity=p["sensitivity"],
            specificity=p["specificity"],
            test_failure=p["failure"],
            test_cost=p["test_cost"],
            **kept,
        )
        return made

    def patient(self, p: Mapping[str, Floats], arm: str, group: str) -> tuple[Floats, Floats, Floats]:
        """Discounted cost and QALYs, and undiscounted life years, by draw, of a patient of an arm and marker group."""
        cycles = max(round(self.horizon / _MONTH), 1)
        start, leaving, utility = self._course(p, arm, group)
        dying = 1.0 / p["survival_after"]
        n = start.size
        moves = _transitions(leaving, dying)
        monthly = p["drug_cost"] if arm == "drug" else p["control_cost"]
        zero = np.zeros(n)
        made = cohort_model(
            moves[:, None],
            np.stack([start, 1.0 - start, zero], axis=-1),
            cycles=cycles,
            cycle_length=_MONTH,
            # per year in the state
            state_costs=np.stack([monthly, p["care_cost"], zero], axis=-1)[:, None] / _MONTH,
            state_effects=np.stack([utility, p["utility_progressed"], zero], axis=-1)[:, None],
            discount_cost=self.discount_cost,
            discount_effect=self.discount_effect,
            states=STATES,
        )
        years = np.atleast_2d(made.years_in_state)[:, :2].sum(axis=1)
        return np.atleast_1d(made.cost), np.atleast_1d(made.effect), years

    def _course(self, p: Mapping[str, Floats], arm: str, group: str) -> tuple[Floats, Floats, Floats]:
        """Share controlled at first, rate of progression per month, utility while controlled."""
        treated = p[f"effect_{group}"] if arm == "drug" else np.zeros_like(p["control"])
        shift = p["prognostic"] if group == "positive" else np.zeros_like(p["control"])
        one = np.ones_like(p["control"])
        if self.kind == "survival":
            base = p["control"] / (p["prevalence"] * np.exp(p["prognostic"]) + 1.0 - p["prevalence"])
            return one, base * np.exp(shift + treated), p["utility_controlled"]
        if self.kind == "binary":
            rate = expit(logit(np.clip(p["control"], _TINY, 1.0 - _TINY)) + _centred(p, group) + treated)
            good = rate if self.better == "higher" else 1.0 - rate
            return good, 1.0 / p["time_controlled"], p["utility_controlled"]
        sign = 1.0 if self.better == "higher" else -1.0
        raised = p["utility_controlled"] + p["utility_per_sd"] * sign * treated / p["control"]
        return one, 1.0 / p["time_controlled"], np.clip(raised, -1.0, 1.0)


def _centred(p: Mapping[str, Floats], group: str) -> Floats:
    """Log odds of a marker group against those of all controls, to first order."""
    share = p["prevalence"] if group == "negative" else p["prevalence"] - 1.0
    return -share * p["prognostic"]


def _transitions(leaving: Floats, dying: Floats) -> Floats:
    """Transition probabilities of a month of the process controlled -> progressed -> dead, (n_draws, 3, 3), exact."""
    stay, live = np.exp(-leaving), np.exp(-dying)
    gap = leaving - dying
    close = np.abs(gap) < 1e-9
    through = np.where(close, leaving * live, leaving * (live - stay) / np.where(close, 1.0, gap))
    moves = np.zeros((leaving.size, 3, 3))
    moves[:, 0, 0], moves[:, 0, 1] = stay, through
    moves[:, 0, 2] = np.maximum(1.0 - stay - through, 0.0)
    moves[:, 1, 1], moves[:, 1, 2] = live, 1.0 - live
    moves[:, 2, 2] = 1.0
    return moves


@dataclass(frozen=True)
class Worthwhile:
    """What a unit of gain is worth to a payer, for weighing studies.

    Attributes
    ----------
    value : float
        Of one unit of gain in one treated patient: a unit of the endpoint (means), a probability of 1 (rates), 1 of
        minus the log hazard ratio (survival).
    treatment, test : float
        Cost of treating one patient, and of testing one.
    """

    value: float
    treatment: float
    test: float

    @staticmethod
    def of(model: MarkerModel, parameters: Mapping[str, float], *, wtp: float) -> "Worthwhile | None":
        """The worth of the gain in marker-positive patients, per unit of gain; None where they do not gain.

        Linear between no effect and the effect assumed: ``value = (wtp dQALY - d other costs) / gain``, ``treatment``
        the additional cost of drug over control while controlled.
        """
        p = {name: np.atleast_1d(np.asarray(value, dtype=np.float64)) for name, value in parameters.items()}
        drug, control = model.patient(p, "drug", "positive"), model.patient(p, "control", "positive")
        gain = _gain(model, p)
        free = {**p, "drug_cost": p["control_cost"]}
        other = model.patient(free, "drug", "positive")
        extra = float((drug[0] - other[0])[0])
        worth = float((wtp * (other[1] - control[1]) - (other[0] - control[0]))[0])
        if not (gain > 0 and worth > 0):
            return None
        return Worthwhile(worth / gain, max(extra, 0.0), float(p["test_cost"][0]))


def _gain(model: MarkerModel, p: Mapping[str, Floats]) -> float:
    """What a marker-positive patient gains, in the unit in which studies count it."""
    sign = 1.0 if model.better == "higher" else -1.0
    if model.kind == "binary":
        control = logit(np.clip(p["control"], _TINY, 1.0 - _TINY)) + _centred(p, "positive")
        return float(sign * (expit(control + p["effect_positive"]) - expit(control))[0])
    return float(sign * p["effect_positive"][0])
