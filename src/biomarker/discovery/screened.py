"""Results of one analysis of one modality while they are being filled in, and the table they become."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.endpoint import Endpoint
from biomarker.discovery.analysis import Analysis
from biomarker.discovery.method import Method, Refit
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.rank_sum import RankSums

__all__ = ["Screened"]

Floats = NDArray[np.float64]
NUMBERS = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p")
RANKED = ("auc", "auc_low", "auc_high", "p_rank_sum")
PERMUTED = ("p_permutation", "p_familywise")
REFIT_NUMBERS = ("refit_estimate", "refit_std_error", "refit_low", "refit_high", "p_refit")
_WORDS = {status: status.name.lower() for status in Status}


@dataclass
class Screened:
    """Arrays (n_features, n_endpoints), NaN until recorded."""

    features: pl.DataFrame
    endpoints: Sequence[Endpoint]
    analysis: Analysis
    methods: list[Method]
    estimate: Floats
    std_error: Floats
    statistic: Floats
    dof: Floats
    p_value: Floats
    log10_p: Floats
    refit_estimate: Floats
    refit_std_error: Floats
    refit_low: Floats
    refit_high: Floats
    p_refit: Floats
    n: NDArray[np.int64]
    n_events: NDArray[np.int64]
    status: NDArray[np.int8]
    feature_sd: Floats
    p_permutation: Floats
    p_familywise: Floats
    auc: Floats
    auc_low: Floats
    auc_high: Floats
    p_rank_sum: Floats
    n_with: Floats
    level: Floats
    pooled: Floats
    filtered: dict[int, str] = field(default_factory=dict)
    refits: dict[tuple[int, int], Refit] = field(default_factory=dict)

    @classmethod
    def empty(
        cls, features: pl.DataFrame, endpoints: Sequence[Endpoint], analysis: Analysis, methods: Sequence[Method]
    ) -> "Screened":
        """Nothing recorded yet; one method an endpoint."""
        shape = (features.height, len(endpoints))
        blank = {name: np.full(shape, np.nan) for name in (*NUMBERS, *REFIT_NUMBERS, *PERMUTED, *RANKED)}
        return cls(
            features,
            endpoints,
            analysis,
            list(methods),
            **blank,
            n=np.zeros(shape, np.int64),
            n_events=np.zeros(shape, np.int64),
            status=np.full(shape, Status.NOT_CONVERGED, np.int8),
            feature_sd=np.full(features.height, np.nan),
            n_with=np.full(shape, np.nan),
            level=np.zeros(features.height),
            pooled=np.full(shape, np.nan),
        )

    def describe(
        self, start: int, values: Floats, known: NDArray[np.bool_], kept: NDArray[np.bool_], why: Sequence[str]
    ) -> None:
        """Means, standard deviations and carriers of a block's features, and which of them are not worth a test.

        ``known`` (n_subjects, n_endpoints) says who has which endpoint.
        """
        some = (~np.isnan(values)).sum(axis=0) > 1
        block = np.arange(start, start + values.shape[1])
        self.level[block[some]] = np.nanmean(values[:, some], axis=0)
        self.feature_sd[block[some]] = np.nanstd(values[:, some], axis=0, ddof=1)
        with_it, without = values == 1, values == 0
        yes_or_no = np.flatnonzero((with_it | without | np.isnan(values)).all(axis=0))
        self.n_with[block[yes_or_no]] = with_it[:, yes_or_no].T.astype(np.float64) @ known
        self.filtered |= {start + int(i): why[i] for i in np.flatnonzero(~kept)}

    def record(self, features: NDArray[np.int64], places: list[int], estimate: Estimate) -> None:
        """Take over a screen of some features against some endpoints."""
        where = np.ix_(features, places)
        for name in (*NUMBERS, "n", "n_events", "status"):
            getattr(self, name)[where] = getattr(estimate, name)

    def record_ranks(self, features: NDArray[np.int64], place: int, ranks: RankSums) -> None:
        """Take over what ranks say of some features."""
        tested = self.status[features, place] == Status.OK
        self.auc[features[tested], place] = ranks.auc[tested]
        self.p_rank_sum[features[tested], place] = ranks.p_value[tested]

    def finish(self) -> None:
        """Let features learn from each other where the method says so."""
        for k, method in enumerate(self.methods):
            if method.pooling is None:
                continue
            tested = np.flatnonzero(self.status[:, k] == Status.OK)
            if tested.size < method.pooling.least:
                self.methods[k] = method.pooling.otherwise
                continue
            where = np.ix_(tested, [k])
            names = (*NUMBERS, "n", "n_events", "status")
            screened = Estimate(**{name: getattr(self, name)[where] for name in names})
            self.record(tested, [k], method.pooling.finish(screened, self.pooled[where], self.level[tested]))

    def record_refit(self, feature: int, place: int, refit: Refit) -> None:
        """Take over the full fit of one feature."""
        self.refits[feature, place] = refit
        numbers = (refit.estimate, refit.std_error, refit.low, refit.high, refit.p_value)
        for name, number in zip(REFIT_NUMBERS, numbers, strict=True):
            getattr(self, name)[feature, place] = number

    def table(self, modality: str, *, prespecified: NDArray[np.bool_]) -> pl.DataFrame:
        """Columns of `biomarker.data.tables.Screen`, endpoint by endpoint."""
        marked = pl.Series(prespecified, dtype=pl.Boolean)
        return pl.concat([self._column(k, modality, marked) for k in range(len(self.endpoints))])

    def _column(self, k: int, modality: str, prespecified: pl.Series) -> pl.DataFrame:
        method, interaction = self.methods[k], self.analysis.treatment is not None
        status, reason = self._explained(k)
        numbers = {name: getattr(self, name)[:, k] for name in (*NUMBERS, *REFIT_NUMBERS, *PERMUTED, *RANKED)}
        refits = [self.refits.get((feature, k)) for feature in range(self.features.height)]
        has_events = self.endpoints[k].type in ("binary", "survival")
        return (
            pl.DataFrame(
                {
                    "modality": pl.repeat(modality, self.features.height, eager=True),
                    "feature_id": self.features["feature_id"],
                    "label": self.features["label"],
                    "endpoint": self.endpoints[k].name,
                    "comparison": self.analysis.comparison,
                    "contrast": self.analysis.contrast,
                    "method": method.name_interaction if interaction else method.name,
                    "effect_scale": method.effect_scale_interaction if interaction else method.effect_scale,
                    **numbers,
                    "refit_method": pl.Series([fit.method or None if fit else None for fit in refits], dtype=pl.String),
                    "refit_status": pl.Series([_WORDS[fit.status] if fit else None for fit in refits], dtype=pl.String),
                    "n": self.n[:, k],
                    "n_events": self.n_events[:, k] if has_events else None,
                    "feature_sd": self.feature_sd,
                    "n_with": self.n_with[:, k],
                    "prespecified": prespecified,
                    "status": status,
                    "reason": pl.Series(reason, dtype=pl.String),
                }
            )
            .with_columns(pl.col(pl.Float64).fill_nan(None))
            .with_columns(pl.col("n_events", "n_with").cast(pl.Int64))
        )

    def _explained(self, k: int) -> tuple[list[str], list[str | None]]:
        words = [_WORDS[Status(code)] for code in self.status[:, k].tolist()]
        why: list[str | None] = [Status(code).reason or None for code in self.status[:, k].tolist()]
        for feature, reason in self.filtered.items():
            words[feature], why[feature] = "filtered", reason
        return words, why
