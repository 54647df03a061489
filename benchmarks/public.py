"""`python -m benchmarks.public`: the public networks that pgmpy brings along, one subprocess for
each engine and network, in one table.

The case is drawn from the network; one in five variables is told, or none. A cohort is 2,000 rows
with other states of the same variables. Times are seconds of processor time, the least of several.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

import backpain_bn as bb
from backpain_bn.inference import Engine
from backpain_bn.inference.simulation import simulate
from backpain_bn.model.network import Network

ENGINES = ("backpain_bn", "pyAgrum", "pgmpy")
ROWS = 2000
AGREEMENT = 1e-9
PATIENCE = {"backpain_bn": 300.0, "pyAgrum": 300.0, "pgmpy": 60.0}
"""Seconds after which a subprocess is given up."""
FIRST, AGAIN = 1.0, 5
"""What took longer than this many seconds is measured once, all else so many times."""

Numbers = dict[str, Any]


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


def least(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the least seconds of a few runs, and the last answer."""
    seconds = []
    for _ in range(AGAIN):
        start = time.process_time()
        answer = run()
        seconds.append(time.process_time() - start)
        if seconds[0] > FIRST:
            break
    return min(seconds), answer


def ours(path: Path, rows: Sequence[Mapping[str, str]]) -> Numbers:
    """Measure this library."""
    import pandas

    load, network = least(lambda: bb.load(path))
    own = dict(rows[0])
    unused = [bb.load(path) for _ in range(2 * AGAIN)]
    first, prior = least(lambda: bb.posterior(unused.pop(), {}))
    told_first, _ = least(lambda: bb.posterior(unused.pop(), own))
    bb.posterior(network, own)
    case, posterior = least(lambda: bb.posterior(network, own))
    frame = pandas.DataFrame(rows)
    start = time.process_time()
    bb.score(frame, network)
    cohort = time.process_time() - start
    return {
        "load": load,
        "first": first,
        "first told": told_first,
        "case": case,
        "cohort": cohort,
        "cells": Engine(network).dense.order_of_all.cells,
        "answers": [prior.row.tolist(), posterior.row.tolist()],
    }


def agrum(path: Path, rows: Sequence[Mapping[str, str]]) -> Numbers:
    """Measure pyAgrum's LazyPropagation; tables are set from ours, its reader rounds to 32 bits."""
    import pyagrum

    network = bb.load(path)
    with_tables = {name: network.table(name) for name in network}
    load, model = least(lambda: pyagrum.loadBN(str(path)))
    for name, table in with_tables.items():
        cpt = model.cpt(name)
        own = (*network[name].parents, name)
        labels = [model.variable(axis).labels() for axis in own]
        index = [
            [network.states[axis].index(label) for label in part]
            for axis, part in zip(own, labels, strict=True)
        ]
        there = table.reshape([len(network.states[axis]) for axis in own])[np.ix_(*index)]
        order = [own.index(axis) for axis in reversed(cpt.names)]
        cpt.fillWith(there.transpose(order).ravel().tolist())

    def beliefs(engine: Any, case: Mapping[str, str]) -> list[float]:
        engine.setEvidence(dict(case))
        engine.makeInference()
        found: list[float] = []
        for name in network:
            values = engine.posterior(name).toarray().tolist()
            labels = list(model.variable(name).labels())
            found += [values[labels.index(state)] for state in network.states[name]]
        return found

    first, prior = least(lambda: beliefs(pyagrum.LazyPropagation(model), {}))
    told_first, _ = least(lambda: beliefs(pyagrum.LazyPropagation(model), rows[0]))
    engine = pyagrum.LazyPropagation(model)
    case, posterior = least(lambda: beliefs(engine, rows[0]))
    few = max(1, min(len(rows), int(5.0 / max(case, 1e-6))))
    start = time.process_time()
    for row in rows[:few]:
        beliefs(engine, row)
    cohort = (time.process_time() - start) * len(rows) / few
    return {
        "load": load,
        "first": first,
        "first told": told_first,
        "case": case,
        "cohort": cohort,
        "answers": [prior, posterior],
    }


def pgmpy(path: Path, rows: Sequence[Mapping[str, str]]) -> Numbers:
    """Measure pgmpy's VariableElimination, one query for each variable that is not told."""
    import warnings

    warnings.simplefilter("ignore")
    from pgmpy.inference import VariableElimination

    network = bb.load(path)
    model = network.to_pgmpy()

    def beliefs(case: Mapping[str, str]) -> list[float]:
        engine = VariableElimination(model)
        found: list[float] = []
        for name, states in network.states.items():
            if name in case:
                found += [float(state == case[name]) for state in states]
                continue
            factor = engine.query([name], evidence=dict(case), show_progress=False)
            found += [float(factor.get_value(**{name: state})) for state in states]
        return found

    start = time.process_time()
    posterior = beliefs(rows[0])
    return {"case": time.process_time() - start, "answers": [None, posterior]}


MEASURED = {"backpain_bn": ours, "pyAgrum": agrum, "pgmpy": pgmpy}


def measured(name: str, engine: str) -> Numbers | None:
    """Return what a subprocess measured, None where it was given up."""
    command = [sys.executable, "-m", "benchmarks.public", "--one", engine, name]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE[engine])
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    found: Numbers = json.loads(done.stdout)
    return found


def one(engine: str, name: str) -> None:
    """Print what one engine takes on one network, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = unpacked(name, folder)
        found = MEASURED[engine](path, cases(bb.load(path)))
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def apart(one: Numbers, other: Numbers) -> float:
    """Return the largest difference between the answers that both have."""
    pairs = zip(one["answers"], other["answers"], strict=True)
    return max(float(np.abs(np.subtract(a, b)).max()) for a, b in pairs if a and b)


def line(name: str, found: Mapping[str, Numbers | None]) -> str:
    """Return a row of the table: ours / pyAgrum's for each job, then the rest."""
    mine, theirs, slow = (found[engine] for engine in ENGINES)
    if mine is None:
        return f"| {name} | given up |"
    cells = []
    for job in ("load", "first", "first told", "case", "cohort"):
        cells.append(f"{1e3 * mine[job]:,.1f}")
        if theirs is not None:
            cells[-1] += f" / {1e3 * theirs[job]:,.1f} ({theirs[job] / max(mine[job], 1e-6):.1f}x)"
    cells.append("-" if slow is None else f"{1e3 * slow['case']:,.0f}")
    cells.append(" / ".join(f"{each['memory']:,.0f}" for each in (mine, theirs) if each))
    worst = max((apart(mine, each) for each in (theirs, slow) if each), default=0.0)
    agreement = f"{worst:.0e}" if worst < AGREEMENT else f"**{worst:.0e}**"
    return f"| {name} | {mine['cells']:,.0f} | {' | '.join(cells)} | {agreement} |"


HEAD = (
    "| network | cells | load, ms | first answer, none told | first, one in five told | "
    "one case | 2,000 rows | pgmpy, one case | memory, MB | apart |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> None:
    """Print the table as Markdown, a row as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public", description=__doc__)
    parser.add_argument("networks", nargs="*", help="asia alarm ... (default: all)")
    parser.add_argument("--one", choices=ENGINES, help="measure one engine in this process")
    parser.add_argument("--without", choices=ENGINES[1:], nargs="*", default=[])
    options = parser.parse_args()
    if options.one:
        one(options.one, options.networks[0])
        return
    print(HEAD)
    for name in options.networks or names():
        found = {
            engine: None if engine in options.without else measured(name, engine)
            for engine in ENGINES
        }
        print(line(name, found), flush=True)


if __name__ == "__main__":
    main()
