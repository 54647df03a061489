"""The object that a user holds: one case's findings, red flags, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .asked import Asked
from .display.blocks import View, plain
from .display.html import to_html
from .display.text import to_screen
from .display.words import counted
from .formats.load import network_of
from .formats.text_files import path_of, write
from .inference.posterior import Posterior
from .inference.posterior import posterior as posterior_of
from .model.findings import Told, findings_of, numbers_told
from .model.network import Network
from .records import FrozenDict, record
from .red_flags.answered import check
from .red_flags.implied import implied

if TYPE_CHECKING:
    from .answer.full import FullAnswer
    from .answer.one_screen import OneScreen
    from .answer.summary import Summary


@record
class Diagnosis(Asked):
    """What one case's findings say: `d[variable]` = {state: P(state | findings)}, and one method
    for each question.

    `print(d)` gives the answer on one screen, `print(d.full)` all of it. Nothing that is asked of
    it under an urgent red flag ranks causes or reassures: answers have their usual types, with
    `withheld` set and no rows.

    >>> d = diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
    >>> d, round(d["weak_battery"]["yes"], 2)
    (Diagnosis('car', 2 findings), 0.92)
    """

    def __repr__(self) -> str:
        return f"Diagnosis({self.network.name!r}, {counted(len(self.findings), 'finding')})"

    def __str__(self) -> str:
        return to_screen(self.views())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return to_html(self.views(), folded=True)

    def explore(self, *, kernel: bool = True) -> Any:
        """Return the interactive graph for a notebook, starting from this case (see
        `widget.explore`; needs the extra `notebook`).
        """
        from .explorer import widget

        return widget.explore(self.network, self.findings, self.red_flags, kernel=kernel)

    @cached_property
    def _summary(self) -> Summary:
        from .answer.summary import summary

        return summary(self.network, self.findings, self.red_flags, self._now)

    @cached_property
    def screen(self) -> OneScreen:
        """The answer on one screen, which `print` shows."""
        from .answer.one_screen import one_screen

        return one_screen(self._summary)

    @property
    def full(self) -> FullAnswer:
        """The whole answer, with the sources of its numbers."""
        from .answer.full import FullAnswer

        return FullAnswer(self._summary)

    def views(self) -> list[View]:
        """Return the answer on one screen as sections, red flags first."""
        return self.screen.views()

    def to_html(self) -> str:
        """Return one self-contained page: the graph to click, the answer in words, sources; works
        without Python and without a network.
        """
        from .explorer.page import standalone

        return standalone(self.network, self.findings, self.red_flags, self._now)

    def save_html(self, path: str | Path) -> None:
        """Write `to_html` to a file, whole or not at all; raises `FileProblem` where it cannot be
        written.
        """
        write(path, self.to_html())

    def save_report(self, path: str | Path) -> None:
        """Write the answer as .md, .html or .json, whole or not at all; raises `BackpainError` for
        another kind of file.
        """
        from .display.document import document

        network = self.network
        foot = f"Worked out with the network {network.name}, version {network.version}."
        title = network.vocabulary.title
        ending = path_of(path).suffix
        write(path, document(ending, title, self.full.views(), foot, self.to_dict()))

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain data, for JSON: red flags first, no ranking under an urgent
        one; where nothing can be ranked, what is missing.
        """
        from .answer.plain_case import plain_case

        answer = plain_case("diagnose", self.network, self.findings, self.red_flags)
        if self.red_flags.urgent:
            return answer
        case = self._summary
        answer |= {"answer": plain(self.screen.views())}
        answer |= {"posterior": {name: dict(self._now[name]) for name in self._now}}
        if case.here is None:
            return answer | {"not_ranked": case.missing}
        return answer | {
            "contributors": case.here.to_dicts(),
            "no_identified_cause": case.here.unexplained,
        }

    def to_fhir(self, subject: str = "") -> dict[str, Any]:
        """Return the case as a FHIR R5 Bundle: what can be told, what was told, and what that says;
        no probabilities under an urgent red flag. `subject` is a reference such as `Patient/17`
        (see `fhir.bundle`, and `fhir.case_of` for the way back).

        >>> diagnose({"no_start": "yes"}, "car").to_fhir()["entry"][2]["resource"]["status"]
        'preliminary'
        """
        from .fhir import bundle

        return bundle(self.network, self.findings, self.red_flags, self._now, subject)


def diagnose(
    findings: Told,
    network: Network | str | Path | None = None,
    red_flags: Mapping[str, str | bool | None] | None = None,
) -> Diagnosis:
    """Return what the findings of one case say, on the default network or another one, given as a
    `Network`, a name or a path.

    `findings` maps variables to states, True or False, numbers where the variable has bins, or to
    {state: likelihood} where one is unsure; what is left out, or None, is not known. `red_flags`
    maps red-flag questions to yes, no, or None (not asked); not asked never counts as cleared. A
    finding that says yes to a red-flag question counts as that answer where the question itself was
    not answered. Raises `UnknownName` for a name that does not exist, `ImpossibleEvidence` for
    findings that cannot hold together.

    >>> d = diagnose({"dim_lights": "yes"}, "car")
    >>> d["dim_lights"]["yes"], d.red_flags.urgent
    (1.0, False)
    """
    model = network_of(network)
    told = findings_of(model, findings)
    answers = {} if red_flags is None else red_flags
    rules = model.red_flags
    follows = implied(rules, told, numbers_told(model, findings))
    flags = check(rules, answers, follows)
    return Diagnosis(model, FrozenDict(told), flags, posterior_of(model, told))


def explore(network: Network | str | Path | None = None, *, kernel: bool = True) -> Any:
    """Return the interactive graph of a network for a notebook, with nothing told yet (see
    `Diagnosis.explore`); with `kernel=False` a frame that works without Python.

    Raises `UnknownName` for a network that is not shipped, `BackpainError` where the extra
    `notebook` is not installed.

    >>> page = explore("car", kernel=False)._repr_html_()
    >>> page.startswith("<iframe")
    True
    """
    return diagnose({}, network).explore(kernel=kernel)


def posterior(
    network: Network | str | Path | None = None, findings: Told | None = None
) -> Posterior:
    """Return P(variable = state | findings) for every variable of a network, given as a `Network`,
    a name or a path: {state: P(state, findings) / P(findings)}, exactly (Pearl 1988; Dechter 1999;
    see `inference.posterior`).

    Raises `UnknownName` for a variable or state that does not exist, `ImpossibleEvidence` for
    findings that cannot hold together.

    >>> round(posterior("car")["lights_left_on"]["yes"], 2)
    0.01
    """
    return posterior_of(network_of(network), findings)
