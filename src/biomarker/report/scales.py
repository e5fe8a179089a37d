"""How an effect is shown: ratios for models on a logarithmic scale, differences for the others."""

import math
from dataclasses import dataclass

__all__ = ["Scale", "scale_of"]


@dataclass(frozen=True)
class Scale:
    """How estimates of one kind are printed and drawn.

    Attributes
    ----------
    key : str
        Names the phrase ``scale.<key>``.
    ratio : bool
        Whether the table's estimate is the logarithm of what is shown.
    """

    key: str
    ratio: bool

    def shown(self, value: float | None) -> float | None:
        """The estimate as it is printed: ``exp(value)`` for a ratio; null where it has no finite value."""
        if value is None or not math.isfinite(value):
            return None
        if not self.ratio:
            return value
        # Beyond this a ratio is no longer a number a reader can use, nor a double
        return math.exp(value) if abs(value) < 300 else None

    @property
    def nothing(self) -> float:
        """The value that means no effect."""
        return 1.0 if self.ratio else 0.0


def scale_of(effect_scale: str, contrast: str) -> Scale:
    """The scale that a table's ``effect_scale`` names, for a main effect or an interaction.

    Parameters
    ----------
    effect_scale : str
        "log odds ratio", "log hazard ratio" (underscores count as blanks) or any other word, which is a difference.
    contrast : str
        The coefficient of a predictive contrast is a ratio of ratios, or a difference of differences.
    """
    name = effect_scale.replace("_", " ").lower()
    ratio = "log" in name and ("odds" in name or "hazard" in name)
    kind = ("odds" if "odds" in name else "hazard") if ratio else "slope"
    return Scale(f"{kind}.interaction" if contrast == "predictive" else kind, ratio)
