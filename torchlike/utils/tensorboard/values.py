"""What is written, as TensorBoard's records."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from ...core.tensor import Tensor


def as_array(x) -> np.ndarray:
    """The numbers of a Tensor, array, list or number, on the host."""
    array = np.asarray(x.detach().jax() if isinstance(x, Tensor) else x)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def scalar(tag: str, value) -> Summary:
    """One number."""
    array = as_array(value).reshape(-1)
    if array.size != 1:
        raise AssertionError("scalar should be 0D")
    return Summary(value=[Summary.Value(tag=tag, simple_value=float(array[0]))])


def _default_edges() -> np.ndarray:
    """Borders that grow by a tenth each, on both sides of zero: what TensorBoard's own histograms have."""
    positive = 1e-12 * 1.1 ** np.arange(math.ceil(math.log(1e32) / math.log(1.1)))
    return np.concatenate([-positive[::-1], [0.0], positive])


def histogram(tag: str, values, bins="tensorflow", max_bins: int | None = None) -> Summary:
    """How numbers are spread over bins: "tensorflow"'s, or any that np.histogram takes."""
    numbers = as_array(values).reshape(-1).astype(np.float64)
    if not numbers.size:
        raise ValueError("The input has no element.")
    counts, edges = np.histogram(numbers, bins=_default_edges() if isinstance(bins, str) and bins == "tensorflow" else bins)
    if max_bins is not None and len(counts) > max_bins:
        step = -(-len(counts) // max_bins)
        counts, edges = np.add.reduceat(counts, np.arange(0, len(counts), step)), np.append(edges[:-1:step], edges[-1])
    used = np.flatnonzero(counts)
    first, last = (int(used[0]), int(used[-1])) if used.size else (0, 0)
    return Summary(value=[Summary.Value(tag=tag, histo=HistogramProto(
        min=numbers.min(), max=numbers.max(), num=len(numbers), sum=numbers.sum(), sum_squares=np.square(numbers).sum(),
        bucket_limit=edges[first + 1 : last + 2].tolist(), bucket=counts[first : last + 1].tolist()))])


def text(tag: str, words: str) -> Summary:
    """A text, which TensorBoard reads as Markdown."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    tensor = TensorProto(dtype="DT_STRING", string_val=[words.encode()], tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]))
    return Summary(value=[Summary.Value(tag=f"{tag}/text_summary", metadata=metadata, tensor=tensor)])


def image(tag: str, picture, dataformats: str = "CHW") -> Summary:
    """A picture; floats are from 0 to 1, bytes from 0 to 255. Several ("N") stand side by side in a grid of up to eight columns."""
    pixels = _as_rows(as_array(picture), dataformats)
    if pixels.dtype != np.uint8:
        pixels = np.clip(pixels * 255.0, 0, 255).astype(np.uint8)
    height, width, channels = pixels.shape
    record = Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=_png(pixels))
    return Summary(value=[Summary.Value(tag=tag, image=record)])


def _as_rows(array: np.ndarray, dataformats: str) -> np.ndarray:
    """The picture with dimensions (height, width, channels)."""
    formats = dataformats.upper()
    if len(formats) != array.ndim or len(set(formats)) != len(formats):
        raise AssertionError(f"size of input tensor and input format are different. tensor shape: {array.shape}, input_format: {dataformats}")
    if "N" in formats:
        return _grid(np.stack([_as_rows(one, formats.replace("N", "")) for one in np.moveaxis(array, formats.index("N"), 0)]))
    if "C" not in formats:
        array, formats = array[..., None], formats + "C"
    rows = array.transpose([formats.index(letter) for letter in "HWC"])
    return np.repeat(rows, 3, axis=2) if rows.shape[2] == 1 else rows


def _grid(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    count, height, width, channels = pictures.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    canvas = np.zeros((rows * columns, height, width, channels), pictures.dtype)
    canvas[:count] = pictures
    return canvas.reshape(rows, columns, height, width, channels).swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def _png(pixels: np.ndarray) -> bytes:
    """The bytes of a PNG file: signature, header, compressed rows, end."""
    height, width, channels = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")


def run_settings(settings: dict) -> Summary:
    """The settings of a run: booleans, numbers and texts by name."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    start = SessionStartInfo()
    for name, value in settings.items():
        value = value.item() if isinstance(value, Tensor) else value
        if isinstance(value, bool):
            start.hparams[name].bool_value = value
        elif isinstance(value, int | float):
            start.hparams[name].number_value = value
        elif isinstance(value, str):
            start.hparams[name].string_value = value
        else:
            raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
    return _session("SESSION_START_INFO_TAG", HParamsPluginData(session_start_info=start))


def run_end() -> Summary:
    """That a run is over, and well."""
    from tensorboard.plugins.hparams.api_pb2 import Status
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    return _session("SESSION_END_INFO_TAG", HParamsPluginData(session_end_info=SessionEndInfo(status=Status.Value("STATUS_SUCCESS"))))


def _session(tag: str, data) -> Summary:
    from tensorboard.plugins.hparams import metadata

    return Summary(value=[Summary.Value(tag=getattr(metadata, tag), metadata=metadata.create_summary_metadata(data))])
