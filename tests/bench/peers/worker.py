"""An engine of Python as a worker of the bench: `worker.py PASSAGES.json THREADS ENGINE PRECISION FOLDER`.

What is said on stdin and stdout stands in `protocol.rs`. Each engine is given token ids; padding, the pass and
pooling are within its time.
"""

import json
import sys
import time

START = time.perf_counter()

import itertools  # noqa: E402, the time of an import counts
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

BATCHES = [1, 2, 4, 8, 16, 32, 64]

# OpenVINO compiles a model per shape where shapes are fixed; widths are rounded up to so many tokens.
WIDTH_STEP = 8


class Torch:
    """transformers on torch; the mean over tokens in f32 whatever the network computes in."""

    def __init__(self, folder, precision, threads):
        import torch
        from transformers import BertModel

        torch.set_num_threads(threads)
        self.torch = torch
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
        self.model = BertModel.from_pretrained(folder / "hf", add_pooling_layer=False, dtype=dtype).eval()

    def settings(self):
        return [{"batch": size} for size in BATCHES]

    def choose(self, setting, shapes):
        pass

    def run(self, batches):
        torch = self.torch
        with torch.inference_mode():
            for inputs in batches:
                ids, mask, types = (torch.from_numpy(array) for array in inputs)
                states = self.model(ids, mask, types).last_hidden_state.float()
                weight = mask.unsqueeze(-1).float()
                yield ((states * weight).sum(1) / weight.sum(1)).numpy()


class OnnxRuntime:
    """onnxruntime with all its graph optimisations, on the graph as exported or with attention fused before."""

    def __init__(self, folder, precision, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL

        def session(file):
            return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

        self.open = {
            "exported": lambda: session(folder / f"{precision}.onnx"),
            "fused": lambda: session(folder / f"{precision}-fused.onnx"),
        }
        self.graph = None

    def settings(self):
        return [{"graph": graph, "batch": size} for graph in self.open for size in BATCHES]

    def choose(self, setting, shapes):
        if setting["graph"] != self.graph:
            self.graph = setting["graph"]
            self.session = self.open[self.graph]()

    def run(self, batches):
        for ids, mask, types in batches:
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
            yield self.session.run(["vectors"], inputs)[0]


class OpenVino:
    """OpenVINO with shapes free or fixed; with several threads a passage on all of them or one on each."""

    def __init__(self, folder, precision, threads):
        import openvino

        self.openvino = openvino
        self.core = openvino.Core()
        self.threads = threads
        file = "openvino-int8.xml" if precision == "int8" else "openvino-f32.xml"
        self.model = self.core.read_model(folder / file)
        self.options = {"INFERENCE_NUM_THREADS": threads}
        if precision != "int8":
            self.options["INFERENCE_PRECISION_HINT"] = precision

    def settings(self):
        hints = ["LATENCY"] if self.threads == 1 else ["LATENCY", "THROUGHPUT"]
        return [
            {"shapes": shapes, "hint": hint, "batch": size}
            for shapes, hint, size in itertools.product(["free", "fixed"], hints, BATCHES)
        ]

    def choose(self, setting, shapes):
        options = self.options | {"PERFORMANCE_HINT": setting["hint"]}
        self.is_fixed = setting["shapes"] == "fixed"
        self.requests = {}
        if not self.is_fixed:
            self.model.reshape({name: [-1, -1] for name in ("input_ids", "attention_mask", "token_type_ids")})
            models = {None: self.core.compile_model(self.model, "CPU", options)}
        else:
            models = {}
            for shape in sorted(set(shapes)):
                self.model.reshape({name: list(shape) for name in ("input_ids", "attention_mask", "token_type_ids")})
                models[shape] = self.core.compile_model(self.model, "CPU", options)
        for shape, model in models.items():
            jobs = model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") if setting["hint"] == "THROUGHPUT" else 1
            self.requests[shape] = self.openvino.AsyncInferQueue(model, jobs)
            self.requests[shape].set_callback(self.keep)

    def keep(self, request, place):
        self.results[place] = request.get_output_tensor(0).data.copy()

    def run(self, batches):
        self.results = {}
        for place, inputs in enumerate(batches):
            requests = self.requests[inputs[0].shape if self.is_fixed else None]
            requests.start_async(dict(enumerate(inputs)), place)
        for requests in self.requests.values():
            requests.wait_all()
        return (self.results[place] for place in range(len(batches)))


ENGINES = {"torch": Torch, "onnxruntime": OnnxRuntime, "openvino": OpenVino}


class Worker:
    """An engine and the passages it embeds."""

    def __init__(self, passages, engine):
        self.engine = engine
        self.passages = [tuple(np.array(passage[name]) for name in ("ids", "type_ids")) for passage in passages]
        self.step = 1
        self.size = 1

    def order(self):
        """Places in batches, sorted by length, the longest first."""
        places = sorted(range(len(self.passages)), key=lambda place: -len(self.passages[place][0]))
        return [places[start : start + self.size] for start in range(0, len(places), self.size)]

    def shape(self, places):
        longest = len(self.passages[places[0]][0])
        return len(places), -(-longest // self.step) * self.step

    def batch(self, places):
        """Ids, mask and segments of some passages, padded to the longest."""
        ids, mask, types = (np.zeros(self.shape(places), dtype=np.int64) for _ in range(3))
        for row, place in enumerate(places):
            own, own_types = self.passages[place]
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
            types[row, : len(own)] = own_types
        return ids, mask, types

    def use(self, setting):
        self.size = setting["batch"]
        self.step = WIDTH_STEP if setting.get("shapes") == "fixed" else 1
        self.engine.choose(setting, [self.shape(places) for places in self.order()])
        return {"used": setting}

    def embed(self):
        """The pooled vectors, in order."""
        order = self.order()
        vectors = [None] * len(self.passages)
        for places, rows in zip(order, self.engine.run([self.batch(places) for places in order])):
            for place, row in zip(places, rows):
                vectors[place] = row
        return np.stack(vectors)

    def run(self):
        wall, cpu = time.perf_counter(), time.process_time()
        self.embed()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {"wall": wall, "cpu": cpu, "rss_peak_mb": peak_megabytes()}

    def vectors(self, file):
        Path(file).write_bytes(self.embed().astype("<f4").tobytes())
        return {"written": file}


def peak_megabytes():
    """Most memory that this process has held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return float("nan")


def main():
    file, threads, engine, precision, folder = sys.argv[1:]
    passages = json.loads(Path(file).read_text(encoding="utf-8"))
    worker = Worker(passages, ENGINES[engine](Path(folder), precision, int(threads)))
    say({"ready": time.perf_counter() - START, "settings": worker.engine.settings()})
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "use":
            say(worker.use(json.loads(rest)))
        elif word == "run":
            say(worker.run())
        elif word == "vectors":
            say(worker.vectors(rest))
        else:
            say({"fault": f"`{word}` is no command"})


def say(answer):
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
