"""Source ``assay-image``: pictures of immunoassay plates become a concentration a subject and assay."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, DataError, InsufficientDataError, SchemaError
from biomarker.ingest.dose_curve import DoseCurve, fit_dose_curve
from biomarker.ingest.faults import Fault, first_fault, quarantine_of
from biomarker.ingest.reading import Table, read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings
from biomarker.ingest.spelling import as_numbers, clean
from biomarker.ingest.spots import Spot, SpotLimits, find_spots

__all__ = ["SOURCE", "AssayImageSettings", "WellTable", "read_assay_image"]

KINDS = ("sample", "standard", "blank")
_LETTERS = "ABCDEFGHIJKLMNOP"


@dataclass(frozen=True, kw_only=True)
class WellTable:
    """What is in each well."""

    path: str = field(metadata={"doc": "A table with a row a well."})
    plate: str = field(default="plate", metadata={"doc": "Its column of plates: the page of the image, from 1."})
    well: str = field(default="well", metadata={"doc": "Its column of wells: A1, B12."})
    kind: str = field(default="kind", metadata={"doc": "Its column of kinds: sample, standard or blank."})
    subject: str = field(default="subject_id", metadata={"doc": "Its column of subjects, for samples."})
    concentration: str = field(
        default="concentration", metadata={"doc": "Its column of concentrations, for standards."}
    )
    assay: str | None = field(default=None, metadata={"doc": "Its column of assays; null where there is one."})


@dataclass(frozen=True, kw_only=True)
class AssayImageSettings(SourceSettings):
    """Settings of ``assay-image``: the picture, the wells, and when a spot is not believed."""

    wells: WellTable = field(metadata={"doc": "The table of wells."})
    rows: int = field(default=8, metadata={"doc": "Rows of wells in the picture."})
    columns: int = field(default=12, metadata={"doc": "Columns of wells in the picture."})
    unit: str = field(default="", metadata={"doc": "Unit of the concentrations."})
    flagged: Literal["exclude", "keep"] = field(
        default="exclude", metadata={"doc": "Wells with a flag: out of focus, saturated, with a bubble, or off centre."}
    )
    below: Literal["keep", "lloq", "missing"] = field(
        default="keep",
        metadata={"doc": "A concentration below the limit of quantification: as read, the limit, missing."},
    )
    above: Literal["uloq", "missing"] = field(
        default="uloq", metadata={"doc": "A concentration above the limit of quantification: the limit, or missing."}
    )
    radius: float = field(default=0.25, metadata={"doc": "Radius of a spot, as a share of the distance between wells."})
    sharpness: float = field(
        default=0.17, metadata={"doc": "Least slope of a spot's edge, a share of contrast a pixel."}
    )
    saturated: float = field(
        default=0.02, metadata={"doc": "Largest share of a spot's pixels at the top of the scale."}
    )
    solidity: float = field(default=0.93, metadata={"doc": "Least share of its convex hull that a spot fills."})
    offset: float = field(default=0.15, metadata={"doc": "Largest distance from the well's centre, in wells."})

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= len(_LETTERS) and 1 <= self.columns <= 24):
            raise ConfigError(f"rows: {self.rows}, columns: {self.columns}", "Plates have up to 16 rows of 24 wells.")

    @property
    def limits(self) -> SpotLimits:
        """When a spot is flagged."""
        return SpotLimits(**{one.name: getattr(self, one.name) for one in fields(SpotLimits)})


def read_assay_image(settings: AssayImageSettings, *, base: Path) -> Ingested:
    """Read plates: intensities of spots, a calibration curve a plate and assay, concentrations.

    Parameters
    ----------
    settings : AssayImageSettings
        The picture is a PNG of one plate, or a TIFF with a page a plate; grey, 8 or 16 bit.
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` is a matrix of subjects by assays, on the scale native: the geometric mean of a subject's wells (the
        arithmetic one where one of them is 0). A row is a well. Blanks and standards are excluded from the features by
        reason, and so are flagged samples unless they are kept (``out of focus``, ``saturated``, ``with a bubble``,
        ``off centre or cut``). A row goes to quarantine when its plate or well is not in the picture, its kind is
        none of `KINDS`, a sample has no subject, a standard no positive concentration, or the well stands twice.

    Raises
    ------
    DataError
        The picture cannot be read.
    SchemaError
        It is in colour, or too small for its wells; a column is absent.
    InsufficientDataError
        A plate has no usable curve, or no sample is left.

    Notes
    -----
    Each plate is calibrated by its own standards, so that no subject's value depends on another's. Above the highest
    good standard a reading is the limit (or missing); a saturated spot is flagged before.
    """
    pages = _pages(base / settings.path)
    table = read_text(base / settings.wells.path)
    rows = _wells(table, settings, len(pages))
    found = first_fault(rows, _faults())
    bad = found.filter(pl.col("reason").is_not_null())
    good = rows.filter(found["reason"].is_null())
    if good.is_empty():
        raise InsufficientDataError(f"{table.name}: none of its {rows.height} wells is in the picture and complete")
    spots = {plate: _by_well(page, settings) for plate, page in enumerate(pages, start=1)}
    measured = [spots[plate][well] for plate, well in good.select("plate", "place").iter_rows()]
    good = good.with_columns(
        intensity=pl.Series([spot.intensity for spot in measured]),
        flag=pl.Series([spot.flags[0] if spot.flags else None for spot in measured], dtype=pl.String),
    )
    curves = _curves(good, table.name)
    samples, excluded = _samples(good, settings)
    matrix = _matrix(samples, curves, settings)
    columns = {role: getattr(settings.wells, role) for role in ("plate", "well", "kind", "subject", "concentration")}
    shown = {"plate": "plate_text", "well": "well_text", "kind": "kind_text", "concentration": "concentration_text"}
    quarantine = quarantine_of(table, rows, bad, columns=columns, shown=shown, masked={"subject": "subject_id"})
    return Ingested(matrix, quarantine, rows.height, samples.height, excluded, _notes(curves, settings))


def _pages(path: Path) -> list[NDArray[np.float64]]:
    """Plates as shares of the full scale."""
    from skimage.io import imread

    if not path.is_file():
        raise DataError(f"there is no file {path}", "See the setting `path`.")
    try:
        held = np.asarray(imread(path))
    except Exception as error:  # whatever a damaged picture makes its reader raise
        raise DataError(f"{path.name} is no picture, or is cut short or damaged", "Save it as PNG or TIFF.") from error
    if held.dtype not in (np.uint8, np.uint16):
        raise SchemaError(f"{path.name}: pixels of the type {held.dtype}", "Save it with 8 or 16 bits a pixel.")
    if held.ndim not in (2, 3) or (held.ndim == 3 and held.shape[-1] in (3, 4) and held.shape[0] > 4):
        raise SchemaError(f"{path.name}: a picture in colour", "Save the channel of the assay in grey.")
    pages = held[None] if held.ndim == 2 else held
    return [page / float(np.iinfo(held.dtype).max) for page in pages]


def _by_well(page: NDArray[np.float64], settings: AssayImageSettings) -> dict[str, Spot]:
    if page.shape[0] < 12 * settings.rows or page.shape[1] < 12 * settings.columns:
        raise SchemaError(
            f"a picture of {page.shape[1]} x {page.shape[0]} pixels for {settings.columns} x {settings.rows} wells",
            "A well needs 12 pixels at least; see `rows` and `columns`.",
        )
    found = find_spots(page, rows=settings.rows, columns=settings.columns, limits=settings.limits)
    return {f"{_LETTERS[spot.row]}{spot.column + 1}": spot for spot in found}


def _wells(table: Table, settings: AssayImageSettings, pages: int) -> pl.DataFrame:
    wells = settings.wells
    table.require([wells.plate, wells.well, wells.kind, wells.subject, wells.concentration], key="wells")
    table.require([] if wells.assay is None else [wells.assay], key="wells.assay")
    table.refuse_float_ids(wells.subject)
    text = {
        role: clean(table.frame[getattr(wells, role)]) for role in ("plate", "well", "kind", "subject", "concentration")
    }
    well = text["well"].str.to_uppercase().str.extract_groups(r"^([A-P])0*([1-9]\d?)$").struct.unnest()
    known = [f"{letter}{k + 1}" for letter in _LETTERS[: settings.rows] for k in range(settings.columns)]
    place = well.select(pl.concat_str("1", "2")).to_series()
    assay = (
        pl.repeat("concentration", table.frame.height, eager=True)
        if wells.assay is None
        else clean(table.frame[wells.assay])
    )
    plate = as_numbers(text["plate"])
    return pl.DataFrame(
        {
            "row": pl.int_range(table.frame.height, eager=True),
            "plate": plate.set((plate < 1) | (plate > pages) | (plate != plate.floor()), None).cast(pl.Int64),
            "place": place.set(~place.is_in(known), None),
            "kind": text["kind"].str.to_lowercase(),
            "subject_id": text["subject"],
            "blanks": table.frame[wells.subject] != text["subject"],
            "concentration": as_numbers(text["concentration"]),
            "assay": assay,
            **{f"{role}_text": text[role] for role in ("plate", "well", "kind", "concentration")},
        }
    )


def _faults() -> list[Fault]:
    kind = pl.col("kind")
    standard = kind == "standard"
    return [
        ("plate", pl.col("plate").is_null(), "no such page in the picture"),
        ("well", pl.col("place").is_null(), "no such well"),
        ("kind", kind.is_null() | ~kind.is_in(list(KINDS)), "neither sample, standard nor blank"),
        ("subject", (kind == "sample") & pl.col("subject_id").is_null(), "the subject is missing"),
        ("subject", (kind == "sample") & pl.col("blanks"), "the subject's id has blanks before or after it"),
        ("concentration", standard & ~(pl.col("concentration").fill_null(0.0) > 0), "a standard without concentration"),
        ("concentration", standard & pl.col("concentration").is_infinite(), "a standard without concentration"),
        ("well", pl.col("assay").is_null(), "the assay is missing"),
        ("well", ~pl.struct("plate", "place", "assay").is_first_distinct(), "the same well as an earlier row"),
    ]


def _curves(good: pl.DataFrame, name: str) -> dict[tuple[int, str], DoseCurve]:
    curves = {}
    usable = good.filter(pl.col("flag").is_null())
    for plate, assay in good.filter(kind="sample").select("plate", "assay").unique().sort("plate", "assay").iter_rows():
        here = usable.filter(plate=plate, assay=assay)
        standards, blanks = here.filter(kind="standard"), here.filter(kind="blank")
        try:
            curves[plate, assay] = fit_dose_curve(
                standards["concentration"].to_numpy(), standards["intensity"].to_numpy(), blanks["intensity"].to_numpy()
            )
        except InsufficientDataError as error:
            raise InsufficientDataError(
                f"{name}, plate {plate}: {error.message}", "See the wells of standards."
            ) from None
    return curves


_FLAGS = {
    "focus": "out of focus",
    "saturation": "saturated",
    "bubble": "with a bubble",
    "edge": "off centre or cut",
}


def _samples(good: pl.DataFrame, settings: AssayImageSettings) -> tuple[pl.DataFrame, dict[str, int]]:
    excluded = {f"{kind} well": good.filter(kind=kind).height for kind in ("standard", "blank")}
    samples = good.filter(kind="sample")
    if settings.flagged == "exclude":
        counts = samples["flag"].drop_nulls().value_counts()
        excluded |= {_FLAGS[flag]: n for flag, n in counts.iter_rows()}
        samples = samples.filter(pl.col("flag").is_null())
    if samples.is_empty():
        raise InsufficientDataError("no well of a sample is left", "See `flagged` and the limits of spots.")
    return samples, {reason: n for reason, n in excluded.items() if n}


def _matrix(
    samples: pl.DataFrame, curves: dict[tuple[int, str], DoseCurve], settings: AssayImageSettings
) -> FeatureValues:
    values = np.full(samples.height, np.nan)
    keys = list(samples.select("plate", "assay").iter_rows())
    for i, (key, intensity) in enumerate(zip(keys, samples["intensity"], strict=True)):
        curve = curves[key]
        values[i] = _within(float(curve.concentration(intensity)), curve, settings)
    known = samples.with_columns(value=pl.Series(values, nan_to_null=True))
    mean = (
        pl.when((pl.col("value") > 0).all()).then(pl.col("value").log().mean().exp()).otherwise(pl.col("value").mean())
    )
    of_subjects = known.group_by("subject_id", "assay", maintain_order=True).agg(value=mean)
    subjects = list(dict.fromkeys(of_subjects["subject_id"]))
    if len({s.casefold() for s in subjects}) < len(subjects):
        raise SchemaError("subjects that are equal but for upper and lower case", "Write each in one way.")
    assays = sorted(set(of_subjects["assay"]))
    matrix = np.full((len(subjects), len(assays)), np.nan)
    place = {s: i for i, s in enumerate(subjects)}
    for subject, assay, value in of_subjects.iter_rows():
        matrix[place[subject], assays.index(assay)] = np.nan if value is None else value
    table = pl.DataFrame({"feature_id": assays, "label": assays, "unit": [settings.unit] * len(assays)})
    return FeatureValues(matrix, table, tuple(subjects), "native")


def _within(value: float, curve: DoseCurve, settings: AssayImageSettings) -> float:
    """A concentration by what the study says of those beyond the limits of quantification."""
    if np.isfinite(curve.uloq) and value > curve.uloq:
        return curve.uloq if settings.above == "uloq" else np.nan
    if np.isfinite(curve.lloq) and value < curve.lloq and settings.below != "keep":
        return curve.lloq if settings.below == "lloq" else np.nan
    return value if np.isfinite(value) else np.nan


def _notes(curves: dict[tuple[int, str], DoseCurve], settings: AssayImageSettings) -> tuple[str, ...]:
    return tuple(
        f"plate {plate}, {assay}: LOD {c.lod:.3g}, LLOQ {c.lloq:.3g}, ULOQ {c.uloq:.3g} {settings.unit}".strip()
        for (plate, assay), c in curves.items()
    )


SOURCE = Source(
    type="assay-image",
    settings=AssayImageSettings,
    read=read_assay_image,
    doc="Pictures of immunoassay plates (PNG, TIFF): concentrations by each plate's standards, spoiled wells left out.",
)
