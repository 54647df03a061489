"""The same runner twice: with published studies' strengths, and as sure as the five articles
sound.
"""

from pathlib import Path

import backpain_bn as bb
from backpain_bn.formats.case_file import read_case

case = read_case(Path(__file__).parent / "desk_worker.yaml")
studies, articles = (
    bb.diagnose(case.findings, bb.load(name)) for name in ("runner_back_pain", "as_claimed")
)

rows = {row.variable: row for row in articles.contributors()}
print(f"{'':42} {'studies':>20} {'articles':>20}")
print(
    f"{'cause':42} {'present':>10}{'share':>10} {'present':>10}{'share':>10}   evidence for the "
    "link"
)
for row in sorted(studies.contributors(), key=lambda row: -rows[row.variable].share)[:12]:
    other = rows[row.variable]
    print(
        f"{row.label[:42]:42} {row.present:>10.0%}{row.share:>10.0%} "
        f"{other.present:>10.0%}{other.share:>10.0%}   {row.grade}"
    )
for name, d in (("studies", studies), ("articles", articles)):
    print(f"No identified cause, in the {name}' voice: {d.contributors().unexplained:.0%}")
