"""
A synthetic table
=================

:class:`~sklearn_autoencoders.AutoregressiveGenerator` draws new samples of a table of patients with
numbers and categories, and :func:`~sklearn_autoencoders.metrics.generation_report` compares them
with real ones.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.metrics import generation_report

patients = load_diabetes(as_frame=True, scaled=False).frame
patients["sex"] = patients["sex"].map({1.0: "first", 2.0: "second"})
bounds, names = [0, 25, 30, np.inf], ["normal", "overweight", "obese"]
patients["weight"] = pd.cut(patients["bmi"], bounds, labels=names)
patients["worse"] = patients.pop("target") > 140
train, test = train_test_split(patients, random_state=0)

# %%
# The synthetic table has the columns, the types, the categories and the ranges of the real one.
generator = AutoregressiveGenerator(random_state=0).fit(train)
synthetic = generator.sample(len(train), random_state=0)
print(synthetic.head())

# %%
# For comparison, the same measures of held-out real samples, and of a table whose columns are
# shuffled. Held-out samples are often out of the range of the others, too.
shuffled = train.copy()
for place, name in enumerate(train):
    shuffled[name] = train[name].sample(frac=1, random_state=place).to_numpy()
settings = {"held_out": test, "random_state": 0}
for title, drawn in {"synthetic": synthetic, "shuffled": shuffled, "held out": test}.items():
    report = generation_report(train, drawn, train["worse"], drawn["worse"], **settings)
    print(
        f"{title:10} distance {report.column_distance.mean():.3f}, associations "
        f"{report.correlation_difference:.3f}, AUC {report.two_sample_auc:.3f}, valid "
        f"{report.validity:.3f}, copies {report.share_of_exact_copies:.3f}"
    )

# %%
# Distributions of a number and of two categories, and the association of two columns.
figure, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
tables = {"real": train, "synthetic": synthetic}
axes[0].hist([table["bp"] for table in tables.values()], bins=15, label=list(tables))
axes[0].set(xlabel="blood pressure", ylabel="patients")
axes[0].legend()
counts = {title: table["weight"].value_counts(sort=False) for title, table in tables.items()}
pd.DataFrame(counts).plot.bar(ax=axes[1], rot=0, legend=False)
axes[1].set(xlabel="weight", ylabel="patients")
for title, table in tables.items():
    axes[2].scatter(table["s1"], table["s2"], s=8, alpha=0.6, label=title)
axes[2].set(xlabel="total cholesterol", ylabel="LDL")
plt.show()
