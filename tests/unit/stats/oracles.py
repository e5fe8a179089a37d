"""Slow, independent implementations: one model at a time, straight from the definitions."""

from itertools import groupby

import numpy as np


def ols(y, columns):
    """Coefficient, standard error and residual degrees of freedom of the first column, by the pseudo-inverse."""
    scale = np.linalg.norm(columns, axis=0)
    x = columns / np.where(scale > 0, scale, 1)
    gram = np.linalg.pinv(x.T @ x, rcond=1e-13)
    b = gram @ x.T @ y
    dof = len(y) - np.linalg.matrix_rank(x)
    s2 = np.sum((y - x @ b) ** 2) / dof
    return b[0] / scale[0], np.sqrt(s2 * gram[0, 0]) / scale[0], dof


def logistic_terms(y, x, b):
    """Log-likelihood, score and information of a logistic model, subject by subject."""
    value, score, information = 0.0, np.zeros(x.shape[1]), np.zeros((x.shape[1],) * 2)
    for yi, xi in zip(y, x, strict=True):
        mu = 1 / (1 + np.exp(-xi @ b))
        value += np.log(mu if yi else 1 - mu)
        score += (yi - mu) * xi
        information += mu * (1 - mu) * np.outer(xi, xi)
    return value, score, information


def cox_terms(time, event, x, b, strata=None):
    """Efron's log partial likelihood, score and information, risk set by risk set."""
    strata = np.zeros(len(time)) if strata is None else strata
    value, score, information = 0.0, np.zeros(x.shape[1]), np.zeros((x.shape[1],) * 2)
    keys = sorted((s, t) for s, t, d in zip(strata, time, event, strict=True) if d)
    for (stratum, at), run in groupby(keys):
        d = len(list(run))
        risk = [i for i in range(len(time)) if strata[i] == stratum and time[i] >= at]
        dead = [i for i in risk if time[i] == at and event[i]]
        for step in range(d):
            weight = np.array([np.exp(x[i] @ b) * (1 - step / d if i in dead else 1) for i in risk])
            mean = weight @ x[risk] / weight.sum()
            value -= np.log(weight.sum())
            score -= mean
            information += (x[risk] * weight[:, None]).T @ x[risk] / weight.sum() - np.outer(mean, mean)
        value += sum(x[i] @ b for i in dead)
        score += x[dead].sum(axis=0)
    return value, score, information


def newton(terms, q, rounds=40):
    """Maximum of a log-likelihood by plain Newton steps."""
    b = np.zeros(q)
    for _ in range(rounds):
        _, score, information = terms(b)
        b = b + np.linalg.solve(information, score)
    return b


def score_test(terms, null, extra):
    """z and one-step estimate of `extra` columns' single parameter at the null estimate, from the full derivatives."""
    _, score, information = terms(np.append(null, np.zeros(extra)))
    variance = 1 / np.linalg.inv(information)[-1, -1]
    return score[-1] / np.sqrt(variance), score[-1] / variance


def score_statistics(result, size):
    """The score statistics behind a screen: undoes ``statistic = score statistic * sqrt(dof / size)``."""
    return result.statistic[:, 0] * np.sqrt(size / result.dof[:, 0])


def first_coefficient_with_a_variance_for_each_arm(y, design, arm):
    """Estimate, standard error and Satterthwaite's dof by the hat matrix; the design may be rank deficient."""
    inverse = np.linalg.pinv(design)
    hat = design @ inverse
    residual, weight = y - hat @ y, inverse[0]
    parts = []
    for a in (0, 1):
        in_arm = arm == a
        free = in_arm.sum() - np.trace(hat[np.ix_(in_arm, in_arm)])
        parts.append((residual[in_arm] @ residual[in_arm] / free * (weight[in_arm] @ weight[in_arm]), free))
    total = sum(v for v, _ in parts)
    return weight @ y, np.sqrt(total), total**2 / sum(v**2 / free for v, free in parts)
