"""A simulated trial read as an analyst would, and tested with slow software that shares nothing with the package."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Trial:
    """The files of one trial."""

    subjects: pl.DataFrame
    expression: pl.DataFrame
    batches: pl.DataFrame
    labs: pl.DataFrame
    mutations: pl.DataFrame
    sequenced: pl.DataFrame
    proteins: pl.DataFrame
    truth: dict

    @property
    def drug(self) -> np.ndarray:
        return (self.subjects["arm"] == "drug").to_numpy().astype(float)

    def covariates(self) -> np.ndarray:
        """Arm, age, sex, stage, and ECOG with its missing category; no intercept."""
        ecog, stage = self.subjects["ecog"].fill_null(9).to_numpy(), self.subjects["stage"].to_numpy()
        columns = [self.drug, self.subjects["age"].to_numpy() / 10, (self.subjects["sex"] == "f").to_numpy()]
        columns += [stage == level for level in ("IVA", "IVB")]
        columns += [ecog == level for level in (1, 2, 9)]
        return np.column_stack(columns).astype(float)

    def feature(self, record: dict) -> np.ndarray:
        """A feature in the order of the subject table; NaN where missing."""
        name = record["feature_id"]
        row = {
            "rna": lambda: dict(self.expression.select("subject_id", name).iter_rows()),
            "labs": lambda: self.baseline(name),
            "dna": lambda: self.mutated(name),
            "protein": lambda: self.protein(name),
        }[record["modality"]]()
        return np.array([np.nan if row.get(i) is None else row[i] for i in self.subjects["subject_id"]], dtype=float)

    def formula(self, pair: dict) -> np.ndarray:
        """A planted formula of two genes in the order of the subject table."""
        a, b = (self.feature({"modality": "rna", "feature_id": name}) for name in pair["features"])
        if pair["shape"] == "log_ratio":
            return a - b
        both = ((a > pair["cuts"][0]) & (b > pair["cuts"][1])).astype(float)
        return np.where(np.isfinite(a + b), both, np.nan)

    def mutated(self, name: str) -> dict[str, float]:
        """Whether a gene (or `burden`: how many of the panel's, per Mb) has a variant that is not silent."""
        counted = self.mutations.filter(pl.col("Variant_Classification") != "Silent")
        if name != "burden":
            carriers = set(counted.filter(pl.col("Hugo_Symbol") == name)["Tumor_Sample_Barcode"])
            return {subject: float(subject in carriers) for subject in self.sequenced["subject_id"]}
        number = dict(counted["Tumor_Sample_Barcode"].value_counts().iter_rows())
        return {subject: number.get(subject, 0) / 1.2 for subject in self.sequenced["subject_id"]}

    def protein(self, name: str) -> dict[str, float]:
        """NPX of the samples without a warning."""
        rows = self.proteins.filter(
            pl.col("Assay") == name, pl.col("Sample_Type") == "SAMPLE", pl.col("QC_Warning") == "Pass"
        )
        return dict(rows.select("SampleID", "NPX").iter_rows())

    def baseline(self, test: str) -> dict[str, float]:
        """Last readable result of a test at or before randomisation."""
        table = self.labs.filter(pl.col("test") == test).join(
            self.subjects.select("subject_id", "randomised_on"), on="subject_id"
        )
        table = table.filter(pl.col("date") <= pl.col("randomised_on"))
        table = table.with_columns(pl.col("value").cast(pl.Float64, strict=False)).drop_nulls("value").sort("date")
        return dict(table.group_by("subject_id").agg(pl.col("value").last()).iter_rows())

    def outcome(self, endpoint: str) -> np.ndarray:
        """Response 0/1, months, or percent change; NaN where not written down."""
        if endpoint == "response":
            codes = {"CR": 1.0, "PR": 1.0, "SD": 0.0, "PD": 0.0}
            column = self.subjects["best_response"].replace_strict(codes, default=None)
        else:
            column = self.subjects[{"pfs": "pfs_months", "shrinkage": "tumour_change"}[endpoint]]
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy()

    def statistic(self, feature: np.ndarray, endpoint: str, contrast: str, given: np.ndarray | None = None) -> float:
        """Statistic of one feature, or of feature x arm, by statsmodels (linear, logistic) or lifelines (Cox)."""
        outcome = self.outcome(endpoint)
        rest = self.covariates() if given is None else np.column_stack([self.covariates(), given])
        rows = np.isfinite(feature) & np.isfinite(outcome) & np.isfinite(rest).all(axis=1)
        feature = (feature - feature[rows].mean()) / feature[rows].std()
        column = feature
        if contrast == "predictive":
            column, rest = feature * self.drug, np.column_stack([rest, feature])
        column, rest, outcome = column[rows], rest[rows], outcome[rows]
        event = self.subjects["pfs_event"].to_numpy()[rows]
        return {"response": _logistic, "pfs": _cox, "shrinkage": _linear}[endpoint](column, rest, outcome, event)


def read_trial(directory: Path) -> Trial:
    """Read the files."""
    return Trial(
        subjects=pl.read_csv(directory / "subjects.csv"),
        expression=pl.read_parquet(directory / "expression.parquet"),
        batches=pl.read_csv(directory / "expression_samples.csv"),
        labs=pl.read_csv(directory / "labs.csv", schema_overrides={"value": pl.String}),
        mutations=pl.read_csv(directory / "mutations.maf.gz", separator="\t", comment_prefix="#"),
        sequenced=pl.read_csv(directory / "sequenced.csv"),
        proteins=pl.read_csv(directory / "npx.csv.gz", separator=";"),
        truth=json.loads((directory / "truth.json").read_text()),
    )


def _linear(column: np.ndarray, rest: np.ndarray, outcome: np.ndarray, event: np.ndarray) -> float:
    import statsmodels.api as sm

    return float(sm.OLS(outcome, sm.add_constant(np.column_stack([column, rest]))).fit().tvalues[1])


def _logistic(column: np.ndarray, rest: np.ndarray, outcome: np.ndarray, event: np.ndarray) -> float:
    import statsmodels.api as sm

    null = sm.GLM(outcome, sm.add_constant(rest), family=sm.families.Binomial()).fit()
    chi2, _ = null.score_test(exog_extra=column[:, None])
    sign = np.sign(np.sum((outcome - null.fittedvalues) * column))
    return float(sign * np.sqrt(np.squeeze(chi2)))


def _cox(column: np.ndarray, rest: np.ndarray, outcome: np.ndarray, event: np.ndarray) -> float:
    import pandas as pd
    from lifelines import CoxPHFitter

    table = pd.DataFrame(np.column_stack([column, rest])).add_prefix("x")
    table["time"], table["event"] = outcome, event
    return float(CoxPHFitter().fit(table, "time", "event").summary.loc["x0", "z"])
