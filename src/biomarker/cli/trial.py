"""``biomarker trial``: study designs from plain numbers, for whoever plans one."""

from pathlib import Path
from typing import Any

import typer

app = typer.Typer(
    name="trial",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Plan a study from plain numbers: no study file and no data are needed.

    How many subjects:    biomarker trial size --endpoint survival --hazard-ratio 0.7

    Which design:         biomarker trial designs --prevalence 0.3 --hazard-ratio-positive 0.6 --median 8

    When to look:         biomarker trial boundaries --looks 0.5,0.75,1

    Is the error kept:    biomarker trial simulate --prevalence 0.3 --hazard-ratio-positive 1 --n 300 --events 200

    Every table is printed; --out FILE.csv (or .tsv, .json) keeps it with all digits.
    """,
)

#: A table of designs has many columns: narrower terminals wrap its lines
WIDEST = 130
OUT = typer.Option(None, "--out", help="Keep the table: FILE.csv, FILE.tsv or FILE.json.")
POWER = typer.Option(0.9, help="Power to reach, above alpha and below 1.")
ALPHA = typer.Option(0.025, help="One-sided type I error.")
RATIO = typer.Option(1.0, help="Treatment subjects per control subject.")
LOOKS = typer.Option("1", help="Analyses as fractions of the information, the last 1: 0.5,0.75,1.")
PREVALENCE = typer.Option(..., help="Share of marker-positive candidates, above 0 and below 1.")
HR_POSITIVE = typer.Option(..., help="Hazard ratio, treatment over control, of the marker-positive.")
HR_NEGATIVE = typer.Option(1.0, help="The same of the marker-negative.")
SENSITIVITY = typer.Option(1.0, help="Of the assay.")
SPECIFICITY = typer.Option(1.0, help="Of the assay.")
MEDIAN = typer.Option(12.0, help="Median time to the event of controls.")


def add_to(app_: typer.Typer) -> None:
    """Register the verb."""
    app_.add_typer(app)


@app.command()
def size(
    endpoint: str = typer.Option("survival", help="means, rates or survival."),
    difference: float = typer.Option(0.5, help="Means: treatment minus control."),
    sd: float = typer.Option(1.0, help="Means: standard deviation within an arm."),
    treated: float = typer.Option(0.5, help="Rates: event probability under treatment."),
    control: float = typer.Option(0.3, help="Rates: the same under control."),
    hazard_ratio: float = typer.Option(0.7, help="Survival: treatment over control."),
    event_probability: float = typer.Option(0.7, help="Survival: of a subject, by the analysis."),
    power: float = POWER,
    alpha: float = ALPHA,
    ratio: float = RATIO,
    out: Path | None = OUT,
) -> None:
    """How many subjects a comparison of two arms needs."""
    from biomarker.trial.interactive import sizes

    choices = {"power": power, "alpha": alpha, "ratio": ratio}
    effect = {
        "means": {"difference": difference, "sd": sd},
        "rates": {"treated": treated, "control": control},
        "survival": {"hazard_ratio": hazard_ratio, "event_probability": event_probability},
    }
    _show(sizes(endpoint, effect.get(endpoint, {}), **choices), "Sample size", out)


@app.command()
def designs(
    prevalence: float = PREVALENCE,
    hazard_ratio_positive: float = HR_POSITIVE,
    hazard_ratio_negative: float = HR_NEGATIVE,
    median: float = MEDIAN,
    follow_up: float = typer.Option(12.0, help="From the last entry to the analysis."),
    sensitivity: float = SENSITIVITY,
    specificity: float = SPECIFICITY,
    failure: float = typer.Option(0.0, help="Share of samples without a result."),
    consent: float = typer.Option(1.0, help="Share of candidates who agree."),
    screening_rate: float = typer.Option(30.0, help="Candidates approached per unit of time."),
    power: float = POWER,
    alpha: float = ALPHA,
    ratio: float = RATIO,
    looks: str = LOOKS,
    seed: int = typer.Option(1, help="Of designs that are simulated."),
    out: Path | None = OUT,
) -> None:
    """Every biomarker design side by side: subjects, screening, events, duration, power."""
    from biomarker.trial.interactive import designs_compared

    _show(
        designs_compared(
            prevalence=prevalence,
            hazard_ratios=(hazard_ratio_positive, hazard_ratio_negative),
            median=median,
            follow_up=follow_up,
            assay=(sensitivity, specificity, failure),
            consent=consent,
            screening_rate=screening_rate,
            power=power,
            alpha=alpha,
            ratio=ratio,
            looks=_fractions(looks),
            seed=seed,
        ),
        "Biomarker designs",
        out,
    )


@app.command()
def boundaries(
    looks: str = typer.Option("0.5,0.75,1", help="Analyses as fractions of the information, the last 1; or how many."),
    efficacy: str = typer.Option(
        "lan-demets-obrien-fleming",
        help="obrien-fleming, pocock, wang-tsiatis:DELTA, haybittle-peto, lan-demets-obrien-fleming, "
        "lan-demets-pocock, hwang-shih-decani:GAMMA or kim-demets:RHO.",
    ),
    futility: str = typer.Option("none", help="none, or hwang-shih-decani:GAMMA (spends beta)."),
    binding: bool = typer.Option(False, "--binding", help="The error is kept only if futility bounds are obeyed."),  # noqa: FBT001, FBT003
    sided: int = typer.Option(1, help="1 or 2."),
    power: float = POWER,
    alpha: float = ALPHA,
    out: Path | None = OUT,
) -> None:
    """Bounds of a group-sequential design, the error and power spent, and how much larger it is."""
    from biomarker.trial.interactive import bounds

    _show(
        bounds(
            _fractions(looks),
            efficacy=efficacy,
            futility=futility,
            binding=binding,
            sided=sided,
            power=power,
            alpha=alpha,
        ),
        "Group-sequential bounds",
        out,
    )


@app.command()
def simulate(
    prevalence: float = PREVALENCE,
    hazard_ratio_positive: float = HR_POSITIVE,
    hazard_ratio_negative: float = HR_NEGATIVE,
    median: float = MEDIAN,
    accrual: float = typer.Option(24.0, help="Duration of enrolment."),
    n: int = typer.Option(..., help="Subjects randomised."),
    events: int = typer.Option(..., help="Events at which the last analysis takes place."),
    analysis: str = typer.Option("closed", help="overall, positive, fallback or closed."),
    sensitivity: float = SENSITIVITY,
    specificity: float = SPECIFICITY,
    alpha: float = ALPHA,
    looks: str = LOOKS,
    trials: int = typer.Option(10_000, help="Simulated studies of each scenario."),
    seed: int = typer.Option(1, help="The same seed gives the same numbers."),
    out: Path | None = OUT,
) -> None:
    """A survival study simulated under ten truths, with the Monte-Carlo error of every number."""
    from biomarker.trial.interactive import scenarios

    _show(
        scenarios(
            prevalence=prevalence,
            hazard_ratios=(hazard_ratio_positive, hazard_ratio_negative),
            median=median,
            accrual=accrual,
            n=n,
            events=events,
            analysis=analysis,
            assay=(sensitivity, specificity),
            alpha=alpha,
            looks=_fractions(looks),
            trials=trials,
            seed=seed,
        ),
        "Operating characteristics",
        out,
    )


def _fractions(text: str) -> list[float]:
    """``0.5,0.75,1`` as numbers; a whole number above 1 as that many equally spaced looks."""
    from biomarker.errors import ConfigError

    try:
        given = [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"looks is {text!r}; allowed: fractions with commas between, or a whole number") from None
    if len(given) == 1 and given[0] > 1 and given[0] == int(given[0]):
        return [(k + 1) / given[0] for k in range(int(given[0]))]
    return given


def _show(rows: list[dict[str, Any]], title: str, out: Path | None) -> None:
    """Print a table, and keep it where asked."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from biomarker.data.files import write_rows_as

    notes = list(dict.fromkeys(str(row["convention"]) for row in rows if row.get("convention")))
    shown = [name for name in rows[0] if name not in ("convention", "cases", "reason")]
    drawn = Table(title=title, box=box.SIMPLE_HEAD)
    for name in shown:
        drawn.add_column(name.removeprefix("n_").replace("_", " "), justify="right" if _numeric(rows, name) else "left")
    for row in rows:
        drawn.add_row(*(_cell(row.get(name)) for name in shown))
    console = Console()
    console = Console(width=max(console.width, WIDEST))
    console.print(drawn)
    for row in rows:
        if row.get("reason"):
            console.print(f"{row[shown[0]]}: {row['reason']}", markup=False)
    for note in notes[:4]:
        console.print(f"- {note}", markup=False, highlight=False)
    cases = sorted({case for row in rows for case in row.get("cases", ())})
    if cases:
        console.print(f"Published cases behind these numbers: {', '.join(cases)}", markup=False, highlight=False)
    if out is not None:
        write_rows_as(rows, out)
        console.print(f"kept: {out}", markup=False)


def _numeric(rows: list[dict[str, Any]], name: str) -> bool:
    return any(isinstance(row.get(name), int | float) for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
