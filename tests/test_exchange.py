"""Numbers from elsewhere: files, DLPack capsules; and in which order they lie."""

from __future__ import annotations

import numpy as np
import pytest

import torchlike as torch


def test_from_file_reads_bare_numbers(tmp_path):
    path = tmp_path / "numbers"
    np.arange(5, dtype=np.float64).tofile(path)
    assert torch.from_file(str(path), size=3, dtype=torch.float64).tolist() == [0, 1, 2]
    assert torch.from_file(str(path), shared=False, size=0).shape == (0,)
    with pytest.raises(RuntimeError, match="size <40> is smaller than the required mapping size <48>"):
        torch.from_file(str(path), size=6, dtype=torch.float64)
    with pytest.raises(RuntimeError, match=r"in read-only mode: No such file or directory \(2\)"):
        torch.from_file(str(tmp_path / "nothing"), size=1)
    with pytest.raises(NotImplementedError, match="share no memory"):
        torch.from_file(str(path), shared=True, size=1)


def test_a_capsule_goes_round():
    from torchlike.utils.dlpack import from_dlpack, to_dlpack

    t = torch.arange(6.0).view(2, 3)
    assert torch.equal(from_dlpack(to_dlpack(t)), t) and torch.equal(torch.from_dlpack(np.ones(3)), torch.ones(3, dtype=torch.float64))


def test_dim_order_can_be_asked_whether_it_is_the_only_one():
    assert torch.empty(2, 3, 5, 7).transpose(1, 2).dim_order(ambiguity_check=True) == (0, 2, 1, 3)
    one = torch.empty(1, 2, 3, 4)
    assert one.dim_order() == one.dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last]) == (0, 1, 2, 3)
    for ambiguous, check in [(one, True), (torch.empty(1, 1, 3, 4), [torch.contiguous_format, torch.channels_last])]:
        with pytest.raises(RuntimeError, match="does not have unique dim order"):
            ambiguous.dim_order(ambiguity_check=check)
    for wrong in ("ILLEGAL", 5, [3]):
        with pytest.raises(TypeError, match="must be a bool or a list of memory formats"):
            one.dim_order(ambiguity_check=wrong)


def test_masked_functions_have_their_private_path_too():
    assert torch.masked._ops.sum(torch.ones(3), 0, mask=torch.tensor([True, False, True])).item() == 2


def test_a_capsule_of_the_version_asked_for():
    x = torch.arange(3.0)
    for version, name in (((0, 8), '"dltensor"'), ((1, 0), '"dltensor_versioned"'), ((2, 0), '"dltensor_versioned"')):
        capsule = x.__dlpack__(max_version=version)
        assert name in repr(capsule)
        assert torch.from_dlpack(capsule).tolist() == [0, 1, 2]


def test_tensors_of_anything_with_dlpack():
    class Foreign:
        def __dlpack__(self, **kwargs):
            return torch.arange(3.0).__dlpack__(**kwargs)

        def __dlpack_device__(self):
            return torch.arange(3.0).__dlpack_device__()

    for make in (torch.tensor, torch.as_tensor, torch.from_dlpack):
        assert make(Foreign()).tolist() == [0, 1, 2]


def test_saved_values_are_unpacked_in_the_order_of_packing():
    order = []
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)

    def note(t):
        order.append(t.item())
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, note):
        z = x * y
    z.backward()
    assert order == [3, 2, 3, 2]
