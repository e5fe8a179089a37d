"""Identifiers that are looked for, and what is said of the others."""

from biomarker.data.identifiers import searchable, unsearched_warning


def test_short_identifiers_and_numbers_are_not_searched_for_and_are_counted_without_being_shown() -> None:
    ids = ["01-701-1015", "SUBJ-7", "P01", "1234567", "12345.6", "12345678"]
    assert searchable(ids) == {"01-701-1015", "SUBJ-7"}
    told = unsearched_warning(ids)
    assert told.startswith("subjects: 4 of 6 identifiers")
    assert "pseudonyms: true" in told
    assert not any(one in told for one in ids)
    assert unsearched_warning(["SUBJ-7", "SUBJ-8"]) == ""


def test_a_subject_whose_identifier_a_computer_could_read_as_a_number_is_looked_for():
    assert searchable(["12E345", "004e19", "Infinity", "123456", "-12345.6", "1234,56"]) == {
        "12E345",
        "004e19",
        "Infinity",
    }
