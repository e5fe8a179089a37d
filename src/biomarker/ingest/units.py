"""Units of laboratory values: UCUM codes, and the straight line that turns one into another."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from biomarker.ingest.analytes import ENZYMES, NOT_PROPORTIONAL, Analyte, analyte_of, folded

if TYPE_CHECKING:
    import pint

__all__ = ["SPELLINGS", "Conversion", "ConversionError", "convert", "is_unit", "ucum"]

#: Spellings seen in laboratories that are not UCUM, or are UCUM for something nobody measures (K is kelvin there).
SPELLINGS = {
    "IU/L": "[IU]/L",
    "IU/l": "[IU]/L",
    "mIU/L": "m[IU]/L",
    "IU/mL": "[IU]/mL",
    "mIU/mL": "m[IU]/mL",
    "uIU/mL": "u[IU]/mL",
    "mEq/L": "meq/L",
    "mEq/l": "meq/L",
    "K/uL": "10*3/uL",
    "M/uL": "10*6/uL",
    "mm/hr": "mm/h",
    "cells/uL": "/uL",
    "cells/mm3": "/mm3",
    # of the controlled terminology of CDISC
    "beats/min": "/min",
    "breaths/min": "/min",
    "BEATS/MIN": "/min",
    "mmHg": "mm[Hg]",
    "C": "Cel",
    "F": "[degF]",
    "LB": "[lb_av]",
    "IN": "[in_i]",
    "GI/L": "10*9/L",
    "TI/L": "10*12/L",
    "THOU/uL": "10*3/uL",
    "MILL/uL": "10*6/uL",
    "fmol(Fe)": "fmol",
    "FRACTION": "1",
    "FRACTION OF 1": "1",
    "NO UNITS": "1",
    "RATIO": "1",
    "sec": "s",
    "kg/m^2": "kg/m2",
}
#: Units in brackets that are physical quantities; the others are arbitrary, and one of them says nothing of another.
PHYSICAL = frozenset(
    ("[Hg]", "[H2O]", "[degF]", "[lb_av]", "[oz_av]", "[in_i]", "[ft_i]", "[gal_us]", "[qt_us]", "[pt_us]", "[foz_us]")
)
_POWER = re.compile(r"^\s*(?:[xX×]\s*)?10\s*(?:\^|\*\*|\*|E|e)\s*(\d+)\s*/")
_BRACKETS = re.compile(r"\[[^\]]+\]")
_EQUIVALENT = re.compile(r"(?<![A-Za-z])[a-z]?eq(?![A-Za-z])")


class ConversionError(ValueError):
    """One unit cannot be turned into the other; the message is the reason, for a table."""


@dataclass(frozen=True)
class Conversion:
    """``target = offset + factor * given``; ``note`` names the constant that was needed, if any."""

    factor: float
    offset: float = 0.0
    note: str = ""


@cache
def _registry() -> "pint.UnitRegistry[float]":
    """Pint's units and those of UCUM, in a registry of our own: the parser's default changes pint's global one."""
    import pint
    import ucumvert

    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    registry.load_definitions(Path(ucumvert.__file__).with_name("pint_ucum_defs.txt"))
    return registry


@cache
def _reader() -> "Callable[[str], pint.Quantity[float]]":
    from ucumvert import UcumToPintTransformer, get_ucum_parser, parse_ucum

    parser, transformer = get_ucum_parser(), UcumToPintTransformer(ureg=_registry())
    return lambda code: transformer.transform(parse_ucum(code, parser))


def ucum(unit: str) -> str:
    """The UCUM code of a unit that is spelt as laboratories do.

    Only notation is mended (the micro sign, ``x10^9/L``, and `SPELLINGS`); anything else is returned as it is.

    Examples
    --------
    >>> ucum("x10^9/L"), ucum("µmol/L"), ucum("mg/dL")
    ('10*9/L', 'umol/L', 'mg/dL')
    """
    plain = unit.strip().replace("µ", "u").replace("μ", "u").replace("[iU]", "[IU]")
    return SPELLINGS.get(plain, _POWER.sub(r"10*\1/", plain))


def is_unit(unit: str) -> bool:
    """Whether a unit is known to UCUM (after `ucum`)."""
    return _parse(ucum(unit)) is not None


@cache
def _parse(code: str) -> "pint.Quantity[float] | None":
    """The quantity of one such unit; None where UCUM, or the part of it that pint can hold, lacks it."""
    if not code:
        return None
    if re.fullmatch(r"\{[^{}]*\}", code):
        code = "1"  # an annotation alone means a pure number, which the parser hands back unread
    from lark.exceptions import LarkError
    from pint.errors import PintError

    try:
        return _reader()(code)
    except (LarkError, PintError):
        return None


