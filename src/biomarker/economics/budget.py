"""Budget impact: what a payer's budget looks like with and without a new intervention, year by year."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, numbers, probabilities

__all__ = ["BudgetImpact", "budget_impact"]


@dataclass(frozen=True, eq=False, kw_only=True)
class BudgetImpact:
    """Budgets in the payer's money, undiscounted.

    Attributes
    ----------
    names : tuple of str
        Interventions.
    without, with_new : (n_years,)
        Budget of each year under the current and the new mix.
    impact : (n_years,)
        Their difference.
    patients_without, patients_with : (n_years, n_interventions)
        Patients who start each intervention.
    by_intervention : (n_years, n_interventions)
        Impact by intervention.
    convention : str
    """

    names: tuple[str, ...]
    without: Floats
    with_new: Floats
    impact: Floats
    patients_without: Floats
    patients_with: Floats
    by_intervention: Floats
    convention: str

    @property
    def cumulative(self) -> Floats:
        """Impact summed up to each year."""
        return np.cumsum(self.impact)


def budget_impact(
    *,
    eligible: Any,
    cost_by_year: Mapping[str, Any],
    uptake_without: Mapping[str, Any],
    uptake_with: Mapping[str, Any],
    negative_cost_reason: str = "",
) -> BudgetImpact:
    """Budget of each year with and without a new intervention.

    ``budget_t = sum_d sum_{k <= t} eligible_{t-k} uptake_{d, t-k} cost_{d, k}``: patients who started k years before
    cost what the k-th year after the start costs.

    Parameters
    ----------
    eligible : (n_years,)
        Patients who become eligible in each year (prevalence times those tested or diagnosed).
    cost_by_year : mapping of intervention to () or (n_years_since_start,)
        Per patient in the first, second, ... year of the intervention: drug, test, administration, what follows. A
        single number is the first year alone.
    uptake_without, uptake_with : mapping of intervention to () or (n_years,)
        Share of the newly eligible who start it, without and with the new intervention on the market. Shares of a year
        sum to 1 (name "no treatment" with a cost of 0 where there is none).
    negative_cost_reason : str
        Why a cost is negative; without a reason it is refused.

    Returns
    -------
    BudgetImpact

    Raises
    ------
    ConfigError
        Shares outside [0, 1] or not summing to 1, unknown interventions, shapes that differ, a negative cost without a
        reason.

    Notes
    -----
    Valid for the payer and horizon of the costs; money is not discounted (ISPOR), and prices are as given. Deaths and
    stopping belong into `cost_by_year`.

    References
    ----------
    Sullivan et al. 2014 (ISPOR), https://doi.org/10.1016/j.jval.2013.08.2291

    Examples
    --------
    >>> found = budget_impact(eligible=[100, 100], cost_by_year={"old": 10, "new": [30, 5]},
    ...     uptake_without={"old": 1}, uptake_with={"old": [0.5, 0.5], "new": [0.5, 0.5]})
    >>> found.impact
    array([1000., 1250.])
    """
    people = numbers("eligible", eligible, low=0.0, ndim=1)
    years, names = people.size, tuple(cost_by_year)
    if years == 0 or not names:
        raise ConfigError("eligible or cost_by_year is empty, expected at least one year and one intervention")
    low = -np.inf if negative_cost_reason else 0.0
    hint = "Say why in negative_cost_reason if a cost is meant to be negative."
    spent = np.zeros((years, len(names)))
    for j, name in enumerate(names):
        cost = np.atleast_1d(numbers(f"cost_by_year[{name!r}]", cost_by_year[name], low=low, ndim=(0, 1), hint=hint))
        spent[: cost.size, j] = cost[:years]
    starts = {
        "without": people[:, None] * _uptake("uptake_without", uptake_without, names, years),
        "with": people[:, None] * _uptake("uptake_with", uptake_with, names, years),
    }
    budgets = {
        key: np.column_stack([np.convolve(begun[:, j], spent[:, j])[:years] for j in range(len(names))])
        for key, begun in starts.items()
    }
    change = budgets["with"] - budgets["without"]
    return BudgetImpact(
        names=names,
        without=budgets["without"].sum(axis=1),
        with_new=budgets["with"].sum(axis=1),
        impact=change.sum(axis=1),
        patients_without=starts["without"],
        patients_with=starts["with"],
        by_intervention=change,
        convention="undiscounted; patients start at the beginning of their year; costs by year since the start",
    )


def _uptake(name: str, given: Mapping[str, Any], names: tuple[str, ...], years: int) -> Floats:
    """Shares as (n_years, n_interventions); an intervention that is not named has none."""
    unknown = [key for key in given if key not in names]
    if unknown:
        raise ConfigError(f"{name} names {unknown[0]!r}, expected interventions of cost_by_year: {', '.join(names)}")
    shares = np.zeros((years, len(names)))
    for key, value in given.items():
        share = probabilities(f"{name}[{key!r}]", value)
        if share.shape not in ((), (1,), (years,)):
            raise ConfigError(f"{name}[{key!r}] has shape {share.shape}, expected one share or {years}")
        shares[:, names.index(key)] = share
    off = np.abs(shares.sum(axis=1) - 1.0) > 1e-8
    if off.any():
        year = int(np.flatnonzero(off)[0])
        raise ConfigError(
            f"{name} of year {year} sums to {shares[year].sum():g}, expected 1",
            "Name 'no treatment' with a cost of 0 for patients who start nothing.",
        )
    return shares
