"""What is true of a simulated trial, for machines: all that is planted, all that is wrong with it, the rest is null."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from biomarker.simulate.draws import Draws
from biomarker.simulate.expression import BATCH_SHIFT, SEX_GENES
from biomarker.simulate.laboratory import DRIFT, NAMES
from biomarker.simulate.markers import Marker, formula, given_parts
from biomarker.simulate.mutations import burden
from biomarker.simulate.outcomes import SOLVED_ON, expected_statistic
from biomarker.simulate.panel import PANEL_SIZE_MB
from biomarker.simulate.plan import ENDPOINTS, HIGH_IS_GOOD, PLAN
from biomarker.simulate.proteins import PLANTED as PLANTED_PROTEIN
from biomarker.simulate.proteins import PRODUCT_OF
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import covariates, iso_dates

__all__ = ["SCHEMA_VERSION", "truth"]

SCHEMA_VERSION = 2
CONTRASTS = ("prognostic", "predictive")
NULL_STATEMENT = (
    "Every feature that is not listed under planted is independent of every endpoint in both arms, given age, sex, "
    "stage and ECOG. What is listed acts on its own endpoint only, or is correlated with what acts there, and is null "
    "for the others. Site, batch, plate, swap and drift have no effect on any endpoint. Missing values are missing at "
    "random."
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
UNITS = {
    "linear": "per SD of the level",
    "threshold": "above the threshold, against below",
    "log_ratio": "per SD of the difference of levels",
    "both_high": "where both are above their cuts, against elsewhere",
    "mutated": "mutated, against not",
}


def truth(draws: Draws, settings: TrialSettings, counts: Mapping[str, int], *, seed: int) -> dict:
    """Truth as a JSON object.

    Parameters
    ----------
    draws : Draws
    settings : TrialSettings
    counts : mapping of str to int
        What was counted while the large tables were written.
    seed : int

    Returns
    -------
    dict
        ``endpoints`` (direction, treatment effect, counts), ``planted`` (every feature that is not null, with role,
        endpoint, sign, direction and expected statistics), ``pairs`` (planted formulas of two genes), ``faults``
        (batch, swap, drift), ``null``, ``traps``, ``counts``.
    """
    planted = [record for marker in draws.markers for record in _records(marker, draws, seed=seed)]
    names = {modality: {r["feature_id"] for r in planted if r["modality"] == modality} for modality in ("rna", "labs")}
    return {
        "schema_version": SCHEMA_VERSION,
        "seed": seed,
        "settings": asdict(settings),
        "treatment": {"active": "drug", "control": "placebo", "assignment": "randomised", "probability": 0.5},
        "endpoints": {name: _endpoint(name, draws, settings) for name in ENDPOINTS},
        "planted": planted,
        "pairs": [_pair(marker, draws) for marker in draws.markers if marker.plant.pair],
        "faults": _faults(draws, settings),
        "null": {
            "statement": NULL_STATEMENT,
            "rna": len(draws.genes.name) - len(names["rna"]),
            "labs": [name for name in NAMES if name not in names["labs"]],
            "sex_linked": list(SEX_GENES),
        },
        "traps": [{"modality": "labs", "feature_id": "CEA", "statement": TRAP_STATEMENT}],
        "counts": _counts(draws) | dict(counts),
    }


# --- what is planted --------------------------------------------------------------------------------------------------


def _records(marker: Marker, draws: Draws, *, seed: int) -> list[dict]:
    """Records of all features that a marker makes non-null: itself or its parts, and what is correlated with it."""
    plant = marker.plant
    if plant.pair:
        return [
            _record(marker, name, "rna", "part", marker.seen[:, i], draws) | {"part_of": _pair_id(marker)}
            for i, name in enumerate(marker.features)
        ]
    own = _record(marker, marker.features[0], plant.modality, plant.role, marker.seen[:, 0], draws)
    own |= {"shape": plant.shape, **_coefficient(marker, draws)}
    if plant.shape == "threshold":
        above = _expected(marker, formula(marker, marker.seen), draws)
        own |= {"threshold": _rounded(marker.cuts[0]), "expected_statistic_of_the_threshold": above}
    return [own, *_stand_ins(marker, draws, seed=seed)]


def _stand_ins(marker: Marker, draws: Draws, *, seed: int) -> list[dict]:
    """Records of the features that are correlated with a single marker and have no effect of their own."""
    found = []
    genes, profiles, proteins = draws.genes, draws.profiles, draws.proteins
    for row in genes.stand_ins.get(marker.plant, ()):
        seen = profiles.seen[:, int(np.flatnonzero(genes.roles == row)[0])].astype(float)
        found.append(("rna", str(genes.name[row]), "stand-in", seen))
    if marker.plant == PLANTED_PROTEIN:
        found.append(("protein", str(proteins.name[proteins.roles[1]]), "stand-in", proteins.seen[:, 1]))
    if marker.plant == PRODUCT_OF:
        found.append(("protein", str(proteins.name[proteins.roles[2]]), "stand-in", proteins.seen[:, 2]))
    if marker.plant.modality == "dna":
        found.append(("dna", "burden", "trace", burden(draws.mutations, seed=seed)))
    records = []
    for modality, name, role, seen in found:
        both = np.isfinite(seen) & np.isfinite(marker.seen[:, 0])
        correlation = np.corrcoef(seen[both], marker.seen[both, 0])[0, 1]
        record = _record(marker, name, modality, role, seen, draws)
        records.append(record | {"stand_in_of": marker.features[0], "correlation": _rounded(correlation)})
    return records


def _record(marker: Marker, feature_id: str, modality: str, role: str, seen: np.ndarray, draws: Draws) -> dict:
    """What is true of one feature with an expected statistic other than zero."""
    plant, expected = marker.plant, _expected(marker, seen, draws)
    own = expected[plant.role]
    # the second gene of a ratio, alone, points the other way; so does a stand-in that is correlated negatively
    sign = marker.sign if role == plant.role else int(np.sign(own))
    return {
        "feature_id": feature_id,
        "modality": modality,
        "role": role,
        "contrast": plant.role,
        "endpoint": plant.endpoint,
        **_direction(plant.endpoint, sign),
        "noncentrality": own,
        "expected_statistic": expected,
    }


def _pair(marker: Marker, draws: Draws) -> dict:
    """What is true of a formula of two genes, of its parts, and of the formula given its parts."""
    plant = marker.plant
    a, b = marker.features
    text = f"{a} - {b}" if plant.shape == "log_ratio" else f"{a} > {marker.cuts[0]:.4f} and {b} > {marker.cuts[1]:.4f}"
    expected = _expected(marker, formula(marker, marker.seen), draws)
    parts = {name: _expected(marker, marker.seen[:, i], draws) for i, name in enumerate(marker.features)}
    record = {
        "pair_id": _pair_id(marker),
        "shape": plant.shape,
        "formula": text,
        "features": [a, b],
        "cuts": [_rounded(cut) for cut in marker.cuts],
        "modality": plant.modality,
        "contrast": plant.role,
        "endpoint": plant.endpoint,
        **_direction(plant.endpoint, marker.sign),
        **_coefficient(marker, draws),
        "noncentrality": expected[plant.role],
        "expected_statistic": expected,
        "parts_alone": parts,
    }
    if plant.shape == "log_ratio":  # given both parts nothing of it is left: each part given the other
        return record | {
            "each_part_given_the_other": {
                name: _expected(marker, marker.seen[:, i], draws, given=marker.seen[:, [1 - i]])
                for i, name in enumerate(marker.features)
            }
        }
    return record | {
        "given_its_parts": _expected(marker, formula(marker, marker.seen), draws, given=marker.seen),
        "share_of_subjects": _rounded(np.nanmean(formula(marker, marker.seen))),
    }


def _pair_id(marker: Marker) -> str:
    return f"{marker.plant.endpoint}.{marker.plant.shape}"


def _expected(marker: Marker, seen: np.ndarray, draws: Draws, given: np.ndarray | None = None) -> dict[str, float]:
    """Expected statistic of a column on the marker's endpoint, both contrasts; given further features if any."""
    first = slice(0, SOLVED_ON)
    subjects, availability = draws.subjects.take(first), draws.availability.take(first)
    law, design = draws.laws[marker.plant.endpoint], covariates(subjects)
    return {
        contrast: _rounded(
            expected_statistic(
                law,
                seen[first],
                contrast,
                subjects,
                availability,
                design=design if given is None else given_parts(given[first], design, contrast),
            )
        )
        for contrast in CONTRASTS
    }


