"""How it is said whether the answers of a network can be believed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from ..cohort.columns import Report
from ..display.axes import from_zero
from ..display.blocks import Block, Curve, Curves, Note, TextTable, View
from ..display.causes import blamed_words
from ..display.words import (
    PERCENT,
    between,
    counted,
    percent,
    percent_of_number,
    span,
)
from ..model.network import Network
from .cases import LeftOut
from .curves import CalibrationBin, DecisionPoint
from .interviews import Interviews
from .ranking import Ranking
from .scores import Estimate, Score

HEADER = ("", "Brier score", "log score", "rightly ordered pairs (AUC)")
HOW = (
    "Brier score: the mean squared distance between the probability and what happened; 0 is "
    "perfect, 0.25 is what 50 % for everybody gets. Log score: 0 is perfect, and one wrong "
    "certainty makes it infinite. AUC: of two cases, one with and one without, how often the one "
    f"with had the higher probability; 50{PERCENT} is a coin. In brackets: 90 % intervals (central "
    "limit theorem; for AUC Newcombe's method 5)."
)
SMALL, SMALLEST = 0.1, 0.001
FEW = 20
"""With fewer cases in which it happened, or did not, the intervals themselves are rough."""
PRICE = (
    "Somebody who acts from 20 % on holds one missed case for as bad as four needless actions. Net "
    "benefit counts at that price: cases rightly acted on, less needless actions, out of all cases "
    "(Vickers and Elkin 2006). Acting for nobody gains 0."
)
ROUNDING = 1e-12
FINEST = 0.005
"""Shares of cases smaller than half a point are not told apart from nothing."""
THRESHOLDS_SHOWN = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)
LOWEST = 0.25
"""A curve is cut where it falls below 0 by so much of the highest one."""


def scores_view(
    event: str, happened: Estimate, rows: Sequence[Score], surprises: Sequence[int]
) -> View:
    """Return the scores side by side, and how far the first, the network's, is from the others."""
    first = Note(
        f"{counted(rows[0].count, 'case')}. {event}: it happened in {_share(happened)}, and the "
        f"network had said {percent(rows[0].predicted)} on average."
    )
    table = TextTable(HEADER, tuple(map(_figures, rows)))
    few = _few(happened.value, rows[0].count)
    more = (*few, *_compared(rows[1:]), *_surprises(surprises), HOW)
    return View("How good the probabilities were", (first, table, *map(Note, more)))


def _few(happened: float, count: int) -> Iterator[str]:
    """Yield a warning where it happened, or did not happen, too seldom to tell much."""
    times = round(happened * count)
    for some, what in ((times, "happened"), (count - times, "did not happen")):
        if some < FEW:
            yield (
                f"It {what} in only {counted(some, 'case')}. With fewer than about {FEW}, all that "
                "follows can be chance, its intervals too, and the decision curve first of all."
            )


def _figures(row: Score) -> tuple[str, ...]:
    return (row.name, _decimals(row.brier), _decimals(row.log), _share(row.auc))


def _said(p: float) -> str:
    """Return a probability, with more digits where it is small, but none that mean nothing."""
    if 0 < p < SMALLEST:
        return f"under {percent_of_number(SMALLEST)}"
    return percent_of_number(p) if p < SMALL else percent(p)


def _decimals(figure: Estimate) -> str:
    if math.isinf(figure.value):
        return "infinite"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _share(figure: Estimate | None) -> str:
    if figure is None:
        return "all alike"
    return between(figure.value, (figure.low, figure.high))


def _compared(rivals: Sequence[Score]) -> Iterator[str]:
    for rival in rivals:
        worse = [("Brier", rival.brier_worse), ("log", rival.log_worse)]
        said = [_verdict(score, gap) for score, gap in worse if gap is not None]
        yield f"Against {rival.name}: {'; '.join(said)}."


