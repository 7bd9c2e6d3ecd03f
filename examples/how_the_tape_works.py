"""A walk over a small graph: what each operation recorded, what it saved, and how backward travels.

    python examples/how_the_tape_works.py
"""

import torchlike as torch


def show(node, depth=0, seen=None):
    """Print a node and what its inputs came from, depth first."""
    seen = set() if seen is None else seen
    saved = [name for name in ("self", "other", "result") if _saves(node, name)]
    notes = f"  saved: {', '.join(saved)}" if saved else ""
    if hasattr(node, "variable"):
        notes = f"  -> adds into the .grad of a leaf of shape {tuple(node.variable.shape)}"
    print(f"{'  ' * depth}{node.name()}{notes}{'  (seen above)' if node in seen else ''}")
    if node in seen:
        return
    seen.add(node)
    for source, _ in node.next_functions:
        if source is not None:
            show(source, depth + 1, seen)


def _saves(node, name):
    return getattr(node, f"_saved_{name}", None) is not None


def main():
    """Build, print, differentiate, differentiate again."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w = torch.tensor([3.0, 4.0], requires_grad=True)

    print("1. Every operation on a tensor that needs a gradient records a node.")
    y = x * w  # MulBackward0: must remember both factors
    z = (y + 1).exp().sum()  # AddBackward0 remembers nothing; ExpBackward0 remembers its result
    print("   z =", z, "\n")

    print("2. The graph behind z, newest node first:")
    show(z.grad_fn, 1)

    print("\n3. backward() visits the nodes newest first and hands each the gradient of its output.")
    y.register_hook(lambda g: print("   a hook sees dz/dy =", g))
    z.backward(retain_graph=True)
    print("   x.grad =", x.grad)
    print("   w.grad =", w.grad)

    print("\n4. The backward pass is made of operations too: with create_graph they are recorded in turn.")
    (dx,) = torch.autograd.grad(z, x, create_graph=True)
    print("   dz/dx =", dx)
    (dxx,) = torch.autograd.grad(dx.sum(), x)
    print("   d2z/dx2 (summed) =", dxx)

    print("\n5. After an ordinary backward the saved values are gone.")
    loss = (x * w).sum()
    loss.backward()
    try:
        loss.backward()
    except RuntimeError as error:
        print("   RuntimeError:", str(error).split(". ")[0])


if __name__ == "__main__":
    main()
