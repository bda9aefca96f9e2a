"""Correction of misspelled words and sentences by denoising autoencoders.

    python benchmarks/spelling.py [--part words sentences] [--epochs 4] [--chosen]

Part `words`: the first candidate for single misspelled words of three collections. The network is
trained on words of a dictionary of English with their frequencies (that of symspellpy). Part
`sentences`: lines of Shakespeare, in which a seventh of the words with known misspellings are
misspelled, and whether words are found to be wrong (detection) and replaced by the right ones
(correction), with and without the two halves of the method. The network is trained on the first
nine tenths of the text.

Settings were chosen on Birkbeck's words (every thirtieth pair) and on the lines with even numbers,
with Birkbeck's misspellings; `--chosen` prints the figures there. Everything else is printed
without it: the other two collections, the other lines, and all misspellings. symspellpy and
pyspellchecker are optional.
"""

import gzip
import re

import numpy as np
from _data import FOLDER

from sklearn_autoencoders.networks import BidirectionalRecurrent

COLLECTIONS = "spell-testset1", "aspell", "birkbeck"
LONGEST = 47
SETTINGS = {
    "n_components": 256,
    "network": BidirectionalRecurrent(),
    "weight_decay": 1.0,
    "batch_size": 32,
    "learning_rate": 4e-3,
    "random_state": 0,
}


def collection(name, step=1):
    """Return pairs of a right and a wrong word, in lower case."""
    lines = (FOLDER / "spelling" / f"{name}.txt").read_text().lower().splitlines()
    split = (line.split(":") for line in lines)
    pairs = [(right.strip(), wrong) for right, rest in split for wrong in rest.split()]
    usable = [pair for pair in pairs if all(re.fullmatch("[a-z']+", word) for word in pair)]
    return [pair for pair in usable if pair[0] != pair[1]][::step]


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


def by_words(checker, texts):
    known = {word: checker(word) for word in {w for text in texts for w in text.split()}}
    return [" ".join(known[word] for word in text.split()) for text in texts]
