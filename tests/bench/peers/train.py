"""What the word-counting peers learn: TF-IDF with logistic regression, and where VADER's compound is cut.

`train.py MODELS` writes `tfidf.joblib` and `vader.json`. Everything that can be chosen is chosen on dev: the strength
of regularisation, whether the headline helps, the threshold of each theme, the cuts of sentiment.
"""

import json
import sys
from pathlib import Path

import joblib
import numpy as np

import lexicon
import shipped
from counted import Counted, measured

# Strengths tried for logistic regression.
STRENGTHS = [3.0, 10.0, 30.0]

# Cuts tried for VADER.
CUTS = [round(-0.9 + 0.05 * step, 2) for step in range(37)]


def counted(rows, dev):
    """The best of several on dev, by the sum of both measures."""
    names = [theme["name"] for theme in shipped.config()["sendlens"]["themes"]]
    tried = [
        Counted(names, uses_headline, strength).fit(rows).set_thresholds(dev)
        for uses_headline in (False, True)
        for strength in STRENGTHS
    ]
    return max(tried, key=lambda model: sum(measured(model, dev)))


def cuts(dev):
    """The two cuts of VADER's compound with the best macro-F1."""
    values = np.array(lexicon.compounds([row["text"] for row in dev]))
    _, feeling = shipped.truth(dev, [])
    tried = [(low, high) for low in CUTS for high in CUTS if low <= high]
    return max(tried, key=lambda cut: shipped.sentiment_macro_f1(lexicon.named(values, cut), feeling))


def main():
    models = Path(sys.argv[1])
    rows, dev = shipped.annotated("train"), shipped.annotated("dev")
    joblib.dump(counted(rows, dev), models / "tfidf.joblib")
    (models / "vader.json").write_text(json.dumps(cuts(dev)))


if __name__ == "__main__":
    main()
