"""`SummaryWriter`: events in a folder that TensorBoard shows."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from . import values


class FileWriter:
    """One file of events (torch.utils.tensorboard.FileWriter)."""

    def __init__(self, log_dir, max_queue: int = 10, flush_secs: int = 120, filename_suffix: str = ""):
        self._writer = EventFileWriter(str(log_dir), max_queue, flush_secs, filename_suffix)

    def get_logdir(self) -> str:
        """The folder."""
        return self._writer.get_logdir()

    def add_summary(self, summary: Summary, global_step: int | None = None, walltime: float | None = None) -> None:
        """Write a record for a step."""
        event = Event(summary=summary, wall_time=time.time() if walltime is None else walltime)
        if global_step is not None:
            event.step = int(global_step)
        self._writer.add_event(event)

    def flush(self) -> None:
        """Put everything on the disk."""
        self._writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()


class SummaryWriter:
    """Writes numbers, histograms, pictures and texts by tag and step into `log_dir` (torch.utils.tensorboard.SummaryWriter).

    Without `log_dir` the folder is runs/DATE_HOST with `comment` at its end. A context manager that closes at the end.
    """

    def __init__(self, log_dir=None, comment: str = "", purge_step: int | None = None, max_queue: int = 10, flush_secs: int = 120,
                 filename_suffix: str = ""):
        if not log_dir:
            log_dir = os.path.join("runs", f"{datetime.now():%b%d_%H-%M-%S}_{socket.gethostname()}{comment}")
        self.log_dir = str(log_dir)
        self._options = (max_queue, flush_secs, filename_suffix)
        self._files: dict[str, FileWriter] = {}
        self._purge_step = purge_step
        self._get_file_writer()

    def _get_file_writer(self, folder: str = "") -> FileWriter:
        if folder not in self._files:
            self._files[folder] = FileWriter(os.path.join(self.log_dir, folder) if folder else self.log_dir, *self._options)
        return self._files[folder]

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def add_scalar(self, tag: str, scalar_value, global_step=None, walltime=None, new_style: bool = False, double_precision: bool = False) -> None:
        """One number of a curve."""
        self._get_file_writer().add_summary(values.scalar(tag, scalar_value), global_step, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: dict, global_step=None, walltime=None) -> None:
        """Numbers of several curves in one diagram, each in a folder of its own."""
        for tag, value in tag_scalar_dict.items():
            folder = f"{main_tag}_{tag}".replace("/", "_")
            self._get_file_writer(folder).add_summary(values.scalar(main_tag, value), global_step, walltime)

    def add_histogram(self, tag: str, values_, global_step=None, bins="tensorflow", walltime=None, max_bins: int | None = None) -> None:
        """How the numbers of a Tensor are spread."""
        self._get_file_writer().add_summary(values.histogram(tag, values_, bins, max_bins), global_step, walltime)

    def add_image(self, tag: str, img_tensor, global_step=None, walltime=None, dataformats: str = "CHW") -> None:
        """A picture."""
        self._get_file_writer().add_summary(values.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_images(self, tag: str, img_tensor, global_step=None, walltime=None, dataformats: str = "NCHW") -> None:
        """Several pictures in a grid."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_figure(self, tag: str, figure, global_step=None, close: bool = True, walltime=None) -> None:
        """A figure of matplotlib (or several) as a picture."""
        import numpy as np

        drawn = []
        for each in figure if isinstance(figure, list) else [figure]:
            each.canvas.draw()
            drawn.append(np.asarray(each.canvas.buffer_rgba())[..., :3])
            if close:
                import matplotlib.pyplot as plt

                plt.close(each)
        self.add_image(tag, np.stack(drawn), global_step, walltime, dataformats="NHWC")

    def add_text(self, tag: str, text_string: str, global_step=None, walltime=None) -> None:
        """A text, shown as Markdown."""
        self._get_file_writer().add_summary(values.text(tag, text_string), global_step, walltime)

    def add_hparams(self, hparam_dict: dict, metric_dict: dict, hparam_domain_discrete=None, run_name: str | None = None, global_step=None) -> None:
        """Settings of a run and what came of it, in a folder of its own."""
        for name, kind in (("hparam_dict", hparam_dict), ("metric_dict", metric_dict)):
            if not isinstance(kind, dict):
                raise TypeError(f"{name} should be a dictionary.")
        file = self._get_file_writer(run_name or str(time.time()))
        file.add_summary(values.run_settings(hparam_dict))
        for tag, value in metric_dict.items():
            file.add_summary(values.scalar(tag, value), global_step)
        file.add_summary(values.run_end())

    def _refuse(self, what: str):
        raise NotImplementedError(f"torchlike's SummaryWriter writes no {what}")

    def add_graph(self, *args, **kwargs):
        """Raises NotImplementedError: torchlike.utils.viz draws the tape."""
        self._refuse("graphs; torch.utils.viz draws the tape of a result")

    def add_embedding(self, *args, **kwargs):
        """Raises NotImplementedError."""
        self._refuse("embeddings")

    def add_audio(self, *args, **kwargs):
        """Raises NotImplementedError."""
        self._refuse("sound")

    def add_video(self, *args, **kwargs):
        """Raises NotImplementedError."""
        self._refuse("films")

    def flush(self) -> None:
        """Put everything on the disk."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Flush and close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
