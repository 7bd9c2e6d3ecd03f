"""The MNIST-RNN example: an image read line by line by an LSTM, batch norm, SGD with momentum, states moved into the batch."""

import torch
import torch.nn.functional as F
from torch import nn, optim

from tests.programs.common import integers, normal, settle


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(input_size=8, hidden_size=12, num_layers=2, batch_first=True)
        self.batchnorm = nn.BatchNorm1d(12)
        self.fc1, self.fc2 = nn.Linear(12, 16), nn.Linear(16, 10)

    def forward(self, input):
        input = input.reshape(-1, 8, 8)
        output, _hidden = self.rnn(input)
        output = output[:, -1, :]
        output = self.batchnorm(output)
        output = F.relu(self.fc1(output))
        return F.log_softmax(self.fc2(output), dim=1)


def main():
    images, labels = torch.from_numpy(normal(32, 1, 8, 8)), torch.from_numpy(integers(10, 32))
    model = settle(Net())
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses + [F.nll_loss(model(images), labels).item(), float(model.batchnorm.num_batches_tracked)]
