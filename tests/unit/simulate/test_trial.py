"""The written files: deterministic, whole, and as truth.json says."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from biomarker.config.load import read_yaml
from biomarker.errors import ConfigError
from biomarker.simulate import files
from biomarker.simulate.trial import FILES, TrialSettings, write_trial

SMALL = TrialSettings(subjects=60, genes=40, noncentrality=1.5, noncentrality_pairs=2.5)
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


def test_only_the_files_of_the_trial_are_left_behind(tmp_path):
    write_trial(tmp_path, SMALL, seed=5)
    write_trial(tmp_path, SMALL, seed=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    files.write_csv(path, [pl.DataFrame({"x": [1]})])

    def fail(source: str, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_csv(path, [pl.DataFrame({"x": [2]})])
    assert path.read_text() == "x\n1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_refused_settings_write_nothing(tmp_path):
    with pytest.raises(ConfigError):
        write_trial(tmp_path / "trial", TrialSettings(noncentrality=9.0), seed=1)
    assert not (tmp_path / "trial").exists()


def test_the_demo_is_written_within_three_seconds_of_processor_time(tmp_path):
    start = time.process_time()
    write_trial(tmp_path, TrialSettings(), seed=1)
    assert time.process_time() - start < 3.0


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_files_hold_what_the_truth_counts(simulated, seed):
    trial = simulated(seed, genes=300)
    counts, subjects, labs = trial.truth["counts"], trial.subjects, trial.labs
    expression = trial.expression.drop("subject_id")
    assert subjects.height == subjects["subject_id"].n_unique() == counts["subjects"] == 400
    assert (subjects["arm"] == "drug").sum() == counts["drug"]
    assert (subjects["arm"] == "placebo").sum() == counts["placebo"]
    assert subjects["ecog"].null_count() == counts["ecog_missing"] == 16
    assert dict(subjects["best_response"].value_counts().iter_rows()) == counts["best_response"]
    assert subjects["pfs_event"].sum() == counts["pfs_events"] == trial.truth["endpoints"]["pfs"]["n_events"]
    assert subjects["tumour_change"].null_count() == counts["tumour_change_missing"]
    assert len(set(expression.columns)) == expression.width == counts["genes"]
    assert trial.expression["subject_id"].n_unique() == expression.height == counts["profiles"] == 380
    assert trial.batches["subject_id"].to_list() == sorted(trial.expression["subject_id"])
    assert sum(expression.null_count().row(0)) == counts["expression_cells_missing"]
    assert labs.height == counts["lab_rows"]
    assert labs["value"].null_count() == counts["lab_values_missing"]
    unreadable = labs["value"].drop_nulls().cast(pl.Float64, strict=False).null_count()
    assert unreadable == counts["lab_values_unreadable"] > 0
    assert labs["unit"].is_in(["mg/dL", "g/dL"]).sum() == counts["lab_rows_in_local_units"] > 0
    assert trial.mutations.height == counts["variants"]
    assert (trial.mutations["Variant_Classification"] == "Silent").sum() == counts["variants_silent"] > 0
    assert trial.sequenced["subject_id"].n_unique() == trial.sequenced.height == counts["sequenced"] == 376
    assert trial.proteins.height == counts["protein_rows"]
    assert (trial.proteins["Sample_Type"] == "CONTROL").sum() == counts["protein_control_rows"]


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_missing_shares_and_rates_are_those_asked(simulated, seed):
    trial = simulated(seed, genes=300)
    counts = trial.truth["counts"]
    cells = 300 * counts["profiles"]
    assert counts["best_response"]["NE"] == 20
    assert 20 <= counts["tumour_change_missing"] <= 44
    assert abs(counts["expression_cells_missing"] - 0.001 * cells) < 4 * np.sqrt(0.001 * cells)
    assert abs(counts["lab_values_missing"] - 0.005 * counts["lab_rows"]) < 4 * np.sqrt(0.005 * counts["lab_rows"])
    # 67.5% of events are expected; the binomial error of 400 is 2.3 points
    assert 0.58 < counts["pfs_events"] / 400 < 0.77


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_everything_planted_exists_and_is_of_the_stated_kind(simulated, seed):
    trial = simulated(seed, genes=300)
    planted, null = trial.truth["planted"], trial.truth["null"]
    features = {
        "rna": set(trial.expression.columns[1:]),
        "labs": set(trial.labs["test"]),
        "dna": {*trial.mutations["Hugo_Symbol"], "burden"},
        "protein": set(trial.proteins["Assay"]),
    }
    assert all(record["feature_id"] in features[record["modality"]] for record in planted)
    assert len({record["feature_id"] for record in planted}) == len(planted) == 22
    assert sorted((r["endpoint"], r["contrast"], r["modality"], r["shape"]) for r in planted if "shape" in r) == [
        ("pfs", "predictive", "labs", "linear"),
        ("pfs", "predictive", "rna", "threshold"),
        ("pfs", "prognostic", "dna", "mutated"),
        ("pfs", "prognostic", "rna", "linear"),
        ("response", "predictive", "rna", "linear"),
        ("response", "prognostic", "rna", "linear"),
        ("shrinkage", "predictive", "rna", "linear"),
        ("shrinkage", "prognostic", "protein", "linear"),
        ("shrinkage", "prognostic", "rna", "linear"),
    ]
    assert [(p["endpoint"], p["contrast"], p["shape"]) for p in trial.truth["pairs"]] == [
        ("response", "prognostic", "log_ratio"),
        ("shrinkage", "predictive", "both_high"),
    ]
    assert null["rna"] == 300 - 16
    assert set(null["labs"]) == features["labs"] - {"LDH"}
    for record in planted:
        if record["role"] in ("stand-in", "trace"):
            source = next(r for r in planted if r["feature_id"] == record["stand_in_of"])
            both = np.vstack([trial.feature(record), trial.feature(source)])
            correlation = np.corrcoef(both[:, np.isfinite(both).all(axis=0)])[0, 1]
            assert correlation == pytest.approx(record["correlation"], abs=1e-3)
        if record["role"] == "stand-in" and record["modality"] == "rna":
            assert 0.72 < correlation < 0.88
            # r x 5 = 3.75 to 4.3, and chance correlations (1 / sqrt(380)) with the other markers of the endpoint: 0.6
            assert 2.0 < abs(record["noncentrality"]) < 6.0
        elif "shape" in record:
            # 5 without the batch, which takes about 1% off
            assert 4.5 < abs(record["noncentrality"]) < 5.4
    for pair in trial.truth["pairs"]:
        asked = 13.0 if pair["shape"] == "both_high" else 10.0
        assert 0.8 * asked < abs(pair["noncentrality"]) < 1.06 * asked


@pytest.mark.parametrize("seed", UNSEEN_SEEDS)
def test_what_each_gene_of_a_pair_shows_alone_and_given_the_other_is_written(simulated, seed):
    pairs = {pair["shape"]: pair for pair in simulated(seed, genes=300).truth["pairs"]}
    ratio, both = pairs["log_ratio"], pairs["both_high"]
    assert all(abs(alone["prognostic"]) < 2.6 for alone in ratio["parts_alone"].values())
    given = [abs(one["prognostic"]) for one in ratio["each_part_given_the_other"].values()]
    assert min(given) > 0.9 * abs(ratio["noncentrality"])
    assert abs(both["given_its_parts"]["predictive"]) > 4.0
    assert 0.15 < both["share_of_subjects"] < 0.35
    assert both["direction"] == "high benefits"
    for pair in pairs.values():
        other = {"prognostic": "predictive", "predictive": "prognostic"}[pair["contrast"]]
        assert abs(pair["expected_statistic"][other]) < 3.0


def test_direction_says_what_is_good_for_the_patient(trial):
    high_is_good = {"response": 1, "pfs": -1, "shrinkage": -1}  # log odds, log hazard, growth
    for record in trial.truth["planted"]:
        if record["role"] == "trace":
            continue
        benefit = high_is_good[record["endpoint"]] * record["sign"]
        assert record["benefit_sign"] == benefit
        assert record["direction"] == ("high benefits" if benefit > 0 else "low benefits")
        assert np.sign(record["noncentrality"]) == record["sign"]


def test_a_marker_may_have_either_sign(simulated):
    signs = [
        record["sign"]
        for seed in range(4)
        for record in simulated(seed, **asdict(SMALL)).truth["planted"]
        if record["role"] == "predictive"
    ]
    assert set(signs) == {-1, 1}


def test_without_noncentrality_nothing_is_planted(simulated):
    truth = simulated(3, genes=50, noncentrality=0.0, noncentrality_pairs=0.0).truth
    assert truth["planted"] == truth["pairs"] == []
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
    assert study["modalities"]["rna"]["id"] == trial.expression.columns[0]
    named = [study["subjects"]["path"], *(modality["path"] for modality in study["modalities"].values())]
    assert set(named) < set(FILES)
    arms = {subjects["treatment"]["active"], subjects["treatment"]["control"]}
    assert arms == set(trial.subjects["arm"])


def test_the_full_study_is_the_demo_without_filters(project):
    demo, full = (read_yaml(project / "config" / name) for name in ("config.yaml", "studies/full.yaml"))
    assert full.pop("features") == {"min_detection": 0, "min_prevalence": 0, "min_variance": 0}
    assert demo.pop("study")["seed"] == full.pop("study")["seed"]
    assert demo["formula"].pop("prescreen")
    assert demo == full
