"""Neural style transfer: an image as the parameter, Gram matrices, frozen features cut from a Sequential, total variation, L-BFGS and Adam."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

from tests.programs.common import normal, settle


def gram_matrix(input):
    a, b, c, d = input.size()
    features = input.view(a * b, c * d)
    return torch.mm(features, features.t()).div(a * b * c * d)


class ContentLoss(nn.Module):
    def __init__(self, target):
        super().__init__()
        self.target = target.detach()

    def forward(self, input):
        self.loss = F.mse_loss(input, self.target)
        return input


class StyleLoss(nn.Module):
    def __init__(self, target_feature):
        super().__init__()
        self.target = gram_matrix(target_feature).detach()

    def forward(self, input):
        self.loss = F.mse_loss(gram_matrix(input), self.target)
        return input


class Normalization(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = mean.detach().clone().view(-1, 1, 1), std.detach().clone().view(-1, 1, 1)

    def forward(self, img):
        return (img - self.mean) / self.std


def build(cnn, style, content):
    model = nn.Sequential(Normalization(torch.tensor([0.48, 0.45, 0.4]), torch.tensor([0.22, 0.22, 0.22])))
    contents, styles, i = [], [], 0
    for layer in cnn.children():
        if isinstance(layer, nn.Conv2d):
            i += 1
            name = f"conv_{i}"
        elif isinstance(layer, nn.ReLU):
            name, layer = f"relu_{i}", nn.ReLU(inplace=False)
        else:
            name = f"{type(layer).__name__.lower()}_{i}"
        model.add_module(name, layer)
        if name == "conv_2":
            contents.append(ContentLoss(model(content).detach()))
            model.add_module(f"content_loss_{i}", contents[-1])
        if name.startswith("conv"):
            styles.append(StyleLoss(model(style).detach()))
            model.add_module(f"style_loss_{i}", styles[-1])
    for last in range(len(model) - 1, -1, -1):
        if isinstance(model[last], (ContentLoss, StyleLoss)):
            break
    return model[: last + 1], styles, contents


def tv(img):
    return (img[..., 1:, :] - img[..., :-1, :]).abs().mean() + (img[..., :, 1:] - img[..., :, :-1]).abs().mean()


def main():
    style, content = (torch.from_numpy(normal(1, 3, 12, 12, seed=s)).sigmoid() for s in (1, 2))
    cnn = settle(nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(True), nn.MaxPool2d(2), nn.Conv2d(6, 6, 3), nn.ReLU(True))).eval()
    model, styles, contents = build(cnn, style, content)
    model.eval().requires_grad_(False)
    losses = []
    for make, steps in ((lambda p: optim.LBFGS(p, max_iter=2), 4), (lambda p: optim.Adam(p, lr=0.02), 8)):
        image = content.clone().requires_grad_(True)
        optimizer = make([image])

        def closure(image=image, optimizer=optimizer):
            with torch.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            model(image)
            loss = 1e3 * sum(s.loss for s in styles) + sum(c.loss for c in contents) + 0.1 * tv(image)
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(steps):
            optimizer.step(closure)
    return losses + [image.mean().item()]
