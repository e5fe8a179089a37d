"""Which stage reads which sections of the study file, from the rules themselves."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pieces import code, table

__all__ = ["sections_of_rules", "stage_sections"]

RULES = Path(__file__).resolve().parents[2] / "rules"
_RULE = re.compile(r"^(?:use rule \w+ as |rule )(\w+)(?: with)?:\n((?:    .*\n|\n)*)", re.MULTILINE)


def stage_sections() -> str:
    """The table: rule, what it is handed of the study file, what it writes."""
    rows = [
        [code(rule), ", ".join(map(code, read)) or "nothing", ", ".join(map(code, written))]
        for rule, (read, written) in sections_of_rules().items()
    ]
    return table(["Rule", "Reads of the study file", "Writes, in `results/<study name>/`"], rows)


def sections_of_rules() -> dict[str, tuple[list[str], list[str]]]:
    """For each rule the sections in its ``settings=`` and the paths in its ``output:``."""
    found = {}
    including = [RULES.parent / "workflow" / "Snakefile", RULES / "screen.smk", RULES / "rank.smk"]
    text = "".join(path.read_text(encoding="utf-8") for path in including)
    files = re.findall(r'include: "(?:../rules/)?(\w+\.smk)"', text)
    for path in [RULES / name for name in sorted(files, key=lambda name: name != "simulate.smk")]:
        for name, body in _RULE.findall(path.read_text(encoding="utf-8")):
            call = ast.parse(_call(body, "settings("), mode="eval").body
            assert isinstance(call, ast.Call)
            output = body.partition("    output:\n")[2].partition("\n    log:")[0]
            paths = [path.replace("{{", "{").replace("}}", "}") for path in re.findall(r'result\("([^"]+)"\)', output)]
            paths += [f"simulated/{path}" for path in re.findall(r'source\("([^"]+)"\)', output)]
            read = list(dict.fromkeys(_sections(call)))
            found[name] = ([key for key in read if key.partition(".")[0] not in read or "." not in key], paths)
    return found


def _call(body: str, start: str) -> str:
    """The text of a call, up to the bracket that closes it."""
    begin = body.index(start)
    depth = 0
    for end in range(begin, len(body)):
        depth += (body[end] == "(") - (body[end] == ")")
        if depth == 0 and body[end] == ")":
            return body[begin : end + 1]
    raise ValueError(f"{start} is not closed")


def _sections(call: ast.Call) -> Iterator[str]:
    yield from (argument.value for argument in call.args if isinstance(argument, ast.Constant))
    for keyword in call.keywords:
        yield from _from_config(keyword.value)


def _from_config(node: ast.AST) -> Iterator[str]:
    """Keys taken of `config`, as dotted paths; ``*`` where a comprehension goes through all entries."""
    names = {
        target.id: _path(generator.iter.func.value if isinstance(generator.iter, ast.Call) else generator.iter)
        for comprehension in ast.walk(node)
        if isinstance(comprehension, ast.SetComp | ast.DictComp | ast.ListComp | ast.GeneratorExp)
        for generator in comprehension.generators
        for target in ast.walk(generator.target)
        if isinstance(target, ast.Name)
    }
    inside = {id(part) for each in ast.walk(node) if isinstance(each, ast.Subscript) for part in [each.value]}
    for each in ast.walk(node):
        if not isinstance(each, ast.Subscript) or id(each) in inside:
            continue
        path = _path(each)
        root, _, rest = path.partition(".")
        if root in names:
            yield f"{names[root].removeprefix('config.')}.*.{rest}"
        elif root == "config" and path not in names.values():
            yield path.removeprefix("config.")


def _path(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript):
        key = node.slice
        word = str(key.value) if isinstance(key, ast.Constant) else "<its own>"
        return f"{_path(node.value)}.{word}"
    return node.id if isinstance(node, ast.Name) else ""
