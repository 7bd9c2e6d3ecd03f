"""The word-language-model example with LSTM, GRU and Transformer: batchify, repackaged hidden states, tied weights, manual SGD, perplexity."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from tests.programs.common import integers, settle

ntokens, width, bptt = 11, 8, 6


class RNNModel(nn.Module):
    def __init__(self, rnn_type, tie_weights=True):
        super().__init__()
        self.drop = nn.Dropout(0.0)
        self.encoder = nn.Embedding(ntokens, width)
        if rnn_type in ["LSTM", "GRU"]:
            self.rnn = getattr(nn, rnn_type)(width, width, 2, dropout=0.0)
        else:
            self.rnn = nn.RNN(width, width, 2, nonlinearity={"RNN_TANH": "tanh", "RNN_RELU": "relu"}[rnn_type])
        self.decoder = nn.Linear(width, ntokens)
        if tie_weights:
            self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
        self.rnn_type = rnn_type

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
        decoded = self.decoder(self.drop(output)).view(-1, ntokens)
        return F.log_softmax(decoded, dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        if self.rnn_type == "LSTM":
            return (weight.new_zeros(2, bsz, width), weight.new_zeros(2, bsz, width))
        return weight.new_zeros(2, bsz, width)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=50):
        super().__init__()
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe.unsqueeze(0).transpose(0, 1))

    def forward(self, x):
        return x + self.pe[: x.size(0), :]


class TransformerModel(nn.Transformer):
    def __init__(self):
        super().__init__(d_model=width, nhead=2, dim_feedforward=16, num_encoder_layers=2, dropout=0.0)
        self.src_mask = None
        self.pos_encoder = PositionalEncoding(width)
        self.input_emb = nn.Embedding(ntokens, width)
        self.decoder = nn.Linear(width, ntokens)

    def _generate_square_subsequent_mask(self, sz):
        return torch.log(torch.tril(torch.ones(sz, sz)))

    def forward(self, src):
        if self.src_mask is None or self.src_mask.size(0) != len(src):
            self.src_mask = self._generate_square_subsequent_mask(len(src)).to(src.device)
        src = self.pos_encoder(self.input_emb(src) * math.sqrt(width))
        output = self.encoder(src, mask=self.src_mask)
        return F.log_softmax(self.decoder(output), dim=-1)


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    data = data.narrow(0, 0, nbatch * bsz)
    return data.view(bsz, -1).t().contiguous()


def repackage_hidden(h):
    """The same states, cut from their history."""
    return h.detach() if isinstance(h, torch.Tensor) else tuple(repackage_hidden(v) for v in h)


def get_batch(source, i):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)


def train(model, source, lr=0.5):
    criterion, losses = nn.NLLLoss(), []
    model.train()
    hidden = model.init_hidden(4) if isinstance(model, RNNModel) else None
    for i in range(0, source.size(0) - 1, bptt):
        data, targets = get_batch(source, i)
        model.zero_grad()
        if hidden is None:
            output = model(data).view(-1, ntokens)
        else:
            hidden = repackage_hidden(hidden)
            output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        for p in model.parameters():
            if p.grad is not None:
                p.data.add_(p.grad, alpha=-lr)
        losses.append(loss.item())
    return losses


def main():
    source = batchify(torch.from_numpy(integers(ntokens, 150)), 4)
    losses = []
    for kind in ("LSTM", "GRU", "RNN_TANH", "Transformer"):
        model = settle(TransformerModel() if kind == "Transformer" else RNNModel(kind))
        losses += train(model, source) + [math.exp(train(model, source)[-1])]
    return losses
