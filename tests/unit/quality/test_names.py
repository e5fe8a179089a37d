"""What a name gives away, and what it does not."""

from __future__ import annotations

import pytest

from biomarker.quality.names import later_time, personal

LATER = [
    "cd4_week20",
    "cd4.week.20",
    "CD4_W20",
    "ldh_c2d1",
    "LDH_C1D8",
    "post_treatment_crp",
    "crp_post",
    "EOT_weight",
    "change_from_baseline",
    "pchg",
    "followup_days",
    "off_treatment",
    "offtrt",
    "tumour_change_chg",
    "best_response",
    "Best.Confirmed.Overall.Response",
    "binaryResponse",
    "nadir_anc",
    "days_to_last_followup",
    "time_to_death",
    "visit3",
    "month_6",
    "day28",
    "il6_d28",
    "responder",
    "on_treatment_biopsy",
    "died",
]
NOT_LATER = [
    "POSTN",
    "age",
    "week0",
    "day1",
    "c1d1",
    "baseline_week_1",
    "prior_progression",
    "Received.platinum",
    "Sample.collected.pre.platinum",
    "CHGA",
    "EOS",
    "eos",
    "W1",
    "vitamin_d3",
    "C1D",
    "HLA-DRB1",
    "RESP18",
    "screening_visit_2",
    "visit1",
    "OS9",
    "CD20",
    "WEE1",
    "RELA",
    "DIS3",
    "POST_TRANSLATIONAL_MODIFICATION",
    "FMOne.mutation.burden.per.MB",
    "HALLMARK_INFLAMMATORY_RESPONSE",
    "PROGRAMMED_CELL_DEATH",
    "CELL_CYCLE_PROGRESSION",
    "cd4",
    "Caspase-7_cleavedD198",
]
PERSONAL = [
    "patient_name",
    "Name",
    "surname",
    "initials",
    "DOB",
    "birth_date",
    "date_of_birth",
    "mrn",
    "phone",
    "e-mail",
    "zip_code",
    "PatientInitials",
    "address",
    "first.name",
    "BRTHDTC",
]
NOT_PERSONAL = [
    "gene_name",
    "test_name",
    "site_name",
    "file_name",
    "NAMPT",
    "NAME2GENE",
    "country",
    "age",
    "dobutamine",
    "mrna",
    "phonation",
]


@pytest.mark.parametrize("name", LATER)
def test_a_time_after_treatment_began(name):
    assert later_time(name)


@pytest.mark.parametrize("name", NOT_LATER)
def test_nothing_of_a_later_time(name):
    assert later_time(name) == ""


@pytest.mark.parametrize("name", PERSONAL)
def test_a_person(name):
    assert personal(name)


@pytest.mark.parametrize("name", NOT_PERSONAL)
def test_no_person(name):
    assert not personal(name)
