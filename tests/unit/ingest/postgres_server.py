"""A PostgreSQL server of the tests' own, on a socket in a folder of theirs; ended with the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OWNER = "postgres"


@dataclass(frozen=True)
class Server:
    """Where it listens and who may do what."""

    folder: Path
    port: int

    def environment(self, user: str = "reader", password: str = "only-reads") -> dict[str, str]:
        return {
            "PGHOST": str(self.folder), "PGPORT": str(self.port), "PGDATABASE": "records", "PGUSER": user,
            "PGPASSWORD": password,
        }  # fmt: skip


def binaries() -> Path | None:
    """Folder of initdb and pg_ctl, or None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


def _run(command: list[str], folder: Path) -> None:
    as_user = {"user": OWNER, "group": OWNER} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **as_user
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """Start a server with a database ``records`` and a role ``reader`` that may only read, by password."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER, OWNER)
    port, data = 54329, folder / "data"
    password = folder / "pw"
    password.write_text("owns-all", encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(password, OWNER, OWNER)
    try:
        _run([str(bin_folder / "initdb"), "-D", str(data), "-A", "md5", "-U", "owner", "--pwfile", str(password),
              "--no-sync"], folder)  # fmt: skip
        options = f"-k {folder} -p {port} -c listen_addresses= -c fsync=off -c shared_buffers=64MB"
        _run(
            [str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"],
            folder,
        )
        made = Server(folder, port)
        from adbc_driver_postgresql import dbapi

        own = made.environment("owner", "owns-all") | {"PGDATABASE": "postgres"}
        with _as(own), dbapi.connect("postgresql://", autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE records")
            cursor.execute("CREATE ROLE reader LOGIN PASSWORD 'only-reads'")
        yield made
    finally:
        if (data / "postmaster.pid").exists():
            _run([str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _as(environment: dict[str, str]) -> Iterator[None]:
    before = {key: os.environ.get(key) for key in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})


def load(made: Server, schema: str, tables: dict[str, object]) -> None:
    """Put tables (polars) into a schema that the reader may read."""
    from adbc_driver_postgresql import dbapi

    with _as(made.environment("owner", "owns-all")), dbapi.connect("postgresql://") as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            for name, table in tables.items():
                cursor.adbc_ingest(name, table.to_arrow(), mode="replace", db_schema_name=schema)
            cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader")
            cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
        connection.commit()
