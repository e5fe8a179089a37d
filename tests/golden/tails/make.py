"""Tail probabilities to 60 digits: run `python make.py` where mpmath is installed; writes tails.json beside itself."""

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60
Z = [0.0, 1e-8, 0.1, 1.0, 1.96, 5.0, 12.0, 37.0, 38.5, 40.0, 100.0, 1000.0]
T = [0.0, 1e-8, 0.1, 0.999, 1.0, 1.001, 2.5, 8.0, 30.0, 40.0, 400.0, 1e5, 1e12]
DOF = [1.0, 2.5, 7.0, 96.0, 495.0, 5000.0, 100000.0]
CHI2 = [0.0, 1e-6, 0.5, 1.0, 3.84, 30.0, 700.0, 1400.0, 1600.0, 1e4]
CHI2_DOF = [1.0, 2.0, 5.0, 60.0]


def beta_tail(t: float, nu: float) -> mp.mpf:
    """Two-sided tail of Student's t by the hypergeometric form, which needs no small difference."""
    a, b, x = mp.mpf(nu) / 2, mp.mpf(1) / 2, mp.mpf(nu) / (mp.mpf(nu) + mp.mpf(t) ** 2)
    if t == 0:
        return mp.mpf(1)
    # the density integrated from t outwards, in the variable u = log of the excess
    density = lambda s: mp.exp(  # noqa: E731
        -(a + b) * mp.log1p(s**2 / nu) - mp.log(mp.beta(a, b)) - mp.log(nu) / 2
    )
    if x > mp.mpf("0.5") and t < 3:
        return 1 - 2 * mp.quad(density, [0, t])
    front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) - mp.log(mp.beta(a, b)))
    return front * mp.hyp2f1(a + b, 1, a + 1, x)


def main() -> None:
    """Write the table."""
    log10 = lambda p: float(mp.log10(p))  # noqa: E731
    table = {
        "made_with": f"mpmath {mp.__version__}, {mp.mp.dps} digits",
        "normal": [[z, log10(mp.erfc(mp.mpf(z) / mp.sqrt(2)))] for z in Z],
        "t": [[t, nu, log10(beta_tail(t, nu))] for nu in DOF for t in T],
        "chi2": [
            [x, k, log10(mp.gammainc(mp.mpf(k) / 2, mp.mpf(x) / 2, regularized=True))] for k in CHI2_DOF for x in CHI2
        ],
    }
    Path(__file__).with_name("tails.json").write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
