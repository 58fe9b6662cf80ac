"""The second comparison: a folder of pages in, a table of labels per month out, each job as a process from cold.

Jobs take turns, round by round. Time is that of a clock from start to end, loading and importing included; CPU seconds
are those of the process and all it started; memory is the most that the process and its children held together.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pages
import shipped

HERE = Path(__file__).resolve().parent

# What everything else is compared with.
OURS = "sendlens run"

# Seconds between two looks at memory.
LOOK_EVERY = 0.05


class Memory:
    """Looks again and again at what a process and its children hold together."""

    def __init__(self, process):
        self.process = process
        self.peak = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.done.wait(LOOK_EVERY):
            held = sum(proportional(member) for member in family(self.process))
            self.peak = max(self.peak, held)

    def close(self):
        self.done.set()
        self.thread.join()
        return self.peak / 1e6


def family(process):
    """The process and all that descend from it."""
    members = [process]
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            for child in file.read_text().split():
                members += family(int(child))
        except OSError:
            continue
    return members


def proportional(process):
    """Bytes held, pages shared by several counted in parts."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def run(command, log):
    """One job: wall, CPU seconds, peak memory, and its last line of output."""
    begun = time.perf_counter()
    with open(log, "w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=HERE
        )
        memory = Memory(process.pid)
        output = process.stdout.read()
        # Not `wait`, which keeps the times of the children to itself.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    peak = memory.close()
    if process.returncode:
        raise SystemExit(f"{command[1]} ended with {process.returncode}: see {log}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak_mb": peak}, output


def sendlens_quality(program, engine):
    """Macro-F1 of themes and of sentiment on test, as the program itself measures them."""
    gold = shipped.ANNOTATED / "test.jsonl"
    command = [program, "evaluate", "--gold", gold, "--engine", engine, "--json"]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["evaluation"]
    return {"theme_macro_f1": found["macro_f1"]["value"], "sentiment_macro_f1": found["sentiment_macro_f1"]["value"]}


def quality(kind, models):
    """The same for a job in Python."""
    command = [sys.executable, HERE / "job.py", "quality", kind, models]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def listed(program, models, corpus, out):
    """Command and measure of every job; each round writes to a place that is not there yet."""
    python = [sys.executable, HERE / "job.py", "run"]
    jobs = {
        # A first run, with nothing in its cache; it writes its report too.
        OURS: [program, "run", corpus, "-o", out / "sendlens", "--json"],
        "sendlens run --engine lexicon": [
            program, "run", corpus, "-o", out / "lexicon", "--engine", "lexicon", "--json",
        ],
    }  # fmt: skip
    for name, kind in PYTHON.items():
        jobs[name] = [*python, kind, models, corpus, out / f"{kind}.csv"]
    return jobs


def counted(output):
    """Passages that a job has counted, as it says."""
    found = json.loads(output)
    return found["passages"] if "passages" in found else found["counts"]["passages_counted"]


# Jobs of Python as `job.py` calls them.
PYTHON = {
    "trafilatura + transformers f32 + pandas": "transformers-f32",
    "trafilatura + transformers bf16 + pandas": "transformers-bf16",
    "trafilatura + TF-IDF + logistic regression": "tfidf",
    "trafilatura + VADER (sentiment only)": "vader",
}


def compare(place, models, wanted):
    """Everything about whole jobs."""
    if not wanted.sendlens.exists():
        print(f"building {wanted.sendlens.name}", flush=True)
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=shipped.ROOT, check=True)
    logs = place / "logs"
    logs.mkdir(exist_ok=True)
    corpus, out = place / "pages", place / "job"
    shutil.rmtree(corpus, ignore_errors=True)
    pages.write(corpus, wanted.articles)
    if not (models / "vader.json").exists():
        print("teaching TF-IDF and VADER", flush=True)
        subprocess.run([sys.executable, HERE / "train.py", models], check=True)
    program = wanted.sendlens.resolve()
    jobs = listed(program, models, corpus, out)
    answers = {name: [] for name in jobs}
    passages = {}
    names = list(jobs)
    for turn in range(wanted.job_rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            answer, output = run(jobs[name], logs / "job.log")
            answers[name].append(answer)
            passages[name] = counted(output)
            print(f"  {name}: {answer['wall']:.1f} s", flush=True)
    rows = {}
    for name, rounds in answers.items():
        ratios = [own["wall"] / ours["wall"] for own, ours in zip(rounds, answers[OURS])]
        wall = statistics.median(answer["wall"] for answer in rounds)
        rows[name] = {
            "wall_s": wall,
            "cpu_s": statistics.median(answer["cpu"] for answer in rounds),
            "articles_per_s": wanted.articles / wall,
            "times_ours": statistics.median(ratios),
            "times_ours_spread": [min(ratios), max(ratios)],
            "peak_mb": max(answer["peak_mb"] for answer in rounds),
            "passages": passages[name],
            "rounds": rounds,
        }
        if name in PYTHON:
            rows[name] |= quality(PYTHON[name], models)
        else:
            rows[name] |= sendlens_quality(program, "lexicon" if "lexicon" in name else "encoder")
    return {"articles": wanted.articles, "ours": OURS, "jobs": rows}
