"""An installation that may write nowhere, without a home: everything that answers works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import backpain_bn as bb

ROOT = Path(bb.__file__).parents[1]
ASKED = """
import os
import sys

def refuse(event, given):
    writes = event == "open" and (
        set("wxa+") & set(given[1] or "") or given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )
    if writes or event in ("os.mkdir", "os.rename", "os.remove", "tempfile.mkstemp"):
        raise PermissionError(30, "Read-only file system", str(given[0]))

sys.addaudithook(refuse)
try:
    open("/dev/null", "w")
except PermissionError:
    print("refused")

import pyarrow
import backpain_bn as bb
from backpain_bn.cli import main

told = {"no_start": "yes", "battery_age": "over_5_years"}
d = bb.diagnose(told, "car")
print(d.full, d.contributors(), d.next_questions(), d.what_helps(), d.robustness(20))
print(len(d.to_html()), len(d.to_fhir()["entry"]))
print(bb.score(pyarrow.table({"no_start": ["yes", "no"] * 500}), "car").num_rows)
print(len(bb.load("car").to_pgmpy().nodes()))
print(main(["check", "car"]), main(["diagnose", "no_start=yes", "--network", "car"]))
"""


def test_nothing_is_written_and_no_home_is_needed(tmp_path: Path) -> None:
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd="/",
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "refused" and lines[-1] == "0 0" and "1000" in lines
    assert "weak or flat battery" in done.stdout.lower()