def _verdict(score: str, gap: Estimate) -> str:
    if math.isinf(gap.value):
        return f"{score} score infinitely {'better' if gap.value > 0 else 'worse'}"
    least, most = sorted((abs(gap.low), abs(gap.high)))
    if gap.low > 0 or gap.high < 0:
        word = "better" if gap.low > 0 else "worse"
        return f"{score} score {word} by {abs(gap.value):.3f} ({least:.3f} to {most:.3f})"
    word = "better" if gap.value > 0 else "worse"
    return (
        f"{score} score {word} by {abs(gap.value):.3f}, which chance alone could do (between "
        f"{-gap.low:.3f} worse and {gap.high:.3f} better)"
    )


def _surprises(found: Sequence[int]) -> Iterator[str]:
    if found:
        rows = ", ".join(map(str, found[:10]))
        more = ", ..." if len(found) > 10 else ""
        yield (
            f"In {counted(len(found), 'row')} something happened that the network holds "
            f"for impossible ({rows}{more}); that alone makes its log score infinite. A number of "
            "0 or 1 in the network is too sure."
        )


def calibration_view(rows: Sequence[CalibrationBin]) -> View:
    """Return what was said beside what happened, as a curve and as a table."""
    points = tuple((row.predicted, row.observed.value) for row in rows)
    intervals = tuple((row.observed.low, row.observed.high) for row in rows)
    top, _ = from_zero(max(max(row.predicted, row.observed.high) for row in rows))
    guide = Curve("said = happened", ((0.0, 0.0), (top, top)))
    chart = Curves(
        "the probability that was said",
        "how often it happened, with 90 % intervals",
        (Curve("this network", points, intervals),),
        (guide,),
    )
    held = sum(row.observed.low <= row.predicted <= row.observed.high for row in rows)
    words = Note(
        f"Cases of about the same probability are put together: in {held} of "
        f"{counted(len(rows), 'group')} what was said lies within the 90 % interval of what "
        f"happened; of a network that is right about {0.9 * len(rows):.0f} would."
    )
    table = TextTable(
        ("cases", "said", "happened", ""),
        tuple((f"{row.count:,}", _said(row.predicted), _share(row.observed), "") for row in rows),
    )
    return View("Whether the probabilities mean what they say (calibration)", (words, chart, table))


def decision_view(points: Sequence[DecisionPoint], rivals: Sequence[str]) -> View:
    """Return the net benefit of acting on the probabilities, as curves and as a table."""
    words = map(Note, (PRICE, _worth(points)))
    blocks = (*words, _decision_chart(points, rivals), _decision_table(points, rivals))
    return View("Whether it pays to act on them (decision curve)", blocks)


def _worth(points: Sequence[DecisionPoint]) -> str:
    better = [point for point in points if point.network.value > _without(point) + ROUNDING]
    sure = [point for point in better if point.network.low > _without(point) + ROUNDING]
    least = "more than acting for everybody or for nobody"
    if not better:
        return "At no threshold did acting on the network gain more than acting for all or nobody."
    if not sure:
        return (
            f"Acting on the network gained {least} at thresholds of {_thresholds(better)}, which "
            "chance alone could do at each of them."
        )
    said = f"Acting on the network gained {least} at thresholds of {_thresholds(sure)}."
    unsure = [point for point in better if point not in sure]
    if not unsure:
        return said
    return f"{said} At {_thresholds(unsure)} it did too, which chance alone could do."


def _without(point: DecisionPoint) -> float:
    """Return what can be gained without any network."""
    return max(0.0, point.everybody)


def _thresholds(points: Sequence[DecisionPoint]) -> str:
    return " and ".join(_stretches([point.threshold for point in points]))


def _stretches(thresholds: Sequence[float]) -> Iterator[str]:
    """Yield whole percents that follow each other as one stretch each."""
    whole = [round(100 * threshold) for threshold in thresholds]
    for _, group in groupby(enumerate(whole), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        both = span(run[0] / 100, run[-1] / 100)
        yield percent(run[0] / 100) if len(run) == 1 else both


def _decision_chart(points: Sequence[DecisionPoint], rivals: Sequence[str]) -> Block:
    own = [(point.threshold, point.network.value) for point in points]
    highest = max(max(point.everybody, point.network.value, FINEST) for point in points)
    lines = [Curve("this network", *_cut(points, -LOWEST * highest))]
    for index, name in enumerate(rivals[1:], 1):
        gains = [(point.threshold, point.rivals[index]) for point in points]
        lines.append(Curve(name, _above(gains, -LOWEST * highest)))
    everybody = [(point.threshold, point.everybody) for point in points]
    guides = (
        Curve("act for everybody", _above(everybody, -LOWEST * highest)),
        Curve("act for nobody", ((0.0, 0.0), (own[-1][0], 0.0))),
    )
    return Curves(
        "the probability from which on one acts",
        "net benefit, of 100 cases",
        tuple(lines),
        guides,
    )


def _above(points: Sequence[tuple[float, float]], lowest: float) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in points if y >= lowest)


