"""The numbers as Markdown."""


def page(record):
    """The whole page."""
    parts = [head(record)]
    if "engines" in record:
        parts += [engines(run) for run in record["engines"]["runs"]]
        if "fidelity" in record["engines"]:
            parts.append(fidelity(record["engines"]["fidelity"]))
        if record["engines"]["left_out"]:
            reasons = [f"- {name}: {reason}" for name, reason in record["engines"]["left_out"].items()]
            parts.append("Not measured here:\n\n" + "\n".join(reasons))
    if "jobs" in record:
        parts.append(jobs(record["jobs"]))
    return "\n\n".join(parts) + "\n"


def head(record):
    place = record["machine"]
    load = ", ".join(f"{value:.1f}" for value in place["load_average_at_start"])
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return (
        f"# Sendlens beside its peers\n\nTaken {record['taken']} at {place['commit']} on {place['processor']}, "
        f"{place['cores']} cores, {', '.join(place['instructions'])}; load at the start {load}. {versions}."
    )


def table(columns, rows):
    """A table; the first column is left-aligned, all others are numbers."""
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def beside(row, ours):
    """How many times the cost of ours, median and spread of the rounds."""
    low, high = row["times_ours_spread"]
    return "1" if ours else f"{row['times_ours']:.2f} ({low:.2f}–{high:.2f})"


def setting(row):
    return ", ".join(f"{name} {value}" for name, value in row["setting"].items()) or "–"


def engines(run):
    """One set on so many threads, the fastest first."""
    before, after = (f"{value:.0f}" if value else "?" for value in run["peak_gflops"])
    names = {"fixed": "64 tokens each", "real": "of the test split, with headlines"}
    is_alone = run["threads"] == 1
    rate = "passages/s per core" if is_alone else "passages/s"
    rounds = len(next(iter(run["engines"].values()))["rounds"])
    title = (
        f"## {run['passages']} passages, {names.get(run['set'], run['set'])}, "
        f"{run['threads']} thread{'' if is_alone else 's'}\n\n"
        f"Medians of {rounds} interleaved rounds, by {'time on the core' if is_alone else 'the clock'}; "
        f"one core could do {before} GFLOP/s (f32) before and {after} after."
    )
    columns = ["engine", rate, f"times {run['ours']}", "CPU s", "wall s", "load s", "peak MB", "setting"]
    ranked = sorted(run["engines"].items(), key=lambda pair: -pair[1]["passages_per_s"])
    rows = [
        [
            name,
            f"{row['passages_per_s']:.0f}",
            beside(row, name == run["ours"]),
            f"{row['cpu_s']:.2f}",
            f"{row['wall_s']:.2f}",
            f"{row['load_s']:.2f}",
            f"{row['rss_peak_mb']:.0f}",
            setting(row),
        ]
        for name, row in ranked
    ]
    return title + "\n\n" + table(columns, rows)


def number(row, name, digits):
    return f"{row[name]:.{digits}f}" if name in row else "–"


def fidelity(found):
    """What each engine's vectors are worth, on the whole test split."""
    columns = ["engine", "cosine to f32 torch, mean", "min", "themes macro-F1", "sentiment macro-F1"]
    rows = [
        [
            name,
            number(row, "cosine_mean", 5),
            number(row, "cosine_min", 4),
            number(row, "theme_macro_f1", 3),
            number(row, "sentiment_macro_f1", 3),
        ]
        for name, row in found.items()
    ]
    return "## Fidelity, whole test split\n\nThe shipped heads and thresholds on each engine's vectors.\n\n" + table(
        columns, rows
    )


def jobs(found):
    """Whole jobs, the fastest first."""
    columns = [
        "job", "articles/s", f"times {found['ours']}", "wall s", "CPU s", "peak MB", "passages", "themes macro-F1",
        "sentiment macro-F1",
    ]  # fmt: skip
    ranked = sorted(found["jobs"].items(), key=lambda pair: pair[1]["wall_s"])
    rows = [
        [
            name,
            f"{row['articles_per_s']:.1f}",
            beside(row, name == found["ours"]),
            f"{row['wall_s']:.1f}",
            f"{row['cpu_s']:.1f}",
            f"{row['peak_mb']:.0f}",
            str(row["passages"]),
            number(row, "theme_macro_f1", 3),
            number(row, "sentiment_macro_f1", 3),
        ]
        for name, row in ranked
    ]
    rounds = len(next(iter(found["jobs"].values()))["rounds"])
    return (
        f"## {found['articles']} pages of HTML to a table of labels per month\n\n"
        f"Medians of {rounds} interleaved rounds, from a cold process to its end, all cores.\n\n" + table(columns, rows)
    )
