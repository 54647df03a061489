"""The page names causes with the states that are to blame, as Python does."""

from __future__ import annotations

import shutil

from backpain_bn.display.causes import blamed_words
from backpain_bn.explorer import page
from tests.browser.chromium import missing
from tests.browser.networks import car
from tests.explorer.node import run

CODE = """
const network = new Reasoner(given.model);
const said = ([name, finding]) => blamed(network.byId.get(name), finding);
console.log(JSON.stringify(given.cases.map(said)));
"""


def test_every_variable_is_named_in_pythons_words() -> None:
    if not shutil.which("node"):
        missing("node")
    network = car()
    cases = [
        (name, finding)
        for name, variable in network.variables.items()
        for finding in (None, *variable.states, dict.fromkeys(variable.states, 0.5))
    ]
    said = run(CODE, {"model": page.model(network), "cases": cases})
    expected = [
        blamed_words(network, name, {} if finding is None else {name: finding})
        for name, finding in cases
    ]
    assert said == expected and "age of the battery (over 5 years)" in said
