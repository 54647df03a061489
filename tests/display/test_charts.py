"""Pictures: well-formed whatever the labels, true to scale, legible light and dark, and nothing
over anything else.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from backpain_bn.display import svg as drawing
from backpain_bn.display.blocks import (
    Amount,
    Amounts,
    Bar,
    Block,
    Chain,
    Chains,
    Curve,
    Curves,
    LineChart,
    Note,
    TextTable,
    Tornado,
    Waterfall,
)
from backpain_bn.display.charts import draw
from backpain_bn.display.lettering import cut, printable, width_of, wrapped
from backpain_bn.display.svg import Picture, spread
from backpain_bn.display.waterfall_chart import span_of
from tests.browser.chromium import missing

SVG = "{http://www.w3.org/2000/svg}"
LABELS = (
    '<script>alert("1")</script>',
    "\"quotes\" & 'more' </svg><!-- ]]> <img src=x onerror=alert(1)>",
    "Füße, Übergröße und die sehr lange Überschrift von 60 Zeichen",
    "W" * 60,
    "腰の痛みは長い距離を走ったあとに起こることが多いと言われています",
    "line\nbreak\ttab \u2028 {{ template }} ${code} %s",
    "control \x07 character, half \ud800 a letter",
    "",
)
GRADES = ("supported", "mixed", "claimed only", "contradicted", "expert", "not stated", "mixed")
LINKS = tuple((n / 6, grade, LABELS[n]) for n, grade in enumerate(GRADES))
RISING = ((0.1, 0.0), (0.5, 0.4), (0.9, 1.0))
WIDE = ((0.0, 0.2), (0.3, 0.5), (0.9, 1.0))
FALLING = ((0.0, 0.3), (1.0, -0.2))
FINE = tuple((n / 100, n / 300) for n in range(100))
AMOUNTS = tuple(
    Amount(label, n * n - 3.0, f"{n} {label[:9]}", n - 5.0, n * n + 1.0, LABELS[n // 3])
    for n, label in enumerate(LABELS)
)
STEPS = (13.2, 9.8, -2.3, 0.0, -0.02, 4.0, 6.4, -30.0)


def hard() -> list[Block]:
    """Every kind of block, with labels that try to break out and figures at their ends."""
    figures = (
        (0.9, 0.2, None, None),
        (0.0, 0.4, None, None),
        (0.003, 0.4, 0.001, 0.2),
        (0.999, 0.999, 0.5, 1.0),
        (1.0, None, None, None),
        (0.5, 0.5, None, None),
        (0.3, None, 0.2, 0.4),
        (1e-9, 1.0, 0.0, 1.0),
    )
    ends = (
        (0.05, 0.2),
        (0.13, 0.3),
        (0.12, 0.12),
        (0.0, 1.0),
        (0.3, 0.05),
        (0.11, 0.13),
        (0.1, 0.01),
        (0.12, 0.1201),
    )
    moments = ("today", "in two weeks", LABELS[2], LABELS[3], "after six")
    falling = {
        label: (0.4, 0.3 + 0.01 * n, 0.2, 0.1 + n / 50, 0.3) for n, label in enumerate(LABELS)
    }
    weeks = tuple(f"week {n}" for n in range(40))
    swings = tuple((label, *pair) for label, pair in zip(LABELS, ends, strict=True))
    return [
        *(Bar(label, *four) for label, four in zip(LABELS, figures, strict=True)),
        Note("between"),
        Bar("small", 0.01, 0.02),
        TextTable(("a",), (("b",),)),
        Bar("nothing at all", 0.0, 0.0),
        Waterfall(LABELS[1], 0.05, 0.9, tuple(zip(LABELS, STEPS, strict=True))),
        Waterfall("settled", 0.3, 1.0, (("a", 3.0), (LABELS[3], math.inf), ("more", 2.0))),
        Waterfall("ruled out", 1e-7, 0.0, (("a", -3.0), ("b", -math.inf))),
        Waterfall("told", 1.0, 1.0, ()),
        Waterfall("0", 0.0, 0.0, ()),
        Tornado(LABELS[0], 0.12, swings),
        Tornado("tiny", 0.0012, (("a", 0.001, 0.0013),)),
        Tornado("still", 0.5, (("a", 0.5, 0.5),)),
        LineChart(moments, tuple(falling.items())),
        LineChart(("now",), (("only", (0.3,)),)),
        LineChart(weeks, (("long", tuple(n / 40 for n in range(40))),)),
        Chains(tuple(Chain(LABELS[:n], LINKS[: n - 1]) for n in (2, 5, 8))),
        Chains((Chain(("a", "b"), LINKS[:1]),)),
        Curves(LABELS[2], LABELS[1], tuple(Curve(label, RISING) for label in LABELS)),
        Curves("said", "happened", (Curve("one", RISING, WIDE),), (Curve("as said", RISING),)),
        Curves("from", "gain", (Curve(LABELS[3], FINE, FINE),), (Curve("none", FALLING),)),
        Curves("from", "gain", (Curve("nothing", ((0.0, 0.0),)), Curve("empty", ()))),
        Amounts(LABELS[1], AMOUNTS, LABELS[2]),
        Amounts("none", (Amount("a", 0.0, "0"),)),
    ]


def pictures(blocks: list[Block]) -> list[Picture]:
    return [block for block in draw(blocks) if isinstance(block, Picture)]


def elements(picture: Picture, kind: str, of: str) -> list[ElementTree.Element]:
    return [
        found
        for found in ElementTree.fromstring(picture.svg).iter(f"{SVG}{kind}")
        if of in found.get("class", "").split()
    ]


def place(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name])


def test_bars_that_follow_each_other_share_a_picture_and_the_rest_keeps_its_place() -> None:
    kinds = [
        type(block).__name__
        for block in draw(
            [Bar("a", 0.1), Bar("b", 0.2), Note("n"), Bar("c", 0.3), TextTable(("h",), ())]
        )
    ]
    assert kinds == ["Picture", "Note", "Picture", "TextTable"]


def test_amounts_have_their_lengths_and_ranges_on_one_scale() -> None:
    rows = (Amount("a", 4.0, "4", 1.0, 6.0, "first"), Amount("b", -2.0, "-2", None, None, "then"))
    (picture,) = pictures([Amounts("Fewer", rows, "range")])
    (more,) = elements(picture, "rect", "pale")
    (less,) = elements(picture, "rect", "two")
    unit = place(more, "width") / 4
    assert place(less, "width") == pytest.approx(2 * unit, abs=0.2)
    assert place(less, "x") + place(less, "width") == pytest.approx(place(more, "x"), abs=0.2)
    whisker = next(
        found.attrib["d"]
        for found in elements(picture, "path", "whisker")
        if "M" in found.attrib["d"]
    )
    start, stop = (float(x) for x in re.findall(r"[ML]([\d.]+) ", whisker))
    assert (stop - start) / unit == pytest.approx(5, abs=0.1)
    heads = [found.text for found in elements(picture, "text", "strong")]
    assert heads == ["Fewer", "first", "then"] and "a: 4; b: -2" in picture.alt


def test_every_picture_is_well_formed_and_holds_nothing_but_our_own_marks() -> None:
    for picture in pictures(hard()):
        kinds = {
            element.tag.removeprefix(SVG) for element in ElementTree.fromstring(picture.svg).iter()
        }
        assert kinds <= {
            "svg",
            "title",
            "style",
            "rect",
            "path",
            "text",
            "circle",
            "polyline",
            "polygon",
        }
        assert not re.search(
            r"nan|inf\b|http(?!://www\.w3\.org/2000/svg)", re.sub(r">[^<]*<", "><", picture.svg)
        )
        picture.svg.encode()


def test_every_label_and_figure_is_in_the_words_of_the_picture() -> None:
    (picture,) = pictures([Bar("muscle & more", 0.36, 0.08), Bar("joint", 0.07, None, 0.04, 0.11)])
    assert (
        picture.alt.replace("\N{NO-BREAK SPACE}", " ")
        == "muscle & more: 36 %, 8 % before; joint: 7 %, 90 % between 4 % and 11 %."
    )
    assert f"<title>{picture.alt.replace('&', '&amp;')}</title>" in picture.svg
    (fall,) = pictures([Waterfall("Tight", 0.3, 0.4, (("sits", 1.2), ("settles", math.inf)))])
    assert "sits: +1.2 decibans; settles: settles it. 40" in fall.alt
    (paths,) = pictures([LineChart(("now", "later"), (("rest", (0.4, 0.2)),))])
    assert paths.alt.replace("\N{NO-BREAK SPACE}", " ") == "Over now, later. rest: 40 %, 20 %."


def test_links_of_chains_are_as_thick_as_they_are_strong_and_drawn_by_grade() -> None:
    chain = Chain(("rain", "wet", "slips"), ((0.5, "mixed", "disputed"), (0.02, "expert", "guess")))
    (picture,) = pictures([Chains((chain,))])
    strong, weak = (elements(picture, "path", kind)[0] for kind in ("mixed", "expert"))
    assert place(strong, "stroke-width") > 2 * place(weak, "stroke-width")
    said = picture.alt.replace("\N{NO-BREAK SPACE}", " ")
    assert said == "rain > wet (50 %, disputed) > slips (2 %, guess)."


def test_curves_are_true_to_scale_and_said_in_words() -> None:
    curve = Curve("one", ((0.2, 0.1), (0.6, 0.5), (1.0, 0.3)), ((0.0, 0.2), (0.4, 0.6), (0.3, 0.3)))
    (picture,) = pictures([Curves("said", "happened", (curve,), (Curve("even", FALLING),))])
    xs, ys = zip(
        *((place(mark, "cx"), place(mark, "cy")) for mark in elements(picture, "circle", "mark0")),
        strict=True,
    )
    unit = (xs[2] - xs[0]) / 0.8
    assert xs[1] - xs[0] == pytest.approx(0.4 * unit, abs=0.2)
    assert ys[0] - ys[1] == pytest.approx(2 * (ys[0] - ys[2]), abs=0.3)
    first = elements(picture, "path", "whisker")[0].attrib["d"]
    low, high = (float(each) for each in re.findall(r"[ML][\d.]+ ([\d.]+)", first))
    assert (low + high) / 2 == pytest.approx(ys[0], abs=0.2)
    assert len(elements(picture, "polyline", "guide")) == 1
    said = picture.alt.replace("\N{NO-BREAK SPACE}", " ")
    assert said == "happened, over said. one: 20 %: 10 %, 60 %: 50 %, 100 %: 30 %."


def test_a_curve_of_many_points_has_a_band_and_no_marks() -> None:
    ends = tuple((y - 0.1, y + 0.1) for _, y in FINE)
    (picture,) = pictures([Curves("from", "gain", (Curve("fine", FINE, ends),))])
    (band,) = elements(picture, "polygon", "band")
    assert len(band.attrib["points"].split()) == 200
    assert not elements(picture, "circle", "mark0")


def test_bars_are_true_to_scale() -> None:
    (picture,) = pictures([Bar("risen", 0.6, 0.2), Bar("fallen", 0.3, 0.8)])
    first, second = elements(picture, "rect", "one")
    added, gone = (elements(picture, "rect", kind)[0] for kind in ("two", "gone"))
    unit = place(second, "width") / 0.3
    assert place(first, "width") == pytest.approx(0.2 * unit, abs=0.3)
    assert place(added, "width") == pytest.approx(0.4 * unit, abs=0.3)
    assert place(gone, "width") == pytest.approx(0.5 * unit, abs=0.3)
    assert place(gone, "x") == pytest.approx(place(second, "x") + place(second, "width"), abs=0.2)


def test_equal_evidence_is_equally_long_and_a_step_starts_where_the_last_ended() -> None:
    (picture,) = pictures([Waterfall("h", 0.5, 0.5, (("a", 5.0), ("b", 5.0), ("c", -10.0)))])
    forward, (back,) = elements(picture, "rect", "two")[:2], elements(picture, "rect", "one")[:1]
    assert place(forward[0], "width") == pytest.approx(place(forward[1], "width"), abs=0.2)
    assert place(forward[1], "x") == pytest.approx(
        place(forward[0], "x") + place(forward[0], "width"), abs=0.2
    )
    assert (place(back, "x"), place(back, "width")) == pytest.approx(
        (place(forward[0], "x"), 2 * place(forward[0], "width")), abs=0.3
    )
    before, after = elements(picture, "circle", "dot")
    assert place(before, "cx") == pytest.approx(place(after, "cx"))


def test_a_swing_to_one_side_only_shows_both_ends() -> None:
    (picture,) = pictures([Tornado("h", 0.1, (("same side", 0.2, 0.4), ("both", 0.05, 0.15)))])
    low, high = elements(picture, "rect", "one")[0], elements(picture, "rect", "two")[0]
    assert place(high, "width") == pytest.approx(3 * place(low, "width"), abs=0.4)
    assert place(high, "y") >= place(low, "y") + place(low, "height")


def contrast(one: str, other: str) -> float:
    """The ratio of the W3C's accessibility guidelines."""

    def light(colour: str) -> float:
        full = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(full[start : start + 2], 16) / 255 for start in (0, 2, 4)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_that_says_something_stands_out(scheme: int) -> None:
    colours = dict(re.findall(r"--(\w+):(#\w+)", drawing.STYLE.split("@media")[scheme]))
    assert {"ink", "soft", "one", "two", "i0", "i5"} <= set(colours)
    told = {
        name: contrast(colour, colours["paper"])
        for name, colour in colours.items()
        if name not in ("paper", "track", "grid")
    }
    assert {name: ratio for name, ratio in told.items() if ratio < 4.5} == {}