def _cut(
    points: Sequence[DecisionPoint], lowest: float
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    kept = [point for point in points if point.network.value >= lowest]
    ends = [(max(point.network.low, lowest), point.network.high) for point in kept]
    return tuple((point.threshold, point.network.value) for point in kept), tuple(ends)


def _decision_table(points: Sequence[DecisionPoint], rivals: Sequence[str]) -> TextTable:
    rows = []
    for number in THRESHOLDS_SHOWN:
        point = points[number - 1]
        own, *ends = map(_of_100, point.network)
        said = f"{own} ({' to '.join(ends)})"
        others = map(_of_100, (point.everybody, *point.rivals))
        rows.append((percent(point.threshold), said, *others))
    return TextTable(("acting from", "this network, of 100", "everybody", *rivals), tuple(rows))


def _of_100(gain: float) -> str:
    return f"{round(100 * gain, 1) + 0.0:.1f}"


def groups_view(by: str, groups: Sequence[Score]) -> View:
    """Return the scores of the network in parts of the cohort."""
    rows = tuple(
        (
            row.name,
            f"{row.count:,}",
            percent(row.happened),
            percent(row.predicted),
            _decimals(row.brier),
            _share(row.auc),
        )
        for row in groups
    )
    header = (by, "cases", "happened", "said", "Brier score", "AUC")
    return View(f"By {by}", (TextTable(header, rows),))


def ranking_view(network: Network, made: Ranking) -> View:
    """Return how often the causes that were found are among the first few."""
    names = ", ".join(blamed_words(network, name, {}) for name in made.causes)
    words = Note(
        f"{counted(made.count, 'case')} in which one of these was found: {names}. The network "
        "ranked them by their share without being told; so often a cause that was found is among "
        "the first of its list, and of the list that a case gets of which nothing else is told."
    )
    rows = tuple(
        (f"first {row.k}" if row.k > 1 else "first", _share(row.hits), percent(row.usual), "")
        for row in made.rows
    )
    return View(
        "Whether the ranking names what was found",
        (words, TextTable(("among the", "this network", "nothing told", ""), rows)),
    )


def interviews_view(made: Interviews) -> View:
    """Return how many questions were asked, and what they settled."""
    low, middle, high = made.quartiles
    words = (
        f"{counted(len(made.rows), 'case')} in which it happened, drawn by lot and asked the best "
        f"question first, as far as the cohort has its answer: {middle:g} questions in the middle "
        f"case, {low:g} to {high:g} in the middle half of them.",
        f"In {_share(made.settled)} of them it was nine in ten sure by then that no further cheap "
        f"answer would change what to do first; in the rest the answers ran out. In "
        f"{_share(made.agrees)} what to do first was what all answers together say.",
    )
    return View("How many questions it takes", tuple(map(Note, words)))


def rows_view(target: str, count: int, left_out: Sequence[LeftOut], report: Report) -> View:
    """Return which rows and columns were used, and which not."""
    left = [f"Left out: {each}." for each in left_out]
    names = [f"{name} (did you mean {guess}?)" if guess else name for name, guess in report.unknown]
    unread = [f"Columns left aside, no variables of {report.network}: {', '.join(names)}."]
    told = [column for column in report.recognised if column.variable != target]
    missing = sum(column.missing for column in told) / len(told)
    rows = (
        f"{count:,} of {counted(report.rows, 'row')} could be used, with "
        f"{counted(len(told), 'column')} that tell something, of whose cells {percent(missing)} "
        "are missing."
    )
    return View("The rows", tuple(map(Note, [rows, *left, *(unread if names else [])])))
