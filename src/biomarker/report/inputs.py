"""What a report is made of: the study in a few words, and the tables that the stages before it wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from biomarker.data.treatment import Comparison

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EndpointFacts", "ReportInputs", "StudyFacts", "TreatmentFacts"]

#: For each word a study file may use for ``better``: +1 where a larger estimate on the endpoint's model scale is good.
#: A longer time without an event is a lower hazard, hence the minus.
GOOD_SIGNS = {"event": 1, "non_event": -1, "higher": 1, "lower": -1, "longer": -1, "shorter": 1}


@dataclass(frozen=True, kw_only=True)
class EndpointFacts:
    """One endpoint as the study file declares it.

    Attributes
    ----------
    name : str
        The column id, unique in the study.
    label : str
        For display; may repeat.
    type : str
        ``binary``, ``continuous``, ``survival`` or ``ordinal``.
    unit : str
        Of the values; empty where there is none.
    better : str
        What is good for the patient: event, non_event, higher, lower, longer, shorter.
    """

    name: str
    label: str
    type: str
    unit: str = ""
    better: str = "higher"

    @property
    def good_sign(self) -> int:
        """+1 where a larger estimate (slope, log odds ratio, log hazard ratio) is good for the patient, else -1."""
        return GOOD_SIGNS[self.better]


@dataclass(frozen=True, kw_only=True)
class TreatmentFacts:
    """The arms that are compared, in the study's own words.

    Attributes
    ----------
    comparisons : tuple of (active, control)
        Arms as in the treatment column; at least one pair.
    assignment : str
        ``randomised`` or ``observational``.
    """

    comparisons: tuple[tuple[str, str], ...]
    assignment: str = "randomised"

    @cached_property
    def pairs(self) -> dict[str, tuple[str, str]]:
        """The arms of each comparison, by its name in the result tables."""
        return {Comparison(*pair).name: pair for pair in self.comparisons}

    @property
    def arms(self) -> list[str]:
        """All arms that are compared, each once: the active ones, then the controls."""
        actives, controls = zip(*self.comparisons, strict=True)
        return list(dict.fromkeys([*actives, *controls]))

    @property
    def actives(self) -> list[str]:
        """The active arms, each once."""
        return list(dict.fromkeys(active for active, _ in self.comparisons))


@dataclass(frozen=True, kw_only=True)
class StudyFacts:
    """The study file's statements that a reader of the report has to know.

    Attributes
    ----------
    name, title : str
        The study's slug and its full title.
    seed : int
        Of all random numbers.
    q : float
        Candidates at or below this false discovery rate are called.
    keep : int
        So many candidates a question are listed whether called or not.
    endpoints : tuple of EndpointFacts
        In the study file's order.
    treatment : TreatmentFacts or None
        None for a single-arm study.
    covariates : tuple of str
        What every model is adjusted for.
    modalities : mapping of str to str
        Name to what it holds, for display ("rna": "expression, log2 TPM").
    smallest_cell : int
        Counts split by group below this are suppressed.
    confidence : float
        Level of every interval in the tables.
    correction : str
        What q-values are made by, by the names of those who found it.
    """

    name: str
    title: str
    seed: int
    q: float
    keep: int
    endpoints: tuple[EndpointFacts, ...]
    treatment: TreatmentFacts | None = None
    covariates: tuple[str, ...] = ()
    modalities: Mapping[str, str] = field(default_factory=dict)
    smallest_cell: int = 5
    confidence: float = 0.95
    correction: str = "Benjamini-Hochberg"


@dataclass(frozen=True, kw_only=True)
class ReportInputs:
    """All that a report is made from. Nothing else is read.

    Attributes
    ----------
    study : StudyFacts
    candidates : polars.DataFrame
        Table ``Candidates``; may have no row.
    screens : mapping of (contrast, modality) to polars.DataFrame
        Tables ``Screen``.
    flow : polars.DataFrame or None
        Table ``Flow``.
    quarantine : mapping of modality to polars.DataFrame
        Tables ``Quarantine``.
    curves : polars.DataFrame or None
        Table ``CandidateCurves``.
    overall : polars.DataFrame or None
        Table ``OverallEffects``.
    provenance : mapping
        ``code`` (digest), ``lock`` (digest), ``seed``, ``versions`` (name to version), ``inputs`` (``what: file name``
        of each of the study's own files, to its checksum), ``commands`` (list of command lines). Each may be missing;
        further text or numbers are printed as they are.
    runs : sequence of mapping
        One a stage: ``stage``, ``seconds``, ``peak_rss_mb``, ``threads``, ``device`` (cpu or cuda), ``started``.
    notes : mapping of modality to sequence of str
        What a reader of the report must know of how the files were read, such as constants of unit conversions.
    tables : mapping of str to polars.DataFrame
        Further result tables by their place in the results folder, such as ``trial/designs``. A section asks for one
        with `Facts.table`; a study that has none shows what its study file would need.
    """

    study: StudyFacts
    candidates: "pl.DataFrame"
    screens: Mapping[tuple[str, str], "pl.DataFrame"]
    flow: "pl.DataFrame | None" = None
    quarantine: Mapping[str, "pl.DataFrame"] = field(default_factory=dict)
    curves: "pl.DataFrame | None" = None
    overall: "pl.DataFrame | None" = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tables: Mapping[str, "pl.DataFrame"] = field(default_factory=dict)

    def by_name(self) -> dict[str, "pl.DataFrame"]:
        """Every table of results by its place in the results folder; the quarantine speaks of rows of input files."""
        named = {"candidates": self.candidates, "flow": self.flow, "candidate_curves": self.curves}
        named |= {"overall_effects": self.overall, **self.tables}
        named |= {f"screen/{contrast}.{modality}": screen for (contrast, modality), screen in self.screens.items()}
        return {name: table for name, table in named.items() if table is not None}
