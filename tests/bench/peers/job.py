"""A whole job as an analyst would put it together in Python: pages in, a table of labels per month out.

`job.py transformers-f32|transformers-bf16|tfidf|vader PAGES OUT.csv MODELS` reads every page with trafilatura, labels
its paragraphs and counts them with pandas. `job.py train MODELS` makes what tfidf and vader need first: classifiers
learned from the training passages, thresholds set on dev, F1 on test.
"""

import json
import os
import sys
from multiprocessing import get_context
from pathlib import Path

# Passages that go through transformers together, sorted by length; the best size in the comparison of engines.
BATCH = int(os.environ.get("PEERS_BATCH", "16"))


def article(file):
    """Month, headline and paragraphs of a page."""
    import trafilatura

    page = Path(file).read_text(encoding="utf-8")
    # `fast` leaves out the second and third extractor, which these pages do not need.
    found = trafilatura.bare_extraction(page, fast=True, with_metadata=True, include_comments=False)
    if found is None:
        return "undated", "", []
    paragraphs = [line for line in (found.text or "").splitlines() if line.strip()]
    return (found.date or "undated")[:7], found.title or "", paragraphs


def passages(folder):
    """Month, headline and text of every paragraph, read on all cores."""
    files = sorted(str(file) for file in Path(folder).glob("*.html"))
    # Forked before anything heavy is imported, so that the children stay small.
    with get_context("fork").Pool(os.cpu_count()) as pool:
        found = pool.map(article, files, chunksize=8)
    return [(month, headline, text) for month, headline, texts in found for text in texts]


def feelings(texts):
    """VADER's compound of every text, on all cores."""
    with get_context("fork").Pool(os.cpu_count(), analyser) as pool:
        return pool.map(compound, texts, chunksize=64)


def analyser():
    global VADER
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    VADER = SentimentIntensityAnalyzer()


def compound(text):
    return VADER.polarity_scores(text)["compound"]


def named(values, cuts):
    """Sentiments for compounds: below the first cut negative, at or above the second positive."""
    import numpy as np

    return np.where(values < cuts[0], "negative", np.where(values >= cuts[1], "positive", "neutral"))


def write(out, months, themes, sentiments):
    """Passages per month and label, with the passages of the month beside them."""
    import pandas as pd

    frame = pd.DataFrame({"month": months})
    labels = []
    if themes is not None:
        labels += [frame[given].assign(label=name) for name, given in themes.items()]
    if sentiments is not None:
        labels.append(frame.assign(label=sentiments))
    counts = pd.concat(labels).groupby(["month", "label"]).size().rename("passages").reset_index()
    totals = frame.groupby("month").size().rename("of")
    counts.join(totals, on="month").to_csv(out, index=False)
    print(json.dumps({"passages": len(frame)}))


def by_transformers(rows, out, models, precision):
    import numpy as np
    import torch
    from transformers import BertModel, PreTrainedTokenizerFast

    import shipped

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(models / "hf" / "tokenizer.json"),
        pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]", mask_token="[MASK]",
    )  # fmt: skip
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    model = BertModel.from_pretrained(models / "hf", add_pooling_layer=False, dtype=dtype).eval()
    order = sorted(range(len(rows)), key=lambda place: -len(rows[place][2]))
    vectors = np.empty((len(rows), model.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            inputs = tokenizer(
                [rows[place][2] for place in places],
                [rows[place][1] for place in places],
                truncation="only_first", max_length=512, padding=True, return_tensors="pt",
                return_token_type_ids=True,
            )  # fmt: skip
            states = model(**inputs).last_hidden_state.float()
            weight = inputs["attention_mask"].unsqueeze(-1).float()
            vectors[places] = ((states * weight).sum(1) / weight.sum(1)).numpy()
    settings = shipped.config()["sendlens"]
    heads = dict(np.load(models / "hf" / "heads.npz"))
    themes, sentiments = shipped.decided(vectors, heads, settings)
    names = [theme["name"] for theme in settings["themes"]]
    write(out, [row[0] for row in rows], dict(zip(names, themes.T)), sentiments)


def by_tfidf(rows, out, models):
    import joblib

    given, sentiments = joblib.load(models / "tfidf.joblib").decide([(row[1], row[2]) for row in rows])
    names = json.loads((models / "quality.json").read_text())["themes"]
    write(out, [row[0] for row in rows], dict(zip(names, given.T)), sentiments)


def by_vader(rows, out, models):
    import numpy as np

    cuts = json.loads((models / "quality.json").read_text())["vader"]["cuts"]
    write(out, [row[0] for row in rows], None, named(np.array(feelings([row[2] for row in rows])), cuts))


def main():
    kind, *rest = sys.argv[1:]
    if kind == "train":
        import train

        train.train(Path(rest[0]))
        return
    pages, out, models = (Path(part) for part in rest)
    rows = passages(pages)
    engine, _, precision = kind.partition("-")
    if engine == "transformers":
        by_transformers(rows, out, models, precision)
    elif engine == "tfidf":
        by_tfidf(rows, out, models)
    elif engine == "vader":
        by_vader(rows, out, models)
    else:
        raise SystemExit(f"`{kind}` is no job")


if __name__ == "__main__":
    main()
