"""The other world of the page, in which something was put right, is Python's."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from backpain_bn.explain.shares import shares_of
from backpain_bn.explorer import page
from backpain_bn.model.network import Network
from backpain_bn.temporal.put_right import put_right
from tests.browser.chromium import missing
from tests.browser.networks import car, of_200
from tests.explorer.node import random_cases, run
from tests.explorer.test_page import chained

CODE = """
const network = new Reasoner(given.model);
console.log(JSON.stringify(given.cases.map(([findings, ids]) => {
  const now = network.posterior(findings);
  if (now.logEvidence === -Infinity) return null;
  return [...finished(network.putRight(findings, {}, ids, now)).marginals];
})));
"""


@pytest.fixture(autouse=True, scope="module")
def node() -> None:
    if not shutil.which("node"):
        missing("node")


def in_page(network: Network, cases: list[tuple[dict[str, Any], list[str]]]) -> Any:
    return run(CODE, {"model": page.model(network), "cases": cases})


@pytest.mark.parametrize("make", [car, chained, of_200], ids=["car", "chained", "200"])
def test_the_page_puts_right_as_python_does(make: Any) -> None:
    network = make()
    causes = [name for name in network if name != network.outcome and network.children[name]]
    told = [{network.outcome: network.states[network.outcome][-1]}, *random_cases(network, 5, 4)]
    cases = [(case, causes[index :: len(told)][:3]) for index, case in enumerate(told)]
    for (case, names), found in zip(cases, in_page(network, cases), strict=True):
        if found is not None:
            expected = put_right(network, case, names).row
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_what_it_takes_from_the_outcome_is_its_share() -> None:
    network = car()
    case = {"no_start": "yes", "dim_lights": "yes", "weak_battery": "yes"}
    (found,) = in_page(network, [(case, ["weak_battery"])])
    (share,) = shares_of(network, case, [["weak_battery"]])
    place = network.slices["no_start"].start
    assert found[place] == pytest.approx(share, abs=1e-12) and share > 0.5
