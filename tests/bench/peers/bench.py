"""Sendlens beside what else could do its work, in one run on one machine: `python3 tests/bench/peers/bench.py`.

Makes a virtual environment, installs the peers, builds the workers, converts the shipped weights for each peer, and
measures: engines first (passages per second), then whole jobs (articles per second). See README.md for the rules.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PLACE = ROOT / "target" / "peers"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PLACE / "results", help="folder for peers.md and peers.json")
    parser.add_argument("--venv", type=Path, default=PLACE / "venv", help="virtual environment to use or make")
    parser.add_argument("--engines", help="names in part, with commas: sendlens,int8 [default: all]")
    parser.add_argument("--sets", default="fixed,real", help="sets of passages to time")
    parser.add_argument("--threads", help="numbers of threads [default: 1 and all]")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per engine and set, interleaved")
    parser.add_argument("--settings", type=Path, help="an earlier peers.json whose settings are used, none tried")
    parser.add_argument("--jobs", choices=["too", "only", "no"], default="too", help="whether to time whole jobs")
    parser.add_argument("--articles", type=int, default=300, help="pages of a whole job")
    parser.add_argument("--job-rounds", type=int, default=3, help="rounds per whole job, interleaved")
    parser.add_argument(
        "--sendlens", type=Path, default=ROOT / "target" / "release" / "sendlens", help="the program to time"
    )
    return parser.parse_args()


def enter(place):
    """Goes on in the virtual environment, with the peers installed as requirements.txt pins them."""
    python = place / "bin" / "python"
    pinned = HERE / "requirements.txt"
    if not python.exists():
        print(f"making {place}", flush=True)
        venv.create(place, with_pip=True)
    installed = place / "installed.txt"
    if not installed.exists() or installed.read_text() != pinned.read_text():
        print("installing the peers from PyPI (some 4 GB of downloads for torch and what it wants)", flush=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        subprocess.run([*pip, "-r", pinned], check=True)
        installed.write_text(pinned.read_text())
    if Path(sys.prefix) != place.resolve():
        os.execv(python, [str(python), *sys.argv])


def machine():
    """What the numbers hold for."""
    text = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "?")
    flags = next((line.split(":")[1].split() for line in text.splitlines() if line.startswith("flags")), [])
    wanted = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16"]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "instructions": [flag for flag in wanted if flag in flags],
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
        "load_average_at_start": os.getloadavg(),
    }


def main():
    wanted = arguments()
    if platform.system() != "Linux":
        raise SystemExit("the bench reads times and memory as Linux gives them")
    enter(wanted.venv)

    # Only here: what follows needs the packages of the environment.
    import engines
    import jobs
    import tables

    wanted.out.mkdir(parents=True, exist_ok=True)
    models = engines.prepared(PLACE)
    record = {"taken": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    record["versions"] = engines.versions()

    def keep():
        (wanted.out / "peers.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        (wanted.out / "peers.md").write_text(tables.page(record), encoding="utf-8")

    if wanted.jobs != "only":
        record["engines"] = {}
        engines.compare(PLACE, models, wanted, record["engines"], keep)
    if wanted.jobs != "no":
        record["jobs"] = jobs.compare(PLACE, models, wanted)
    keep()
    print(tables.page(record))


if __name__ == "__main__":
    main()
