"""
Imputation of a table
=====================

:class:`~sklearn_autoencoders.DenoisingAutoencoder` imputes numbers and categories of a frame at
once. A quarter of the values of the wines is hidden and predicted from the others.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.impute import KNNImputer

from sklearn_autoencoders import DenoisingAutoencoder

wine = load_wine(as_frame=True)
table = wine.data.rename(columns=lambda name: name.split("/")[0])
table["cultivar"] = np.array(["first", "second", "third"])[wine.target]
table["hue"] = pd.cut(table["hue"], 3, labels=["brown", "red", "violet"])
numbers = table.columns.difference(["cultivar", "hue"], sort=False)

# %%
# The frame is passed as it is. The result has the same columns, types and categories; values that
# are known remain as they are.
hidden = np.random.RandomState(0).random_sample(table.shape) < 0.25
gaps = table.mask(hidden)
imputed = DenoisingAutoencoder(output="imputed", random_state=0).fit_transform(gaps)
print(imputed.dtypes.tail(3))
assert ((imputed == table) | hidden).all(axis=None)

# %%
# The competitors: means and the most frequent category, and the mean of the five nearest samples,
# which requires standardized numbers and indicators.
filled = {"autoencoder": imputed, "mean": gaps.fillna(gaps[numbers].mean())}
filled["mean"] = filled["mean"].fillna(gaps.mode().iloc[0])
center, scale = gaps[numbers].mean(), gaps[numbers].std()
indicators = pd.get_dummies(gaps[["cultivar", "hue"]], dtype=float)
for name in ("cultivar", "hue"):
    indicators.loc[gaps[name].isna(), indicators.columns.str.startswith(name)] = np.nan
encoded = pd.concat([(gaps[numbers] - center) / scale, indicators], axis=1)
neighbors = pd.DataFrame(KNNImputer().fit_transform(encoded), columns=encoded.columns)
filled["neighbors"] = neighbors[numbers] * scale + center
for name in ("cultivar", "hue"):
    own = neighbors.filter(regex=f"^{name}_")
    filled["neighbors"][name] = own.idxmax(axis=1).str.removeprefix(f"{name}_")

# %%
# The root mean squared error of numbers is in standard deviations.
is_hidden = pd.DataFrame(hidden, columns=table.columns)
errors, accuracies = {}, {}
for method, found in filled.items():
    squares = ((found[numbers] - table[numbers]) / scale) ** 2
    errors[method] = np.sqrt(squares[is_hidden[numbers]].stack().mean())
    hits = [
        (found[name].astype(str) == table[name].astype(str))[is_hidden[name]]
        for name in ("cultivar", "hue")
    ]
    accuracies[method] = np.concatenate(hits).mean()
    print(f"{method:12} error {errors[method]:.3f}, accuracy {accuracies[method]:.3f}")

figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
axes[0].barh(list(errors), list(errors.values()))
axes[0].set(xlabel="error of imputed numbers")
axes[1].barh(list(accuracies), list(accuracies.values()))
axes[1].set(xlabel="accuracy of imputed categories")
plt.show()
