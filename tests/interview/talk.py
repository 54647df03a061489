"""A scripted interview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backpain_bn.interview import interview
from backpain_bn.model.findings import Finding
from backpain_bn.model.network import Network


class Talk:
    """One scripted interview: what was told, what was said before each answer, and what came
    out.
    """

    def __init__(
        self, network: Network, lines: Iterable[str | type[BaseException]], **told: Any
    ) -> None:
        self.lines: Iterator[str | type[BaseException]] = iter(lines)
        self.turns: list[str] = []
        self.said: list[str] = []
        self.printed: list[str] = []
        self.findings, self.red_flags = interview(network, self.ask, self.said.append, **told)
        self.turns.append(self.flush())

    def ask(self, prompt: str) -> str:
        self.turns.append(self.flush())
        line = next(self.lines, EOFError)
        if not isinstance(line, str):
            raise line
        return line

    def flush(self) -> str:
        text = " ".join("\n".join(self.said).split())
        self.printed += self.said
        self.said.clear()
        return text


def talk(
    network: Network,
    *lines: str | type[BaseException],
    findings: Mapping[str, Finding] | None = None,
) -> Talk:
    """An interview after all red flags were answered no."""
    denied = dict.fromkeys(network.red_flags.names, "no")
    return Talk(network, lines, findings=findings, red_flags=denied)
