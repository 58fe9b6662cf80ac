"""Passages, and the shipped weights in the form that each peer wants, quantised its own best way.

`prepare.py FOLDER` writes `passages-*.json`, `hf/` (transformers), `f32.onnx`, `int8*.onnx` (onnxruntime's dynamic
quantisation, per channel, of the graph as exported and with its attention fused) and `openvino-*.xml` (NNCF's static
quantisation, calibrated on training passages). What is there already stays.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

import shipped

# Training passages that NNCF looks at for the ranges of activations; its own default.
CALIBRATION = 300

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def write_passages(folder):
    """The sets: fixed length, real length, and the whole test split for fidelity and F1."""
    encoder = shipped.Encoder()
    test = shipped.annotated("test")
    sets = {
        "fixed": shipped.fixed(encoder),
        "real": shipped.labelled(encoder, shipped.evenly(test, shipped.PASSAGES)),
        "test": shipped.labelled(encoder, test),
    }
    for name, passages in sets.items():
        (folder / f"passages-{name}.json").write_text(json.dumps(passages), encoding="utf-8")


def write_hf(folder):
    """The model as transformers loads it, in f32."""
    import torch
    from transformers import BertConfig, BertModel

    known = shipped.config()
    names = [
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
        "layer_norm_eps", "max_position_embeddings", "type_vocab_size", "vocab_size",
    ]  # fmt: skip
    model = BertModel(BertConfig(**{name: known[name] for name in names}), add_pooling_layer=False)
    state = {name: torch.from_numpy(values) for name, values in shipped.weights().items()}
    heads = {name: state.pop(name) for name in list(state) if name.startswith("heads.")}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or any("position_ids" not in name and "token_type_ids" not in name for name in missing):
        raise SystemExit(f"weights do not fit transformers' BERT: missing {missing}, unexpected {unexpected}")
    model.save_pretrained(folder / "hf")
    shutil.copy(shipped.MODEL / "tokenizer.json", folder / "hf" / "tokenizer.json")
    np.savez(folder / "hf" / "heads.npz", **{name: values.numpy() for name, values in heads.items()})


def write_onnx(folder):
    """The graph with mean pooling inside, so that every runtime may optimise all of it."""
    import torch
    from transformers import BertModel

    class Pooled(torch.nn.Module):
        """Encoder and mean over the tokens that are no padding."""

        def __init__(self):
            super().__init__()
            self.bert = BertModel.from_pretrained(folder / "hf", add_pooling_layer=False, attn_implementation="eager")

        def forward(self, input_ids, attention_mask, token_type_ids):
            states = self.bert(input_ids, attention_mask, token_type_ids).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(states.dtype)
            return (states * weight).sum(1) / weight.sum(1)

    ids = torch.ones(2, 16, dtype=torch.int64)
    axes = {name: {0: "passages", 1: "tokens"} for name in INPUTS}
    torch.onnx.export(
        Pooled().eval(),
        (ids, ids, torch.zeros_like(ids)),
        folder / "f32.onnx",
        input_names=INPUTS,
        output_names=["vectors"],
        dynamic_axes=axes | {"vectors": {0: "passages"}},
        opset_version=17,
        dynamo=False,
    )


def write_fused(folder):
    """The same with attention, normalisation and GELU as onnxruntime's own operators."""
    from onnxruntime.transformers import optimizer

    known = shipped.config()
    fused = optimizer.optimize_model(
        str(folder / "f32.onnx"),
        model_type="bert",
        num_heads=known["num_attention_heads"],
        hidden_size=known["hidden_size"],
        opt_level=0,
    )
    print("fused by onnxruntime:", fused.get_fused_operator_statistics())
    fused.save_model_to_file(str(folder / "f32-fused.onnx"))


def write_int8_onnx(folder, source, target, per_channel):
    """Weights as int8 per output channel (or per matrix), activations as uint8 when they are there."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready = folder / "ready.onnx"
    if "fused" in source:
        shutil.copy(folder / source, ready)
    else:
        quant_pre_process(str(folder / source), str(ready), skip_symbolic_shape=True)
    quantize_dynamic(
        ready,
        folder / target,
        per_channel=per_channel,
        reduce_range=False,
        weight_type=QuantType.QInt8,
        # Nobody says what type the fused operators give.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    ready.unlink()


def write_openvino(folder):
    """OpenVINO's own format, in f32 and quantised by NNCF."""
    import nncf
    import openvino

    model = openvino.convert_model(str(folder / "f32.onnx"))
    openvino.save_model(model, folder / "openvino-f32.xml", compress_to_fp16=False)
    encoder = shipped.Encoder()
    passages = shipped.labelled(encoder, shipped.evenly(shipped.annotated("train"), CALIBRATION))

    def arrays(passage):
        ids = np.array([passage["ids"]], dtype=np.int64)
        return dict(zip(INPUTS, (ids, np.ones_like(ids), np.array([passage["type_ids"]], dtype=np.int64))))

    quantised = nncf.quantize(
        model,
        nncf.Dataset(passages, arrays),
        subset_size=CALIBRATION,
        model_type=nncf.ModelType.TRANSFORMER,
    )
    openvino.save_model(quantised, folder / "openvino-int8.xml", compress_to_fp16=False)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    steps = [
        ("passages-test.json", lambda: write_passages(folder)),
        ("hf/heads.npz", lambda: write_hf(folder)),
        ("f32.onnx", lambda: write_onnx(folder)),
        ("f32-fused.onnx", lambda: write_fused(folder)),
        ("int8.onnx", lambda: write_int8_onnx(folder, "f32.onnx", "int8.onnx", True)),
        ("int8-fused.onnx", lambda: write_int8_onnx(folder, "f32-fused.onnx", "int8-fused.onnx", True)),
        ("openvino-int8.xml", lambda: write_openvino(folder)),
    ]
    for name, step in steps:
        if not (folder / name).exists():
            print(f"making {name}", flush=True)
            step()


if __name__ == "__main__":
    main()
