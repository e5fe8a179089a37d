"""What a guess about a modality says: settings, evidence, and what is asked of the user."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Modality"]


@dataclass(frozen=True)
class Modality:
    """A guess: settings as the study file has them, why, and what the user must say.

    Attributes
    ----------
    name : str
    settings : dict
    why : dict of str to str
        Evidence, by key.
    fill : dict of str to str
        What is asked of the user, by key; the setting is then only an example, or None.
    """

    name: str
    settings: dict[str, Any]
    why: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
