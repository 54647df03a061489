"""How near the machine's limit the kernel runs: its floating point steps and bytes per row by
count, against a measured peak.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from backpain_bn.inference.engine import engine_for
from backpain_bn.model.network import Network

ROWS = 65_536
SIZE = 1024


def peak() -> float:
    """Return flop per second of one core in a product of matrices, where multiplications and
    additions are fused; the kernel's are not, so it can reach half.
    """
    one = np.random.default_rng(0).random((SIZE, SIZE))
    out = one @ one
    times = []
    for _ in range(5):
        start = time.process_time()
        np.matmul(one, one, out=out)
        times.append(time.process_time() - start)
    return 2 * SIZE**3 / min(times)


def roofline(network: Network) -> list[str]:
    """Return the lines of the roofline: counts, the measured peak, the fraction reached, on one
    thread.
    """
    engine = engine_for(network)
    flops = sum(
        (3 if len(layer.c) else 1) * (layer.stop - layer.start) for layer in engine.circuit.layers
    )
    moved = sum(
        (5 if len(layer.c) else 3) * 8 * (layer.stop - layer.start)
        for layer in engine.circuit.layers
    )
    evidence = np.ones((ROWS, len(network.columns)))
    engine(evidence, threads=1)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        engine(evidence, threads=1)
        times.append(time.perf_counter() - start)
    row, top = statistics.median(times) / ROWS, peak()
    return [
        "\n### Roofline, one thread, all targets\n",
        f"- {engine.circuit.steps:,} steps, {flops:,} flop and {moved / 1024:,.0f} kB of operands "
        "per row, by count",
        f"- {row * 1e6:.2f} us per row = {flops / row / 1e9:.1f} Gflop/s; measured peak of this "
        f"machine {top / 1e9:.1f} Gflop/s a core",
        f"- fraction of the peak: {flops / row / top:.0%}",
    ]
