"""Sparse samples: retrieval of texts, epochs beside dense samples, and a matrix too large for one.

python benchmarks/sparse.py [--part texts|epochs|size]

Texts: speeches of Shakespeare of at least 20 words, of the speakers with at least 40 of them. A
quarter are queries, whose ten nearest neighbors (cosines of codes) among the others are relevant if
they have the same speaker. The peer is TruncatedSVD of as many components. Bits are compared by the
number that differ.
"""

import argparse
import gzip
import re
import resource
import time
from collections import Counter

import numpy as np
from _data import FOLDER, header
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Dense


def speeches(min_count=40):
    """Return texts of speakers with at least as many of them, and their speakers."""
    path = FOLDER / "tinyshakespeare.txt.gz"
    if not path.exists():
        raise SystemExit(f"Skipped: this benchmark requires {path}, which does not exist.")
    parts = re.split(r"\n\n", gzip.decompress(path.read_bytes()).decode())
    pairs = [part.split(":\n", 1) for part in parts if ":\n" in part]
    pairs = [(speaker, text) for speaker, text in pairs if len(text.split()) >= 20]
    count = Counter(speaker for speaker, _ in pairs)
    kept = [(text, speaker) for speaker, text in pairs if count[speaker] >= min_count]
    return [text for text, _ in kept], np.array([speaker for _, speaker in kept])


def precision(codes, others, labels, known):
    """Return the fraction of the ten nearest others that have the same label."""
    search = NearestNeighbors(n_neighbors=10, metric="cosine").fit(others)
    nearest = search.kneighbors(codes, return_distance=False)
    return float((known[nearest] == labels[:, None]).mean())


def bits(n_bits, seed):
    """Return binary codes as -1 and 1, whose cosines are one minus twice the share that differs."""
    network = Dense((256,), code_activation="binary")
    encoder = AutoencoderTransformer(n_bits, network=network, init="random", random_state=seed)
    return make_pipeline(encoder, FunctionTransformer(lambda code: 2 * code - 1))


def texts(seeds=3):
    documents, speakers = speeches()
    print(f"{len(documents)} speeches of {len(set(speakers))} speakers; precision@10")
    found = {}
    for seed in range(seeds):
        train, test, known, labels = train_test_split(
            documents, speakers, random_state=seed, stratify=speakers
        )
        for name, reduction in (
            ("all words", "passthrough"),
            ("TruncatedSVD(64)", TruncatedSVD(64, random_state=seed)),
            ("AutoencoderTransformer(64)", AutoencoderTransformer(64, random_state=seed)),
            ("64 bits", bits(64, seed)),
            ("256 bits", bits(256, seed)),
        ):
            model = make_pipeline(TfidfVectorizer(sublinear_tf=True), reduction)
            others = model.fit_transform(train)
            value = precision(model.transform(test), others, labels, known)
            found.setdefault(name, []).append(value)
    frequency = np.unique(speakers, return_counts=True)[1] / len(speakers)
    print(f"{'chance':28}{(frequency**2).sum():.4f}")
    for name, values in found.items():
        print(f"{name:28}{np.mean(values):.4f} ± {np.std(values):.4f}", flush=True)


def made_up(n_samples, n_features, n_values=100):
    """Return samples like those of TF-IDF: few positive values, of unit norm."""
    rng = np.random.default_rng(0)
    columns = (n_features * rng.uniform(size=(n_samples, n_values)) ** 3).astype(np.int32)
    pointers = np.arange(0, columns.size + 1, n_values)
    values = rng.exponential(size=columns.size).astype(np.float32) / np.sqrt(2 * n_values)
    X = sparse.csr_array((values, columns.ravel(), pointers), (n_samples, n_features))
    X.sum_duplicates()
    return X


def seconds_per_epoch(X, **params):
    """Return the difference of the times of fits of three epochs and of one, divided by two."""
    times = []
    for max_epochs in (1, 3):
        start = time.perf_counter()
        AutoencoderTransformer(64, max_epochs=max_epochs, random_state=0, **params).fit(X)
        times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / 2


def epochs():
    for shape in ((20_000, 1000), (20_000, 4000), (8000, 8000)):
        X = made_up(*shape)
        ours, dense = seconds_per_epoch(X), seconds_per_epoch(X.toarray())
        print(f"{shape}: {ours:.2f} s sparse, {dense:.2f} s dense: {ours / dense:.2f}", flush=True)


def size():
    X = made_up(100_000, 50_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    AutoencoderTransformer(64, max_epochs=1, random_state=0, verbose=1).fit(X)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{X.shape}, {X.nnz} values: {time.perf_counter() - start:.0f} s, {more:.0f} MB more")


PARTS = {"texts": texts, "epochs": epochs, "size": size}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS)
    options = parser.parse_args()
    header("Sparse samples")
    for name, part in PARTS.items():
        if options.part in (None, name):
            part()


if __name__ == "__main__":
    main()
