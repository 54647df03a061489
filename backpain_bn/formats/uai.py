"""UAI, the format of the inference competitions: sizes and tables, no names."""

from __future__ import annotations

import math
import re

from ..errors import shown
from ..model.distributions import LARGEST_TABLE
from ..model.network import Network
from .parsed_network import FlatTable, ParsedNetwork, Place, plain_numbers
from .written_cells import table_of, words_of

KIND = "UAI"
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


class _Words:
    """The words of the file, one after another, each with its place."""

    def __init__(self, parsed: ParsedNetwork, text: str) -> None:
        self.parsed = parsed
        self.places: list[Place] = []
        self.words: list[str] = []
        for line, content in enumerate(text.split("\n"), start=1):
            for match in re.finditer(r"\S+", content):
                self.words.append(match.group())
                self.places.append((line, match.start() + 1))
        self.at = 0

    @property
    def place(self) -> Place:
        """Where the next word stands; at the end of the file, where the last one does."""
        return self.places[min(self.at, len(self.places) - 1)] if self.places else (1, 1)

    def take(self, what: str) -> str:
        """Take the next word."""
        if self.at == len(self.words):
            self.parsed.refuse(self.place, f"the file ends where {what} should be")
        self.at += 1
        return self.words[self.at - 1]

    def count(self, what: str, least: int, most: int) -> int:
        """Take a whole number."""
        place, word = self.place, self.take(what)
        if not _COUNT.fullmatch(word) or not least <= int(word) <= most:
            said = f"{what} must be a whole number from {least} to {most:,}, not {shown(word)}"
            self.parsed.refuse(place, said)
        return int(word)

    def numbers(self, count: int) -> list[float]:
        """Take so many probabilities."""
        stop = self.at + count
        if stop > len(self.words):
            self.at = len(self.words)
            self.take("another probability")
        words, places = self.words[self.at : stop], self.places[self.at : stop]
        self.at = stop
        values = plain_numbers(" ".join(words))
        if values is None:
            return [self.parsed.number(*each) for each in zip(places, words, strict=True)]
        return values


def read(parsed: ParsedNetwork, text: str) -> None:
    """Read a UAI file of the kind BAYES, whose i-th table is that of its last variable; variable i
    is called `x{i}`, its states `s0`, `s1` and so on.
    """
    words = _Words(parsed, text)
    place, kind = words.place, words.take("the word BAYES")
    if kind != "BAYES":
        said = f"a UAI file of a Bayesian network begins with BAYES, not {shown(kind)}"
        parsed.refuse(place, said)
    most = len(words.words)
    sizes = []
    for index in range(words.count("the number of variables", 1, most)):
        place = words.place
        # Every state has at least one number in the file.
        size = words.count(f"the number of states of variable {index}", 1, most)
        sizes.append(size)
        parsed.variable(place, f"x{index}", [f"s{state}" for state in range(size)])
    scopes = []
    for _ in range(words.count("the number of tables", 0, most)):
        place = words.place
        length = words.count("the number of variables of a table", 1, len(sizes))
        last = len(sizes) - 1
        scope = [words.count("a variable", 0, last) for _ in range(length)]
        if len(set(scope)) < length:
            parsed.refuse(place, "a table names a variable twice")
        scopes.append((place, scope))
    for place, scope in scopes:
        axes = tuple(f"x{index}" for index in scope)
        count_place = words.place
        count = words.count("the number of cells of a table", 1, LARGEST_TABLE)
        needed = math.prod(sizes[index] for index in scope)
        if count != needed:
            said = f"the table of {shown(axes[-1])} has {count} numbers; it needs {needed:,}"
            parsed.refuse(count_place, said)
        parsed.table(axes[-1], FlatTable(place, list(axes[:-1]), words.numbers(count), axes))
    if words.at < len(words.words):
        parsed.complain(words.place, "the file goes on after its last table")


def write(network: Network) -> str:
    """Return a network as UAI, which holds sizes and tables but no names: variable i of the file is
    variable i of the network; a noisy-OR is written out.

    Raises `BackpainError` for a noisy-OR above 2^16 cells.
    """
    places = {name: index for index, name in enumerate(network)}
    sizes = " ".join(str(len(variable.states)) for variable in network.variables.values())
    lines = ["BAYES", str(len(network)), sizes, str(len(network))]
    for name, variable in network.variables.items():
        scope = [places[each] for each in (*variable.parents, name)]
        lines.append(" ".join(map(str, [len(scope), *scope])))
    for name in network:
        table = table_of(network, name, KIND)
        lines += ["", str(table.size), *(" ".join(row) for row in words_of(table))]
    return "\n".join([*lines, ""])
