"""Permuted subjects, half-samples and further cohorts, as the page tells them."""

import polars as pl

from biomarker.report.sections import chance
from biomarker.report.sections.replication import not_replicated, replication_table

KEY = {"endpoint": "response", "comparison": "none", "contrast": "prognostic"}


class Told:
    """Just what these sections ask of the facts."""

    def __init__(self, **tables):
        self.tables = tables

    def table(self, name):
        return self.tables.get(name)


class Asked:
    """A question by its key."""

    comparison, contrast = "none", "prognostic"

    class endpoint:  # noqa: N801
        name = "response"


def null(*counts):
    rows = [
        KEY | {"modality": m, "permutation": run, "criterion": "q_value", "discoveries": n}
        for run, pair in enumerate(counts)
        for m, n in zip(("rna", "dna"), pair, strict=True)
    ]
    return pl.DataFrame([*rows, KEY | {"modality": "rna", "permutation": 1, "criterion": "p_value", "discoveries": 99}])


def test_modalities_are_summed_and_the_real_run_stands_apart():
    facts = Told(null=null((5, 2), (1, 0), (0, 0), (2, 1)))
    assert chance.permuted(facts, Asked) == [1, 0, 3]
    assert chance._passing(facts, Asked, real=True) == {0: 7}
    assert chance.permuted(Told(), Asked) is None
    assert chance.permuted(Told(null=null((5, 2)).filter(pl.col("permutation") == 0)), Asked) is None


def test_a_run_in_which_nothing_was_tested_counts_as_none_found():
    other = null((1, 1), (1, 1)).with_columns(endpoint=pl.lit("pfs"))
    assert chance.permuted(Told(null=other), Asked) == [0]


def test_a_candidate_that_held_nowhere_has_that_against_it():
    row = KEY | {"candidate_id": "rna:g"}
    held = pl.DataFrame([row | {"held": False}, row | {"held": False}])
    assert not_replicated(Told(replication=held), row)[0]["with"]["n"] == 2
    assert not_replicated(Told(replication=held.with_columns(held=pl.Series([False, True]))), row) == []
    assert not_replicated(Told(), row) == []
    assert replication_table(Told(), row, "dossier-1", "") == []
