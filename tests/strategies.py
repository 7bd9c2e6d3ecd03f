"""Random index expressions and view chains for property tests, as data that any of NumPy, torch and torchlike can apply."""

from hypothesis import strategies as st

SHAPE = (3, 4, 2)


@st.composite
def basic_indices(draw, shape=SHAPE):
    """A tuple of ints, slices with positive steps, None and at most one Ellipsis, valid for `shape`."""
    items, dims = [], list(shape)
    used = draw(st.integers(0, len(dims)))
    for n in dims[:used]:
        kind = draw(st.sampled_from(["int", "slice", "none", "full"]))
        if kind == "int":
            items.append(draw(st.integers(-n, n - 1)))
        elif kind == "full":
            items.append(slice(None))
        else:
            if kind == "none":
                items.append(None)
            bound = st.none() | st.integers(-n - 1, n + 1)
            items.append(slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3))))
    if draw(st.booleans()):
        items.append(Ellipsis)
    return tuple(items)


@st.composite
def view_chains(draw, steps=3):
    """A list of (method, arguments) of view methods; applied with `apply_chain`, which skips what does not fit the shape at hand."""
    choices = [
        ("transpose", st.tuples(st.integers(-2, 1), st.integers(-2, 1))),
        ("unsqueeze", st.tuples(st.integers(-1, 1))),
        ("squeeze", st.tuples(st.integers(-1, 1))),
        ("select", st.tuples(st.integers(-1, 0), st.integers(0, 1))),
        ("narrow", st.tuples(st.integers(-1, 0), st.integers(0, 1), st.integers(1, 2))),
        ("flatten", st.just(())),
        ("view", st.just((-1,))),
        ("diagonal", st.just(())),
        ("slice", st.tuples(st.integers(0, 1), st.integers(1, 2))),
    ]
    chain = []
    for _ in range(draw(st.integers(1, steps))):
        name, arguments = draw(st.sampled_from(choices))
        chain.append((name, draw(arguments)))
    return chain


def apply_chain(tensor, chain):
    """Apply the steps that fit; returns the view and the number of steps that fitted."""
    fitted = []
    for name, arguments in chain:
        try:
            tensor = tensor[arguments[0] :: arguments[1]] if name == "slice" else getattr(tensor, name)(*arguments)
            fitted.append(name)
        except (RuntimeError, IndexError) as error:
            fitted.append(f"{type(error).__name__}: {error}")
    return tensor, fitted
