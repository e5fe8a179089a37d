"""Everything that is drawn for one trial, in the order in which one thing depends on another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biomarker import rng
from biomarker.simulate.expression import Genes, Profiles, draw_genes, draw_profiles
from biomarker.simulate.laboratory import PLANTED_TEST, baseline, draw_test_levels
from biomarker.simulate.levels import acting, draw_levels
from biomarker.simulate.markers import Marker
from biomarker.simulate.mutations import Mutations, draw_mutations
from biomarker.simulate.outcomes import Availability, Law, Outcomes, draw_availability, draw_outcomes, endpoint_law
from biomarker.simulate.panel import PLANTED_GENE
from biomarker.simulate.plan import BOTH_HIGH_LEVEL, ENDPOINTS, PLAN, THRESHOLD_LEVEL, Plant
from biomarker.simulate.proteins import Proteins, draw_proteins
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects, draw_subjects

__all__ = ["Draws", "draw_trial"]


@dataclass(frozen=True)
class Draws:
    """One trial, but for what is drawn run by run while the large tables are written.

    Attributes
    ----------
    tests : ndarray (n_subjects, n_tests)
        Standardised log levels of the laboratory tests.
    markers : tuple of Marker
        What acts; empty where nothing is planted.
    """

    subjects: Subjects
    availability: Availability
    genes: Genes
    profiles: Profiles
    tests: np.ndarray
    mutations: Mutations
    proteins: Proteins
    markers: tuple[Marker, ...]
    laws: Mapping[str, Law]
    outcomes: Outcomes


def draw_trial(settings: TrialSettings, *, seed: int) -> Draws:
    """Draw a trial.

    Parameters
    ----------
    settings : TrialSettings
    seed : int

    Returns
    -------
    Draws

    Raises
    ------
    biomarker.errors.NumericalError
        No effects give the strength that is asked.
    """
    subjects = draw_subjects(settings.subjects, seed=seed)
    availability = draw_availability(subjects, settings, seed=seed)
    levels = draw_levels(len(subjects), seed=seed)
    genes = draw_genes(settings, seed=seed)
    profiles = draw_profiles(genes, subjects, levels, settings, seed=seed)
    tests = draw_test_levels(_only(levels, "labs")[:, 0], seed=seed)
    mutations = draw_mutations(_only(levels, "dna")[:, 0], settings, seed=seed)
    proteins = draw_proteins(levels, settings, seed=seed)
    test = baseline(tests, subjects, PLANTED_TEST, settings, seed=seed)

    def measured(plant: Plant) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        if plant.modality == "rna":
            return _genes(plant, genes, profiles)
        name, seen = {
            "labs": (PLANTED_TEST, test),
            "dna": (PLANTED_GENE, mutations.seen),
            "protein": (str(proteins.name[proteins.roles[0]]), proteins.seen[:, 0]),
        }[plant.modality]
        return (name,), seen[:, None], seen[:, None]

    signs = rng.stream(seed, "simulate", "signs").choice([-1, 1], size=len(PLAN))
    markers = []
    for plant, sign in zip(PLAN, signs, strict=True):
        if plant.asked(settings) > 0:
            names, clean, seen = measured(plant)
            acts = acting(plant, levels[plant])
            markers.append(Marker(plant, names, plant.sign or int(sign), acts, clean, seen, _cuts(plant, genes)))
    laws = {
        name: endpoint_law(
            name, tuple(m for m in markers if m.plant.endpoint == name), subjects, availability, settings
        )
        for name in ENDPOINTS
    }
    outcomes = draw_outcomes(laws, availability, seed=seed)
    return Draws(subjects, availability, genes, profiles, tests, mutations, proteins, tuple(markers), laws, outcomes)


def _only(levels: dict[Plant, np.ndarray], modality: str) -> np.ndarray:
    """Level of the one plant of a modality."""
    (found,) = (level for plant, level in levels.items() if plant.modality == modality)
    return found


def _genes(plant: Plant, genes: Genes, profiles: Profiles) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names of a plant's genes, and their values without and with batch and swap."""
    rows = genes.planted[plant]
    at = [int(np.flatnonzero(genes.roles == row)[0]) for row in rows]
    return tuple(map(str, genes.name[rows])), profiles.clean[:, at].astype(float), profiles.seen[:, at].astype(float)


def _cuts(plant: Plant, genes: Genes) -> tuple[float, ...]:
    """Level at which a plant cuts, as log2(TPM + 1) of its genes."""
    level = {"threshold": THRESHOLD_LEVEL, "both_high": BOTH_HIGH_LEVEL}.get(plant.shape)
    if level is None:
        return ()
    rows = genes.planted[plant]
    return tuple(float(np.log2(np.exp2(genes.mean[row] + genes.spread[row] * level) + 1)) for row in rows)
