"""A fit and transform of rows in Parquet files, compared with those of the same rows in memory.

python benchmarks/parquet.py [--rows 2000000] [--repeats 2]

Order matters in sorted files: fits to 200 000 rows that are sorted by their first feature are
compared with fits to an array, for row groups of several sizes.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import torch
from _data import header
from memory import MEGABYTE, Peak

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._data.sources import chunked

N_FEATURES, N_PER_FILE, N_PER_GROUP = 30, 500_000, 100_000
N_SORTED, WINDOW = 200_000, 2_000


def rows(n_rows, seed):
    """Return rows near a curved surface of dimension five."""
    rng, basis = np.random.default_rng(seed), np.random.default_rng(0).normal(size=(5, N_FEATURES))
    X = np.tanh(rng.normal(size=(n_rows, 5)) @ basis) + 0.3 * rng.normal(size=(n_rows, N_FEATURES))
    return X.astype(np.float32)


def written(folder, parts, n_per_group):
    """Write arrays to Parquet files, and return their dataset."""
    for number, X in enumerate(parts):
        table = pa.table({f"x{index}": column for index, column in enumerate(X.T)})
        path = Path(folder) / f"{number}.parquet"
        pa.parquet.write_table(table, path, row_group_size=n_per_group)
    return pa.dataset.dataset(folder)


def model(seed=0, **settings):
    settings = {"max_epochs": 1, "batch_size": 4096, "hidden_layer_sizes": (64,)} | settings
    return AutoencoderTransformer(8, random_state=seed, **settings)


def timed(function, *arguments):
    """Return the seconds and the peak growth of memory in MB, without the result."""
    with Peak() as peak:
        started = time.perf_counter()
        result = function(*arguments)
        seconds = time.perf_counter() - started
    output = result.nbytes if isinstance(result, np.ndarray) else 0
    return seconds, (peak.bytes - output) / MEGABYTE


def speed(n_rows, n_repeats):
    """Print seconds and memory of fits and of transform, in alternation."""
    with tempfile.TemporaryDirectory() as folder:
        parts = (rows(N_PER_FILE, seed) for seed in range(n_rows // N_PER_FILE))
        dataset = written(folder, parts, N_PER_GROUP)
        model().fit(rows(20_000, 0))
        found = {("fit", "Parquet"): [timed(model().fit, dataset)]}  # before X is in memory
        X = np.concatenate([rows(N_PER_FILE, seed) for seed in range(n_rows // N_PER_FILE)])
        for _ in range(n_repeats):
            for kind, given in {"memory": X, "Parquet": dataset}.items():
                fitted = model()
                found.setdefault(("fit", kind), []).append(timed(fitted.fit, given))
                found.setdefault(("transform", kind), []).append(timed(fitted.transform, given))
        for name in ("fit", "transform"):
            seconds = {k: median(s for s, _ in found[name, k]) for k in ("memory", "Parquet")}
            growth = max(megabytes for _, megabytes in found[name, "Parquet"])
            ratio = seconds["memory"] / seconds["Parquet"]
            print(
                f"{name:10} memory {seconds['memory']:6.1f} s  Parquet {seconds['Parquet']:6.1f} s "
                f" speed ratio {ratio:.2f}  growth {growth:4.0f} MB",
                flush=True,
            )


def order():
    """Print the fraction of the variance that fits to sorted rows explain, of other rows."""
    X, other = rows(N_SORTED, 1), rows(20_000, 2)
    X = X[np.argsort(X[:, 0])]
    settings = {"max_epochs": 3, "batch_size": 512, "init": "random"}
    before, chunked._WINDOW = chunked._WINDOW, 16 * WINDOW * 4 * N_FEATURES
    for n_per_group in (None, WINDOW // 2, WINDOW, 4 * WINDOW, 16 * WINDOW):
        with tempfile.TemporaryDirectory() as folder:
            given = X if n_per_group is None else written(folder, [X], n_per_group)
            scores = [model(seed, **settings).fit(given).score(other) for seed in range(3)]
        name = "array" if n_per_group is None else f"{16 * WINDOW // n_per_group} groups a window"
        print(f"{name:20} {np.mean(scores):.4f} (from {min(scores):.4f} to {max(scores):.4f})")
    chunked._WINDOW = before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    header("Rows in Parquet files")
    print(f"{options.rows} x {N_FEATURES}, float32, row groups of {N_PER_GROUP}")
    speed(options.rows, options.repeats)
    order()


if __name__ == "__main__":
    main()
