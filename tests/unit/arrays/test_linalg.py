"""Bases of covariates: orthonormal, of the right rank, also within subsets of subjects."""

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.arrays import column_blocks, column_squares, independent_columns, masked_bases, orthonormal_basis


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def projection(basis):
    return basis @ basis.T


def test_basis_is_orthonormal_and_spans_the_columns(rng):
    matrix = rng.standard_normal((30, 4)) * [1e-9, 1.0, 1e9, 1e200]
    basis = orthonormal_basis(matrix)
    assert_allclose(basis.T @ basis, np.eye(4), atol=1e-13)
    units = matrix / np.abs(matrix).max(axis=0)
    assert_allclose(projection(basis) @ units, units, atol=1e-12)


def test_dependent_columns_lower_the_rank(rng):
    levels = np.eye(3)[rng.integers(0, 3, 40)]
    matrix = np.column_stack([np.ones(40), levels, np.zeros(40)])
    assert orthonormal_basis(matrix).shape == (40, 3)


def test_no_columns_give_a_basis_of_rank_zero():
    assert orthonormal_basis(np.zeros((5, 0))).shape == (5, 0)


def test_earlier_columns_are_preferred():
    a, b = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    assert independent_columns(np.column_stack([a, 2 * a, b, a - b])).tolist() == [0, 2]


def test_masked_bases_equal_one_factorisation_for_each_mask(rng):
    covariates = np.column_stack([np.ones(60), rng.standard_normal((60, 2)), np.eye(5)[rng.integers(0, 5, 60)]])
    masks = (rng.random((60, 7)) < 0.7).astype(float)
    masks[covariates[:, 4] == 1, 2] = 0  # a level that vanishes
    masks[:, 3] = 0
    masks[:4, 3] = 1  # fewer subjects than columns
    masks[:, 4] = 0  # nobody
    bases, ranks = masked_bases(orthonormal_basis(covariates), masks)
    for k in range(7):
        slow = orthonormal_basis(covariates * masks[:, k][:, None])
        assert ranks[k] == slow.shape[1]
        assert_allclose(projection(bases[k]), projection(slow), atol=1e-11)


def test_masked_bases_stay_orthonormal_where_columns_nearly_coincide_in_a_subset(rng):
    x = rng.standard_normal(50)
    y = np.where(np.arange(50) < 25, x + 1e-4 * rng.standard_normal(50), rng.standard_normal(50))
    mask = (np.arange(50) < 25).astype(float)[:, None]
    bases, ranks = masked_bases(orthonormal_basis(np.column_stack([x, y])), mask)
    assert ranks.tolist() == [2]
    assert_allclose(bases[0].T @ bases[0], np.eye(2), atol=1e-13)


@pytest.mark.parametrize(("columns", "bytes_each", "limit"), [(10, 8, 24), (10, 8, 1), (10, 8, 10**9), (0, 8, 8)])
def test_blocks_cover_every_column_once_within_the_limit(columns, bytes_each, limit):
    blocks = list(column_blocks(columns, bytes_per_column=bytes_each, block_bytes=limit))
    assert [i for block in blocks for i in range(block.start, block.stop)] == list(range(columns))
    assert all((b.stop - b.start) * bytes_each <= max(limit, bytes_each) for b in blocks)


@pytest.mark.parametrize("make", [np.ascontiguousarray, np.asfortranarray, array_api_strict.asarray])
def test_sums_of_squares_of_columns_do_not_depend_on_the_layout(rng, make):
    values = rng.standard_normal((7, 3))
    assert_allclose(np.asarray(column_squares(make(values))), (values**2).sum(axis=0), rtol=1e-14)
