"""
Language model of characters
============================

A model that is trained on names predicts the next character. It generates new names, completes the
beginning of a name, and finds wrong characters.
"""

# %%
# The data are the names in NumPy, SciPy and scikit-learn, as a list of strings. For texts, the
# default network of :class:`~sklearn_autoencoders.AutoregressiveGenerator` is recurrent.
import matplotlib.pyplot as plt
import numpy as np
from scipy import signal, special, stats
from sklearn import cluster, linear_model, metrics
from sklearn.decomposition import PCA

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.networks import CausalRecurrent

modules = np, special, stats, signal, metrics, cluster, linear_model
names = sorted({name for module in modules for name in dir(module) if name[0] != "_"})
rng = np.random.RandomState(0)
test = set(rng.choice(names, 150, replace=False))
train = [name for name in names if name not in test]

generator = AutoregressiveGenerator(
    96, network=CausalRecurrent(dropout=0.2), max_epochs=15, random_state=0
).fit(train)
print(f"{len(train)} names, for instance {train[100:900:200]}")
print(f"new names: {generator.bits_per_symbol(sorted(test)):.2f} bits per character")

# %%
# Drawn names, at two temperatures. Lower temperatures give more probable names.
for temperature in (0.5, 1.0):
    drawn = generator.sample(8, random_state=0, temperature=temperature)
    print(f"temperature {temperature}: {', '.join(drawn)}")

# %%
# Beginnings are completed:
for prompt in ("log_", "matri", "Linear"):
    print(prompt, "->", generator.sample(3, random_state=0, prompt=prompt, temperature=0.4))

# %%
# `explain` compares the probability of each character, given those before it, with that among
# wrong characters. The transposed letters stand out.
word = "acucracy_score"
found = generator.explain([word])
log_ratio = np.log10(np.maximum(-found.contribution[0][: len(word)] * (len(word) + 1), 1e-4))

# %%
# The code of a name is the mean state of the network. Its first two principal components separate
# classes from functions.
codes = PCA(2).fit_transform(generator.transform(names))
is_class = np.array([name[0].isupper() for name in names])

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.bar(range(len(word)), log_ratio, color=np.where(log_ratio > 0, "tab:red", "tab:blue"))
left.set_xticks(range(len(word)), list(word))
left.set_ylabel("log10 of the likelihood ratio, wrong to right")
left.axhline(0, color="black", linewidth=0.8)
for label, own in (("class", is_class), ("function", ~is_class)):
    right.scatter(*codes[own].T, s=6, label=label)
right.set_xlabel("first principal component of the codes")
right.set_ylabel("second")
right.legend()
plt.tight_layout()
plt.show()
