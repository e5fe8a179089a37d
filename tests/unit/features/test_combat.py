"""ComBat: against another implementation, and what it must and must not do."""

import json
from pathlib import Path

import numpy as np
import pytest

from biomarker.errors import InsufficientDataError, SchemaError
from biomarker.features.combat import fit_combat

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "combat" / "expected.json"


def batches(seed=0, n=60, p=80):
    draw = np.random.default_rng(seed)
    batch = draw.permutation(np.repeat(["A", "B", "C"], n // 3))
    values = draw.normal(5, 1, (n, p))
    shift = {"A": 0.0, "B": 1.0, "C": -0.5}
    spoiled = (
        values
        + np.array([shift[b] for b in batch])[:, None]
        + draw.normal(0, 0.2, (3, p))[np.unique(batch, return_inverse=True)[1]]
    )
    return values, spoiled, batch


def test_it_gives_the_numbers_of_inmoose():
    """inmoose divides every variance by n; to the last digits, for the iteration stops by the same rule."""
    stored = json.loads(GOLDEN.read_text(encoding="utf-8"))
    values, batch = np.array(stored["values"]).T, stored["batch"]
    plain = fit_combat(values, batch, variances="population")
    assert plain.apply(values, batch) == pytest.approx(np.array(stored["plain"]).T, rel=1e-12)
    group = np.array(stored["group"], dtype=float)[:, None]
    kept = fit_combat(values, batch, group, variances="population")
    assert kept.apply(values, batch, group) == pytest.approx(np.array(stored["kept"]).T, rel=1e-12)
    sample = fit_combat(values, batch).apply(values, batch)
    assert np.abs(sample - plain.apply(values, batch)).max() < 0.2


def test_what_batches_added_is_taken_off():
    values, spoiled, batch = batches()
    mended = fit_combat(spoiled, batch).apply(spoiled, batch)
    left, was = (x - values - (x - values).mean(axis=0) for x in (mended, spoiled))
    assert np.abs(left).mean() < 0.35 * np.abs(was).mean()


def test_a_covariate_is_kept():
    draw = np.random.default_rng(1)
    _, spoiled, batch = batches(seed=1)
    group = draw.integers(0, 2, size=(60, 1)).astype(float)
    spoiled[:, :20] += 2 * group
    mended = fit_combat(spoiled, batch, group).apply(spoiled, batch, group)
    difference = mended[group[:, 0] == 1, :20].mean() - mended[group[:, 0] == 0, :20].mean()
    assert difference == pytest.approx(2.0, abs=0.15)


def test_a_subject_held_out_changes_nobody_and_is_treated_alike():
    _, spoiled, batch = batches(seed=2)
    fitted = fit_combat(spoiled[1:], batch[1:])
    alone = fitted.apply(spoiled[:1], batch[:1])
    assert np.array_equal(fitted.apply(spoiled, batch)[0], alone[0])
    poisoned = spoiled.copy()
    poisoned[0] = 1e6
    assert np.array_equal(fitted.apply(poisoned, batch)[1:], fitted.apply(spoiled, batch)[1:])


def test_a_constant_feature_stays_and_other_data_are_refused():
    _, spoiled, batch = batches(seed=3)
    spoiled[:, 0] = 4.0
    assert np.allclose(fit_combat(spoiled, batch).apply(spoiled, batch)[:, 0], 4.0)
    with pytest.raises(SchemaError, match="not among"):
        fit_combat(spoiled, batch).apply(spoiled[:1], ["Z"])
    with pytest.raises(InsufficientDataError):
        fit_combat(spoiled, ["A"] * 60)
    with pytest.raises(SchemaError, match="determine"):
        fit_combat(spoiled, batch, (batch == "A").astype(float)[:, None])
    spoiled[3, 3] = np.nan
    with pytest.raises(SchemaError, match="complete"):
        fit_combat(spoiled, batch, np.arange(60.0)[:, None])
    with pytest.raises(InsufficientDataError, match="vary within batches"):
        fit_combat(spoiled[:, :2], batch)


def plain_combat(values, batch):
    """The formulas of the paper, one batch and one feature at a time, over the values that are known."""
    names, (n, p) = sorted(set(batch)), values.shape
    own = {
        b: [[values[i, j] for i in range(n) if batch[i] == b and not np.isnan(values[i, j])] for j in range(p)]
        for b in names
    }
    size = {b: sum(x == b for x in batch) for b in names}
    seen = [[b for b in names if own[b][j]] for j in range(p)]
    mean = [sum(size[b] * np.mean(own[b][j]) for b in seen[j]) / sum(size[b] for b in seen[j]) for j in range(p)]
    squares = [[(x - np.mean(own[b][j])) ** 2 for b in seen[j] for x in own[b][j]] for j in range(p)]
    spread = [np.sqrt(np.mean(squares[j])) for j in range(p)]
    result = np.full((n, p), np.nan)
    for b in names:
        z = [[(x - mean[j]) / spread[j] for x in own[b][j]] for j in range(p)]
        centres, variances = [np.mean(x) for x in z if x], [np.var(x, ddof=1) for x in z if len(x) > 1]
        g, t2, m, s2 = np.mean(centres), np.var(centres, ddof=1), np.mean(variances), np.var(variances, ddof=1)
        shape, rate = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
        for j in range(p):
            shift, scale = (np.mean(z[j]) if z[j] else g), (np.var(z[j], ddof=1) if len(z[j]) > 1 else m)
            for _ in range(200):
                shift = (t2 * sum(z[j]) + scale * g) / (len(z[j]) * t2 + scale)
                scale = (rate + 0.5 * sum((x - shift) ** 2 for x in z[j])) / (len(z[j]) / 2 + shape - 1)
            for i in range(n):
                if batch[i] == b:
                    result[i, j] = mean[j] + spread[j] * ((values[i, j] - mean[j]) / spread[j] - shift) / np.sqrt(scale)
    return result


def test_missing_values_are_left_out_of_their_features_sums():
    _, spoiled, batch = batches(seed=4, n=30, p=12)
    draw = np.random.default_rng(5)
    spoiled[draw.random(spoiled.shape) < 0.2] = np.nan
    spoiled[batch == "B", 2] = np.nan
    spoiled[np.flatnonzero(batch == "C")[1:], 3] = np.nan
    got = fit_combat(spoiled, batch).apply(spoiled, batch)
    assert np.array_equal(np.isnan(got), np.isnan(spoiled))
    assert got == pytest.approx(
        plain_combat(spoiled, list(batch)), abs=2e-3, nan_ok=True
    )  # it stops at a change of 1e-4


def test_what_shows_nothing_but_the_batch_becomes_the_same_in_all():
    _, spoiled, batch = batches(seed=6)
    spoiled[:, 0] = np.where(batch == "A", 2.0, 5.0)
    assert np.ptp(fit_combat(spoiled, batch).apply(spoiled, batch)[:, 0]) < 1e-9
