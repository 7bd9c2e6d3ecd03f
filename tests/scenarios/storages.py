"""The memory behind tensors as objects: making, reading, casting and refusing storages, as programs for torch and torchlike alike."""

# ruff: noqa: D103

import functools
import warnings

from .tape import attempt


def quiet(case):
    """The case without the word, given once in a process, that the class is deprecated."""

    @functools.wraps(case)
    def run(torch):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "TypedStorage is deprecated")
            return case(torch)

    return run


def elements_and_bytes(torch):
    x = torch.arange(6.0).reshape(2, 3)
    memory = x.untyped_storage()
    typed = torch.TypedStorage(wrap_storage=memory, dtype=torch.float32)
    return [typed.tolist(), typed.size(), typed.nbytes(), typed.element_size(), typed[4], typed[-1], memory[4:8].tolist(), memory.size(),
            typed.type(), memory.type(), typed == typed.clone(), attempt(lambda: typed[6]), attempt(lambda: typed[0:2]),
            attempt(lambda: typed["a"]), attempt(lambda: memory["a"]), attempt(lambda: memory[::2])]


def casts(torch):
    numbers = torch.IntStorage([-1, 0, 1, 2])
    made = [numbers.float(), numbers.double(), numbers.half(), numbers.bfloat16(), numbers.byte(), numbers.bool(), numbers.char(),
            numbers.long(), numbers.complex_float(), numbers.complex_double()]
    return [(s.type(), s.tolist()) for s in made[:-2]] + [s.type() for s in made[-2:]]


def from_buffers(torch):
    data = bytearray([1, 2, 3, 4])
    return [torch.ByteStorage.from_buffer(data).tolist(), torch.ShortStorage.from_buffer(data, "big").tolist(),
            torch.IntStorage.from_buffer(data, "little").tolist(), torch.BoolStorage.from_buffer(bytearray([0, 3]), "big").tolist(),
            torch.UntypedStorage.from_buffer(data, "little", dtype=torch.int16).tolist(), attempt(lambda: torch.IntStorage.from_buffer(data)),
            attempt(lambda: torch.IntStorage.from_buffer(bytearray(5), "little")), attempt(lambda: torch.IntStorage.from_buffer(data, "middle")),
            attempt(lambda: torch.IntStorage.from_buffer(data, "little", 2))]


def swapped_bytes(torch):
    found = []
    for dtype in (torch.float64, torch.float32, torch.float16, torch.int8, torch.complex64):
        memory = torch.UntypedStorage(list(range(8)))
        memory.byteswap(dtype)
        found.append(memory.tolist())
    return found


def resizing(torch):
    numbers = torch.FloatStorage([1.0, 2.0, 3.0])
    numbers.resize_(2)
    return [numbers.tolist(), torch.UntypedStorage(3).resize_(5).size(), attempt(lambda: torch.UntypedStorage(3).resize_("a"))]


def constructors_refuse(torch):
    kind = torch.FloatStorage
    return [attempt(f) for f in (
        lambda: kind(device="cpu"), lambda: kind(dtype=torch.float32), lambda: kind(other=1), lambda: kind(0, 0), lambda: kind("text"),
        lambda: kind(0, wrap_storage=kind().untyped()), lambda: kind(wrap_storage=kind()), lambda: torch.storage._LegacyStorage(),
        lambda: torch.TypedStorage(0, wrap_storage=kind().untyped(), dtype=torch.float32), lambda: torch.TypedStorage(wrap_storage=kind().untyped()),
        lambda: torch.TypedStorage(wrap_storage=kind().untyped(), dtype=torch.float32, device="cpu"),
        lambda: torch.TypedStorage(0, 0, dtype=torch.float32), lambda: kind(2).fill_(kind(2)), lambda: kind(2).__setitem__("a", 1),
        lambda: kind([1]).fill_("a"), lambda: torch.UntypedStorage([1.5]))]


def tensors_of_storages(torch):
    x = torch.arange(3.0)
    memory = x.untyped_storage()
    return [torch.tensor(memory, dtype=torch.float32), torch.tensor([], dtype=torch.float32).set_(memory),
            attempt(lambda: torch.tensor(torch.DoubleStorage([1.0]), dtype=torch.float32))]


def without_memory(torch):
    typed = torch.TypedStorage([1, 2, 3], device="meta", dtype=torch.float32)
    return [typed.nbytes(), typed.size(), typed.data_ptr(), repr(typed), attempt(lambda: typed[0]), attempt(typed.tolist),
            attempt(typed.share_memory_), attempt(typed.cpu), attempt(lambda: torch.FloatStorage(3).copy_(typed))]


CASES = {f.__name__: quiet(f) for f in (elements_and_bytes, casts, from_buffers, swapped_bytes, resizing, constructors_refuse, tensors_of_storages,
                                 without_memory)}
