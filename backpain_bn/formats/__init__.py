"""Files and the model: network files of ours (YAML, overlays, sources, red flags, cases) and of
other programs, read into a `Network` that is complete, or refused with everything that is wrong and
where it stands.
"""

from .case_file import read_case, write_case
from .load import load, shipped
from .mapping import with_healthy, with_outcome

__all__ = ["load", "read_case", "shipped", "with_healthy", "with_outcome", "write_case"]
