"""Tables of what was found in the records that came in."""

from biomarker.data.schema import Schema, integer, text, word

__all__ = ["IDENTIFIERS", "PrivacyFindings"]

#: Kinds of direct identifiers that are looked for.
IDENTIFIERS = ("name", "e-mail", "phone", "record number", "address", "birth date")


class PrivacyFindings(Schema):
    """``privacy/<modality>``: where in an input file direct identifiers seem to stand; never which."""

    file = text(key=True)
    column = text(key=True)
    kind = word(list(IDENTIFIERS), key=True)
    found_by = word(["its name", "its content"], key=True)
    n = integer(min=0)
    n_looked_at = integer(min=0)
