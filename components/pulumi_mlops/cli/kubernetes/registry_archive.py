"""Packs a whole MLflow registry into an archive, and fills an empty one from it, whatever database either has.

The commands run this text within the registry's own pod, where MLflow, the database and the artifacts are: it imports
nothing of this project. The archive is a gzipped tar: `registry.json`, a file of JSON lines for each table, and the
artifacts. Values are as SQLAlchemy gives them, so SQLite's rows fit PostgreSQL.
"""

import base64
import io
import json
import os
import sys
import tarfile
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

HEADER = "registry.json"
TABLES, ARTIFACTS = "tables", "artifacts"
_REVISION_TABLE = "alembic_version"
# Whoever has rows in one of these has a registry to lose.
_KEPT = ("registered_models", "model_versions", "runs")


class ArchiveError(Exception):
    """What cannot be packed or unpacked; the text says why."""


def pack(uri: str, artifacts: str, stream: BinaryIO) -> dict[str, Any]:
    """Write a registry into a stream, as it was at one moment.

    Args:
        uri: The database's address, as SQLAlchemy has it.
        artifacts: The folder of the artifacts; what is no folder here, such as an address of S3, stays where it is.
        stream: Where the archive goes.

    Returns:
        What is in it.
    """
    import sqlalchemy  # noqa: PLC0415 - the pod's own

    engine = sqlalchemy.create_engine(uri)
    with tarfile.open(fileobj=stream, mode="w|gz") as archive, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            # One read transaction sees one state, whatever is written beside it.
            connection.exec_driver_sql("BEGIN")
        tables = _tables(connection)
        header: dict[str, Any] = {"revision": _revision(connection), "rows": {}, "has_artifacts": False}
        for table in tables:
            rows = [dict(row) for row in connection.execute(sqlalchemy.select(table)).mappings()]
            header["rows"][table.name] = len(rows)
            text = "".join(json.dumps(row, default=_encoded) + "\n" for row in rows)
            _add(archive, f"{TABLES}/{table.name}.jsonl", text.encode())
        folder = Path(artifacts)
        if "://" not in artifacts and folder.is_dir():
            header["has_artifacts"] = True
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.add(path, f"{ARTIFACTS}/{path.relative_to(folder).as_posix()}", recursive=False)
        # At the end: an archive that was cut off has none.
        _add(archive, HEADER, json.dumps(header, indent=2, sort_keys=True).encode())
    engine.dispose()
    return header


def unpack(uri: str, artifacts: str, stream: BinaryIO) -> dict[str, Any]:
    """Fill an empty registry from an archive: all of it, or nothing.

    Args:
        uri: The database's address.
        artifacts: The folder of the artifacts.
        stream: The archive.

    Returns:
        What is in it.

    Raises:
        ArchiveError: When the archive is not whole, or the registry is not empty or has another schema.
    """
    import sqlalchemy  # noqa: PLC0415 - the pod's own

    engine = sqlalchemy.create_engine(uri)
    with tempfile.TemporaryDirectory(prefix="registry-") as temporary, engine.begin() as connection:
        header = _extract(stream, Path(temporary))
        tables = _tables(connection)
        _refuse(connection, header, tables)
        if header["has_artifacts"]:
            if "://" in artifacts:
                raise ArchiveError(f"got artifacts for {artifacts}, expected a folder, fix: copy them there by hand")
            _move_artifacts(Path(temporary) / ARTIFACTS, Path(artifacts))
        for table in reversed(tables):
            connection.execute(table.delete())
        for table in tables:
            lines = (Path(temporary) / TABLES / f"{table.name}.jsonl").read_text(encoding="utf-8").splitlines()
            rows = [_typed(json.loads(line), table) for line in lines]
            if rows:
                connection.execute(table.insert(), rows)
        if engine.dialect.name == "postgresql":
            _continue_sequences(connection, tables)
    engine.dispose()
    return header


def _tables(connection: Any) -> list[Any]:
    """Return the tables, each after those that it refers to."""
    import sqlalchemy  # noqa: PLC0415

    metadata = sqlalchemy.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _REVISION_TABLE]


