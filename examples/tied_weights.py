"""
Tied weights and the number of samples
======================================

With tied weights, every matrix of the decoder is the transpose of one of the encoder, which halves
the number of weights. In this example they are as good as untied weights, or slightly better.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Dense

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X, test_size=450, random_state=0)


def deep(tied):
    """Return an autoencoder with two hidden layers; tied weights require `init="random"`."""
    network = Dense((128, 64), tied_weights=tied)
    return AutoencoderTransformer(
        16, network=network, init="random", weight_decay=0.0, max_epochs=30, random_state=0
    )


# %%
# The same network with untied and with tied weights, for an increasing number of samples.
n_samples = (100, 200, 500, 1347)
scores = {
    name: [deep(tied).fit(X[:n]).score(X_test) for n in n_samples]
    for name, tied in (("untied weights", False), ("tied weights", True))
}
default = [AutoencoderTransformer(16, random_state=0).fit(X[:n]).score(X_test) for n in n_samples]
scores["default: initialized at PCA"] = default

# %%
# On MNIST, with 784-256-32, tied weights were better with 1 024 samples (a squared error of 12.75
# compared with 13.25) and worse with 60 000 (6.70 compared with 6.33). With few samples, the
# initialization at PCA, which is not available with tied weights, has a larger effect than either.
figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
styles = (("#bd1f01", "s--"), ("#3f90da", "o-"), ("#717581", "^:"))
for (name, values), (color, style) in zip(scores.items(), styles, strict=True):
    axes.plot(n_samples, values, style, color=color, label=name)
axes.set(xscale="log", xlabel="training samples", ylabel="R² on 450 test digits")
axes.set_xticks(n_samples, n_samples)
axes.minorticks_off()
axes.legend(frameon=False)
plt.show()
