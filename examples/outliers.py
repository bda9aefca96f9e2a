"""
Digits that were never seen
===========================

:class:`~sklearn_autoencoders.AutoencoderOutlierDetector` learns digits but for 5 and 9, and is then
shown all. Its threshold is moved to a rate of false alarms without a second fit.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders.inspection import OutlierScoresDisplay, ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
known, is_unknown = X[~np.isin(y, [5, 9])], np.isin(y_test, [5, 9])

# %%
# Pixels share one scale, and rows known to be normal need no trimming.
detector = AutoencoderOutlierDetector(
    scaling="global", trim=0.0, hidden_layer_sizes=(128,), learning_rate=1e-2, random_state=0
).fit(known)
others = IsolationForest(random_state=0), LocalOutlierFactor(n_neighbors=5, novelty=True)
for model in (detector, *(other.fit(known) for other in others)):
    auc = roc_auc_score(is_unknown, -model.score_samples(X_test))
    print(f"{type(model).__name__:27} ROC-AUC {auc:.3f}")

# %%
# One false alarm in twenty is asked for. Rows held out of training say where that is.
detector.set_threshold(false_alarm_rate=0.05)
alarms = detector.predict(X_test) == -1
print(f"alarms among digits it knows {alarms[~is_unknown].mean():.3f}")
print(f"alarms among fives and nines {alarms[is_unknown].mean():.3f}")

# %%
# Top: the scores. Below: the strangest digits, over what was expected in their place. Neighbours
# are better still at this task: they keep all rows, and compare with the nearest.
figure, axes = plt.subplots(2, 1, figsize=(9, 6), height_ratios=[2.2, 1], layout="constrained")
OutlierScoresDisplay.from_estimator(
    detector, X_test, np.where(is_unknown, "5 and 9", "digits it knows"), ax=axes[0]
)
strangest = X_test[np.argsort(detector.score_samples(X_test))[:12]]
expected = detector.explain(strangest).expected
ReconstructionDisplay.from_predictions(strangest, expected, image_shape=(8, 8), ax=axes[1])
axes[1].set_yticklabels(["strangest", "expected"])
plt.show()
