"""The only module that touches disk: YAML and CSV <-> `Network`, overlays, other people's
formats.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import FileProblem, shown, unknown
from ..model.network import Network, Source
from .yaml_document import CONTROL, Document, Merge, parse

PACKAGE = Path(__file__).parents[1]
SHIPPED = next(
    folder for folder in (PACKAGE / "networks", PACKAGE.parent / "networks") if folder.is_dir()
)
MOST_BYTES = 2_000_000
MOST_FOREIGN_BYTES = 20_000_000
DEFAULT = "runner_back_pain"
FOREIGN = (".bif", ".xml", ".xmlbif", ".xdsl")


def load(source: str | Path = DEFAULT) -> Network:
    """Return a network: a shipped one by name, or one from a file (.yaml, .yml, .bif, .xml,
    .xmlbif).

    Raises `UnknownName` for a name that is not shipped, and `FileProblem` with everything that is
    wrong with a file.

    >>> load().outcome
    'low_back_pain'
    """
    name = str(source)
    if not isinstance(source, str | Path):
        raise unknown("network", source, shipped())
    if (
        isinstance(source, Path)
        or Path(name).suffix.lower() in (".yaml", ".yml", *FOREIGN)
        or "/" in name
        or "\\" in name
    ):
        return _from_file(Path(name))
    if name not in shipped():
        raise unknown("network", name, shipped())
    return _shipped(name)


def shipped() -> tuple[str, ...]:
    """Return the names of the networks that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml") if path.stem != "red_flags"))


@lru_cache(maxsize=8)
def _shipped(name: str) -> Network:
    return _from_file(SHIPPED / f"{name}.yaml")


def _from_file(path: Path) -> Network:
    if path.suffix.lower() in FOREIGN:
        from .pgmpy_models import from_text

        return from_text(_text(path, MOST_FOREIGN_BYTES), path.suffix.lower(), path.stem, str(path))
    from .network_file import build

    document = read_yaml(path)
    rows: dict[str, Source] | None = {}
    if isinstance(document.data, dict):
        document, rows = (
            _overlaid(document)
            if "base" in document.data
            else (document, _rows(document, path.parent))
        )
    network, problems = build(document.data, rows)
    for problem in problems:
        document.complain(problem.path, problem.message)
    if network is None or document.found:
        raise FileProblem(document.lines())
    return network


def read_yaml(path: Path) -> Document:
    """Return a YAML file as plain data in which every scalar is text.

    Never executes anything: tags, anchors and aliases are refused, as are duplicate keys and
    nesting beyond 20 levels. Raises `FileProblem` where the file cannot be read at all.
    """
    return parse(path, _text(path))


