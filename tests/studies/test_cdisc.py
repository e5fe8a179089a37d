"""The pilot study of CDISC, as collected (SDTM) and as analysed (ADaM): the known numbers from study files."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from real_study import HERE, LIMITS, Study, as_printed, lay_out, one, run
from scipy import stats

from biomarker.operate.check import check_study
from biomarker.stats.cox_fit import cox_fit

pytestmark = [pytest.mark.study, pytest.mark.timeout(300)]

SDTM = ("dm.xpt", "suppdm.xpt", "ae.xpt", "ds.xpt", "lb.xpt", "vs.xpt")
ADAM = ("adsl.xpt", "adtteonc.xpt", "adlb.xpt")
HIGH, LOW = "Xanomeline High Dose vs Placebo", "Xanomeline Low Dose vs Placebo"


@pytest.fixture(scope="module")
def sdtm(reference_data, tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp("sdtm")
    return run(lay_out(folder, HERE / "sdtm.yaml", reference_data / "sdtm", SDTM, None))


@pytest.fixture(scope="module")
def adam(reference_data, tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp("adam")
    return run(lay_out(folder, HERE / "adam.yaml", reference_data / "adam", ADAM, None))


def counts(row) -> tuple[int, int, int, int]:
    return row["events_active"], row["n_active"], row["events_control"], row["n_control"]


def odds_ratio(row) -> tuple[float, float]:
    a, n, c, m = counts(row)
    found = stats.fisher_exact([[a, n - a], [c, m - c]])
    return (a * (m - c)) / ((n - a) * c), found.pvalue


def test_pruritus_by_planned_arm(sdtm):
    effects = sdtm.table("overall_effects").filter(endpoint="pruritus")
    high, low = one(effects, comparison=HIGH), one(effects, comparison=LOW)
    assert (counts(high), counts(low)) == ((26, 84, 8, 86), (23, 84, 8, 86))
    as_printed([np.exp(high["estimate_unadjusted"])], "4.37")
    ratio, p = odds_ratio(high)
    as_printed([ratio, p], "4.37 0.0005")
    assert high["benefit_sign"] == -1


def test_pruritus_by_received_arm_has_other_denominators_and_the_page_says_which_arm_it_is(
    sdtm, reference_data, tmp_path
):
    def change(content):
        content["subjects"]["treatment"]["column"] = "ACTARM"
        content["modalities"] = {"vitals": content["modalities"]["vitals"]}

    study = run(lay_out(tmp_path, HERE / "sdtm.yaml", reference_data / "sdtm", SDTM, change))
    effects = study.table("overall_effects").filter(endpoint="pruritus")
    high, low = one(effects, comparison=HIGH), one(effects, comparison=LOW)
    assert (counts(high), counts(low)) == ((26, 72, 8, 86), (23, 96, 8, 86))
    as_printed([np.exp(high["estimate_unadjusted"])], "5.51")
    as_printed([odds_ratio(high)[1]], "0.00007")
    assert "Arms as received (ACTARM): ARM and ACTARM differ in 12 of 254 subjects" in study.page()
    assert "Arms as planned (ARM): ARM and ACTARM differ in 12 of 254 subjects" in sdtm.page()


def test_110_subjects_completed(sdtm):
    assert int(sdtm.table("cohort/endpoints")["completed"].sum()) == 110


def test_screening_failures_are_left_out_and_counted(sdtm):
    flow = sdtm.table("flow/subjects")
    assert dict(flow.select("kind", "n").rows()) == {"in": 306, "excluded": 52, "used": 254}
    assert flow.filter(kind="excluded")["reason"].item() == "SAFETY is not Y"


def test_every_laboratory_row_is_used_or_quarantined_with_a_reason(sdtm):
    flow = sdtm.table("flow/ingest.labs")
    kinds = dict(flow.group_by("kind").agg(pl.col("n").sum()).rows())
    assert kinds == {"in": 14032, "quarantined": 212, "used": 13820}
    assert set(flow.filter(kind="quarantined")["reason"]) == {
        "below a limit, not a number",
        "the value is not a number",
    }


def test_a_zero_of_the_file_is_zero(sdtm):
    """Cells that some readers show as 5.4e-79."""
    values = sdtm.table("ingest/labs")["value"]
    assert (values == 0).sum() == 420
    assert values.filter(values > 0).min() == 0.01


def test_deaths_and_progressions_are_counted_and_not_estimated(adam):
    for endpoint, events in (("os", 3), ("pfs", 6)):
        assert int(adam.table("cohort/endpoints")[f"{endpoint}.event"].sum()) == events
        rows = adam.table("overall_effects").filter(endpoint=endpoint)
        assert rows["status"].to_list() == ["too_few", "too_few"]
        assert rows["estimate"].null_count() == rows["estimate_unadjusted"].null_count() == 2


def test_the_hazard_ratios_of_progression_are_the_known_ones(adam):
    """Both doses in one model, as in the known number; from the tables of the run."""
    outcome = adam.table("cohort/endpoints")
    arm = adam.table("cohort/subjects")["arm"]
    doses = np.column_stack([(arm == f"Xanomeline {dose} Dose").to_numpy() for dose in ("High", "Low")]).astype(float)
    fit = cox_fit(doses, outcome["pfs"].to_numpy(), outcome["pfs.event"].to_numpy())
    for i, printed in enumerate(("3.0 0.39 22.9", "1.27 0.11 14.3")):
        as_printed(np.exp(fit.coefficients[i] + LIMITS * fit.std_error[i]), printed)


def test_change_of_alt_at_week_8_by_received_arm(adam):
    outcome = adam.table("cohort/endpoints").join(adam.table("cohort/subjects"), on="subject_id")
    means = outcome.drop_nulls("alt_week8").group_by("arm").agg(pl.col("alt_week8").mean(), pl.len()).sort("arm")
    assert means["len"].to_list() == [15, 13, 13]
    # the known number of the high dose is printed as -1.9: the sum is -24 in 13 subjects
    np.testing.assert_allclose(means["alt_week8"], [-22 / 15, -24 / 13, 0.0], atol=1e-6)


def test_derived_rows_are_no_visits(adam):
    flow = adam.table("flow/ingest.labs")
    assert dict(flow.select("reason", "n").rows())["DTYPE is not empty"] == 520 + 520 + 520 + 12


def test_planned_and_received_arms_are_told_apart(adam):
    sizes = adam.table("cohort/subjects")["arm"].value_counts().sort("arm")
    assert sizes["count"].to_list() == [86, 72, 96]


def test_the_check_warns_of_endpoints_with_hardly_an_event(reference_data, tmp_path):
    path = lay_out(tmp_path, HERE / "adam.yaml", reference_data / "adam", ADAM, None)
    said = "\n".join(check_study(path))
    assert "os has 3 events, fewer than 10" in said
    assert "pfs has 6 events, fewer than 10" in said
