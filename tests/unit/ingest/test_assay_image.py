"""Plates in pictures: recovery of known concentrations, spoiled wells found, limits, and pictures that are none."""

import numpy as np
import polars as pl
import pytest
import tifffile
from skimage.io import imsave

from biomarker.errors import BiomarkerError, InsufficientDataError
from biomarker.ingest.assay_image import AssayImageSettings, WellTable, read_assay_image
from biomarker.ingest.dose_curve import DoseCurve, fit_dose_curve
from biomarker.ingest.spots import SpotLimits, find_spots
from biomarker.simulate.assay_image import ARTEFACTS, draw_plate

LEVELS = 2.0 * 3.0 ** np.arange(6)
HEAD = "plate,well,kind,subject_id,concentration"


def plate(seed=0, spoiled=0.0):
    """Two columns of standards and blanks, ten of samples between the lowest and the highest standard."""
    draw = np.random.default_rng(seed)
    concentration = np.exp(draw.uniform(np.log(3.0), np.log(400.0), size=(8, 12)))
    concentration[:6, :2], concentration[6:, :2] = LEVELS[:, None], 0.0
    artefact = np.full((8, 12), "", dtype=object)
    if spoiled:
        share = [1 - spoiled, *[spoiled / 4] * 4]
        artefact[:, 2:] = draw.choice(["", *ARTEFACTS], p=share, size=(8, 10))
    return draw_plate(concentration, artefact, draw)


def well_rows(one, number=1):
    rows = []
    for r in range(8):
        for c in range(12):
            name, value = f"{'ABCDEFGH'[r]}{c + 1}", one.concentration[r, c]
            if c < 2:
                rows.append(f"{number},{name},standard,,{value:g}" if r < 6 else f"{number},{name},blank,,")
            else:
                rows.append(f"{number},{name},sample,P{number}{name},")
    return rows


def read(folder, pages, rows, name="plates.tif", **settings):
    if name.endswith(".png"):
        imsave(folder / name, pages[0], check_contrast=False)
    else:
        tifffile.imwrite(folder / name, np.stack(pages), photometric="minisblack")
    (folder / "wells.csv").write_text("\n".join([HEAD, *rows, ""]))
    return read_assay_image(AssayImageSettings(path=name, wells=WellTable(path="wells.csv"), **settings), base=folder)


def test_artefacts_are_found_and_spots_in_order_are_not():
    """At least 95% of each, and of spots in order; on 800 wells of ten plates."""
    told = {kind: [] for kind in ("", *ARTEFACTS)}
    for seed in range(10):
        one = plate(seed, spoiled=0.4)
        spots = find_spots(one.image / 65_535, rows=8, columns=12, limits=SpotLimits())
        for spot in spots:
            if spot.column >= 2:
                kind = str(one.artefact[spot.row, spot.column])
                told[kind].append(kind in spot.flags if kind else not spot.flags)
    for kind, right in told.items():
        assert np.mean(right) >= 0.95, kind
        assert len(right) > 50


def test_concentrations_are_recovered_within_a_tenth_across_the_range(tmp_path):
    ratios = []
    for seed in range(8):
        one = plate(seed)
        found = read(tmp_path, [one.image], well_rows(one))
        true = {f"P1{'ABCDEFGH'[r]}{c + 1}": one.concentration[r, c] for r in range(8) for c in range(2, 12)}
        for subject, value in zip(found.content.subject_ids, found.content.values[:, 0], strict=True):
            ratios.append((true[subject], value / true[subject]))
    ratios = np.array(ratios)
    assert len(ratios) > 600
    for low, high in ((3, 10), (10, 30), (30, 100), (100, 400)):
        here = ratios[(ratios[:, 0] >= low) & (ratios[:, 0] < high), 1]
        assert abs(np.median(here) - 1) < 0.10, (low, high)


def test_wells_are_counted_and_spoiled_ones_left_out_or_kept(tmp_path):
    one = plate(3, spoiled=0.3)
    found = read(tmp_path, [one.image], well_rows(one))
    spoiled = int((one.artefact != "").sum())
    assert found.rows_in == 96
    assert found.excluded["standard well"] == 12
    assert found.excluded["blank well"] == 4
    assert abs(80 - found.rows_used - spoiled) <= 2
    assert read(tmp_path, [one.image], well_rows(one), flagged="keep").rows_used == 80
    assert found.notes[0].startswith("plate 1, concentration: LOD ")


def test_each_page_is_a_plate_with_a_curve_of_its_own_and_a_png_is_one(tmp_path):
    first, second = plate(1), plate(2)
    both = read(tmp_path, [first.image, second.image], well_rows(first) + well_rows(second, 2))
    alone = read(tmp_path, [first.image], well_rows(first), name="one.png")
    assert len(both.content.subject_ids) == 160
    assert len(both.notes) == 2
    assert np.array_equal(both.content.values[:80], alone.content.values)


