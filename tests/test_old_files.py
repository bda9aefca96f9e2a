"""Model files of earlier versions can be loaded and give the same results."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_autoencoders import load

FOLDER = Path(__file__).parent / "data" / "format_1"
EXPECTED = np.load(FOLDER / "expected.npz")
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".npz")


# one of the files holds a part of scikit-learn, of the version that wrote it
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_format_1_loads(name):
    X = load_iris().data[:5]
    stem = name.partition(".")[0]
    method = next(key for key in EXPECTED if key.startswith(f"{stem}.")).partition(".")[2]
    result = getattr(load(FOLDER / name), method)(X)
    np.testing.assert_allclose(result, EXPECTED[f"{stem}.{method}"], rtol=1e-6, atol=1e-9)
