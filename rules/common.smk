# Functions that the rules share: where files are, which settings a stage reads, which code it runs.
# Standard library and snakemake.utils only: a head node plans the workflow without the science packages.
import ast
import functools
import hashlib
import json
import os
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.utils import validate

#: where this very file is: `workflow.basedir` is another project's folder where this workflow is a module of it
PROJECT = Path(str(workflow.current_basedir)).resolve().parent
AS_MODULE = Path(workflow.basedir).resolve() != PROJECT / "workflow"
#: the package's source: beside the workflow in a checkout, around it in an installed wheel
PACKAGE = next(p for p in (PROJECT / "src" / "biomarker", PROJECT.parent) if (p / "__init__.py").is_file())
PACKAGED = runpy.run_path(str(PACKAGE / "ingest" / "packaged.py"))  # the very code that `biomarker check` runs
CONTRASTS = ("prognostic", "predictive", "response")
LONGEST_LIST = 200  # a longer one cannot be handed over on a command line


def study_file():
    """Path of the study file, or None where the settings came another way (a module is handed them)."""
    return Path(workflow.configfiles[-1]) if workflow.configfiles and not AS_MODULE else None


def check_settings(config, schema):
    """Refuse what the schema does not allow, fill in the defaults."""
    advice = f"run: biomarker check {study_file()}" if study_file() else "run: biomarker check STUDY.yaml"
    empty = [name for name, section in config.items() if section is None]
    if empty:
        raise WorkflowError(f"Empty section: {', '.join(empty)}. Leave it out, or give it keys.\n{advice}")
    try:
        validate(config, schema)
    except WorkflowError as error:
        raise WorkflowError(f"{short(error)}\n{advice}") from None
    refuse_long_lists(config, "study file", advice)


def short(error):
    """What is wrong and where, without the schema that was not met."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    end = next((i for i, line in enumerate(lines) if line.startswith("Failed validating")), len(lines))
    return "\n".join([*lines[:end], *(line.strip() for line in lines if line.startswith("On instance"))])


def refuse_long_lists(node, where, advice):
    """A list of more than 200 entries belongs in a file of its own."""
    if isinstance(node, list) and len(node) > LONGEST_LIST:
        raise WorkflowError(f"{where} lists {len(node)} entries; more than {LONGEST_LIST} belong in a table\n{advice}")
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        refuse_long_lists(value, f"{where}: {key}", advice)


def check_study_file():
    """The full check of the study file's settings, before the first job; `biomarker run` has made it already."""
    if study_file() and not os.environ.get("BIOMARKER_CHECKED"):
        command = [*python(), "-m", "biomarker", "check", "--settings-only", study_file()]
        environment = {**os.environ, "PYTHONPATH": package_path()}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def result(name):
    """Path of a result of this study."""
    return f"results/{config['study']['name']}/{name}"


def source(path):
    """Path of an input: relative to the study file or to the simulated files, or in an installed package."""
    if path.startswith(PACKAGED["PREFIX"]):
        return str(PACKAGED["packaged_file"](path))
    if "simulate" in config:
        return result(f"simulated/{path}")
    if os.path.isabs(path) or not study_file():
        return os.path.abspath(path)  # a module's paths start where it runs, and its `prefix` is for results
    return os.path.relpath(study_file().parent / path)


def paths_in(node):
    """Every path that a section names, in order; a stage takes them from its inputs in the same order."""
    if isinstance(node, list):
        return [path for item in node for path in paths_in(item)]
    if not isinstance(node, dict):
        return []
    own = [source(node["path"])] if "path" in node and not PACKAGED["is_database"](node["path"]) else []
    return own + [path for key, value in sorted(node.items()) if key != "path" for path in paths_in(value)]


def contrasts():
    """What can be asked: with a treatment prognostic and predictive, without one response."""
    return CONTRASTS[:2] if "treatment" in config["subjects"] and config["subjects"]["treatment"] else CONTRASTS[2:]


def settings(*sections, **extra):
    """Sections of the study file as the one JSON argument of a stage (a function, because braces are wildcards)."""

    def of_job(wildcards):
        chosen = {name: config[name] for name in sections if name in config}
        chosen |= {key: value(wildcards) if callable(value) else value for key, value in extra.items()}
        return json.dumps(chosen, sort_keys=True, ensure_ascii=False)

    return of_job


def files(wildcards, input, output):
    """Inputs and outputs of a job as the stage command takes them."""
    return [*named("--in", input), *named("--out", output)]


def named(option, paths):
    """``--in name=path`` for each named file; the files of a list are told apart by their stem (and number)."""
    names = {}
    for key, value in paths.items():
        for path in [value] if isinstance(value, str) else value:
            stem = name = key if isinstance(value, str) else f"{key}.{Path(path).stem}"
            while name in names:
                name = f"{stem}.{len(names)}"
            names[name] = path
    return [word for name, path in names.items() for word in (option, f"{name}={path}")]


def stage(name):
    """Shell command of a stage."""
    return f"{stage_prefix() if AS_MODULE else ''}biomarker stage {name} {{params.files:q}} --settings {{params.settings:q}} --code {{params.code}} --log {{log:q}} 2> {{log:q}}"


def stage_prefix():
    """What makes ``biomarker`` in a rule's command run the very code that the digest describes."""
    command = f"BIOMARKER_DRIVER=$PPID PYTHONPATH={shlex.quote(package_path())} {shlex.join(python())} -m biomarker"
    return f'biomarker() {{{{ {command} "$@"; }}}}; '


def python():
    """The interpreter of jobs: of the conda environment where Snakemake makes one, else this one."""
    methods = getattr(workflow.deployment_settings, "deployment_method", ())
    return ["python"] if any(str(method).lower().endswith("conda") for method in methods) else [sys.executable]


def package_path():
    """Search path on which the package is found."""
    return os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))


def megabytes(wildcards, input):
    """Memory asked of a cluster: a base for the packages and a multiple of the input."""
    return int(1000 + 12 * input.size_mb)


@functools.cache
def code_digest(name):
    """Digest of the package files that a stage can run: everything its module imports, directly or not."""
    digest = hashlib.sha256()
    modules = import_closure(f"biomarker.stages.{name}")
    for path in sorted(modules | data_files(modules)):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def import_closure(module):
    """Source files of the package that a module imports, directly or not."""
    found, todo = set(), {"biomarker.cli.stage", "biomarker.stages.job", module}
    while todo:
        path = module_path(todo.pop())
        if path is not None and path not in found:
            found.add(path)
            todo |= imported_by(path)
    return found


def data_files(modules):
    """What the packages of these modules carry beside Python: templates, style sheets."""
    folders = {path.parent for path in modules} - {PACKAGE}
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return {path for path in files if path.suffix not in (".py", ".pyc", ".nbi", ".nbc")}  # nor what is compiled of it


@functools.cache
def module_path(module):
    """Source file of a module of the package, or None where the name is not a module."""
    stem = PACKAGE.parent.joinpath(*module.split("."))
    return next((p for p in (stem / "__init__.py", stem.with_suffix(".py")) if p.is_file()), None)


@functools.cache
def imported_by(path):
    """Dotted names that a file imports from the package, with their parent packages."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    own = {name for name in names if name.split(".")[0] == "biomarker"}
    return own | {name.rpartition(".")[0] for name in own if "." in name}
