"""Result tables of studies that never were, with numbers that a test can name."""

import itertools
import math

import numpy as np
import polars as pl

from biomarker.data.tables import DIRECTIONS, CandidateCurves, Candidates, Flow, OverallEffects, Quarantine, Screen
from biomarker.report import EndpointFacts, ReportInputs, StudyFacts, TreatmentFacts
from biomarker.stats.multiplicity import benjamini_hochberg

SCALES = {
    "binary": "log odds ratio per unit",
    "survival": "log hazard ratio per unit",
    "continuous": "difference per unit",
}
INTERACTIONS = {
    "binary": "log ratio of odds ratios per unit",
    "survival": "log ratio of hazard ratios per unit",
    "continuous": "difference of treatment effect per unit",
}
METHODS = {
    "binary": "logistic score test",
    "survival": "Cox score test, Efron ties",
    "continuous": "linear model, t test",
}

RESPONSE = EndpointFacts(name="response", label="Objective response", type="binary", better="event")
PFS = EndpointFacts(name="pfs", label="Progression-free survival", type="survival", unit="months", better="longer")
SHRINKAGE = EndpointFacts(name="shrinkage", label="Tumour change", type="continuous", unit="%", better="lower")

#: Two active arms against one control, in a study of three arms.
THREE_ARMS = TreatmentFacts(comparisons=(("low dose", "placebo"), ("high dose", "placebo")))

#: (contrast, endpoint, feature) -> z: what was planted in every comparison; a comparison as a fourth key, in that only.
PLANTED = {
    ("predictive", "response", "G0007"): 5.4,
    ("predictive", "response", "G0008"): 4.6,
    ("predictive", "pfs", "G0031"): -5.2,
    ("prognostic", "response", "G0102"): -5.6,
    ("prognostic", "response", "G0103"): -4.9,
    ("prognostic", "pfs", "G0140"): 6.1,
    ("prognostic", "pfs", "ldh_baseline"): 5.5,
    ("prognostic", "shrinkage", "G0102"): 5.0,
}


def study(**changes: object) -> StudyFacts:
    facts = {
        "name": "demo",
        "title": "A simulated randomised phase II trial with planted markers",
        "seed": 20261122,
        "q": 0.05,
        "keep": 100,
        "endpoints": (RESPONSE, PFS, SHRINKAGE),
        "treatment": TreatmentFacts(comparisons=(("drug", "placebo"),)),
        "covariates": ("age", "sex", "ecog"),
        "modalities": {"rna": "expression, log2 TPM", "labs": "laboratory"},
    }
    return StudyFacts(**{**facts, **changes})


def compared(facts: StudyFacts, contrast: str) -> list[str]:
    """The comparisons that a contrast is asked in."""
    return list(facts.treatment.pairs) if facts.treatment and contrast == "predictive" else ["none"]


