"""The whole conversation about two runners: what contributes, why, how sure, what to ask next, what
would help, and some weeks later.
"""

from pathlib import Path

import backpain_bn as bb
from backpain_bn.formats.case_file import read_case

HERE = Path(__file__).parent
CONVERSATIONS = (
    ("desk_worker.yaml", "tight_hip_flexors", "sit_less"),
    ("hip_drops.yaml", "weak_glutes", "glute_strengthening"),
)

for name, suspect, treatment in CONVERSATIONS:
    case = read_case(HERE / name)
    d = bb.diagnose(case.findings, red_flags=case.red_flags)
    print(f"{'=' * 100}\n{case.story}\n")
    for answer in (
        d,
        d.why(suspect),
        d.paths(suspect),
        d.most_probable(),
        d.robustness(),
        d.next_questions({"minutes": 15, "who": ["ask", "home"]}),
        d.what_helps(),
        d.follow_up(
            {"running_back_pain": "yes", "pain_during_run": "no"},
            changed={"strength_training": "regular"},
            treatments=[treatment],
        ),
        d.compare(bb.load("as_claimed")),
    ):
        print(f"{answer}\n")
