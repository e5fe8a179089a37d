"""What a study file says of direct identifiers and dates."""

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["KEY", "PrivacySettings"]

#: The environment's variable that holds the key.
KEY = "BIOMARKER_PRIVACY_KEY"


@dataclass(frozen=True, kw_only=True)
class PrivacySettings:
    """What becomes of identifiers."""

    identifiers: Literal["report", "refuse"] = field(
        default="report",
        metadata={"doc": "Direct identifiers found in columns and texts: report where (report), or end the run too."},
    )
    pseudonyms: bool = field(
        default=False,
        metadata={"doc": f"Subjects' ids become a keyed hash (HMAC-SHA-256) in all results; the key is ${KEY}."},
    )
    shift_dates: bool = field(
        default=False,
        metadata={"doc": f"All dates of a subject move by days of its own, told by ${KEY}; days between them stay."},
    )

    @property
    def keyed(self) -> bool:
        """Whether the key is needed."""
        return self.pseudonyms or self.shift_dates
