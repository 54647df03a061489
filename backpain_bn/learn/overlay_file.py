"""What was learned, written as an overlay: an ordinary network file that changes only numbers, and
the file of sources beside it in which the cohort has a row.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from copy import deepcopy
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from ..cohort.files import content_hash
from ..errors import BackpainError, FileProblem, shown
from ..formats.effect_sizes import RATIOS
from ..formats.load import load
from ..formats.overlay import Merge, overlaid
from ..formats.sources import read_sources
from ..formats.text_files import SHIPPED, is_file, path_of, write_together
from ..formats.voices import OURS
from ..formats.yaml_document import Document, read_yaml
from ..model.distributions import EXPERT, NoisyOr, Number, Table
from ..model.network import Network
from ..model.numbers import places_of
from ..model.variables import COHORT, Source
from .learned import Learned

DIGITS = 6
CITED = ("sources", "against", "note")
FORMULA = "=+-@"
NAME = re.compile(r"[^a-z0-9_]+")
Part = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Overlay:
    """What is to be written: the network `before` and with what was learned, its numbers, from how
    many cases they were learned, and how strong the priors were.
    """

    before: Network
    network: Network
    rows: tuple[Learned, ...]
    cases: int
    prior_strength: float


def write_overlay(overlay: Overlay, path: str | Path, source: str, base: str | Path) -> None:
    """Write an overlay and its sources; see `Fitted.save_overlay`."""
    path, document = target_of(overlay.before, path, source, base)
    if not any(row.told for row in overlay.rows):
        raise BackpainError(
            "nothing was learned: the data tell of no number, so there is no overlay"
        )
    beside = sources_beside(path)
    rows = _sources(overlay, source, document)
    text = _yaml(overlay, source, document, path, beside.name)
    write_together({beside: _csv(rows.values()), path: text})


def target_of(
    before: Network, path: str | Path, source: str, base: str | Path
) -> tuple[Path, Document]:
    """Return where an overlay is to be written, and the file over which it is laid.

    Raises `BackpainError` for what is wrong with them, before anything is learned.
    """
    path = path_of(path)
    if path.suffix.lower() not in OURS:
        raise BackpainError(f"{path}: an overlay ends in .yaml, not {shown(path.suffix)}")
    _name(path)
    _check_source(before, source)
    if not path.parent.is_dir():
        raise FileProblem([f"{path}: no such folder"])
    document = _base(before, path, path_of(base))
    for target in (path, sources_beside(path)):
        for other in _read_by(document):
            if is_file(target) and is_file(other) and target.samefile(other):
                raise BackpainError(
                    f"{target} is read by the network {before.name}; an overlay needs another name"
                )
    return path, document


def sources_beside(path: Path) -> Path:
    """Return the file of sources that belongs to an overlay."""
    return path.with_name(f"{path.stem}_sources.csv")


def _base(before: Network, path: Path, named: Path) -> Document:
    """Return the file of the network that was learned on, which is named by path or by name."""
    is_path = named.suffix.lower() in OURS
    name = named.stem if is_path else str(named)
    tried = [folder / f"{name}.yaml" for folder in (path.parent, SHIPPED)]
    found = next((one for one in tried if is_file(one)), None)
    if is_path and is_file(named) and not (found and found.samefile(named)):
        raise BackpainError(
            f"an overlay is laid over a .yaml file beside it, or a shipped one, and {named} is "
            f"neither beside {path} nor shipped; write the overlay into the folder "
            f"{named.parent}, or the whole network with bb.save(fitted.network, ...)"
        )
    if found is None or Path(name).name != name:
        raise BackpainError(
            f"an overlay is laid over a YAML file, and there is none of the network {shown(name)} "
            f"beside {path} or among the shipped ones; name it by base=..., or write the whole "
            "network with bb.save(fitted.network, ...)"
        )
    if content_hash(load(found)) != content_hash(before):
        raise BackpainError(
            f"{found} is another network than the one that was learned on, so what was learned "
            "cannot be laid over it; name the right file by base=..."
        )
    return read_yaml(found)


def _read_by(document: Document) -> Iterator[Path]:
    """Yield the files that a network is read from: its own, those that it names, its base's."""
    yield document.path
    for key in ("sources", "red_flags"):
        if isinstance(document.data.get(key), str):
            yield document.path.parent / document.data[key]
    if "base" in document.data:
        yield from _read_by(overlaid(document)[1])


def _check_source(before: Network, source: object) -> None:
    """Raise `BackpainError` for what cannot be the id of a cohort."""
    if not isinstance(source, str) or not source.strip() or source == EXPERT:
        raise BackpainError(f"a source cannot have the id {shown(source)}")
    if source[0] in FORMULA or not source.isprintable():
        raise BackpainError(
            f"a source cannot have the id {shown(source)}: a spreadsheet that opens the file of "
            f"sources might run what begins with one of {' '.join(FORMULA)}"
        )
    if source in before.sources:
        raise BackpainError(
            f"there is a source {shown(source)} already in {before.name}; give yours an id "
            "of its own"
        )


def _sources(overlay: Overlay, source: str, document: Document) -> dict[str, Source]:
    """Return the cohort's row, and those that the base brings along if it is an overlay itself."""
    rows: dict[str, Source] = {}
    if "base" in document.data and "sources" in document.data:
        rows |= read_sources(document.path.parent / document.data["sources"])
    says = f"Numbers learned from {overlay.cases:,} cases, cited ranges being priors"
    population = f"{overlay.cases:,} cases"
    rows[source] = Source(source, COHORT, says, population=population, reference="own cohort")
    return rows


