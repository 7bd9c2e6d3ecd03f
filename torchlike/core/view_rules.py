"""The circumstances a view was made under, and why they forbid writing through it or following its base."""

from __future__ import annotations

from .modes import state
from .saved import short_name

NORMAL, NO_GRAD, INFERENCE, MULTI, CUSTOM = "normal", "no_grad", "inference", "multi", "custom"

_AMBIGUOUS = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace "
    "either both inside the {} block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_REASONS = {
    NO_GRAD: _AMBIGUOUS.format("no_grad"),
    INFERENCE: _AMBIGUOUS.format("inference_mode"),
    MULTI: " This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified "
    "inplace. You should replace the inplace operation by an out-of-place one.",
    CUSTOM: " This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle "
    "view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is "
    "forbidden. You can fix this by cloning the output of the custom Function.",
}


def hidden_creation() -> str:
    """The circumstances of a view made while nothing is recorded."""
    return INFERENCE if state.inference else NO_GRAD


def refusal(view, base_moved: bool) -> str:
    """What is said of writing through the Tensor `view`, or of using it after a write to its base or to another view of that."""
    creation, node = view._view.creation, view._node
    object_and_verb = "its base or another view of its base has been" if base_moved else "is being"
    mode, now = ("inference", "in normal mode") if creation == INFERENCE else ("no_grad", "with grad mode enabled")
    condition = f"created in {mode} mode and {object_and_verb} modified inplace {now}."
    if node is None:
        text = f"A view was {condition}"
    elif creation in (NO_GRAD, INFERENCE):
        text = f"Output {view._nr} of {short_name(node.name())} is a view of a view which was {condition}"
    else:
        text = f"Output {view._nr} of {short_name(node.name())} is a view and {object_and_verb} modified inplace."
    return text + _REASONS[creation]
