"""Typical cases of the shipped network, with the conclusions that are expected of them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

VIGNETTES: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "vignettes.toml").read_text()
)
