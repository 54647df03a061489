"""What is typed about one case: files, pairs of variable and state, red-flag answers."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BackpainError, shown, unknown
from ..formats.case_file import read_case
from ..formats.text_files import is_file
from ..model.findings import Finding
from ..model.network import Network
from ..red_flags.answered import check
from ..red_flags.rules import NOT_ASKED
from .standard_input import DASH, file_of

Options = argparse.Namespace


def findings_in(
    words: Sequence[str], network: Network
) -> tuple[dict[str, Finding], dict[str, str | None]]:
    """Return the findings and red-flag answers of case files, of pairs variable=state, and of pairs
    question=yes or no.
    """
    findings: dict[str, Finding] = {}
    red_flags: dict[str, str | None] = {}
    for word in words:
        if "=" in word:
            name, answer = pair("", word, network)
            if _is_red_flag(name, network):
                put(red_flags, name, _meant(network, name, answer))
            else:
                put(findings, name, answer)
        elif word != DASH and not Path(word).suffix:
            raise BackpainError(
                f"{shown(word)} is neither a case file (.yaml, .json, - for standard input) nor "
                "variable=state"
            )
        else:
            with file_of(word) as path:
                case = read_case(path)
            for name, finding in case.findings.items():
                put(findings, name, finding)
            for name, said in case.red_flags.items():
                put(red_flags, name, _meant(network, name, said))
    return findings, red_flags


def _meant(network: Network, name: str, answer: str | bool | None) -> str | None:
    """Return an answer to a red-flag question as it is read everywhere; None: not asked."""
    said = check(network.red_flags, {name: answer}).answers[name]
    return None if said == NOT_ASKED else said


def _is_red_flag(name: str, network: Network) -> bool:
    """Whether what is told is a red-flag question and no variable; raises `UnknownName` where it is
    neither.
    """
    flags = network.red_flags.names
    if name not in network and name not in flags:
        kind = "variable or red flag" if flags else "variable"
        raise unknown(kind, name, [*network.variables, *flags])
    return name not in network


def own_file(out: Path | str, *read: Path | str) -> Path:
    """Return where something is written; raises `BackpainError` where it is read from there."""
    target = Path(out)
    for source in map(Path, read):
        if is_file(source) and is_file(target) and target.samefile(source):
            raise BackpainError(f"{target} is read: what is written needs a file of its own")
    return target


def ready(out: Path | str, *read: Path | str) -> Path:
    """Return where something is written in the end; raises `BackpainError` as `own_file` does, and
    where it can be seen beforehand that it cannot be written there.
    """
    target = own_file(out, *read)
    if target.is_dir():
        raise BackpainError(f"{target} is a folder; name a file in it")
    if not target.parent.is_dir():
        raise BackpainError(f"{target} cannot be written: there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise BackpainError(f"{target} cannot be written: {target.parent} may not be written to")
    return target


def whole_number(word: str) -> int:
    """Return a whole number; raises `ArgumentTypeError` for what is none."""
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is {shown(word)}; it must be a whole number") from None


def decimal(word: str) -> float:
    """Return a number; raises `ArgumentTypeError` for what is none."""
    try:
        return float(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is {shown(word)}; it must be a number") from None


def put(told: dict[str, Any], name: str, answer: Finding) -> None:
    """Note an answer; raises `BackpainError` where another was told before. None, not known, says
    nothing against any.
    """
    before = told.get(name)
    if before is None or answer is None:
        told[name] = answer if before is None else before
    elif before != answer:
        raise BackpainError(f"{name} was told twice, as {shown(before)} and as {shown(answer)}")


def pair(what: str, word: str, network: Network) -> tuple[str, str]:
    """Return variable and state of `variable=state`; of what has several = in it, the longest name
    that the network knows. Raises `BackpainError` where there is none, naming `what` takes it.
    """
    if "=" not in word:
        raise BackpainError(f"{what} {shown(word)} must be variable=state")
    name, state = word.split("=", 1)
    for place, sign in enumerate(word):
        if sign == "=" and word[:place] in network:
            name, state = word[:place], word[place + 1 :]
    return name, state


def state_of(word: str, network: Network) -> tuple[str, str | None]:
    """Return variable and state of `variable=state`, None where no state is named."""
    if "=" not in word or word in network:
        return word, None
    name, state = pair("", word, network)
    return name, state or None


def budget(options: Options) -> dict[str, object] | None:
    """Return what somebody is ready to spend on questions, None where all."""
    given = {"minutes": options.minutes, "discomfort": options.discomfort, "who": options.who}
    return {key: value for key, value in given.items() if value is not None} or None
