"""The scripts of the page, run in node on the data that the page carries."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.causal_paths import CausalPath
from backpain_bn.explorer import page
from backpain_bn.model.network import Network

HARNESS = Path(__file__).with_name("harness.js").read_text(encoding="utf-8")
"""What node runs behind the scripts of the page: every answer to each of some cases."""
READ = 'const given = JSON.parse(require("fs").readFileSync(0, "utf8"));'


def run(code: str, data: object) -> Any:
    script = f"{page.script_text()}\n{READ}\n{code}"
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(data), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def in_browser(network: Network, cases: Sequence[Any], voice: str = "") -> list[Any]:
    found: list[Any] = run(
        HARNESS, {"model": page.model(network), "voice": voice or network.name, "cases": cases}
    )
    return found


def random_cases(network: Network, count: int, seed: int) -> list[dict[str, Any]]:
    """Cases of 0 to 12 findings; one in five is uncertain."""
    draw, cases = random.Random(seed), []
    for _ in range(count):
        case: dict[str, Any] = {}
        for name in draw.sample(list(network), draw.randint(0, min(12, len(network)))):
            states = network[name].states
            sure = draw.random() < 0.8
            case[name] = (
                draw.choice(states)
                if sure
                else {state: round(draw.uniform(0.05, 3), 3) for state in states}
            )
        cases.append(case)
    return cases


def same_beliefs(network: Network, case: dict[str, Any], found: dict[str, Any]) -> None:
    now = bb.posterior(network, case)
    assert found["log"] == pytest.approx(now.log_evidence, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(found["marginals"], now.row, rtol=0, atol=1e-12)


def same_way(mine: dict[str, Any] | None, way: CausalPath | None) -> None:
    if mine is None or way is None:
        assert mine is way
        return
    assert mine["path"] == list(way.variables)
    assert mine["strengths"] == pytest.approx(way.strengths, abs=1e-12)
    assert mine["grade"] == way.grade
