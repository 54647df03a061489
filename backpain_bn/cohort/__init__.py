"""Tables in, tables out: what is known of every row of a cohort, in memory, in files larger than
memory, or batch by batch on a cluster.
"""

from .columns import ColumnMap
from .files import ScoringJob, report_file, score_file
from .score import report_columns, score, score_batches

__all__ = [
    "ColumnMap",
    "ScoringJob",
    "report_columns",
    "report_file",
    "score",
    "score_batches",
    "score_file",
]
