"""Correction of misspelled words and sentences by denoising autoencoders.

    python benchmarks/spelling.py [--part words sentences] [--chosen] [--epochs 6]

Part `words`: the first candidate for single misspelled words of three collections. The network is
fitted to words drawn with the square root of their frequency in English, and all have the
dictionary of symspellpy, which this part requires. Part `sentences`: lines of Shakespeare, in which
a seventh of the words with known misspellings are misspelled; precision, recall and F1 of words
that are found to be wrong (detection) and replaced by the right ones (correction). The network is
fitted to the words of the first nine tenths of the text. Rows are the four combinations of training
on typos, or on masked characters only, with the dictionary, or with the most likely character at
each position.

The settings were chosen on the lines with even numbers of the last tenth, with Birkbeck's
misspellings: `--chosen` prints the figures there. Without it, those of the lines with odd numbers,
with all misspellings. No setting was chosen on single words, but Birkbeck's are not independent of
the lines. pyspellchecker is optional, and takes minutes.
"""

import argparse
import gzip
import re
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _data import FOLDER, header

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Masking, Typo
from sklearn_autoencoders.texts import Spelling

COLLECTIONS = {"spell-testset1": 1, "aspell": 1, "birkbeck": 30}  # one of so many pairs is used
LONGEST, LONGEST_WORD = 47, 18
SETTINGS = {"n_components": 256, "random_state": 0}
NOISE = {"typos": Typo(0.15), "masked": Masking(0.15)}


def collection(name, first=0, step=1):
    """Return pairs of a right and a wrong word, in lower case: each `step`-th one."""
    lines = (FOLDER / "spelling" / f"{name}.txt").read_text().lower().splitlines()
    split = (line.split(":") for line in lines)
    pairs = [(right.strip(), wrong) for right, rest in split for wrong in rest.split()]
    usable = [pair for pair in pairs if all(re.fullmatch("[a-z']+", word) for word in pair)]
    return [pair for pair in usable if pair[0] != pair[1]][first::step]


def lines(part):
    """Return lines of Shakespeare without punctuation, of 10 to 47 characters."""
    cleaned = (
        " ".join(re.findall("[a-z']+", line.lower().replace("-", " ")))
        for line in part.split("\n")
        if not line.endswith(":")
    )
    return [line for line in cleaned if 10 <= len(line) <= LONGEST]


def halves():
    """Return the lines to learn from, and those to judge by."""
    with gzip.open(FOLDER / "tinyshakespeare.txt.gz", "rt") as file:
        text = file.read()
    n_train = int(0.9 * len(text))
    return lines(text[:n_train]), lines(text[n_train:])


def misspelled(right, pairs, seed):
    """Return lines in which a seventh of the words with known misspellings are wrong."""
    rng, wrong = np.random.RandomState(seed), {}
    for word, other in pairs:
        wrong.setdefault(word, []).append(other)
    result = []
    for line in right:
        words = [
            wrong[word][rng.randint(len(wrong[word]))] if word in wrong and draw < 1 / 7 else word
            for word, draw in zip(line.split(), rng.rand(99), strict=False)
        ]
        changed = " ".join(words)
        result.append(changed if len(changed) <= LONGEST else line)
    return result


def f_scores(right, given, found):
    """Return precision, recall and F1 of detection and of correction, over words."""
    rows = [
        (*words,) for texts in zip(right, given, found, strict=True)
        for words in zip(*(text.split(" ") for text in texts), strict=True)
    ]  # fmt: skip
    right, given, found = np.array(rows).T
    is_changed, is_wrong = found != given, given != right
    scores = []
    for hits in (is_changed & is_wrong, is_changed & is_wrong & (found == right)):
        precision, recall = hits.sum() / max(is_changed.sum(), 1), hits.sum() / is_wrong.sum()
        scores += [precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)]
    return scores


