"""
Codes as additional features
============================

:class:`~sklearn_autoencoders.AutoencoderFeatureUnion` adds codes to the features for a subsequent
model. This can help a linear model on nonlinear data. On real tables it often does not.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine, make_s_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer

# %%
# The data sets are an S-shaped sheet, whose middle is one class and whose ends are the other class,
# and two real tables.
sheet, place = make_s_curve(600, noise=0.05, random_state=0)
is_middle = np.abs(place) < np.median(np.abs(place))
tables = {
    "S curve": (sheet, is_middle.astype(int)),
    "wine": load_wine(return_X_y=True),
    "breast_cancer": load_breast_cancer(return_X_y=True),
}

# %%
# The union fits copies of the encoder. ``cross_fit`` is required only for encoders that use y.
encoder = AutoencoderTransformer(2, random_state=0)
union = AutoencoderFeatureUnion(encoder, random_state=0)
models = {"features": "passthrough", "features and codes": union}
found = {}
for name, (X, y) in tables.items():
    for features, step in models.items():
        model = make_pipeline(
            StandardScaler(), step, StandardScaler(), LogisticRegression(max_iter=2000)
        )
        found[name, features] = cross_val_score(model, X, y, cv=3)
        scores = found[name, features]
        print(f"{name:14} {features:18} {scores.mean():.3f} ± {scores.std():.3f}")

# %%
# Two components unroll the sheet sufficiently to improve a linear model. The improvement depends on
# the fold. On the real tables, the features alone are as good.
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
colors = ("#94a4a2", "#3f90da")
for shift, (features, color) in enumerate(zip(models, colors, strict=True)):
    scores = np.array([found[name, features] for name in tables])
    places = np.arange(len(tables)) + 0.34 * (shift - 0.5)
    axes.bar(places, scores.mean(1), 0.3, yerr=scores.std(1), color=color, label=features)
axes.set(ylabel="accuracy, three folds", ylim=(0, 1.3), yticks=(0, 0.5, 1))
axes.set_xticks(range(len(tables)), list(tables))
axes.legend(frameon=False, loc="upper left", ncols=2)
plt.show()
