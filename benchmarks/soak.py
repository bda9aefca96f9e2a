"""Faults and load: interruptions, terminations, threads and many refits, for every estimator.

python benchmarks/soak.py [--rounds 20] [--part sigint sigkill threads leak]

Every line prints a result and its requirement. The exit status is 1 if a requirement is not met.
"""

import argparse
import gc
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
from _data import header
from memory import MEGABYTE, anonymous
from sklearn.model_selection import GridSearchCV

import sklearn_autoencoders as sa

FAILURES = []


def report(what, found, holds):
    """Print a result, and record it if the requirement is not met."""
    print(f"{what:64} {found}{'' if holds else '   FAILED'}", flush=True)
    if not holds:
        FAILURES.append(what)


ESTIMATORS = {
    name: cls
    for name in sa.__all__
    if isinstance(cls := getattr(sa, name), type) and name != "AutoencoderFeatureUnion"
}


def rows(n_rows=400, n_features=8):
    rng = np.random.RandomState(0)
    X = np.tanh(rng.randn(n_rows, 2) @ rng.randn(2, n_features)) + 0.05 * rng.randn(
        n_rows, n_features
    )
    return X, (X[:, 0] > 0).astype(int)


def quick(cls, **params):
    short = {"max_epochs": 5, "pretraining_epochs": 3, "random_state": 0, **params}
    return cls(**{k: v for k, v in short.items() if k in cls().get_params()})


def results(estimator, X):
    """Return the output of an estimator as one array."""
    return estimator.transform(X) if hasattr(estimator, "transform") else estimator.score_samples(X)


# --------------------------------------------------------------------------------------- SIGINT


def interrupted(call, delay):
    """Return the seconds from Ctrl-C to the end of a call, None if it was not interrupted."""
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    started = time.monotonic()
    try:
        timer.start()
        call()
        time.sleep(max(0, started + delay - time.monotonic()) + 0.05)
    except KeyboardInterrupt:
        return time.monotonic() - started - delay
    return None


def sigint(n_rounds):
    X, y = rows()
    rng = random.Random(0)
    for name, cls in ESTIMATORS.items():
        slowest, n_usable = 0.0, 0
        for _ in range(n_rounds):
            estimator = quick(cls).fit(X, y)
            endless = estimator.set_params(max_epochs=3000)
            late = interrupted(lambda e=endless: e.fit(X, y), rng.uniform(0, 0.5))
            slowest = max(slowest, np.inf if late is None else late)
            n_usable += bool(np.isfinite(results(estimator, X)).all())
        found = f"{slowest:.2f} s at most, {n_usable} of {n_rounds} usable"
        report(f"{name}: Ctrl-C in fit, within 2 s", found, slowest < 2 and n_usable == n_rounds)
    for n_jobs in (1, 2):
        slowest = 0.0
        for _ in range(n_rounds // 4):
            endless = sa.AutoencoderTransformer(max_epochs=3000)
            search = GridSearchCV(endless, {"n_components": [1, 2, 3, 4]}, cv=2, n_jobs=n_jobs)
            late = interrupted(lambda s=search: s.fit(X), rng.uniform(0.5, 3))
            slowest = max(slowest, np.inf if late is None else late)
        left = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
        report(f"search, n_jobs={n_jobs}: Ctrl-C, within 2 s", f"{slowest:.2f} s", slowest < 2)
        idle = sum(p.cpu_percent(0.3) for p in left)
        report(f"search, n_jobs={n_jobs}: workers still busy", f"{idle:.0f} % CPU", idle < 20)


# -------------------------------------------------------------------------------------- SIGKILL

FIT = """
import sys
sys.path.insert(0, {here!r})
import soak
X, y = soak.rows()
cls = soak.ESTIMATORS[sys.argv[1]]
params = dict(max_epochs=60, pretraining_epochs=20, batch_size=16)
estimator = soak.quick(cls, checkpoint=sys.argv[2], **params)
print("begin", flush=True)
soak.sa.save(estimator.fit(X, y), sys.argv[3])
"""


def sigkill(n_rounds):
    """Terminate fits at random times until one finishes; compare it with an uninterrupted fit."""
    X, _ = rows()
    rng = random.Random(0)
    here = os.path.dirname(os.path.abspath(__file__))
    for name in ESTIMATORS:
        with tempfile.TemporaryDirectory() as folder:
            arguments = [sys.executable, "-c", FIT.format(here=here), name]
            alone = [*arguments, f"{folder}/alone", f"{folder}/alone.skops"]
            process = subprocess.Popen(alone, stdout=subprocess.PIPE)
            process.stdout.readline()
            begun = time.monotonic()
            process.wait()
            duration = time.monotonic() - begun
            n_kills = 0
            for _ in range(n_rounds):
                killed = [*arguments, f"{folder}/killed", f"{folder}/killed.skops"]
                process = subprocess.Popen(killed, stdout=subprocess.PIPE)
                process.stdout.readline()
                time.sleep(rng.uniform(0, 0.7 * duration))
                if process.poll() is not None:
                    break
                process.kill()
                process.wait()
                n_kills += 1
            subprocess.run(killed, check=True, stdout=subprocess.DEVNULL)
            first, second = (sa.load(f"{folder}/{kind}.skops") for kind in ("alone", "killed"))
            worst = np.abs(results(first, X) - results(second, X)).max()
            same = worst == 0 and first.loss_curve_ == second.loss_curve_
            torn = [f for f in os.listdir(f"{folder}/killed") if not f.endswith(".tmp")]
            found = f"{n_kills} terminations, difference {worst:.0e}, {len(torn)} remaining files"
            report(f"{name}: SIGKILL, then resume: bitwise equal", found, same and not torn)


# -------------------------------------------------------------------------------------- threads


def threads(n_rounds):
    X, y = rows()
    for name, cls in ESTIMATORS.items():
        expected = [results(quick(cls, random_state=i).fit(X, y), X) for i in range(10)]
        model = quick(cls).fit(X, y)
        codes = results(model, X)
        with ThreadPoolExecutor(4) as pool:
            fits = pool.map(
                lambda i, c=cls: results(quick(c, random_state=i % 10).fit(X, y), X), range(40)
            )
            n_fits = sum((found != expected[i % 10]).any() for i, found in enumerate(fits))
            runs = pool.map(lambda _, m=model: results(m, X), range(1200))
            n_runs = sum((found != codes).any() for found in runs)
        report(f"{name}: 4 x 10 fits in threads that differ", n_fits, n_fits == 0)
        report(f"{name}: 4 x 300 predictions in threads that differ", n_runs, n_runs == 0)


# ----------------------------------------------------------------------------------------- leak


def leak(n_rounds):
    X, y = rows(200)
    for name, cls in ESTIMATORS.items():
        for i in range(220):
            if i == 20:
                gc.collect()
                before = anonymous()
            quick(cls, max_epochs=2).fit(X, y)
        gc.collect()
        grown = (anonymous() - before) / MEGABYTE
        report(f"{name}: growth over 200 refits, under 5 MB", f"{grown:+.1f} MB", grown < 5)


PARTS = {"sigint": sigint, "sigkill": sigkill, "threads": threads, "leak": leak}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if the shell ignores it
    header("Faults and load")
    for name in arguments.part:
        PARTS[name](arguments.rounds)
    sys.exit(bool(FAILURES))


if __name__ == "__main__":
    main()
