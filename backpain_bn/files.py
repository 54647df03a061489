"""The only module that touches disk: YAML and CSV <-> `Network`, overlays, other people's formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .errors import FileProblem, shown, unknown
from .network import Network, Problem, Source

HERE = Path(__file__).parent
SHIPPED = next(folder for folder in (HERE / "networks", HERE.parent / "networks") if folder.is_dir())
MOST_BYTES = 8_000_000
MOST_DEPTH = 20
DEFAULT = "runner_back_pain"
FOREIGN = (".bif", ".xml", ".xmlbif", ".xdsl")
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Steps = tuple[str | int, ...]
Place = tuple[str, int, int]


@dataclass(slots=True)
class Document:
    """A YAML file as plain data (dict, list, str), the place of every part of it, and what was wrong with its form."""

    path: Path
    data: Any = None
    places: dict[Steps, Place] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def line(self, problem: Problem) -> str:
        """Return `path:line:column message` for the nearest part of the file that exists."""
        steps = problem.path
        while steps and steps not in self.places:
            steps = steps[:-1]
        name, line, column = self.places.get(steps, (str(self.path), 1, 1))
        return f"{name}:{line}:{column} {problem.message}"


def load(source: str | Path = DEFAULT) -> Network:
    """Return a network: a shipped one by name, or one from a file (.yaml, .yml, .bif, .xml, .xmlbif).

    Raises `UnknownName` for a name that is not shipped, and `FileProblem` with everything that is wrong with a file.

    >>> load().outcome
    'low_back_pain'
    """
    name = str(source)
    if isinstance(source, Path) or Path(name).suffix.lower() in (".yaml", ".yml", *FOREIGN) or "/" in name or "\\" in name:
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
        from .pgm import from_text

        return from_text(_text(path), path.suffix.lower(), path.stem, str(path))
    from .build import build

    document = read_yaml(path)
    rows: dict[str, Source] = {}
    if isinstance(document.data, dict):
        if "base" in document.data:
            document, rows = _overlaid(document)
        rows |= _rows(document, path.parent)
    network, problems = build(document.data, rows)
    lines = document.found + [document.line(problem) for problem in problems if document.data is not None]
    if lines or network is None:
        raise FileProblem(lines or [f"{path}:1:1 the file is empty"])
    return network


def read_yaml(path: Path) -> Document:
    """Return a YAML file as plain data in which every scalar is text.

    Never executes anything: tags, anchors and aliases are refused, as are duplicate keys and nesting beyond 20 levels.
    Raises `FileProblem` where the file cannot be read at all.
    """
    document = Document(path)
    try:
        _read_events(document, _text(path))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise FileProblem([*document.found, f"{path}:{line}:{column} not valid YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise FileProblem([f"{path}:1:1 not valid YAML: {' '.join(str(error).split())}"]) from None
    return document


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileProblem([f"{path}:1:1 the file has {path.stat().st_size:,} bytes; the limit is {MOST_BYTES:,}"])
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem([f"{path}:1:1 the file is not UTF-8 (byte {error.start + 1})"]) from None
    except OSError as error:
        raise FileProblem([f"{path}: {(error.strerror or 'cannot be read').lower()}"]) from None


class _TooDeep(yaml.MarkedYAMLError):
    pass


def _read_events(document: Document, text: str) -> None:
    stack: list[tuple[Any, Steps]] = []
    key: str | None = None

    def put(value: Any, mark: Any) -> Steps:
        nonlocal key
        if not stack:
            document.data, steps = value, ()
        else:
            holder, inside = stack[-1]
            if isinstance(holder, list):
                steps = (*inside, len(holder))
                holder.append(value)
            else:
                steps = (*inside, str(key))
                if key in holder:
                    complain(mark, f"key {shown(key)} is written twice")
                holder[key] = value
                key = None
        document.places[steps] = (str(document.path), mark.line + 1, mark.column + 1)
        return steps

    def complain(mark: Any, message: str) -> None:
        document.found.append(f"{document.path}:{mark.line + 1}:{mark.column + 1} {message}")

    documents = 0
    for event in yaml.parse(text, Loader=Loader):
        kind = type(event).__name__
        mark = event.start_mark
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                complain(mark, "a second document begins here; a file holds one")
                return
        elif kind == "AliasEvent":
            complain(mark, "anchors and aliases (& and *) are not allowed")
            put("", mark)
        elif kind in ("MappingStartEvent", "SequenceStartEvent", "ScalarEvent"):
            if event.tag is not None:
                complain(mark, f"tags are not allowed: {shown(event.tag)}")
            if event.anchor is not None:
                complain(mark, "anchors and aliases (& and *) are not allowed")
            wants_key = bool(stack) and isinstance(stack[-1][0], dict) and key is None
            if kind == "ScalarEvent":
                if wants_key:
                    key = event.value
                else:
                    put(event.value, mark)
            else:
                if wants_key:
                    raise _TooDeep(problem="a key must be text", problem_mark=mark)
                if len(stack) >= MOST_DEPTH:
                    raise _TooDeep(problem=f"more than {MOST_DEPTH} levels deep", problem_mark=mark)
                value: Any = {} if kind == "MappingStartEvent" else []
                stack.append((value, put(value, mark)))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()


def _rows(document: Document, folder: Path) -> dict[str, Source]:
    """Return the rows of the CSV named by `sources`, which lies in the network's own folder."""
    name = document.data.get("sources")
    if not isinstance(name, str):
        return {}
    path = folder / name
    if Path(name).name != name or not path.is_file():
        document.found.append(document.line(Problem(("sources",), f"no such file beside the network: {path}")))
        return {}
    return read_sources(path)


