"""Translation with nn.Transformer: causal and padding masks, ignore_index, greedy decoding; then an attention GRU with packed sequences."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Transformer
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from tests.programs.common import integers, settle

PAD, BOS, EOS, VOCAB, EMB = 0, 1, 2, 9, 8


class TokenEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, EMB, padding_idx=PAD)
        self.register_buffer("positions", torch.sin(torch.arange(0, 20 * EMB).reshape(20, 1, EMB) * 0.3))

    def forward(self, tokens: Tensor):
        return self.embedding(tokens.long()) * math.sqrt(EMB) + self.positions[: tokens.size(0)]


class Seq2SeqTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.transformer = Transformer(EMB, 2, 1, 1, 16, dropout=0.0)
        self.generator = nn.Linear(EMB, VOCAB)
        self.src, self.tgt = TokenEmbedding(), TokenEmbedding()

    def forward(self, src, trg, src_mask, tgt_mask, src_pad, tgt_pad, memory_pad):
        outs = self.transformer(self.src(src), self.tgt(trg), src_mask, tgt_mask, None, src_pad, tgt_pad, memory_pad)
        return self.generator(outs)

    def encode(self, src, src_mask):
        return self.transformer.encoder(self.src(src), src_mask)

    def decode(self, tgt, memory, tgt_mask):
        return self.transformer.decoder(self.tgt(tgt), memory, tgt_mask)


def square_mask(sz):
    mask = (torch.triu(torch.ones((sz, sz))) == 1).transpose(0, 1)
    return mask.float().masked_fill(mask == 0, float("-inf")).masked_fill(mask == 1, 0.0)


def greedy_decode(model, src, max_len):
    memory = model.encode(src, torch.zeros((src.shape[0], src.shape[0])).type(torch.bool))
    ys = torch.ones(1, 1).fill_(BOS).type(torch.long)
    for _ in range(max_len - 1):
        out = model.decode(ys, memory, square_mask(ys.size(0)).type(torch.bool)).transpose(0, 1)
        _, next_word = torch.max(model.generator(out[:, -1]), dim=1)
        ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(next_word.item())], dim=0)
    return ys.flatten()


def transformer(src, tgt, steps=10):
    model, losses = settle(Seq2SeqTransformer()), []
    loss_fn = torch.nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.98), eps=1e-9)
    for _ in range(steps):
        tgt_input, tgt_out = tgt[:-1, :], tgt[1:, :]
        src_mask, tgt_mask = torch.zeros((src.shape[0],) * 2), square_mask(tgt_input.shape[0])
        src_pad, tgt_pad = ((s == PAD).transpose(0, 1).float().masked_fill((s == PAD).T, float("-inf")) for s in (src, tgt_input))
        logits = model(src, tgt_input, src_mask, tgt_mask, src_pad, tgt_pad, src_pad)
        optimizer.zero_grad()
        loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    words = greedy_decode(model, src[:4, :1], 5)
    assert words.shape == (5,) and words[0] == BOS
    return losses


class Attention(nn.Module):
    """A GRU encoder over packed sequences, a GRUCell decoder with additive attention and teacher forcing."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, EMB)
        self.encoder = nn.GRU(EMB, 6, bidirectional=True)
        self.Wa, self.Ua, self.Va = nn.Linear(12, 8), nn.Linear(12, 8), nn.Linear(8, 1)
        self.cell, self.out = nn.GRUCell(EMB + 12, 12), nn.Linear(12, VOCAB)

    def forward(self, src, lengths, tgt):
        packed = pack_padded_sequence(self.embedding(src), lengths, enforce_sorted=False)
        keys, lens = pad_packed_sequence(self.encoder(packed)[0])
        keys = keys.transpose(0, 1)
        blank = torch.arange(keys.size(1))[None, :] >= lens[:, None]
        hidden, outputs = keys.mean(1), []
        for word in tgt[:-1]:
            scores = self.Va(torch.tanh(self.Wa(hidden).unsqueeze(1) + self.Ua(keys))).squeeze(2)
            weights = F.softmax(scores.masked_fill(blank, -1e9), dim=-1)
            context = torch.bmm(weights.unsqueeze(1), keys).squeeze(1)
            hidden = self.cell(torch.cat((self.embedding(word), context), dim=1), hidden)
            outputs.append(self.out(hidden))
        return torch.stack(outputs)


def attention(src, lengths, tgt, steps=10):
    model, losses = settle(Attention()), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        loss = F.cross_entropy(model(src, lengths, tgt).flatten(0, 1), tgt[1:].flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    sentences = [torch.from_numpy(integers(VOCAB - 3, n, seed=n) + 3) for n in (5, 3, 6, 2)]
    src = pad_sequence([torch.cat([torch.tensor([BOS]), s, torch.tensor([EOS])]) for s in sentences], padding_value=PAD)
    tgt = pad_sequence([torch.cat([torch.tensor([BOS]), s.flip(0), torch.tensor([EOS])]) for s in sentences], padding_value=PAD)
    return transformer(src, tgt) + attention(src, torch.tensor([len(s) + 2 for s in sentences]), tgt)
