"""Two runs of Olink's own example data: the counts of the file, and what a trial's baseline is made of."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from biomarker.features.builder import BuilderSettings
from biomarker.features.npx import build_npx
from biomarker.ingest.npx import NpxSettings, read_npx
from biomarker.ingest.plates import plate_shifts

pytestmark = pytest.mark.study


@pytest.fixture(scope="module", params=[1, 2])
def run(request, reference_data):
    """A run's folder, number, and the whole table as polars reads it."""
    base = reference_data / "olink"
    return base, request.param, pl.read_parquet(base / f"npx_data{request.param}.parquet")


def built(content):
    ids = content["subject_id"].unique(maintain_order=True)
    return build_npx(content, BuilderSettings(), subjects=pl.DataFrame({"subject_id": ids}))


def test_every_sample_assay_limit_and_flag_is_counted(run):
    base, number, table = run
    rows, samples, below = {1: (29_440, 158, 1_551), 2: (32_384, 174, 1_720)}[number]
    found = read_npx(NpxSettings(path=f"npx_data{number}.parquet"), base=base)
    controls = table.filter(pl.col("SampleID").str.contains("CONTROL"))
    assert (found.rows_in, found.excluded) == (rows, {"control sample": controls.height})
    assert found.content["subject_id"].n_unique() + controls["SampleID"].n_unique() == samples
    below_in_controls = controls.filter(pl.col("NPX") < pl.col("LOD")).height
    assert found.content["below_lod"].sum() + below_in_controls == below
    assert "Values that are used in spite of a QC warning: 276" in found.notes
    features = built(found.content).values.features
    assert features.height == 184
    assert features["n_below_lod"].sum() + below_in_controls == below


def test_text_and_parquet_give_the_same(run):
    base, number, _ = run
    found = read_npx(NpxSettings(path=f"npx_data{number}.parquet"), base=base)
    text = read_npx(NpxSettings(path=f"npx_data{number}.csv.gz", separator=";"), base=base)
    assert text.content.equals(found.content)


def test_values_are_those_of_the_file(run):
    base, number, table = run
    values = built(read_npx(NpxSettings(path=f"npx_data{number}.parquet"), base=base).content).values
    wide = table.filter(~pl.col("SampleID").str.contains("CONTROL")).pivot("Assay", index="SampleID", values="NPX")
    wide = wide.sort(pl.col("SampleID").cast(pl.Enum(list(values.subject_ids))))
    assert np.array_equal(values.values, wide.select(values.features["feature_id"].to_list()).to_numpy())


def test_visits_of_one_subject_must_be_chosen(run):
    base, number, _ = run
    chosen = NpxSettings(
        path=f"npx_data{number}.parquet", subject="Subject", where={"Time": ("Week.12",)}, qc_warning="exclude"
    )
    found = read_npx(chosen, base=base)
    assert found.content["subject_id"].n_unique() == {1: 52, 2: 58}[number]
    assert found.quarantine.is_empty()


def test_two_proteins_differ_between_the_arms_at_week_12_and_none_at_baseline(reference_data):
    """Welch's t with values that passed QC, Benjamini-Hochberg over 184 assays: the catalogue's answer."""
    base = reference_data / "olink"
    table = pl.read_parquet(base / "npx_data1.parquet").filter(pl.col("Subject").is_not_null())
    arms = dict(table.select("Subject", "Treatment").unique().rows())
    significant = {}
    for visit in ("Baseline", "Week.12"):
        settings = NpxSettings(
            path="npx_data1.parquet", subject="Subject", where={"Time": (visit,)}, qc_warning="exclude"
        )
        values = built(read_npx(settings, base=base).content).values
        treated = np.array([arms[subject] == "Treated" for subject in values.subject_ids])
        p = stats.ttest_ind(values.values[treated], values.values[~treated], equal_var=False, nan_policy="omit").pvalue
        adjusted = stats.false_discovery_control(p)
        significant[visit] = set(values.features["feature_id"].to_numpy()[adjusted < 0.05])
    assert significant == {"Baseline": set(), "Week.12": {"SERPINA7", "TRAIL"}}


def test_control_samples_agree_between_plates_once_these_are_adjusted(run):
    base, number, table = run
    settings = NpxSettings(path=f"npx_data{number}.parquet", plate_adjustment="controls")
    plain = read_npx(NpxSettings(path=settings.path), base=base).content
    found = read_npx(settings, base=base).content
    controls = table.filter(pl.col("SampleID").str.contains("CONTROL")).select(
        assay="Assay", sample="SampleID", plate="PlateID", value="NPX"
    )
    shift = plain.select("assay", "plate", shift=plain["value"] - found["value"]).unique(["assay", "plate"])
    after = controls.join(shift, on=["assay", "plate"]).with_columns(pl.col("value") - pl.col("shift"))
    assert plate_shifts(after)["shift"].abs().max() < 1e-9
    assert plate_shifts(controls)["shift"].abs().max() > 1
    # the limits move with the values: nothing else falls below its limit
    assert found["below_lod"].equals(plain["below_lod"])
