"""The convnet of PyTorch's MNIST example: conv, max-pool, log_softmax, nll_loss, Adadelta with StepLR, a test pass with sum reduction."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

from tests.programs.common import integers, normal, settle


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1)
        self.conv2 = nn.Conv2d(4, 8, 3, 1)
        self.dropout1 = nn.Dropout(0.0)
        self.fc1 = nn.Linear(128, 16)
        self.fc2 = nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)


def train(model, device, loader, optimizer, losses):
    model.train()
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def test(model, device, loader):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    return test_loss / len(loader.dataset), correct


def main():
    use_accel = torch.cuda.is_available()
    device = torch.device("cuda" if use_accel else "cpu")
    data = TensorDataset(torch.from_numpy(normal(40, 1, 12, 12)), torch.from_numpy(integers(10, 40)))
    loader, losses = DataLoader(data, batch_size=8), []
    model = settle(Net()).to(device)
    optimizer = optim.Adadelta(model.parameters(), lr=0.3)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    for _epoch in range(4):
        train(model, device, loader, optimizer, losses)
        losses.append(test(model, device, loader)[0])
        scheduler.step()
    return losses
