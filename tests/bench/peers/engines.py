"""The first comparison: the same weights and the same passages through every engine.

Each engine is a process of its own that stays alive. All are loaded, then take turns: round by round each embeds the
whole set once, so that a busy moment of the machine falls on all of them.
"""

import hashlib
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import shipped

HERE = Path(__file__).resolve().parent

# What everything else is compared with, in order of preference.
OURS = ["sendlens int8", "sendlens f32"]

# Fidelity is measured against this one.
REFERENCE = "transformers + torch f32"

# A setting that was so much slower than the best in its first round is not given a second one.
HOPELESS = 1.3


@dataclass
class Engine:
    """What starts a worker; the file of passages and the number of threads stand in the middle."""

    name: str
    before: list
    after: list

    def command(self, passages, threads):
        return [str(part) for part in [*self.before, passages, threads, *self.after]]


class Gone(Exception):
    """A worker ended, with the reason it gave."""


class Worker:
    """A running engine."""

    def __init__(self, engine, passages, threads, log):
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
        self.log = log
        begun = time.perf_counter()
        with open(log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                engine.command(passages, threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        ready = self.hear()
        self.load = time.perf_counter() - begun
        self.settings = ready["settings"]
        self.setting = None

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            lines = Path(self.log).read_text(encoding="utf-8").strip().splitlines()
            raise Gone(lines[-1] if lines else f"ended with {self.process.returncode}")
        answer = json.loads(line)
        if "fault" in answer:
            raise Gone(answer["fault"])
        return answer

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.hear()

    def use(self, setting):
        """Takes a setting up; what that costs is part of loading if it is the first."""
        begun = time.perf_counter()
        self.ask(f"use {json.dumps(setting)}")
        if self.setting is None:
            self.load += time.perf_counter() - begun
        self.setting = setting

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def versions():
    """Of the peers from PyPI and crates.io."""
    names = ["torch", "transformers", "onnxruntime", "openvino", "nncf", "trafilatura", "scikit-learn", "pandas"]
    found = {name: importlib.metadata.version(name) for name in [*names, "vaderSentiment"]}
    for name, lock in [("rten", HERE / "rten" / "Cargo.lock"), ("rust-bert", shipped.ROOT / "Cargo.lock")]:
        entries = lock.read_text(encoding="utf-8").split("[[package]]")
        entry = next(entry for entry in entries if f'name = "{name}"\n' in entry)
        found[name] = entry.split('version = "')[1].split('"')[0]
    return found


def prepared(place):
    """The folder with the weights in every form; another one if the weights or the conversion change."""
    parts = [shipped.MODEL / "model.safetensors", shipped.MODEL / "tokenizer.json"]
    parts += [HERE / name for name in ("prepare.py", "shipped.py", "train.py", "counted.py", "requirements.txt")]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    folder = place / f"models-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    # In the folder, because onnxruntime leaves files where it works.
    subprocess.run([sys.executable, HERE / "prepare.py", folder], cwd=folder, check=True)
    return folder


def built(features, environment):
    """The worker of this repository, built with these features: its path."""
    command = ["cargo", "bench", "--no-default-features", "--bench", "peer", "--no-run", "--locked", *features]
    done = subprocess.run(
        [*command, "--message-format=json-render-diagnostics"],
        cwd=shipped.ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    return next(m["executable"] for m in messages if m.get("target", {}).get("name") == "peer" and m.get("executable"))


def rten(place):
    """The worker of rten, built: its path."""
    target = place / "cargo"
    command = ["cargo", "build", "--release", "--locked", "--target-dir", target]
    subprocess.run(command, cwd=HERE / "rten", check=True)
    return target / "release" / "peer-rten"


def libtorch(place):
    """What to set so that rust-bert builds and runs: the user's libtorch, or one put together from PyPI."""
    known = {name: os.environ[name] for name in ("LIBTORCH", "LIBTORCH_CXX11_ABI") if name in os.environ}
    if "LIBTORCH" not in known:
        done = subprocess.run(
            [shipped.ROOT / ".ci" / "libtorch", place / "libtorch"],
            env=os.environ | {"PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        known = dict(part.split("=", 1) for part in done.stdout.split() if "=" in part)
    return known


def listed(place, models, wanted):
    """All engines that are wanted, built, and why others are left out."""
    names = [part.strip() for part in wanted.engines.split(",")] if wanted.engines else [""]
    found, left_out = [], {}

    def add(name, before, after):
        if any(part in name for part in names):
            found.append(Engine(name, before, after))

    def attempt(name, make):
        # A peer that cannot be built here must not keep the others from being measured.
        if names == [""] or any(part in name or name.split()[0] in part for part in names):
            try:
                make()
            except (subprocess.CalledProcessError, OSError, StopIteration) as error:
                left_out[name] = str(error)

    own = built([], {})
    for precision in ("int8", "bf16", "f32"):
        add(f"sendlens {precision}", [own], ["--precision", precision])
    python = [sys.executable, HERE / "worker.py"]
    for precision in ("int8", "bf16", "f32"):
        add(f"OpenVINO {precision}", python, ["openvino", precision, models])
    for precision in ("int8", "f32"):
        add(f"onnxruntime {precision}", python, ["onnxruntime", precision, models])

    def add_rten():
        program = rten(place)
        for precision in ("int8", "f32"):
            add(f"rten {precision}", [program], [models / f"{precision}.onnx"])

    attempt("rten", add_rten)
    for precision in ("bf16", "f32"):
        add(f"transformers + torch {precision}", python, ["torch", precision, models])

    def add_rust_bert():
        program = built(["--features", "rust-bert"], libtorch(place))
        for precision in ("bf16", "f32"):
            add(f"rust-bert {precision}", [program], ["--rust-bert", precision])

    attempt("rust-bert", add_rust_bert)
    return found, left_out


def cost(answer, threads):
    """What counts: time on a core for one thread, time of a clock for several."""
    return answer["cpu"] if threads == 1 else answer["wall"]


def tuned(worker, threads):
    """The cheapest of the settings that the worker offers.

    Sizes of batches are tried upwards for each choice of the rest, until two in a row have not helped.
    """
    best, chosen = float("inf"), worker.settings[0]
    if len(worker.settings) == 1:
        return chosen
    least, idle, rest = float("inf"), 0, None
    for setting in worker.settings:
        others = {name: value for name, value in setting.items() if name != "batch"}
        if others != rest:
            least, idle, rest = float("inf"), 0, others
        if idle == 2:
            continue
        worker.use(setting)
        found = cost(worker.ask("run"), threads)
        if found < HOPELESS * best:
            found = min(found, cost(worker.ask("run"), threads))
        least, idle = (found, 0) if found < least else (least, idle + 1)
        if found < best:
            best, chosen = found, setting
    return chosen


def started(engine, passages, threads, logs, left_out):
    """A worker, or none where it cannot be started."""
    try:
        return Worker(engine, passages, threads, logs / f"{engine.name.replace(' ', '-')}.log")
    except Gone as reason:
        left_out[engine.name] = str(reason)
        return None


def remembered(file, name, threads):
    """The settings that an earlier comparison found for a set and a number of threads."""
    if file is None:
        return {}
    runs = json.loads(file.read_text(encoding="utf-8"))["engines"]["runs"]
    fitting = [run for run in runs if (run["set"], run["threads"]) == (name, threads)]
    return {name: row["setting"] for run in fitting for name, row in run["engines"].items()}


def probed(workers):
    """What one core can do now, in GFLOP/s."""
    return next(workers[name].ask("peak")["peak_gflops"] for name in OURS if name in workers)


def ready(engines, passages, threads, known, logs, left_out):
    """A worker for every engine that can be started, each at its best setting and warm.

    What tries settings, unless they are known, is another process, so that memory is that of the best alone.
    """
    workers = {}
    for engine in engines:
        worker = started(engine, passages, threads, logs, left_out)
        chosen = known.get(engine.name)
        if worker is not None and chosen is None:
            chosen = tuned(worker, threads)
            worker.close()
            worker = started(engine, passages, threads, logs, left_out)
        if worker is None:
            continue
        worker.use(chosen)
        worker.ask("run")
        workers[engine.name] = worker
        print(f"  {engine.name}: {chosen}", flush=True)
    return workers


def timed(engines, passages, threads, rounds, known, logs, left_out):
    """All engines on one set with one number of threads: rates, and costs beside ours round by round."""
    workers = ready(engines, passages, threads, known, logs, left_out)
    count = len(json.loads(passages.read_text(encoding="utf-8")))
    ours = next((name for name in OURS if name in workers), None)
    if ours is None:
        raise SystemExit(f"the engine of this repository cannot be started: {left_out}")
    before = probed(workers)
    answers = {name: [] for name in workers}
    names = list(workers)
    for turn in range(rounds):
        # Another one begins each round, so that nobody always follows the same neighbour.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            answers[name].append(workers[name].ask("run"))
        print(f"  round {turn + 1} of {rounds}", flush=True)
    after = probed(workers)
    rows = {}
    for name, worker in workers.items():
        costs = [cost(answer, threads) for answer in answers[name]]
        ratios = [mine / cost(own, threads) for mine, own in zip(costs, answers[ours])]
        rows[name] = {
            "setting": worker.setting,
            "load_s": worker.load,
            "wall_s": statistics.median(answer["wall"] for answer in answers[name]),
            "cpu_s": statistics.median(answer["cpu"] for answer in answers[name]),
            "passages_per_s": count / statistics.median(costs),
            "times_ours": statistics.median(ratios),
            "times_ours_spread": [min(ratios), max(ratios)],
            "rss_peak_mb": max(answer["rss_peak_mb"] for answer in answers[name]),
            "rounds": answers[name],
        }
        worker.close()
    return {"peak_gflops": [before, after], "ours": ours, "passages": count, "engines": rows}


def faithful(engines, models, chosen, logs, left_out):
    """Vectors of the whole test split: cosine to those of f32 torch, and what the shipped heads make of them."""
    width = shipped.config()["hidden_size"]
    file = models / "vectors.bin"
    vectors = {}
    for engine in engines:
        if engine.name not in chosen:
            continue
        worker = started(engine, models / "passages-test.json", 1, logs, left_out)
        if worker is None:
            continue
        worker.use(chosen[engine.name])
        worker.ask(f"vectors {file}")
        worker.close()
        vectors[engine.name] = np.fromfile(file, dtype="<f4").reshape(-1, width)
        file.unlink()
    settings = shipped.config()["sendlens"]
    themes = [theme["name"] for theme in settings["themes"]]
    deserved, feeling = shipped.truth(shipped.annotated("test"), themes)
    heads = shipped.weights()
    rows = {}
    for name, mine in vectors.items():
        given, sentiment = shipped.decided(mine, heads, settings)
        rows[name] = {
            "theme_macro_f1": shipped.theme_macro_f1(given, deserved),
            "sentiment_macro_f1": shipped.sentiment_macro_f1(sentiment, feeling),
        }
        if REFERENCE in vectors:
            wanted = vectors[REFERENCE]
            lengths = np.linalg.norm(mine, axis=1) * np.linalg.norm(wanted, axis=1)
            cosine = (mine * wanted).sum(axis=1) / lengths
            rows[name] |= {"cosine_mean": float(cosine.mean()), "cosine_min": float(cosine.min())}
    return rows


def compare(place, models, wanted, found, keep):
    """Fills `found` with everything about engines; `keep` is called whenever there is more of it."""
    logs = place / "logs"
    logs.mkdir(exist_ok=True)
    engines, left_out = listed(place, models, wanted)
    numbers = [int(part) for part in wanted.threads.split(",")] if wanted.threads else sorted({1, os.cpu_count()})
    found |= {"runs": [], "left_out": left_out}
    for name in wanted.sets.split(","):
        for threads in numbers:
            print(f"{name} passages, {threads} threads", flush=True)
            passages = models / f"passages-{name}.json"
            known = remembered(wanted.settings, name, threads)
            run = timed(engines, passages, threads, wanted.rounds, known, logs, left_out)
            found["runs"].append({"set": name, "threads": threads} | run)
            keep()
    # The settings of one thread on real passages, where that was timed.
    runs = [run for run in found["runs"] if run["threads"] == 1] or found["runs"]
    chosen = {name: row["setting"] for name, row in runs[-1]["engines"].items()}
    print("fidelity", flush=True)
    found["fidelity"] = faithful(engines, models, chosen, logs, left_out)
    keep()
