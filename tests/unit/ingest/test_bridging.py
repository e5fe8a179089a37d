"""Two runs of proteins brought to one scale: factors, counts, and Olink's own example."""

import numpy as np
import polars as pl
import pytest

from biomarker.errors import BiomarkerError
from biomarker.ingest.bridging import SecondRun, bridge_factors
from biomarker.ingest.npx import NpxSettings, measured_rows
from biomarker.ingest.npx_runs import BRIDGING, UNBRIDGED, read_npx_runs

HEAD = "SampleID,OlinkID,Assay,Panel,PlateID,QC_Warning,LOD,NPX\n"


def run(samples, shift, *, seed=0, assays=("A", "B")):
    draw = np.random.default_rng(seed)
    level = {s: 5 + np.random.default_rng(int(s[1:])).normal(size=2) for s in samples}
    rows = [
        f"{s},O{k},{assays[k]},X,1,Pass,{1 + shift[k]:.3f},{level[s][k] + shift[k] + 0.01 * draw.normal():.4f}"
        for s in samples
        for k in range(2)
    ]
    return HEAD + "\n".join(rows) + "\n"


def names(first, last):
    return [f"P{i}" for i in range(first, last)]


def test_the_second_run_comes_to_the_scale_of_the_first(write):
    write(run(names(0, 20), (0, 0)), "one.csv")
    base = write(run(names(12, 40), (0.7, -0.4), seed=1), "two.csv").parent
    found = read_npx_runs(NpxSettings(path="one.csv", second_run=SecondRun(path="two.csv")), base=base)
    assert (found.rows_in, found.rows_used) == (96, 80)
    assert found.excluded == {BRIDGING: 16}
    values = found.content.filter(pl.col("subject_id") == "P30").sort("assay")
    assert values["value"].to_list() == pytest.approx((5 + np.random.default_rng(30).normal(size=2)).tolist(), abs=0.05)
    assert values["lod"].to_list() == pytest.approx([1, 1], abs=0.03)
    assert "bridged" in found.notes[-1]


def test_an_assay_that_is_not_in_both_runs_is_excluded_in_the_second(write):
    write(run(names(0, 20), (0, 0)), "one.csv")
    base = write(run(names(10, 30), (1, 1), assays=("A", "C")), "two.csv").parent
    found = read_npx_runs(NpxSettings(path="one.csv", second_run=SecondRun(path="two.csv")), base=base)
    assert found.excluded == {UNBRIDGED: 20, BRIDGING: 10}
    assert set(found.content["assay"]) == {"A", "B"}


@pytest.mark.parametrize(("second", "words"), [("one.csv", "one name"), ("two.csv", "2 samples are in both runs")])
def test_runs_that_cannot_be_bridged_are_refused(write, second, words):
    write(run(names(0, 10), (0, 0)), "one.csv")
    base = write(run(names(8, 20), (0, 0)), "two.csv").parent
    with pytest.raises(BiomarkerError) as caught:
        read_npx_runs(NpxSettings(path="one.csv", second_run=SecondRun(path=second)), base=base)
    assert words in str(caught.value)


@pytest.mark.study
def test_the_runs_of_the_olink_example_need_a_factor_an_assay(reference_data):
    """16 bridging samples besides the controls; factors with median 0.00 and quartiles -0.34 and 0.48."""
    base = reference_data / "olink"
    settings = [NpxSettings(path=f"npx_data{k}.parquet") for k in (1, 2)]
    rows = [measured_rows(one, base=base) for one in settings]
    shared = set(rows[0]["sample"]) & set(rows[1]["sample"])
    bridges = {"A": (13, 29, 30, 36, 45, 46, 52, 63, 71, 73), "B": (3, 37, 4, 45, 63, 75)}
    assert shared == {f"{letter}{number}" for letter, numbers in bridges.items() for number in numbers}
    factors = bridge_factors(*rows)
    assert factors.height == 184
    quartiles = [factors["factor"].quantile(q, "linear") for q in (0.25, 0.5, 0.75)]
    assert quartiles == pytest.approx([-0.34, 0.00, 0.48], abs=0.006)
    whole = [pl.read_parquet(base / f"npx_data{k}.parquet") for k in (1, 2)]
    whole = [one.filter(pl.col("SampleID").is_in(list(shared))) for one in whole]
    table = whole[0].join(whole[1], on=["SampleID", "OlinkID"], suffix="_2")
    fair = table.filter((pl.col("QC_Warning") == "Pass") & (pl.col("QC_Warning_2") == "Pass"))
    expected = fair.group_by("Assay").agg(f=(pl.col("NPX") - pl.col("NPX_2")).median()).sort("Assay")
    assert factors["factor"].to_list() == pytest.approx(expected["f"].to_list())
    found = read_npx_runs(
        NpxSettings(path="npx_data1.parquet", second_run=SecondRun(path="npx_data2.parquet")), base=base
    )
    assert found.rows_in == 29_440 + 32_384
    assert found.excluded[BRIDGING] == 16 * 184