def _quantity(code: str) -> "pint.Quantity[float]":
    quantity = _parse(code)
    if quantity is None:
        raise ConversionError(f"{code!r} is not a UCUM unit")
    return quantity


#: Factor and offset of HbA1c: NGSP (%) = 0.09148 IFCC (mmol/mol) + 2.152. Weykamp et al. 2008,
#: doi:10.1373/clinchem.2007.097402. A percentage is taken as the NGSP's.
LINES = {
    ("%", "mmol/mol"): (1 / 0.09148, -2.152 / 0.09148),
    ("mmol/mol", "%"): (0.09148, 2.152),
}


def convert(given: str, target: str, *, test: str = "", molar_mass: float | None = None) -> Conversion:
    """How values in one unit become values in another.

    Parameters
    ----------
    given, target : str
        UCUM codes, or spellings that `ucum` understands.
    test : str
        Name of the measured thing: between mass and amount of substance its molar mass is needed, between equivalents
        and moles its charge.
    molar_mass : float, optional
        g/mol, instead of the one in `biomarker.ingest.analytes`.

    Returns
    -------
    Conversion

    Raises
    ------
    ConversionError
        A unit is unknown, the dimensions differ, the molar mass or the charge is not known, or the units are arbitrary
        (international units of different things) or not proportional (HbA1c, but for % of the NGSP and mmol/mol of the
        IFCC, which an equation ties).

    Examples
    --------
    >>> convert("mg/dL", "umol/L", test="creatinine").factor
    88.401697
    """
    if given == target:
        return Conversion(1.0)
    codes = ucum(given), ucum(target)
    for code in codes:
        _quantity(code)
    if codes[0] == codes[1]:
        return Conversion(1.0)
    if folded(test) in NOT_PROPORTIONAL:
        if codes in LINES:
            return Conversion(*LINES[codes], f"{test}: {given} to {target} by the NGSP-IFCC master equation")
        raise ConversionError(f"{given} and {target} are not proportional for this test")
    if folded(test) in ENZYMES:
        codes = codes[0].replace("[IU]", "U"), codes[1].replace("[IU]", "U")
    arbitrary = [sorted(set(_BRACKETS.findall(code)) - PHYSICAL) for code in codes]
    if arbitrary[0] != arbitrary[1]:
        raise ConversionError(f"{given} and {target} are not comparable: arbitrary units convert to nothing else")
    return _line(given, target, codes, test, molar_mass)


def _line(given: str, target: str, codes: tuple[str, str], test: str, molar_mass: float | None) -> Conversion:
    one, other = _quantity(codes[0]), _quantity(codes[1])
    registry = _registry()
    charge, charge_note = _equivalents(codes, test)
    if one.is_compatible_with(other):
        zero, unit = (
            registry.Quantity(amount * one.magnitude, one.units).to(other.units).magnitude / other.magnitude
            for amount in (0.0, 1.0)
        )
        return Conversion(_clean(float(unit - zero) * charge), _clean(float(zero)), charge_note)
    mass_per_amount = registry.Quantity(1.0, "g/mol")
    known = analyte_of(test)
    for sign in (-1, 1):
        if (one * mass_per_amount**sign).is_compatible_with(other):
            mass, note = _molar_mass(given, target, test, known, molar_mass)
            factor = (one * (mass * mass_per_amount) ** sign).to(other.units).magnitude / other.magnitude
            return Conversion(_clean(float(factor) * charge), 0.0, note)
    raise ConversionError(f"{given} cannot be turned into {target}: they measure different things")


def _molar_mass(
    given: str, target: str, test: str, known: Analyte | None, molar_mass: float | None
) -> tuple[float, str]:
    if molar_mass is not None:
        return molar_mass, f"{test}: {given} to {target} with the molar mass {molar_mass:g} g/mol (given by the study)"
    if known is None:
        raise ConversionError(f"{given} to {target} needs the molar mass of the analyte, which is not known")
    return (
        known.molar_mass,
        f"{test}: {given} to {target} with the molar mass {known.molar_mass:g} g/mol ({known.source})",
    )


def _equivalents(codes: tuple[str, str], test: str) -> tuple[float, str]:
    """Factor and note for equivalents: pint takes one for a mole, which holds only for a charge of one."""
    in_equivalents = [bool(_EQUIVALENT.search(code)) for code in codes]
    if in_equivalents[0] == in_equivalents[1]:
        return 1.0, ""
    known = analyte_of(test)
    if known is None or not known.charge:
        raise ConversionError("equivalents need the charge of the analyte, which is not known")
    factor = 1.0 / known.charge if in_equivalents[0] else float(known.charge)
    return factor, f"{test}: equivalents with the charge {known.charge}"


def _clean(number: float) -> float:
    """Twelve digits: what is left of them is the rounding of powers of ten."""
    return float(f"{number:.12g}")
