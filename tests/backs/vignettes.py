"""Typical cases of the shipped network, with the conclusions that are expected of them, and the most
usual one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

VIGNETTES: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "vignettes.toml").read_text()
)
DESK = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}
"""Who sits all day and hurts while running."""
