"""``features`` and ``screen``: which features are tested, and how."""

from typing import Literal

from pydantic import Field

from biomarker.config.base import Section

__all__ = ["Features", "Screen"]


class Features(Section):
    """Which features are worth a test, judged without looking at any outcome."""

    min_detection: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Smallest share of analysed subjects with a value (and above zero for counts and TPM).",
    )
    min_prevalence: float = Field(
        0.0, ge=0, le=0.5, description="Smallest share of analysed subjects in the rarer group of a two-valued feature."
    )
    min_variance: float = Field(0.0, ge=0, description="Smallest variance among analysed subjects.")


class Screen(Section):
    """How every feature is tested against every endpoint."""

    prespecified: tuple[str, ...] = Field(
        (),
        description="Markers named before the data were seen (`modality:feature`): a family of their own, "
        "tested at full alpha; everything else is labelled exploratory.",
    )
    min_group: int = Field(
        4,
        ge=1,
        le=10_000_000,
        description="A two-valued feature needs this many analysed subjects in its rarer group, per endpoint.",
    )
    min_events: int = Field(
        10,
        ge=1,
        le=10_000_000,
        description="Events (and non-events) that a binary or survival endpoint needs; for interactions in each arm.",
    )
    moderated: Literal["auto", "always", "never", "voom"] = Field(
        "auto",
        description="Moderated t-test (empirical Bayes with a trend) for continuous endpoints; `auto`: for features on "
        "a logarithmic expression or intensity scale; `voom`: as auto, and counts with precision weights.",
    )
    strata: tuple[str, ...] = Field(
        (),
        description="Covariates with levels (site, stage): each combination has a baseline hazard of its own in Cox "
        "regression, and permutations stay within it.",
    )
    permutations: int = Field(
        0,
        ge=0,
        description="Permutations for `p_permutation` and the step-down maxT `p_familywise` of main effects, for "
        "example 10000; 0 for none.",
    )
    permuted_runs: int = Field(
        4,
        ge=0,
        le=100_000,
        description="Screens of permuted subjects beside the real one, the negative control (`null`); 0 for none.",
    )
    refit: int = Field(
        200,
        ge=0,
        le=10_000_000,
        description="Leading features per endpoint that get a full maximum-likelihood fit and its interval.",
    )
