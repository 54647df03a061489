"""Files and the model: network files of ours (YAML, overlays, sources, red flags, cases) and of
other programs, read into a `Network` that is complete, or refused with everything that is wrong and
where it stands; and written again.
"""

from .case_file import read_case, write_case
from .load import load, shipped
from .mapping import with_healthy, with_outcome
from .pgmpy_models import from_pgmpy
from .save import save

__all__ = [
    "from_pgmpy",
    "load",
    "read_case",
    "save",
    "shipped",
    "with_healthy",
    "with_outcome",
    "write_case",
]
