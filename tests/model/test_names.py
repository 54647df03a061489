"""Names and labels: what nobody sees, and what no line of text can hold, is refused."""

from __future__ import annotations

import pytest

from backpain_bn.errors import FileProblem
from backpain_bn.model import Network, Variable, prior
from backpain_bn.model.names import name_problem


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is empty"),
        (" \t", "is empty"),
        ("a\0", "has a control character in it (U+0000)"),
        ("a\nb", "has a control character in it (U+000A)"),
        ("a\u2028b", "has a control character in it (U+2028)"),
        ("a\u200bb", "has an invisible character in it (U+200B)"),
        ("a\u202eb", "has an invisible character in it (U+202E)"),
        ("\ufeffa", "has an invisible character in it (U+FEFF)"),
        ("a" * 256, "has 256 characters; the limit is 255"),
    ],
)
def test_a_name_that_is_none(name: str, said: str) -> None:
    assert name_problem(name) == said
    with pytest.raises(FileProblem, match="the name ") as caught:
        Network("n", {name: Variable(name, ("no", "yes"), prior(0.5, 0.5))})
    assert said in str(caught.value)
    with pytest.raises(FileProblem, match=r"variables\.a\.states\.1: the state ") as caught:
        Network("n", {"a": Variable("a", ("no", name), prior(0.5, 0.5))})
    assert said in str(caught.value)
    if name:
        with pytest.raises(FileProblem, match=r"variables\.a\.label: the label ") as caught:
            Network("n", {"a": Variable("a", ("no", "yes"), prior(0.5, 0.5), label=name)})
        assert said in str(caught.value)


@pytest.mark.parametrize("name", ["Über 30 °C", "می\u200cشود", "x=y", "50 % (no)", "a" * 255])
def test_a_name_may_have_any_sign_that_is_seen(name: str) -> None:
    assert name_problem(name) == ""
    network = Network("n", {name: Variable(name, ("no", name), prior(0.5, 0.5), label=name)})
    assert network.columns == (f"{name}=no", f"{name}={name}")
