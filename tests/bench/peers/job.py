"""A whole job as an analyst would put it together in Python: pages in, a table of labels per month out.

`job.py run KIND MODELS PAGES OUT.csv`, KIND being transformers-f32, transformers-bf16, tfidf or vader, reads every page
with trafilatura, labels its paragraphs and counts them with pandas. `job.py quality KIND MODELS` says how good those
labels are on the test passages.
"""

import json
import os
import sys
from multiprocessing import get_context
from pathlib import Path

import lexicon

# Passages that go through transformers together, sorted by length: about the best size in the comparison of engines.
BATCH = 16


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


def write(out, months, themes, sentiments):
    """Passages per month and label, with the passages of the month beside them."""
    import pandas as pd

    frame = pd.DataFrame({"month": months})
    labels = [frame[given].assign(label=name) for name, given in themes.items()]
    labels.append(frame.assign(label=sentiments))
    counts = pd.concat(labels).groupby(["month", "label"]).size().rename("passages").reset_index()
    totals = frame.groupby("month").size().rename("of")
    counts.join(totals, on="month").to_csv(out, index=False)


def by_transformers(rows, models, precision):
    """Themes by name and sentiments, from the shipped weights and heads."""
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
    themes, sentiments = shipped.decided(vectors, dict(np.load(models / "hf" / "heads.npz")), settings)
    return dict(zip((theme["name"] for theme in settings["themes"]), themes.T)), sentiments


def by_tfidf(rows, models):
    """The same from counted words."""
    import joblib

    model = joblib.load(models / "tfidf.joblib")
    themes, sentiments = model.decide([row[1:] for row in rows])
    return dict(zip(model.names, themes.T)), sentiments


def by_vader(rows, models):
    """No themes; sentiments by VADER's compound and the cuts chosen on dev."""
    import numpy as np

    cuts = json.loads((models / "vader.json").read_text())
    return {}, lexicon.named(np.array(lexicon.compounds([row[2] for row in rows])), cuts)


def labelled(kind, rows, models):
    """Themes and sentiments by the engine named."""
    engine, _, precision = kind.partition("-")
    if engine == "transformers":
        return by_transformers(rows, models, precision)
    return {"tfidf": by_tfidf, "vader": by_vader}[engine](rows, models)


def quality(kind, models):
    """Macro-F1 of themes and of sentiment on test."""
    import numpy as np

    import shipped

    test = shipped.annotated("test")
    themes, sentiments = labelled(kind, [("", row["headline"] or "", row["text"]) for row in test], models)
    deserved, feeling = shipped.truth(test, list(themes))
    found = {"sentiment_macro_f1": shipped.sentiment_macro_f1(sentiments, feeling)}
    if themes:
        found["theme_macro_f1"] = shipped.theme_macro_f1(np.stack(list(themes.values()), axis=1), deserved)
    return found


def main():
    command, kind, models, *rest = sys.argv[1:]
    models = Path(models)
    if command == "quality":
        print(json.dumps(quality(kind, models)))
        return
    pages, out = rest
    rows = passages(pages)
    themes, sentiments = labelled(kind, rows, models)
    write(out, [row[0] for row in rows], themes, sentiments)
    print(json.dumps({"passages": len(rows)}))


if __name__ == "__main__":
    main()
