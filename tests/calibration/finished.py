"""A finished run on a simulated trial, beside the truth of it."""

import math
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "simulate"))  # how a trial is read and tested

from trial_files import Trial, read_trial

__all__ = ["LISTS", "Finished", "Place", "Q"]

Q = 0.05
LISTS = tuple((e, c) for e in ("response", "pfs", "shrinkage") for c in ("prognostic", "predictive"))


@dataclass(frozen=True)
class Place:
    """Where a feature stands in one list: its test, its rank among all features tested, and whether it is called."""

    statistic: float
    p_value: float
    q_value: float | None
    rank: int

    @property
    def called(self) -> bool:
        return self.q_value is not None and self.q_value <= Q


class Finished:
    """Result tables of a run up to the ranking, and the files of the trial it is on."""

    def __init__(self, results: Path) -> None:
        self.trial: Trial = read_trial(results / "simulated")
        every = pl.read_parquet(results / "candidates.parquet")
        self.candidates = every.filter(pl.col("kind") == "single")
        self.screens = pl.concat(pl.read_parquet(path) for path in sorted((results / "screen").glob("*.parquet")))

    @property
    def truth(self) -> dict:
        return self.trial.truth

    @property
    def singles(self) -> list[dict]:
        """Planted single markers."""
        return [record for record in self.truth["planted"] if "shape" in record]

    def pair(self, shape: str) -> dict:
        """The planted formula of a shape."""
        return next(pair for pair in self.truth["pairs"] if pair["shape"] == shape)

    def related(self, record: dict) -> list[dict]:
        """A planted marker and its stand-ins."""
        name = record["feature_id"]
        return [r for r in self.truth["planted"] if r["feature_id"] == name or r.get("stand_in_of") == name]

    @cached_property
    def ranked(self) -> dict[tuple[str, str], pl.DataFrame]:
        """Every feature tested by list, the smallest p first."""
        tested = self.screens.filter(pl.col("p_value").is_not_null()).with_columns(
            candidate_id=pl.col("modality") + ":" + pl.col("feature_id"), contrast=pl.col("contrast").cast(pl.String)
        )
        lists = {}
        for endpoint, contrast in LISTS:
            rows = tested.filter(pl.col("endpoint") == endpoint, pl.col("contrast") == contrast)
            lists[endpoint, contrast] = rows.sort("log10_p", maintain_order=True)
        return lists

    def place(self, record: dict, *, endpoint: str = "", contrast: str = "") -> Place | None:
        """Where a planted feature stands in its own list, or in another; None where it was not tested."""
        return self.place_of(candidate_id(record), endpoint or record["endpoint"], contrast or record["contrast"])

    def place_of(self, candidate: str, endpoint: str, contrast: str) -> Place | None:
        """The same of a candidate's id."""
        rows = self.ranked[endpoint, contrast]
        at = (rows["candidate_id"] == candidate).arg_max()
        if rows["candidate_id"][at] != candidate:
            return None
        listed = self.called_or_kept(endpoint, contrast).filter(pl.col("candidate_id") == candidate)
        q = listed["q_value"][0] if listed.height else None
        return Place(rows["statistic"][at], rows["p_value"][at], q, 1 + at)

    def called_or_kept(self, endpoint: str, contrast: str) -> pl.DataFrame:
        """The candidates of a list."""
        return self.candidates.filter(pl.col("endpoint") == endpoint, pl.col("contrast").cast(pl.String) == contrast)

    def called(self, endpoint: str, contrast: str) -> list[str]:
        """Ids of the candidates of a list with q at or below 0.05."""
        rows = self.called_or_kept(endpoint, contrast).filter(pl.col("q_value") <= Q).sort("rank")
        return rows["candidate_id"].to_list()

    def truly(self, candidate: str, endpoint: str, contrast: str) -> str | None:
        """Role of a candidate in a list: planted, stand-in, part, trace; None where it is null there."""
        for record in self.truth["planted"]:
            own = (record["endpoint"], record["contrast"]) == (endpoint, contrast)
            if own and candidate == candidate_id(record):
                return "planted" if "shape" in record else record["role"]
        return None

    def oracle(self, shape: str, *, given_parts: bool = False) -> float:
        """Statistic of the true formula of a pair, by other software than the package."""
        pair, trial = self.pair(shape), self.trial
        given = None
        if given_parts:
            parts = [trial.feature({"modality": "rna", "feature_id": name}) for name in pair["features"]]
            given = np.column_stack([*parts, *(part * trial.drug for part in parts)])
        return trial.statistic(trial.formula(pair), pair["endpoint"], pair["contrast"], given=given)

    def strongest(self, endpoint: str, contrast: str) -> float:
        """Largest absolute statistic of a single feature in a list, as a standard normal of its p."""
        from scipy import special

        log_p = self.ranked[endpoint, contrast]["log10_p"][0] * math.log(10)
        return float(-special.ndtri_exp(log_p - math.log(2)))


def candidate_id(record: dict) -> str:
    """Id under which the workflow reports a planted feature."""
    suffix = ".baseline" if record["modality"] == "labs" else ""
    return f"{record['modality']}:{record['feature_id']}{suffix}"
