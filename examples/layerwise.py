"""
Layer by layer
==============

Before deep networks could be trained at once, each pair of layers was trained by itself: the
outermost on the rows, the next on its codes, and so on; then all of them together. With logistic
units, whose gradients vanish in depth, that still makes the difference. With the default it is of
no use.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder
from sklearn_autoencoders.inspection import LossCurveDisplay
from sklearn_autoencoders.networks import Dense

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)

# %%
# Three pairs of layers with tied weights. ``DenoisingAutoencoder`` fine-tunes on damaged rows, of
# which a quarter of the cells is missing.
network = Dense((100, 50), activation="logistic", tied_weights=True)
settings = {"network": network, "init": "random", "weight_decay": 0.0, "random_state": 0}
at_once = DenoisingAutoencoder(16, max_epochs=50, **settings).fit(X)
stacked = DenoisingAutoencoder(
    16, max_epochs=20, pretraining="layerwise", pretraining_epochs=10, **settings
).fit(X)
default = AutoencoderTransformer(16, max_epochs=20, random_state=0).fit(X)
for name, model in (("at once", at_once), ("stacked", stacked), ("default", default)):
    print(f"{name:8} held-out R² {model.score(X_test):.3f}")

# %%
# 50 passes at once end above 30 passes of pairs and 20 of the whole. The default, which starts at
# PCA and keeps no logistic units, is better than both after 20. Left: each pair by itself. Right:
# all layers, from where pretraining ended. The losses of the pairs are of different things, and
# only their falling can be compared.
display = LossCurveDisplay.from_estimator(stacked)
passes = range(1, at_once.n_epochs_ + 1)
display.ax_.plot(passes, at_once.loss_curve_, "--", color="#bd1f01", label="at once")
display.ax_.lines[0].set_label("after pretraining")
display.ax_.legend(frameon=False)
plt.show()
