"""Speech-like recognition with CTC: 1-d convolutions over frames, a bidirectional GRU, variable lengths, greedy collapse of repeats."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from tests.programs.common import integers, normal, settle


class CNNLayerNorm(nn.Module):
    def __init__(self, n_feats):
        super().__init__()
        self.layer_norm = nn.LayerNorm(n_feats)

    def forward(self, x):
        return self.layer_norm(x.transpose(1, 2).contiguous()).transpose(1, 2).contiguous()


class SpeechModel(nn.Module):
    def __init__(self, n_feats=6, n_class=5):
        super().__init__()
        self.cnn = nn.Conv1d(n_feats, 8, 3, stride=2, padding=1)
        self.norm = CNNLayerNorm(8)
        self.rnn = nn.GRU(8, 6, bidirectional=True, batch_first=True)
        self.classifier = nn.Sequential(nn.Linear(12, 12), nn.GELU(), nn.Dropout(0.0), nn.Linear(12, n_class))

    def forward(self, x):
        x = F.gelu(self.norm(self.cnn(x)))
        x, _ = self.rnn(x.transpose(1, 2))
        return F.log_softmax(self.classifier(x), dim=2).transpose(0, 1)


def greedy_decode(output, blank=0):
    best, decoded = torch.argmax(output, dim=2), []
    for row in best.T:
        collapsed = torch.unique_consecutive(row)
        decoded.append([i.item() for i in collapsed if i != blank])
    return decoded


def main(steps=20):
    x = torch.from_numpy(normal(4, 6, 20))
    labels = torch.from_numpy(integers(4, 4, 4) + 1)
    input_lengths, label_lengths = torch.tensor([10, 9, 10, 8]), torch.tensor([4, 2, 3, 3])
    model, criterion = settle(SpeechModel()), nn.CTCLoss(blank=0, zero_infinity=True)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-2, total_steps=steps, anneal_strategy="linear")
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        output = model(x)
        loss = criterion(output, labels, input_lengths, label_lengths)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses + [float(len(d)) for d in greedy_decode(model(x))]
