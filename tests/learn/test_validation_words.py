"""What is said of a validation claims no more than its cases allow."""

from __future__ import annotations

import numpy as np
import pandas

import backpain_bn as bb
from backpain_bn.display.blocks import View
from backpain_bn.display.text import to_screen
from backpain_bn.learn.curves import CalibrationBin, decision_curve
from backpain_bn.learn.scores import share_of
from backpain_bn.learn.validation_words import calibration_view, decision_view
from tests.learn.test_validation import garden


def read(view: View) -> str:
    return " ".join(to_screen([view]).split()).replace("\N{NO-BREAK SPACE}", " ")


def decisions(p: list[float], happened: list[int], times: int) -> str:
    """The decision curve of some rows, each so many times."""
    told = np.repeat(np.array(happened) == 1, times)
    points = decision_curve(np.repeat(np.array(p), times), (), told)
    return read(decision_view(points, ()))


def test_a_gain_that_chance_could_bring_is_not_claimed() -> None:
    p, happened = [0.6, 0.6, 0.6, 0.2, 0.2], [1, 1, 0, 1, 0]
    few, many = decisions(p, happened, 1), decisions(p, happened, 200)
    # At odds o the network gains 0.4 - 0.2 o and everybody 0.6 - 0.4 o, which is less from 50 % on;
    # over 1,000 rows the interval's lower end first exceeds it at 55 % (0.1131 over 0.1111).
    better = "nobody at thresholds of "
    assert f"{better}51 % to 60 %, which chance alone could do at each of them." in few
    assert f"{better}55 % to 60 %. At 51 % to 54 % it did too, which chance alone could do." in many


def test_no_gain_is_said_as_before() -> None:
    assert "At no threshold did acting" in decisions([0.5, 0.5], [0, 1], 50)


def test_losses_have_the_minus_of_the_other_answers() -> None:
    text = decisions([0.9, 0.9], [0, 1], 20)
    assert "-" in text and "−" not in text


def test_a_warning_stands_where_it_happened_too_seldom() -> None:
    def said(cases: int) -> str:
        rows = [("yes", "yes")] * cases + [("no", "no")] * 60
        days = pandas.DataFrame(rows, columns=["rain", "wet"])
        return " ".join(str(bb.validate(garden(), days, "rain")).split())

    assert "It happened in only 19 cases. With fewer than about 20," in said(19)
    assert "in only" not in said(20)


def test_small_probabilities_have_no_digits_that_mean_nothing() -> None:
    small = [CalibrationBin(50, p, share_of(0, 50)) for p in (0.0, 7e-7, 0.0012, 0.034, 0.25)]
    text = read(calibration_view(small))
    assert "e-" not in text and "50 under 0.1 %" in text
    assert "50 0 %" in text and "50 0.12 %" in text and "50 3.4 %" in text and "50 25 %" in text
