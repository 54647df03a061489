"""`sources.csv`: the claims and studies that a network cites, by id."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import FileProblem, shown
from ..model.variables import SOURCE_KINDS, Source
from .text_files import is_file, read_text, shown_path
from .yaml_document import CONTROL, Document


def sources_beside(document: Document, parts: Sequence[Document]) -> dict[str, Source] | None:
    """Return the rows of the CSV files that the parts of a document name in `sources`, each in the
    part's own folder; None where one cannot be read.

    What is wrong with them is noted in the document.
    """
    rows: dict[str, Source] | None = {}
    for part in parts:
        own = named_by(part, document, "the network")
        if rows is None or own is None:
            rows = None
            continue
        for id in own:
            if id in rows and own[id] != rows[id]:
                why = (
                    f"source {shown(id)} says something else in the base's sources; give yours an "
                    "id of its own"
                )
                document.complain(("sources",), why)
        rows |= own
    return rows


def named_by(part: Document, document: Document, what: str) -> dict[str, Source] | None:
    """Return the rows of the CSV file that a part names in `sources`, beside it; None where it
    cannot be read, which is noted in the document. `what` the part holds is only named.
    """
    name = part.data.get("sources")
    if name is None:
        return {}
    if not isinstance(name, str):
        document.complain_at(part.place(("sources",)), "sources must be text, the name of a file")
        return None
    path = part.path.parent / name
    if Path(name).name != name or not is_file(path):
        why = f"no such file beside {what}: {shown_path(path)}"
        document.complain_at(part.place(("sources",)), why)
        return None
    try:
        return read_sources(path)
    except FileProblem as error:
        document.found += error.lines
        return None


def read_sources(path: Path) -> dict[str, Source]:
    """Return the rows of a sources CSV by id; raises `FileProblem` naming each wrong line."""
    known = [entry.name for entry in fields(Source)]
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
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
    if row["kind"] not in SOURCE_KINDS:
        return f"kind {shown(row['kind'])} must be one of {', '.join(SOURCE_KINDS)}"
    if row.get("read", "") not in ("", "A", "B", "C"):
        return f"read {shown(row['read'])} must be A, B or C, or empty for a claim"
    return ""