def _revision(connection: Any) -> str:
    return str(connection.exec_driver_sql(f"SELECT version_num FROM {_REVISION_TABLE}").scalar_one())  # noqa: S608


def _refuse(connection: Any, header: dict[str, Any], tables: list[Any]) -> None:
    import sqlalchemy  # noqa: PLC0415

    revision = _revision(connection)
    if header["revision"] != revision:
        raise ArchiveError(
            f"got an archive of the schema {header['revision']}, expected {revision}, which this registry has, "
            "fix: restore it with the image of MLflow that it was made with, and upgrade then"
        )
    if set(header["rows"]) != {table.name for table in tables}:
        raise ArchiveError(
            "got an archive with other tables than this registry's, expected the same, fix: restore it with the image"
            " of MLflow that it was made with"
        )
    for table in tables:
        if table.name in _KEPT:
            count = connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar_one()
            if count:
                raise ArchiveError(
                    f"got {count} rows in {table.name}, expected an empty registry to restore into, fix: make a new one"
                )


def _extract(stream: BinaryIO, folder: Path) -> dict[str, Any]:
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            if not member.isreg() or member.name.startswith("/") or ".." in parts:
                raise ArchiveError(
                    f"got {member.name!r} in the archive, expected plain files below it, fix: find out who"
                    " wrote this file"
                )
            file = archive.extractfile(member)
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                while file is not None and (piece := file.read(1 << 20)):
                    target.write(piece)
    if not (folder / HEADER).is_file():
        raise ArchiveError(
            f"got an archive without {HEADER}, expected a whole one of mlops registry backup, fix: copy the file again"
        )
    header: dict[str, Any] = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    return header


def _move_artifacts(source: Path, folder: Path) -> None:
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file():
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            # Another volume: a copy, which takes its name when it is whole.
            partial = target.with_name(f".{target.name}.partial")
            partial.write_bytes(path.read_bytes())
            partial.replace(target)


def _typed(row: dict[str, Any], table: Any) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and set(value) == {"$bytes"}:
            typed[name] = base64.b64decode(value["$bytes"])
        elif isinstance(value, dict) and set(value) == {"$moment"}:
            kind = table.columns[name].type.python_type
            typed[name] = kind.fromisoformat(value["$moment"])
        elif isinstance(value, dict) and set(value) == {"$decimal"}:
            typed[name] = Decimal(value["$decimal"])
        elif value is not None and _python_type(table.columns[name]) is bool:
            typed[name] = bool(value)
        else:
            typed[name] = value
    return typed


def _python_type(column: Any) -> type | None:
    try:
        kind: type = column.type.python_type
    except NotImplementedError:
        return None
    return kind


def _encoded(value: object) -> object:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return {"$moment": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(type(value).__name__)


def _continue_sequences(connection: Any, tables: list[Any]) -> None:
    """Let PostgreSQL count on from the rows that it was given."""
    for table in tables:
        for column in table.primary_key.columns:
            if _python_type(column) is not int:
                continue
            named = {"table": f'"{table.name}"', "column": column.name}
            sequence = connection.exec_driver_sql(
                "SELECT pg_get_serial_sequence(%(table)s, %(column)s)", named
            ).scalar()
            if sequence is not None:
                highest = f'SELECT setval(%(sequence)s, (SELECT coalesce(max("{column.name}"), 0) + 1'
                connection.exec_driver_sql(f'{highest} FROM "{table.name}"), false)', {"sequence": sequence})


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


class _Limited(io.RawIOBase):
    """The first bytes of a stream that nobody closes."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._stream.read(min(len(buffer), self._left))
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def main(arguments: list[str]) -> int:
    """Run within the pod: `pack URI ARTIFACTS`, or `unpack URI ARTIFACTS SIZE`."""
    verb, uri, artifacts, *size = arguments
    try:
        if verb == "pack":
            pack(uri, artifacts, sys.stdout.buffer)
        else:
            header = unpack(uri, artifacts, io.BufferedReader(_Limited(sys.stdin.buffer, int(size[0]))))
            sys.stdout.write(json.dumps(header) + "\n")
    except ArchiveError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
