"""The analysis plan shell: filled from the recommended design, absent where none was recommended."""

import dataclasses

import factory
import polars as pl
import pytest
from reading import section, sentences

from biomarker.report import build

DESIGNS = pl.DataFrame(
    {
        "recommended": [True],
        "status": ["ok"],
        "primary": ["positive"],
        "n_randomised": [186.0],
        "n_positive": [186.0],
        "n_negative": [0.0],
        "familywise_error": [0.025],
        "power": [0.9],
    }
)
MARKER = pl.DataFrame(
    {
        "situation": ["marker"], "endpoint_label": ["Survival <b>"], "positive": ["G1 above 5"],
        "negative": ["G1 at or below 5"], "type": ["survival"], "active": ["drug"], "control": ["placebo"],
    }
)  # fmt: skip
BOUNDS = pl.DataFrame({"information": [0.5, 1.0]})


def told(kind: str = "survival", primary: str = "positive", bounds: pl.DataFrame | None = BOUNDS) -> str:
    from biomarker.report.facts import gather
    from biomarker.report.sections import plan

    inputs = factory.inputs(genes=40)
    tables = {
        "trial/designs": DESIGNS.with_columns(primary=pl.lit(primary)),
        "trial/marker": MARKER.with_columns(type=pl.lit(kind)),
        **({} if bounds is None else {"trial/boundaries": bounds}),
    }
    made = plan.make(gather(dataclasses.replace(inputs, tables={**inputs.tables, **tables})))
    assert made is not None
    return " ".join(sentences(made))


def test_numbers_of_the_design_and_names_of_the_study_are_in_the_plan() -> None:
    found = told()
    for part in ("186 randomised", "G1 above 5", "2.5%", "90%", "2 analyses", "50%", "Log-rank", "age"):
        assert part in found, part


@pytest.mark.parametrize("kind", ["survival", "binary", "continuous"])
@pytest.mark.parametrize("primary", ["positive", "overall", "any", "strategy"])
def test_every_endpoint_and_primary_analysis_has_words(kind: str, primary: str) -> None:
    assert "Primary: all 186 randomised" in told(kind, primary)


def test_one_look_is_no_interim_analysis() -> None:
    assert "Interim analyses" in told(bounds=None)
    assert "committee" not in told(bounds=None)


def test_without_a_recommended_study_the_page_says_what_is_missing() -> None:
    made = section(build(factory.inputs(genes=40), "partner"), "plan")
    assert made["no_data"]
    assert "section named trial" in " ".join(sentences(made))
