"""What a report of an economic evaluation must say: the items of CHEERS 2022 in our words, to be filled."""

from collections.abc import Mapping
from dataclasses import dataclass

from biomarker.errors import ConfigError

__all__ = ["CHEERS_2022", "CheersItem", "FilledItem", "fill_cheers"]


@dataclass(frozen=True, kw_only=True)
class CheersItem:
    """One item of the checklist.

    Attributes
    ----------
    number : int
    section : str
    topic : str
    asks : str
        What is to be reported; a paraphrase, the binding text is in the cited statement.
    """

    number: int
    section: str
    topic: str
    asks: str


@dataclass(frozen=True, kw_only=True)
class FilledItem:
    """An item with its answer; `reported` is False where nothing was said."""

    item: CheersItem
    answer: str
    reported: bool


_ITEMS = (
    ("Title", "Title", "That this is an economic evaluation, and which interventions are compared."),
    ("Abstract", "Abstract", "Context, methods, results and alternative analyses in a structured summary."),
    ("Introduction", "Background and objectives", "Why the study was done, its question, and who decides on it."),
    ("Methods", "Analysis plan", "Whether a health economic analysis plan exists and where it can be read."),
    ("Methods", "Study population", "Who is studied: age, sex, disease, marker status, other features that matter."),
    ("Methods", "Setting and location", "Where and in which health system, as far as it can affect the findings."),
    ("Methods", "Comparators", "What is compared with what, and why these."),
    ("Methods", "Perspective", "Whose costs and effects count, and why."),
    ("Methods", "Time horizon", "How far ahead costs and effects are followed, and why."),
    ("Methods", "Discount rate", "The rates for costs and effects, and the reason for them."),
    ("Methods", "Selection of outcomes", "Which outcomes stand for benefit and harm."),
    ("Methods", "Measurement of outcomes", "How these outcomes were measured."),
    ("Methods", "Valuation of outcomes", "In whom and by which method outcomes were valued."),
    ("Methods", "Resources and costs", "How resources were counted and priced."),
    ("Methods", "Currency and price date", "Years of the resource use and of the prices, currency, conversion."),
    ("Methods", "Rationale of the model", "If there is a model: what it is, why, and where it can be obtained."),
    ("Methods", "Analytics and assumptions", "Statistical methods, extrapolation, validation, assumptions."),
    ("Methods", "Heterogeneity", "How findings for subgroups, such as marker groups, were estimated."),
    ("Methods", "Distributional effects", "How effects are spread over people, and any weight for priority groups."),
    ("Methods", "Uncertainty", "How the sources of uncertainty were examined."),
    ("Methods", "Engagement", "How patients, the public or payers took part in the design."),
    ("Results", "Study parameters", "All inputs with values, ranges, sources and distributions."),
    ("Results", "Main results", "Mean costs and outcomes by category, and the summary measure used."),
    ("Results", "Effect of uncertainty", "How inputs, discount rate and horizon change the findings."),
    ("Results", "Effect of engagement", "What the involvement of patients and others changed."),
    ("Discussion", "Findings and limits", "Key findings, limits, ethics, equity, and how it may change practice."),
    ("Other", "Funding", "Who paid, and what part the payer had in the work."),
    ("Other", "Conflicts of interest", "Interests of the authors, as the journal asks."),
)

CHEERS_2022: tuple[CheersItem, ...] = tuple(
    CheersItem(number=i + 1, section=section, topic=topic, asks=asks) for i, (section, topic, asks) in enumerate(_ITEMS)
)


def fill_cheers(answers: Mapping[int, str]) -> tuple[FilledItem, ...]:
    """The checklist with answers by number; what has none is kept and marked as not reported.

    Parameters
    ----------
    answers : mapping of item number (1 to 28) to text

    Returns
    -------
    tuple of FilledItem
        All 28, in order.

    Raises
    ------
    ConfigError
        A number outside 1 to 28.

    Notes
    -----
    Valid as a reminder: a filled list says that something is reported, not that it is right.

    References
    ----------
    Husereau et al. 2022, https://doi.org/10.1136/bmj-2021-067975

    Examples
    --------
    >>> filled = fill_cheers({10: "3% a year for costs and effects (national guideline)"})
    >>> sum(item.reported for item in filled), len(filled)
    (1, 28)
    """
    for number in answers:
        if number not in range(1, len(CHEERS_2022) + 1):
            raise ConfigError(f"answers names item {number}, expected a number from 1 to {len(CHEERS_2022)}")
    texts = [answers.get(item.number, "").strip() for item in CHEERS_2022]
    return tuple(
        FilledItem(item=item, answer=text, reported=bool(text)) for item, text in zip(CHEERS_2022, texts, strict=True)
    )
