"""torch.utils.tensorboard: what is written can be read back; without the package it cannot be imported."""

import importlib.util

import pytest

import torchlike as torch

INSTALLED = importlib.util.find_spec("tensorboard") is not None


@pytest.mark.skipif(INSTALLED, reason="tensorboard is installed")
def test_import_error_without_the_package():
    with pytest.raises(ModuleNotFoundError, match="No module named 'tensorboard'"):
        importlib.import_module("torchlike.utils.tensorboard")


@pytest.mark.skipif(not INSTALLED, reason="needs tensorboard installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_what_is_written_is_read(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from torchlike.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", torch.tensor(1.0 / (step + 1)), step)
        writer.add_scalars("both", {"a": 1, "b": 2.0}, 0)
        writer.add_histogram("spread", torch.arange(100.0), 1)
        writer.add_image("picture", torch.rand(3, 4, 5))
        writer.add_images("pictures", torch.rand(10, 1, 4, 5))
        writer.add_text("words", "hello")
        writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"accuracy": 0.5})
        with pytest.raises(NotImplementedError):
            writer.add_graph(None)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3))]
    assert events.Histograms("spread")[0].histogram_value.num == 100 and events.Images("pictures")[0].width == 40
    assert len(list(tmp_path.glob("both_*"))) == 2
