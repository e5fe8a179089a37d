"""Cluster-randomised studies: the design effect."""

from dataclasses import dataclass

import numpy as np

from biomarker.trial.checks import between
from biomarker.trial.sizes.plan import SampleSize

__all__ = ["ClusterSize", "cluster_size", "design_effect"]


@dataclass(frozen=True)
class ClusterSize:
    """A study that randomises clusters (sites, families, repeated samples of one subject).

    Attributes
    ----------
    design_effect : float
        Variance over that of as many independent subjects.
    n, n_treatment, n_control : float
        Subjects, not rounded.
    clusters_treatment, clusters_control : int
        Clusters of each arm, rounded up.
    """

    design_effect: float
    n: float
    n_treatment: float
    n_control: float
    clusters_treatment: int
    clusters_control: int
    convention: str


def design_effect(cluster_size: float, *, correlation: float, variation: float = 0.0) -> float:
    """Variance inflation ``1 + ((1 + cv^2) m - 1) rho`` of a mean over clusters.

    Parameters
    ----------
    cluster_size : float
        Mean number m of subjects in a cluster, at least 1.
    correlation : float
        Intracluster correlation rho, within [0, 1].
    variation : float
        Coefficient of variation of cluster sizes, 0 for equal ones.

    Returns
    -------
    float

    Notes
    -----
    Valid when clusters are many (about 15 an arm; fewer need a t law and more clusters) and the analysis respects them.
    With unequal sizes it is an upper bound for analyses that weight clusters well.

    References
    ----------
    Donner, Birkett and Buck 1981, https://doi.org/10.1093/oxfordjournals.aje.a113261; Eldridge, Ashby and Kerry 2006,
    https://doi.org/10.1093/ije/dyl129

    Examples
    --------
    >>> round(design_effect(20, correlation=0.05), 2)
    1.95
    """
    m = between("cluster_size", cluster_size, 1.0, closed="low")
    rho = between("correlation", correlation, 0.0, 1.0, closed="both")
    cv = between("variation", variation, 0.0, closed="low")
    return 1.0 + ((1.0 + cv**2) * m - 1.0) * rho


def cluster_size(size: SampleSize, *, cluster_size: float, correlation: float, variation: float = 0.0) -> ClusterSize:
    """A sample size of independent subjects turned into one of clusters.

    Parameters
    ----------
    size : SampleSize
        For independent subjects: `sample_size_means`, `sample_size_rates`.
    cluster_size, correlation, variation
        As in `design_effect`.

    Returns
    -------
    ClusterSize

    Notes
    -----
    Valid where `design_effect` is.

    Examples
    --------
    >>> from biomarker import trial
    >>> alone = trial.sample_size_means(0.5, sd=1.0, method="z")
    >>> trial.cluster_size(alone, cluster_size=20, correlation=0.05).clusters_treatment
    9
    """
    effect = design_effect(cluster_size, correlation=correlation, variation=variation)
    arms = [effect * size.n_treatment, effect * size.n_control]
    clusters = [int(np.ceil(n / cluster_size - 1e-9)) for n in arms]
    return ClusterSize(
        effect,
        sum(arms),
        arms[0],
        arms[1],
        clusters[0],
        clusters[1],
        f"{size.convention}; design effect {effect:.4g}; clusters rounded up in each arm",
    )
