"""What stands behind one variable: its own numbers, and the links that leave it."""

from __future__ import annotations

from backpain_bn.display import to_text
from backpain_bn.display.citations import views
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Source, Variable

YES_NO = ("no", "yes")


def garden() -> Network:
    by_rain = Mechanism({"rain": ("yes",)}, Number(0.8, 0.6, 0.9, ("X-1",)))
    by_hose = Mechanism({"hose": ("yes",), "rain": ("no",)}, Number(0.7, 0.6, 0.9, ("X-2",)))
    variables = {
        "rain": Variable("rain", YES_NO, prior(0.8, 0.2), "Rain"),
        "hose": Variable("hose", YES_NO, prior(0.9, 0.1), "Hose"),
        "wet": Variable("wet", YES_NO, NoisyOr(number(0.05), (by_rain, by_hose)), "Wet lawn"),
        "mud": Variable("mud", YES_NO, NoisyOr(number(0.1), ()), "Mud"),
    }
    sources = {id: Source(id, "study", f"Study {id}", read="A") for id in ("X-1", "X-2")}
    return Network("garden", variables, outcome="wet", sources=sources)


def test_the_links_that_leave_a_variable_are_found_under_it() -> None:
    text = to_text(views(garden(), ["rain"]))
    own, leaving = text.split("RAIN: WHAT IT LEADS TO")
    assert "X-1" not in own and "0.2 (0.2 to 0.2)" in own
    assert "rain > wet lawn" in " ".join(leaving.split()) and "0.8 (0.6 to 0.9)" in leaving
    assert "Study X-1" in leaving and "Study X-2" in leaving
    assert "LEADS TO" not in to_text(views(garden(), ["mud"]))


def test_a_number_is_listed_once_where_everything_is() -> None:
    text = to_text(views(garden(), garden().variables))
    assert "LEADS TO" not in text and text.count("0.8 (0.6 to 0.9)") == 1
    assert "X-2" in to_text(views(garden(), iter(["hose"])))
