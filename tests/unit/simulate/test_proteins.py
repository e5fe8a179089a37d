"""The protein table is a long export as the instrument's software writes it, with plates, controls and limits."""

import numpy as np
import polars as pl
import pytest


@pytest.fixture(scope="module")
def proteins(trial) -> pl.DataFrame:
    return trial.proteins


def test_columns_are_those_of_the_export(proteins):
    assert proteins.columns == [
        "SampleID", "Index", "OlinkID", "UniProt", "Assay", "MissingFreq", "Panel", "PlateID", "QC_Warning", "LOD",
        "NPX", "Sample_Type",
    ]  # fmt: skip


def test_every_plate_holds_at_most_88_samples_and_two_controls(trial, proteins):
    wells = proteins.select("PlateID", "SampleID", "Sample_Type").unique()
    samples = wells.filter(pl.col("Sample_Type") == "SAMPLE")
    assert samples["PlateID"].n_unique() == 5
    assert samples.group_by("PlateID").len()["len"].max() == 88
    assert samples["SampleID"].n_unique() == samples.height == trial.truth["counts"]["protein_samples"] == 380
    controls = wells.filter(pl.col("Sample_Type") == "CONTROL")
    assert controls.group_by("PlateID").len()["len"].to_list() == [2] * 5
    assert set(controls["SampleID"]).isdisjoint(trial.subjects["subject_id"])
    assert set(samples["SampleID"]) < set(trial.subjects["subject_id"])


def test_every_sample_has_every_assay_once(proteins):
    assert (
        proteins.group_by("PlateID", "SampleID")
        .agg(pl.col("OlinkID").n_unique(), pl.len())
        .select(((pl.col("OlinkID") == 92) & (pl.col("len") == 92)).all())
        .item()
    )
    assert proteins.select("OlinkID", "Assay", "UniProt").n_unique() == 92


def test_values_below_the_limit_of_detection_are_written_as_measured(trial, proteins):
    samples = proteins.filter(pl.col("Sample_Type") == "SAMPLE")
    below = samples.filter(pl.col("NPX") < pl.col("LOD"))
    assert below.height == trial.truth["counts"]["protein_values_below_lod"]
    assert 0.02 < below.height / samples.height < 0.12
    assert below["NPX"].n_unique() > 0.9 * below.height
    share = samples.group_by("PlateID", "Assay").agg(
        (pl.col("NPX") < pl.col("LOD")).mean().alias("found"), pl.col("MissingFreq").first()
    )
    assert (share["found"] - share["MissingFreq"]).abs().max() < 1e-4


def test_the_planted_assays_are_well_above_their_limit(trial, proteins):
    names = {r["feature_id"] for r in trial.truth["planted"] if r["modality"] == "protein"}
    assert len(names) == 3
    assert (proteins.filter(pl.col("Assay").is_in(names)).select(pl.col("NPX") > pl.col("LOD")).to_series()).all()


def test_a_warning_is_of_the_sample_and_its_values_are_noisier(simulated):
    trial = simulated(7, subjects=4000, genes=40, noncentrality=0.0, noncentrality_pairs=0.0)
    samples = trial.proteins.filter(pl.col("Sample_Type") == "SAMPLE")
    assert samples.group_by("SampleID").agg(pl.col("QC_Warning").n_unique())["QC_Warning"].max() == 1
    kind = samples.group_by("QC_Warning").agg(pl.col("SampleID").n_unique()).sort("QC_Warning")
    assert kind["SampleID"].to_list()[1] == trial.truth["counts"]["protein_samples_with_warning"]
    assert 0.02 < kind["SampleID"][1] / 3800 < 0.04
    centred = samples.with_columns(pl.col("NPX") - pl.col("NPX").mean().over("Assay", "PlateID"))
    spread = dict(centred.group_by("QC_Warning").agg(pl.col("NPX").std()).iter_rows())
    assert spread["Warning"] > 1.1 * spread["Pass"]


def test_plates_are_shifted(proteins):
    control = proteins.filter(pl.col("Sample_Type") == "CONTROL")
    by_plate = control.group_by("Assay", "PlateID").agg(pl.col("NPX").mean())
    between = by_plate.group_by("Assay").agg(pl.col("NPX").var())["NPX"].mean()
    # 0.12^2 between plates and 0.15^2 / 2 of two measurements: 0.0257
    assert between == pytest.approx(0.0257, rel=0.3)
    assert np.isfinite(proteins["NPX"].to_numpy()).all()
