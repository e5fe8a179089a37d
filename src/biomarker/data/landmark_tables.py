"""Schema of what is learned from values taken under treatment."""

from biomarker.data.schema import Schema, integer, real, text, word
from biomarker.data.tables import STATUSES

__all__ = ["Landmark"]


class Landmark(Schema):
    """``landmark/<modality>``: values taken under treatment against what follows, among those still followed.

    No row is a candidate: nothing of this is known when treatment is chosen. ``landmark`` is the day by which the
    values were taken and from which subjects are followed.
    """

    modality = text()
    feature_id = text()
    label = text()
    endpoint = text()
    landmark = real(min=0.0)
    method = text()
    effect_scale = text()
    estimate = real(nullable=True)
    ci_low = real(nullable=True)
    ci_high = real(nullable=True)
    std_error = real(nullable=True)
    statistic = real(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    log10_p = real(nullable=True, max=0.0)
    q_value = real(nullable=True, min=0.0, max=1.0)
    family = text(nullable=True)
    n = integer(min=0)
    n_events = integer(nullable=True, min=0)
    feature_sd = real(nullable=True)
    n_with = integer(nullable=True, min=0)
    direction = text(nullable=True)
    status = word(list(STATUSES))
    reason = text(nullable=True)
