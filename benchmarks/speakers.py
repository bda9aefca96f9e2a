"""Who speaks in Shakespeare: codes of speeches as features of a logistic regression.

    python benchmarks/speakers.py [--components 100] [--epochs 3] [--folds 5]

Speeches of at least 20 words of the ten speakers with most of them; accuracy in stratified folds,
mean and standard error. The strength of the regularization is chosen in each fold. TF-IDF and its
reductions are fitted to the training part of a fold; the character model, whose states are codes,
once to the speeches of all other speakers.
"""

import argparse
import time
from collections import Counter

import numpy as np
import torch
from _data import header
from sklearn.decomposition import TruncatedSVD
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sparse import speeches

from sklearn_autoencoders import AutoencoderTransformer, AutoregressiveGenerator
from sklearn_autoencoders._inference.sequences import Reader

N_SPEAKERS = 10


def parts_of_speakers():
    """Return texts and speakers of the ten most frequent speakers, and the texts of others."""
    texts, speakers = speeches(min_count=1)
    frequent = [name for name, _ in Counter(speakers).most_common(N_SPEAKERS)]
    is_frequent = np.isin(speakers, frequent)
    others = "\n\n".join(text for text, own in zip(texts, is_frequent, strict=True) if not own)
    kept = [text for text, own in zip(texts, is_frequent, strict=True) if own]
    return kept, speakers[is_frequent], others


def regression():
    return GridSearchCV(LogisticRegression(max_iter=2000), {"C": [0.1, 1.0, 10.0, 100.0]}, cv=3)


def words():
    return TfidfVectorizer(sublinear_tf=True)


def pipelines(n_components):
    """Yield names and classifiers of texts."""
    yield "most frequent speaker", DummyClassifier()
    yield "TF-IDF of words", make_pipeline(words(), regression())
    characters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4))
    for name, vectorizer in (("words", words()), ("characters", characters)):
        for reduction in (TruncatedSVD, AutoencoderTransformer):
            reduced = reduction(n_components, random_state=0)
            label = f"TF-IDF of {name}, {reduction.__name__}({n_components})"
            yield label, make_pipeline(vectorizer, reduced, StandardScaler(), regression())


@torch.no_grad()
def last_states(generator, texts):
    """Return the states after the last characters of texts."""
    states = []
    for text in texts:
        cells = generator._columns.beginnings([text])
        start = np.full((1, 1), np.nan, cells.dtype)
        read = Reader(generator._model, cells.dtype).read(np.hstack([start, cells]))
        states.append(read[0, -1].numpy())
    return np.array(states)


def report(name, classifier, X, y, folds):
    start = time.process_time()
    found = cross_val_score(classifier, X, y, cv=folds)
    error = found.std(ddof=1) / len(found) ** 0.5
    seconds = time.process_time() - start
    print(f"{name:52s}{found.mean():.3f} ± {error:.3f}  {seconds:5.0f} CPU s", flush=True)


def main(args):
    texts, speakers, others = parts_of_speakers()
    print(f"{len(texts)} speeches of {N_SPEAKERS} speakers, {len(others)} characters of others")
    folds = StratifiedKFold(args.folds, shuffle=True, random_state=0)
    for name, classifier in pipelines(args.components):
        report(name, classifier, np.array(texts, dtype=object), speakers, folds)
    start = time.process_time()
    generator = AutoregressiveGenerator(max_epochs=args.epochs, random_state=0).fit(others)
    print(f"character model: {time.process_time() - start:.0f} CPU s")
    states = {"mean": generator.transform(texts), "last": last_states(generator, texts)}
    for name, codes in states.items():
        classifier = make_pipeline(StandardScaler(), regression())
        report(f"{name} states of a character model", classifier, codes, speakers, folds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    torch.set_num_threads(1)
    header("Speakers")
    main(parser.parse_args())
