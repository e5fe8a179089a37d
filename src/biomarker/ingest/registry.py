"""Every source format, by the name the study file uses. A new one is a module and a line here."""

from types import MappingProxyType

from biomarker.ingest.adam import SOURCE as ADAM
from biomarker.ingest.expression import SOURCE as EXPRESSION
from biomarker.ingest.labs import SOURCE as LABS
from biomarker.ingest.maf import SOURCE as MAF
from biomarker.ingest.matrix import SOURCE as MATRIX
from biomarker.ingest.npx import SOURCE as NPX
from biomarker.ingest.sdtm import SOURCES as SDTM

__all__ = ["SOURCES"]

SOURCES = MappingProxyType({source.type: source for source in (ADAM, EXPRESSION, LABS, MAF, MATRIX, NPX, *SDTM)})
