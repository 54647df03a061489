"""`python -m benchmarks.public`: the public networks that pgmpy brings along, in one table.

Each network has a process of its own, in which every job is done by us and by pyAgrum in turn;
pgmpy has another. The case is drawn from the network; one in five variables is told, or none. A
cohort is 2,000 rows with other states of the same variables. Times are seconds of processor time,
the least of several.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

import backpain_bn as bb
from backpain_bn.inference.dense import dense_engine
from backpain_bn.inference.simulation import simulate
from backpain_bn.model.network import Network

JOBS = ("load", "first", "told", "case", "cohort")
COLUMNS = ("load", "first", "told", "case", "steady", "cohort")
ROWS = 2000
AGREEMENT = 1e-9
PATIENCE = {"both": 900.0, "pgmpy": 60.0}
"""Seconds after which a process is given up."""
LONG, AGAIN = 1.0, 12
"""What takes longer than this many seconds is measured once, all else so many times."""
MANY, LAST = 200, 20
"""How many cases are asked one after the other, while they take no longer than that together, and
of how many the median counts.
"""

Numbers = dict[str, Any]
Jobs = dict[str, Callable[[], Callable[[], Any]]]
"""Each makes ready what is to be measured, and returns it."""


def names() -> list[str]:
    """Return the names of the networks."""
    folder = files("pgmpy.utils.example_models")
    found = [entry.name for entry in folder.iterdir() if entry.name.endswith(".bif.gz")]
    return sorted(name.removesuffix(".bif.gz") for name in found)


def unpacked(name: str, folder: str) -> Path:
    """Write a network's BIF file; return where."""
    packed = files("pgmpy.utils.example_models").joinpath(f"{name}.bif.gz").read_bytes()
    path = Path(folder, f"{name}.bif")
    path.write_bytes(gzip.decompress(packed))
    return path


