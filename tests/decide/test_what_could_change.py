"""What could still change the first place, said with the states of its causes."""

from __future__ import annotations

from backpain_bn.decide.what_could_change import what_could_change
from backpain_bn.model import Mechanism, Network, NoisyOr, Variable, number, prior


def test_causes_are_named_with_the_states_that_are_to_blame() -> None:
    links = (
        Mechanism({"oil": ("never",)}, number(0.5)),
        Mechanism({"belt": ("worn",)}, number(0.4)),
    )
    made = (
        Variable("oil", ("often", "never"), prior(0.6, 0.4), "Oiled", question="Is it oiled?"),
        Variable("belt", ("new", "worn"), prior(0.6, 0.4), "Belt"),
        Variable("noise", ("no", "yes"), NoisyOr(number(0.1), links)),
    )
    loud = Network("loud", {each.name: each for each in made}, outcome="noise")
    said = " ".join(str(what_could_change(loud, {"noise": "yes"})).split())
    assert "First now: oiled (never), to blame" in said
    assert "If often (37 % likely): belt (worn) first" in said.replace("\N{NO-BREAK SPACE}", " ")
