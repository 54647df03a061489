"""What `check` says of a file: everything that is wrong with it, or fine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..diagnosis import diagnose
from ..display.citations import summary
from ..display.words import counted
from ..errors import BackpainError, FileProblem
from ..formats.card_file import read_card
from ..formats.case_file import Case, read_case
from ..formats.kinds import Kind, kind_of
from ..formats.load import load, voice_of
from ..formats.red_flag_file import read_rules
from ..formats.text_files import is_file
from ..formats.voices import FOREIGN, OURS
from ..formats.yaml_document import Document, read_yaml
from ..inference.evidence import encode
from ..inference.posterior import posterior
from ..model.network import Network
from ..red_flags.answered import check as check_flags

JSON = ".json"
"""How the name of a file ends that can only be a case."""
MARGIN = 0.01
"""A stated marginal may differ from the network's own by this much."""


def check(source: str, network: Network | None = None) -> str:
    """Return that a file, or a shipped network, is fine, and what there is to note; raises
    `FileProblem` with everything that is wrong with it.

    Variables, states and red flags that a case names are looked for in `network`, where there is
    one.
    """
    path = Path(source)
    kind = _kind(path)
    if kind is Kind.CASE:
        return _case(path, network)
    if network is not None:
        raise BackpainError(
            f"--network {network.name} says what a case may name, and {source} is no case"
        )
    if kind is None:
        return _network(load(source))
    if kind is Kind.RED_FLAGS:
        rules = read_rules(path)
        questions, count = len(rules.questions), len(rules.rules)
        said = f"{counted(questions, 'question')}, {counted(count, 'rule')}"
        return f"fine: {rules.name} {rules.version}: red flags, {said}"
    if kind is Kind.CARD:
        read_card(path)
        return f"fine: {path}: what authors say in a model card"
    if kind is Kind.MAPPING:
        return f"fine: {path}: a mapping\n{_network(load(_beside(path)))}"
    return _network(load(path))


def _kind(path: Path) -> Kind | None:
    """Return the kind of a file of ours, None for whatever else there may be."""
    if path.suffix.lower() == JSON:
        return Kind.CASE
    return kind_of(read_yaml(path)) if path.suffix.lower() in OURS and is_file(path) else None


def _case(path: Path, network: Network | None) -> str:
    case = read_case(path)
    findings, answers = len(case.findings), len(case.red_flags)
    said = f"{counted(findings, 'finding')}, {counted(answers, 'red-flag answer')}"
    if network is None:
        names = "names were not checked; --network NAME checks them"
    else:
        _check_names(path, case, network)
        names = f"{network.name} has all these names"
    return f"fine: {path}: a case, {said}; {names}"


def _check_names(path: Path, case: Case, network: Network) -> None:
    """Raise `FileProblem` with everything that a case names and a network has not, or else for
    findings that cannot hold together.
    """
    document = Document(path) if path.suffix.lower() == JSON else read_yaml(path)
    for name, finding in case.findings.items():
        with _noted(document, "findings", name):
            encode(network, [{name: finding}])
    for name, answer in case.red_flags.items():
        with _noted(document, "red_flags", name):
            check_flags(network.red_flags, {name: answer})
    if not document.found:
        with _noted(document, "findings"):
            diagnose(case.findings, network, case.red_flags)
    if document.found:
        raise FileProblem(document.lines())


@contextmanager
def _noted(document: Document, *steps: str) -> Iterator[None]:
    """Note what is refused as a problem at a part of the file."""
    try:
        yield
    except BackpainError as error:
        document.complain(steps, str(error))


def _beside(path: Path) -> Path:
    """Return the file of which a mapping speaks, beside it."""
    name = path.stem.removesuffix(".mapping")
    tried = [path.with_name(name + ending) for ending in FOREIGN]
    found = next((one for one in tried if is_file(one)), None)
    if found is None:
        raise BackpainError(
            f"{path} is a mapping, and the network of which it speaks is not beside it: "
            f"{name} with one of the endings {', '.join(FOREIGN)}"
        )
    return found


def _network(network: Network) -> str:
    for name in network.vocabulary.voices:
        if name != network.name:
            voice_of(network, name)
    now = posterior(network)
    notes = list(network.notes)
    for name, variable in network.variables.items():
        if variable.marginal is not None:
            stated, computed = variable.marginal.p, now.present(name)
            verdict = "agrees" if abs(stated - computed) <= MARGIN else "DIFFERS"
            notes.append(f"{name}: stated marginal {stated:g}, computed {computed:.4f}: {verdict}")
    fine = f"fine: {network.name} {network.version}: {summary(network)}"
    return "\n".join([fine, *(f"note: {note}" for note in notes)])
