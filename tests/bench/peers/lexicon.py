"""VADER's compound of texts on all cores, and the sentiments that cuts make of it."""

import os
from multiprocessing import get_context


def compounds(texts):
    """In [-1, 1], one per text, in order."""
    with get_context("fork").Pool(os.cpu_count(), analyser) as pool:
        return pool.map(compound, texts, chunksize=64)


def analyser():
    """Loads VADER's words, once per process."""
    global VADER
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    VADER = SentimentIntensityAnalyzer()


def compound(text):
    return VADER.polarity_scores(text)["compound"]


def named(values, cuts):
    """Sentiments: below the first cut negative, at or above the second positive."""
    import numpy as np

    low, high = cuts
    return np.where(values < low, "negative", np.where(values >= high, "positive", "neutral"))