def _csv(rows: Iterable[Source]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([entry.name for entry in fields(Source)])
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def _yaml(overlay: Overlay, source: str, document: Document, path: Path, beside: str) -> str:
    """Return the text of the overlay; over an overlay, that one with the learned numbers put in."""
    is_overlay = "base" in document.data
    whole = overlaid(document)[0] if is_overlay else document
    data: Part = {"base": document.path.stem, "variables": {}}
    if is_overlay:
        data = deepcopy(document.data)
    head = {
        "name": _name(path),
        "version": "1",
        "base": data.pop("base"),
        "sources": beside,
        "about": (
            f"Numbers of {overlay.before.name} learned from {overlay.cases:,} cases, cited ranges "
            f"being priors (strength {overlay.prior_strength:g})."
        ),
    }
    data = {**head, **{key: part for key, part in data.items() if key not in head}}
    known = data.setdefault("variables", {})
    parts = _parts(overlay, source, whole)
    merge = Merge(Document(path, data), Document(path, {"variables": parts}))
    for name, part in parts.items():
        known.setdefault(name, {})
        merge.entry("variables", name, part)
    return str(
        yaml.safe_dump(
            data, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
        )
    )


def _name(path: Path) -> str:
    found = NAME.sub("_", path.stem.lower()).strip("_")[:60]
    if not found[:1].isalpha():
        raise BackpainError(
            f"{path}: the name of an overlay begins with a letter from a to z, and is the name of "
            "its file"
        )
    return found


def _parts(overlay: Overlay, source: str, whole: Document) -> dict[str, Part]:
    """Return each variable that changes with the parts of it that do."""
    told = {row.cited.place: row for row in overlay.rows if row.told}
    changed = {row.cited.variable for row in told.values()}
    writing = _Writing(overlay.network, source, told, changed)
    found = {}
    for name in overlay.network:
        part = writing.part(name, whole.data["variables"][name])
        if part:
            found[name] = part
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@dataclass(frozen=True)
class _Writing:
    """Writes the learned numbers as a file does; `told` are they by the place of their cell."""

    network: Network
    source: str
    told: Mapping[int, Learned]
    changed: Set[str]

    def part(self, name: str, shape: Part) -> Part:
        """Return what changes of one variable, in the way its own file gives it."""
        distribution = self.network[name].distribution
        if isinstance(distribution, NoisyOr):
            return self._noisy_or(name, distribution, shape)
        if name not in self.changed:
            return {}
        rows, start = distribution.rows, places_of(self.network)[name].start
        if "observes" in shape:
            # What is learned of the first row is P(positive | absent), the rest of specificity.
            return {
                "sensitivity": self._figure(start + 3, rows[1].numbers[1]),
                "specificity": self._figure(start + 1, rows[0].numbers[0]),
            }
        if "prior" in shape:
            pairs = enumerate(zip(self.network[name].states, rows[0].numbers, strict=True))
            given = {state: self._figure(start + at, number) for at, (state, number) in pairs if at}
            return {"prior": given}
        return {"table": self._table(distribution, start)}

    def _noisy_or(self, name: str, model: NoisyOr, shape: Part) -> Part:
        start = places_of(self.network)[name].start
        found: Part = {}
        if start + 1 in self.told:
            found["leak"] = self._figure(start + 1, model.leak)
        causes = []
        pairs = zip(shape.get("causes", ()), model.mechanisms, strict=True)
        for index, (cause, mechanism) in enumerate(pairs, 1):
            place = start + 2 * index + 1
            if place in self.told or self._shifts(cause, "leak" in found):
                causes.append({"when": cause["when"], **self._figure(place, mechanism.number)})
        if causes:
            found["causes"] = causes
        return found

    def _shifts(self, cause: Part, leak: bool) -> bool:
        """Return whether loading would convert a cause anew, from other numbers than before: a risk
        that includes the leak, a ratio whose exposure is a prior.
        """
        if "risk" in cause:
            return leak
        is_ratio = any(key in cause for key in RATIOS)
        return is_ratio and "exposure" not in cause and not self.changed.isdisjoint(cause["when"])

    def _table(self, table: Table, start: int) -> Part:
        rows = []
        for row in table.rows:
            figures = [self._figure(start + at, one) for at, one in enumerate(row.numbers)]
            rest = figures[1:]
            first = max(0.0, 1 - math.fsum(one["p"] for one in rest))
            low, high = figures[0]["range"]
            part: Part = {"when": dict(zip(table.parents, row.given, strict=True))}
            part["probabilities"] = [first, *(one["p"] for one in rest)]
            part["range"] = [[min(low, first), max(high, first)], *(one["range"] for one in rest)]
            part |= {key: rest[0][key] for key in CITED if key in rest[0]}
            rows.append(part)
            start += len(figures)
        return {"parents": list(table.parents), "rows": rows}

    def _figure(self, place: int, number: Number) -> Part:
        """Return a number with its range and sources, the cohort first where it outweighs them."""
        p, low, high = map(_rounded, (number.p, number.low, number.high))
        found: Part = {"p": p, "range": [min(low, p), max(high, p)]}
        row = self.told.get(place)
        sources = list(number.sources)
        if row is not None and row.cases > row.worth:
            sources = [self.source, *(id for id in sources if id != EXPERT)]
        elif row is not None:
            sources.append(self.source)
        found["sources"] = sources or [EXPERT]
        if number.against:
            found["against"] = list(number.against)
        if number.note:
            found["note"] = number.note
        return found
