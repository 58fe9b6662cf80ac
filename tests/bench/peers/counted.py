"""TF-IDF of words and pairs of words, and logistic regression on it."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import shipped


class Counted:
    """One vectoriser, and a classifier for relevance, each theme and sentiment."""

    def __init__(self, names, uses_headline, strength):
        self.names = names
        self.uses_headline = uses_headline
        self.strength = strength
        self.words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")

    def texts(self, pairs):
        """What is counted of pairs of headline and text."""
        return [f"{headline or ''}\n{text}" if self.uses_headline else text for headline, text in pairs]

    def fit(self, rows):
        """Themes and relevance on all passages, sentiment on those about SEND."""
        counts = self.words.fit_transform(self.texts(pairs(rows)))
        themes, _ = shipped.truth(rows, self.names)
        relevant = np.array([row["relevant"] for row in rows])
        sentiments = np.array([row["sentiment"] for row in rows])

        def learned(places, labels):
            # Balanced, because most passages have none of the themes; the threshold is set afterwards anyway.
            empty = LogisticRegression(C=self.strength, max_iter=1000, class_weight="balanced")
            return empty.fit(counts[places], labels[places])

        everywhere = np.ones(len(rows), dtype=bool)
        self.themes = [learned(everywhere, theme) for theme in themes.T]
        self.relevant = learned(everywhere, relevant)
        self.sentiment = learned(relevant, sentiments)
        return self

    def scores(self, pairs):
        """Probabilities of themes and of relevance, and the sentiments."""
        counts = self.words.transform(self.texts(pairs))
        themes = np.stack([theme.predict_proba(counts)[:, 1] for theme in self.themes], axis=1)
        return themes, self.relevant.predict_proba(counts)[:, 1], self.sentiment.predict(counts)

    def set_thresholds(self, rows):
        """The thresholds with the best F1 on these passages."""
        themes, _ = shipped.truth(rows, self.names)
        relevant = np.array([row["relevant"] for row in rows])
        scores, about, _ = self.scores(pairs(rows))
        # Irrelevance is the rarer side, so its F1 says where to cut.
        self.most_irrelevant = shipped.best_threshold(1 - about, ~relevant)
        kept = np.where((1 - about < self.most_irrelevant)[:, None], scores, 0)
        self.thresholds = np.array([shipped.best_threshold(*pair) for pair in zip(kept.T, themes.T)])
        return self

    def decide(self, pairs):
        """Themes as a matrix of booleans, and sentiments."""
        scores, about, sentiments = self.scores(pairs)
        return (1 - about < self.most_irrelevant)[:, None] & (scores >= self.thresholds), sentiments


def pairs(rows):
    """Headline and text of annotated passages."""
    return [(row["headline"], row["text"]) for row in rows]


def measured(model, rows):
    """Macro-F1 of themes and of sentiment."""
    deserved, feeling = shipped.truth(rows, model.names)
    given, sentiments = model.decide(pairs(rows))
    return shipped.theme_macro_f1(given, deserved), shipped.sentiment_macro_f1(sentiments, feeling)
