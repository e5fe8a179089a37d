"""Shapes of boundaries: constants of classical designs, and functions that spend an error over information time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, refuse

__all__ = [
    "Exponential",
    "FixedBounds",
    "HaybittlePeto",
    "HwangShihDeCani",
    "KimDeMets",
    "LanDeMetsOBrienFleming",
    "LanDeMetsPocock",
    "OBrienFleming",
    "Pocock",
    "Spending",
    "UserSpending",
    "WangTsiatis",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WangTsiatis:
    """Bounds ``z_k = c t_k^(delta - 1/2)`` with one constant for all looks (Wang and Tsiatis).

    ``delta`` 0 is O'Brien-Fleming, 0.5 is Pocock. https://doi.org/10.2307/2531959
    """

    delta: float = 0.25

    def __post_init__(self) -> None:
        between("delta", self.delta, -5.0, 1.0, closed="both")

    @property
    def name(self) -> str:
        """The shape in words."""
        return f"Wang-Tsiatis, delta {self.delta:g}"

    def bounds(self, t: Floats, constant: float) -> Floats:
        """Bounds at information fractions `t` for one constant, the bound at fraction 1."""
        return np.asarray(constant * (t / t[-1]) ** (self.delta - 0.5))


@dataclass(frozen=True)
class OBrienFleming(WangTsiatis):
    """Bounds ``z_k = c / sqrt(t_k)``: very strict early. https://doi.org/10.2307/2530245"""

    delta: float = field(default=0.0, init=False)

    @property
    def name(self) -> str:
        """The shape in words."""
        return "O'Brien-Fleming"


@dataclass(frozen=True)
class Pocock(WangTsiatis):
    """The same bound at every look. https://doi.org/10.1093/biomet/64.2.191"""

    delta: float = field(default=0.5, init=False)

    @property
    def name(self) -> str:
        """The shape in words."""
        return "Pocock"


@dataclass(frozen=True)
class HaybittlePeto:
    """A fixed strict bound at every interim look; the last bound takes what error is left.

    https://doi.org/10.1259/0007-1285-44-526-793
    """

    interim: float = 3.0

    def __post_init__(self) -> None:
        between("interim", self.interim, 0.0)

    @property
    def name(self) -> str:
        """The shape in words."""
        return f"Haybittle-Peto, interim z {self.interim:g}"

    def bounds(self, t: Floats, constant: float) -> Floats:
        """The interim bound, and `constant` at the last look."""
        return np.append(np.full(t.size - 1, self.interim), constant)


@dataclass(frozen=True)
class FixedBounds:
    """Bounds given as numbers on the scale of Z, one a look (efficacy) or one an interim look (futility).

    Use -inf (futility) or inf (efficacy) for a look at which the study does not stop.
    """

    z: Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "z", tuple(float(value) for value in self.z))
        if not self.z or np.any(np.isnan(self.z)):
            raise refuse("z", self.z, "at least one number, inf allowed")

    @property
    def name(self) -> str:
        """The shape in words."""
        return "fixed bounds"


@dataclass(frozen=True)
class Spending:
    """A spending function: how much of an error may be used up at information fraction t.

    A subclass gives `spent`; it must rise from 0 at ``t = 0`` to the whole error at ``t = 1``. With two sides the
    function is applied to the error of each side.
    """

    @property
    def name(self) -> str:
        """The function in words."""
        return type(self).__name__

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction; more than 1 counts as 1."""
        raise NotImplementedError


@dataclass(frozen=True)
class LanDeMetsOBrienFleming(Spending):
    """``2 - 2 Phi(z_{1 - error/2} / sqrt t)`` (Lan and DeMets). https://doi.org/10.1093/biomet/70.3.659"""

    @property
    def name(self) -> str:
        """The function in words."""
        return "Lan-DeMets spending of O'Brien-Fleming type"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        with np.errstate(divide="ignore"):
            return np.asarray(2.0 * ndtr(ndtri(error / 2.0) / np.sqrt(np.clip(t, 0.0, 1.0))))


