"""Changes of a protein in one spelling."""

import polars as pl
import pytest

from biomarker.features.protein_change import protein_change


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("p.V600E", "p.V600E"),
        ("V600E", "p.V600E"),
        ("p.Val600Glu", "p.V600E"),
        ("p.(Val600Glu)", "p.V600E"),
        ("ENSP00000288602.6:p.Val600Glu", "p.V600E"),
        ("NM_004333.4:c.1799T>A (p.Val600Glu)", "p.V600E"),
        ("c.1799T>A_p.V600E(0.21,450)", "p.V600E"),
        ("Arg882", "p.R882"),
        ("p.Arg97ProfsTer23", "p.R97Pfs*23"),
        ("c.4162_4163insG_p.A1390fs*42(0.26,371)", "p.A1390fs*42"),
        ("p.599_600insEYEYEYEY", "p.599_600insEYEYEYEY"),
        ("c.-124C>T_p.promoter -124C>T(0.28,125)", "p.promoter -124C>T"),
        ("p.X125_splice", "p.X125_splice"),
        ("p.?", None),
        ("p.=", None),
        ("c.1799T>A", None),
        ("loss(0, exons 8 of 31)", None),
        ("amplification(11, exons 30 of 30)", None),
        (None, None),
    ],
)
def test_every_way_of_writing_a_change_is_brought_to_one(written, meant):
    assert protein_change(pl.Series([written], dtype=pl.String)).to_list() == [meant]


def test_a_change_in_the_one_spelling_stays_as_it_is():
    changes = pl.Series(["p.V600E", "p.R97Pfs*23", "p.M1?", "p.*126*"])
    assert protein_change(protein_change(changes)).to_list() == protein_change(changes).to_list() == changes.to_list()
