"""Skip-gram with negative sampling, CBOW with EmbeddingBag and offsets, and text classification as in the tutorial."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from tests.programs.common import integers, settle

VOCAB, DIM = 12, 6


class SkipGram(nn.Module):
    def __init__(self):
        super().__init__()
        self.u = nn.Embedding(VOCAB, DIM)
        self.v = nn.Embedding(VOCAB, DIM)

    def forward(self, centre, context, negative):
        u = self.u(centre)
        positive = F.logsigmoid(torch.sum(u * self.v(context), dim=1))
        negative = torch.bmm(self.v(negative).neg(), u.unsqueeze(2)).squeeze(2)
        return -(positive + F.logsigmoid(negative).sum(1)).mean()


class TextClassificationModel(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.embedding = nn.EmbeddingBag(VOCAB, DIM, mode=mode, sparse=False)
        self.fc = nn.Linear(DIM, 3)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


def collate_batch(batch):
    label_list, text_list, offsets = [], [], [0]
    for _label, _text in batch:
        label_list.append(_label)
        text_list.append(torch.tensor(_text, dtype=torch.int64))
        offsets.append(text_list[-1].size(0))
    offsets = torch.tensor(offsets[:-1]).cumsum(dim=0)
    return torch.tensor(label_list, dtype=torch.int64), torch.cat(text_list), offsets


def skip_gram():
    corpus = torch.from_numpy(integers(VOCAB, 60))
    model, losses = settle(SkipGram()), []
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
    for step in range(10):
        loss = model(corpus[:-1], corpus[1:], torch.from_numpy(integers(VOCAB, 59, 4, seed=step)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    nearest = F.normalize(model.u.weight.detach(), dim=1) @ F.normalize(model.u.weight.detach(), dim=1).T
    return losses + [nearest.trace().item()]


def classify(mode):
    texts = [(int(integers(3, 1, seed=i)[0]), integers(VOCAB, 2 + i % 4, seed=i)) for i in range(12)]
    loader = torch.utils.data.DataLoader(texts, batch_size=6, shuffle=False, collate_fn=collate_batch)
    model, losses = settle(TextClassificationModel(mode)), []
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1.0, gamma=0.9)
    for _ in range(4):
        for label, text, offsets in loader:
            optimizer.zero_grad()
            loss = criterion(model(text, offsets), label)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return losses


def main():
    return skip_gram() + classify("mean") + classify("sum") + classify("max")
