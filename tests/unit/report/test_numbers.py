"""How numbers are printed."""

import pytest

from biomarker.report.words import numbers


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "–"),
        (0.31, "0.31"),
        (0.0499, "0.050"),
        (0.012, "0.012"),
        (0.0012, "0.0012"),
        (0.00032, "3.2e-04"),
        (3.2e-7, "3.2e-07"),
        (1.0, "1.00"),
        ({"log10": -345.5}, "3.2e-346"),
    ],
)
def test_p_values_keep_two_digits_and_survive_underflow(value: object, printed: str) -> None:
    assert numbers.p_value(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0, "0"), (1234.5, "1,234"), (1.5234, "1.52"), (-8.2, "−8.20"), (0.00042, "4.20e-04"), (-0.0001, "−1.00e-04")],
)
def test_estimates_keep_three_digits_with_a_true_minus_sign(value: float, printed: str) -> None:
    assert numbers.estimate(value) == printed


@pytest.mark.parametrize(
    ("estimate", "low", "high", "printed"),
    [
        (1.519, 1.21, 1.908, ("1.52", "1.21", "1.91")),
        (-8.21, -13.44, -2.97, ("−8.2", "−13.4", "−3.0")),
        (12.3, 0.011, 13000.0, ("12.3", "0.0110", "13,000")),
        (2.0, None, None, ("2.00", "–", "–")),
        (0.0, -0.001, 0.001, ("0.00000", "−0.00100", "0.00100")),
        (1.0041, 1.0022, 1.0060, ("1.0041", "1.0022", "1.0060")),
    ],
)
def test_an_interval_has_one_number_of_decimals_unless_its_limits_lie_far_apart(
    estimate: float, low: float | None, high: float | None, printed: tuple[str, str, str]
) -> None:
    assert numbers.interval_parts({"estimate": estimate, "low": low, "high": high}) == printed


def test_counts_have_thousands_apart_and_shares_a_percent_sign() -> None:
    assert numbers.count(1234567) == "1,234,567"
    assert numbers.share(0.05) == "5%"
    assert numbers.share(0.125) == "12.5%"
    assert numbers.about(101.4) == "101.4"
    assert numbers.about(100.0) == "100"


def test_no_zero_has_a_minus_sign() -> None:
    assert numbers.count(-0.2) == "0"
    assert numbers.about(-0.001) == "0"
