"""What libraries enter around vmap so that a mapped number may be an index (torch._dynamo._trace_wrapped_higher_order_op): it may anyway."""

import contextlib


class TransformGetItemToIndex(contextlib.nullcontext):
    """A block; nothing changes in it."""
