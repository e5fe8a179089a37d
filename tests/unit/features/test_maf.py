"""Features of variants: altered genes, hotspots and burden, one subject at a time."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biomarker.errors import AlignmentError, ConfigError, InsufficientDataError
from biomarker.features.maf import MafFeatures, build_maf
from biomarker.ingest.variants import RECORDS

MISSENSE = "Missense_Mutation"


def records(*variants, tested=()) -> pl.DataFrame:
    """Rows of (subject, gene, change, variant, altered, counted), and the subjects that were tested."""
    rows = [(s, gene, MISSENSE, change, n, *rest, None, None) for s, gene, change, n, *rest in variants]
    subjects = dict.fromkeys([*tested, *(one[0] for one in variants)])
    rows += [(subject, None, None, None, None, False, False, None, None) for subject in subjects]
    return pl.DataFrame(rows, schema=RECORDS, orient="row")


def hit(subject, gene, change="p.R1C", n=0):
    return (subject, gene, change, n, True, True)


def unsure(subject, gene, n=0):
    return (subject, gene, "p.R1C", n, None, None)


def build(content, *ids, **given_):
    return build_maf(content, MafFeatures(**given_), subjects=pl.DataFrame({"subject_id": ids}))


def column(built, feature) -> list[float]:
    return built.values.values[:, built.values.features["feature_id"].to_list().index(feature)].tolist()


def test_gene_is_altered_in_those_with_a_variant_and_not_in_the_other_tested():
    built = build(records(hit("a", "TP53"), hit("b", "KRAS"), tested=["c"]), "c", "a", "b", "z")
    assert built.values.subject_ids == ("c", "a", "b")
    assert column(built, "TP53") == [0, 1, 0]
    assert column(built, "KRAS") == [0, 0, 1]
    assert built.matching.excluded == {"not known to have been sequenced": 1}


def test_gene_that_could_not_be_judged_is_missing_unless_another_variant_alters_it():
    content = records(hit("a", "TP53"), unsure("b", "TP53"), hit("c", "TP53"), unsure("c", "TP53", 1), tested=["d"])
    np.testing.assert_equal(column(build(content, *"abcd"), "TP53"), [1, np.nan, 1, 0])


def test_gene_of_which_no_variant_is_sure_is_no_feature():
    built = build(records(hit("a", "TP53"), unsure("b", "KRAS")), "a", "b")
    assert built.values.features["feature_id"].to_list() == ["TP53", "n_variants"]


def test_genes_altered_only_in_subjects_of_nobodys_cohort_are_no_features():
    built = build(records(hit("a", "TP53"), hit("x", "KRAS")), "a")
    assert "KRAS" not in built.values.features["feature_id"].to_list()
    assert built.matching.unknown == 1


def test_burden_counts_different_changes_of_dna_over_the_size_of_the_panel():
    content = records(
        hit("a", "TP53", n=1),
        hit("a", "WRAP53", n=1),
        hit("a", "KRAS", n=2),
        ("a", "RB1", "p.Q1*", 3, True, False),
        ("a", "TTN", "p.A1A", 4, False, True),
        tested=["b"],
    )
    built = build(content, "a", "b", panel_size_mb=1.5)
    assert column(built, "burden") == [2.0, 0.0]
    assert column(built, "RB1") == [1, 0]
    assert "TTN" not in built.values.features["feature_id"].to_list()
    assert built.left_out == {}


def test_burden_without_a_size_is_a_number_of_variants_and_says_why():
    built = build(records(hit("a", "TP53", n=1), hit("a", "TP53", n=2)), "a")
    assert column(built, "n_variants") == [2]
    assert built.left_out == {"burden": "no size of the panel is given, so that variants are counted instead"}


def test_burden_is_missing_where_a_variant_could_not_be_judged():
    content = records(hit("a", "TP53"), unsure("b", None), hit("b", "TP53", n=5))
    np.testing.assert_equal(column(build(content, "a", "b"), "n_variants"), [1, np.nan])


@pytest.mark.parametrize(
    ("hotspot", "values"),
    [
        ("BRAF p.V600E", [1, 0, 0, 0]),
        ("BRAF V600E", [1, 0, 0, 0]),
        ("BRAF p.Val600Glu", [1, 0, 0, 0]),
        ("BRAF p.V600", [1, 1, 0, 0]),
        ("BRAF p.V600fs", [0, 0, 1, 0]),
        ("BRAF p.V60", [0, 0, 0, 0]),
        ("NRAS p.Q61", [0, 0, 0, 0]),
    ],
)
def test_hotspot_is_one_change_or_any_substitution_of_a_residue(hotspot, values):
    content = records(
        hit("a", "BRAF", "c.1799T>A_p.V600E(0.2,9)"), hit("b", "BRAF", "p.Val600Lys"), hit("c", "BRAF", "p.V600fs"),
        hit("d", "KRAS", "p.V600E"),
    )  # fmt: skip
    built = build(content, *"abcd", hotspots=(hotspot,))
    (feature,) = built.values.features.filter(kind="hotspot")["feature_id"]
    assert column(built, feature) == values


def test_hotspot_is_missing_where_a_missense_variant_does_not_say_its_change():
    content = records(hit("a", "BRAF", "p.V600E"), hit("b", "BRAF", None), unsure("c", "BRAF"), tested=["d"])
    built = build(content, *"abcd", hotspots=("BRAF p.V600E",))
    np.testing.assert_equal(column(built, "BRAF p.V600E"), [1, np.nan, np.nan, 0])
    assert column(built, "BRAF")[1] == 1


def test_every_residue_with_a_substitution_is_a_hotspot_where_all_are_asked_for():
    content = records(
        hit("a", "KRAS", "p.G12D"), hit("b", "KRAS", "p.G12V"), hit("b", "BRAF", "p.V600E"), hit("c", "RB1", "p.Q1*")
    )
    built = build(content, *"abc", hotspots=("all", "BRAF p.V600E"))
    names = built.values.features.filter(kind="hotspot")["feature_id"].to_list()
    assert names == ["BRAF p.V600E", "BRAF p.V600", "KRAS p.G12"]
    assert column(built, "KRAS p.G12") == [1, 1, 0]


def test_more_residues_than_asked_for_are_refused_and_not_cut():
    content = records(hit("a", "KRAS", "p.G12D"), hit("b", "KRAS", "p.G13D"))
    with pytest.raises(InsufficientDataError, match=r"gives 2 residues, more than most_hotspots \(1\)"):
        build(content, "a", "b", hotspots=("all",), most_hotspots=1)


def test_hotspots_without_changes_of_the_protein():
    with pytest.raises(ConfigError, match="no variant says how the protein is changed"):
        build(records(hit("a", "KRAS", None)), "a", hotspots=("KRAS p.G12",))


def test_hotspot_in_a_gene_that_the_file_writes_otherwise_would_be_wild_type_in_all():
    with pytest.raises(ConfigError, match="there is no gene 'Kras'") as caught:
        build(records(hit("a", "KRAS")), "a", hotspots=("Kras p.G12",))
    assert caught.value.hint == "Did you mean 'KRAS'?"


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"hotspots": ("BRAF",)}, "'BRAF' is no gene and change"),
        ({"hotspots": ("BRAF exon 15",)}, "is no gene and change"),
        ({"panel_size_mb": 0.0}, "is no size in megabases"),
        ({"panel_size_mb": -1.0}, "is no size in megabases"),
        ({"panel_size_mb": float("nan")}, "is no size in megabases"),
    ],
)
def test_settings_that_mean_nothing(given_, words):
    with pytest.raises(ConfigError, match=words):
        MafFeatures(**given_)


def test_feature_table_says_what_a_feature_is():
    table = build(records(hit("a", "BRAF", "p.V600E")), "a", hotspots=("BRAF p.V600E",), panel_size_mb=1.0)
    assert table.values.features.rows() == [
        ("BRAF", "BRAF altered", "", "BRAF", "gene"),
        ("BRAF p.V600E", "BRAF p.V600E", "", "BRAF", "hotspot"),
        ("burden", "variants per megabase", "variants/Mb", "", "burden"),
    ]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.sampled_from(["TP53", "KRAS", "BRAF"]),
            st.sampled_from(["p.V1E", "p.V1L", None]), st.integers(0, 5), st.sampled_from([True, None]),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_one_subject_has_the_same_values_alone_and_among_others(drawn):
    variants = [hit(s, "RB1", "p.V1E", 9) for s in "abcd"] + [(s, g, c, n, a, a) for s, g, c, n, a in drawn]
    everybody = build(records(*variants), *"abcd", hotspots=("BRAF p.V1", "KRAS p.V1E"))
    for subject in "abcd":
        alone = build(
            records(*(one for one in variants if one[0] == subject)), subject, hotspots=("BRAF p.V1", "KRAS p.V1E")
        )
        row = everybody.values.subject_ids.index(subject)
        for feature in alone.values.features["feature_id"]:
            np.testing.assert_equal(column(everybody, feature)[row], column(alone, feature)[0])


def test_nobody_of_the_cohort_or_nothing_that_counts():
    with pytest.raises(AlignmentError):
        build(records(hit("a", "TP53")), "zz")
    with pytest.raises(InsufficientDataError, match="no subject of the cohort has a variant"):
        build(records(hit("a", "TP53"), tested=["b"]), "b")
