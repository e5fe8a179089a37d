"""Molar masses of common analytes, for conversions between mass and amount of substance.

Values are relative molecular masses in g/mol as PubChem lists them (compound identifier given), computed there from the
IUPAC standard atomic weights; where clinical chemistry reports something else than the molecule (urea as its nitrogen,
phosphate as phosphorus, haemoglobin as its subunit), the entry says so. A study may give its own with `molar_masses`.
"""

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ANALYTES", "ENZYMES", "NOT_PROPORTIONAL", "Analyte", "analyte_of"]


@dataclass(frozen=True)
class Analyte:
    """An analyte's molar mass (g/mol) and charge (equivalents a mole, 0 where not used), with the source."""

    molar_mass: float
    source: str
    charge: int = 0


_BY_NAMES = {
    ("creatinine", "crea", "creat"): Analyte(113.12, "PubChem CID 588"),
    ("glucose", "gluc"): Analyte(180.16, "PubChem CID 5793"),
    ("bilirubin", "bili", "total bilirubin", "bilirubin total"): Analyte(584.7, "PubChem CID 5280352"),
    ("direct bilirubin", "bilirubin direct", "bildir"): Analyte(584.7, "PubChem CID 5280352, as bilirubin"),
    ("cholesterol", "chol", "total cholesterol", "hdl", "ldl", "hdl cholesterol", "ldl cholesterol"): Analyte(
        386.7, "PubChem CID 5997, as cholesterol"
    ),
    ("triglycerides", "triglyceride", "trig"): Analyte(885.4, "PubChem CID 5497163, as triolein"),
    ("urea",): Analyte(60.06, "PubChem CID 1176"),
    ("bun", "urea nitrogen", "blood urea nitrogen"): Analyte(28.014, "nitrogen of urea, 2 x 14.007 (IUPAC)"),
    ("urate", "uric acid"): Analyte(168.11, "PubChem CID 1175"),
    ("lactate", "lactic acid"): Analyte(90.08, "PubChem CID 612"),
    ("ammonia",): Analyte(17.031, "PubChem CID 222"),
    ("sodium", "na+"): Analyte(22.990, "IUPAC", charge=1),
    ("potassium", "k", "k+"): Analyte(39.098, "IUPAC", charge=1),
    ("chloride", "cl"): Analyte(35.45, "IUPAC", charge=1),
    ("bicarbonate", "hco3"): Analyte(61.017, "PubChem CID 769", charge=1),
    ("calcium", "ca"): Analyte(40.078, "IUPAC", charge=2),
    ("magnesium", "mg"): Analyte(24.305, "IUPAC", charge=2),
    ("phosphate", "phosphorus", "inorganic phosphate", "phos"): Analyte(30.974, "phosphorus (IUPAC)"),
    ("iron", "fe"): Analyte(55.845, "IUPAC"),
    ("haemoglobin", "hemoglobin", "hgb", "hb"): Analyte(16114.0, "subunit with one iron, quarter of 64,458 (ICSH)"),
    ("cortisol",): Analyte(362.5, "PubChem CID 5754"),
    ("testosterone",): Analyte(288.4, "PubChem CID 6013"),
    ("estradiol", "oestradiol"): Analyte(272.4, "PubChem CID 5757"),
    ("progesterone",): Analyte(314.5, "PubChem CID 5994"),
    ("folate", "folic acid"): Analyte(441.4, "PubChem CID 135398658"),
    ("vitamin b12", "cobalamin", "cyanocobalamin"): Analyte(1355.4, "PubChem CID 5311498"),
    ("vitamin d", "25-hydroxyvitamin d", "25-oh vitamin d", "calcifediol"): Analyte(400.6, "PubChem CID 5283731"),
}

ANALYTES = MappingProxyType({name: analyte for names, analyte in _BY_NAMES.items() for name in names})

#: Enzymes, whose international unit (one micromole a minute) is UCUM's U.
ENZYMES = frozenset(
    name
    for names in (
        ("alt", "alat", "gpt", "alanine aminotransferase", "ast", "asat", "got", "aspartate aminotransferase"),
        ("alp", "alkaline phosphatase", "ggt", "gamma gt", "gamma glutamyl transferase", "cholinesterase", "che"),
        ("ldh", "ld", "lactate dehydrogenase", "ck", "cpk", "creatine kinase", "amylase", "lipase"),
    )
    for name in names
)

#: Tests whose units differ by more than a factor: no conversion is made. HbA1c in % (NGSP) and in mmol/mol (IFCC) are
#: tied by a regression, not by a factor of ten.
NOT_PROPORTIONAL = frozenset({"hba1c", "a1c", "hb a1c", "haemoglobin a1c", "hemoglobin a1c", "glycated haemoglobin"})


def analyte_of(test: str) -> Analyte | None:
    """The analyte a test's name stands for, however it is capitalised or joined; None where it is not known."""
    return ANALYTES.get(folded(test))


def folded(test: str) -> str:
    """A test's name in lower case, with blanks for underscores."""
    return " ".join(test.casefold().replace("_", " ").split())
