"""Drawings: what is thinned, where names go, what an SVG may hold."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from biomarker.report.figures.labels import place
from biomarker.report.figures.scale import Axis
from biomarker.report.figures.svg import _written, to_svg
from biomarker.report.figures.theme import ratio_ticks
from biomarker.report.sections.contrast_map import signed_z
from biomarker.report.thinning import thin


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 9)), min_size=1, max_size=300), st.integers(1, 50))
def test_thinning_draws_at_least_one_and_at_most_so_many_and_none_twice(
    points: list[tuple[float, float]], most: int
) -> None:
    x, y = (np.array(values) for values in zip(*points, strict=True))
    chosen = thin(x, y, most=most)
    assert 1 <= len(chosen) <= most
    assert len(set(chosen.tolist())) == len(chosen)


def test_points_far_apart_are_all_drawn() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([0.0, 5.0, 9.0])
    assert thin(x, y, most=10).tolist() == [0, 1, 2]


def test_signed_z_is_the_normal_quantile_and_outlives_underflow() -> None:
    p = np.array([0.9, 0.05, 1e-12])
    z = signed_z(np.array([1.0, -1.0, 1.0]), np.log10(p))
    assert z == pytest.approx([stats.norm.isf(0.45), -stats.norm.isf(0.025), stats.norm.isf(5e-13)], rel=1e-9)
    far = signed_z(np.ones(1), np.array([-400.0]))[0]
    assert stats.norm.logsf(far) / np.log(10) == pytest.approx(-400.0 - np.log10(2), rel=1e-9)


def test_names_do_not_overlap_nor_leave_the_plot() -> None:
    points = [(50.0 + k, 50.0) for k in range(12)]
    placed = place(points, [f"GENE{k:04d}" for k in range(12)], width=200, height=100)
    assert 2 <= len(placed) < 12
    for one in placed:
        assert 0 <= one.x <= 200
        assert 0 <= one.y <= 100
    for k, one in enumerate(placed):
        for other in placed[:k]:
            assert abs(one.y - other.y) >= 13 or abs(one.x - other.x) >= 8 * 6.3 - 1e-9


def test_an_axis_gives_back_the_value_of_a_pixel() -> None:
    for axis in (Axis(0.2, 5.0, 400, log=True), Axis(0.0, 9.0, 300, rising=True)):
        for pixel in (0.0, 77.0, axis.length):
            assert axis.pixel(axis.value(pixel)) == pytest.approx(pixel)


@given(st.floats(1.05, 900), st.floats(1.05, 900))
def test_ratio_ticks_lie_on_the_axis_hold_one_and_are_few(below: float, above: float) -> None:
    ticks = ratio_ticks(1 / below, above)
    assert 1.0 in ticks
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 7
    assert all(1 / below <= tick <= above for tick in ticks)


def test_a_drawing_keeps_its_title_and_escapes_every_name() -> None:
    rows = [{"x": 1, "y": 2, "t": '<script>alert(1)</script> & "q" 😀'}]
    spec = {
        "data": {"values": rows},
        "mark": "text",
        "encoding": {"x": {"field": "x", "type": "quantitative", "title": "<b>"}, "text": {"field": "t"}},
    }
    svg = to_svg(spec, identity="one", title="T < 1", description="D & d")
    root = ElementTree.fromstring(svg)
    assert root[0].text == "T < 1"
    assert root.attrib["aria-labelledby"] == "one-title one-desc"
    assert "<script" not in svg
    assert "alert(1)" in svg
    assert not re.search(r"\b(style|href|class=\"mark|onload)\b", svg)


def test_dots_of_one_look_become_one_path() -> None:
    rows = [{"x": k, "y": k} for k in range(50)]
    encoding = {axis: {"field": axis, "type": "quantitative"} for axis in "xy"}
    spec = {"data": {"values": rows}, "mark": {"type": "circle", "color": "#98a5b2"}, "encoding": encoding}
    svg = to_svg(spec, identity="dots", title="t", description="d")
    path = re.search(r'<path d="((?:M[-\d.]+,[-\d.]+h0){50})"', svg)
    assert path
    assert 'stroke="var(--f-point,#98a5b2)"' in svg


def test_an_element_that_could_act_is_refused() -> None:
    with pytest.raises(ValueError, match="foreignObject"):
        _written(ElementTree.fromstring("<foreignObject><p>hi</p></foreignObject>"))
