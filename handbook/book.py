"""What the pages of one network share: its voices, how common each state is in them, and where each
source is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import backpain_bn as bb
from backpain_bn.display.words import either, full_label, is_yes_no, percent_of_number
from backpain_bn.explorer.page import voices
from backpain_bn.inference import Posterior
from backpain_bn.model import Network
from backpain_bn.model.distributions import EXPERT, Number
from backpain_bn.model.numbers import Parameter, numbers_of

from .markdown import link, plain

Key = tuple[str, str, str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Which number of a network is meant, the same in all its voices."""
READ = {
    "A": "read in the paper itself",
    "B": "read second hand, in another paper",
    "C": "not verified: nothing rests on it",
    "": "",
}


def key_of(one: Parameter) -> Key:
    """Return which number this is."""
    return one.variable, one.kind, one.state, tuple(sorted(one.when.items()))


@dataclass(frozen=True)
class Book:
    """One network in the voice that it speaks with, and in the others."""

    network: Network

    @cached_property
    def others(self) -> Mapping[str, Network]:
        """The other voices of the network, by the words for who speaks."""
        words = self.network.vocabulary.voices
        found = voices(self.network)
        return {words[name]: other for name, other in found.items() if other is not self.network}

    @cached_property
    def own_words(self) -> str:
        """Who speaks in the network itself."""
        return self.network.vocabulary.voices.get(self.network.name, "in this network")

    @cached_property
    def common(self) -> Mapping[str, Posterior]:
        """How common every state is, with nothing told, by voice."""
        every = {self.own_words: self.network, **self.others}
        return {words: bb.posterior(network) for words, network in every.items()}

    @cached_property
    def numbers(self) -> tuple[Parameter, ...]:
        """All numbers of the network."""
        return numbers_of(self.network)

    @cached_property
    def elsewhere(self) -> Mapping[str, Mapping[Key, Number]]:
        """The same numbers in the other voices."""
        return {
            words: {key_of(one): one.number for one in numbers_of(other)}
            for words, other in self.others.items()
        }

    @cached_property
    def used(self) -> Mapping[str, tuple[str, ...]]:
        """The variables whose numbers name each source, for or against, in any voice."""
        found: dict[str, dict[str, None]] = {}
        for network in (self.network, *self.others.values()):
            for variable in network.variables.values():
                for number in variable.numbers:
                    for id in (*number.sources, *number.against):
                        found.setdefault(id, {})[variable.name] = None
        return {id: tuple(names) for id, names in found.items() if id != EXPERT}

    def label(self, name: str) -> str:
        """Return what a variable is called, as a link to its page, which lies beside this one."""
        return link(full_label(self.network[name]), f"{name}.md")

    def condition(self, name: str, states: tuple[str, ...]) -> str:
        """Return a condition with a link to the variable."""
        if is_yes_no(self.network[name]) and states == ("yes",):
            return self.label(name)
        return f"{self.label(name)}: {plain(either(states))}"

    def conditions(self, when: Mapping[str, tuple[str, ...]]) -> str:
        """Return conditions that hold together."""
        return " and ".join(self.condition(name, states) for name, states in when.items())

    def cite(self, ids: tuple[str, ...]) -> str:
        """Return sources as links to where they stand in full."""
        return ", ".join(self._cited(ids))

    def _cited(self, ids: tuple[str, ...]) -> Iterator[str]:
        for id in ids:
            source = self.network.sources.get(id)
            if source is None:
                yield plain(id)
            else:
                file = "claims.md" if source.kind == "claim" else "studies.md"
                yield link(id, f"{file}#{id.lower()}")


def figure(number: Number) -> str:
    """Return a number with its range, in percent.

    >>> figure(Number(0.17, 0.05, 0.34)).replace("\\N{NO-BREAK SPACE}", " ")
    '17 % (5 % to 34 %)'
    """
    ends = f"{percent_of_number(number.low)} to {percent_of_number(number.high)}"
    return f"{percent_of_number(number.p)} ({ends})"
