"""Statistics on plain arrays: arrays in, small frozen dataclass out. No names, no files, no tables."""

from biomarker.stats.clustered import (
    clustered_cox_screen,
    clustered_linear_screen,
    clustered_logistic_screen,
    clustered_ordinal_screen,
)
from biomarker.stats.concordance import Concordance, concordance, known_order
from biomarker.stats.cox import cox_screen
from biomarker.stats.cox_fit import cox_fit
from biomarker.stats.cox_interaction import cox_interaction_screen
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.firth import PenalisedFit, firth_cox_fit, firth_logistic_fit
from biomarker.stats.fit import Fit, LikelihoodRatio, likelihood_ratio
from biomarker.stats.kaplan_meier import SurvivalCurve, kaplan_meier
from biomarker.stats.linear import linear_screen
from biomarker.stats.linear_fit import linear_fit
from biomarker.stats.linear_interaction import linear_interaction_screen
from biomarker.stats.logistic import logistic_screen
from biomarker.stats.logistic_fit import logistic_fit
from biomarker.stats.logistic_interaction import logistic_interaction_screen
from biomarker.stats.max_t import Permutations, PermutedP, max_t, permutations_within
from biomarker.stats.moderation import moderated_screen
from biomarker.stats.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    grouped_q_values,
    holm,
    null_share,
    storey,
)
from biomarker.stats.ordinal import ordinal_screen
from biomarker.stats.ordinal_fit import ordinal_fit
from biomarker.stats.ordinal_interaction import ordinal_interaction_screen
from biomarker.stats.rank_sum import RankSums, rank_sum_screen
from biomarker.stats.voom import voom_screen

__all__ = [
    "Concordance",
    "Estimate",
    "Fit",
    "LikelihoodRatio",
    "PenalisedFit",
    "Permutations",
    "PermutedP",
    "RankSums",
    "Status",
    "SurvivalCurve",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "clustered_cox_screen",
    "clustered_linear_screen",
    "clustered_logistic_screen",
    "clustered_ordinal_screen",
    "concordance",
    "cox_fit",
    "cox_interaction_screen",
    "cox_screen",
    "firth_cox_fit",
    "firth_logistic_fit",
    "grouped_q_values",
    "holm",
    "kaplan_meier",
    "known_order",
    "likelihood_ratio",
    "linear_fit",
    "linear_interaction_screen",
    "linear_screen",
    "logistic_fit",
    "logistic_interaction_screen",
    "logistic_screen",
    "max_t",
    "moderated_screen",
    "null_share",
    "ordinal_fit",
    "ordinal_interaction_screen",
    "ordinal_screen",
    "permutations_within",
    "rank_sum_screen",
    "storey",
    "voom_screen",
]
