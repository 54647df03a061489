"""What was told of one case."""

from __future__ import annotations

from collections.abc import Mapping

Finding = str | Mapping[str, float] | None


Findings = Mapping[str, Finding]
