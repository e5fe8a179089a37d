"""What the next study must keep to, what it costs, and how it would be looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from biomarker.trial.checks import between, one_of, whole
from biomarker.trial.group_sequential import GroupSequentialDesign, group_sequential
from biomarker.trial.planning.search import Constraints
from biomarker.trial.planning.worth import Costs, Worth
from biomarker.trial.spending import HwangShihDeCani, LanDeMetsOBrienFleming, LanDeMetsPocock, Spending

__all__ = ["SPENDING", "Intent"]

COSTS = ("fixed", "screened", "tested", "randomised", "time", "look")
SPENDING: dict[str, Spending] = {
    "obrien-fleming": LanDeMetsOBrienFleming(),
    "pocock": LanDeMetsPocock(),
    "hwang-shih-decani": HwangShihDeCani(),
}


@dataclass(frozen=True)
class Intent:
    """Everything about the study that is no fact about the marker.

    Attributes
    ----------
    constraints : Constraints
    costs : Costs
    worth : Worth, optional
        Without it there is no net benefit.
    ratio : float
        Treatment subjects per control subject.
    consent : float
    screening_rate : float
        Candidates per unit of time.
    follow_up : float
        From the last entry to the analysis of a survival endpoint.
    dropout : float
        Hazard of leaving without event.
    looks : tuple of float
        Information fractions, the last 1.
    spending : {"obrien-fleming", "pocock", "hwang-shih-decani"}
    futility : bool
        Whether looks may stop for futility (not binding, beta spent by Hwang-Shih-DeCani -2).
    arms, baskets : int
        Treatments that would share one control, and diseases that share the marker; 1: no such study.
    trials : int
        Simulated studies of each scenario and design.
    nodes : int
        Of the quadrature over the effects, for each of them.
    """

    constraints: Constraints
    costs: Costs
    worth: Worth | None = None
    ratio: float = 1.0
    consent: float = 1.0
    screening_rate: float = 1.0
    follow_up: float = 0.0
    dropout: float = 0.0
    looks: tuple[float, ...] = (0.5, 1.0)
    spending: str = "obrien-fleming"
    futility: bool = True
    arms: int = 1
    baskets: int = 1
    trials: int = 2000
    nodes: int = 6
    sequential: GroupSequentialDesign = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one_of("spending", self.spending, tuple(SPENDING))
        for name in ("ratio", "screening_rate"):
            between(name, getattr(self, name), 0.0)
        between("consent", self.consent, 0.0, 1.0, closed="high")
        for name in ("follow_up", "dropout"):
            between(name, getattr(self, name), 0.0, closed="low")
        for name, least in (("arms", 1), ("baskets", 1), ("trials", 100)):
            whole(name, getattr(self, name), least)
        whole("nodes", self.nodes, 2, 64)
        made = group_sequential(
            information=np.asarray(self.looks, dtype=np.float64),
            alpha=self.constraints.alpha,
            power=self.constraints.power,
            efficacy=SPENDING[self.spending],
            futility=HwangShihDeCani(gamma=-2.0) if self.futility and len(self.looks) > 1 else None,
        )
        object.__setattr__(self, "sequential", made)

    @staticmethod
    def of(
        asked: Mapping[str, Any], known: Mapping[str, float], *, median: float | None, worth: Worth | None
    ) -> "Intent":
        """From the settings of a study file, as plain values.

        Parameters
        ----------
        asked : mapping
            Keys of the section ``trial``.
        known : mapping of quantity to value
            Assumptions by name, and unit costs as ``cost_<name>``.
        median : float, optional
            Of the control arm of a survival endpoint: default of the follow-up, and the time to which drop-out refers.
        worth : Worth, optional
        """
        limits = {
            name: np.inf if asked[name] is None else float(asked[name]) for name in ("budget", "time", "patients")
        }
        time = median or 0.0
        return Intent(
            constraints=Constraints(power=asked["power"], alpha=asked["alpha"], **limits),
            costs=Costs(**{name: known[f"cost_{name}"] for name in COSTS}),
            worth=worth,
            ratio=asked["ratio"],
            consent=between("consent", known["consent"], 0.0, 1.0, closed="high"),
            screening_rate=known["screening_rate"],
            follow_up=known.get("follow_up", time),
            dropout=-float(np.log1p(-min(known["dropout"], 0.999))) / time if time else 0.0,
            looks=tuple(asked["looks"]),
            spending=asked["spending"],
            futility=asked["futility"],
            arms=asked["arms"],
            baskets=asked["baskets"],
            trials=asked["simulations"],
        )

    @property
    def timing(self) -> dict[str, float]:
        """Keywords of `Marker.setting`."""
        return {
            "consent": self.consent,
            "ratio": self.ratio,
            "screening_rate": self.screening_rate,
            "follow_up": self.follow_up,
            "dropout": self.dropout,
        }
