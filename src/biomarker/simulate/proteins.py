"""Protein measurements as instruments export them: long, by plate, with controls and limits of detection."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate.plan import PLAN, Plant
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects

__all__ = ["PANEL", "Proteins", "draw_proteins", "protein_tables"]

PANEL = "Simulated Oncology"
N_ASSAYS = 92
SAMPLES_A_PLATE = 88  # of 96 wells; two of the rest hold controls
CONTROLS = ("CONTROL_SAMPLE_1", "CONTROL_SAMPLE_2")
PLATE_SHIFT = 0.12  # NPX
COUNTING = 0.15  # NPX, standard deviation of one measurement
N_PROCESSES, PROCESS_SHARE = 5, 0.5  # of the variance of the assays that move together
LOW_ASSAYS = 0.12  # share of assays whose median lies near the limit of detection
WARNING_SHARE = 0.03
WARNING_NOISE = 0.5  # NPX, added to samples with a warning
STAND_IN_CORRELATION = 0.80
PRODUCT_CORRELATION = 0.60
PLANTED = next(plant for plant in PLAN if plant.modality == "protein")
#: The plant whose gene has its protein on the panel: a stand-in in another modality.
PRODUCT_OF = next(plant for plant in PLAN if plant.modality == "rna")


@dataclass(frozen=True)
class Proteins:
    """What is fixed of each assay, who has a sample, and the assays with a role as measured.

    Attributes
    ----------
    name : ndarray of str (n_assays,)
    mean, spread : ndarray (n_assays,)
        NPX.
    limit : ndarray (n_plates, n_assays)
        Limit of detection, NPX.
    shift : ndarray (n_plates, n_assays)
    roles : ndarray of int (3,)
        The planted assay, its stand-in, and the product of a planted gene.
    order : ndarray of int (n_samples,)
        Subjects in the order of plates and wells.
    warning : ndarray of bool (n_samples,)
    value : ndarray (n_samples, 3)
        NPX of the assays with a role.
    seen : ndarray (n_subjects, 3)
        The same by subject; NaN without sample or with a warning.
    """

    name: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    limit: np.ndarray
    shift: np.ndarray
    roles: np.ndarray
    order: np.ndarray
    warning: np.ndarray
    value: np.ndarray
    seen: np.ndarray

    def plate(self, number: int) -> slice:
        """Samples on a plate."""
        return slice(number * SAMPLES_A_PLATE, min((number + 1) * SAMPLES_A_PLATE, len(self.order)))


def draw_proteins(levels: dict[Plant, np.ndarray], settings: TrialSettings, *, seed: int) -> Proteins:
    """Draw assays, plates and samples, and measure the assays with a role.

    NPX is ``mean + spread * level + shift of the plate + noise``. Stand-in and gene product are
    ``r * planted + sqrt(1 - r^2) * u``; half of the other assays move together in processes.

    Parameters
    ----------
    levels : dict of Plant to ndarray (n_subjects, 1 or 2)
    settings : TrialSettings
    seed : int

    Returns
    -------
    Proteins
    """
    generator = rng.stream(seed, "simulate", "proteins")
    n_subjects = len(levels[PLANTED])
    order = generator.permutation(n_subjects)[round(settings.without_protein * n_subjects) :]
    n_plates = -(-len(order) // SAMPLES_A_PLATE)
    roles = generator.permutation(N_ASSAYS)[:3]
    low = generator.random(N_ASSAYS) < LOW_ASSAYS
    mean = np.where(low, generator.uniform(0.6, 1.6, N_ASSAYS), generator.uniform(3.0, 9.0, N_ASSAYS))
    mean[roles] = generator.uniform(4.0, 7.0, size=3)
    spread = generator.uniform(0.5, 1.1, size=N_ASSAYS)
    limit = generator.uniform(0.5, 1.5, N_ASSAYS) + generator.normal(0.0, 0.05, (n_plates, N_ASSAYS))
    shift = generator.normal(0.0, PLATE_SHIFT, size=(n_plates, N_ASSAYS))
    warning = generator.random(len(order)) < WARNING_SHARE

    own = generator.standard_normal((n_subjects, 2))
    correlation = np.array([STAND_IN_CORRELATION, PRODUCT_CORRELATION])
    source = np.hstack([levels[PLANTED], levels[PRODUCT_OF]])
    level = np.hstack([levels[PLANTED], correlation * source + np.sqrt(1 - correlation**2) * own])[order]
    plates = np.arange(len(order)) // SAMPLES_A_PLATE
    noise = _noise(warning, 3, generator)
    value = (mean[roles] + spread[roles] * level + shift[plates][:, roles] + noise).round(4)
    seen = np.full((n_subjects, 3), np.nan)
    seen[order] = np.where(warning[:, None], np.nan, value)
    name = np.array([f"PRT{number:03d}" for number in range(1, N_ASSAYS + 1)])
    return Proteins(name, mean, spread, limit, shift, roles, order, warning, value, seen)


def protein_tables(proteins: Proteins, subjects: Subjects, *, seed: int) -> Iterator[pl.DataFrame]:
    """The long table, a row a measurement, plate by plate: samples, then controls.

    Values below the limit of detection are written as they were measured. ``MissingFreq`` is the share of the plate's
    samples below the limit.

    Parameters
    ----------
    proteins : Proteins
    subjects : Subjects
    seed : int

    Yields
    ------
    polars.DataFrame
        ``SampleID, Index, OlinkID, UniProt, Assay, MissingFreq, Panel, PlateID, QC_Warning, LOD, NPX, Sample_Type``.
    """
    for number in range(len(proteins.limit)):
        rows = proteins.plate(number)
        generator = rng.stream(seed, "simulate", "plate", number)
        warning = proteins.warning[rows]
        n_samples = len(warning)
        level = generator.standard_normal((n_samples, N_ASSAYS))
        shared = generator.standard_normal((n_samples, N_PROCESSES))
        together = np.arange(0, N_ASSAYS, 2)  # every other assay is one of a process, in turn
        level[:, together] *= np.sqrt(1 - PROCESS_SHARE)
        level[:, together] += np.sqrt(PROCESS_SHARE) * shared[:, together // 2 % N_PROCESSES]
        value = proteins.mean + proteins.spread * level + proteins.shift[number]
        value += _noise(warning, N_ASSAYS, generator)
        value[:, proteins.roles] = proteins.value[rows]
        controls = proteins.mean + proteins.shift[number] + generator.normal(0, COUNTING, (len(CONTROLS), N_ASSAYS))
        below = (value < proteins.limit[number]).mean(axis=0)
        names = [*subjects.subject_id[proteins.order[rows]], *CONTROLS]
        yield _long(proteins, number, names, np.vstack([value, controls]), [*warning, False, False], below)


def _noise(warning: np.ndarray, n_assays: int, generator: np.random.Generator) -> np.ndarray:
    """Error (n_samples, n_assays) of measurement in NPX; larger in samples with a warning."""
    spread = np.where(warning, np.hypot(COUNTING, WARNING_NOISE), COUNTING)
    return spread[:, None] * generator.standard_normal((len(warning), n_assays))


def _long(
    proteins: Proteins, plate: int, names: list[str], value: np.ndarray, warning: list[bool], below: np.ndarray
) -> pl.DataFrame:
    """Rows of one plate, sample by sample."""
    n_samples, assays = len(names), np.arange(1, N_ASSAYS + 1)
    kind = ["SAMPLE"] * (n_samples - len(CONTROLS)) + ["CONTROL"] * len(CONTROLS)
    return pl.DataFrame(
        {
            "SampleID": np.repeat(names, N_ASSAYS),
            "Index": np.repeat(np.arange(1, n_samples + 1), N_ASSAYS),
            "OlinkID": [f"OID{number:05d}" for number in assays] * n_samples,
            "UniProt": [f"SIM{number:03d}" for number in assays] * n_samples,
            "Assay": proteins.name.tolist() * n_samples,
            "MissingFreq": np.tile(below.round(4), n_samples),
            "Panel": PANEL,
            "PlateID": f"Plate{plate + 1:02d}",
            "QC_Warning": np.repeat(np.where(warning, "Warning", "Pass"), N_ASSAYS),
            "LOD": np.tile(proteins.limit[plate].round(4), n_samples),
            "NPX": value.round(4).ravel(),
            "Sample_Type": np.repeat(kind, N_ASSAYS),
        }
    )
