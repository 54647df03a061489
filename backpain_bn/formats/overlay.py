"""DOC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import shown
from ..model.variables import Source
from .sources import sources_beside
from .text_files import SHIPPED, is_file
from .yaml_document import Document, Steps, read_yaml


class Merge:
    """Puts the parts of an overlay into its base, and their places with them."""

    def __init__(self, merged: Document, overlay: Document) -> None:
        self.merged, self.overlay = merged, overlay
        self.below: dict[Steps, list[Steps]] = defaultdict(list)
        for place in overlay.places:
            for length in range(len(place) + 1):
                self.below[place[:length]].append(place)

    def entry(self, key: str, name: str, part: Any) -> None:
        """Put in one variable's parts (a cause replaces the one with the same conditions), or a
        whole treatment or advice.
        """
        known = self.merged.data[key].get(name)
        if key != "variables" or not isinstance(known, dict) or not isinstance(part, dict):
            self.replace((key, name), part)
            return
        for inner, value in part.items():
            if (
                inner == "causes"
                and isinstance(value, list)
                and isinstance(known.get("causes"), list)
            ):
                before = [_condition(old) for old in known["causes"]]
                for index, cause in enumerate(value):
                    condition = _condition(cause)
                    target = (
                        before.index(condition) if condition in before else len(known["causes"])
                    )
                    if condition in before:
                        before[target] = None
                    self.replace((key, name, "causes", target), cause, (key, name, "causes", index))
            else:
                self.replace((key, name, inner), value)

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
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
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


def overlaid(overlay: Document) -> tuple[Document, dict[str, Source] | None]:
    """Return the base with the overlay's parts in place, and the sources of both."""
    base = _base(overlay)
    rows, own = sources_beside(base, base.path.parent), sources_beside(overlay, overlay.path.parent)
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
            if inside and is_file(path) and path.resolve() != overlay.path.resolve()
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
