"""Write a simulated trial: the study's input files and the truth behind them."""

from pathlib import Path

from biomarker import rng
from biomarker.simulate import files
from biomarker.simulate.expression import Expression, draw_expression
from biomarker.simulate.laboratory import PLANTED_TEST, Laboratory, baseline, draw_laboratory, laboratory_table, levels
from biomarker.simulate.markers import ENDPOINTS, GENE_PLAN, Marker
from biomarker.simulate.outcomes import draw_availability, draw_outcomes, endpoint_law
from biomarker.simulate.settings import TrialSettings, check_settings
from biomarker.simulate.subjects import DAYS_PER_MONTH, Subjects, draw_subjects
from biomarker.simulate.tables import expression_table, subject_table
from biomarker.simulate.truth import Draws, truth

__all__ = ["TrialSettings", "write_trial"]


def write_trial(directory: Path, settings: TrialSettings, *, seed: int) -> None:
    """Write ``subjects.csv``, ``expression.parquet``, ``labs.csv`` and ``truth.json``.

    Each endpoint has a prognostic and a predictive gene, each with correlated stand-ins; baseline LDH is prognostic for
    progression-free survival. The strength of each is ``settings.noncentrality``. Everything else is null.

    Parameters
    ----------
    directory : pathlib.Path
        Made if it does not exist. Files of these names are replaced, each one whole or not at all; ``truth.json`` comes
        last.
    settings : TrialSettings
    seed : int
        Equal seeds and settings give equal bytes.

    Raises
    ------
    biomarker.errors.ConfigError
        The settings contradict each other (see `biomarker.simulate.settings.check_settings`).
    biomarker.errors.NumericalError
        No effects give the strength that is asked.

    Examples
    --------
    >>> write_trial(Path("simulated"), TrialSettings(subjects=120, noncentrality=3.0), seed=7)  # doctest: +SKIP
    """
    check_settings(settings)
    subjects = draw_subjects(settings.subjects, seed=seed)
    availability = draw_availability(subjects, settings, seed=seed)
    expression = draw_expression(
        subjects.site,
        n_genes=settings.genes,
        n_pathways=settings.pathways,
        n_planted=len(GENE_PLAN),
        n_stand_ins=settings.stand_ins,
        without_rna=settings.without_rna,
        missing=settings.missing,
        seed=seed,
    )
    laboratory = draw_laboratory(
        len(subjects), missing=settings.missing_labs, unreadable=settings.unreadable_labs, seed=seed
    )
    markers = _plant(expression, laboratory, subjects, seed=seed) if settings.noncentrality > 0 else ()
    laws = {}
    for name in ENDPOINTS:
        acting = tuple(marker for marker in markers if marker.endpoint == name)
        laws[name] = endpoint_law(name, acting, subjects, availability, settings)
    outcomes = draw_outcomes(laws, availability, seed=seed)

    labs = laboratory_table(
        laboratory,
        subjects,
        followed_days=outcomes.pfs_months * DAYS_PER_MONTH,
        tumour_change=outcomes.tumour_change,
    )
    directory.mkdir(parents=True, exist_ok=True)
    files.write_csv(directory / "subjects.csv", subject_table(subjects, availability, outcomes))
    files.write_parquet(directory / "expression.parquet", expression_table(expression, subjects, seed=seed))
    files.write_csv(directory / "labs.csv", labs)
    draws = Draws(subjects, availability, expression, markers, laws, outcomes, labs)
    files.write_json(directory / "truth.json", truth(draws, settings, seed=seed))


def _plant(expression: Expression, laboratory: Laboratory, subjects: Subjects, *, seed: int) -> tuple[Marker, ...]:
    """Give the planted genes and the planted laboratory test an endpoint, a role and a sign."""
    signs = rng.stream(seed, "simulate", "signs").choice([-1, 1], size=len(GENE_PLAN))
    genes = [
        Marker(
            feature_id=str(expression.gene[row]),
            modality="rna",
            endpoint=endpoint,
            role=role,
            sign=int(sign),
            level=level,
            measured=expression.measured[row].astype(float),
        )
        for (endpoint, role), sign, row, level in zip(
            GENE_PLAN, signs, expression.planted, expression.level, strict=True
        )
    ]
    test = Marker(
        feature_id=PLANTED_TEST,
        modality="labs",
        endpoint="pfs",
        role="prognostic",
        sign=1,  # a high LDH is a bad sign in every cancer where it is one
        level=levels(laboratory, PLANTED_TEST),
        measured=baseline(laboratory, subjects, PLANTED_TEST),
    )
    return (*genes, test)