@dataclass(frozen=True)
class LanDeMetsPocock(Spending):
    """``error ln(1 + (e - 1) t)`` (Lan and DeMets). https://doi.org/10.1093/biomet/70.3.659"""

    @property
    def name(self) -> str:
        """The function in words."""
        return "Lan-DeMets spending of Pocock type"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        return np.asarray(error * np.log1p((np.e - 1.0) * np.clip(t, 0.0, 1.0)))


@dataclass(frozen=True)
class HwangShihDeCani(Spending):
    """``error (1 - exp(-gamma t)) / (1 - exp(-gamma))``, linear at gamma 0. https://doi.org/10.1002/sim.4780091207

    ``gamma`` -4 resembles O'Brien-Fleming, 1 resembles Pocock.
    """

    gamma: float = -4.0

    def __post_init__(self) -> None:
        between("gamma", self.gamma, -100.0, 100.0, closed="both")

    @property
    def name(self) -> str:
        """The function in words."""
        return f"Hwang-Shih-DeCani spending, gamma {self.gamma:g}"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        time = np.clip(t, 0.0, 1.0)
        if abs(self.gamma) < 1e-12:
            return np.asarray(error * time)
        return np.asarray(error * np.expm1(-self.gamma * time) / np.expm1(-self.gamma))


@dataclass(frozen=True)
class KimDeMets(Spending):
    """``error t^rho`` (Kim and DeMets). https://doi.org/10.1093/biomet/74.1.149"""

    rho: float = 3.0

    def __post_init__(self) -> None:
        between("rho", self.rho, 0.0)

    @property
    def name(self) -> str:
        """The function in words."""
        return f"Kim-DeMets spending, rho {self.rho:g}"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        return np.asarray(error * np.clip(t, 0.0, 1.0) ** self.rho)


@dataclass(frozen=True)
class Exponential(Spending):
    """``error^(t^-nu)`` (Anderson and Clark). https://doi.org/10.1002/sim.3737"""

    nu: float = 0.75

    def __post_init__(self) -> None:
        between("nu", self.nu, 0.0, 10.0, closed="high")

    @property
    def name(self) -> str:
        """The function in words."""
        return f"exponential spending, nu {self.nu:g}"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        with np.errstate(divide="ignore"):
            return np.asarray(error ** (np.clip(t, 0.0, 1.0) ** -self.nu))


@dataclass(frozen=True)
class UserSpending(Spending):
    """A spending function of one's own: a function of t, or points between which it is linear.

    Parameters
    ----------
    share : callable or sequence of (t, share)
        Share of the error spent at a fraction; a callable takes an array. Ends at share 1.
    """

    share: Callable[[Floats], npt.ArrayLike] | tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        grid = np.linspace(0.0, 1.0, 101)
        share = self._share(grid)
        if np.any(np.diff(share) < -1e-12) or not np.isclose(share[-1], 1.0) or share[0] < 0:
            raise refuse("share", self.share, "a function that rises from 0 (or above) at t = 0 to 1 at t = 1")

    def _share(self, t: Floats) -> Floats:
        if callable(self.share):
            return np.asarray(self.share(t), dtype=np.float64)
        points = np.asarray(self.share, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or np.any(np.diff(points[:, 0]) <= 0):
            raise refuse("share", self.share, "pairs (t, share) with ascending t")
        if points[0, 0] > 0:
            points = np.vstack([[0.0, 0.0], points])
        return np.interp(t, points[:, 0], points[:, 1])

    @property
    def name(self) -> str:
        """The function in words."""
        return "spending given by the user"

    def spent(self, t: Floats, error: float) -> Floats:
        """Error spent up to each fraction."""
        return error * self._share(np.clip(t, 0.0, 1.0))
