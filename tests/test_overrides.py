"""The override protocol in processes where nothing overrides yet: it costs nothing until the first class or mode that takes part, and
the functions keep their identity when it begins. What the protocol then does is in tests/scenarios/overrides.py."""

import subprocess
import sys

import pytest

PRELUDE = """
import torchlike as torch
from torchlike import add, mean
from torchlike.core.faces import FACES

def plain():
    return all(face.public.__code__.co_code == face.body.__code__.co_code for face in FACES.values())

before = {"mean": torch.mean, "add": torch.Tensor.add, "shape": torch.Tensor.shape.__get__, "relu": torch.nn.functional.relu}

def same():
    return (before["mean"] is torch.mean is mean and before["add"] is torch.Tensor.add and before["relu"] is torch.nn.functional.relu
            and before["shape"] == torch.Tensor.shape.__get__)

class Duck:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return "asked" if func in before.values() or func is add else NotImplemented
"""


def run(program: str) -> None:
    """Run a program in a process of its own; it fails by exception."""
    done = subprocess.run([sys.executable, "-c", PRELUDE + program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_nothing_asks_in_a_plain_program():
    run("""
x = torch.nn.Parameter(torch.ones(2, 2))
torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())(x).sum().backward()
class Sub(torch.Tensor):
    __torch_function__ = torch.nn.Parameter.__torch_function__
class Own(torch.nn.Parameter):
    pass
assert type(Sub([1.0]) * 2) is torch.Tensor and type(Own(torch.ones(1)) * 2) is torch.Tensor
assert plain()
""")


@pytest.mark.parametrize("beginning", [
    "class Sub(torch.Tensor): pass",
    "torch.nn.LazyLinear(2)",
    "torch.overrides",
    "import torchlike.overrides",
    "assert torch.mean(Duck()) == 'asked'",
    "assert mean(Duck()) == 'asked'",
    "assert add(torch.ones(2), Duck()) == 'asked'",
    "assert torch.ones(2) + Duck() == 'asked'",
])  # fmt: skip
def test_what_begins_it(beginning):
    run(f"""
assert plain()
{beginning}
assert not plain() and same()
assert torch.mean(Duck()) == mean(Duck()) == add(Duck(), 1) == torch.nn.functional.relu(Duck()) == torch.ones(1).add(Duck()) == "asked"
assert torch.equal(torch.ones(2).add(1), torch.tensor([2.0, 2.0]))
""")


def test_the_frames_of_those_that_ask_can_be_looked_at():
    run("""
import sys
torch.overrides
try:
    torch.native_dropout(torch.ones(2), 0.1, True, out=5)
except TypeError:
    trace = sys.exc_info()[2]
    while trace is not None:
        list(trace.tb_frame.f_locals)
        trace = trace.tb_next
""")


def test_other_errors_stay_errors():
    run("""
for bad in ("text", object(), [1]):
    try:
        torch.exp(bad)
    except TypeError as error:
        assert "must be Tensor" in str(error), error
    else:
        raise AssertionError(bad)
assert plain()
""")


def test_public_functions_can_be_pickled_and_inspected():
    run("""
import inspect, pickle
for f in (torch.add, torch.Tensor.add, torch.nn.functional.relu, torch.linalg.det, torch.exp):
    assert pickle.loads(pickle.dumps(f)) is f
signatures = [inspect.signature(f) for f in (torch.add, torch.nn.functional.linear, torch.Tensor.sum)]
torch.overrides
assert signatures == [inspect.signature(f) for f in (torch.add, torch.nn.functional.linear, torch.Tensor.sum)]
assert torch.nn.functional.linear.__name__ == "linear" and torch.Tensor.sum.__doc__
""")


def test_dispatch_says_that_it_is_missing():
    run("""
from torchlike.utils._python_dispatch import TorchDispatchMode

class Wrapper(torch.Tensor):
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))

def refused(call):
    try:
        call()
    except NotImplementedError as error:
        return "__torch_dispatch__" in str(error)

assert refused(lambda: Wrapper([1.0])) and refused(lambda: torch.ones(1).as_subclass(Wrapper))
assert refused(lambda: torch.Tensor._make_wrapper_subclass(Wrapper, (2,))) and refused(TorchDispatchMode().__enter__)
""")
