"""Anonymous memory of fitting a memory map, transforming a million samples, and many refits.

python benchmarks/memory.py
"""

import gc
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from _data import header

from sklearn_autoencoders import AutoencoderTransformer

MEGABYTE = 2**20


def anonymous():
    """Return the memory of this process that is not backed by a file, in bytes."""
    memory = psutil.Process().memory_info()
    return memory.rss - memory.shared


class Peak:
    """Context manager that measures the peak growth of anonymous memory, every 5 ms."""

    def __enter__(self):
        gc.collect()
        self.start, self.bytes, self._running = anonymous(), 0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while self._running:
            self.bytes = max(self.bytes, anonymous() - self.start)
            time.sleep(0.005)

    def __exit__(self, *exception):
        self._running = False
        self._thread.join()


def memory_map(folder, n_rows, n_features):
    """Write random float32 numbers in chunks, and return the memory map."""
    path, rng = Path(folder) / "rows.npy", np.random.default_rng(0)
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, n_features))
    for start in range(0, n_rows, 4096):
        X[start : start + 4096] = rng.random(X[start : start + 4096].shape, np.float32)
    X.flush()
    del X
    return np.load(path, mmap_mode="r")


def grown(function, *arguments):
    """Return the peak growth in MB, without the size of the result if it is an array."""
    with Peak() as peak:
        result = function(*arguments)
    output = result.nbytes if isinstance(result, np.ndarray) else 0
    return (peak.bytes - output) / MEGABYTE


def refits(X, n_refits):
    """Return the growth in MB over many fits, after a few fits that fill the memory pools."""
    for i in range(n_refits + 20):
        if i == 20:
            gc.collect()
            before = anonymous()
        AutoencoderTransformer(2, max_epochs=3, random_state=0).fit(X)
    gc.collect()
    return (anonymous() - before) / MEGABYTE


def main():
    header("Memory")
    model = AutoencoderTransformer(8, hidden_layer_sizes=(64,), max_epochs=1, random_state=0)
    warm_up = np.random.default_rng(0).random((5000, 512), np.float32)
    model.fit(warm_up).transform(warm_up)
    with tempfile.TemporaryDirectory() as folder:
        X = memory_map(folder, 2**19, 512)
        print(f"fit of a {X.nbytes / 2**30:.0f} GB memory map: {grown(model.fit, X):+.0f} MB")
        print(f"transform of it: {grown(model.transform, X):+.0f} MB in addition to the output")
    rows = np.random.default_rng(0).random((10**6, 30))
    model.fit(rows[:1000])
    growth = grown(model.transform, rows)
    print(f"transform of a million samples: {growth:+.0f} MB in addition to the output")
    print(f"200 refits: {refits(rows[:200], 200):+.1f} MB")


if __name__ == "__main__":
    main()
