"""Data sets and printed headers of the benchmarks."""

import platform
import sys
from datetime import date
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parents[2] / "shared" / "data"

# The column of each table of numbers and categories that is predicted.
TARGETS = {
    "adult": "salary",
    "credit_data": "Status",
    "attrition": "Attrition",
    "german": "class",
    "ames": "Sale_Price",
}


def mnist():
    """Return X_train, y_train, X_test, y_test; pixels as float32 in [0, 1], 784 features."""
    path = FOLDER / "mnist.npz"
    if not path.exists():
        print(f"Skipped: this benchmark requires mnist.npz in {FOLDER}, which does not exist.")
        sys.exit(0)
    file = np.load(path)
    images = [
        (file[name].reshape(len(file[name]), -1) / 255).astype(np.float32)
        for name in ("X_train", "X_test")
    ]
    return images[0], file["y_train"], images[1], file["y_test"]


def header(title):
    """Print the title, the date, the version of torch and the machine."""
    machine = f"{platform.machine()}, {torch.get_num_threads()} torch threads"
    print(f"{title}\n{date.today()}, torch {torch.__version__}, {machine}\n", flush=True)


def sum_of_squares(X, reconstruction):
    """Return the mean over samples of the sum of squared errors."""
    return float(((X - reconstruction) ** 2).sum(axis=1).mean())
