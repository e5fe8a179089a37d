"""The expression matrix has the traits that make real ones hard."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from biomarker.simulate.expression import BATCH_BY_SITE, Genes, draw_genes, draw_profiles, expression_parts
from biomarker.simulate.levels import draw_levels
from biomarker.simulate.plan import GENES, PLAN, Plant
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import Subjects, draw_subjects

SETTINGS = TrialSettings(subjects=400, genes=2000, stand_ins=2)
LOG_RATIO, BOTH_HIGH = (next(p for p in PLAN if p.shape == shape) for shape in ("log_ratio", "both_high"))


@dataclass(frozen=True)
class Matrix:
    """A matrix with what it was made of; subjects in the order of the subject table."""

    subjects: Subjects
    levels: dict[Plant, np.ndarray]
    genes: Genes
    values: np.ndarray

    @property
    def profiled(self) -> np.ndarray:
        return self.values[np.isfinite(self.values).any(axis=1)]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    subjects, levels = draw_subjects(400, seed=1), draw_levels(400, seed=1)
    genes = draw_genes(SETTINGS, seed=1)
    profiles = draw_profiles(genes, subjects, levels, SETTINGS, seed=1)
    values = np.full((400, 2000), np.nan)
    for names, part in expression_parts(genes, profiles, subjects, SETTINGS, seed=1):
        values[np.searchsorted(subjects.subject_id, names)] = part
    return Matrix(subjects, levels, genes, values)


def test_values_are_log2_tpm_and_low_genes_have_many_zeros(matrix):
    values = matrix.profiled
    assert np.nanmin(values) == 0.0
    assert 9 < np.nanmax(values) < 16
    zeros = np.nanmean(values == 0, axis=0)
    assert 0.05 < np.mean(zeros > 0.5) < 0.16
    assert 0.02 < np.mean(zeros > 0.9) < 0.08
    assert np.mean(zeros > 0) > 0.08
    assert np.mean(zeros == 0) > 0.70


def test_genes_with_a_role_are_distinct_and_well_expressed(matrix):
    roles = matrix.genes.roles
    assert len(set(roles)) == len(roles) == 6 * 3 + 4 + 4
    planted = roles[:-4]
    assert np.nanmin(np.nanmean(matrix.profiled[:, planted], axis=0)) > 3.5
    assert np.all(np.nanmean(matrix.profiled[:, planted] == 0, axis=0) == 0)


def test_measurement_follows_the_level_that_acts(matrix):
    for plant, rows in matrix.genes.planted.items():
        for level, row in zip(matrix.levels[plant].T, rows, strict=True):
            measured = matrix.values[:, row]
            there = np.isfinite(measured)
            assert np.corrcoef(measured[there], level[there])[0, 1] > 0.93


def test_stand_ins_correlate_with_their_gene_and_with_no_other_planted_one(matrix):
    values, singles = matrix.values, {plant: matrix.genes.planted[plant][0] for plant in GENES}
    complete = np.isfinite(values[:, matrix.genes.roles]).all(axis=1)
    for plant, stand_ins in matrix.genes.stand_ins.items():
        for row in stand_ins:
            correlations = {
                p: np.corrcoef(values[complete, row], values[complete, own])[0, 1] for p, own in singles.items()
            }
            assert 0.72 < correlations.pop(plant) < 0.88
            assert np.abs(list(correlations.values())).max() < 4 / np.sqrt(380)


def test_genes_move_together_but_never_with_a_planted_gene(matrix):
    values = np.nan_to_num(matrix.profiled)
    roles = matrix.genes.roles
    others = np.setdiff1d(np.flatnonzero(values.mean(axis=0) > 2), roles)
    planted = [rows[0] for rows in matrix.genes.planted.values()]
    correlation = np.corrcoef(values[:, np.concatenate([planted, others])].T)
    n = len(planted)
    among = np.abs(correlation[n:, n:][np.triu_indices(len(others), 1)])
    assert np.quantile(among, 0.99) > 0.25  # independent genes would give 0.13
    # what is left with planted genes is chance and the batch they share
    assert np.quantile(np.abs(correlation[:n, n:]), 0.99) < 0.20


def test_the_genes_of_the_log_ratio_move_together_and_their_difference_is_what_acts(matrix):
    a, b = matrix.values[:, matrix.genes.planted[LOG_RATIO]].T
    there = np.isfinite(a + b)
    acts = np.subtract(*matrix.levels[LOG_RATIO].T)
    assert np.corrcoef(a[there], b[there])[0, 1] > 0.95
    assert np.corrcoef((a - b)[there], acts[there])[0, 1] > 0.95
    assert abs(np.corrcoef(a[there], acts[there])[0, 1]) < 0.2


def test_a_quarter_have_both_genes_of_the_subgroup_high():
    level = np.vstack([draw_levels(400, seed=seed)[BOTH_HIGH] for seed in range(20)])
    cut = np.quantile(level, 0.5)
    # the binomial error of 8,000 is 0.5 points
    assert (level > cut).all(axis=1).mean() == pytest.approx(0.25, abs=0.02)


def test_levels_are_uncorrelated_in_the_subjects_drawn():
    levels = draw_levels(400, seed=3)
    acting = np.column_stack([level for plant, level in levels.items() if plant.shape not in ("log_ratio", "mutated")])
    np.testing.assert_allclose(acting.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(acting.T @ acting / 400, np.eye(acting.shape[1]), atol=1e-12)


def test_sex_linked_genes_tell_the_sex_of_everybody_but_the_two_who_were_exchanged(matrix):
    column = dict(zip(matrix.genes.name[matrix.genes.sex], matrix.values[:, matrix.genes.sex].T, strict=True))
    there = np.isfinite(column["XIST"] + column["RPS4Y1"])
    told = (column["XIST"] > column["RPS4Y1"])[there]
    assert (told != matrix.subjects.female[there]).sum() == 2


def test_batch_goes_partly_with_site(simulated):
    chances = np.array(BATCH_BY_SITE)
    assert chances.min() >= 0.2
    assert chances.max() <= 0.8
    assert np.ptp(chances) >= 0.3
    trial = simulated(7, subjects=4000, genes=40, noncentrality=0.0, noncentrality_pairs=0.0)
    table = trial.batches.join(trial.subjects, on="subject_id")
    share = dict(table.group_by("site").agg((pl.col("batch") == "B").mean()).sort("site").iter_rows())
    # 320 subjects at the smallest site: binomial error 2.8 points
    np.testing.assert_allclose(list(share.values()), chances, atol=0.11)
    arm = table.group_by("batch").agg((pl.col("arm") == "drug").mean())["arm"]
    assert np.abs(arm - 0.5).max() < 0.05


def test_the_batch_shifts_genes_by_three_tenths_of_their_spread():
    subjects, levels = draw_subjects(4000, seed=2), draw_levels(4000, seed=2)
    settings = TrialSettings(subjects=4000, genes=400)
    genes = draw_genes(settings, seed=2)
    profiles = draw_profiles(genes, subjects, levels, settings, seed=2)
    parts = list(expression_parts(genes, profiles, subjects, settings, seed=2))
    values, second = np.vstack([part for _, part in parts]), profiles.batch[profiles.order]
    high = genes.mean > 3  # counting blurs the others
    shift = (np.nanmean(values[second], axis=0) - np.nanmean(values[~second], axis=0))[high]
    found = shift / np.nanstd(values[:, high], axis=0)
    assert np.std(found) == pytest.approx(0.3, rel=0.15)
    assert np.corrcoef(found, genes.shift[high])[0, 1] > 0.95


def test_missing_cells_and_missing_profiles_are_as_asked(matrix):
    assert len(matrix.profiled) == 380
    cells = np.isnan(matrix.profiled)
    assert abs(cells.sum() - 0.001 * cells.size) < 4 * np.sqrt(0.001 * cells.size)


def test_rows_are_in_another_order_than_subjects(trial):
    rows = trial.expression["subject_id"].to_list()
    assert set(rows) < set(trial.subjects["subject_id"])
    assert rows != sorted(rows)
    assert all(dtype == pl.Float32 for dtype in trial.expression.dtypes[1:])
    assert not trial.expression.drop("subject_id").select(pl.all().is_nan().any()).to_numpy().any()
