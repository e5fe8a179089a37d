"""Units: published conversion factors, and conversions that would be wrong refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomarker.ingest.analytes import ANALYTES, analyte_of
from biomarker.ingest.units import ConversionError, convert, is_unit, ucum


# Factors from conventional to SI units as clinical journals print them (AMA Manual of Style, table of SI conversions)
@pytest.mark.parametrize(
    ("test", "given_", "target", "factor"),
    [
        ("creatinine", "mg/dL", "umol/L", 88.4),
        ("glucose", "mg/dL", "mmol/L", 0.0555),
        ("bilirubin", "mg/dL", "umol/L", 17.104),
        ("cholesterol", "mg/dL", "mmol/L", 0.0259),
        ("triglycerides", "mg/dL", "mmol/L", 0.0113),
        ("BUN", "mg/dL", "mmol/L", 0.357),
        ("uric acid", "mg/dL", "umol/L", 59.48),
        ("calcium", "mg/dL", "mmol/L", 0.25),
        ("calcium", "meq/L", "mmol/L", 0.5),
        ("magnesium", "mg/dL", "mmol/L", 0.411),
        ("phosphate", "mg/dL", "mmol/L", 0.323),
        ("iron", "ug/dL", "umol/L", 0.179),
        ("cortisol", "ug/dL", "nmol/L", 27.588),
        ("testosterone", "ng/dL", "nmol/L", 0.0347),
        ("estradiol", "pg/mL", "pmol/L", 3.671),
        ("folate", "ng/mL", "nmol/L", 2.266),
        ("vitamin B12", "pg/mL", "pmol/L", 0.7378),
        ("lactate", "mg/dL", "mmol/L", 0.111),
        ("haemoglobin", "g/dL", "mmol/L", 0.6206),
        ("sodium", "mEq/L", "mmol/L", 1.0),
        ("ALT", "U/L", "ukat/L", 0.0167),
        ("ALT", "IU/L", "U/L", 1.0),
        ("albumin", "g/dL", "g/L", 10.0),
        ("platelets", "K/uL", "10*9/L", 1.0),
        ("haematocrit", "%", "1", 0.01),
    ],
)
def test_published_factors(test, given_, target, factor):
    change = convert(given_, target, test=test)
    assert change.factor == pytest.approx(factor, rel=4e-3)
    assert change.offset == 0


def test_factors_of_ten_are_exact():
    assert convert("g/dL", "g/L").factor == 10.0
    assert convert("mg/L", "g/L").factor == 0.001
    assert convert("x10^9/L", "10*6/mL").factor == 1.0


def test_temperature_has_an_offset():
    change = convert("[degF]", "Cel")
    assert change.offset + change.factor * 98.6 == pytest.approx(37.0)


def test_molar_mass_that_was_used_is_said_with_its_source():
    note = convert("mg/dL", "umol/L", test="creatinine").note
    assert "113.12 g/mol" in note
    assert "PubChem" in note
    assert convert("mg/dL", "g/L", test="creatinine").note == ""


def test_study_may_give_a_molar_mass():
    change = convert("mg/L", "umol/L", test="our drug", molar_mass=500.0)
    assert change.factor == pytest.approx(2.0)
    assert "500 g/mol (given by the study)" in change.note


@pytest.mark.parametrize(
    ("test", "given_", "target", "words"),
    [
        ("our drug", "mg/L", "umol/L", "molar mass"),
        ("HbA1c", "%", "umol/mol", "not proportional"),
        ("TSH", "mIU/L", "10*9/L", "arbitrary"),
        ("TSH", "mIU/L", "mU/L", "arbitrary"),
        ("anything", "meq/L", "mmol/L", "charge"),
        ("creatinine", "mg/dL", "10*9/L", "different things"),
        ("creatinine", "mg", "mg/dL", "different things"),
        ("creatinine", "mg/dLL", "mg/dL", "'mg/dLL' is not a UCUM unit"),
        ("creatinine", "mg/dL", "furlong", "'furlong' is not a UCUM unit"),
    ],
)
def test_conversion_that_would_be_wrong_is_refused(test, given_, target, words):
    with pytest.raises(ConversionError, match=words):
        convert(given_, target, test=test)


@given(
    st.sampled_from(sorted(ANALYTES)),
    st.sampled_from(["mg/dL", "g/L", "umol/L", "mmol/L", "ng/mL"]),
    st.sampled_from(["mg/dL", "g/L", "umol/L", "mmol/L", "ng/mL"]),
)
def test_there_and_back_is_where_one_was(test, one, other):
    assert convert(one, other, test=test).factor * convert(other, one, test=test).factor == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(
    ("spelt", "code"),
    [
        ("µmol/L", "umol/L"),
        ("μg/L", "ug/L"),
        ("x10^9/L", "10*9/L"),
        ("10^3/uL", "10*3/uL"),
        ("10E9/L", "10*9/L"),
        ("mEq/L", "meq/L"),
        ("mg/dL", "mg/dL"),
        ("m[iU]/L", "m[IU]/L"),
    ],
)
def test_spellings_of_laboratories(spelt, code):
    assert ucum(spelt) == code
    assert is_unit(spelt)


@pytest.mark.parametrize("unit", ["", "INR", "units", "mg/dLL", "mg/", "MG/DL"])
def test_what_is_no_unit(unit):
    assert not is_unit(unit)


def test_tests_are_known_however_they_are_written():
    assert analyte_of("Uric_Acid") is analyte_of("uric  acid")
    assert analyte_of("unheard of") is None
