"""Every source format, by the name the study file uses. A new one is a module and a line here."""

from types import MappingProxyType

from biomarker.ingest.adam import SOURCE as ADAM
from biomarker.ingest.assay_image import SOURCE as ASSAY_IMAGE
from biomarker.ingest.copy_number import SOURCE as COPY_NUMBER
from biomarker.ingest.diary import SOURCE as DIARY
from biomarker.ingest.expression import SOURCE as EXPRESSION
from biomarker.ingest.fhir import SOURCE as FHIR
from biomarker.ingest.labs import SOURCE as LABS
from biomarker.ingest.maf import SOURCE as MAF
from biomarker.ingest.matrix import SOURCE as MATRIX
from biomarker.ingest.maxquant import SOURCE as MAXQUANT
from biomarker.ingest.notes import SOURCE as NOTES
from biomarker.ingest.npx_runs import SOURCE as NPX
from biomarker.ingest.omop import SOURCE as OMOP
from biomarker.ingest.sdtm import SOURCES as SDTM
from biomarker.ingest.single_cell import SOURCE as SINGLE_CELL
from biomarker.ingest.vcf import SOURCE as VCF

__all__ = ["SOURCES"]

_KNOWN = (
    *(ADAM, ASSAY_IMAGE, COPY_NUMBER, DIARY, EXPRESSION, FHIR, LABS, MAF, MATRIX, MAXQUANT, NOTES, NPX, OMOP, *SDTM),
    *(SINGLE_CELL, VCF),
)
SOURCES = MappingProxyType({source.type: source for source in _KNOWN})