def _coefficient(marker: Marker, draws: Draws) -> dict:
    own = [other for other in draws.markers if other.plant.endpoint == marker.plant.endpoint]
    at = [other.plant for other in own].index(marker.plant)
    return {
        "coefficient": _rounded(draws.laws[marker.plant.endpoint].coefficients[at]),
        "coefficient_scale": f"{SCALES[marker.plant.endpoint]} {UNITS[marker.plant.shape]}",
    }


def _direction(endpoint: str, sign: int) -> dict:
    benefit = sign if HIGH_IS_GOOD[endpoint] else -sign
    return {"sign": sign, "benefit_sign": benefit, "direction": "high benefits" if benefit > 0 else "low benefits"}


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _faults(draws: Draws, settings: TrialSettings) -> dict:
    """What an analyst should notice before believing anything: each null where it is switched off."""
    subjects, profiles = draws.subjects, draws.profiles
    swap, drift = None, None
    if profiles.swap:
        swap = {
            "modality": "rna",
            "subjects": [str(subjects.subject_id[i]) for i in profiles.swap],
            "recorded_sex": ["f" if subjects.female[i] else "m" for i in profiles.swap],
            "seen_in": list(SEX_GENES),
        }
    if settings.lab_drift:
        drift = {
            "modality": "labs",
            "test": DRIFT.test,
            "site": f"S{DRIFT.site + 1:02d}",
            "from": iso_dates(np.array([DRIFT.from_day]))[0],
            "factor": DRIFT.factor,
        }
    batch = None
    if settings.batch:
        second = profiles.batch[profiles.order]
        site = subjects.site[profiles.order]
        batch = {
            "modality": "rna",
            "shift_sd": BATCH_SHIFT,
            "profiles": {"A": int((~second).sum()), "B": int(second.sum())},
            "share_of_b_by_site": {
                f"S{number + 1:02d}": _rounded(second[site == number].mean()) for number in np.unique(site)
            },
        }
    return {"sample_swap": swap, "lab_drift": drift, "batch": batch}


