"""One of two processes that train together: python one_of_two.py CASE RANK FOLDER."""

import os
import pickle
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
from estimators import EVERY, quick
from skorch.callbacks import Callback

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
)
from sklearn_autoencoders._utils.ranks import OtherRankFailed

X = np.random.default_rng(0).normal(size=(101, 6)).round(2)
Y = (X[:, 0] > 0).astype(int)
# whole batches, so that all samples share one draw of the noise
WHOLE = {"batch_size": 128, "max_epochs": 50, "dtype": "float64", "random_state": 0}
SHORT = {"max_epochs": 5, "batch_size": 32, "random_state": 0}


class InEpoch(Callback):
    """Calls a function in the third epoch of one of the processes."""

    def __init__(self, rank, function):
        self.rank, self.function = rank, function

    def on_epoch_end(self, net, **kwargs):
        """Call the function."""
        if self.rank == 1 and len(net.history) == 3:
            self.function()


def values(estimator):
    """Return the weights and the loss curve."""
    weights = [p.detach().numpy().ravel() for p in estimator.network_.parameters()]
    return np.concatenate(weights), np.array(estimator.loss_curve_)


def of_every_estimator(rank, folder):
    """Return the values of one fit of each class."""
    found = {}
    for cls in EVERY:
        trimming = {"trim": 0.0} if cls is AutoencoderOutlierDetector else {}
        if hasattr(cls(), "max_epochs"):
            found[cls.__name__] = values(quick(cls, **WHOLE, **trimming).fit(X, Y))
    return found


def in_batches(rank, folder):
    """Return the values of a fit without noise in batches, the last of which is small."""
    params = {**WHOLE, "batch_size": 20, "dropout": 0.0}
    return values(AutoencoderTransformer(2, **params).fit(X))


def without_seed(rank, folder):
    """Return the values of a fit without random_state."""
    return values(AutoencoderTransformer(2, **SHORT | {"random_state": None}).fit(X))


def of_other_samples(rank, folder):
    """Fit different samples in each process."""
    AutoencoderTransformer(2, **SHORT).fit(X + rank)


def of_other_labels(rank, folder):
    """Fit different labels in each process."""
    AutoencoderClassifier(2, **SHORT).fit(X, np.roll(Y, rank))


def of_random_states(rank, folder):
    """Return the values of a fit with a different random state in each process."""
    params = SHORT | {"random_state": np.random.RandomState(rank)}
    return values(AutoencoderTransformer(2, **params).fit(X))


def stopped(rank, folder):
    """Return the number of epochs if one process stops."""

    def stop():
        raise KeyboardInterrupt

    callbacks = [InEpoch(rank, stop)]
    return AutoencoderTransformer(2, callbacks=callbacks, **SHORT).fit(X).n_epochs_


def failing(function):
    """Return the case of a function that is called in one of the processes."""

    def case(rank, folder):
        estimator = AutoencoderTransformer(2, **SHORT).fit(X)
        before = values(estimator)
        started = time.monotonic()
        try:
            estimator.set_params(callbacks=[InEpoch(rank, function)]).fit(X)
        except BaseException as error:
            same = all(map(np.array_equal, values(estimator), before))
            return type(error).__name__, str(error), same, time.monotonic() - started

    return case


def fail():
    """Raise an error, as a faulty callback does."""
    raise ZeroDivisionError("a callback failed")


def interrupt():
    """Interrupt this process, as Ctrl-C does."""
    signal.raise_signal(signal.SIGINT)


def end():
    """End this process at once, as when memory is exhausted."""
    os._exit(1)


def resumed(rank, folder):
    """Return the values of a fit that was interrupted and resumed, and of one that was not."""
    params = {**SHORT, "checkpoint": folder / "checkpoints", "dropout": 0.5}
    estimator = AutoencoderTransformer(2, **params)
    try:
        estimator.set_params(callbacks=[InEpoch(1, fail)]).fit(X)
    except (ZeroDivisionError, OtherRankFailed):
        pass
    n_files = len(list((folder / "checkpoints").iterdir()))
    torch.distributed.barrier()
    again = values(estimator.set_params(callbacks=None).fit(X))
    return n_files, again, values(estimator.set_params(checkpoint=None).fit(X))


CASES = {
    "of_every_estimator": of_every_estimator,
    "in_batches": in_batches,
    "without_seed": without_seed,
    "of_other_samples": of_other_samples,
    "of_other_labels": of_other_labels,
    "of_random_states": of_random_states,
    "stopped": stopped,
    "failed": failing(fail),
    "interrupted": failing(interrupt),
    "ended": failing(end),
    "resumed": resumed,
}


if __name__ == "__main__":
    name, rank, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    torch.distributed.init_process_group(
        "gloo",
        init_method=(folder / "group").as_uri(),
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
    try:
        result = CASES[name](rank, folder)
    except Exception as error:
        result = error
    (folder / f"{rank}.pickle").write_bytes(pickle.dumps(result))
