"""Every builder of features by the type of its modality, and every recipe by its name."""

from types import MappingProxyType

from biomarker.features.events import EVENT_BUILDERS
from biomarker.features.labs import LABS
from biomarker.features.log_cpm import LOG_CPM_TMM
from biomarker.features.maf import MAF
from biomarker.features.matrix import EXPRESSION, MATRIX
from biomarker.features.npx import NPX
from biomarker.features.records import RECORD_BUILDERS

__all__ = ["BUILDERS", "TRANSFORMS"]

BUILDERS = MappingProxyType(
    {builder.type: builder for builder in (EXPRESSION, LABS, MAF, MATRIX, NPX, *EVENT_BUILDERS, *RECORD_BUILDERS)}
)
TRANSFORMS = MappingProxyType({transform.name: transform for transform in (LOG_CPM_TMM,)})
