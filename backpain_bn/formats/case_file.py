"""Case files: what was told of one case, its findings and its answers to red-flag questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import FileProblem, shown, unknown
from ..model.findings import Finding, Findings
from .text_files import read_text, write
from .yaml_document import Document, read_yaml

KEYS = ("story", "findings", "red_flags")


class Case(NamedTuple):
    """What a case file holds; `story` is for people and used by nothing."""

    findings: dict[str, Finding]
    red_flags: dict[str, str | None]
    story: str = ""


def read_case(path: Path) -> Case:
    """Return the case that a file (.yaml, .yml or .json) describes.

    In YAML a scalar is text, but for likelihoods, and an empty value means not known; in JSON null
    does. Raises `FileProblem` for a file of another form, with the place in YAML; whether there are
    such variables and questions is for the network to say.
    """
    is_json = path.suffix.lower() == ".json"
    document = Document(path, _json(path)) if is_json else read_yaml(path)
    if document.found:
        raise FileProblem(document.lines())
    if not isinstance(document.data, dict):
        raise document.refuse((), "a case file holds keys and values, such as `findings:`")
    for key in document.data:
        if key not in KEYS:
            document.complain((key,), str(unknown("key", key, KEYS)))
    findings, red_flags = (_part(document, key) for key in KEYS[1:])
    if document.found:
        raise FileProblem(document.lines())
    if not is_json:
        findings = {name: _finding(value) for name, value in findings.items()}
        red_flags = {name: answer or None for name, answer in red_flags.items()}
    return Case(findings, red_flags, str(document.data.get("story") or ""))


def write_case(path: str | Path, findings: Findings, red_flags: Mapping[str, str | None]) -> None:
    """Write a case file in YAML, which `read_case` reads back; what is not known is left out.

    Raises `FileProblem` where the file cannot be written.
    """
    write(path, case_yaml(findings, red_flags))


def case_yaml(findings: Findings, red_flags: Mapping[str, str | None]) -> str:
    """Return a case as the text of a case file; what is not known is left out.

    >>> told = {"rain": "heavy", "wet": "yes", "wind": None}
    >>> print(case_yaml(told, {"smoke": "no"}), end="")
    findings:
      rain: heavy
      wet: 'yes'
    red_flags:
      smoke: 'no'
    """
    told = {
        name: dict(finding) if isinstance(finding, Mapping) else finding
        for name, finding in findings.items()
        if finding is not None
    }
    flags = {name: answer for name, answer in red_flags.items() if answer is not None}
    parts = {"findings": told, "red_flags": flags}
    return str(yaml.safe_dump(parts, sort_keys=False, allow_unicode=True))


def _part(document: Document, key: str) -> dict[str, Any]:
    part = document.data.get(key) or {}
    if isinstance(part, dict):
        return part
    document.complain((key,), f"{key} must be keys and values, not {shown(part)}")
    return {}


def _finding(value: Any) -> Any:
    """Return an empty text as None, and {state: likelihood} with numbers for whatever can be read
    as one.
    """
    if not isinstance(value, dict):
        return value or None
    return {state: _weight(weight) for state, weight in value.items()}


def _weight(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _json(path: Path) -> Any:
    try:
        return json.loads(read_text(path), object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        why = f"{path}:{error.lineno}:{error.colno} not valid JSON: {error.msg}"
        raise FileProblem([why]) from None
    except FileProblem:
        raise
    except (RecursionError, ValueError):
        why = f"{path}:1:1 nested too deeply, or a number with too many digits"
        raise FileProblem([why]) from None


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise FileProblem([f"{path}:1:1 key {shown(key)} is written twice"])
        found[key] = value
    return found
