"""Trials written once, read as an analyst would, and tested with slow software that shares nothing with the package."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from biomarker.simulate.trial import TrialSettings, write_trial


@dataclass(frozen=True)
class Trial:
    """The four files of one trial."""

    subjects: pl.DataFrame
    expression: pl.DataFrame
    labs: pl.DataFrame
    truth: dict

    @property
    def drug(self) -> np.ndarray:
        return (self.subjects["arm"] == "drug").to_numpy().astype(float)

    def covariates(self) -> np.ndarray:
        """Arm, age, sex and ECOG with its missing category; no intercept."""
        ecog = self.subjects["ecog"].fill_null(9).to_numpy()
        columns = [self.drug, self.subjects["age"].to_numpy() / 10, (self.subjects["sex"] == "f").to_numpy()]
        columns += [ecog == level for level in (1, 2, 9)]
        return np.column_stack(columns).astype(float)

    def feature(self, record: dict) -> np.ndarray:
        """A feature in the order of the subject table; NaN where missing."""
        if record["modality"] == "rna":
            row = self.expression.filter(pl.col("gene") == record["feature_id"]).drop("gene").row(0, named=True)
        else:
            row = self.baseline(record["feature_id"])
        return np.array([np.nan if row.get(i) is None else row[i] for i in self.subjects["subject_id"]], dtype=float)

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

    def statistic(self, feature: np.ndarray, endpoint: str, contrast: str) -> float:
        """Statistic of one feature, or of feature x arm, by statsmodels (linear, logistic) or lifelines (Cox)."""
        outcome = self.outcome(endpoint)
        rows = np.isfinite(feature) & np.isfinite(outcome)
        feature = (feature - feature[rows].mean()) / feature[rows].std()
        rest = self.covariates()
        column = feature
        if contrast == "predictive":
            column, rest = feature * self.drug, np.column_stack([rest, feature])
        column, rest, outcome = column[rows], rest[rows], outcome[rows]
        event = self.subjects["pfs_event"].to_numpy()[rows]
        return {"response": _logistic, "pfs": _cox, "shrinkage": _linear}[endpoint](column, rest, outcome, event)


def read_trial(directory: Path) -> Trial:
    """Read the four files."""
    return Trial(
        pl.read_csv(directory / "subjects.csv"),
        pl.read_parquet(directory / "expression.parquet"),
        pl.read_csv(directory / "labs.csv", schema_overrides={"value": pl.String}),
        json.loads((directory / "truth.json").read_text()),
    )


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Trial]:
    """Write a trial with the given seed and settings, and read it back."""

    def write(seed: int, **settings: float) -> Trial:
        directory = tmp_path_factory.mktemp("trial")
        write_trial(directory, TrialSettings(**settings), seed=seed)
        return read_trial(directory)

    return write


@pytest.fixture(scope="session")
def trial(simulated: Callable[..., Trial]) -> Trial:
    """One trial of the default size with fewer genes."""
    return simulated(7, genes=400)


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