def screen(
    facts: StudyFacts,
    contrast: str,
    modality: str,
    features: list[str],
    *,
    seed: int = 1,
    planted: dict[tuple[str, ...], float] | None = None,
    failed: int = 3,
    noise: float = 1.0,
) -> pl.DataFrame:
    """Normal statistics of deviation ``noise``, save those planted; the last ``failed`` features cannot be tested."""
    planted = PLANTED if planted is None else planted
    generator = np.random.default_rng([seed, *contrast.encode(), *modality.encode()])
    parts = []
    for endpoint, comparison in itertools.product(facts.endpoints, compared(facts, contrast)):
        z = noise * generator.standard_normal(len(features))
        for place, feature in enumerate(features):
            key = (contrast, endpoint.name, feature)
            z[place] = planted.get((*key, comparison), planted.get(key, z[place]))
        sd = generator.uniform(0.5, 2.0, len(features))
        error = (
            (14.0 if endpoint.type == "continuous" else 0.9)
            / math.sqrt(228)
            / sd
            * generator.uniform(1.5, 3.0, len(features))
        )
        p = [math.erfc(abs(value) / math.sqrt(2)) for value in z]
        ok = np.arange(len(features)) < len(features) - failed
        n_events = {"binary": 84, "survival": 154, "continuous": 0}[endpoint.type]
        scales = INTERACTIONS if contrast == "predictive" else SCALES
        parts.append(
            pl.DataFrame(
                {
                    "modality": modality,
                    "feature_id": features,
                    "label": [feature.replace("_", " ") for feature in features],
                    "endpoint": endpoint.name,
                    "comparison": comparison,
                    "contrast": contrast,
                    "method": METHODS[endpoint.type] + (", marker x treatment" if contrast == "predictive" else ""),
                    "estimate": np.where(ok, z * error, np.nan),
                    "effect_scale": scales[endpoint.type],
                    "std_error": np.where(ok, error, np.nan),
                    "statistic": np.where(ok, z, np.nan),
                    "dof": np.where(ok, np.inf, np.nan),
                    "p_value": np.where(ok, p, np.nan),
                    "log10_p": np.where(ok, np.log10(p), np.nan),
                    "n": 228,
                    "n_events": n_events,
                    "feature_sd": sd,
                    "n_with": None,
                    "refit_estimate": None,
                    "refit_std_error": None,
                    "refit_low": None,
                    "refit_high": None,
                    "p_refit": None,
                    "refit_method": None,
                    "refit_status": None,
                    "p_permutation": None,
                    "p_familywise": None,
                    "auc": None,
                    "auc_low": None,
                    "auc_high": None,
                    "p_rank_sum": None,
                    "prespecified": False,
                    "status": np.where(ok, "ok", "constant"),
                    "reason": [None if good else "Nothing varies in the feature." for good in ok],
                }
            ).with_columns(pl.col(pl.Float64).fill_nan(None))
        )
    return Screen.validate(pl.concat(parts))


def rank(facts: StudyFacts, screens: list[pl.DataFrame]) -> pl.DataFrame:
    """Candidates as the ranking makes them, written down here a second time and simply."""
    good = {endpoint.name: endpoint.good_sign for endpoint in facts.endpoints}
    labels = {endpoint.name: endpoint.label for endpoint in facts.endpoints}
    rows = []
    for part in pl.concat(screens).filter(pl.col("status") == "ok").partition_by("endpoint", "comparison", "contrast"):
        family = part.with_columns(q=pl.Series(benjamini_hochberg(part["p_value"].to_numpy()))).sort("log10_p")
        for place, row in enumerate(family.iter_rows(named=True), start=1):
            if row["q"] > facts.q and place > facts.keep:
                continue
            sign = int(np.sign(row["estimate"])) * good[row["endpoint"]]
            half = 1.959963984540054 * row["std_error"]
            rows.append(
                {
                    **{
                        name: row[name]
                        for name in ("label", "modality", "endpoint", "comparison", "contrast", "method")
                    },
                    **{name: row[name] for name in ("estimate", "effect_scale", "std_error", "statistic", "dof")},
                    **{name: row[name] for name in ("p_value", "log10_p", "n", "n_events", "status", "reason")},
                    "rank": place,
                    "candidate_id": f"{row['modality']}:{row['feature_id']}",
                    "kind": "single",
                    "features": [f"{row['modality']}:{row['feature_id']}"],
                    "endpoint_label": labels[row["endpoint"]],
                    "ci_low": row["estimate"] - half,
                    "ci_high": row["estimate"] + half,
                    "q_value": row["q"],
                    "family": f"{family.height} exploratory features within endpoint, comparison and contrast",
                    "benefit_sign": sign,
                    "direction": DIRECTIONS[row["contrast"]][sign],
                    "n_searched": family.height,
                    "provenance_id": "0123456789abcdef",
                }
            )
    if not rows:
        return Candidates.create_empty()
    rows.sort(key=lambda row: (row["q_value"], row["log10_p"]))
    table = pl.DataFrame([{**row, "rank_overall": k} for k, row in enumerate(rows, start=1)], infer_schema_length=None)
    absent = set(Candidates.column_names()) - set(table.columns)
    complete = table.with_columns(pl.lit(None).alias(name) for name in absent)
    return Candidates.validate(complete.select(Candidates.column_names()))


