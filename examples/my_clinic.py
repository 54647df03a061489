"""A clinic's own numbers: an overlay on the shipped network, in a file, without touching Python."""

from pathlib import Path

import backpain_bn as bb

shipped, clinic = bb.load(), bb.load(Path(__file__).parent / "my_clinic.yaml")
answers = {"sitting_hours": "over_8", "running_back_pain": "yes"}

for network in (shipped, clinic):
    print(
        f"{network.name}: tight hip flexors "
        f"{bb.posterior(network, answers)['tight_hip_flexors']['yes']:.1%}"
    )
print(f"New here: {', '.join(sorted(set(clinic.variables) - set(shipped.variables)))}")
for told in ("no", "yes"):
    print(
        f"short stride, treadmill {told}: "
        f"{bb.posterior(clinic, {**answers, 'treadmill_running': told})['short_stride']['yes']:.1%}"
    )
