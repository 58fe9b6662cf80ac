"""What the notebooks share: where the run lies, the colours, the interval of a share, safe text."""

import json
import os
from pathlib import Path

import altair as alt
import polars as pl

# Okabe and Ito's palette, which colour-blind readers can tell apart: one colour per theme, everywhere.
COLOURS = {
    "leadership": "#0072B2",
    "politics": "#D55E00",
    "transport": "#009E73",
    "outcomes": "#CC79A7",
}
# For themes of your own, and for what is no theme.
OTHER = "#E69F00"
GREY = "#767676"

# Below this many passages a share is drawn hollow. A choice, not a law: at 30 the interval of a share
# of one half is about 35 points wide.
FEW = 30

# The output folder of `sendlens run`.
OUT = Path(os.environ.get("SENDLENS_OUT", "../out"))


def run_record():
    """`run.json`: what was read, with which model, and how good that model was when it was measured."""
    return json.loads((OUT / "run.json").read_text(encoding="utf-8"))


def colour(theme):
    """The colour of a theme."""
    return COLOURS.get(theme, OTHER)


def quality(record, labels):
    """Measured precision and recall of labels: of 100 given, how many right; of 100 due, how many found."""
    measured = record["engine"]["measured"]
    return pl.DataFrame(
        [
            {
                "label": label,
                "right of 100 given": round(100 * measured[label]["precision"]),
                "found of 100 due": round(100 * measured[label]["recall"]),
            }
            for label in labels
            if label in measured
        ]
    )


def with_interval(frame, count="passages", of="all_passages"):
    """Adds `share`, `low` and `high`: count / of, and Wilson's 95% interval; null where `of` is 0.

    The interval says how far chance alone could move a share of so few passages, as if each had been drawn
    by itself. It knows nothing of wrong labels, and passages of one article are alike: it is too narrow.
    """
    z = 1.96
    n = pl.when(pl.col(of) > 0).then(pl.col(of))
    p = pl.col(count) / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)).sqrt()
    return frame.with_columns(
        share=p,
        low=(middle - half).clip(0, 1),
        high=(middle + half).clip(0, 1),
    )


def plain(text):
    """Text of an article on one line, without characters that could steer a screen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@alt.theme.register("sendlens", enable=True)
def _theme():
    label = {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}
    return {
        "config": {
            "background": "white",
            "view": {"stroke": None},
            # Room for the labels of the y axis, the same in every panel, so that panels stand in line.
            "axisY": {"minExtent": 34},
            "axis": {**label, "gridColor": "#e8e8e8", "domainColor": "#999", "tickColor": "#999"},
            "legend": label,
            "title": {"fontSize": 13, "anchor": "start", "fontWeight": "bold", "subtitleColor": "#555"},
        }
    }


# Pictures inside the notebook: they show wherever the file is shown, and nothing is fetched.
alt.renderers.enable("png", scale_factor=2)
pl.Config(
    tbl_hide_column_data_types=True,
    tbl_hide_dataframe_shape=True,
    tbl_rows=40,
    tbl_cols=20,
    fmt_str_lengths=200,
    tbl_width_chars=120,
)
