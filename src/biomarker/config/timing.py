"""What a study must say of values that were taken under treatment."""

from collections.abc import Mapping, Sequence
from posixpath import normpath
from typing import Any

from biomarker.config.base import Contradiction
from biomarker.data.timing import DAYS

__all__ = ["check_landmarks", "check_outcome_rows"]


def check_landmarks(
    modalities: Mapping[str, Mapping[str, Any]], units: Mapping[str, str], marked: Sequence[str]
) -> None:
    """Refuse values taken under treatment that have no landmark, and landmarks that cannot be placed.

    Parameters
    ----------
    modalities : mapping of name to its section
    units : mapping of survival endpoint to its unit of time
    marked : sequence of str
        Prespecified markers, ``modality:feature``.

    Raises
    ------
    Contradiction
        Those who lived to be measured would seem to live longer because of what was measured.
    """
    late = {name: given for name, given in modalities.items() if given.get("when") == "on-treatment"}
    for name, given in modalities.items():
        _check_landmark(name, given, late=name in late)
    if not late:
        return
    if len(late) == len(modalities):
        raise Contradiction("modalities", "none that was taken before treatment", "one, which candidates come from")
    if not units:
        expected = "one, whose time can start at the landmark"
        raise Contradiction(f"modalities.{next(iter(late))}.when", "on-treatment without survival endpoint", expected)
    for endpoint, unit in units.items():
        if unit.strip().casefold() not in DAYS:
            expected = "a unit of time, for the landmark: days, weeks, months or years"
            raise Contradiction(f"endpoints: {endpoint}: unit", repr(unit), expected)
    for marker in marked:
        if marker.partition(":")[0] in late:
            raise Contradiction("screen.prespecified", repr(marker), "a marker that is known before treatment")


def check_outcome_rows(
    modalities: Mapping[str, Mapping[str, Any]],
    name: str,
    path: str,
    rows: Mapping[str, Sequence[str]],
    *,
    late: bool,
    ever: bool,
) -> None:
    """Refuse records that take an endpoint's own rows as features: those from after day 0, or any.

    Rows are the same where no column that both speak of tells them apart.

    Parameters
    ----------
    modalities : mapping of name to its section
    name, path : str
        Of the endpoint, and of its file.
    rows : mapping of column to values
        Which rows of the file the endpoint is made of.
    late : bool
        Whether the endpoint is analysed with what was taken under treatment as well: one of survival.
    ever : bool
        Whether a row of any day is the event, also one from before day 0: then no window keeps it out.

    Raises
    ------
    Contradiction
        The outcome would predict itself.
    """
    for modality, given in modalities.items():
        window = given.get("window")
        last = window[-1] if isinstance(window, list | tuple) and window else 0
        apart = given.get("when") == "on-treatment" and not late
        if apart or not isinstance(last, int | float) or (last <= 0 and not ever):
            continue
        if normpath(str(given.get("path"))) != normpath(path) or _told_apart(rows, given.get("where")):
            continue
        meant = ", ".join(f"{column} {' or '.join(values)}" for column, values in rows.items()) or "all rows"
        raise Contradiction(
            f"modalities.{modality}.window",
            f"{list(window or ())} over rows of {path} ({meant}) that the endpoint {name!r} is made of",
            "`where` with other rows" if ever else "an end by day 0, or `where` with other rows",
        )


def _told_apart(rows: Mapping[str, Sequence[str]], where: Any) -> bool:
    """Whether a column has other values on one side than on the other."""
    chosen = where if isinstance(where, Mapping) else {}
    for column in rows.keys() & chosen.keys():
        given = chosen[column]
        other = given if isinstance(given, list | tuple) else [given]
        if not {str(v).strip().casefold() for v in rows[column]} & {str(v).strip().casefold() for v in other}:
            return True
    return False


def _check_landmark(name: str, given: Mapping[str, Any], *, late: bool) -> None:
    """Of one modality; values of another type are told by its own section."""
    landmark, key = given.get("landmark"), f"modalities.{name}.landmark"
    if landmark is None and late:
        raise Contradiction(key, "none with `when: on-treatment`", "the day by which the values were taken")
    if landmark is not None and not late:
        raise Contradiction(key, f"{landmark} with `when: baseline`", "none, or `when: on-treatment`")
    if not isinstance(landmark, int | float):
        return
    if not 0 < landmark < 1e5:
        raise Contradiction(key, str(landmark), "a day after treatment began")
    window = given.get("window")
    last = window[-1] if isinstance(window, list | tuple) and window else None
    if isinstance(last, int | float) and last > landmark:
        raise Contradiction(f"modalities.{name}.window", str(list(window or ())), f"an end by the landmark, {landmark}")
