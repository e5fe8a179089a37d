"""Changes of a protein as files write them, brought to one spelling: ``p.V600E``."""

import polars as pl

__all__ = ["protein_change"]

_RESIDUES = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Ter": "*", "Sec": "U",
}  # fmt: skip
#: What stands behind ``p.`` at the beginning, after a transcript's name, a DNA change or a blank.
_AFTER_P = r"(?:^|[:_\s;(])p\.(.+)$"
_BARE = rf"^(?:[A-Z*]|{'|'.join(_RESIDUES)})\d+\S*$"
_LONG = rf"^(?:{'|'.join(_RESIDUES)})\d+"


def protein_change(text: pl.Series) -> pl.Series:
    """The change of the protein that a cell names, in one-letter code behind ``p.``; null where it names none.

    Parameters
    ----------
    text : polars.Series of str
        Without blanks around it. Read are ``p.V600E``, ``V600E``, ``p.Val600Glu``, ``p.(Val600Glu)``,
        ``ENSP00000288602.6:p.Val600Glu`` and ``c.1799T>A_p.V600E(0.21,450)``: a parenthesis at the end, as of allele
        fraction and depth, is not part of the change. An unknown change (``p.?``) and none at all (``p.=``) are null.
    """
    behind = pl.col("_").str.extract(_AFTER_P)
    bare = pl.when(pl.col("_").str.contains(_BARE)).then(pl.col("_"))
    change = (
        pl.coalesce(behind, bare)
        .str.replace(r"^\(([^()]+)\)?$", "$1")
        .str.replace(r"\([^()]*\)$", "")
        .str.strip_chars(" )")
    )
    short = pl.when(change.str.contains(_LONG)).then(change.str.replace_many(_RESIDUES)).otherwise(change)
    known = pl.when(~short.is_in(["", "?", "=", "0", "0?"]) & short.is_not_null()).then("p." + short)
    return pl.DataFrame({"_": text.cast(pl.String)}).select(known).to_series().rename(text.name)
