"""Independent reference of the encoder in NumPy, and the recorded vectors that tests compare with.

    pip install numpy safetensors tokenizers
    python tests/reference/bert.py tiny      # writes tests/fixtures/parity/tiny/
    python tests/reference/bert.py shipped   # writes tests/fixtures/parity/shipped.safetensors

`tiny` is a random two-layer BERT in the layout of a shipped model. `shipped` records the pooled vectors
of models/sendlens-minilm for invented sentences; run it again whenever the weights there change. All sums
are in f64. Nothing here shares code with the Rust encoder but the tokenizer's library.
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "parity"
SHIPPED = ROOT / "models" / "sendlens-minilm"

ERF = np.vectorize(math.erf)


class Bert:
    """BERT with mean pooling and logistic heads, one input at a time."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        stored = load_file(folder / "model.safetensors")
        self.weights = {}
        for name, tensor in stored.items():
            if name.endswith(".scale"):
                continue
            value = tensor.astype(np.float32)
            if tensor.dtype == np.int8:
                value = value * stored[name + ".scale"][:, None]  # rounded to f32 as the encoder does
            self.weights[name] = value.astype(np.float64)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        mean = x.mean(axis=-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        x = (x - mean) / np.sqrt(variance + self.config["layer_norm_eps"])
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def encode(self, text, context):
        limit = self.config["sendlens"]["max_tokens"]
        cls, sep = (self.tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        ids = [cls, *self.tokenizer.encode(text, add_special_tokens=False).ids[: limit - 2], sep]
        types = [0] * len(ids)
        if context is not None and len(ids) + 2 <= limit:
            second = self.tokenizer.encode(context, add_special_tokens=False).ids[: limit - len(ids) - 1]
            ids += [*second, sep]
            types += [1] * (len(second) + 1)
        return ids, types

    def pool(self, text, context=None):
        ids, types = self.encode(text, context)
        table = "embeddings.{}_embeddings.weight".format
        x = self.weights[table("word")][ids] + self.weights[table("token_type")][types]
        x = self.norm(x + self.weights[table("position")][: len(ids)], "embeddings.LayerNorm")
        heads = self.config["num_attention_heads"]
        width = self.config["hidden_size"] // heads
        for layer in range(self.config["num_hidden_layers"]):
            at = f"encoder.layer.{layer}."
            q, k, v = (
                self.linear(x, at + "attention.self." + part).reshape(len(ids), heads, width).transpose(1, 0, 2)
                for part in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 2, 1) / math.sqrt(width)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
            mixed = mixed.transpose(1, 0, 2).reshape(len(ids), -1)
            x = self.norm(x + self.linear(mixed, at + "attention.output.dense"), at + "attention.output.LayerNorm")
            wide = self.linear(x, at + "intermediate.dense")
            wide = 0.5 * wide * (1.0 + ERF(wide / math.sqrt(2.0)))
            x = self.norm(x + self.linear(wide, at + "output.dense"), at + "output.LayerNorm")
        return x.mean(axis=0)

    def score(self, vector):
        """Calibrated scores: themes, relevance, then negative, neutral, positive."""
        serving = self.config["sendlens"]

        def sigmoid(task, decisions):
            logits = self.linear(vector, "heads." + task)
            ab = [(decision["calibration"]["a"], decision["calibration"]["b"]) for decision in decisions]
            return [1.0 / (1.0 + math.exp(-(a * logit + b))) for logit, (a, b) in zip(logits, ab)]

        themes = sigmoid("themes", [theme["decision"] for theme in serving["themes"]])
        relevant = sigmoid("relevant", [serving["relevance"]])
        powers = np.exp(self.linear(vector, "heads.sentiment") / serving["sentiment"]["temperature"])
        by_label = dict(zip(serving["sentiment"]["labels"], powers / powers.sum()))
        return [*themes, *relevant, *(by_label[label] for label in ("negative", "neutral", "positive"))]


def quantise(matrix):
    """int8 rows and a scale each, as a shipped model has them."""
    scale = (np.abs(matrix).max(axis=1) / 127.0).astype(np.float32)
    return np.clip(np.rint(matrix / scale[:, None]), -127, 127).astype(np.int8), scale


TINY_WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the a of to and in for that was is it said council school schools child "
    "children parent parents bus taxi plan plans support wait waiting year years week late new report leader "
    "minister vote tribunal delay good bad not no more than twenty ##s ##ing ##ed ##er ##ly . , ' \" ? ( ) - "
    "0 1 2 3 4 5 6 7 8 9 send e ##h ##c ##p"
).split()

TINY_INPUTS = [
    ("", None),
    ("bus", None),
    ("The council said the new taxi plan was late.", None),
    ("The council said the new taxi plan was late.", "Parents waiting for SEND support"),
    ("\"It is not good,\" said a parent of two children waiting twenty weeks.", ""),
    ("Unknown wörds — and ünïcode 🚌 in the school report!", "leader"),
    ("the minister said " * 40, "council vote"),
    ("a bus to school, " * 9, "the tribunal said that the delay was more than a year"),
]


def tiny():
    rng = np.random.default_rng(20260101)
    hidden, layers, wide, positions = 64, 2, 128, 64
    folder = FIXTURES / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}

    def vector(name, size, around=0.0):
        tensors[name] = (around + 0.2 * rng.standard_normal(size)).astype(np.float32)

    def matrix(name, rows, columns, spread):
        tensors[name], tensors[name + ".scale"] = quantise(spread * rng.standard_normal((rows, columns)))

    def linear(name, rows, columns):
        matrix(name + ".weight", rows, columns, 1.5 / math.sqrt(columns))
        vector(name + ".bias", rows)

    def norm(name):
        vector(name + ".weight", hidden, 1.0)
        vector(name + ".bias", hidden)

    matrix("embeddings.word_embeddings.weight", len(TINY_WORDS), hidden, 1.0)
    matrix("embeddings.position_embeddings.weight", positions, hidden, 0.5)
    matrix("embeddings.token_type_embeddings.weight", 2, hidden, 0.5)
    norm("embeddings.LayerNorm")
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            linear(at + "attention.self." + part, hidden, hidden)
        linear(at + "attention.output.dense", hidden, hidden)
        norm(at + "attention.output.LayerNorm")
        linear(at + "intermediate.dense", wide, hidden)
        linear(at + "output.dense", hidden, wide)
        norm(at + "output.LayerNorm")
    for task, rows in (("themes", 2), ("relevant", 1), ("sentiment", 3)):
        tensors[f"heads.{task}.weight"] = rng.standard_normal((rows, hidden)).astype(np.float32)
        vector(f"heads.{task}.bias", rows)

    def decision(a, b, **article):
        return {"threshold": 0.5, "calibration": {"a": a, "b": b}, **article}

    # The sentiments are in another order than in tables, so that a reader who assumes one is found out.
    labels = ["positive", "negative", "neutral"]
    config = {
        "model_type": "bert", "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": 4,
        "intermediate_size": wide, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "max_position_embeddings": positions, "type_vocab_size": 2, "vocab_size": len(TINY_WORDS),
        "id2label": dict(enumerate(["leadership", "transport", "relevant", *labels])),
        "sendlens": {
            "format": 1, "name": "tiny", "base": {"name": "random", "sha256": ""}, "pooling": "mean",
            "max_tokens": positions, "context": "headline",
            "themes": [
                {"name": "leadership", "decision": decision(0.5, 0.25)},
                {"name": "transport", "decision": decision(1.0, 0.0, article={"base": 0.25, "weight": 0.75})},
            ],
            "relevance": decision(1.5, -0.5),
            "sentiment": {"labels": labels, "temperature": 2.0},
        },
    }

    def special(index, content):
        return {"id": index, "special": True, "content": content, "single_word": False, "lstrip": False,
                "rstrip": False, "normalized": False}

    tokenizer = {
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(index, word) for index, word in enumerate(TINY_WORDS[:5])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {word: index for index, word in enumerate(TINY_WORDS)}},
    }
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")
    (folder / "CARD.md").write_text("# tiny\n\nRandom weights for tests, written by `tests/reference/bert.py`.\n")
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / "SHA256SUMS").write_text(sums)

    model = Bert(folder)
    records = []
    for text, context in TINY_INPUTS:
        vector = model.pool(text, context or None)
        records.append({
            "text": text, "context": context,
            "vector": [round(float(value), 7) for value in vector],
            "scores": [round(float(value), 7) for value in model.score(vector)],
        })
    (FIXTURES / "tiny.json").write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")


