"""Tables of what was found in the records that came in."""

from biomarker.data.schema import Schema, integer, text, word

__all__ = ["IDENTIFIERS", "IMPOSSIBLE", "RECORD_CHECKS", "PrivacyFindings", "RecordFindings"]

#: Kinds of direct identifiers that are looked for.
IDENTIFIERS = ("name", "e-mail", "phone", "record number", "address", "birth date")
#: Orders of dates that cannot be, whoever wrote them.
IMPOSSIBLE = {
    "end_before_begin": "events that end before they begin",
    "before_birth": "records from before birth",
    "after_death": "records from after death",
    "date_order": "dates of a subject in an order that cannot be",
}
#: What is looked for in clinical records, in the order of the report.
RECORD_CHECKS = {
    **IMPOSSIBLE,
    "before_consent": "records that the study made before consent",
    "after_cut": "records from after the data were cut",
    "unit": "values in another unit, or with a slipped decimal point",
    "below_zero": "values below zero of tests that are otherwise never negative",
    "range": "values outside the limits that the study file gives",
    "arm": "subjects who received another arm than was planned",
    "dose": "doses that are not planned for the arm",
    "no_dose": "subjects without a dose",
    "visit_window": "days outside the windows of the planned visits",
    "missed_visit": "planned visits without a record, and with later ones",
    "eligibility": "subjects who do not meet a criterion at baseline",
}


class PrivacyFindings(Schema):
    """``privacy/<modality>``: where in an input file direct identifiers seem to stand; never which."""

    file = text(key=True)
    column = text(key=True)
    kind = word(list(IDENTIFIERS), key=True)
    found_by = word(["its name", "its content"], key=True)
    n = integer(min=0)
    n_looked_at = integer(min=0)


class RecordFindings(Schema):
    """``quality/records``: what is wrong with clinical records, a row a subject and finding.

    It names subjects. The report's internal edition lists them by ``subject``, their row in ``cohort/subjects``; the
    partner edition counts them. Rows that were quarantined for such a fault have a ``place`` and no subject.
    """

    check = word(list(RECORD_CHECKS))
    modality = text(nullable=True)
    subject = integer(nullable=True, min=1)
    subject_id = text(nullable=True)
    item = text()
    n = integer(min=1)
    place = text(nullable=True)
