"""What is planted: which kind of feature, on which endpoint, in which role and shape."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

__all__ = ["BOTH_HIGH_LEVEL", "ENDPOINTS", "GENES", "HIGH_IS_GOOD", "PLAN", "THRESHOLD_LEVEL", "Plant", "Strength"]

ENDPOINTS = ("response", "pfs", "shrinkage")
# Does a larger linear predictor do the patient good? Log odds of response: yes; log hazard and tumour growth: no.
HIGH_IS_GOOD = {"response": True, "pfs": False, "shrinkage": False}
ABOVE_THRESHOLD = 0.40  # share of subjects
ABOVE_EACH = 0.5  # share of subjects in whom one gene of the subgroup is high: a quarter have both
#: Of what is asked of a pair the subgroup is asked this much: two fifths of its square go with its genes alone,
#: and what it adds to them has to be found in some subjects and confirmed in the others.
BOTH_HIGH_STRENGTH = 1.3
THRESHOLD_LEVEL = NormalDist().inv_cdf(1 - ABOVE_THRESHOLD)
BOTH_HIGH_LEVEL = NormalDist().inv_cdf(1 - ABOVE_EACH)
#: (n / d)^2 with d the linear test's statistic where the threshold's own is n: q (1 - q) / density(c)^2
THRESHOLD_SHARE = ABOVE_THRESHOLD * (1 - ABOVE_THRESHOLD) / NormalDist().pdf(THRESHOLD_LEVEL) ** 2


class Strength(Protocol):
    """How strong the planted markers are to be."""

    @property
    def noncentrality(self) -> float:
        """Of single markers."""

    @property
    def noncentrality_pairs(self) -> float:
        """Of formulas of two genes."""


@dataclass(frozen=True)
class Plant:
    """One thing that acts.

    Attributes
    ----------
    endpoint : str
    role : str
        ``prognostic`` (the same effect in both arms) or ``predictive`` (acts through treatment alone).
    modality : str
    shape : str
        ``linear``; ``threshold`` (acts above a level); ``log_ratio`` (the difference of two log levels);
        ``both_high`` (two levels above a cut); ``mutated`` (a gene with a mutation that changes the protein).
    sign : int
        Of the coefficient on the endpoint's own scale; 0 leaves it to chance.
    """

    endpoint: str
    role: str
    modality: str
    shape: str
    sign: int = 0

    @property
    def pair(self) -> bool:
        """Whether it is a formula of two genes."""
        return self.shape in ("log_ratio", "both_high")

    @property
    def share(self) -> float:
        """Square of its own statistic over the square of the non-centrality asked, which is that of a linear test."""
        return THRESHOLD_SHARE if self.shape == "threshold" else 1.0

    def asked(self, strength: Strength) -> float:
        """Non-centrality that is asked of it."""
        if not self.pair:
            return strength.noncentrality
        return strength.noncentrality_pairs * (BOTH_HIGH_STRENGTH if self.shape == "both_high" else 1.0)


# The squares of the non-centralities on one endpoint have to stay below two thirds of its subjects or events. An
# interaction of the strength of a pair needs a continuous endpoint: among 361 responses a statistic of 10 would ask the
# difference of two differences of response rates to be larger than 1. Pairs stand on endpoints of their own for that
# reason too.
PLAN = (
    Plant("response", "prognostic", "rna", "linear"),
    Plant("response", "predictive", "rna", "linear"),
    Plant("response", "prognostic", "rna", "log_ratio"),
    Plant("pfs", "prognostic", "rna", "linear"),
    Plant("pfs", "predictive", "rna", "threshold"),
    Plant("pfs", "predictive", "labs", "linear", sign=1),  # the drug helps where LDH is low
    Plant("pfs", "prognostic", "dna", "mutated", sign=1),
    Plant("shrinkage", "prognostic", "rna", "linear"),
    Plant("shrinkage", "predictive", "rna", "linear"),
    Plant("shrinkage", "predictive", "rna", "both_high", sign=-1),  # the drug helps where both are high, nowhere else
    Plant("shrinkage", "prognostic", "protein", "linear"),
)
#: Single planted genes, which have stand-ins, in the order in which they are drawn.
GENES = tuple(plant for plant in PLAN if plant.modality == "rna" and not plant.pair)
