"""What the word-counting peers learn: TF-IDF with logistic regression, and where VADER's compound is cut.

Everything that can be chosen is chosen on dev: the strength of regularisation, whether the headline helps, the
threshold of each theme, the cuts of sentiment. Test is looked at once, at the end.
"""

import json

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import job
import shipped

# Strengths tried for logistic regression.
STRENGTHS = [3.0, 10.0, 30.0]

# Cuts tried for VADER.
CUTS = np.round(np.arange(-0.9, 0.95, 0.05), 2)


class Counted:
    """One vectoriser, and a classifier for relevance, each theme and sentiment."""

    def __init__(self, uses_headline, strength):
        self.uses_headline = uses_headline
        self.strength = strength
        self.words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")

    def texts(self, pairs):
        return [f"{headline or ''}\n{text}" if self.uses_headline else text for headline, text in pairs]

    def fit(self, pairs, themes, relevant, sentiments):
        """Themes and relevance on all passages, sentiment on those about SEND."""
        counted = self.words.fit_transform(self.texts(pairs))

        def learned(places, labels):
            # Balanced, because most passages have none of the themes; the threshold is set afterwards anyway.
            chosen = LogisticRegression(C=self.strength, max_iter=1000, class_weight="balanced")
            return chosen.fit(counted[places], labels[places])

        everywhere = np.ones(len(pairs), dtype=bool)
        self.themes = [learned(everywhere, theme) for theme in themes.T]
        self.relevant = learned(everywhere, relevant)
        self.sentiment = learned(relevant, sentiments)
        return self

    def scores(self, pairs):
        counted = self.words.transform(self.texts(pairs))
        themes = np.stack([theme.predict_proba(counted)[:, 1] for theme in self.themes], axis=1)
        return themes, self.relevant.predict_proba(counted)[:, 1], self.sentiment.predict(counted)

    def set_thresholds(self, pairs, themes, relevant):
        scores, about, _ = self.scores(pairs)
        # Irrelevance is the rarer side, so its F1 says where to cut.
        self.least = -shipped.best_threshold(-about, ~relevant) + 1e-9
        kept = np.where((about >= self.least)[:, None], scores, 0)
        self.thresholds = np.array([shipped.best_threshold(*pair) for pair in zip(kept.T, themes.T)])
        return self

    def decide(self, pairs):
        """Themes as a matrix of booleans, and sentiments."""
        scores, about, sentiments = self.scores(pairs)
        return (about >= self.least)[:, None] & (scores >= self.thresholds), sentiments


def pairs(rows):
    return [(row["headline"], row["text"]) for row in rows]


def measured(model, rows, names):
    """Macro-F1 of themes and of sentiment."""
    deserved, feeling = shipped.truth(rows, names)
    given, sentiments = model.decide(pairs(rows))
    return shipped.theme_macro_f1(given, deserved), shipped.sentiment_macro_f1(sentiments, feeling)


def counted(rows, dev, names):
    """The best of several on dev, by the sum of both measures."""
    themes, _ = shipped.truth(rows, names)
    relevant = np.array([row["relevant"] for row in rows])
    sentiments = np.array([row["sentiment"] for row in rows])
    dev_themes, _ = shipped.truth(dev, names)
    dev_relevant = np.array([row["relevant"] for row in dev])
    tried = []
    for uses_headline in (False, True):
        for strength in STRENGTHS:
            model = Counted(uses_headline, strength).fit(pairs(rows), themes, relevant, sentiments)
            model.set_thresholds(pairs(dev), dev_themes, dev_relevant)
            tried.append((sum(measured(model, dev, names)), model))
    return max(tried, key=lambda pair: pair[0])[1]


def cuts(dev):
    """The two cuts of VADER's compound with the best macro-F1."""
    values = np.array(job.feelings([row["text"] for row in dev]))
    _, feeling = shipped.truth(dev, [])
    tried = [(low, high) for low in CUTS for high in CUTS if low <= high]
    return max(tried, key=lambda cut: shipped.sentiment_macro_f1(job.named(values, cut), feeling))


def train(models):
    """Writes `tfidf.joblib` and `quality.json`."""
    names = [theme["name"] for theme in shipped.config()["sendlens"]["themes"]]
    rows, dev, test = (shipped.annotated(split) for split in ("train", "dev", "test"))
    model = counted(rows, dev, names)
    joblib.dump(model, models / "tfidf.joblib")
    themes, sentiment = measured(model, test, names)
    chosen = [float(cut) for cut in cuts(dev)]
    _, feeling = shipped.truth(test, names)
    by_vader = job.named(np.array(job.feelings([row["text"] for row in test])), chosen)
    quality = {
        "themes": names,
        "tfidf": {
            "theme_macro_f1": themes,
            "sentiment_macro_f1": sentiment,
            "uses_headline": model.uses_headline,
            "strength": model.strength,
        },
        "vader": {"sentiment_macro_f1": shipped.sentiment_macro_f1(by_vader, feeling), "cuts": chosen},
    }
    (models / "quality.json").write_text(json.dumps(quality, indent=1))
