"""What can be asked of a simulated trial, and which wishes contradict each other."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from biomarker.errors import ConfigError
from biomarker.simulate.plan import ENDPOINTS, PLAN

__all__ = ["TrialSettings", "check_settings"]

Further = Literal["assay-image", "copy-number", "maxquant", "single-cell", "vcf"]

FEWEST_SUBJECTS = 40
FEWEST_GENES = 40
MOST_SUBJECTS = 100_000
MOST_GENES = 100_000
MOST_EXPLAINED = 2 / 3  # share of an endpoint's subjects or events that the squares of what is planted may sum to


@dataclass(frozen=True)
class TrialSettings:
    """A randomised two-arm phase II trial with planted markers.

    Strength is asked as the non-centrality of the test that has to find a marker, so that a demo stays equally hard
    whatever its size: at 5 a marker stands about five standard errors from zero in an analysis of that marker alone.
    """

    subjects: int = field(default=400, metadata={"doc": "Number of randomised subjects, half of them on the drug."})
    genes: int = field(default=5000, metadata={"doc": "Number of genes in the expression matrix."})
    pathways: int = field(default=15, metadata={"doc": "Number of latent pathways that make genes move together."})
    noncentrality: float = field(
        default=5.0, metadata={"doc": "Expected test statistic of every single planted marker; 0 plants none."}
    )
    noncentrality_pairs: float = field(
        default=10.0,
        metadata={
            "doc": "Expected test statistic of the planted log-ratio of two genes; that of the planted subgroup is 1.3 "
            "times as large. 0 plants neither."
        },
    )
    stand_ins: int = field(
        default=1,
        metadata={"doc": "Genes correlated about 0.75 to 0.85 with each planted gene, without an effect of their own."},
    )
    batch: bool = field(
        default=True, metadata={"doc": "Shift genes in a second batch of profiles, which goes partly with the site."}
    )
    sample_swap: bool = field(default=True, metadata={"doc": "Exchange the expression profiles of a man and a woman."})
    lab_drift: bool = field(default=True, metadata={"doc": "Let one site's analyser drift in one test from a date on."})
    response_placebo: float = field(default=0.30, metadata={"doc": "Share of responders on placebo."})
    response_drug: float = field(default=0.45, metadata={"doc": "Share of responders on the drug."})
    hazard_ratio: float = field(
        default=0.75, metadata={"doc": "Hazard ratio of progression or death, drug against placebo, unadjusted."}
    )
    tumour_change_difference: float = field(
        default=0.0,
        metadata={
            "doc": "Difference of the mean tumour change outside the planted subgroup, drug minus placebo, in "
            "percentage points."
        },
    )
    events: float = field(default=0.675, metadata={"doc": "Expected share of subjects with a progression event."})
    not_evaluable: float = field(default=0.05, metadata={"doc": "Share of subjects whose best response is NE."})
    without_rna: float = field(default=0.05, metadata={"doc": "Share of subjects without an expression profile."})
    without_dna: float = field(default=0.06, metadata={"doc": "Share of subjects who were not sequenced."})
    without_protein: float = field(default=0.05, metadata={"doc": "Share of subjects without a protein sample."})
    missing: float = field(default=0.001, metadata={"doc": "Share of missing cells in the expression profiles."})
    missing_labs: float = field(default=0.005, metadata={"doc": "Share of laboratory rows without a result."})
    unreadable_labs: float = field(
        default=0.005, metadata={"doc": "Share of AST and LDH results that read `hemolysed` in place of a number."}
    )
    further: tuple[Further, ...] = field(
        default=(), metadata={"doc": "Further modalities to write, in which nothing is planted."}
    )
    records: bool = field(
        default=False,
        metadata={"doc": "Also write the patients' clinical records: SDTM, ADaM, OMOP, FHIR, notes and a diary."},
    )


def check_settings(settings: TrialSettings) -> None:
    """Refuse a trial that cannot be drawn, with the key and what is possible.

    Parameters
    ----------
    settings : TrialSettings

    Raises
    ------
    biomarker.errors.ConfigError
        A value lies outside its range, or the planted effects would together explain more of an endpoint than the
        trial's size allows: squared non-centralities on one endpoint must sum to less than two thirds of its subjects
        (for survival: of its expected events).
    """
    _check_range("subjects", settings.subjects, FEWEST_SUBJECTS, MOST_SUBJECTS)
    _check_range("genes", settings.genes, FEWEST_GENES, MOST_GENES)
    _check_range("pathways", settings.pathways, 1, settings.genes)
    _check_range("noncentrality", settings.noncentrality, 0.0, math.inf)
    _check_range("noncentrality_pairs", settings.noncentrality_pairs, 0.0, math.inf)
    _check_range("stand_ins", settings.stand_ins, 0, 3)
    for key in ("response_placebo", "response_drug"):
        _check_range(key, getattr(settings, key), 0.05, 0.95)
    _check_range("hazard_ratio", settings.hazard_ratio, 0.2, 5.0)
    _check_range("tumour_change_difference", settings.tumour_change_difference, -40.0, 40.0)
    _check_range("events", settings.events, 0.2, 0.9)
    shares = ("not_evaluable", "without_rna", "without_dna", "without_protein")
    for key in (*shares, "missing", "missing_labs", "unreadable_labs"):
        _check_range(key, getattr(settings, key), 0.0, 0.3)
    unknown = [kind for kind in settings.further if kind not in get_args(Further)]
    if unknown:
        raise ConfigError(
            f"simulate.further names {unknown[0]!r}, which is not known", f"Known are {', '.join(get_args(Further))}."
        )
    _check_strength(settings)


def _check_range(key: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside ``low..high``; NaN and infinity are outside every range."""
    if not (math.isfinite(value) and low <= value <= high):
        wanted = f"at least {low}" if high == math.inf else f"between {low} and {high}"
        raise ConfigError(f"simulate.{key} is {value}, expected {wanted}", f"Set simulate.{key} {wanted}.")


def _check_strength(settings: TrialSettings) -> None:
    """Refuse non-centralities whose squares use up `MOST_EXPLAINED` of an endpoint's subjects or events.

    A marker that acts above a threshold counts with the square that its threshold shows, not the smaller one of its
    linear test.
    """
    sizes = {
        "response": settings.subjects * (1 - settings.not_evaluable),
        "pfs": settings.subjects * settings.events,
        "shrinkage": settings.subjects * (1 - settings.not_evaluable),
    }
    for endpoint in ENDPOINTS:
        plants = [plant for plant in PLAN if plant.endpoint == endpoint]
        used = sum(plant.asked(settings) ** 2 * plant.share for plant in plants)
        if used >= MOST_EXPLAINED * sizes[endpoint]:
            unit = "expected events" if endpoint == "pfs" else "evaluable subjects"
            raise ConfigError(
                f"simulate.noncentrality {settings.noncentrality:g} and simulate.noncentrality_pairs "
                f"{settings.noncentrality_pairs:g}: the squares of what is planted on {endpoint} sum to {used:.0f}, "
                f"and {sizes[endpoint]:.0f} {unit} allow less than two thirds of their number, "
                f"{MOST_EXPLAINED * sizes[endpoint]:.0f}",
                "Lower the non-centralities or raise simulate.subjects.",
            )
