"""What was learned, in words: which cited numbers the data contradict, moved, or cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..cohort.columns import Report
from ..display.blocks import Alarm, Block, Item, Note, TextTable, View
from ..display.result import Rows
from ..display.words import counted, number_words, percent
from ..errors import listed
from ..model.network import Network
from ..records import record
from .em import Stop
from .learned import TAIL, Learned, Used

SHOWN = 25
"""Rows of one table that are printed; `to_frame` has all."""
MOST_ROWS = MOST_NAMES = 12


@record
class Fitted(Rows[Learned]):
    """A network with numbers learned from a cohort, each beside the cited one.

    `network` is the learned one, `before` the one that was given. `trace` holds the log posterior,
    up to a constant, of the best start, pass by pass: it never falls. `tops` are where each start
    ended, the best first. `moved` is the most that a number would move in one more pass:
    `converged` tells whether that is little enough.
    """

    network: Network
    before: Network
    rows: tuple[Learned, ...]
    report: Report
    used: Used
    prior_strength: float
    stop: Stop
    trace: tuple[float, ...]
    tops: tuple[float, ...]
    moved: float

    @property
    def converged(self) -> bool:
        """Whether one more pass would move no number by more than the tolerance."""
        return self.moved <= self.stop.tolerance

    @property
    def contradicted(self) -> tuple[Learned, ...]:
        """The numbers that the data contradict, the plainest first."""
        found = (row for row in self.rows if row.contradicted)
        return tuple(sorted(found, key=lambda row: row.tail))

    @property
    def untold(self) -> tuple[Learned, ...]:
        """The numbers of which the data cannot tell, which stay as cited."""
        return tuple(row for row in self.rows if not row.told)

    def save_overlay(self, path: str | Path, source: str, base: str | Path | None = None) -> None:
        """Write what was learned as an overlay on the network's file, and beside it a file of
        sources with a row `source` for the cohort; `path` ends in .yaml.

        `base` is the network's file or its name (default: the network's own name); it lies beside
        the overlay or is shipped, and may be an overlay itself. Only numbers of which the data tell
        are written, each with its range of 95 %, the cohort and its cited sources. Both files are
        written, or neither. Raises `BackpainError` where there is nothing to write, where the base
        is another network than was learned on, where it reads what would be written over, or where
        a spreadsheet might run the `source`; `FileProblem` where a file cannot be written.
        """
        from .overlay_file import Overlay, write_overlay

        cases = round(self.used.weight)
        parts = (self.before, self.network, self.rows, cases, self.prior_strength)
        write_overlay(Overlay(*parts), path, source, self.before.name if base is None else base)

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per number, for a table or JSON."""
        return [self._dict(row) for row in self.rows]

    def _dict(self, row: Learned) -> dict[str, object]:
        one, (low, high) = row.cited, row.range
        return {
            "variable": one.variable,
            "number": number_words(self.before, one),
            "kind": one.kind,
            "state": one.state,
            "when": {name: list(states) for name, states in one.when.items()},
            "cited": one.number.p,
            "cited_low": one.number.low,
            "cited_high": one.number.high,
            "learned": row.p,
            "learned_low": low,
            "learned_high": high,
            "cases": row.cases,
            "worth": row.worth,
            "tail": row.tail,
            "told": row.told,
            "moved": row.moved,
            "contradicted": row.contradicted,
        }

    def sections(self) -> list[View]:
        """Return how it went, what the data contradict, what moved, and what they cannot tell."""
        told = [row for row in self.rows if row.told and not row.contradicted]
        views = [View("What was learned", (*self._trouble(), *self._course(), *self._left_out()))]
        if self.contradicted:
            views.append(View("Your data contradict these numbers", tuple(self._against())))
        if told:
            ordered = sorted(told, key=lambda row: not row.moved)
            views.append(View("What your data tell", tuple(self._table(ordered))))
        if self.untold:
            views.append(View("What your data cannot tell", tuple(self._open())))
        return views

    def _trouble(self) -> Iterator[Block]:
        if not self.converged:
            yield Alarm(
                f"Not settled: after {counted(self.stop.passes, 'pass')} a number still moved by "
                f"{self.moved:.2g} in one more (to stop it must be {self.stop.tolerance:g} or "
                "less). Allow more passes (passes=...), or a larger tolerance; a stronger prior "
                "settles sooner."
            )
        if len(self.untold) == len(self.rows):
            yield Alarm(self._nothing_told())

    def _nothing_told(self) -> str:
        if self.prior_strength == 0:
            return (
                "Nothing moved: of no number are your data worth as much as a hundredth of a case. "
                "Take more data, or columns that tell more."
            )
        return (
            f"Nothing could move: the cited ranges, times prior_strength={self.prior_strength:g}, "
            f"are worth at least {self._least_worth():,.0f} cases each, and your data too few "
            "beside that. Take a smaller prior_strength, or more data."
        )

    def _least_worth(self) -> float:
        return min(row.worth for row in self.rows)

    def _course(self) -> Iterator[Block]:
        used = self.used
        told = len(self.rows) - len(self.untold)
        weight = f", with weights that add up to {used.weight:g}"
        if used.weight == used.rows:
            weight = ""
        yield Note(
            f"{counted(used.rows, 'row')} ({used.distinct:,} different) of {self.before.name}"
            f"{weight}: they tell about {told} of {counted(len(self.rows), 'number')}, "
            f"{len(self.contradicted)} of which they contradict."
        )
        passes = counted(len(self.trace) - 1, "pass")
        yield Note(
            f"{passes} over the data, to stop when one moves no number by more than "
            f"{self.stop.tolerance:g}. The numbers are those that cited ranges and data together "
            "make most likely (EM, maximum a posteriori on the log-odds scale: the log posterior "
            f"rose by {self.trace[-1] - self.trace[0]:.3g})."
        )
        if len(self.tops) > 1:
            near = sum(top > self.tops[0] - 0.1 for top in self.tops)
            yield Note(
                f"{len(self.tops)} starts; {near} of them ended within 0.1 of the best log "
                f"posterior, the worst {self.tops[0] - self.tops[-1]:.3g} below it."
            )
        yield Note(
            "Ranges hold 95 % (from the curvature of the log posterior, the observed information). "
            "Cases: so many, seen whole, would tell as much of the number as your data do. Chance: "
            "of how many samples the data lead so far away, if the cited range holds (the prior "
            "predictive tail)."
        )

    def _left_out(self) -> Iterator[Block]:
        used = self.used
        if used.impossible:
            first = listed([str(row) for row in used.impossible_rows], MOST_ROWS)
            yield Note(
                f"Left out: {counted(used.impossible, 'row')} whose findings cannot hold together "
                f"(P = 0 in {self.before.name}); counted from 0: {first}."
            )
        if used.silent:
            yield Note(f"Left out: {counted(used.silent, 'row')} in which nothing is told.")
        understood = 1 + len(self.report.near_misses) + len(self.report.recognised)
        for line in str(self.report).splitlines()[understood:]:
            yield Note(line.strip())

    def _against(self) -> Iterator[Block]:
        told = len(self.rows) - len(self.untold)
        yield Note(
            f"If a cited range holds, data lead so far away in less than {percent(TAIL)} of "
            f"samples. Of {counted(told, 'number')}, about {TAIL * told:.0f} would "
            "stand here by chance alone."
        )
        yield from self._table(self.contradicted)

    def _table(self, rows: Sequence[Learned]) -> Iterator[Block]:
        header = ("number", "cited", "learned", "cases", "chance", "")
        cells = [self._cells(row) for row in rows[:SHOWN]]
        yield TextTable(header, tuple(cells))
        if len(rows) > SHOWN:
            yield Note(f"And {len(rows) - SHOWN} more: to_frame() has all.")

    def _cells(self, row: Learned) -> tuple[str, ...]:
        before, (low, high) = row.cited.number, row.range
        cited = _ranged(before.p, before.low, before.high)
        learned = _ranged(row.p, low, high)
        words = number_words(self.before, row.cited)
        return (words, cited, learned, f"{row.cases:,.0f}", percent(row.tail), row.verdict)

    def _open(self) -> Iterator[Block]:
        yield Note(
            f"Of {counted(len(self.untold), 'number')} your data say less than a tenth of what the "
            "cited ranges do, or nothing; they stay as cited."
        )
        names = [number_words(self.before, row.cited) for row in self.untold[:MOST_NAMES]]
        for name in names:
            yield Item(name)
        if len(self.untold) > MOST_NAMES:
            yield Note(f"And {len(self.untold) - MOST_NAMES} more: to_frame() has all.")


def _ranged(p: float, low: float, high: float) -> str:
    if low == high:
        return f"{p:.3g}"
    return f"{p:.3g} ({low:.2g} to {high:.2g})"