def test_lines_of_text_fit_and_lose_nothing_that_fits() -> None:
    for label in LABELS:
        lines = wrapped(label, 200, 13)
        assert len(lines) <= 4 and all(width_of(line, 13) <= 200 for line in lines)
        if not lines[-1].endswith("…"):
            assert "".join(lines).replace(" ", "") == re.sub(
                "[ \t\n\r\u2028]", "", printable(label)
            )
    assert wrapped("now 98\N{NO-BREAK SPACE}%", 60, 13) == ["now", "98\N{NO-BREAK SPACE}%"]


def test_long_texts_are_cut_to_their_room() -> None:
    for text in ("W" * 60, "i" * 200, "Übergröße " * 9, "腰の痛み" * 20, "a\u0301" * 90, ""):
        assert width_of(cut(text, 200, 11.5), 11.5) <= 200
    assert cut("short", 200, 11.5) == "short"


def test_names_of_lines_are_moved_apart() -> None:
    places = spread([100, 100, 101, 10], [20, 40, 20, 20], 0, 300)
    boxes = sorted(
        (middle - height / 2, middle + height / 2)
        for middle, height in zip(places, [20, 40, 20, 20], strict=True)
    )
    assert all(first[1] <= second[0] + 1e-9 for first, second in pairwise(boxes))
    assert spread([], [], 0, 100) == []


MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
"""What a browser runs: which texts lie outside their picture, on each other or on shapes."""


def test_in_a_browser_nothing_lies_over_anything_else(tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        missing("Chromium")
    made = pictures(hard())
    images = "".join(
        f'<img src="data:image/svg+xml;base64,{b64encode(picture.svg.encode()).decode()}">'
        for picture in made
    )
    svgs = "".join(picture.svg for picture in made)
    page = tmp_path / "pictures.html"
    page.write_text(
        f'<meta charset="utf-8"><script>{MEASURE}</script>{svgs}{images}<pre id="out"></pre>',
        encoding="utf-8",
    )
    switches = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
        "--disable-component-update",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        page.as_uri(),
    ]
    dom = subprocess.run(
        [chromium, *switches], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    told = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    assert told, dom[-2000:]
    answer = json.loads(told[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert answer["found"] == [] and answer["scripts"] == 0 and answer["texts"] > 200


def test_waterfalls_of_one_span_share_a_scale() -> None:
    falls = [
        Waterfall("a", 0.5, 0.9, (("long label of a step", 9.0), ("b", -1.0))),
        Waterfall("b", 0.1, 0.12, (("c", 1.0),)),
    ]
    span = span_of(falls)
    assert span == pytest.approx(9.54, abs=0.01)
    apart, shared = (pictures([replace(fall, span=s) for fall in falls]) for s in (0.0, span))

    def wide(picture: Picture, kind: str) -> float:
        return max(place(found, "width") for found in elements(picture, "rect", kind))

    assert wide(shared[0], "two") / wide(shared[1], "two") == pytest.approx(9, rel=0.02)
    assert wide(apart[0], "two") / wide(apart[1], "two") < 6
