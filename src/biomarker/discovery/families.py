"""Which hypotheses are corrected together, and how."""

from biomarker.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, storey

__all__ = ["CORRECTIONS", "FAMILY"]

#: Columns of a screen that tell families apart: all tested features of all modalities within one of each.
FAMILY = ("endpoint", "comparison", "contrast", "prespecified")
CORRECTIONS = {
    "benjamini-hochberg": benjamini_hochberg,
    "benjamini-yekutieli": benjamini_yekutieli,
    "storey": storey,
}
