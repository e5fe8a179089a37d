"""New users of two drugs in OMOP records: the known counts, from a study file to the page."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from real_study import HERE, as_printed, lay_out, one, run
from scipy import stats

pytestmark = [pytest.mark.study, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("observation", "active", "control"), [("any", (355, 1844), (124, 850)), ("index", (355, 1800), (124, 830))]
)
def test_bleeding_after_the_first_era_of_each_drug(reference_data, tmp_path, observation, active, control):
    def change(content):
        content["subjects"]["cohort"]["observation"] = observation

    shutil.copytree(reference_data / "omop_gibleed", tmp_path / "cdm", copy_function=shutil.copyfile)
    os.chmod(tmp_path / "cdm", 0o755)
    study = run(lay_out(tmp_path, HERE / "omop.yaml", None, (), change))
    row = one(study.table("overall_effects"), endpoint="bleed")
    assert (row["events_active"], row["n_active"]) == active
    assert (row["events_control"], row["n_control"]) == control
    if observation == "any":
        as_printed([np.exp(row["estimate_unadjusted"])], "1.40")
        table = [[355, 1844 - 355], [124, 850 - 124]]
        as_printed([stats.fisher_exact(table).pvalue], "0.003")
