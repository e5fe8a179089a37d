"""The genes of the simulated sequencing panel.

Names are real so that hotspots read as they do in life; shares and positions are made up.
"""

from dataclasses import dataclass

__all__ = ["PANEL", "PANEL_SIZE_MB", "PLANTED_GENE", "Gene"]

PANEL_SIZE_MB = 1.2
PLANTED_GENE = "STK11"


@dataclass(frozen=True)
class Gene:
    """A gene: chromosome, residues, share of subjects with a driver mutation, recurrent changes and their share."""

    name: str
    chromosome: str
    residues: int
    drivers: float = 0.0
    hotspots: tuple[str, ...] = ()
    hotspot_share: float = 0.0


DRIVERS = (
    Gene("TP53", "17", 393, 0.45, ("R175H", "R248Q", "R273H"), 0.25),
    Gene("KRAS", "12", 189, 0.28, ("G12C", "G12D", "G12V"), 0.85),
    Gene("EGFR", "7", 1210, 0.14, ("L858R",), 0.45),
    Gene(PLANTED_GENE, "19", 433),  # its share is that of the plant
    Gene("KEAP1", "19", 624, 0.15),
    Gene("PIK3CA", "3", 1068, 0.12, ("E545K", "H1047R"), 0.70),
    Gene("BRAF", "7", 766, 0.06, ("V600E",), 0.60),
    Gene("CDKN2A", "9", 156, 0.10),
    Gene("RB1", "13", 928, 0.07),
    Gene("NF1", "17", 2818, 0.08),
    Gene("SMARCA4", "19", 1647, 0.07),
    Gene("ARID1A", "1", 2285, 0.07),
    Gene("PTEN", "10", 403, 0.06),
    Gene("RBM10", "X", 930, 0.06),
    Gene("ERBB2", "17", 1255, 0.04),
    Gene("MET", "7", 1390, 0.04),
    Gene("CTNNB1", "3", 781, 0.04, ("S37F",), 0.40),
    Gene("IDH1", "2", 414, 0.03, ("R132H",), 0.70),
)
OTHERS = (
    "ABL1", "AKT1", "ALK", "APC", "AR", "ATM", "ATR", "ATRX", "AXIN1", "BAP1", "BRCA1", "BRCA2", "CARD11", "CBL",
    "CCND1", "CDH1", "CDK12", "CHEK2", "CREBBP", "DDR2", "DNMT3A", "EP300", "ERBB3", "ERBB4", "FANCA", "FAT1",
    "FBXW7", "FGFR1", "FGFR2", "FGFR3", "FLT3", "GATA3", "GNAS", "HRAS", "JAK1", "JAK2", "KDR", "KIT", "KMT2C",
    "KMT2D", "MAP2K1", "MEN1", "MLH1", "MSH2", "MSH6", "MTOR", "MYC", "NFE2L2", "NOTCH1", "NOTCH2", "NRAS", "NTRK1",
    "PALB2", "PBRM1", "PDGFRA", "POLE", "PTCH1", "RAD51C", "RAF1", "RET", "ROS1", "SETD2", "SF3B1", "SMAD4", "SPEN",
    "STAG2", "TET2", "TSC1", "TSC2", "VHL",
)  # fmt: skip
PANEL = (
    *DRIVERS,
    *(Gene(name, str(1 + 7 * i % 22), 400 + 137 * i % 1900) for i, name in enumerate(OTHERS)),
)
