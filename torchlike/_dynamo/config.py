"""Settings of PyTorch's tracer (torch._dynamo.config): accepted, without an effect."""

suppress_errors = verbose = capture_scalar_outputs = capture_dynamic_output_shape_ops = optimize_ddp = False
dynamic_shapes = assume_static_by_default = automatic_dynamic_shapes = inline_inbuilt_nn_modules = True
cache_size_limit = recompile_limit = 8
accumulated_cache_size_limit = accumulated_recompile_limit = 256
