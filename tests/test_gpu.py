"""Results on an accelerator equal those on the CPU; skipped without an accelerator."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from estimators import CASES, PREDICTORS, PUBLIC, quick
from helpers import case, outputs, table
from skorch.callbacks import Callback

from sklearn_autoencoders import AutoencoderTransformer, load, save
from sklearn_autoencoders.networks import Dense

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator"),
]

LABELS = (table()[:, 0] > 0.5).astype(int)


def assert_close(found, expected):
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("estimator", CASES, ids=repr)
def test_a_model_from_the_device_gives_the_same_results_on_the_cpu(estimator, tmp_path):
    fitted = case(estimator, device="cuda").fit(table())
    assert next(fitted.network_.parameters()).is_cuda
    there = outputs(fitted, table())
    save(fitted, tmp_path / "model.skops")
    for here in pickle.loads(pickle.dumps(fitted)), load(tmp_path / "model.skops"):
        assert not next(here.network_.parameters()).is_cuda
        assert_close(outputs(here, table()), there)


@pytest.mark.parametrize("params", [{}, {"init": "random"}, {"early_stopping": True}])
def test_training_without_draws_is_the_same_there(params):
    params = {"dropout": 0.0, **params}
    here, there = (
        quick(AutoencoderTransformer, device=device, **params).fit(table())
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(there.loss_curve_, here.loss_curve_, rtol=1e-4)
    assert_close(outputs(there, table()), outputs(here, table()))


@pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS])
def test_the_same_seed_gives_the_same_model_on_the_device(cls):
    y = [LABELS] if cls in PREDICTORS else []
    first, second = (quick(cls, device="cuda").fit(table(), *y) for _ in range(2))
    assert first.loss_curve_ == pytest.approx(second.loss_curve_, rel=1e-5)


class SyncCheck(Callback):
    """Makes torch raise an error if the host waits for the device inside a batch."""

    def on_batch_begin(self, net, **kwargs):
        torch.cuda.set_sync_debug_mode("error")

    def on_batch_end(self, net, **kwargs):
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS])
def test_no_batch_waits_for_the_device(cls):
    X = table(600)
    y = [(X[:, 0] > 0.5).astype(int)] if cls in PREDICTORS else []
    try:
        quick(cls, device="cuda", callbacks=[SyncCheck()]).fit(X, *y)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_samples_are_moved_once():
    X = np.random.RandomState(0).randn(50_000, 64).astype(np.float32)
    peaks = []
    for max_epochs in (1, 4):
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        model = AutoencoderTransformer(2, network=Dense((16,)), max_epochs=max_epochs)
        model.set_params(device="cuda", random_state=0).fit(X)
        peaks.append(torch.cuda.max_memory_allocated() - before)
    assert peaks[0] < 3 * X.nbytes
    assert peaks[1] == pytest.approx(peaks[0], rel=0.05)


def test_inference_continues_if_the_device_is_full():
    code = (
        "import numpy as np, torch; from sklearn_autoencoders import AutoencoderTransformer;"
        "X = np.random.RandomState(0).randn(40_000, 256).astype('f4');"
        "model = AutoencoderTransformer(2, max_epochs=1, device='cuda').fit(X[:500]);"
        "free, total = torch.cuda.mem_get_info();"
        "torch.cuda.set_per_process_memory_fraction(20 * 2**20 / total);"
        "torch.cuda.empty_cache(); assert np.isfinite(model.transform(X)).all()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