def curves(candidates: pl.DataFrame, facts: StudyFacts, *, each: int = 2) -> pl.DataFrame:
    """Curves of exponential survival for the leading candidates of the time-to-event endpoint."""
    every = sorted(facts.treatment.arms) if facts.treatment else ["all"]
    time = np.linspace(0, 24, 49)
    parts = []
    chosen = candidates.filter((pl.col("endpoint") == "pfs") & (pl.col("rank") <= each))
    for row in chosen.iter_rows(named=True):
        arms = every if row["comparison"] == "none" else facts.treatment.pairs[row["comparison"]]
        for place, (group, arm) in enumerate((group, arm) for group in ("low", "high") for arm in arms):
            hazard = (0.09, 0.14, 0.05, 0.13)[place % 4]
            at_risk = np.round(58 * np.exp(-hazard * time)).astype(int)
            survival = np.exp(-hazard * time)
            parts.append(
                pl.DataFrame(
                    {
                        "candidate_id": row["candidate_id"],
                        "endpoint": row["endpoint"],
                        "comparison": row["comparison"],
                        "contrast": row["contrast"],
                        "group": group,
                        "arm": arm,
                        "cutoff": 4.217,
                        "unit": "",
                        "time": time,
                        "survival": survival,
                        "ci_low": np.clip(survival - 0.11, 0, 1),
                        "ci_high": np.clip(survival + 0.11, 0, 1),
                        "at_risk": at_risk,
                    }
                ).with_columns(
                    pl.when(pl.col("at_risk") >= 5).then(pl.col(name)).alias(name)
                    for name in ("survival", "ci_low", "ci_high", "at_risk")
                )
            )
    return CandidateCurves.validate(pl.concat(parts)) if parts else CandidateCurves.create_empty()


def flow(facts: StudyFacts) -> pl.DataFrame:
    rows: list[dict[str, object]] = []

    def add(scope: str, unit: str, parts: list[tuple[str, str | None, int]], **key: str | None) -> None:
        named = {"modality": None, "endpoint": None, "comparison": None, "contrast": None, **key}
        rows.extend(
            {"scope": scope, **named, "unit": unit, "kind": kind, "reason": reason, "n": n} for kind, reason, n in parts
        )

    add("subjects", "subjects", [("in", None, 240), ("used", None, 240)])
    add("ingest", "rows", [("in", None, 2000), ("used", None, 2000)], modality="rna")
    add(
        "ingest",
        "rows",
        [("in", None, 14180), ("used", None, 14032), ("quarantined", "not a number", 71), ("excluded", "no value", 77)],
        modality="labs",
    )
    add(
        "features",
        "features",
        [("in", None, 6), ("used", None, 4), ("excluded", "the window ends at the index date", 2)],
        modality="labs",
    )
    add("features", "subjects", [("in", None, 240), ("used", None, 240)], modality="labs")
    for contrast in ("prognostic", "predictive") if facts.treatment else ("response",):
        for endpoint, comparison in itertools.product(facts.endpoints, compared(facts, contrast)):
            add(
                "analysis",
                "subjects",
                [("in", None, 240), ("used", None, 228), ("excluded", "no rna profile", 12)],
                modality="rna",
                endpoint=endpoint.name,
                comparison=comparison,
                contrast=contrast,
            )
    return Flow.validate(pl.DataFrame(rows, infer_schema_length=None))


def quarantine() -> dict[str, pl.DataFrame]:
    row = {"file": "data/private/labs.csv", "field": "value", "value": "hemolysed", "reason": "not a number"}
    lines = [{**row, "line": 100 + k} for k in range(71)]
    return {"labs": Quarantine.validate(pl.DataFrame(lines).select(Quarantine.column_names()))}


