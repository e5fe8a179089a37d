"""Real studies without a leak: no feature is called too good to be true, and what was measured later is not hidden."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.quality.leaks import LeakLimits, find_leaks

pytestmark = pytest.mark.study


def leaks(values, endpoints):
    values = np.asarray(values, dtype=float)
    return find_leaks(values, endpoints, limits=LeakLimits(), rng=np.random.default_rng(20261122))


def numbers(frame, columns):
    return frame.select(pl.col(columns).cast(pl.Float64, strict=False)).to_numpy()


def survival(frame, time, event):
    times, status = numbers(frame, [time])[:, 0], numbers(frame, [event])[:, 0]
    known = np.isfinite(times) & (times > 0) & np.isfinite(status)
    return Survival(time, time, np.where(known, times, np.nan), event=np.where(known, status, np.nan))


def test_immunotherapy_of_bladder_cancer(reference_data):
    folder = reference_data / "imvigor210"
    clinical = pl.read_csv(folder / "clinical.csv", infer_schema_length=None, null_values="NA")
    genes = pl.read_parquet(folder / "expression.parquet")
    assert genes["subject_id"].to_list() == clinical["subject_id"].to_list()
    answer = clinical["binaryResponse"].replace_strict({"CR/PR": 1.0, "SD/PD": 0.0}, default=None).to_numpy()
    endpoints = [Binary("response", "response", answer.astype(float)), survival(clinical, "os", "censOS")]
    assert not leaks(genes.drop("subject_id").to_numpy(), endpoints)
    burden = ["FMOne.mutation.burden.per.MB", "Neoantigen.burden.per.MB", "Baseline.ECOG.Score", "sizeFactor"]
    assert not leaks(numbers(clinical, burden), endpoints)


def test_a_randomised_trial_in_hiv_and_its_follow_up_time(reference_data):
    trial = pl.read_csv(reference_data / "actg175" / "actg175.csv", infer_schema_length=None)
    endpoint = survival(trial, "days", "cens")
    outcome = {"pidnum", "days", "cens", "offtrt", "cd420", "cd820", "cd496", "r"}
    baseline = [name for name in trial.columns if name not in outcome]
    assert not leaks(numbers(trial, baseline), [endpoint])
    (leak,) = leaks(numbers(trial, [*baseline, "days"]), [endpoint])
    assert leak.feature == len(baseline)


def test_cell_lines_and_265_drugs(reference_data):
    folder = reference_data / "gdsc_v17"
    features = pl.read_csv(folder / "genomic_features_v17.csv.gz", infer_schema_length=None)
    potency = pl.read_csv(folder / "IC50_v17.csv.gz", infer_schema_length=None)
    potency = features.select("COSMIC_ID").join(potency, on="COSMIC_ID", how="left", maintain_order="left")
    drugs = [name for name in potency.columns if name.endswith("_IC50")]
    values = numbers(features, [n for n in features.columns if n not in ("COSMIC_ID", "TISSUE_FACTOR")])
    assert not leaks(values, [Continuous(drug, drug, numbers(potency, [drug])[:, 0]) for drug in drugs])


def test_breast_cancer_with_positive_nodes():
    from lifelines.datasets import load_gbsg2

    trial = pl.from_pandas(load_gbsg2())
    baseline = ["age", "tsize", "pnodes", "progrec", "estrec"]
    assert not leaks(numbers(trial, baseline), [survival(trial, "time", "cens")])


def test_mutations_in_leukaemia(reference_data):
    folder = reference_data / "maf_laml"
    calls = pl.read_csv(folder / "tcga_laml.maf.gz", separator="\t", infer_schema_length=0)
    people = pl.read_csv(folder / "tcga_laml_annot.tsv", separator="\t", infer_schema_length=0)
    genes = calls["Hugo_Symbol"].unique().sort().to_list()
    hit = set(zip(calls["Tumor_Sample_Barcode"], calls["Hugo_Symbol"], strict=True))
    values = [[(person, gene) in hit for gene in genes] for person in people["Tumor_Sample_Barcode"]]
    assert not leaks(values, [survival(people, "days_to_last_followup", "Overall_Survival_Status")])
