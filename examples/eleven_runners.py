"""Eleven typical runners, one per article and per heading of the fifth: how each answer begins."""

import tomllib
from pathlib import Path

import backpain_bn as bb

RUNNERS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LINES = 15

for name, runner in RUNNERS.items():
    print(f"\n--- {name.replace('_', ' ')} (article {runner['article']}): {runner['story']}")
    print("\n".join(str(bb.diagnose(runner["findings"])).splitlines()[:LINES]))
