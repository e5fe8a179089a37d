"""Where a result came from: content hashes, settings, code and versions, nothing that changes between equal runs."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import biomarker
from biomarker.data.files import sha256_of

__all__ = ["collect", "lock_digest", "package_folder", "project_folder"]


def package_folder() -> Path:
    """Folder of the package's source."""
    return Path(biomarker.__file__).resolve().parent


def project_folder() -> Path:
    """Folder that holds ``workflow/``, ``rules/`` and ``config/``: the checkout, or what the wheel carries."""
    package = package_folder()
    checkout = package.parents[1]
    return checkout if (checkout / "workflow" / "Snakefile").is_file() else package / "_project"


@cache
def lock_digest() -> str:
    """SHA-256 of the lock file that pins every dependency."""
    lock = project_folder() / "requirements.lock"
    return sha256_of(lock) if lock.is_file() else "no lock file"


def collect(inputs: Mapping[str, Path], settings: Mapping[str, Any], *, code: str) -> dict[str, str]:
    """Provenance of what one stage is about to write.

    Parameters
    ----------
    inputs : mapping of name to path
        Files the stage reads; names and file names are stored, folders are not.
    settings : mapping
        The sections of the study file that the stage was handed.
    code : str
        Digest of the package files that the stage runs.

    Returns
    -------
    dict of str to str
        ``provenance_id`` is the hash of all the rest.
    """
    facts = {
        "package": f"biomarker {biomarker.__version__}",
        "code": code,
        "lock": lock_digest(),
        "settings": json.dumps(settings, sort_keys=True, ensure_ascii=False),
        "inputs": json.dumps(
            {f"{name}: {path.name}": sha256_of(path) for name, path in sorted(inputs.items())}, ensure_ascii=False
        ),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return {"provenance_id": digest[:16], **facts}
