"""One model at a time with statsmodels, subject by subject by hand: who is used, what is adjusted for, what comes out.

Shares no line with the package: the design is written here from the study's words, the tests come from statsmodels.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.duration.hazard_regression import PHReg


@dataclass(frozen=True)
class Expected:
    """What a row of the screen must say."""

    estimate: float
    std_error: float
    statistic: float
    dof: float
    n: int
    n_events: int | None


def model_frame(study, modality, feature, endpoint, arms=None):
    """Complete cases: columns y (and event), x, arm, and the covariates as numbers; the index is the subject."""
    frame = pd.DataFrame({"arm": study.arms, "age": study.age, "sex": study.sex, "site": study.site}, index=study.ids)
    frame["y"] = study.endpoints[endpoint]["values"]
    if "event" in study.endpoints[endpoint]:
        frame["event"] = study.endpoints[endpoint]["event"]
    values = study.modalities[modality]
    column = pd.Series(values.values[:, values.names.index(feature)], index=values.ids, dtype=float)
    frame["x"] = column.reindex(frame.index)
    frame["age missing"] = frame["age"].isna().astype(float)  # kept: mean and indicator
    frame["age"] = frame["age"].fillna(frame["age"].mean())
    if study.arms is not None:
        frame = frame[frame["arm"].notna()]
        if arms is not None:
            frame = frame[frame["arm"].isin(arms)]
    frame = frame[frame["site"].notna() & frame["x"].notna() & frame["y"].notna()]
    dummies = pd.get_dummies(frame[["sex", "site"]], drop_first=True, dtype=float)
    return pd.concat([frame, dummies], axis=1), ["age", "age missing", *dummies.columns]


def expected(study, modality, feature, endpoint, arms=None):
    """The row of one feature and endpoint; with ``arms`` = (active, control) that of marker x treatment."""
    frame, names = model_frame(study, modality, feature, endpoint, arms)
    terms = [frame[name].to_numpy(float) for name in names]
    x = frame["x"].to_numpy() - frame["x"].mean()  # given an intercept no test depends on it, the oracle's digits do
    if arms is not None:
        active = (frame["arm"] == arms[0]).to_numpy(float)
        terms += [active, x]
        tested = x * active
    else:
        if study.arms is not None:
            terms += [(frame["arm"] == arm).to_numpy(float) for arm in sorted(set(frame["arm"]))[1:]]
        tested = x
    terms = [term for term in terms if np.ptp(term) > 0]
    kind = study.endpoints[endpoint]["type"]
    if kind == "continuous":
        return _linear(frame, terms, tested, by_arm=None if arms is None else active)
    return {"binary": _logistic, "survival": _cox}[kind](frame, terms, tested)


def _linear(frame, terms, tested, *, by_arm=None):
    y, design = frame["y"].to_numpy(), np.column_stack([tested, np.ones(len(frame)), *terms])
    fit = sm.OLS(y, design).fit()
    if by_arm is None:
        return Expected(fit.params[0], fit.bse[0], fit.tvalues[0], fit.df_resid, len(frame), None)
    weight, leverage = np.linalg.pinv(design)[0], fit.get_influence().hat_matrix_diag
    parts = []  # a residual variance for each arm, Satterthwaite's degrees of freedom
    for arm in (by_arm == 0, by_arm == 1):
        free = arm.sum() - leverage[arm].sum()
        parts.append((np.sum(fit.resid[arm] ** 2) / free * np.sum(weight[arm] ** 2), free))
    variance = sum(v for v, _ in parts)
    dof = variance**2 / sum(v**2 / free for v, free in parts)
    return Expected(fit.params[0], variance**0.5, fit.params[0] / variance**0.5, dof, len(frame), None)


def _logistic(frame, terms, tested):
    y = frame["y"].to_numpy()
    null = sm.GLM(y, np.column_stack([np.ones(len(frame)), *terms]), family=sm.families.Binomial()).fit(tol=1e-12)
    chi2, _, _ = null.model.score_test(null.params, exog_extra=tested[:, None])
    score = float(tested @ (y - null.fittedvalues))
    parameters = len(terms) + 2  # the intercept and the tested term
    return _from_score(score, float(np.squeeze(chi2)), len(frame), int(y.sum()), size=len(frame), parameters=parameters)


def _cox(frame, terms, tested):
    time, event = frame["y"].to_numpy(), frame["event"].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels speaks of its own deprecations here
        null = PHReg(time, np.column_stack(terms), status=event, ties="efron").fit(disp=0)
        at = null.params
        for _ in range(3):  # polish what the optimiser left
            at = at - np.linalg.solve(null.model.hessian(at), null.model.score(at))
        both = PHReg(time, np.column_stack([*terms, tested]), status=event, ties="efron")
        point = np.append(at, 0.0)
        score = both.score(point)[-1]
        variance = 1 / np.linalg.inv(-both.hessian(point))[-1, -1]
    events = int(event.sum())
    return _from_score(score, score**2 / variance, len(frame), events, size=events, parameters=len(terms) + 1)


def _from_score(score, chi2, n, n_events, *, size, parameters):
    """Score U and U^2 / V give V; the estimate is the first Newton step U / V, its law that of least squares."""
    variance, dof = score**2 / chi2, size - parameters
    error = (variance * dof / size) ** -0.5
    return Expected(score / variance, error, score / variance / error, dof, n, n_events)
