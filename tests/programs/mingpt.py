"""minGPT's Trainer on the sorting task: a Dataset with masked targets, a DataLoader, callbacks, NewGELU, evaluation by argmax."""

import math
from collections import defaultdict

import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from tests.programs.common import integers, settle


class SortDataset(Dataset):
    """Numbers followed by the same numbers sorted; the model need not predict the first half."""

    def __init__(self, length=4, num_digits=3, size=64):
        self.length, self.digits = length, integers(num_digits, size, length)

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, idx):
        inp = torch.tensor(self.digits[idx], dtype=torch.long)
        cat = torch.cat((inp, torch.sort(inp)[0]), dim=0)
        x, y = cat[:-1].clone(), cat[1:].clone()
        y[: self.length - 1] = -1
        return x, y


class NewGELU(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class Block(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.ModuleDict({"fc": nn.Linear(width, 4 * width), "proj": nn.Linear(4 * width, width), "act": NewGELU()})
        self.register_buffer("mask", torch.triu(torch.full((length, length), float("-inf")), diagonal=1), persistent=False)

    def forward(self, x):
        h, m = self.ln_1(x), self.mlp
        x = x + self.attn(h, h, h, attn_mask=self.mask, need_weights=False)[0]
        return x + m.proj(m.act(m.fc(self.ln_2(x))))


class Model(nn.Module):
    def __init__(self, vocabulary, length, width=16):
        super().__init__()
        self.wte, self.pos = nn.Embedding(vocabulary, width), nn.Parameter(torch.zeros(1, length, width))
        self.blocks = nn.Sequential(Block(width, 2, length), Block(width, 2, length))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, x, y=None):
        logits = self.head(self.blocks(self.wte(x) + self.pos))
        loss = None if y is None else F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1), ignore_index=-1)
        return logits, loss


class Trainer:
    def __init__(self, model, dataset, max_iters):
        self.model, self.dataset, self.max_iters = model, dataset, max_iters
        self.callbacks = defaultdict(list)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.95))

    def add_callback(self, onevent, callback):
        self.callbacks[onevent].append(callback)

    def run(self):
        loader = DataLoader(self.dataset, batch_size=16, num_workers=0, pin_memory=False)
        data_iter = iter(loader)
        for self.iter_num in range(self.max_iters):  # noqa: B020
            try:
                batch = next(data_iter)
            except StopIteration:
                data_iter = iter(loader)
                batch = next(data_iter)
            x, y = [t.to("cpu") for t in batch]
            _, self.loss = self.model(x, y)
            self.model.zero_grad(set_to_none=True)
            self.loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            for callback in self.callbacks["on_batch_end"]:
                callback(self)


def main():
    dataset = SortDataset()
    model = settle(Model(3, 7))
    trainer, losses = Trainer(model, dataset, 20), []
    trainer.add_callback("on_batch_end", lambda t: losses.append(t.loss.item()))
    trainer.run()
    with torch.no_grad():
        x, y = next(iter(DataLoader(dataset, 64)))
        predicted = model.eval()(x)[0].argmax(-1)
    right = (predicted == y)[y != -1].float().mean()
    return losses + [round(right.item(), 1)]
