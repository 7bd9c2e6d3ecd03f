"""A siamese network: one embedding for two images, contrastive and triplet losses, cosine similarity, AdamW with amsgrad."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from tests.programs.common import integers, normal, settle


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.InstanceNorm2d(4, affine=True), nn.AdaptiveAvgPool2d((3, 3))
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.PReLU(), nn.Linear(12, 6))

    def forward_once(self, x):
        return self.fc(self.cnn(x))

    def forward(self, a, b):
        return self.forward_once(a), self.forward_once(b)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, output1, output2, label):
        distance = F.pairwise_distance(output1, output2, keepdim=True)
        return torch.mean((1 - label) * torch.pow(distance, 2) + label * torch.pow(torch.clamp(self.margin - distance, min=0.0), 2))


def main():
    a, b, c = (torch.from_numpy(normal(8, 1, 8, 8, seed=s)) for s in range(3))
    label = torch.from_numpy(integers(2, 8, 1)).float()
    net = settle(SiameseNetwork())
    contrastive, triplet, cosine = ContrastiveLoss(), nn.TripletMarginLoss(margin=1.0, p=2), nn.CosineEmbeddingLoss(margin=0.1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, amsgrad=True)
    losses = []
    for _ in range(20):
        x, y = net(a, b)
        z = net.forward_once(c)
        loss = contrastive(x, y, label) + triplet(x, y, z) + cosine(x, y, label.view(-1) * 2 - 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses + F.cosine_similarity(x, y).tolist()
