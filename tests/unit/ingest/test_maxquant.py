"""Protein groups of MaxQuant: what is left out, what is quarantined, and what a level is."""

import numpy as np
import polars as pl
import pytest

from biomarker.data.recipe import Recipe
from biomarker.errors import BiomarkerError, InsufficientDataError, SchemaError
from biomarker.features.impute_low import IMPUTE_LOW
from biomarker.features.maxquant import MaxquantFeatures, build_maxquant
from biomarker.ingest.maxquant import MaxquantSettings, SampleTable, read_maxquant

HEAD = "Majority protein IDs\tGene names\tLFQ intensity s1\tLFQ intensity s2\t" + "\t".join(
    ("Reverse", "Potential contaminant", "Only identified by site")
)
ROWS = [
    "P1;P2\tA;B\t1024\t2048\t\t\t",
    "P3\tA\t0\t4\t\t\t",
    "P4\t\t8\t\t\t\t",
    "P5\tC\t1\t1\t+\t\t",
    "P6\tD\t1\t1\t\t+\t+",
]


def read(write, rows=ROWS, head=HEAD, name="proteinGroups.txt", **settings):
    path = write("\n".join([head, *rows, ""]), name)
    return read_maxquant(MaxquantSettings(path=path.name, **settings), base=path.parent)


def test_levels_are_log2_and_zero_is_missing(write):
    found = read(write)
    content = found.content
    assert content.subject_ids == ("s1", "s2")
    assert content.scale == "log2"
    assert content.features["feature_id"].to_list() == ["P1", "P3", "P4"]
    assert content.features["label"].to_list() == ["A (P1)", "A (P3)", "P4"]
    assert np.array_equal(content.values, [[10, np.nan, 3], [11, 2, np.nan]], equal_nan=True)
    assert (found.rows_in, found.rows_used) == (5, 3)
    assert found.excluded == {"Reverse": 1, "Potential contaminant": 1}
    assert found.notes == ("2 of 6 intensities are missing (0: not quantified)",)


def test_columns_are_given_their_subjects_by_a_table(write):
    write("label,subject_id,arm\ns1,P007,a\ns2,P001,b\ns3,P002,b\n", "samples.csv")
    found = read(write, samples=SampleTable(path="samples.csv"))
    assert found.content.subject_ids == ("P007", "P001")


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        ("\tX\t1\t1\t\t\t", "the protein id is missing", "Majority protein IDs"),
        (";P9\tX\t1\t1\t\t\t", "the protein id is missing", "Majority protein IDs"),
        ("P9\tX\t-1\t1\t\t\t", "an intensity is negative or no number", "(row)"),
        ("P9\tX\tlow\t1\t\t\t", "an intensity is negative or no number", "(row)"),
        ("P9\tX\t1\t1\tyes\t\t", "a flag that is neither + nor empty", "Reverse"),
        ("P1\tX\t1\t1\t\t\t", "the first protein id of an earlier row", "Majority protein IDs"),
    ],
)
def test_a_row_that_cannot_be_used_is_quarantined(write, row, reason, field):
    found = read(write, [*ROWS, row])
    assert found.quarantine.select("line", "field", "reason").rows() == [(7, field, reason)]
    assert found.rows_used == 3


def test_a_contaminant_takes_no_id_away_from_a_protein(write):
    assert read(write, ["P1\tA\t1\t1\t\t+\t", "P1\tA\t2\t2\t\t\t"]).rows_used == 1


@pytest.mark.parametrize(
    ("head", "rows", "settings", "words"),
    [
        (HEAD.replace("LFQ intensity", "iBAQ"), ROWS, {}, "no column begins with 'LFQ intensity '"),
        (HEAD.replace("Reverse", "Decoy"), ROWS, {}, "no column 'Reverse'"),
        (HEAD.replace("Majority protein IDs", "Proteins"), ROWS, {}, "no column 'Majority protein IDs'"),
        (HEAD.replace("s2", "S1"), ROWS, {}, "several intensity columns are of one subject"),
        (HEAD, ["P1\t2-Sep\t1\t1\t\t\t"], {}, "a spreadsheet turned"),
        (HEAD, ["P1\tA\t1,5\t2,5\t\t\t"], {}, "decimals stand behind a comma"),
        (HEAD, ["P1\tA\t1\t1\t+\t\t"], {}, "no protein group is left"),
        (HEAD, ["P1\tA\t1"], {}, "proteinGroups.txt"),
    ],
)
def test_a_broken_file_is_refused_in_words(write, head, rows, settings, words):
    with pytest.raises(BiomarkerError) as caught:
        read(write, rows, head, **settings)
    assert words in str(caught.value)