def test_replicates_of_a_subject_are_one_value(tmp_path):
    one = plate(4)
    rows = [row.replace("P1A3", "P1A4") if ",A3," in row else row for row in well_rows(one)]
    found, single = read(tmp_path, [one.image], rows), read(tmp_path, [one.image], well_rows(one))
    value = dict(zip(single.content.subject_ids, single.content.values[:, 0], strict=True))
    again = dict(zip(found.content.subject_ids, found.content.values[:, 0], strict=True))
    assert again["P1A4"] == pytest.approx(np.sqrt(value["P1A3"] * value["P1A4"]))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,A3,sample,PX,", "no such page in the picture"),
        ("1,Z3,sample,PX,", "no such well"),
        ("1,A13,sample,PX,", "no such well"),
        ("1,A3,control,PX,", "neither sample, standard nor blank"),
        ("1,A3,sample,,", "the subject is missing"),
        ("1,A3,standard,,", "a standard without concentration"),
        ("1,A3,standard,,-4", "a standard without concentration"),
        ("1,A3,sample,PX,", "the same well as an earlier row"),
    ],
)
def test_a_well_that_cannot_be_used_is_quarantined(tmp_path, row, reason):
    one = plate(5)
    found = read(tmp_path, [one.image], [*well_rows(one), row])
    assert found.quarantine.select("line", "reason").rows() == [(98, reason)]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no picture"), (b"plate,well\n", "no picture"), ("cut", "no picture"), ("colour", "colour"),
     ("small", "pixels"), ("float", "16 bits")],
)  # fmt: skip
def test_a_picture_that_is_none_is_refused_in_words(tmp_path, content, words):
    one = plate(6)
    rows = well_rows(one)
    path = tmp_path / "plates.tif"
    read(tmp_path, [one.image], rows)
    if content == "cut":
        path.write_bytes(path.read_bytes()[:200])
    elif content == "colour":
        tifffile.imwrite(path, np.zeros((400, 600, 3), np.uint8), photometric="rgb")
    elif content == "small":
        tifffile.imwrite(path, np.zeros((40, 60), np.uint8))
    elif content == "float":
        tifffile.imwrite(path, one.image.astype(np.float32))
    else:
        path.write_bytes(content)
    with pytest.raises(BiomarkerError) as caught:
        read_assay_image(AssayImageSettings(path="plates.tif", wells=WellTable(path="wells.csv")), base=tmp_path)
    assert words in f"{caught.value} {caught.value.hint}"


def test_a_black_picture_has_no_curve_and_the_plate_is_named(tmp_path):
    one = plate(7)
    with pytest.raises(InsufficientDataError, match="plate 1"):
        read(tmp_path, [np.zeros_like(one.image)], well_rows(one))


# --- curves -----------------------------------------------------------------------------------------------------------


def test_a_curve_is_found_again_and_inverts():
    true = DoseCurve(0.01, 0.9, 50.0, 1.3, np.nan, np.nan, np.nan)
    draw = np.random.default_rng(1)
    x = np.repeat(2.0 * 3.0 ** np.arange(7), 3)
    y = true.signal(x) * draw.lognormal(0, 0.02, size=len(x))
    found = fit_dose_curve(x, y, 0.01 + draw.normal(0, 0.0005, size=8))
    grid = np.array([5.0, 20.0, 80.0, 200.0])
    assert found.concentration(true.signal(grid)) == pytest.approx(grid, rel=0.08)
    assert found.concentration(found.signal(grid)) == pytest.approx(grid)
    assert found.lod < 2.0
    assert found.lloq == 2.0
    assert found.uloq >= 162.0
    assert np.array_equal(found.concentration([-1.0, 5.0, np.nan]), [0.0, np.inf, np.nan], equal_nan=True)


def test_few_levels_or_a_falling_signal_make_no_curve():
    with pytest.raises(InsufficientDataError, match="4 concentrations"):
        fit_dose_curve([1, 2, 3, 4], [1, 2, 3, 4])
    with pytest.raises(InsufficientDataError, match="does not rise"):
        fit_dose_curve([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])


def test_values_beyond_the_limits_are_what_the_study_says(tmp_path):
    one = plate(8)
    found = {
        b: read(tmp_path, [one.image], well_rows(one), below=b, above="missing").content
        for b in ("keep", "lloq", "missing")
    }
    kept, low = found["keep"].values[:, 0], found["lloq"].values[:, 0]
    assert np.nanmin(low) >= 2.0
    assert np.isnan(found["missing"].values).sum() >= np.isnan(kept).sum()
    assert isinstance(found["keep"].features, pl.DataFrame)
