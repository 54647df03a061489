"""What `check` says of a file: everything that is wrong with it, or fine."""

from __future__ import annotations

from pathlib import Path

from ..display.citations import summary
from ..display.words import counted
from ..errors import BackpainError
from ..formats.card_file import read_card
from ..formats.case_file import read_case
from ..formats.kinds import Kind, kind_of
from ..formats.load import load, voice_of
from ..formats.red_flag_file import read_rules
from ..formats.text_files import is_file
from ..formats.voices import FOREIGN, OURS
from ..formats.yaml_document import read_yaml
from ..inference.posterior import posterior
from ..model.network import Network

MARGIN = 0.01
"""A stated marginal may differ from the network's own by this much."""


def check(source: str) -> str:
    """Return that a file, or a shipped network, is fine, and what there is to note; raises
    `FileProblem` with everything that is wrong with it.
    """
    path = Path(source)
    if path.suffix.lower() not in OURS or not is_file(path):
        return _network(load(source))
    kind = kind_of(read_yaml(path))
    if kind is Kind.RED_FLAGS:
        rules = read_rules(path)
        questions, count = len(rules.questions), len(rules.rules)
        said = f"{counted(questions, 'question')}, {counted(count, 'rule')}"
        return f"fine: {rules.name} {rules.version}: red flags, {said}"
    if kind is Kind.CASE:
        case = read_case(path)
        findings, answers = len(case.findings), len(case.red_flags)
        said = f"{counted(findings, 'finding')}, {counted(answers, 'red-flag answer')}"
        return f"fine: {path}: a case, {said}; whether a network has them is for `diagnose` to say"
    if kind is Kind.CARD:
        read_card(path)
        return f"fine: {path}: what authors say in a model card"
    if kind is Kind.MAPPING:
        return f"fine: {path}: a mapping\n{_network(load(_beside(path)))}"
    return _network(load(path))


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
