"""
Layer-wise pretraining
======================

In greedy layer-wise pretraining, each pair of layers is trained separately: the outermost pair on
the samples, the next pair on its codes, and so on. Then all layers are trained together. With
logistic units, whose gradients vanish in deep networks, pretraining improves the result. With the
default network it does not.
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
# The network has three pairs of layers with tied weights. ``DenoisingAutoencoder`` is fine-tuned on
# corrupted samples with a quarter of the values missing.
network = Dense((100, 50), activation="logistic", tied_weights=True)
settings = {"network": network, "init": "random", "weight_decay": 0.0, "random_state": 0}
jointly = DenoisingAutoencoder(16, max_epochs=50, **settings).fit(X)
stacked = DenoisingAutoencoder(
    16, max_epochs=20, pretraining="layerwise", pretraining_epochs=10, **settings
).fit(X)
default = AutoencoderTransformer(16, max_epochs=20, random_state=0).fit(X)
for name, model in (("joint", jointly), ("stacked", stacked), ("default", default)):
    print(f"{name:8} held-out R² {model.score(X_test):.3f}")

# %%
# The final loss of 50 epochs of joint training is higher than that of 30 epochs of pretraining (10
# for each pair) and 20 epochs of fine-tuning. The default, which is initialized at PCA and has no
# logistic units, is better than both after 20 epochs. Left: the loss of each pair in pretraining.
# Right: the loss of all layers after pretraining. The losses of the pairs refer to different data,
# so that only their decrease can be compared.
display = LossCurveDisplay.from_estimator(stacked)
epochs = range(1, jointly.n_epochs_ + 1)
display.ax_.plot(epochs, jointly.loss_curve_, "--", color="#bd1f01", label="joint training")
display.ax_.lines[0].set_label("after pretraining")
display.ax_.legend(frameon=False)
plt.show()
