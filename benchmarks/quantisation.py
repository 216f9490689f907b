"""Whether face68-fast gains from arithmetic with eight bits: its error and its time, beside those without.

    python -m benchmarks.quantisation [--data DIR] [--model face68-fast]

ONNX Runtime rounds the weights of each convolution's channels, and its inputs by their range over crops of training
photographs. Errors are from photograph to points, on the validation part of 300-W train.txt.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facekp.checkpoint import load_checkpoint
from facekp.engine_onnxruntime import OnnxEngine, import_onnxruntime
from facekp.engines import Engine, make_engine
from facekp.export import onnx_model
from facekp.images import load_image
from facekp.predict import KeypointPredictor
from training.command import told
from training.data import data_folder, read_300w
from training.measure import ask
from training.splits import outline_schema, read_split

onnxruntime = import_onnxruntime()
from onnxruntime import quantization  # noqa: E402 - as a part of it, that is silent by now

CALIBRATION, ROUNDS, BATCH = 128, 100, 16
Crops = NDArray[np.uint8]


class Noted:
    """An engine that keeps the crops it was given."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.crops: list[Crops] = []

    def __call__(self, crops: Crops) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """As the engine."""
        self.crops += [crops[place : place + 1] for place in range(len(crops))]
        return self.engine(crops)


class Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
    """Crops as ONNX Runtime asks for them, one after another."""

    def __init__(self, crops: Sequence[Crops]) -> None:
        self._rest: Iterator[Crops] = iter(crops)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next crop, None after the last."""
        crops = next(self._rest, None)
        return None if crops is None else {"crops": crops[:, None].astype(np.float32)}


def quantised(model: bytes, crops: Sequence[Crops]) -> bytes:
    """An ONNX model whose convolutions take eight bits."""
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / f"{name}.onnx" for name in ("plain", "ready", "small"))
        plain.write_bytes(model)
        quantization.quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantization.quantize_static(
            ready,
            small,
            Calibration(crops),
            per_channel=True,
            op_types_to_quantize=["Conv"],
            activation_type=quantization.QuantType.QUInt8,  # by weights with a sign: that x86 multiplies fastest
        )
        return small.read_bytes()


def milliseconds(engines: Mapping[str, Engine], crops: Crops) -> dict[str, float]:
    """For a crop, the median of many rounds, in which the engines take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            began = time.perf_counter()
            engine(crops)
            seconds[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(times) / len(crops) for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--model", default="face68-fast", help="a checkpoint of 68 points (default: face68-fast)")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # onnxruntime recommends what is done already
    torch.set_num_threads(1)
    data, checkpoint = data_folder(arguments.data), load_checkpoint(arguments.model)
    predictor = KeypointPredictor(checkpoint)
    samples = read_split(data, checkpoint.card, "validation")
    held = {sample.photo for sample in samples}
    photographs = [face.photo for face in read_300w(data, "train") if face.photo not in held]
    noted = predictor.locator.engine = Noted(make_engine(checkpoint))
    for photo in np.random.default_rng(0).choice(np.array(photographs, dtype=object), CALIBRATION, replace=False):
        predictor.predict(load_image(photo))
    eight_bits = OnnxEngine(checkpoint)
    eight_bits._session = onnxruntime.InferenceSession(
        quantised(onnx_model(checkpoint), noted.crops), eight_bits._session.get_session_options()
    )
    engines = {"torch": noted.engine, "ONNX Runtime": OnnxEngine(checkpoint), "ONNX Runtime, eight bits": eight_bits}
    print(f"{checkpoint.name}, the network alone, one thread, the same crops again and again\n")
    print(f"{'':<28}{'error, %':>10}{'single, ms':>13}{f'by {BATCH}, ms':>13}")
    single, batch = (milliseconds(engines, np.concatenate(noted.crops[:count])) for count in (1, BATCH))
    for name, engine in engines.items():
        predictor.locator.engine = engine
        answers = ask(predictor, samples, outline_schema("300w"))
        error = 100 * np.mean([answer.relative.mean() for answer in answers])
        print(f"{name:<28}{error:>10.3f}{single[name]:>13.2f}{batch[name]:>13.2f}")
    print(f"\nerror: of the outer eye distance, on {len(samples)} validation photographs")


if __name__ == "__main__":
    told(main)
