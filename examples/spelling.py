"""
Correction of misspelled words
==============================

A denoising autoencoder learns to correct typing errors, and chooses among the similar words of a
dictionary.
"""

# %%
# The data are the words in the docstrings of NumPy, with their frequencies. `Typo` makes new errors
# in every step: neighboring keys, characters that are inserted, left out or transposed. The
# dictionary of :class:`~sklearn_autoencoders.texts.Spelling` consists of the words in ``fit``.
import re
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Typo
from sklearn_autoencoders.texts import Spelling

docs = " ".join(getattr(np, name).__doc__ or "" for name in dir(np)).lower()
counts = Counter(re.findall(r"\b[a-z]{3,14}\b", docs))
words = sorted(word for word, count in counts.items() if count >= 5)
print(f"{len(words)} words, for instance {words[100:1000:200]}")

frequencies = np.sqrt([counts[word] for word in words])
rng = np.random.RandomState(0)
drawn = rng.choice(words, 5_000, p=frequencies / frequencies.sum()).tolist()
denoiser = DenoisingAutoencoder(
    64,
    corruption=Typo(0.15),
    spelling=Spelling(),
    max_epochs=8,
    random_state=0,
).fit([*words, *drawn])

# %%
# Without a dictionary, each character becomes the most likely one. The result need not be a word.
wrong = ["arrray", "functoin", "retruns", "dimesion", "varable", "elemnt"]
print("characters:", denoiser.set_params(spelling=None).transform(wrong))
print("words:     ", denoiser.set_params(spelling=Spelling()).transform(wrong))

# %%
# The fraction of 200 words with new typos that are corrected, for several weights of the distance.
meant = rng.choice(words, 200, p=frequencies / frequencies.sum()).tolist()


def with_typo(word):
    """Return a word with two neighboring characters transposed, or one of them left out."""
    place = rng.randint(len(word) - 1)
    first, second = word[place : place + 2]
    return word[:place] + (second + first if rng.rand() < 0.5 else second) + word[place + 2 :]


typos = [with_typo(word) for word in meant]
weights, accuracies = (0.0, 2.0, 4.0, 6.0, 16.0), []
for weight in weights:
    denoiser.set_params(spelling=Spelling(distance=weight))
    found = denoiser.transform(typos)
    accuracies.append(np.mean(np.array(found) == meant))
denoiser.set_params(spelling=Spelling())

# %%
# The candidates for one word, with the confidence of the network and their distance from the word.
found = denoiser.candidates(["retrun"], k=6)[0]
for one in found:
    print(f"{one.candidate:12} confidence {one.confidence:.3f}, distance {one.distance:.2f}")

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.scatter([one.distance for one in found], [one.confidence for one in found], s=12)
for one in found:
    left.annotate(one.candidate, (one.distance, one.confidence))
left.set(xlabel='distance from "retrun"', ylabel="confidence", yscale="log", xmargin=0.2)
right.plot(weights, accuracies, "o-")
right.set(xlabel="weight of the distance", ylabel="fraction of corrected words", xlim=(-0.5, 16.5))
plt.show()
