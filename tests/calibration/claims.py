"""What the documentation claims of the simulated trial, each a sentence and a test of one finished run.

A claim has to hold in at least 80% of trials with seeds that nobody has looked at. What needs a search for formulas is
judged by the true formula itself: the claim says so.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from finished import LISTS, Finished
from scipy import stats

__all__ = ["CLAIMS", "Claim"]


@dataclass(frozen=True)
class Claim:
    """A sentence that is true of one trial or not."""

    name: str
    sentence: str
    holds: Callable[[Finished], bool]


# --- what the data show before any test of a marker -------------------------------------------------------------------


def stand_ins(run: Finished) -> bool:
    genes = [r for r in run.truth["planted"] if r["role"] == "stand-in" and r["modality"] == "rna"]
    return len(genes) == 6 and all(0.72 < r["correlation"] < 0.88 for r in genes)


def swap(run: Finished) -> bool:
    return set(against_sex(run)) == set(run.truth["faults"]["sample_swap"]["subjects"])


def against_sex(run: Finished) -> list[str]:
    """Subjects whose genes say another sex than the subject table."""
    table = run.trial.expression.select("subject_id", "XIST", "RPS4Y1").drop_nulls()
    table = table.join(run.trial.subjects.select("subject_id", "sex"), on="subject_id")
    told = pl.when(pl.col("XIST") > pl.col("RPS4Y1")).then(pl.lit("f")).otherwise(pl.lit("m"))
    return table.filter(told != pl.col("sex"))["subject_id"].sort().to_list()


def drift(run: Finished) -> bool:
    here, elsewhere = drift_ratios(run)
    return here > 1.06 and abs(elsewhere - 1) < 0.03


def drift_ratios(run: Finished) -> tuple[float, float]:
    """Median of the drifting test after the date over before, at the site of the drift and at the others."""
    fault = run.truth["faults"]["lab_drift"]
    site = dict(run.trial.subjects.select("subject_id", "site").iter_rows())
    rows = run.trial.labs.filter(pl.col("test") == fault["test"]).with_columns(
        here=pl.col("subject_id").replace_strict(site) == fault["site"],
        after=pl.col("date") >= fault["from"],
        number=pl.col("value").cast(pl.Float64, strict=False),
    )

    def median(here: bool, after: bool) -> float:
        return rows.filter(pl.col("here") == here, pl.col("after") == after)["number"].median()

    return median(True, True) / median(True, False), median(False, True) / median(False, False)


def batch(run: Finished) -> bool:
    return batch_share(run) > 0.2


def batch_share(run: Finished) -> float:
    """Share of genes whose mean differs between batches by three standard errors."""
    table = run.trial.expression.join(run.trial.batches, on="subject_id")
    values = table.drop("subject_id", "batch").to_numpy().astype(float)
    second = (table["batch"] == "B").to_numpy()
    tested = stats.ttest_ind(values[second], values[~second], nan_policy="omit")
    return float(np.nanmean(np.abs(tested.statistic) > 3))


def trap(run: Finished) -> bool:
    place = run.place_of("labs:CEA.baseline", "shrinkage", "prognostic")
    return trap_correlation(run)[1] < 1e-6 and not place.called


def trap_correlation(run: Finished) -> tuple[float, float]:
    """Rank correlation of CEA at week 12 with the tumour's change, and its p."""
    table = run.trial.labs.filter(pl.col("test") == "CEA").join(run.trial.subjects, on="subject_id")
    day = (pl.col("date").str.to_date() - pl.col("randomised_on").str.to_date()).dt.total_days()
    late = table.filter(day > 70).with_columns(pl.col("value").cast(pl.Float64, strict=False))
    late = late.drop_nulls(["value", "tumour_change"])
    found = stats.spearmanr(late["value"], late["tumour_change"])
    return float(found.statistic), float(found.pvalue)


# --- single markers ---------------------------------------------------------------------------------------------------


def singles_called(run: Finished) -> bool:
    return sum(run.place(record).called for record in run.singles) >= 5


def singles_near_the_top(run: Finished) -> bool:
    best = [min(run.place(r).rank for r in run.related(record)) for record in run.singles]
    return sum(rank <= 10 for rank in best) >= 8


def lists_led(run: Finished) -> bool:
    return sum(run.truly(run.ranked[one]["candidate_id"][0], *one) is not None for one in LISTS) >= 5


def few_false(run: Finished) -> bool:
    return sum(run.truly(candidate, *one) is None for one in LISTS for candidate in run.called(*one)) <= 2


def directions(run: Finished) -> bool:
    for record in run.truth["planted"]:
        if record["role"] != "trace":
            rows = run.called_or_kept(record["endpoint"], record["contrast"])
            rows = rows.filter(
                pl.col("q_value") <= 0.05, pl.col("features").list.first().str.contains(_exactly(record))
            )
            if rows.height and rows["benefit_sign"][0] != record["benefit_sign"]:
                return False
    return True


def _exactly(record: dict) -> str:
    return rf"^{record['modality']}:{record['feature_id']}(\.baseline)?$"


