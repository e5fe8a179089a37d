"""What is true of a simulated trial, for machines: every planted marker, its stand-ins, and that the rest is null."""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from biomarker.simulate.expression import Expression
from biomarker.simulate.laboratory import NAMES, PLANTED_TEST
from biomarker.simulate.markers import ENDPOINTS, GENE_PLAN, HIGH_IS_GOOD, Marker
from biomarker.simulate.outcomes import Availability, Law, Outcomes, expected_statistic
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects

__all__ = ["SCHEMA_VERSION", "Draws", "truth"]

SCHEMA_VERSION = 1
CONTRASTS = ("prognostic", "predictive")
NULL_STATEMENT = (
    "Every feature that is not listed under planted is independent of every endpoint in both arms, given age, sex and "
    "ECOG. A planted marker or stand-in acts on its own endpoint only and is null for the others. Site and batch have "
    "no effect on any endpoint; batch shifts genes. Missing values are missing at random."
)
TRAP_STATEMENT = (
    "CEA on treatment follows tumour_change; CEA at or before randomisation is null. Who takes a later visit for "
    "baseline finds a marker that does not exist."
)
SCALES = {
    "response": "log odds of response",
    "pfs": "log hazard of progression or death",
    "shrinkage": "percent change of tumour size",
}


@dataclass(frozen=True)
class Draws:
    """Everything that was drawn for one trial."""

    subjects: Subjects
    availability: Availability
    expression: Expression
    markers: tuple[Marker, ...]
    laws: dict[str, Law]
    outcomes: Outcomes
    labs: pl.DataFrame


def truth(draws: Draws, settings: TrialSettings, *, seed: int) -> dict:
    """Truth as a JSON object.

    Parameters
    ----------
    draws : Draws
    settings : TrialSettings
    seed : int

    Returns
    -------
    dict
        ``endpoints`` (direction, treatment effect, counts), ``planted`` (markers and stand-ins with role, endpoint,
        sign, direction and expected statistic of both contrasts), ``null``, ``traps``, ``counts``.
    """
    planted = [record for marker in draws.markers for record in _with_stand_ins(marker, draws)]
    genes = {record["feature_id"] for record in planted if record["modality"] == "rna"}
    tests = {record["feature_id"] for record in planted if record["modality"] == "labs"}
    return {
        "schema_version": SCHEMA_VERSION,
        "seed": seed,
        "settings": asdict(settings),
        "treatment": {"active": "drug", "control": "placebo", "assignment": "randomised", "probability": 0.5},
        "endpoints": {name: _endpoint(name, draws, settings) for name in ENDPOINTS},
        "planted": planted,
        "null": {
            "statement": NULL_STATEMENT,
            "rna": len(draws.expression.gene) - len(genes),
            "labs": [name for name in NAMES if name not in tests],
        },
        "traps": [{"modality": "labs", "feature_id": "CEA", "statement": TRAP_STATEMENT}],
        "counts": _counts(draws),
    }


def _with_stand_ins(marker: Marker, draws: Draws) -> list[dict]:
    """Records of a marker and of the genes that stand in for it."""
    law = draws.laws[marker.endpoint]
    own = [m for m in draws.markers if m.endpoint == marker.endpoint]
    coefficient = law.coefficients[own.index(marker)]
    records = [
        _record(marker, marker.feature_id, marker.role, marker.measured, draws)
        | {"coefficient": _rounded(coefficient), "coefficient_scale": f"{SCALES[marker.endpoint]} per SD of the level"}
    ]
    if marker.modality != "rna":
        return records
    expression = draws.expression
    for row in expression.stand_ins[GENE_PLAN.index((marker.endpoint, marker.role))]:
        measured = expression.measured[row].astype(float)
        both = np.isfinite(measured) & np.isfinite(marker.measured)
        correlation = np.corrcoef(measured[both], marker.measured[both])[0, 1]
        record = _record(marker, str(expression.gene[row]), "stand-in", measured, draws)
        records.append(record | {"stand_in_of": marker.feature_id, "correlation": _rounded(correlation)})
    return records


def _record(marker: Marker, feature_id: str, role: str, measured: np.ndarray, draws: Draws) -> dict:
    """What is true of one feature with an expected statistic other than zero."""
    law = draws.laws[marker.endpoint]
    expected = {
        contrast: _rounded(expected_statistic(law, measured, contrast, draws.subjects, draws.availability))
        for contrast in CONTRASTS
    }
    benefit = marker.sign if HIGH_IS_GOOD[marker.endpoint] else -marker.sign
    return {
        "feature_id": feature_id,
        "modality": marker.modality,
        "role": role,
        "contrast": marker.role,
        "endpoint": marker.endpoint,
        "sign": marker.sign,
        "benefit_sign": benefit,
        "direction": "high benefits" if benefit > 0 else "low benefits",
        "noncentrality": expected[marker.role],
        "expected_statistic": expected,
    }


def _endpoint(name: str, draws: Draws, settings: TrialSettings) -> dict:
    """Direction, counts and overall treatment effect of one endpoint."""
    available, outcomes = draws.availability.of(name), draws.outcomes
    effects = {
        "response": {"response_placebo": settings.response_placebo, "response_drug": settings.response_drug},
        "pfs": {"hazard_ratio": settings.hazard_ratio},
        "shrinkage": {"mean_difference": settings.tumour_change_difference},
    }
    events = {"response": outcomes.response[available].sum(), "pfs": outcomes.pfs_event.sum()}
    return {
        "type": {"response": "binary", "pfs": "survival", "shrinkage": "continuous"}[name],
        "good_for_the_patient": {"response": "event", "pfs": "longer", "shrinkage": "lower"}[name],
        "coefficient_scale": SCALES[name],
        "treatment_effect": effects[name] | {"coefficient_given_markers": _rounded(draws.laws[name].treatment)},
        "n": int(available.sum()),
        "n_events": int(events[name]) if name in events else None,
    }


def _counts(draws: Draws) -> dict:
    """Numbers that whoever reads the files must find again."""
    subjects, outcomes, labs = draws.subjects, draws.outcomes, draws.labs
    profiled = draws.expression.measured[:, draws.expression.profiled]
    value = labs["value"]
    return {
        "subjects": len(subjects),
        "drug": int(subjects.drug.sum()),
        "placebo": int((~subjects.drug).sum()),
        "ecog_missing": int(subjects.ecog_missing.sum()),
        "best_response": {name: int((outcomes.best_response == name).sum()) for name in ("CR", "PR", "SD", "PD", "NE")},
        "pfs_events": int(outcomes.pfs_event.sum()),
        "tumour_change_missing": int((~draws.availability.tumour_measured).sum()),
        "genes": len(draws.expression.gene),
        "profiles": int(draws.expression.profiled.sum()),
        "expression_cells_missing": int(np.isnan(profiled).sum()),
        "lab_rows": labs.height,
        "lab_values_missing": value.null_count(),
        "lab_values_unreadable": int((value == "hemolysed").sum() + value.str.starts_with("<").sum()),
        "lab_rows_in_local_units": int(labs["unit"].is_in(["mg/dL", "g/dL"]).sum()),
        "lab_test_planted": PLANTED_TEST if draws.markers else None,
    }


def _rounded(value: float) -> float:
    """Four decimals: enough for any use, and free of the last bits of a solver."""
    return round(float(value), 4)
