"""The machinery behind torch.profiler and torch.autograd.profiler: what is recorded while an op runs, and how it is summed up and shown."""