STARTS = [
    "Parents in Eastmarsh have waited more than a year for a plan.",
    "The council's new director said the service would be rebuilt \"from the ground up\".",
    "Councillors voted 31 to 22 against a motion calling for an inquiry.",
    "Taxi contracts for pupils with disabilities cost £14.2m last year, up from £9.6m.",
    "Nothing was said about the timetable.",
    "Inspectors found that children's needs were identified late and met inconsistently.",
    "\"We were told to wait, and then told we had waited too long,\" said Mrs Oyelaran-Pike.",
    "Road works on the A999 will continue until Thursday.",
    "Attendance at the enhanced provision rose to 94 per cent — its best since it opened.",
    "EHCPs, SENCOs & the LGSCO: what do they all mean?",
    "Ysgol Bryn Afon's head teacher welcomed the ALN funding.",
    "The minibus did not come. It had not come on Monday either.",
]


def shipped():
    """A few dozen invented texts of 1 to about 200 tokens."""
    model = Bert(SHIPPED)
    texts = ["Late.", "", "SEND", "The board will meet again in spring"]
    texts += STARTS
    for index in range(16):
        count = 2 + index % 7
        texts.append(" ".join(STARTS[(index * 5 + step * 7) % len(STARTS)] for step in range(count)))
    texts.append(" ".join(STARTS))
    vectors = np.stack([model.pool(text) for text in texts]).astype(np.float32)
    weights = hashlib.sha256((SHIPPED / "model.safetensors").read_bytes()).hexdigest()
    metadata = {"weights": weights, "texts": json.dumps(texts, ensure_ascii=False)}
    save_file({"vectors": vectors}, FIXTURES / "shipped.safetensors", metadata)


if __name__ == "__main__":
    {"tiny": tiny, "shipped": shipped}[sys.argv[1]]()
