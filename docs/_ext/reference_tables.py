"""The result tables: columns, types and rules from their schemas, one sentence a column from columns.yaml."""

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import yaml
from pieces import code, one_line, table

from biomarker.data import tables
from biomarker.data.schema import Column, Schema
from biomarker.data.schemas import MODULES, schemas

__all__ = ["column_words", "directions", "result_table", "result_tables", "schemas", "unwritten_tables"]

HERE = Path(__file__).resolve().parent
#: The sentence of a column that no stage fills yet.
ALWAYS_NULL = "Null."
STAGES = HERE.parents[1] / "src" / "biomarker" / "stages"


def result_table(name: str) -> str:
    """One table: what it is, its columns, its rules."""
    schema = schemas()[name]
    sentences = column_words()[name]
    unused = [code(column) for column, sentence in sentences.items() if sentence == ALWAYS_NULL]
    rows = [
        [code(column), _type(about), _limits(about), sentences[column]]
        for column, about in schema.columns.items()
        if sentences[column] != ALWAYS_NULL
    ]
    key = [code(column) for column, about in schema.columns.items() if about.key]
    rules = [f"- {one_line(rule.words)}" for rule in schema.rules.values()]
    if key:
        rules.insert(0, f"- The combination of {', '.join(key)} is unique.")
    parts = [_purpose(schema), table(["Column", "Type", "Limits", "Meaning"], rows)]
    if unused:
        parts.append(f"Null in every row of this version: {', '.join(unused)}.")
    if rules:
        words = "Rules that every row keeps, checked when the table is written and when it is read:"
        parts.append(f"{words}\n\n" + "\n".join(rules))
    return "\n\n".join(parts)


def result_tables() -> str:
    """Every table that a stage writes, under a heading of its own."""
    return "\n\n".join(f"### {_title(schemas()[name])}\n\n{result_table(name)}" for name in column_words())


def unwritten_tables() -> str:
    """Names of the schemas that stand ready for stages to come."""
    return ", ".join(_title(schema) for name, schema in schemas().items() if not written_by(name))


def directions() -> str:
    """What a high value means for the patient, in words."""
    rows = [[code(contrast), code(signs[1]), code(signs[-1])] for contrast, signs in tables.DIRECTIONS.items()]
    observed = tables.OBSERVED_DIRECTIONS
    rows.append([f"{code('predictive')}, arms not randomised", code(observed[1]), code(observed[-1])])
    return table(["`contrast`", "`benefit_sign` 1", "`benefit_sign` -1"], rows)


@cache
def column_words() -> dict[str, dict[str, str]]:
    """One sentence for each column of each written table, tables in the order of the file.

    Raises
    ------
    ValueError
        A table or a column has no sentence, or a sentence no column.
    """
    known: dict[str, dict[str, str]] = yaml.safe_load((HERE / "columns.yaml").read_text(encoding="utf-8"))
    common = known.pop("common")
    written = {name for name in schemas() if written_by(name)}
    if set(known) != written:
        raise ValueError(f"columns.yaml and the written tables differ in {set(known) ^ written}")
    complete = {}
    for name in known:
        own, columns = known[name] or {}, schemas()[name].column_names()
        complete[name] = {column: own.get(column, common.get(column)) for column in columns}
        silent = [column for column, sentence in complete[name].items() if not sentence]
        if silent or set(own) - set(columns):
            raise ValueError(f"columns.yaml, {name}: without a sentence {silent}, unknown {set(own) - set(columns)}")
    return complete


def written_by(name: str) -> list[str]:
    """Stages whose module writes the table."""
    return [stage for stage, names in _written().items() if name in names or f"{name}Table" in names]


@cache
def _written() -> dict[str, set[str]]:
    """By stage the schemas that its calls of `write_table` name, and those of a group of tables that it writes."""
    groups = {name: found for module in MODULES for name, found in vars(module).items() if name.endswith("_TABLES")}
    found = {}
    for path in sorted(STAGES.glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        writes = [call for call in calls if call.func.id == "write_table"]
        found[path.stem] = {argument.id for call in writes for argument in call.args if isinstance(argument, ast.Name)}
        if any(call.func.id == "write_rows" for call in calls):
            named = {node.id for node in nodes if isinstance(node, ast.Name)} & set(groups)
            found[path.stem] |= {schema.__name__ for group in named for schema in groups[group].values()}
    return found


def _purpose(schema: type[Schema]) -> str:
    """The schema's own words, without the file name they begin with."""
    words = inspect.getdoc(schema) or ""
    first, _, rest = words.partition(": ")
    text = rest if first.startswith("``") else words
    return text[:1].upper() + text[1:]


def _title(schema: type[Schema]) -> str:
    """The file's name, which begins the schema's words."""
    match = re.match(r"``([^`]+)``", inspect.getdoc(schema) or "")
    return code(f"{match[1]}.parquet") if match else schema.__name__


def _type(column: Column) -> str:
    kind = type(column.dtype).__name__
    if kind == "Enum":
        return ", ".join(code(value) for value in column.dtype.categories) + (", null" if column.nullable else "")
    words = {"String": "text", "Float64": "number", "Int64": "integer", "Int8": "integer", "Boolean": "true or false"}
    return ("list of text" if kind == "List" else words[kind]) + (" or null" if column.nullable else "")


def _limits(column: Column) -> str:
    limits = [f"{sign} {value:g}" for sign, value in (("≥", column.min), ("≤", column.max)) if value is not None]
    return ", ".join(limits + ["may be infinite"] * column.infinite)
