"""What version this is and what it was built for (torch.version). There is no CUDA toolkit inside: XLA brings its own."""

__version__ = "2.13.0+torchlike.0.1.0"
cuda = None
hip = None
rocm = None
xpu = None
git_version = "torchlike"
debug = False
