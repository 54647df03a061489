"""The Spark example gives the same numbers. Without Java it cannot run; where CI is set, that is a
failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_spark_gives_the_same_numbers() -> None:
    if shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail("no java on PATH: the Spark example was not run; CI must install Java 17")
        pytest.skip("no java on PATH: the Spark example was not run")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "cluster_spark.py", "2000"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "the same numbers" in done.stdout
