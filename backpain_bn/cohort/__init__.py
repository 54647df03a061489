"""Tables in, tables out: what is known of every row of a cohort, in memory, in files larger than
memory, or batch by batch on a cluster.
"""

from .columns import ColumnMap
from .score import report_columns, score, score_batches

__all__ = ["ColumnMap", "report_columns", "score", "score_batches"]
