"""Pictures of the tape: what is on them, that they are well-formed, and that nothing overlaps."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchlike as torch
from torchlike.utils.viz import Graph, arrange, draw, read_graph
from torchlike.utils.viz.graph import Box


def texts(graph):
    return [" ".join(box.lines) for box in graph.boxes]


def named_arrows(graph):
    return sorted((graph.boxes[a].lines[0], graph.boxes[b].lines[0]) for a, b in graph.arrows)


def check(layout, graph):
    """No two boxes touch, every arrow runs down, and none passes through a box on its way."""
    assert len(layout.centres) == len(graph.boxes)
    rows = {}
    for (x, y), (width, height) in zip(layout.centres, layout.sizes, strict=True):
        assert width / 2 < x < layout.width - width / 2 and height / 2 < y < layout.height - height / 2
        rows.setdefault(y, []).append((x - width / 2, x + width / 2, y - height / 2, y + height / 2))
    for row in rows.values():
        row.sort()
        assert all(a[1] < b[0] for a, b in zip(row, row[1:], strict=False))
    bands = sorted((min(b[2] for b in row), max(b[3] for b in row)) for row in rows.values())
    assert all(a[1] < b[0] for a, b in zip(bands, bands[1:], strict=False))
    for arrow, points in layout.paths.items():
        assert layout.centres[arrow[0]][1] < layout.centres[arrow[1]][1]
        for x, upper, lower in points[1:-1]:
            for left, right, top, bottom in rows.get((upper + lower) / 2, []):
                assert not (left < x < right and top < lower and upper < bottom)


def test_what_is_on_the_picture():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    graph = read_graph(model(torch.ones(4, 3)), dict(model.named_parameters()))
    assert texts(graph)[0] == "result (4, 2) float32"
    assert named_arrows(graph) == [
        ("0.bias", "AddmmBackward0"), ("0.weight", "AddmmBackward0"), ("AddmmBackward0", "ReluBackward0"), ("ReluBackward0", "result"),
    ]  # fmt: skip
    assert "0.weight (2, 3) float32" in texts(graph)


def test_saved_values_until_they_are_freed():
    x = torch.ones(2, requires_grad=True)
    y = (x * x).exp().sum()
    saved = [t for t in texts(read_graph(y, {"x": x}, show_saved=True)) if t.startswith("saved")]
    assert saved == ["saved result (2,) float32", "saved self (2,) float32", "saved other (2,) float32"]
    y.backward()
    assert not [t for t in texts(read_graph(y, {}, show_saved=True)) if t.startswith("saved")]


def test_results_of_every_shape():
    x = torch.ones(2, requires_grad=True)
    a, b = x.split(1)
    graph = read_graph({"first": [a * 2], "rest": (b, {"deep": x}, None)}, {"half": b, "input": x})
    assert [t.split(" ")[0] for t in texts(graph) if "Backward" not in t] == ["first", "half", "input", "input"]
    assert "SplitBackward0 (1,) float32 (1,) float32" in texts(graph)
    assert texts(read_graph(torch.ones(3), {})) == ["result (3,) float32"]
    with pytest.raises(TypeError, match="needs a Tensor"):
        draw([None, "text"])


def test_a_name_for_what_is_in_between():
    x = torch.ones(2, requires_grad=True)
    hidden = x.sin()
    assert "SinBackward0 hidden (2,) float32" in texts(read_graph(hidden.cos(), {"hidden": hidden}))


def test_a_custom_function():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    graph = read_graph(Twice.apply(torch.ones(2, requires_grad=True)), {}, show_saved=True)
    assert texts(graph) == ["result (2,) float32", "TwiceBackward (2,) float32", "leaf (2,) float32", "saved 0 (2,) float32"]


def test_svg_is_well_formed_and_says_everything():
    x = torch.ones(2, requires_grad=True)
    picture = draw((x * x).sum(), params={"<x & y>": x}, show_saved=True)
    tree = ElementTree.fromstring(picture)
    found = ["".join(e.itertext()) for e in tree.iter() if e.tag.endswith("text")]
    assert {"<x & y>", "MulBackward0", "SumBackward0", "saved self", "×2"} <= set(found)
    assert picture._repr_svg_() == picture and "nan" not in picture


def test_dot():
    x = torch.ones(2, requires_grad=True)
    picture = draw((x * x).sum(), params={'say "x"': x}, format="dot", show_saved=True)
    assert picture.startswith("digraph tape {") and picture.count("{") == picture.count("}") == 1
    assert 'label="say \\"x\\"\\n(2,) float32"' in picture and 'label="×2"' in picture and "style=dashed" in picture
    assert picture._repr_svg_() is None


def test_files_and_formats(tmp_path):
    y = torch.ones(2, requires_grad=True).exp()
    for name, start in (("a.svg", "<svg"), ("b.dot", "digraph"), ("c.gv", "digraph"), ("d", "<svg")):
        assert draw(y, path=tmp_path / name) == (tmp_path / name).read_text()
        assert (tmp_path / name).read_text().startswith(start)
    assert draw(y, path=str(tmp_path / "e.svg"), format="dot").startswith("digraph")
    with pytest.raises(ValueError, match="format should be 'svg' or 'dot'"):
        draw(y, format="png")


def test_the_same_graph_gives_the_same_picture():
    def build():
        torch.manual_seed(0)
        model = torch.nn.LSTM(3, 4, 2)
        return draw(model(torch.ones(5, 1, 3)), params=dict(model.named_parameters()), show_saved=True)

    assert build() == build()


def test_a_real_graph_has_no_overlaps():
    attention = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
    graph = read_graph(attention(torch.ones(3, 2, 8)), dict(attention.named_parameters()), show_saved=True)
    check(arrange(graph), graph)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_graph_has_no_overlaps(data):
    count = data.draw(st.integers(1, 30))
    graph = Graph([Box("node", ["x" * data.draw(st.integers(1, 30))] * data.draw(st.integers(1, 4))) for _ in range(count)])
    for target in range(count - 1):
        for source in data.draw(st.lists(st.integers(target + 1, count - 1), max_size=4)):
            graph.arrows[source, target] += 1
    check(arrange(graph), graph)


def test_a_graph_of_great_depth():
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + x
    assert draw(y).count("AddBackward0") == 20_000
    assert draw(y, format="dot").count("AddBackward0") == 20_000
