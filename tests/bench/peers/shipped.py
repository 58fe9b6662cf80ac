"""The shipped model and the annotated passages as the peers take them: weights, token ids, heads, measures."""

import json
import random
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "models" / "sendlens-minilm"
ANNOTATED = ROOT / "corpus" / "annotated"

SENTIMENTS = ["negative", "neutral", "positive"]

# Passages of a set that speed is measured on.
PASSAGES = 200

# Tokens of a passage of the fixed set, special tokens included.
FIXED_TOKENS = 64


def config():
    """`config.json` of the shipped model."""
    return json.loads((MODEL / "config.json").read_text(encoding="utf-8"))


def weights():
    """All tensors as f32 by name: an int8 row times its scale is the number that it stands for."""
    tensors = load_file(MODEL / "model.safetensors")
    return {
        name: tensor.astype(np.float32) * tensors[f"{name}.scale"][:, None] if tensor.dtype == np.int8 else tensor
        for name, tensor in tensors.items()
        if not name.endswith(".scale")
    }


def annotated(split):
    """The labelled passages of a split, in the order of the file."""
    with open(ANNOTATED / f"{split}.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Encoder:
    """Turns text and headline into ids as `src/token.rs` does: `[CLS]` text `[SEP]` headline `[SEP]`."""

    def __init__(self):
        self.tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.tokenizer.encode_special_tokens = True
        self.cls, self.sep = (self.tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        self.most = config()["sendlens"]["max_tokens"]

    def ids(self, text):
        """Ids of a text, without special tokens."""
        return self.tokenizer.encode(text.strip(), add_special_tokens=False).ids

    def passage(self, text, headline):
        """A passage as the workers read it."""
        ids = [self.cls, *self.ids(text)[: self.most - 2], self.sep]
        type_ids = [0] * len(ids)
        second = self.ids(headline)[: max(self.most - len(ids) - 1, 0)] if headline else []
        if second:
            ids += [*second, self.sep]
            type_ids += [1] * (len(second) + 1)
        return {"text": text, "headline": headline, "ids": ids, "type_ids": type_ids}


def labelled(encoder, rows):
    """Annotated passages as the workers read them."""
    return [encoder.passage(row["text"], row["headline"]) for row in rows]


def evenly(rows, count):
    """`count` of the rows, spread over all."""
    return [rows[index * len(rows) // count] for index in range(count)]


def fixed(encoder):
    """Passages of exactly `FIXED_TOKENS` tokens: words of the vocabulary drawn at random, the same each time."""
    words = sorted(word for word in encoder.tokenizer.get_vocab() if word.isascii() and word.isalpha())
    words = [word for word in words if len(word) > 2 and len(encoder.ids(word)) == 1]
    draw = random.Random(1)
    texts = [" ".join(draw.choices(words, k=FIXED_TOKENS - 2)) for _ in range(PASSAGES)]
    passages = [encoder.passage(text, None) for text in texts]
    if any(len(passage["ids"]) != FIXED_TOKENS for passage in passages):
        raise SystemExit("a word of the fixed set is not one token; is tokenizer.json another?")
    return passages


def decided(vectors, heads, settings):
    """Themes and sentiment from pooled vectors, as `src/engine/encoder/heads.rs` and `src/score.rs` decide them."""
    vectors = vectors.astype(np.float64)

    def logits(task):
        return vectors @ heads[f"heads.{task}.weight"].T.astype(np.float64) + heads[f"heads.{task}.bias"]

    def probable(logit, platt):
        return 1 / (1 + np.exp(-(platt["a"] * logit + platt["b"])))

    relevance = settings["relevance"]
    relevant = probable(logits("relevant")[:, 0], relevance["calibration"]) >= relevance["threshold"]
    themes = [
        relevant & (probable(logit, theme["decision"]["calibration"]) >= theme["decision"]["threshold"])
        for logit, theme in zip(logits("themes").T, settings["themes"])
    ]
    labels = np.array(settings["sentiment"]["labels"])
    return np.stack(themes, axis=1), labels[logits("sentiment").argmax(axis=1)]


def truth(rows, themes):
    """Themes as a matrix of booleans, and sentiment with None where the passage is about something else."""
    given = np.array([[theme in row["themes"] for theme in themes] for row in rows])
    return given, np.array([row["sentiment"] if row["relevant"] else None for row in rows])


def f1(given, deserved):
    """2·hits / (2·hits + false alarms + misses); NaN if there is nothing to find and nothing was given."""
    total = given.sum() + deserved.sum()
    return 2 * (given & deserved).sum() / total if total else float("nan")


def theme_macro_f1(given, deserved):
    """Mean of the themes' F1, as `sendlens evaluate` has it."""
    return float(np.nanmean([f1(given[:, theme], deserved[:, theme]) for theme in range(given.shape[1])]))


def sentiment_macro_f1(given, deserved):
    """Mean of the three sentiments' F1 over passages about SEND, as `sendlens evaluate` has it."""
    asked = deserved != None  # noqa: E711, element by element
    given, deserved = given[asked], deserved[asked]
    return float(np.nanmean([f1(given == name, deserved == name) for name in SENTIMENTS]))


def best_threshold(scores, deserved):
    """The threshold with the highest F1; the lowest of several."""
    candidates = np.unique(np.round(scores, 4))
    values = [f1(scores >= threshold, deserved) for threshold in candidates]
    return float(candidates[int(np.nanargmax(values))])
