"""One network file laid over another: only what differs is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import nearest, shown
from .text_files import SHIPPED, is_file, shown_path
from .voices import OURS
from .yaml_document import Document, Steps, read_yaml

OWN = ("name", "version", "sources")
"""The keys that an overlay does not inherit."""
OWN_STEPS = tuple((key,) for key in OWN)
IN_PARTS = ("variables", "treatments", "advice", "vocabulary")


class Merge:
    """Puts the parts of an overlay into its base, and their places with them."""

    def __init__(self, merged: Document, overlay: Document) -> None:
        self.merged, self.overlay = merged, overlay
        self.below: dict[Steps, list[Steps]] = defaultdict(list)
        for place in overlay.places:
            for length in range(len(place) + 1):
                self.below[place[:length]].append(place)

    def entry(self, key: str, name: str, part: Any) -> None:
        """Put in one variable's parts, or a whole treatment, advice or key of the vocabulary."""
        known = self.merged.data[key].get(name)
        if key != "variables" or not isinstance(known, dict) or not isinstance(part, dict):
            self.replace((key, name), part)
            return
        for inner, value in part.items():
            both = isinstance(value, list) and isinstance(known.get(inner), list)
            if inner == "causes" and both:
                self.causes((key, name, inner), known[inner], value)
            else:
                self.replace((key, name, inner), value)

    def causes(self, steps: Steps, known: list[Any], causes: list[Any]) -> None:
        """Put in the causes of a variable: each replaces the one with the same conditions, or is
        added.
        """
        before = [_condition(old) for old in known]
        for index, cause in enumerate(causes):
            condition = _condition(cause)
            target = len(known)
            if condition in before:
                target = before.index(condition)
                before[target] = None
            self.replace((*steps, target), cause, (*steps, index))

    def replace(self, steps: Steps, value: Any, origin: Steps | None = None) -> None:
        """Set one part of the base to the overlay's, found there at `origin` (default: the same
        steps).
        """
        origin = steps if origin is None else origin
        holder = self.merged.data
        for step in steps[:-1]:
            holder = holder[step]
        if isinstance(holder, list) and steps[-1] == len(holder):
            holder.append(value)
        else:
            was: Any = dict(enumerate(holder)) if isinstance(holder, list) else holder
            for old in _paths(was.get(steps[-1]), steps):
                self.merged.places.pop(old, None)
            holder[steps[-1]] = value
        for place in self.below.get(origin, ()):
            self.merged.places[steps + place[len(origin) :]] = self.overlay.places[place]


def _paths(value: Any, steps: Steps) -> Iterator[Steps]:
    """Yield where every part of a value lies."""
    yield steps
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for step, part in parts:
        yield from _paths(part, (*steps, step))


def _condition(cause: Any) -> Any:
    when = cause.get("when") if isinstance(cause, dict) else None
    if not isinstance(when, dict) or not all(
        isinstance(states, str | list) for states in when.values()
    ):
        return object()
    return {
        parent: {states} if isinstance(states, str) else {str(state) for state in states}
        for parent, states in when.items()
    }


def overlaid(overlay: Document) -> tuple[Document, Document]:
    """Return the base with the overlay's parts in place, and the base.

    A variable's keys, and the keys of the vocabulary, are replaced one by one (a cause replaces the
    one with the same conditions); a treatment, an advice and every other key as a whole.
    """
    base = _base(overlay)
    data = {key: part for key, part in base.data.items() if key not in OWN}
    places = {steps: place for steps, place in base.places.items() if steps[:1] not in OWN_STEPS}
    if () in overlay.places:
        places[()] = overlay.places[()]
    merged = Document(overlay.path, data, places, base.found + overlay.found)
    merge = Merge(merged, overlay)
    for key, value in overlay.data.items():
        if key in IN_PARTS and isinstance(value, dict) and isinstance(data.get(key), dict):
            for entry, part in value.items():
                merge.entry(key, entry, part)
        else:
            merge.replace((key,), value)
    return merged, base


def _not_found(overlay: Document, name: str, tried: Sequence[Path]) -> str:
    """Return why there is no base of that name, with the nearest one that there is."""
    if not tried:
        return f"a base is named without a folder, not {shown(name)}"
    if any(path.resolve() == overlay.path.resolve() for path in tried):
        return f"{shown(name)} is this file itself; a network cannot be its own base"
    is_file_name = _is_file_name(name)
    there = {path.stem: path.stem for path in SHIPPED.glob("*.yaml")}
    for path in overlay.path.parent.glob("*.yaml"):
        there[path.stem] = path.name if is_file_name else path.stem
    there.pop(overlay.path.stem, None)
    near = there.get(nearest(Path(name).stem if is_file_name else name, sorted(there)) or "")
    guess = f'; did you mean "{near}"? tried' if near else "; tried"
    return f"no such base network {shown(name)}{guess} {' and '.join(map(shown_path, tried))}"


def _is_file_name(name: str) -> bool:
    return Path(name).suffix.lower() in OURS


def _base(overlay: Document) -> Document:
    name = overlay.data["base"]
    if not isinstance(name, str):
        raise overlay.refuse(("base",), "base must be text, the name of a network")
    folder = overlay.path.parent
    tried = [folder / f"{name}.yaml", SHIPPED / f"{name}.yaml"]
    if _is_file_name(name):
        tried = [folder / name]
    inside = Path(name).name == name and name not in ("", ".", "..")
    others = [path for path in tried if path.resolve() != overlay.path.resolve()]
    found = next((path for path in others if inside and is_file(path)), None)
    if found is None:
        raise overlay.refuse(("base",), _not_found(overlay, name, tried if inside else []))
    base = read_yaml(found)
    if not isinstance(base.data, dict) or "base" in base.data:
        raise overlay.refuse(
            ("base",), f"{found} is no network of its own (an overlay needs a base without a base)"
        )
    return base
