"""The shapes that a formula can have, from the table that the search itself uses."""

from pieces import code, table

from biomarker.discovery.formula.shapes import SHAPES

__all__ = ["formula_shapes"]


def formula_shapes() -> str:
    """One row a shape."""
    rows = [
        [
            code(shape.name),
            code(shape.formula),
            str(shape.arity),
            str(shape.variants),
            shape.fast_path or "one at a time",
        ]
        for shape in SHAPES.values()
    ]
    return table(["Shape", "Formula", "Features", "Variants of each pair, feature or triple", "Computed by"], rows)