def overall(facts: StudyFacts) -> pl.DataFrame:
    sizes = {"binary": 0.66, "survival": -0.31, "continuous": -8.2}
    rows = [
        {
            "endpoint": endpoint.name,
            "endpoint_label": endpoint.label,
            "comparison": comparison,
            "method": METHODS[endpoint.type],
            "estimate": sizes[endpoint.type],
            "effect_scale": SCALES[endpoint.type].removesuffix(" per unit"),
            "std_error": abs(sizes[endpoint.type]) / 2.2,
            "ci_low": sizes[endpoint.type] - 0.89 * abs(sizes[endpoint.type]),
            "ci_high": sizes[endpoint.type] + 0.89 * abs(sizes[endpoint.type]),
            "p_value": 0.0278,
            "estimate_unadjusted": 0.9 * sizes[endpoint.type] if facts.covariates else None,
            "ci_low_unadjusted": 0.9 * sizes[endpoint.type] - abs(sizes[endpoint.type]) if facts.covariates else None,
            "ci_high_unadjusted": 0.9 * sizes[endpoint.type] + abs(sizes[endpoint.type]) if facts.covariates else None,
            "benefit_sign": 1,
            "n_active": 120,
            "n_control": 120,
            "events_active": None if endpoint.type == "continuous" else 74,
            "events_control": None if endpoint.type == "continuous" else 87,
            "status": "ok",
            "reason": None,
        }
        for endpoint, comparison in itertools.product(facts.endpoints, compared(facts, "predictive"))
    ]
    return OverallEffects.validate(pl.DataFrame(rows, infer_schema_length=None))


PROVENANCE = {
    "code": "9f2c1ab4d07e55aa",
    "lock": "77b0c2d4e1f3a590",
    "seed": 20261122,
    "versions": {"biomarker": "0.1.0", "numpy": "2.4.6", "polars": "2.1.0", "scipy": "1.17.0"},
    "inputs": {
        "subjects: subjects.csv": "3b0c" * 16,
        "endpoints: subjects.csv": "3b0c" * 16,
        "rna: expression.parquet": "a1f2" * 16,
        "labs: labs.csv": "77de" * 16,
    },
    "commands": ["biomarker run config/config.yaml --cores 2"],
}
RUNS = [
    {
        "stage": "ingest.rna",
        "seconds": 2.31,
        "peak_rss_mb": 212.0,
        "threads": 1,
        "device": "cpu",
        "started": "2026-11-22T20:00:01",
    },
    {
        "stage": "screen.predictive.rna",
        "seconds": 4.02,
        "peak_rss_mb": 342.5,
        "threads": 1,
        "device": "cpu",
        "started": "2026-11-22T20:00:09",
    },
]


def inputs(
    facts: StudyFacts | None = None,
    *,
    genes: int = 400,
    seed: int = 1,
    planted: dict[tuple[str, ...], float] | None = None,
    noise: float = 1.0,
    **changes: object,
) -> ReportInputs:
    """A whole study's results; ``changes`` replaces any of the inputs."""
    facts = study() if facts is None else facts
    names = {
        "rna": [f"G{k:04d}" for k in range(genes)],
        "labs": ["ldh_baseline", "crp_baseline", "alt_last", "alt_slope"],
    }
    contrasts = ("prognostic", "predictive") if facts.treatment else ("response",)
    screens = {
        (contrast, modality): screen(
            facts,
            contrast,
            modality,
            features,
            seed=seed,
            planted=planted,
            noise=noise,
            failed=3 if modality == "rna" else 0,
        )
        for contrast in contrasts
        for modality, features in names.items()
    }
    candidates = rank(facts, list(screens.values()))
    made = {
        "study": facts,
        "candidates": candidates,
        "screens": screens,
        "flow": flow(facts),
        "quarantine": quarantine(),
        "curves": curves(candidates, facts),
        "overall": overall(facts) if facts.treatment else OverallEffects.create_empty(),
        "provenance": PROVENANCE,
        "runs": RUNS,
        "notes": {"labs": ("creatinine: mg/dL to umol/L with the molar mass 113.12 g/mol (PubChem CID 588)",)},
    }
    return ReportInputs(**{**made, **changes})
