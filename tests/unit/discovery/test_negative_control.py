"""The screen of permuted subjects: who meets whose features, and how many discoveries that leaves."""

from dataclasses import replace

import numpy as np
import polars as pl

from biomarker.data.tables import ScreenNull
from biomarker.discovery.analysis import strata_of
from biomarker.discovery.negative_control import P_THRESHOLDS, negative_control, permuted_cohort
from biomarker.discovery.screen import completed, screen_modality
from biomarker.stats.multiplicity import benjamini_hochberg

from .conftest import make_cohort, make_settings, make_study

CONTRASTS = ("prognostic", "predictive")


def screens(cohort, **changes):
    settings = make_settings(**changes)
    return pl.concat([screen_modality(cohort, m, c, settings=settings)[0] for c in CONTRASTS for m in cohort.matrices])


def control(cohort, screened, runs=3, seed=5, **changes):
    found = negative_control(
        cohort, screened, settings=make_settings(**changes), runs=runs, seed=seed, q=0.1,
        correction="benjamini-hochberg",
    )  # fmt: skip
    return ScreenNull.validate(found)


def test_subjects_exchange_features_within_arm_and_stratum_alone(cohort):
    moved = permuted_cohort(cohort, ["site"], np.random.default_rng(1))
    strata = strata_of(cohort, ["site"], arms=True)
    place = {name: i for i, name in enumerate(cohort.subject_ids)}
    there = np.array([place[name] for name in moved.subject_ids])
    assert (strata[there] == strata).all()
    assert (there != np.arange(cohort.n_subjects)).mean() > 0.7
    assert sorted(there) == list(range(cohort.n_subjects))
    assert moved.endpoints is cohort.endpoints
    assert moved.treatment is cohort.treatment


def test_patients_with_several_samples_move_as_a_whole(cohort):
    patients = np.concatenate([np.repeat(np.arange(30), 2), np.arange(30, 90)])
    whole = replace(cohort, patients=patients, treatment=None)
    moved = permuted_cohort(whole, [], np.random.default_rng(1))
    place = {name: i for i, name in enumerate(cohort.subject_ids)}
    owners = patients[[place[name] for name in moved.subject_ids]]
    for patient in range(90):
        assert np.unique(owners[patients == patient]).size == 1
    assert set(owners[:60]) == set(range(30))


def test_run_0_counts_what_the_real_screens_and_their_families_say(cohort):
    screened = screens(cohort)
    found = control(cohort, screened).filter(permutation=0)
    for endpoint in ("response", "size", "pfs"):
        family = screened.filter(endpoint=endpoint, contrast="prognostic", status="ok")
        q_values = benjamini_hochberg(family["p_value"].to_numpy())
        for modality in cohort.matrices:
            own = found.filter(endpoint=endpoint, contrast="prognostic", modality=modality)
            inside = (family["modality"] == modality).to_numpy()
            assert own.filter(criterion="q_value")["discoveries"].item() == (q_values[inside] <= 0.1).sum()
            p_values = family["p_value"].to_numpy()[inside]
            for threshold in P_THRESHOLDS:
                got = own.filter(criterion="p_value", threshold=threshold)
                assert got["discoveries"].item() == (p_values <= threshold).sum()
                assert got["tested"].item() == inside.sum()


def test_runs_differ_are_those_of_the_seed_and_do_not_depend_on_how_many_there_are(cohort):
    screened = screens(cohort)
    three, two = control(cohort, screened), control(cohort, screened, runs=2)
    assert three.filter(pl.col("permutation") <= 2).equals(two)
    other = control(cohort, screened, seed=6)
    assert not other.equals(three)
    counts = [three.filter(permutation=run, criterion="p_value")["discoveries"].to_list() for run in (1, 2, 3)]
    assert counts[0] != counts[1] or counts[1] != counts[2]
    assert control(cohort, screened, runs=0)["permutation"].unique().to_list() == [0]


def test_what_is_real_goes_and_what_is_left_is_of_the_nominal_size(tmp_path):
    study = make_study()
    draw = np.random.default_rng(8)
    rna = study.modalities["rna"]
    rna.names = [f"g{j}" for j in range(300)]
    rna.values = draw.standard_normal((len(rna.ids), 300)).astype(np.float32).astype(float)
    place = {name: i for i, name in enumerate(study.ids)}
    y = np.nan_to_num(study.endpoints["size"]["values"])[[place[name] for name in rna.ids]]
    rna.values[:, :20] += y[:, None] / 4
    rna.values[:, 100:104][draw.random((len(y), 4)) < 0.1] = np.nan
    cohort = make_cohort(study, tmp_path)
    found = control(cohort, screens(cohort, refit=0), runs=6)
    size = found.filter(endpoint="size", contrast="prognostic", modality="rna", criterion="q_value")
    real, *permuted = size.sort("permutation")["discoveries"].to_list()
    assert real >= 15
    assert np.mean(permuted) <= 3
    p = found.filter(pl.col("permutation") > 0, criterion="p_value", threshold=0.05)
    assert 0.035 < p["discoveries"].sum() / p["tested"].sum() < 0.065


def test_missing_values_are_drawn_among_the_others_of_their_feature():
    values = np.array([[1.0, np.nan, np.nan], [2.0, 5.0, np.nan], [np.nan, 6.0, np.nan]])
    filled = completed(values, np.random.default_rng(0))
    assert filled[2, 0] in (1.0, 2.0)
    assert filled[0, 1] in (5.0, 6.0)
    assert np.isnan(filled[:, 2]).all()
    known = ~np.isnan(values)
    assert (filled[known] == values[known]).all()


def test_a_prespecified_marker_is_counted_in_its_own_family(cohort):
    named = {"rna:g0"}
    found = control(cohort, screens(cohort, prespecified=named), prespecified=named)
    own = found.filter(pl.col("prespecified"))
    assert own["tested"].unique().to_list() == [1]
    assert own["modality"].unique().to_list() == ["rna"]
