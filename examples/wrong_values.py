"""
Errors in a table
=================

:class:`~sklearn_autoencoders.AutoregressiveGenerator` predicts the distribution of each value of a
table from the others of its row. A value that is improbable given the others is suspicious,
although it can be common in its column.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoregressiveGenerator
from sklearn_autoencoders.inspection import ContributionsDisplay

# %%
# Orders, in which the currency depends on the country, and weight, price and carrier on the
# product.
rng = np.random.RandomState(0)
n_orders = 2000
country, product = rng.randint(0, 3, n_orders), rng.randint(0, 4, n_orders)
weight = np.array([0.3, 1.2, 4.0, 25.0])[product] * rng.lognormal(0, 0.15, n_orders)
price = np.array([12.0, 45.0, 30.0, 210.0])[product] * rng.lognormal(0, 0.1, n_orders)
orders = pd.DataFrame(
    {
        "country": np.array(["Japan", "Norway", "Switzerland"])[country],
        "currency": np.array(["JPY", "NOK", "CHF"])[country],
        "product": np.array(["book", "lamp", "chair", "desk"])[product],
        "weight": weight.round(2),
        "price": price.round(2),
        "carrier": np.where(weight > 10, "truck", "post"),
        "date": pd.Timestamp("2026-01-01")
        + pd.to_timedelta(rng.randint(0, 365, n_orders), unit="D"),
    }
)

# %%
# In 100 orders, one value is replaced by a different value of the same column.
wrong = orders.copy()
rows = rng.permutation(n_orders)[:100]
columns = rng.choice(orders.columns.drop("date"), 100)
for row, column in zip(rows, columns, strict=True):
    others = orders[column][orders[column] != orders.at[row, column]]
    wrong.at[row, column] = others.iloc[rng.randint(len(others))]
is_wrong = np.isin(np.arange(n_orders), rows)

# %%
# The contribution of a value says how much more probable it is among wrong values than given the
# others of its row. Neither of the two estimators requires examples of wrong values. The
# contributions of AutoencoderOutlierDetector are errors in units of a tolerance.
models = {
    "AutoregressiveGenerator": AutoregressiveGenerator(64, max_levels=32, random_state=0),
    "AutoencoderOutlierDetector": AutoencoderOutlierDetector(random_state=0),
}
scores = {}
for name, model in models.items():
    contribution = model.fit(wrong).explain(wrong).contribution
    scores[name] = contribution.sum(axis=1)
    is_found = contribution.loc[rows].idxmin(axis=1) == columns
    auc = roc_auc_score(is_wrong, -scores[name])
    print(f"{name:26}: ROC-AUC {auc:.3f}, the wrong value is first in {is_found.mean():.0%}")

# %%
# Left: the sums of the contributions. Right: the most anomalous order. If two columns contradict
# each other, a third one shows which is wrong; there is none for country and currency.
generator, total = models["AutoregressiveGenerator"], scores["AutoregressiveGenerator"]
figure, axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")
ratios = np.log10(-total)
for title, group in {"correct": ~is_wrong, "wrong value": is_wrong}.items():
    bins = np.linspace(ratios.min(), ratios.max(), 40)
    axes[0].hist(ratios[group], bins=bins, label=title, alpha=0.7)
label = "logarithm of the ratio of likelihoods, with and without a wrong value"
axes[0].set(xlabel=label, ylabel="orders", yscale="log")
axes[0].legend()
ContributionsDisplay.from_estimator(generator, wrong, row=int(np.argmin(total)), ax=axes[1])
plt.show()
