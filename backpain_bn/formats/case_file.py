"""DOC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..errors import FileProblem, shown
from ..model.findings import Findings
from .text_files import read_text
from .yaml_document import read_yaml


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
        return json.loads(read_text(path), object_pairs_hook=lambda pairs: _unique(path, pairs))
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


def case_yaml(findings: Findings, red_flags: Mapping[str, str | None]) -> str:
    """Return a case as the text of a case file, which `backpain-bn diagnose` reads; what is not
    known is left out.

    >>> print(
    ...     case_yaml(
    ...         {"sitting_hours": "over_8", "low_back_pain": "yes", "age": None},
    ...         {"fever": "no"},
    ...     ),
    ...     end="",
    ... )
    findings:
      sitting_hours: over_8
      low_back_pain: 'yes'
    red_flags:
      fever: 'no'
    """
    told = {
        name: finding if isinstance(finding, str) else dict(finding)
        for name, finding in findings.items()
        if finding is not None
    }
    flags = {name: answer for name, answer in red_flags.items() if answer is not None}
    return str(
        yaml.safe_dump({"findings": told, "red_flags": flags}, sort_keys=False, allow_unicode=True)
    )
