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

import numpy as np

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
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)["evaluation"]
    return {name: found[key]["value"] for name, key in MEASURES.items()}


# Names here and in the program's own output.
MEASURES = {"theme_macro_f1": "macro_f1", "sentiment_macro_f1": "sentiment_macro_f1"}


def transformers_quality(models, precision):
    """The same for the job with transformers: same weights and heads, its own tokenising and batching."""
    test = shipped.annotated("test")
    program = (
        "import json, sys, numpy as np, job, shipped\n"
        "rows = [('', row['headline'], row['text']) for row in shipped.annotated('test')]\n"
        "job.write = lambda out, months, themes, sentiments: np.savez(out, sentiments=sentiments, **themes)\n"
        "job.by_transformers(rows, sys.argv[1], __import__('pathlib').Path(sys.argv[2]), sys.argv[3])\n"
    )
    out = models / "decided.npz"
    subprocess.run([sys.executable, "-c", program, out, models, precision], check=True, cwd=HERE)
    found = np.load(out)
    names = [theme["name"] for theme in shipped.config()["sendlens"]["themes"]]
    deserved, feeling = shipped.truth(test, names)
    given = np.stack([found[name] for name in names], axis=1)
    return {
        "theme_macro_f1": shipped.theme_macro_f1(given, deserved),
        "sentiment_macro_f1": shipped.sentiment_macro_f1(found["sentiments"], feeling),
    }
