"""Pictures on matplotlib Axes: the figures are the block's, labels are taken literally."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import pytest

import backpain_bn as bb
from backpain_bn.display.blocks import (
    Amount,
    Amounts,
    Bar,
    Block,
    Chains,
    Curve,
    Curves,
    LineChart,
    Note,
    TextTable,
    Tornado,
    View,
    Waterfall,
)
from backpain_bn.display.matplotlib_charts import plot
from tests.display.test_charts import hard

pyplot = pytest.importorskip("matplotlib.pyplot")
NASTY = '<script>alert("x")</script> $a_b$ \\frac{1} & Übergröße'


class Shown:
    """What every result is: something with views."""

    def __init__(self, views: list[View]) -> None:
        self.shown = views

    def views(self) -> list[View]:
        return self.shown


@pytest.fixture(autouse=True)
def without_a_screen() -> Iterator[None]:
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def test_bars_have_the_lengths_of_the_block() -> None:
    ax = plot([Bar("a", 0.4, 0.1), Bar("b", 0.2, None, 0.1, 0.5)])
    assert [patch.get_width() for patch in ax.patches] == pytest.approx([0.4, 0.2])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "before the answers",
        "90 of 100 draws lie here",
    }


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    ax = plot(Waterfall("h", 0.5, 10 / 11, (("a", 13.0), ("b", -3.0))))
    assert [patch.get_width() for patch in ax.patches] == pytest.approx([13, -3])
    assert [patch.get_x() for patch in ax.patches] == pytest.approx([0, 13])
    words = {text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in ax.texts}
    assert words == {"50 %", "+13.0", "−3.0", "91 %"}


def test_a_tornado_swings_about_now() -> None:
    ax = plot(Tornado("h", 0.3, (("a", 0.2, 0.45), ("one side", 0.35, 0.4))))
    assert [patch.get_width() for patch in ax.patches] == pytest.approx([-0.1, 0.15, 0.05, 0.1])


def test_amounts_stand_beside_their_words() -> None:
    rows = (Amount("a", 4.0, "4 of 10", 1.0, 6.0, "first"), Amount("b", 2.0, "2", group="first"))
    ax = plot(Amounts("Fewer", rows, "range"))
    assert [patch.get_width() for patch in ax.patches] == [4.0, 2.0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "a", "b"]
    assert [text.get_text() for text in ax.texts] == ["4 of 10", "2"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["range"]


def test_marks_say_where_they_stand() -> None:
    swings = Tornado("h", 0.3, (("a", 0.19, 0.31),))
    lines = LineChart(("now", "then"), (("a", (0.12, 0.17)),))
    for ax, axis in ((plot(swings), "x"), (plot(lines), "y"), (plot(Bar("a", 0.17)), "x")):
        ax.figure.canvas.draw()
        scale = getattr(ax, f"{axis}axis")
        words = [
            label.get_text().rstrip(" %\N{NO-BREAK SPACE}") for label in scale.get_ticklabels()
        ]
        assert len(words) > 2
        assert [float(word) / 100 for word in words] == pytest.approx(list(scale.get_ticklocs()))


def test_paths_are_lines_with_their_names() -> None:
    ax = plot(LineChart(("now", "later"), ((NASTY, (0.4, 0.2)), ("_hidden", (0.4, 0.5)))))
    assert [list(line.get_ydata()) for line in ax.lines] == [[0.4, 0.2], [0.4, 0.5]]
    first, second = (text.get_text().replace("\n", " ") for text in ax.get_legend().get_texts())
    assert (first, second) == (NASTY, "_hidden")


def test_curves_are_lines_over_both_scales_with_their_intervals() -> None:
    curve = Curve(NASTY, ((0.1, 0.0), (0.9, 0.8)), ((0.0, 0.1), (0.7, 0.9)))
    ax = plot(Curves("said", "happened", (curve,), (Curve("even", ((0.0, 0.0), (1.0, 1.0))),)))
    guide, line = ax.lines
    assert list(guide.get_xdata()) == [0.0, 1.0]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([0.1, 0.9], [0.0, 0.8])
    assert [path.vertices[:, 1].tolist() for path in ax.collections[0].get_paths()] == [
        [0.0, 0.1],
        [0.7, 0.9],
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["even", NASTY]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("said", "happened")


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("number", range(len(hard())))
def test_anything_that_can_be_drawn_is_drawn_whatever_its_labels(number: int) -> None:
    block = hard()[number]
    if isinstance(block, Note | TextTable | Chains):
        with pytest.raises(bb.BackpainError, match="nothing to draw"):
            plot(block)
    else:
        plot(block).figure.canvas.draw()


SHARP = (
    Bar(NASTY, 0.5),
    Waterfall(NASTY, 0.2, 1.0, ((NASTY, math.inf),)),
    Tornado(NASTY, 0.2, ((NASTY, 0.1, 0.3),)),
)


@pytest.mark.parametrize("block", SHARP)
def test_a_dollar_is_no_formula(block: Block) -> None:
    ax = plot(block)
    ax.figure.canvas.draw()
    assert (
        ax.get_yticklabels()[-1 if isinstance(block, Bar | Tornado) else 1]
        .get_text()
        .replace("\n", " ")
        == NASTY
    )


def test_it_draws_where_it_is_told() -> None:
    _, axes = pyplot.subplots(1, 2)
    assert plot(Bar("a", 0.1), axes[1]) is axes[1] and not axes[0].patches


def test_a_result_shows_its_first_picture_and_says_when_it_has_none() -> None:
    bars = View("v", (Note("n"), Bar("a", 0.1), Bar("b", 0.1), Note("m"), Bar("c", 0.1)))
    assert len(plot(bars).patches) == 2
    assert len(plot(Shown([View("u", (Note("n"),)), bars])).patches) == 2
    with pytest.raises(bb.BackpainError, match="nothing to draw in this View"):
        plot(View("v", (Note("n"),)))


def test_without_matplotlib_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(bb.BackpainError, match=r"backpain_bn\[plot\]"):
        plot(Bar("a", 0.1))