def decoys(run: Finished) -> bool:
    prognostic = [r for r in run.truth["planted"] if r["contrast"] == "prognostic" and r["role"] != "trace"]
    return not any(run.place(r, contrast="predictive").called for r in prognostic)


def other_endpoints(run: Finished) -> bool:
    return not any(
        run.place(record, endpoint=endpoint, contrast=contrast).called
        for record in run.truth["planted"]
        for endpoint, contrast in LISTS
        if endpoint != record["endpoint"]
    )


def first_ten(modality: str) -> Callable[[Finished], bool]:
    def holds(run: Finished) -> bool:
        return run.place(next(r for r in run.singles if r["modality"] == modality)).rank <= 10

    return holds


# --- pairs ------------------------------------------------------------------------------------------------------------


def ratio_parts(run: Finished) -> bool:
    return all(abs(alone["prognostic"]) < 2 for alone in run.pair("log_ratio")["parts_alone"].values())


def ratio_missed(run: Finished) -> bool:
    parts = [r for r in run.truth["planted"] if r.get("part_of") == "response.log_ratio"]
    return not any(run.place(record).called for record in parts)


def ratio_oracle(run: Finished) -> bool:
    return abs(run.oracle("log_ratio")) > run.strongest("response", "prognostic")


def subgroup_parts(run: Finished) -> bool:
    parts = [r for r in run.truth["planted"] if r.get("part_of") == "shrinkage.both_high"]
    return min(run.place(record).rank for record in parts) <= 10


def subgroup_oracle(run: Finished) -> bool:
    return abs(run.oracle("both_high")) > run.strongest("shrinkage", "predictive")


def subgroup_beyond_parts(run: Finished) -> bool:
    return abs(run.oracle("both_high", given_parts=True)) > 3


def subgroup_benefit(run: Finished) -> bool:
    inside, outside = subgroup_differences(run)
    return inside < -25 and abs(outside) < 8


def subgroup_differences(run: Finished) -> tuple[float, float]:
    """Mean tumour change, drug minus placebo, where both genes are high and elsewhere."""
    high, change, drug = run.trial.formula(run.pair("both_high")), run.trial.outcome("shrinkage"), run.trial.drug
    inside, outside = (
        np.nanmean(change[(high == where) & (drug == 1)]) - np.nanmean(change[(high == where) & (drug == 0)])
        for where in (1, 0)
    )
    return float(inside), float(outside)


SEARCH = "(a search for formulas is not part of this)"
CLAIMS = (
    Claim("stand_ins", "Each planted gene's stand-in is correlated with it by 0.72 to 0.88.", stand_ins),
    Claim("swap", "XIST against RPS4Y1 tells the two exchanged profiles, and nobody else.", swap),
    Claim(
        "drift",
        "Albumin at the site of the drift is more than 6% higher after its date; elsewhere it moves by less than 3%.",
        drift,
    ),
    Claim("batch", "More than a fifth of the genes differ between the batches by three standard errors.", batch),
    Claim(
        "trap", "CEA on treatment follows the tumour (p < 1e-6); CEA at baseline is not called for tumour change.", trap
    ),
    Claim("singles_called", "Of the nine single markers at least five are called (q at most 0.05).", singles_called),
    Claim(
        "singles_near_the_top",
        "At least eight of the nine, or a stand-in of theirs, are among the first ten of their list.",
        singles_near_the_top,
    ),
    Claim(
        "lists_led",
        "At least five of the six lists (three endpoints, two contrasts) begin with something planted.",
        lists_led,
    ),
    Claim("few_false", "Over all six lists, at most two of the features called are null.", few_false),
    Claim("directions", "Whatever planted is called has the true direction for the patient.", directions),
    Claim("decoys", "No prognostic marker, nor what is correlated with it, is called predictive.", decoys),
    Claim("other_endpoints", "Nothing planted is called on an endpoint that is not its own.", other_endpoints),
    Claim("labs", "LDH at baseline is among the first ten predictive candidates of PFS.", first_ten("labs")),
    Claim("dna", "Mutated STK11 is among the first ten prognostic candidates of PFS.", first_ten("dna")),
    Claim(
        "protein",
        "The planted protein is among the first ten prognostic candidates of tumour change.",
        first_ten("protein"),
    ),
    Claim("ratio_parts", "Each gene of the log-ratio alone has an expected statistic below 2.", ratio_parts),
    Claim("ratio_missed", "Neither gene of the log-ratio is called.", ratio_missed),
    Claim(
        "ratio_oracle",
        f"The true log-ratio, tested as such, shows more than any single feature of its list {SEARCH}.",
        ratio_oracle,
    ),
    Claim("subgroup_parts", "A gene of the subgroup is among the first ten of its list.", subgroup_parts),
    Claim(
        "subgroup_oracle",
        f"The true subgroup, tested as such, shows more than any single feature of its list {SEARCH}.",
        subgroup_oracle,
    ),
    Claim(
        "subgroup_beyond_parts",
        "Given its genes and their interactions with treatment, the true subgroup still has a statistic above 3.",
        subgroup_beyond_parts,
    ),
    Claim(
        "subgroup_benefit",
        "The drug shrinks tumours by more than 25 points in the true subgroup, by less than 8 either way elsewhere.",
        subgroup_benefit,
    ),
)
