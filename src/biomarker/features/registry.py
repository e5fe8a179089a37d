"""Every builder of features by the type of its modality, and every recipe by its name."""

from types import MappingProxyType

from biomarker.features.combat import COMBAT_TRANSFORMS
from biomarker.features.copy_number import COPY_NUMBER
from biomarker.features.diary import DIARY
from biomarker.features.events import EVENT_BUILDERS
from biomarker.features.impute_low import IMPUTE_LOW
from biomarker.features.labs import LABS
from biomarker.features.log_cpm import LOG_CPM_TMM
from biomarker.features.maf import MAF, VCF
from biomarker.features.matrix import ASSAY_IMAGE, EXPRESSION, MATRIX, SINGLE_CELL
from biomarker.features.maxquant import MAXQUANT
from biomarker.features.npx import NPX
from biomarker.features.records import RECORD_BUILDERS

__all__ = ["BUILDERS", "TRANSFORMS"]

_OWN = (ASSAY_IMAGE, COPY_NUMBER, EXPRESSION, LABS, MAF, MATRIX, MAXQUANT, NPX, SINGLE_CELL, VCF)
_KNOWN = (DIARY, *_OWN, *EVENT_BUILDERS, *RECORD_BUILDERS)
BUILDERS = MappingProxyType({builder.type: builder for builder in _KNOWN})
TRANSFORMS = MappingProxyType({one.name: one for one in (*COMBAT_TRANSFORMS, IMPUTE_LOW, LOG_CPM_TMM)})
