"""The written files: deterministic, whole, and as truth.json says."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from biomarker.errors import ConfigError
from biomarker.simulate import files
from biomarker.simulate.trial import TrialSettings, write_trial

FILES = ("subjects.csv", "expression.parquet", "labs.csv", "truth.json")
SMALL = TrialSettings(subjects=60, genes=40, noncentrality=1.5)
UNSEEN_SEEDS = (0, 11, 905, 4242, 20_300_101, 2**40 + 1)


def _bytes(directory: Path) -> dict[str, bytes]:
    return {name: (directory / name).read_bytes() for name in FILES}


def test_equal_seed_gives_equal_bytes(tmp_path):
    write_trial(tmp_path / "a", SMALL, seed=5)
    write_trial(tmp_path / "b", SMALL, seed=5)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")


def test_another_seed_changes_every_file(tmp_path):
    write_trial(tmp_path / "a", SMALL, seed=5)
    write_trial(tmp_path / "b", SMALL, seed=6)
    first, second = _bytes(tmp_path / "a"), _bytes(tmp_path / "b")
    assert all(first[name] != second[name] for name in FILES)


def test_only_the_four_files_are_left_behind(tmp_path):
    write_trial(tmp_path, SMALL, seed=5)
    write_trial(tmp_path, SMALL, seed=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    files.write_csv(path, pl.DataFrame({"x": [1]}))

    def fail(source: str, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_csv(path, pl.DataFrame({"x": [2]}))
    assert path.read_text() == "x\n1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_refused_settings_write_nothing(tmp_path):
    with pytest.raises(ConfigError):
        write_trial(tmp_path / "trial", TrialSettings(subjects=240, noncentrality=9.0), seed=1)
    assert not (tmp_path / "trial").exists()


def test_the_demo_is_written_within_three_seconds_of_processor_time(tmp_path):
    start = time.process_time()
    write_trial(tmp_path, TrialSettings(), seed=1)
    assert time.process_time() - start < 3.0


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_files_hold_what_the_truth_counts(simulated, seed):
    trial = simulated(seed, genes=300)
    counts, subjects, labs = trial.truth["counts"], trial.subjects, trial.labs
    expression = trial.expression.drop("gene")
    assert subjects.height == subjects["subject_id"].n_unique() == counts["subjects"] == 240
    assert (subjects["arm"] == "drug").sum() == counts["drug"]
    assert (subjects["arm"] == "placebo").sum() == counts["placebo"]
    assert subjects["ecog"].null_count() == counts["ecog_missing"] == 10
    assert dict(subjects["best_response"].value_counts().iter_rows()) == counts["best_response"]
    assert subjects["pfs_event"].sum() == counts["pfs_events"] == trial.truth["endpoints"]["pfs"]["n_events"]
    assert subjects["tumour_change"].null_count() == counts["tumour_change_missing"]
    assert trial.expression["gene"].n_unique() == trial.expression.height == counts["genes"]
    assert expression.width == counts["profiles"] == 228
    assert sum(expression.null_count().row(0)) == counts["expression_cells_missing"]
    assert labs.height == counts["lab_rows"]
    assert labs["value"].null_count() == counts["lab_values_missing"]
    unreadable = labs["value"].drop_nulls().cast(pl.Float64, strict=False).null_count()
    assert unreadable == counts["lab_values_unreadable"] > 0
    assert labs["unit"].is_in(["mg/dL", "g/dL"]).sum() == counts["lab_rows_in_local_units"] > 0


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_missing_shares_and_rates_are_those_asked(simulated, seed):
    trial = simulated(seed, genes=300)
    counts = trial.truth["counts"]
    cells = 300 * counts["profiles"]
    assert counts["best_response"]["NE"] == 12
    assert 12 <= counts["tumour_change_missing"] <= 26
    assert abs(counts["expression_cells_missing"] - 0.001 * cells) < 4 * np.sqrt(0.001 * cells)
    assert abs(counts["lab_values_missing"] - 0.005 * counts["lab_rows"]) < 4 * np.sqrt(0.005 * counts["lab_rows"])
    # 67.5% of events are expected; the binomial error of 240 is 3.0 points
    assert 0.555 < counts["pfs_events"] / 240 < 0.795


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_every_planted_feature_exists_and_is_of_the_stated_kind(simulated, seed):
    trial = simulated(seed, genes=300)
    planted, null = trial.truth["planted"], trial.truth["null"]
    features = {"rna": set(trial.expression["gene"]), "labs": set(trial.labs["test"])}
    assert all(record["feature_id"] in features[record["modality"]] for record in planted)
    assert len({record["feature_id"] for record in planted}) == len(planted) == 13
    assert sorted((r["role"], r["endpoint"]) for r in planted if r["role"] != "stand-in") == [
        ("predictive", "pfs"),
        ("predictive", "response"),
        ("predictive", "shrinkage"),
        ("prognostic", "pfs"),
        ("prognostic", "pfs"),
        ("prognostic", "response"),
        ("prognostic", "shrinkage"),
    ]
    assert null["rna"] == 300 - 12
    assert set(null["labs"]) == features["labs"] - {"LDH"}
    for record in planted:
        if record["role"] == "stand-in":
            source = next(r for r in planted if r["feature_id"] == record["stand_in_of"])
            both = np.vstack([trial.feature(record), trial.feature(source)])
            correlation = np.corrcoef(both[:, np.isfinite(both).all(axis=0)])[0, 1]
            assert correlation == pytest.approx(record["correlation"], abs=1e-3)
            assert 0.72 < correlation < 0.88
            # r x 5 = 3.75 to 4.3, and chance correlations (1 / sqrt(228)) with the other markers of strength 5: 0.4
            assert 2.5 < abs(record["noncentrality"]) < 5.5
        else:
            assert abs(record["noncentrality"]) == pytest.approx(5.0, abs=1e-3)


def test_direction_says_what_is_good_for_the_patient(trial):
    high_is_good = {"response": 1, "pfs": -1, "shrinkage": -1}  # log odds, log hazard, growth
    for record in trial.truth["planted"]:
        benefit = high_is_good[record["endpoint"]] * record["sign"]
        assert record["benefit_sign"] == benefit
        assert record["direction"] == ("high benefits" if benefit > 0 else "low benefits")
        assert np.sign(record["noncentrality"]) == record["sign"]


def test_a_marker_may_have_either_sign(simulated):
    signs = [
        record["sign"]
        for seed in range(4)
        for record in simulated(seed, subjects=60, genes=40, noncentrality=1.5).truth["planted"]
        if record["role"] == "predictive"
    ]
    assert set(signs) == {-1, 1}


def test_without_noncentrality_nothing_is_planted(simulated):
    truth = simulated(3, genes=50, noncentrality=0.0).truth
    assert truth["planted"] == []
    assert truth["null"]["rna"] == 50
    assert len(truth["null"]["labs"]) == 12


def test_the_demo_study_file_names_columns_that_are_written(trial, project):
    study = yaml.safe_load((project / "config" / "config.yaml").read_text())
    assert set(study["simulate"]) <= set(asdict(TrialSettings()))
    assert TrialSettings(**study["simulate"]) == TrialSettings()
    subjects, labs = study["subjects"], study["modalities"]["labs"]
    covariates = [c["name"] if isinstance(c, dict) else c for c in subjects["covariates"]]
    columns = [subjects["id"], subjects["group"], subjects["treatment"]["column"], labs["index_date"], *covariates]
    for endpoint in study["endpoints"]:
        event = endpoint.get("event")
        columns += [
            endpoint.get("column"),
            endpoint.get("time"),
            event.get("column") if isinstance(event, dict) else None,
        ]
    assert {c for c in columns if c} <= set(trial.subjects.columns)
    assert {labs[key] for key in ("subject", "test", "value", "unit", "date", "low", "high")} == set(trial.labs.columns)
    assert set(labs["units"]) <= set(trial.labs["test"])
    assert [endpoint["name"] for endpoint in study["endpoints"]] == list(trial.truth["endpoints"])
    assert {study["modalities"]["rna"]["id"]} <= set(trial.expression.columns)
    arms = {subjects["treatment"]["active"], subjects["treatment"]["control"]}
    assert arms == set(trial.subjects["arm"])
