"""GCN and GAT on a small graph, in plain tensors: normalised adjacency, masked attention, scatter_add and index_add message passing."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parameter import Parameter

from tests.programs.common import integers, normal, settle


class GraphConv(nn.Module):
    def __init__(self, input_dim, output_dim, use_bias=False):
        super().__init__()
        self.kernel = Parameter(torch.Tensor(input_dim, output_dim))
        nn.init.xavier_normal_(self.kernel)
        self.bias = Parameter(torch.zeros(output_dim)) if use_bias else None

    def forward(self, x, adj):
        out = torch.mm(adj, torch.mm(x, self.kernel))
        return out if self.bias is None else out + self.bias


class GraphAttentionLayer(nn.Module):
    def __init__(self, in_features, out_features, n_heads, concat=False):
        super().__init__()
        self.n_heads, self.concat, self.n_hidden = n_heads, concat, out_features // n_heads if concat else out_features
        self.W = nn.Parameter(torch.empty(size=(in_features, self.n_hidden * n_heads)))
        self.a = nn.Parameter(torch.empty(size=(n_heads, 2 * self.n_hidden, 1)))
        self.leakyrelu = nn.LeakyReLU(0.2)
        nn.init.xavier_normal_(self.W)
        nn.init.xavier_normal_(self.a)

    def forward(self, h, adj):
        n = h.shape[0]
        h = torch.mm(h, self.W).view(n, self.n_heads, self.n_hidden).permute(1, 0, 2)
        source = torch.matmul(h, self.a[:, : self.n_hidden, :])
        target = torch.matmul(h, self.a[:, self.n_hidden :, :])
        e = self.leakyrelu(source + target.mT)
        attention = torch.where(adj > 0, e, -9e16 * torch.ones_like(e))
        out = torch.matmul(F.softmax(attention, dim=-1), h)
        return out.permute(1, 0, 2).contiguous().view(n, -1) if self.concat else out.mean(dim=0)


class SageLayer(nn.Module):
    """Mean of the neighbours' features, by edges instead of a matrix."""

    def __init__(self, width):
        super().__init__()
        self.own, self.others = nn.Linear(width, width), nn.Linear(width, width, bias=False)

    def forward(self, x, edges):
        source, target = edges
        count = torch.zeros(x.size(0)).scatter_add_(0, target, torch.ones(target.numel())).clamp_(min=1)
        summed = torch.zeros_like(x).index_add(0, target, x[source])
        return self.own(x) + self.others(summed / count[:, None])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gc = GraphConv(6, 8, use_bias=True)
        self.gat = GraphAttentionLayer(8, 8, 2, concat=True)
        self.sage = SageLayer(8)
        self.out = GraphAttentionLayer(8, 3, 1)

    def forward(self, x, adj, normed, edges):
        h = F.relu(self.gc(x, normed))
        h = F.elu(self.gat(h, adj))
        return F.log_softmax(self.out(self.sage(h, edges), adj), dim=1)


def main():
    n = 12
    edges = torch.from_numpy(integers(n, 2, 30))
    adj = torch.zeros(n, n)
    adj[edges[0], edges[1]] = 1.0
    adj = ((adj + adj.t() + torch.eye(n)) > 0).float()
    d = torch.diag(adj.sum(1).pow(-0.5))
    normed = d @ adj @ d
    x, y = torch.from_numpy(normal(n, 6)), torch.from_numpy(integers(3, n))
    train = torch.arange(n) % 3 != 0
    model = settle(Net())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=5e-4)
    losses = []
    for _ in range(20):
        model.train()
        optimizer.zero_grad()
        output = model(x, adj, normed, edges)
        loss = F.nll_loss(output[train], y[train])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    accuracy = (output.max(1)[1].type_as(y)[~train] == y[~train]).double().mean()
    return losses + [float(0 <= accuracy <= 1)]