def read_sources(path: Path) -> dict[str, Source]:
    """Return the rows of a sources CSV by id; raises `FileProblem` naming each wrong line."""
    known = [entry.name for entry in fields(Source)]
    reader = csv.DictReader(_text(path).splitlines(keepends=True), strict=True)
    rows: dict[str, Source] = {}
    found: list[str] = []
    try:
        for row in reader:
            where = f"{path}:{reader.line_num}:1"
            if None in row or None in row.values() or not {"id", "kind", "says"} <= row.keys() <= set(known):
                found.append(f"{where} a row needs the columns {', '.join(known)} (id, kind and says at least)")
            elif row["id"] in rows:
                found.append(f"{where} source {shown(row['id'])} is listed twice")
            elif row["kind"] not in ("claim", "study"):
                found.append(f"{where} kind {shown(row['kind'])} must be claim or study")
            else:
                rows[row["id"]] = Source(**row)
    except csv.Error as error:
        found.append(f"{path}:{reader.line_num}:1 not valid CSV: {error}")
    if found:
        raise FileProblem(found)
    return rows


def _overlaid(overlay: Document) -> tuple[Document, dict[str, Source]]:
    """Return the base with the overlay's parts in place, and the base's sources."""
    name = str(overlay.data["base"])
    tried = [folder / f"{name}.yaml" for folder in (overlay.path.parent, SHIPPED)]
    found = next((path for path in tried if path.is_file() and path.resolve() != overlay.path.resolve()), None)
    if Path(name).name != name or name in (".", "..") or found is None:
        raise FileProblem([overlay.line(Problem(("base",), f"no such base network; tried {' and '.join(map(str, tried))}"))])
    base = read_yaml(found)
    if not isinstance(base.data, dict) or "base" in base.data:
        raise FileProblem([overlay.line(Problem(("base",), f"{found} is no network of its own (an overlay needs a base without a base)"))])
    rows = _rows(base, found.parent)
    merged = Document(overlay.path, base.data, base.places, base.found + overlay.found)
    for key, value in overlay.data.items():
        if key in ("variables", "treatments", "advice") and isinstance(value, dict) and isinstance(base.data.get(key), dict):
            for entry, part in value.items():
                _merge_entry(merged, overlay, (key, entry), part)
        else:
            _replace(merged, overlay, (key,), value)
    if "sources" not in overlay.data:
        merged.data.pop("sources", None)
    return merged, rows


def _merge_entry(merged: Document, overlay: Document, steps: Steps, part: Any) -> None:
    key, entry = str(steps[0]), str(steps[1])
    known = merged.data[key].get(entry)
    if key != "variables" or not isinstance(known, dict) or not isinstance(part, dict):
        _replace(merged, overlay, steps, part)
        return
    for name, value in part.items():
        if name == "causes" and isinstance(value, list) and isinstance(known.get("causes"), list):
            for index, cause in enumerate(value):
                same = [i for i, old in enumerate(known["causes"]) if _condition(old) == _condition(cause)]
                target = same[0] if same else len(known["causes"])
                _replace(merged, overlay, (*steps, "causes", target), cause, (*steps, "causes", index))
        else:
            _replace(merged, overlay, (*steps, name), value)


def _condition(cause: Any) -> Any:
    when = cause.get("when") if isinstance(cause, dict) else None
    if not isinstance(when, dict):
        return None
    return {parent: sorted(states) if isinstance(states, list) and all(isinstance(s, str) for s in states) else [states]
            for parent, states in when.items()}  # fmt: skip


def _replace(merged: Document, overlay: Document, steps: Steps, value: Any, origin: Steps | None = None) -> None:
    origin = steps if origin is None else origin
    holder = merged.data
    for step in steps[:-1]:
        holder = holder[step]
    if isinstance(holder, list) and steps[-1] == len(holder):
        holder.append(value)
    else:
        holder[steps[-1]] = value
    for place in [place for place in merged.places if place[: len(steps)] == steps]:
        del merged.places[place]
    for place, where in overlay.places.items():
        if place[: len(origin)] == origin:
            merged.places[steps + place[len(origin) :]] = where


def read_case(path: Path) -> Mapping[str, Any]:
    """Return the content of a case file (.yaml or .json): keys and values.

    In YAML every scalar is text and an empty value means not known, in JSON null does. Raises `FileProblem` where it is no such file.
    """
    data = _json(path) if path.suffix.lower() == ".json" else _yaml_case(path)
    if not isinstance(data, dict):
        raise FileProblem([f"{path}:1:1 a case file holds keys and values, such as `findings:`"])
    return data


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise FileProblem([f"{path}:{error.lineno}:{error.colno} not valid JSON: {error.msg}"]) from None
    except RecursionError:
        raise FileProblem([f"{path}:1:1 nested too deeply"]) from None


def _yaml_case(path: Path) -> Any:
    document = read_yaml(path)
    if document.found:
        raise FileProblem(document.found)
    if isinstance(document.data, dict):
        for part in document.data.values():
            if isinstance(part, dict):
                part.update({key: None for key, value in part.items() if value == ""})
    return document.data

