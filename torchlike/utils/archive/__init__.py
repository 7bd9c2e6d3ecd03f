"""PyTorch's checkpoint format, read and written without PyTorch.

A checkpoint is an uncompressed zip: `data.pkl` is a pickle in which every storage is a reference, `data/<key>` the elements of a storage.
The pickle names PyTorch's own functions (`torch._utils._rebuild_tensor_v2`, ...); writing spells those names out, reading maps them to
functions here, so a file goes both ways.
"""
