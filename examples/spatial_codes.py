"""
Spatial codes and kinds of decoders
===================================

The code of a :class:`~sklearn_autoencoders.networks.Convolutional` network is a vector, or an image
of few pixels (``bottleneck="spatial"``). Encoder and decoder can also be networks of different
kinds. This example compares codes of 32 numbers for 8x8 digits.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Convolutional, Dense, EncoderDecoder

X, y = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)

# %%
# Two poolings leave 2x2 pixels, each with eight components of the code.
images = {"image_shape": (8, 8), "channels": (8, 16)}
spatial = Convolutional(**images, bottleneck="spatial")
networks = {
    "dense": Dense((128, 64)),
    "convolutional, code is a vector": Convolutional(**images),
    "convolutional, code is 2x2x8": spatial,
    "bilinear upsampling": Convolutional(**images, upsample="bilinear"),
    "transposed convolutions": Convolutional(**images, upsample="transposed"),
    "dense encoder, convolutional decoder": EncoderDecoder(Dense((64,)), Convolutional(**images)),
    "convolutional encoder, dense decoder": EncoderDecoder(Convolutional(**images), Dense((64,))),
}
pca = PCA(32).fit(X)
errors = {"PCA": ((pca.inverse_transform(pca.transform(X_test)) - X_test) ** 2).mean()}
print(f"{'PCA':37} error {errors['PCA']:.4f}")
for name, network in networks.items():
    started = time.process_time()
    model = AutoencoderTransformer(32, network=network, max_epochs=15, random_state=0).fit(X)
    seconds = time.process_time() - started
    errors[name] = ((model.reconstruct(X_test) - X_test) ** 2).mean()
    print(f"{name:37} error {errors[name]:.4f}, {seconds:.1f} s")
    if network is spatial:
        codes = model.transform(X_test).reshape(-1, 8, 2, 2)
        blank = model.transform(np.where(np.arange(64) % 8 < 4, X_test, 0)).reshape(-1, 8, 2, 2)

# %%
# If the right half of a digit is removed, the codes of the left pixels hardly change: a spatial
# code keeps positions. Each of its pixels has the components of its own patch only, so that the
# error is higher than that of a vector of as many numbers, and of PCA.
change = np.sqrt(((blank - codes) ** 2).mean(axis=(0, 1)))
print("change of the code without the right half:", change.round(2).tolist())
figure, axes = plt.subplot_mosaic(
    "ABC", figsize=(14, 3.6), width_ratios=[1.5, 1.3, 0.8], layout="constrained"
)
axes["A"].barh(list(errors), list(errors.values()), color="#3f90da")
axes["A"].invert_yaxis()
axes["A"].set(xlabel="squared error per pixel of test digits")
rows = [np.pad(X_test[:6].reshape(-1, 8, 8), [(0, 0), (1, 1), (1, 1)])]
rows += [np.kron(codes[:6, k], np.ones((5, 5))) for k in range(3)]
scaled = [(row - row.min()) / np.ptp(row) for row in rows]
axes["B"].imshow(np.stack(scaled).swapaxes(1, 2).reshape(40, 60), cmap="gray_r")
axes["B"].set(title="digits, and three components of their codes", xticks=[])
axes["B"].set_yticks([5, 15, 25, 35], ["digit", "first", "second", "third"])
axes["C"].imshow(change, cmap="Blues", vmin=0)
for (row, column), value in np.ndenumerate(change):
    axes["C"].text(column, row, f"{value:.2f}", ha="center", color="orange", fontsize=14)
axes["C"].set(title="change without the\nright half of a digit", xticks=[], yticks=[])
plt.show()
