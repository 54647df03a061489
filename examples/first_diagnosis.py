"""The first diagnosis: what one runner told, and what most likely contributes to the pain."""

import backpain_bn as bb

answers = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
red_flags = {
    "saddle_numbness": "no",
    "bladder_change": "no",
    "fever": "no",
}  # what is not asked is never taken as cleared

d = bb.diagnose(answers, red_flags=red_flags)
print(d)
print(
    f"\nTight hip flexors: {d['tight_hip_flexors']['yes']:.1%}, first contributor: "
    f"{d.contributors()[0].label}"
)
