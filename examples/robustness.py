"""
Robustness to noise
===================

This example compares three autoencoders on noisy digits: one with a narrow code, one with a wide
code, and a denoising one. All are trained on clean digits. The denoising autoencoder corrupts them
during training.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian
from sklearn_autoencoders.inspection import ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X, X_test = train_test_split(X, test_size=0.3, stratify=y, random_state=0)
noise = Gaussian(std=(0, 8), clip=(0, 16))
autoencoders = {
    "narrow: 8 components": DenoisingAutoencoder(8, corruption=None, random_state=0),
    "wide: 64 components": DenoisingAutoencoder(64, corruption=None, random_state=0),
    "denoising: 64 components": DenoisingAutoencoder(64, corruption=noise, random_state=0),
}

# %%
# The noise at each level differs only in its standard deviation. Pixel values range from 0 to 16.
levels = (0, 2, 4, 6, 8)
draws = np.random.default_rng(0).standard_normal(X_test.shape)
noisy = {level: np.clip(X_test + level * draws, 0, 16) for level in levels}
errors = {"noisy input": [((rows - X_test) ** 2).mean() for rows in noisy.values()]}
for name, autoencoder in autoencoders.items():
    autoencoder.fit(X)
    errors[name] = [((autoencoder.transform(rows) - X_test) ** 2).mean() for rows in noisy.values()]
print("Mean squared error per pixel with respect to the clean digit")
print(f"{'noise':24}" + "".join(f"{level:8}" for level in levels))
for name, values in errors.items():
    print(f"{name:24}" + "".join(f"{value:8.2f}" for value in values))

# %%
# The wide autoencoder is initialized at PCA with all components, which is the identity, and copies
# most of the noise. The narrow autoencoder loses details of clean digits, but cannot represent all
# of the noise. Only the denoising autoencoder is good on both clean and noisy digits.
figure, axes = plt.subplot_mosaic("AB;AC;AD", figsize=(13, 5), layout="constrained")
styles = (("#94a4a2", "x:"), ("#3f90da", "s--"), ("#832db6", "^-."), ("#bd1f01", "o-"))
for (name, values), (color, style) in zip(errors.items(), styles, strict=True):
    axes["A"].plot(levels, values, style, color=color, label=name)
axes["A"].set(xlabel="standard deviation of the noise", ylabel="mean squared error", xticks=levels)
axes["A"].legend(frameon=False)
for place, (name, autoencoder) in zip("BCD", autoencoders.items(), strict=True):
    rows = noisy[6][:10]
    ReconstructionDisplay.from_predictions(
        rows, autoencoder.transform(rows), image_shape=(8, 8), ax=axes[place]
    )
    axes[place].set_yticklabels(["input", "output"])
    axes[place].set_title(f"{name}, noise of 6")
plt.show()
