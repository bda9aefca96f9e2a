"""
Series of different lengths, and anomalies in a long series
===========================================================

With the network :class:`~sklearn_autoencoders.networks.Temporal`, samples are series. This example
encodes simulated heartbeats of different lengths with gaps, and detects anomalous time points of a
long series.
"""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_autoencoders import AutoencoderOutlierDetector, DenoisingAutoencoder
from sklearn_autoencoders.networks import Temporal
from sklearn_autoencoders.series import average_windows, sliding_windows

rng = np.random.RandomState(0)


def beat(length):
    """Return a heartbeat of two channels: a wave, and a sharp peak whose place and width vary."""
    time = np.linspace(0, 1, length)
    place, width = rng.uniform(0.35, 0.5), rng.uniform(0.02, 0.05)
    peak = np.exp(-(((time - place) / width) ** 2))
    after = 0.3 * np.exp(-(((time - place - 0.25) / 0.08) ** 2))
    return np.c_[peak + after, 100 * peak - 40 * after] + 0.02 * rng.randn(length, 2) * [1, 100]


# %%
# The samples are a list of arrays of shape (time, channels). Missing values are NaN. Each channel
# has its own scale.
beats = [beat(length) for length in rng.randint(60, 81, 400)]
for values in beats:
    start = rng.randint(len(values) - 10)
    values[start : start + 10, rng.randint(2)] = np.nan
network = Temporal(series_shape=(80, 2), kernel_size=9)
model = DenoisingAutoencoder(8, network=network, random_state=0).fit(beats[:300])
mended = model.reconstruct(beats[300:])
print(
    "lengths:", [len(values) for values in beats[300:304]], [len(values) for values in mended[:4]]
)
codes = model.set_params(output="code").transform(beats[300:])
print("shape of the codes of new series:", codes.shape)

# %%
# A long series is cut into windows. The score of a time point is the mean over its windows.
times = np.arange(3000)
long = np.sin(times / 8) + 0.5 * np.sin(times / 19) + 0.1 * rng.randn(3000)
long[1200:1240] = long[1200:1240].mean()  # a signal that stays constant
long[2200:2240] = -long[2200:2240]
windows = sliding_windows(long, length=32)
detector = AutoencoderOutlierDetector(network=Temporal((32,), channels=(8,)), random_state=0)
scores = detector.fit(windows).score_samples(windows)
anomaly = -average_windows(scores, length=32)
print("most anomalous time points:", np.argsort(anomaly)[-3:])

# %%
# Top: a channel of four new heartbeats with gaps, and their reconstructions. Bottom: the long
# series and the anomaly of its time points, which is high where the signal stays constant (1200 to
# 1239) and where it is inverted (2200 to 2239).
figure = plt.figure(figsize=(10, 6), layout="constrained")
grid = figure.add_gridspec(3, 4, height_ratios=[1.2, 1, 1])
for place in range(4):
    ax = figure.add_subplot(grid[0, place])
    ax.plot(mended[place][:, 0], color="C1", label="reconstruction")
    ax.plot(beats[300 + place][:, 0], ".", color="C0", markersize=3, label="observed")
    ax.set(title=f"{len(mended[place])} time points", xlim=(0, 80), ylim=(-0.3, 1.2))
figure.axes[0].legend(loc="upper right", fontsize="small")
top, bottom = (figure.add_subplot(grid[row, :]) for row in (1, 2))
top.plot(long, linewidth=0.8)
top.set(ylabel="series", xlim=(0, 3000))
bottom.plot(anomaly, color="C3", linewidth=0.8)
bottom.set(xlabel="time", ylabel="anomaly", xlim=(0, 3000))
plt.show()
