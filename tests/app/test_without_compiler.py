"""Everything but cohorts at full speed works where llvmlite and pgmpy are missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

QUESTIONS = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import numpy as np
import pandas
import backpain_bn as bb
network = bb.load("car")
findings = {{"dim_lights": "yes", "no_start": "yes"}}
belief = bb.posterior(network, findings)
d = bb.diagnose(findings, network)
assert abs(d["weak_battery"]["yes"] - belief["weak_battery"]["yes"]) < 1e-12
assert len(d.contributors()) and len(d.next_questions()) and str(d.what_helps())
assert str(d.robustness(100))
states = network.states["dim_lights"]
column = np.random.default_rng(0).choice(states, 300)
scored = bb.score(pandas.DataFrame({{"dim_lights": column}}), network)
expected = bb.posterior(network, {{"dim_lights": column[0]}})["weak_battery"]["yes"]
assert abs(scored["weak_battery=yes"].iloc[0] - expected) < 1e-12
from backpain_bn.inference.engine import Engine
from backpain_bn.inference.evidence import encode
engine, rows = Engine(network), np.tile(encode(network, [findings]), (20_000, 1))
rows[:, : len(states)] *= np.random.default_rng(0).uniform(0.5, 1.0, (20_000, len(states)))
found = engine(rows)
few = Engine(network).dense(rows[:50])
assert np.abs(found.marginals[:50] - few.marginals).max() < 1e-12
assert not set({blocked!r}) & {{name for name, module in sys.modules.items() if module}}
"""


@pytest.mark.parametrize("blocked", [("llvmlite",), ("llvmlite", "pgmpy")])
def test_questions_are_answered_without(blocked: tuple[str, ...]) -> None:
    code = QUESTIONS.format(blocked=blocked)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
