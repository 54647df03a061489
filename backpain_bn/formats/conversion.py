"""A published ratio of one mechanism -> its link, or what stands in the way."""

from __future__ import annotations
