"""What is known of one marker and one endpoint, as plain numbers with their sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.designs.setting import Assay, MeansEffect, RatesEffect, Setting, SurvivalEffect
from biomarker.trial.planning.uncertainty import Effect, EffectUncertainty

__all__ = ["BASES", "TYPES", "Known", "Marker"]

TYPES = ("binary", "continuous", "survival")
#: Which estimate of the effects: as found, shrunk for having been selected, or in subjects that did not choose it
BASES = ("raw", "shrunk", "heldout")
SOURCES = ("measured", "assumed", "literature")


@dataclass(frozen=True)
class Known:
    """A number that a proposal rests on.

    Attributes
    ----------
    value : float
    source : {"measured", "assumed", "literature"}
    low, high : float
        95% interval; NaN where there is none.
    std_error : float
        NaN where there is none.
    unit, note : str
    """

    value: float
    source: str = "assumed"
    low: float = np.nan
    high: float = np.nan
    std_error: float = np.nan
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        between("value", self.value)
        one_of("source", self.source, SOURCES)

    @property
    def error(self) -> float:
        """Standard error: as given, from the interval, or 0 where nothing is said."""
        if np.isfinite(self.std_error):
            return self.std_error
        width = (self.high - self.low) / (2 * 1.959963984540054)
        return width if np.isfinite(width) else 0.0


@dataclass(frozen=True)
class Marker:
    """A marker, its assay, and what the treatment does in either group, for one endpoint.

    Attributes
    ----------
    type : {"binary", "continuous", "survival"}
    better : {"higher", "lower"}
        Whether a larger value, or the event, is good for the patient.
    prevalence, sensitivity, specificity, failure : Known
        Of marker-positive subjects among candidates, and of the assay.
    positive, negative : mapping of basis to Known
        Treatment effect in either group: a log odds ratio, a difference, a log hazard ratio.
    control : Known
        Of all control subjects: the event rate, the standard deviation within an arm, the hazard per unit of time.
    prognostic : Known
        Marker-positive against marker-negative controls: a log odds ratio, a difference, a log hazard ratio.
    """

    type: str
    better: str
    prevalence: Known
    sensitivity: Known
    specificity: Known
    failure: Known
    positive: Mapping[str, Known]
    negative: Mapping[str, Known]
    control: Known
    prognostic: Known = field(default_factory=lambda: Known(0.0))

    def __post_init__(self) -> None:
        one_of("type", self.type, TYPES)
        one_of("better", self.better, ("higher", "lower"))
        if not self.positive or set(self.positive) != set(self.negative):
            raise refuse(
                "positive, negative", (list(self.positive), list(self.negative)), "the same bases, at least one"
            )
        for basis in self.positive:
            one_of("basis", basis, BASES)
        between("control", self.control.value, 0.0, 1.0 if self.type == "binary" else np.inf)

    @staticmethod
    def of(rows: Iterable[Mapping[str, Any]], *, type: str, better: str) -> "Marker":
        """A marker from rows of `quantity`, `basis`, `value`, `std_error`, `low`, `high`, `unit`, `source`, `note`."""
        known: dict[str, Known] = {}
        effects: dict[str, dict[str, Known]] = {"effect_positive": {}, "effect_negative": {}}
        for row in rows:
            low, high, error = (
                np.nan if row.get(name) is None else float(row[name]) for name in ("low", "high", "std_error")
            )
            found = Known(
                float(row["value"]), row["source"], low, high, error, row.get("unit") or "", row.get("note") or ""
            )
            if row["quantity"] in effects:
                effects[row["quantity"]][row["basis"]] = found
            else:
                known[row["quantity"]] = found
        perfect = Known(1.0, "assumed", note="taken for perfect")
        return Marker(
            type=type,
            better=better,
            prevalence=known["prevalence"],
            sensitivity=known.get("sensitivity", perfect),
            specificity=known.get("specificity", perfect),
            failure=known.get("failure", Known(0.0)),
            positive=effects["effect_positive"],
            negative=effects["effect_negative"],
            control=known["control"],
            prognostic=known.get("prognostic", Known(0.0, note="the marker changes nothing under control")),
        )

    @property
    def bases(self) -> tuple[str, ...]:
        """The bases on which effects are known, in the order raw, shrunk, heldout."""
        return tuple(basis for basis in BASES if basis in self.positive)

    @property
    def cautious(self) -> str:
        """The basis that a proposal should rest on: shrunk, else held-out, else raw."""
        return "shrunk" if "shrunk" in self.bases else self.bases[-1]

    @property
    def good(self) -> float:
        """+1 where a larger effect on its own scale is good for the patient."""
        return 1.0 if self.better == "higher" else -1.0

    def oriented(self, basis: str) -> "Marker":
        """The same with the groups exchanged where the marker-negative benefit more (a low value then selects)."""
        if self.good * (self.positive[basis].value - self.negative[basis].value) >= 0:
            return self
        return replace(
            self,
            prevalence=_complement(self.prevalence),
            sensitivity=self.specificity,
            specificity=self.sensitivity,
            positive=self.negative,
            negative=self.positive,
            prognostic=_opposite(self.prognostic),
        )

    def setting(
        self,
        basis: str,
        *,
        consent: float = 1.0,
        ratio: float = 1.0,
        screening_rate: float | None = None,
        accrual: float = 1.0,
        follow_up: float = 0.0,
        dropout: float = 0.0,
    ) -> Setting:
        """The setting of the designs, with the effects of one basis.

        Parameters
        ----------
        basis : str
        consent, ratio, screening_rate
            See `Setting`.
        accrual, follow_up, dropout : float
            Of a survival endpoint: see `SurvivalEffect`; the accrual counts without a screening rate only.

        Raises
        ------
        ConfigError
            A survival endpoint whose events are good: its designs are not computed.
        """
        return Setting(
            prevalence=self.prevalence.value,
            effect=self.effect(basis, accrual=accrual, follow_up=follow_up, dropout=dropout),
            assay=Assay(self.sensitivity.value, self.specificity.value, self.failure.value),
            consent=consent,
            ratio=ratio,
            screening_rate=screening_rate,
        )

    def effect(self, basis: str, *, accrual: float = 1.0, follow_up: float = 0.0, dropout: float = 0.0) -> Effect:
        """What the treatment does, on the basis asked for."""
        plus, minus = self.positive[basis].value, self.negative[basis].value
        p, shift = self.prevalence.value, self.prognostic.value
        if self.type == "continuous":
            return MeansEffect(plus, minus, self.control.value, shift, self.better)
        if self.type == "binary":
            control_minus = _base_rate(self.control.value, p, shift)
            control_plus = float(expit(logit(control_minus) + shift))
            return RatesEffect(
                float(expit(logit(control_plus) + plus)),
                float(expit(logit(control_minus) + minus)),
                control_plus,
                control_minus,
                self.better,
            )
        if self.better == "higher":
            raise refuse("better", self.better, "'lower' for a survival endpoint: designs for events that are good")
        return SurvivalEffect(
            float(np.exp(plus)),
            float(np.exp(minus)),
            # the hazard of all, shared between the groups as it is at the start
            self.control.value / (p * float(np.exp(shift)) + 1.0 - p),
            accrual,
            follow_up,
            prognostic=float(np.exp(shift)),
            dropout=dropout,
        )

    def uncertainty(self, basis: str) -> EffectUncertainty:
        """How sure the effects are; those without an error of their own (raw ones) take the largest of the others."""

        def error(effects: Mapping[str, Known]) -> float:
            return effects[basis].error or max(known.error for known in effects.values())

        return EffectUncertainty(error(self.positive), error(self.negative))


def _complement(known: Known) -> Known:
    return replace(known, value=1.0 - known.value, low=1.0 - known.high, high=1.0 - known.low)


def _opposite(known: Known) -> Known:
    return replace(known, value=-known.value, low=-known.high, high=-known.low)


def _base_rate(rate: float, prevalence: float, log_odds: float) -> float:
    """Rate of the marker-negative such that all together have the rate of the control arm."""

    def excess(x: float) -> float:
        return float(prevalence * expit(x + log_odds) + (1.0 - prevalence) * expit(x) - rate)

    width = abs(log_odds) + 1.0
    return float(expit(brentq(excess, logit(rate) - width, logit(rate) + width, xtol=1e-12)))