# --- counts -----------------------------------------------------------------------------------------------------------


def _endpoint(name: str, draws: Draws, settings: TrialSettings) -> dict:
    """Direction, counts and overall treatment effect of one endpoint."""
    available, outcomes = draws.availability.of(name), draws.outcomes
    effects = {
        "response": {"response_placebo": settings.response_placebo, "response_drug": settings.response_drug},
        "pfs": {"hazard_ratio": settings.hazard_ratio},
        "shrinkage": {"mean_difference_outside_the_subgroup": settings.tumour_change_difference},
    }
    events = {"response": outcomes.response[available].sum(), "pfs": outcomes.pfs_event.sum()}
    asked = [plant.asked(settings) ** 2 * plant.share for plant in PLAN if plant.endpoint == name]
    return {
        "type": {"response": "binary", "pfs": "survival", "shrinkage": "continuous"}[name],
        "good_for_the_patient": {"response": "event", "pfs": "longer", "shrinkage": "lower"}[name],
        "coefficient_scale": SCALES[name],
        "treatment_effect": effects[name] | {"coefficient_given_markers": _rounded(draws.laws[name].treatment)},
        "sum_of_squares": _rounded(sum(asked)),
        "n": int(available.sum()),
        "n_events": int(events[name]) if name in events else None,
    }


def _counts(draws: Draws) -> dict:
    """Numbers of subjects that whoever reads the files must find again."""
    subjects, outcomes = draws.subjects, draws.outcomes
    return {
        "subjects": len(subjects),
        "drug": int(subjects.drug.sum()),
        "placebo": int((~subjects.drug).sum()),
        "ecog_missing": int(subjects.ecog_missing.sum()),
        "best_response": {name: int((outcomes.best_response == name).sum()) for name in ("CR", "PR", "SD", "PD", "NE")},
        "pfs_events": int(outcomes.pfs_event.sum()),
        "tumour_change_missing": int((~draws.availability.tumour_measured).sum()),
        "genes": len(draws.genes.name),
        "profiles": len(draws.profiles.order),
        "sequenced": int(draws.mutations.sequenced.sum()),
        "panel_size_mb": PANEL_SIZE_MB,
        "protein_samples": len(draws.proteins.order),
        "protein_samples_with_warning": int(draws.proteins.warning.sum()),
    }


def _rounded(value: float) -> float:
    """Four decimals: enough for any use, and free of the last bits of a solver."""
    return round(float(value), 4)
