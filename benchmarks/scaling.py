"""Samples per second of one fit in one and in two processes, each with one thread.

python benchmarks/scaling.py [--width 1024]
"""

import argparse
import os
import subprocess
import sys
import time
from statistics import median

import numpy as np
import torch
from _data import header

from sklearn_autoencoders import AutoencoderTransformer

N_FEATURES, N_SAMPLES, N_REPEATS = 256, 16_384, 3


def seconds(X, width, batch_size):
    """Return the seconds of three further epochs."""
    settings = {"hidden_layer_sizes": (width, width // 2), "batch_size": batch_size}
    times = []
    for max_epochs in (1, 4):
        started = time.perf_counter()
        AutoencoderTransformer(16, random_state=0, max_epochs=max_epochs, **settings).fit(X)
        times.append(time.perf_counter() - started)
    return times[1] - times[0]


def measure(width, batch_size):
    """Print the samples per second, in the first process."""
    torch.set_num_threads(1)
    if "RANK" in os.environ:
        torch.distributed.init_process_group("gloo")
    X = np.random.default_rng(0).normal(size=(N_SAMPLES, N_FEATURES)).astype(np.float32)
    rate = 3 * N_SAMPLES / seconds(X, width, batch_size)
    if os.environ.get("RANK", "0") == "0":
        print(rate)


def rate(width, batch_size, n_processes):
    """Return the samples per second of a fit."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n_processes}"]
    command = [sys.executable, *(launcher if n_processes > 1 else []), __file__]
    command += ["--width", str(width), "--measure", str(batch_size)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(result.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--measure", type=int)
    options = parser.parse_args()
    if options.measure:
        measure(options.width, options.measure)
        return
    header("Scaling: one fit in two processes")
    print(f"{N_SAMPLES} x {N_FEATURES}, hidden layers of {options.width} and half of that")
    cases = {
        "one process, 512": (512, 1),
        "strong: two, 512": (512, 2),
        "weak: two, 1024": (1024, 2),
    }
    rates = {name: [] for name in cases}
    for _ in range(N_REPEATS):
        for name, (batch_size, n_processes) in cases.items():
            rates[name].append(rate(options.width, batch_size, n_processes))
    one = median(rates["one process, 512"])
    for name, values in rates.items():
        print(f"{name:20} {median(values):8.0f} samples/s  {median(values) / one:.2f}", flush=True)


if __name__ == "__main__":
    main()