def cases(network: Network) -> list[dict[str, str]]:
    """Return cases that tell one in five variables, the same ones in all."""
    every = list(network.variables)
    chosen = np.random.default_rng(1).permutation(len(every))[: max(1, len(every) // 5)]
    told = [every[place] for place in sorted(chosen)]
    states = simulate(network, told, ROWS, seed=3)
    rows = []
    for row in states:
        pairs = zip(told, row, strict=True)
        rows.append({name: network.states[name][state] for name, state in pairs})
    return rows


def ours(path: Path, rows: Sequence[Mapping[str, str]]) -> Jobs:
    """Return the jobs of this library, first answers and cohorts on a network of their own."""
    import pandas

    kept, cohort = bb.load(path), pandas.DataFrame(rows)

    def beliefs(network: Network, case: Mapping[str, str]) -> list[float]:
        found: list[float] = bb.posterior(network, dict(case)).row.tolist()
        return found

    return {
        "load": lambda: partial(bb.load, path),
        "first": lambda: partial(beliefs, bb.load(path), {}),
        "told": lambda: partial(beliefs, bb.load(path), rows[0]),
        "case": lambda: partial(beliefs, kept, rows[0]),
        "cohort": lambda: partial(bb.score, cohort, bb.load(path)),
    }


def agrum(path: Path, rows: Sequence[Mapping[str, str]]) -> Jobs:
    """Return the jobs of pyAgrum's LazyPropagation; its cohort is one row."""
    import pyagrum

    network, model = bb.load(path), pyagrum.loadBN(str(path))
    _fill(network, model)
    kept = pyagrum.LazyPropagation(model)
    others = iter(rows)

    def beliefs(engine: Any, case: Mapping[str, str]) -> list[float]:
        engine.setEvidence(dict(case))
        engine.makeInference()
        found: list[float] = []
        for name in network:
            values = engine.posterior(name).toarray().tolist()
            labels = list(model.variable(name).labels())
            found += [values[labels.index(state)] for state in network.states[name]]
        return found

    return {
        "load": lambda: partial(pyagrum.loadBN, str(path)),
        "first": lambda: lambda: beliefs(pyagrum.LazyPropagation(model), {}),
        "told": lambda: lambda: beliefs(pyagrum.LazyPropagation(model), rows[0]),
        "case": lambda: partial(beliefs, kept, rows[0]),
        "cohort": lambda: partial(beliefs, kept, next(others)),
    }


def _fill(network: Network, model: Any) -> None:
    """Set the tables of a pyAgrum model from ours: its reader rounds to 32 bits."""
    for name in network:
        cpt = model.cpt(name)
        own = (*network[name].parents, name)
        labels = [model.variable(axis).labels() for axis in own]
        index = [
            [network.states[axis].index(label) for label in part]
            for axis, part in zip(own, labels, strict=True)
        ]
        table = network.table(name).reshape([len(network.states[axis]) for axis in own])
        order = [own.index(axis) for axis in reversed(cpt.names)]
        cpt.fillWith(table[np.ix_(*index)].transpose(order).ravel().tolist())


def timed(ready: Callable[[], Callable[[], Any]]) -> tuple[float, Any]:
    """Return the seconds of processor time that a job takes once it is ready, and its answer."""
    run = ready()
    start = time.process_time()
    answer = run()
    return time.process_time() - start, answer


def steady(case: Callable[[], Any]) -> float:
    """Return the seconds that a case takes after many others."""
    seconds: list[float] = []
    while len(seconds) < MANY and sum(seconds) < LONG:
        seconds.append(timed(lambda: case)[0])
    return statistics.median(seconds[-LAST:])


def both(path: Path) -> Numbers:
    """Measure this library and pyAgrum, each job by turns; the peak of memory is that before
    pyAgrum is loaded.
    """
    network = bb.load(path)
    rows = cases(network)
    mine = ours(path, rows)
    times: dict[str, list[float]] = {job: [] for job in JOBS}
    answers = {}
    for job in JOBS:
        seconds, answers[job] = timed(mine[job])
        times[job].append(seconds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    theirs = _loaded(path, rows)
    other: dict[str, list[float]] = {job: [] for job in JOBS}
    worst = 0.0
    for job in JOBS:
        while len(times[job]) <= AGAIN and max(times[job] + other[job]) < LONG:
            times[job].append(timed(mine[job])[0])
            if theirs:
                other[job].append(timed(theirs[job])[0])
        if theirs and not other[job]:
            other[job].append(timed(theirs[job])[0])
        if theirs and job in ("first", "case"):
            answer = theirs[job]()()
            worst = max(worst, float(np.abs(np.subtract(answer, answers[job])).max()))
    cells = dense_engine(network).order_of_all.cells
    found = {"cells": cells, "memory": memory, "apart": worst, "case": answers["case"]}
    found["ours"] = {job: min(times[job]) for job in JOBS}
    found["ours"]["steady"] = steady(mine["case"]())
    found["pyAgrum"] = None
    if theirs:
        found["pyAgrum"] = {job: min(other[job]) for job in JOBS}
        found["pyAgrum"]["steady"] = steady(theirs["case"]())
    return found


def _loaded(path: Path, rows: Sequence[Mapping[str, str]]) -> Jobs:
    """Return the jobs of pyAgrum, none where it cannot read the file."""
    import pyagrum

    try:
        return agrum(path, rows)
    except pyagrum.GumException:
        return {}


def pgmpy(path: Path) -> Numbers:
    """Measure pgmpy's VariableElimination, one query for each variable that is not told."""
    import warnings

    warnings.simplefilter("ignore")
    from pgmpy.inference import VariableElimination

    network = bb.load(path)
    case, model = cases(network)[0], network.to_pgmpy()

    def beliefs() -> list[float]:
        engine = VariableElimination(model)
        found: list[float] = []
        for name, states in network.states.items():
            if name in case:
                found += [float(state == case[name]) for state in states]
                continue
            factor = engine.query([name], evidence=dict(case), show_progress=False)
            found += [float(factor.get_value(**{name: state})) for state in states]
        return found

    seconds, posterior = timed(lambda: beliefs)
    return {"seconds": seconds, "case": posterior}


MEASURED = {"both": both, "pgmpy": pgmpy}


def measured(name: str, who: str) -> Numbers | None:
    """Return what a process of its own measured, None where it was given up."""
    command = [sys.executable, "-m", "benchmarks.public", "--one", who, name]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE[who])
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    found: Numbers = json.loads(done.stdout)
    return found


def line(name: str, found: Numbers | None, slow: Numbers | None) -> str:
    """Return a row of the table: ours / pyAgrum's for each job, then the rest."""
    if found is None:
        return f"| {name} | given up |"
    cells, mine, theirs = [], found["ours"], found["pyAgrum"]
    for job in COLUMNS:
        cells.append(f"{1e3 * mine[job]:,.2f}")
        if theirs is not None:
            other = theirs[job] * (ROWS if job == "cohort" else 1)
            cells[-1] += f" / {1e3 * other:,.2f} ({other / max(mine[job], 1e-6):.1f}x)"
    worst = found["apart"]
    cells.append("-" if slow is None else f"{1e3 * slow['seconds']:,.0f}")
    if slow is not None:
        worst = max(worst, float(np.abs(np.subtract(slow["case"], found["case"])).max()))
    agreement = f"{worst:.0e}" if worst < AGREEMENT else f"**{worst:.0e}**"
    cells += [f"{found['memory']:,.0f}", agreement]
    return f"| {name} | {found['cells']:,.0f} | {' | '.join(cells)} |"


HEAD = (
    "| network | cells | load, ms | first answer, none told | first, one in five told | "
    "next case | case after case | 2,000 rows | pgmpy, one case | memory, MB | apart |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> None:
    """Print the table as Markdown, a row as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public", description=__doc__)
    parser.add_argument("networks", nargs="*", help="asia alarm ... (default: all)")
    parser.add_argument("--one", choices=sorted(MEASURED), help="measure in this process")
    parser.add_argument("--without-pgmpy", action="store_true")
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            path = unpacked(options.networks[0], folder)
            print(json.dumps(MEASURED[options.one](path)))
        return
    print(HEAD)
    for name in options.networks or names():
        slow = None if options.without_pgmpy else measured(name, "pgmpy")
        print(line(name, measured(name, "both"), slow), flush=True)


if __name__ == "__main__":
    main()
