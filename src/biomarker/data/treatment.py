"""Who received what, which arms are compared, and how the arms were assigned."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import InsufficientDataError, SchemaError

__all__ = ["Comparison", "Treatment"]

_LISTED = 8


@dataclass(frozen=True)
class Comparison:
    """Two arms that are compared."""

    active: str
    control: str

    @property
    def name(self) -> str:
        """As result tables write it: ``drug vs placebo``."""
        return f"{self.active} vs {self.control}"


@dataclass(frozen=True)
class Treatment:
    """Arm of each subject and the comparisons asked for.

    Attributes
    ----------
    arms : tuple of str or None, one a subject
        None where the arm is not known.
    comparisons : tuple of Comparison
    assignment : ``randomised`` or ``observational``
    probability : float
        Probability of the active arm within a comparison.
    """

    arms: tuple[str | None, ...]
    comparisons: tuple[Comparison, ...]
    assignment: Literal["randomised", "observational"] = "randomised"
    probability: float = 0.5

    def __post_init__(self) -> None:
        present = {arm for arm in self.arms if arm is not None}
        if not self.comparisons:
            raise SchemaError("subjects.treatment names no comparison")
        for comparison in self.comparisons:
            if comparison.active == comparison.control:
                raise SchemaError(f"treatment: the arm {comparison.active!r} is compared with itself")
            for arm in (comparison.active, comparison.control):
                if arm not in present:
                    # a column of something else (identifiers, say) is counted, not listed
                    found = ", ".join(sorted(present)) if len(present) <= _LISTED else f"{len(present)} different ones"
                    raise InsufficientDataError(
                        f"treatment: no subject is in the arm {arm!r}; arms found: {found or 'none'}",
                        "Correct subjects.treatment, or leave it out for a single-arm study.",
                    )
        if not 0 < self.probability < 1:
            raise SchemaError(f"treatment: probability {self.probability} is not between 0 and 1")

    def indicator(self, comparison: Comparison) -> NDArray[np.float64]:
        """1 in the active arm, 0 in the control arm, NaN elsewhere (n_subjects,)."""
        codes = {comparison.active: 1.0, comparison.control: 0.0}
        return np.array([codes.get(arm, np.nan) if arm is not None else np.nan for arm in self.arms])
