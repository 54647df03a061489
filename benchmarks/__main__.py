"""`python -m benchmarks`: every job on every engine, interleaved in one run; medians and ratios,
after the answers agree. The public networks: `python -m benchmarks.public`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import backpain_bn as bb
from backpain_bn.model.network import Network

from .jobs import Job, agrees, jobs
from .networks import synthetic
from .peers import all_peers
from .roofline import roofline

AGREEMENT = 1e-9
SYNTHETIC = ((50, 6, 2), (100, 8, 3), (200, 8, 3))
START = {
    "backpain_bn": (
        "import backpain_bn as bb; "
        "bb.posterior(bb.load(), {'sitting_hours': 'over_8', 'low_back_pain': "
        "'yes'})['tight_hip_flexors']"
    ),
    "pyAgrum LazyPropagation": (
        "import pyagrum as g; m = g.loadBN({bif!r}); e = g.LazyPropagation(m); "
        "e.setEvidence({{'sitting_hours': 'over_8', 'low_back_pain': 'yes'}}); e.makeInference(); "
        "e.posterior('tight_hip_flexors')"
    ),
    "pgmpy VariableElimination": (
        "import warnings; warnings.simplefilter('ignore'); from pgmpy.readwrite import BIFReader; "
        "from pgmpy.inference import VariableElimination; "
        "VariableElimination(BIFReader({bif!r}).get_model()).query(['tight_hip_flexors'], "
        "evidence={{'sitting_hours': 'over_8', 'low_back_pain': 'yes'}}, show_progress=False)"
    ),
}


def measure(job: Job, peers: Sequence[Any], repeats: int) -> dict[str, float]:
    """Return each peer's median seconds per unit; the answers must agree before a time counts."""
    reference = job.run(peers[0], job.ours)
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for repeat in range(repeats):
        for peer in peers:
            rows = job.ours if peer is peers[0] else job.theirs[peer.name]
            start = time.perf_counter()
            answers = job.run(peer, rows)
            seconds[peer.name].append((time.perf_counter() - start) / rows)
            if repeat == 0 and (apart := agrees(reference, answers)) > AGREEMENT:
                raise SystemExit(
                    f"{job.name}: {peer.name} differs from {peers[0].name} by {apart:.2g}"
                )
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(network: Network, repeats: int, quick: bool, only: Sequence[str]) -> list[str]:
    """Return the rows of one network's table."""
    peers = all_peers(network)
    lines = [
        f"\n### {network.name}: {len(network.variables)} variables\n",
        "| job | "
        + " | ".join(peer.name for peer in peers)
        + " | "
        + " | ".join(f"vs {peer.name}" for peer in peers[1:])
        + " |",
        "|---|" + "---:|" * (2 * len(peers) - 1),
    ]
    for job in jobs(network, quick):
        if only and job.name not in only:
            continue
        medians = measure(job, peers, repeats)
        ours = medians[peers[0].name]
        times = " | ".join(pretty(medians[peer.name]) for peer in peers)
        ratios = " | ".join(f"{medians[peer.name] / ours:,.0f}x" for peer in peers[1:])
        lines.append(f"| {job.name} {job.what}, per {job.unit} | {times} | {ratios} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def start_to_answer(network: Network, repeats: int, folder: str) -> list[str]:
    """Return J7: seconds from process start to the first answer, the file read included."""
    from pgmpy.readwrite import BIFWriter

    bif = f"{folder}/network.bif"
    Path(bif).write_text(str(BIFWriter(network.to_pgmpy())), encoding="utf-8")
    seconds: dict[str, list[float]] = {name: [] for name in START}
    for _ in range(repeats):
        for name, code in START.items():
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", code.format(bif=bif) if "{bif" in code else code], check=True
            )
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    ours = medians["backpain_bn"]
    lines = [
        f"- {name}: {pretty(seconds)} ({seconds / ours:.1f}x)" for name, seconds in medians.items()
    ]
    return ["\n### J7: process start to first answer\n", *lines]


def pretty(seconds: float) -> str:
    """Return a time with its unit.

    >>> pretty(0.0000031), pretty(0.25)
    ('3.1 us', '250.0 ms')
    """
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def machine() -> str:
    """Return the machine and library versions in one line."""
    libraries = ", ".join(
        f"{name} {version(name)}"
        for name in ("numpy", "llvmlite", "pgmpy", "pyagrum", "pandas", "pyarrow")
    )
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, {platform.machine()}, {platform.system()}, Python "
        f"{platform.python_version()}; {libraries}"
    )


def main() -> None:
    """Run what was asked for and print it as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("jobs", nargs="*", help="J1 J2a ... (default: all)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--quick", action="store_true", help="small cohorts, the shipped network only"
    )
    options = parser.parse_args()
    network = bb.load()
    lines = [
        "# Benchmarks",
        "",
        machine(),
        "",
        "Median seconds per unit; all engines interleaved in one run; answers agree to 1e-9.",
    ]
    lines += table(network, options.repeats, options.quick, options.jobs)
    if not options.jobs or "J7" in options.jobs:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            lines += start_to_answer(network, options.repeats, folder)
    if not options.jobs:
        lines += roofline(network)
        if not options.quick:
            for nodes, reach, parents in SYNTHETIC:
                lines += table(synthetic(nodes, reach, parents), 1, True, ("J1", "J2a", "J4"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n".join([*lines, "", f"Peak memory of this run, all engines loaded: {peak:,.0f} MB"]))


if __name__ == "__main__":
    main()
