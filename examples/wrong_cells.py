"""
Wrong cells of a table
======================

:class:`~sklearn_autoencoders.AutoencoderOutlierDetector` predicts each cell of a table from the
others of its row. Cells that differ from the prediction are suspicious, although their values are
common.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders.inspection import ContributionsDisplay, OutlierScoresDisplay

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
# In 100 orders, one cell is replaced by a different value of the same column.
wrong = orders.copy()
rows = rng.permutation(n_orders)[:100]
columns = rng.choice(orders.columns.drop("date"), 100)
for row, column in zip(rows, columns, strict=True):
    others = orders[column][orders[column] != orders.at[row, column]]
    wrong.at[row, column] = others.iloc[rng.randint(len(others))]
is_wrong = np.isin(np.arange(n_orders), rows)

# %%
# Neither the scores nor the contributions of the columns require examples of wrong cells.
detector = AutoencoderOutlierDetector(random_state=0).fit(wrong)
scores = detector.score_samples(wrong)
print(f"ROC-AUC of the orders with a wrong cell: {roc_auc_score(is_wrong, -scores):.3f}")
explained = detector.explain(wrong.loc[rows])
found = explained.contribution.idxmin(axis=1)
print(f"the wrong cell contributes most: {(found == columns).mean():.0%} of these orders")

# %%
# Left: the scores. Right: the most anomalous order. If two columns contradict each other, a third
# one decides which is wrong; nothing tells whether the country or the currency is.
figure, axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")
groups = np.where(is_wrong, "wrong cell", "correct")
OutlierScoresDisplay.from_estimator(detector, wrong, groups, ax=axes[0])
ContributionsDisplay.from_estimator(detector, wrong, row=int(scores.argmin()), ax=axes[1])
plt.show()