def _text(path: Path, most: int = MOST_BYTES) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise FileProblem([f"{path}: {(error.strerror or 'cannot be read').lower()}"]) from None
    except ValueError:
        raise FileProblem([f"{shown(str(path))}: no file can have this name"]) from None
    if len(data) > most:
        raise FileProblem([f"{path}:1:1 the file has more than {most:,} bytes"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = (
            data.count(b"\n", 0, error.start) + 1,
            error.start - data.rfind(b"\n", 0, error.start),
        )
        raise FileProblem([f"{path}:{line}:{column} the file is not UTF-8"]) from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _rows(document: Document, folder: Path) -> dict[str, Source] | None:
    """Return the rows of the CSV named by `sources`, which lies in the network's own folder; None
    where it cannot be read.
    """
    name = document.data.get("sources")
    if not isinstance(name, str):
        return {}
    path = folder / name
    if Path(name).name != name or not _is_file(path):
        document.complain(("sources",), f"no such file beside the network: {path}")
        return None
    try:
        return read_sources(path)
    except FileProblem as error:
        document.found += error.lines
        return None


def read_sources(path: Path) -> dict[str, Source]:
    """Return the rows of a sources CSV by id; raises `FileProblem` naming each wrong line."""
    known = [entry.name for entry in fields(Source)]
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    rows: dict[str, Source] = {}
    found: list[str] = []
    try:
        header = list(reader.fieldnames or ())
        if not {"id", "kind", "says"} <= {*header} <= {*known} or len({*header}) < len(header):
            raise FileProblem(
                [
                    f"{path}:1:1 the first line names the columns, each once: {', '.join(known)} "
                    "(id, kind and says at least)"
                ]
            )
        for row in reader:
            wrong = _row_problem(row, rows, len(header))
            if wrong:
                found.append(f"{path}:{reader.line_num}:1 {wrong}")
            else:
                rows[row["id"]] = Source(**row)
    except csv.Error as error:
        found.append(f"{path}:{reader.line_num}:1 not valid CSV: {error}")
    if found:
        raise FileProblem(found)
    return rows


def _row_problem(row: Mapping[Any, Any], rows: Mapping[str, Source], columns: int) -> str:
    if None in row or None in row.values():
        return f"a row needs {columns} fields, as many as there are columns"
    if any(CONTROL.search(value) for value in row.values()):
        return "control characters are not allowed"
    if row["id"] in ("", "expert"):
        return f"a source cannot have the id {shown(row['id'])}"
    if row["id"] in rows:
        return f"source {shown(row['id'])} is listed twice"
    if row["kind"] not in ("claim", "study"):
        return f"kind {shown(row['kind'])} must be claim or study"
    if row.get("read", "") not in ("", "A", "B", "C"):
        return f"read {shown(row['read'])} must be A, B or C, or empty for a claim"
    return ""


def _overlaid(overlay: Document) -> tuple[Document, dict[str, Source] | None]:
    """Return the base with the overlay's parts in place, and the sources of both."""
    base = _base(overlay)
    rows, own = _rows(base, base.path.parent), _rows(overlay, overlay.path.parent)
    for id in own or ():
        if rows and id in rows and own and own[id] != rows[id]:
            overlay.complain(
                ("sources",),
                f"source {shown(id)} says something else in the base's sources; give yours an id "
                "of its own",
            )
    merged = Document(overlay.path, base.data, base.places, base.found + overlay.found)
    for key in ("name", "version", "sources"):
        base.data.pop(key, None)
        base.places.pop((key,), None)
    if () in overlay.places:
        base.places[()] = overlay.places[()]
    merge = Merge(merged, overlay)
    for key, value in overlay.data.items():
        if (
            key in ("variables", "treatments", "advice")
            and isinstance(value, dict)
            and isinstance(base.data.get(key), dict)
        ):
            for entry, part in value.items():
                merge.entry(key, entry, part)
        else:
            merge.replace((key,), value)
    return merged, None if rows is None or own is None else {**rows, **own}


def _base(overlay: Document) -> Document:
    name = overlay.data["base"]
    if not isinstance(name, str):
        raise overlay.refuse(("base",), "base must be text, the name of a network")
    tried = [folder / f"{name}.yaml" for folder in (overlay.path.parent, SHIPPED)]
    inside = Path(name).name == name and name not in ("", ".", "..")
    found = next(
        (
            path
            for path in tried
            if inside and _is_file(path) and path.resolve() != overlay.path.resolve()
        ),
        None,
    )
    if found is None:
        why = "no such base network" if inside else "a base is named without a folder"
        raise overlay.refuse(("base",), f"{why}; tried {' and '.join(map(str, tried))}")
    base = read_yaml(found)
    if not isinstance(base.data, dict) or "base" in base.data:
        raise overlay.refuse(
            ("base",), f"{found} is no network of its own (an overlay needs a base without a base)"
        )
    return base


def read_case(path: Path) -> Mapping[str, Any]:
    """Return the content of a case file (.yaml or .json): keys and values.

    In YAML a scalar is text, but for likelihoods, and an empty value means not known; in JSON null
    does. Raises `FileProblem` where it is no such file.
    """
    data = _json(path) if path.suffix.lower() == ".json" else _yaml_case(path)
    if not isinstance(data, dict):
        raise FileProblem([f"{path}:1:1 a case file holds keys and values, such as `findings:`"])
    return data


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path), object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        raise FileProblem(
            [f"{path}:{error.lineno}:{error.colno} not valid JSON: {error.msg}"]
        ) from None
    except FileProblem:
        raise
    except (RecursionError, ValueError):
        raise FileProblem(
            [f"{path}:1:1 nested too deeply, or a number with too many digits"]
        ) from None


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise FileProblem([f"{path}:1:1 key {shown(key)} is written twice"])
        found[key] = value
    return found


def _yaml_case(path: Path) -> Any:
    document = read_yaml(path)
    if document.found:
        raise FileProblem(document.lines())
    if not isinstance(document.data, dict):
        return document.data
    case = {key: {} if part == "" else part for key, part in document.data.items()}
    for part in case.values():
        if isinstance(part, dict):
            part.update({key: _value(value) for key, value in part.items()})
    return case


def _value(value: Any) -> Any:
    """Return an empty text as None, and {state: likelihood} with numbers for whatever can be read
    as one.
    """
    if not isinstance(value, dict):
        return None if value == "" else value
    weights: dict[str, Any] = {}
    for state, weight in value.items():
        try:
            weights[state] = float(weight)
        except (TypeError, ValueError):
            weights[state] = weight
    return weights


def write(path: str | Path, text: str) -> None:
    """Write a text file whole or not at all; raises `FileProblem` where it cannot be written."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileProblem([f"{path}: {(error.strerror or 'cannot be written').lower()}"]) from None
