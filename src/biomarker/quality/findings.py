"""What the checks of a study find, gathered row by row."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from biomarker.data.quality_tables import (
    QualityBalance,
    QualityBatches,
    QualityControls,
    QualityDrift,
    QualityFindings,
    QualityMethods,
    QualityMissingness,
    QualityMoving,
    QualitySamples,
)
from biomarker.data.record_tables import RecordFindings
from biomarker.data.schema import Schema

__all__ = ["TABLES", "Findings"]

#: Checks whose samples a policy other than ``flag`` leaves out: of the wrong person, or given twice.
LEFT_OUT = frozenset({"sex", "duplicate", "concordance"})

TABLES: dict[str, type[Schema]] = {
    "findings": QualityFindings,
    "samples": QualitySamples,
    "batches": QualityBatches,
    "missingness": QualityMissingness,
    "balance": QualityBalance,
    "drift": QualityDrift,
    "records": RecordFindings,
    "controls": QualityControls,
    "methods": QualityMethods,
    "moving": QualityMoving,
}


@dataclass
class Findings:
    """Rows of each table, in the order in which the checks were made."""

    policy: str
    findings: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    missingness: list[dict[str, Any]] = field(default_factory=list)
    balance: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    controls: list[dict[str, Any]] = field(default_factory=list)
    methods: list[dict[str, Any]] = field(default_factory=list)
    moving: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        check: str,
        modality: str | None = None,
        *,
        n: int,
        flagged: int,
        message: str,
        loud: bool = False,
        endpoint: str | None = None,
        item: str | None = None,
        statistic: float | None = None,
        p: float | None = None,
        cap: str | None = None,
    ) -> None:
        """One check: a note where it flags nothing, else a warning, or loud where it must be settled."""
        severity = "note" if not flagged else "loud" if loud else "warning"
        self.findings.append({
            "check": check, "severity": severity, "modality": modality, "endpoint": endpoint, "item": item,
            "n_checked": n, "n_flagged": flagged, "statistic": statistic, "p_value": p, "tier_cap": cap,
            "message": message,
        })  # fmt: skip

    def sample(
        self, modality: str, subject: str, check: str, statistic: float, reason: str, partner: str | None = None
    ) -> None:
        """A sample that a check flags; of several reasons of one check the first counts."""
        key = (modality, subject, check)
        if any((row["modality"], row["subject_id"], row["check"]) == key for row in self.samples):
            return
        self.samples.append({
            "modality": modality, "subject_id": subject, "check": check, "partner": partner, "statistic": statistic,
            "excluded": self.policy != "flag" and check in LEFT_OUT, "reason": reason,
        })  # fmt: skip

    def tables(self) -> dict[str, pl.DataFrame]:
        """Each table with its schema's columns, also where it has no row."""
        return {
            name: pl.DataFrame(
                getattr(self, name), schema={c: about.dtype for c, about in schema.columns.items()}, strict=False
            )
            for name, schema in TABLES.items()
        }