def other_checkers(words):
    """Return functions from a word to its correction, of the packages that are installed."""
    checkers = {}
    try:
        from symspellpy import SymSpell, Verbosity

        checker = SymSpell()
        for word, count in words.items():
            checker.create_dictionary_entry(word, count)

        def correct(word):
            found = checker.lookup(word, Verbosity.TOP, 2, include_unknown=True)
            return found[0].term

        checkers["symspellpy"] = correct
    except ImportError:
        print("symspellpy is not installed, and is skipped.")
    try:
        from spellchecker import SpellChecker

        other = SpellChecker(language=None, case_sensitive=True)
        other.word_frequency.load_json(dict(words))
        checkers["pyspellchecker"] = lambda word: other.correction(word) or word
    except ImportError:
        print("pyspellchecker is not installed, and is skipped.")
    return checkers


def by_words(correct, texts):
    """Return texts whose words are corrected one by one."""
    words = sorted({word for text in texts for word in text.split()})
    known = dict(zip(words, map(correct, words), strict=True))
    return [" ".join(known[word] for word in text.split()) for text in texts]


def english():
    """Return the words of the dictionary of symspellpy with their frequencies."""
    import symspellpy

    path = Path(symspellpy.__file__).parent / "frequency_dictionary_en_82_765.txt"
    rows = [line.split() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    return {word: int(count) for word, count in rows if re.fullmatch("[a-z']{1,17}", word)}


def fitted(words, noise, n_epochs):
    """Return an autoencoder of words of at most 17 characters, and print its seconds."""
    words = [word for word in words if len(word) < LONGEST_WORD] + ["a" * LONGEST_WORD]
    start = time.process_time()
    model = DenoisingAutoencoder(
        corruption=NOISE[noise], spelling=Spelling(), max_epochs=n_epochs, **SETTINGS
    ).fit(words)
    print(f"fitted to {noise}: {time.process_time() - start:.0f} CPU s", flush=True)
    return model


def words(args):
    counts = english()
    weights = np.sqrt(list(counts.values()))
    rng = np.random.RandomState(0)
    drawn = rng.choice(list(counts), 120_000, p=weights / weights.sum()).tolist()
    model = fitted(drawn, "typos", args.epochs).set_params(spelling=Spelling(words=counts))
    checkers = {name: partial(by_words, one) for name, one in other_checkers(counts).items()}
    checkers["DenoisingAutoencoder"] = model.transform
    for name, step in COLLECTIONS.items():
        pairs = collection(name, step // 2, step)
        for checker, correct in checkers.items():
            report_words(name, pairs, checker, correct)


def report_words(name, pairs, checker, correct):
    right, wrong = (list(words) for words in zip(*pairs, strict=True))
    start = time.process_time()
    hits = np.mean([a == b for a, b in zip(correct(wrong), right, strict=True)])
    error = np.sqrt(hits * (1 - hits) / len(right))
    speed = len(right) / (time.process_time() - start)
    print(f"{name:15} {checker:21} {hits:.3f} ± {error:.3f}, {speed:.0f} words/s", flush=True)


def sentences(args):
    train, test = halves()
    names = ["birkbeck"] if args.chosen else list(COLLECTIONS)
    right = test[0 if args.chosen else 1 :: 2]
    given = misspelled(right, [pair for name in names for pair in collection(name)], seed=0)
    wrong = zip(" ".join(right).split(), " ".join(given).split(), strict=True)
    print(f"{len(right)} lines, {sum(a != b for a, b in wrong)} wrong words")
    counts = Counter(word for line in train for word in line.split())
    for name, checker in other_checkers(counts).items():
        report(name, right, given, by_words(checker, given))
    for noise in NOISE:
        model = fitted(list(counts.elements()), noise, args.epochs)
        report(f"{noise}, dictionary", right, given, model.transform(given))
        model.set_params(spelling=None)
        report(f"{noise}, characters", right, given, by_words(alone(model), given))


def alone(model):
    """Return the function that corrects a word by its most likely characters."""

    def correct(word):
        return (model.transform([word])[0] or word) if len(word) < LONGEST_WORD else word

    return correct


def report(name, right, given, found):
    scores = " ".join(f"{score:.3f}" for score in f_scores(right, given, found))
    print(f"{name:21} {scores}", flush=True)


PARTS = {"words": words, "sentences": sentences}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--chosen", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header("Spelling")
    for part in arguments.part:
        PARTS[part](arguments)
