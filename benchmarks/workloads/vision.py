"""Pictures: a small convolutional network, and a residual one written as torchvision writes it."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .by_hand import adam, batch_norm, conv, cross_entropy, linear, sgd, split_buffers, train
from .program import Program, Workload, integers, normal


def pool(x):
    """2 x 2 maximum pooling; in JAX on CPU this form and its gradient are faster than reduce_window."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))


def cnn_data():
    """A batch of 32 pictures of 16 x 16."""
    return [(normal(0, 32, 3, 16, 16), integers(1, 10, 32))]


def cnn(m, **place) -> Program:
    """Two convolutions with batch normalisation, AdamW."""
    nn = m.nn
    model = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1),
                          nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 16, 10)).to(**place)
    return Program(model, m.optim.AdamW(model.parameters(), lr=1e-3), lambda x, y: nn.functional.cross_entropy(model(x), y))


def cnn_by_hand(weights):
    """The same in JAX."""
    weights, stats = split_buffers(weights)

    def loss_of(w, stats, x, y):
        new = {}
        for c, b in (("0", "1"), ("4", "5")):
            x = conv(x, w[f"{c}.weight"], padding=1) + w[f"{c}.bias"][:, None, None]
            x, moved = batch_norm(w, stats, b, x)
            new |= moved
            x = pool(jax.nn.relu(x))
        return cross_entropy(linear(w, "9", x.reshape(len(x), -1)), y), new

    return train(loss_of, weights, adam(1e-3, 0.01), stats)


STAGES = ((16, 1), (32, 2), (64, 2))  # width and stride of each block


def resnet_data():
    """A batch of 8 pictures of 32 x 32."""
    return [(normal(0, 8, 3, 32, 32), integers(1, 10, 8))]


def resnet(m, **place) -> Program:
    """Three residual blocks, SGD with momentum."""
    nn = m.nn

    class BasicBlock(nn.Module):
        def __init__(self, inplanes, planes, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(planes)
            self.relu = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(planes)
            self.downsample = None
            if stride != 1 or inplanes != planes:
                self.downsample = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

        def forward(self, x):
            identity = x
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(out))
            if self.downsample is not None:
                identity = self.downsample(x)
            out += identity
            return self.relu(out)

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1, self.relu = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)
            widths = [16, *(w for w, _ in STAGES)]
            self.layers = nn.Sequential(*(BasicBlock(i, o, s) for i, (o, s) in zip(widths, STAGES, strict=False)))
            self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(widths[-1], 10)

        def forward(self, x):
            x = self.layers(self.relu(self.bn1(self.conv1(x))))
            return self.fc(m.flatten(self.avgpool(x), 1))

    model = ResNet().to(**place)
    optimizer = m.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return Program(model, optimizer, lambda x, y: nn.functional.cross_entropy(model(x), y))


def resnet_by_hand(weights):
    """The same in JAX."""
    weights, stats = split_buffers(weights)

    def loss_of(w, stats, x, y):
        new = {}

        def norm(name, x):
            x, moved = batch_norm(w, stats, name, x)
            new.update(moved)
            return x

        x = jax.nn.relu(norm("bn1", conv(x, w["conv1.weight"], padding=1)))
        for i, (_, stride) in enumerate(STAGES):
            at = f"layers.{i}"
            out = jax.nn.relu(norm(f"{at}.bn1", conv(x, w[f"{at}.conv1.weight"], stride, 1)))
            out = norm(f"{at}.bn2", conv(out, w[f"{at}.conv2.weight"], 1, 1))
            if stride != 1:
                x = norm(f"{at}.downsample.1", conv(x, w[f"{at}.downsample.0.weight"], stride))
            x = jax.nn.relu(out + x)
        return cross_entropy(linear(w, "fc", jnp.mean(x, (2, 3))), y), new

    return train(loss_of, weights, sgd(0.01, 0.9), stats)


WORKLOADS = [Workload("cnn", cnn_data, cnn, cnn_by_hand), Workload("resnet", resnet_data, resnet, resnet_by_hand)]
