"""Schemas of the quality tables: what is wrong with samples, batches and analysers, before anything is ranked."""

import polars as pl

from biomarker.data.record_tables import RECORD_CHECKS
from biomarker.data.schema import Schema, flag, integer, real, rule, text, word

__all__ = [
    "ALL",
    "CHECKS",
    "SEVERITIES",
    "QualityBalance",
    "QualityBatches",
    "QualityControls",
    "QualityDrift",
    "QualityFindings",
    "QualityMethods",
    "QualityMissingness",
    "QualityMoving",
    "QualitySamples",
]

#: Group of a study that has none, and of control runs of an analyser that measures for all sites.
ALL = "(all)"

#: What is looked for, in the order of the report.
CHECKS = {
    "sex": "recorded sex against sex genes",
    "duplicate": "samples too alike to be of two people",
    "concordance": "one person's profiles in two modalities",
    "outlier": "samples unlike all others",
    "batch_values": "batches that show in the values",
    "batch_outcome": "batches that foretell the outcome",
    "missing_subjects": "who is missing from a modality",
    "missing_cells": "which cells are missing",
    "balance": "covariates between arms",
    "positivity": "kinds of patients in one arm only",
    "drift": "analysers that leave their level",
    **RECORD_CHECKS,
    "control_runs": "runs of control materials against the rules",
    "control_results": "results of patients under rejected runs",
    "moving": "patients' results as controls",
    "delta": "a patient's result against the one before",
    "precision": "where the variation of a method comes from",
    "comparison": "two methods on the same samples",
    "reference": "reference limits",
    "sigma": "methods against the error that is allowed",
}
#: What must be settled comes first.
SEVERITIES = ("loud", "warning", "note")


class QualityFindings(Schema):
    """``quality/findings``: each check that was made, what it found, and what that means for the ranking.

    No subject is named here. ``loud`` findings must be settled before a candidate is believed; a ``note`` says that a
    check found nothing, or could not be made.
    """

    check = word(list(CHECKS))
    severity = word(list(SEVERITIES))
    modality = text(nullable=True)
    endpoint = text(nullable=True)
    item = text(nullable=True)
    n_checked = integer(min=0)
    n_flagged = integer(min=0)
    statistic = real(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    tier_cap = word(["B", "C"], nullable=True)
    message = text()

    @rule
    def flagged_among_checked() -> pl.Expr:
        """No more is flagged than was checked."""
        return pl.col("n_flagged") <= pl.col("n_checked")


class QualitySamples(Schema):
    """``quality/samples``: each sample that a check flags.

    ``excluded`` says whether the policy of the study file
    leaves the sample out; an outlier never is.
    """

    modality = text(key=True)
    subject_id = text(key=True)
    check = word(list(CHECKS), key=True)
    partner = text(nullable=True)
    statistic = real()
    excluded = flag()
    reason = text()


class QualityBatches(Schema):
    """``quality/batches``: each batch against the values of its modality and against each endpoint.

    ``tier_cap`` holds for candidates of this modality and endpoint: a batch that foretells the outcome and shows in the
    values can make any feature look like a marker.
    """

    modality = text()
    batch = text()
    check = word(["batch_values", "batch_outcome"])
    endpoint = text(nullable=True)
    n = integer(min=0)
    n_batches = integer(min=2)
    share = real(min=0.0, max=1.0)
    p_value = real(min=0.0, max=1.0)
    p_adjusted = real(min=0.0, max=1.0)
    flagged = flag()
    tier_cap = word(["B", "C"], nullable=True)


class QualityMissingness(Schema):
    """``quality/missingness``: who and what is missing, and a hint at why."""

    modality = text()
    unit = word(["subjects", "cells"])
    n = integer(min=0)
    n_missing = integer(min=0)
    factor = text(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    hint = word(["complete", "too few to tell", "no pattern", "known factors", "outcome", "low values"])


class QualityBalance(Schema):
    """``quality/balance``: covariates between the arms of a comparison, a row a column of the design."""

    comparison = text()
    covariate = text()
    difference = real()
    n_active = integer(min=0)
    n_control = integer(min=0)
    p_omnibus = real(min=0.0, max=1.0)


class QualityDrift(Schema):
    """``quality/drift``: each test at each site over the calendar; what changed, when, and by how much.

    ``change`` is a factor where ``on_logarithm``, else a difference in the test's unit; for a ramp it is what was
    reached on the last day. ``applied`` says what became of the results from ``onset`` on.
    """

    modality = text(key=True)
    test = text(key=True)
    group = text(key=True)
    source = word(["patients", "controls"], key=True)
    n = integer(min=0)
    kind = word(["step", "ramp"], nullable=True)
    onset = text(nullable=True)
    onset_low = text(nullable=True)
    onset_high = text(nullable=True)
    last = text()
    on_logarithm = flag()
    change = real(nullable=True)
    change_low = real(nullable=True)
    change_high = real(nullable=True)
    slope = real(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    p_adjusted = real(min=0.0, max=1.0)
    flagged = flag()
    crosses = text(nullable=True)
    crosses_early = text(nullable=True)
    crosses_late = text(nullable=True)
    applied = word(["nothing", "excluded", "corrected"])


class QualityControls(Schema):
    """``quality/controls``: each result of a control material, and what the rules say of its run.

    ``z`` is what a Levey-Jennings chart shows. ``broken``, ``rejected``, both charts and ``applied`` are of the run and
    stand at each of its results. No row is of a patient.
    """

    modality = text()
    test = text()
    group = text()
    level = text()
    date = text()
    run = text()
    value = real()
    target = real()
    sd = real(min=0.0)
    z = real()
    in_control = flag()
    broken = text(nullable=True)
    rejected = flag()
    ewma = real()
    ewma_signal = flag()
    cusum_signal = flag()
    applied = word(["nothing", "excluded", "corrected"])


class QualityMethods(Schema):
    """``quality/methods``: what is known of each method: precision, comparison, reference limits, sigma.

    A row a quantity; ``reason`` says why there is no number.
    """

    check = word(["precision", "comparison", "reference", "sigma"])
    test = text()
    group = text(nullable=True)
    quantity = text()
    estimate = real(nullable=True)
    low = real(nullable=True, infinite=True)
    high = real(nullable=True, infinite=True)
    n = integer(min=0)
    reason = text(nullable=True)

    @rule
    def estimated_or_explained() -> pl.Expr:
        """A quantity has a number or a reason."""
        return pl.col("estimate").is_not_null() | pl.col("reason").is_not_null()


class QualityMoving(Schema):
    """``quality/moving``: patients' results as controls: a moving statistic of each test at each site.

    ``low`` and ``high`` are limits that the statistic passes anywhere in a share ``quality.level`` of series whose
    results come in no order.
    """

    modality = text(key=True)
    test = text(key=True)
    group = text(key=True)
    statistic = word(["mean", "median", "ewma"])
    n = integer(min=0)
    centre = real(nullable=True)
    low = real(nullable=True)
    high = real(nullable=True)
    n_alarms = integer(min=0)
    first_alarm = text(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    p_adjusted = real(min=0.0, max=1.0)
    flagged = flag()
