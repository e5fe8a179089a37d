"""The designs, by name."""

from biomarker.trial.designs.adaptive_enrichment import ADAPTIVE_ENRICHMENT
from biomarker.trial.designs.all_comers import ALL_COMERS
from biomarker.trial.designs.basket import BASKET
from biomarker.trial.designs.enrichment import ENRICHMENT
from biomarker.trial.designs.fallback import FALLBACK
from biomarker.trial.designs.platform import PLATFORM
from biomarker.trial.designs.signature import SIGNATURE
from biomarker.trial.designs.strategy import STRATEGY
from biomarker.trial.designs.stratified import STRATIFIED

__all__ = ["DESIGNS"]

DESIGNS = {
    method.name: method
    for method in (
        ADAPTIVE_ENRICHMENT,
        ALL_COMERS,
        BASKET,
        ENRICHMENT,
        FALLBACK,
        PLATFORM,
        SIGNATURE,
        STRATEGY,
        STRATIFIED,
    )
}
