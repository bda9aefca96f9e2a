"""
Images, pixel by pixel
======================

A model that predicts each pixel from those above it and to its left draws new digits, also of a
given class, and completes the lower half of a digit.
"""

# %%
# Each sample is the class of a digit, and then its pixels. Pixels of four gray levels are enough.
# :class:`~sklearn_autoencoders.networks.CausalConvolutional` is the network for images.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.networks import CausalConvolutional

images, classes = load_digits(return_X_y=True)
X = np.column_stack([classes, images // 4.25])
train, test = train_test_split(X, test_size=300, random_state=0)

network = CausalConvolutional((8, 8), class_first=True, n_layers=4)
generator = AutoregressiveGenerator(64, network=network, max_epochs=8, random_state=0)
generator.fit(train)
bits = generator.bits_per_symbol(test)
print(f"new digits: {bits:.2f} bits per pixel; all levels at the same frequency: 2.00")

# %%
# The class is the prompt. Do drawn digits look like their class? A classifier of real digits says.
drawn = {k: generator.sample(20, k, prompt=[k], temperature=0.8)[:, 1:] for k in range(10)}
judge = LogisticRegression(max_iter=1000).fit(train[:, 1:], train[:, 0])
print(f"real digits: {judge.score(test[:, 1:], test[:, 0]):.2f} recognized")
recognized = np.mean([(judge.predict(own) == k).mean() for k, own in drawn.items()])
print(f"drawn digits: {recognized:.2f} recognized")

# %%
# The upper half of a new digit, with its class, can be completed in several ways:
given = test[:5, : 1 + 4 * 8]
completed = [generator.sample(3, 0, prompt=own, temperature=0.8)[:, 1:] for own in given]

# %%
# Above, drawn digits of each class. Below, completed halves; the first of each four is the digit
# itself.
halves = [np.vstack([test[i : i + 1, 1:], own]) for i, own in enumerate(completed)]
rows = [np.vstack([own[i] for own in drawn.values()]) for i in range(3)]
rows += [np.vstack(halves[:2]), np.vstack(halves[2:4])]

_, axes = plt.subplots(5, 10, figsize=(8, 4.2))
for row, line in zip(rows, axes, strict=True):
    for ax in line:
        ax.axis("off")
    for pixels, ax in zip(row, line, strict=False):
        ax.imshow(pixels.reshape(8, 8), cmap="gray_r", vmin=0, vmax=3)
plt.tight_layout()
plt.show()