def test_a_sample_without_a_subject_is_refused_by_number(write):
    write("label,subject_id\ns1,P007\n", "samples.csv")
    with pytest.raises(SchemaError, match="1 of 2 intensity columns"):
        read(write, samples=SampleTable(path="samples.csv"))


def test_a_truncated_archive_is_refused(write):
    path = write("\n".join([HEAD, *ROWS * 200, ""]), "p.txt.gz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BiomarkerError, match="cut short"):
        read_maxquant(MaxquantSettings(path="p.txt.gz"), base=path.parent)


def test_imputation_is_learned_from_the_subjects_it_is_given():
    values = np.array([[5.0, np.nan, np.nan], [7.0, 2.0, np.nan], [np.nan, 4.0, 9.0]])
    recipe = Recipe.fit(IMPUTE_LOW, values[:2], feature_ids=["a", "b", "c"], scale="log2")
    filled = recipe.apply(values, feature_ids=["a", "b", "c"], scale="log2")
    floor = np.quantile([5, 7, 2], 0.01)
    assert np.array_equal(filled, [[5, 2, floor], [7, 2, floor], [5, 4, 9]])
    assert np.array_equal(recipe.apply(values[2:], feature_ids=["a", "b", "c"], scale="log2"), filled[2:])


def test_centring_looks_at_one_sample_at_a_time_and_imputation_is_a_recipe(write):
    content = read(write).content
    subjects = pl.DataFrame({"subject_id": ["s2", "s1", "s9"]})
    built = build_maxquant(content, MaxquantFeatures(centre="median", impute="low"), subjects=subjects)
    assert built.values.subject_ids == ("s2", "s1")
    assert np.array_equal(built.values.values, [[4.5, -4.5, np.nan], [3.5, np.nan, -3.5]], equal_nan=True)
    assert built.values.recipes == ("impute_low",)
    assert built.matching.excluded == {"not in the modality": 1}


@pytest.mark.study
def test_the_groups_of_the_ubiquitin_study(reference_data):
    """2,941 groups without decoys and contaminants; bait and numbers of significant proteins of the catalogue."""
    from scipy import stats

    from biomarker.stats.multiplicity import benjamini_hochberg

    base = reference_data / "maxquant"
    found = read_maxquant(
        MaxquantSettings(path="proteinGroups.txt.gz", drop=("Reverse", "Potential contaminant")), base=base
    )
    assert (found.rows_in, found.rows_used) == (3_006, 2_941)
    assert found.excluded == {"Reverse": 31, "Potential contaminant": 34}
    content = found.content
    assert len(content.subject_ids) == 12
    centred = content.values - np.nanmedian(content.values, axis=1, keepdims=True)
    group = np.array([name.split("_")[0] for name in content.subject_ids])
    for condition, (significant, tested) in {"Ubi4": (170, 1_197), "Ubi6": (121, 1_223), "Ubi1": (1, 1_383)}.items():
        one, other = centred[group == condition], centred[group == "Ctrl"]
        complete = np.isfinite(one).all(axis=0) & np.isfinite(other).all(axis=0)
        p = stats.ttest_ind(one[:, complete], other[:, complete]).pvalue
        change = (one.mean(axis=0) - other.mean(axis=0))[complete]
        called = (benjamini_hochberg(p) < 0.05) & (np.abs(change) > 1)
        assert (int(called.sum()), int(complete.sum())) == (significant, tested)
        genes = content.features["gene"].filter(pl.Series(complete)).to_list()
        assert genes[int(np.argmax(np.abs(change)))] == "RPS27A"


def test_nothing_left_is_an_error_of_its_own(write):
    with pytest.raises(InsufficientDataError):
        read(write, ["P1\tA\t1\t1\t\t\t+"])
