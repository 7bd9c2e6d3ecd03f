"""The AMP recipe: autocast to bfloat16 with a GradScaler, accumulation, unscale before clipping, ReduceLROnPlateau; losses in float32."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from tests.programs.common import normal, settle

TOLERANCE = 2e-2  # sums in bfloat16 round as the kernel orders them


def main(epochs=10, iters_to_accumulate=2):
    model = settle(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 2)))
    data = [(torch.from_numpy(normal(8, 8, seed=s)), torch.from_numpy(normal(8, 2, seed=50 + s))) for s in range(4)]
    loss_fn = nn.MSELoss()
    opt = torch.optim.SGD(model.parameters(), lr=0.02)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, enabled=True)
    plateau = ReduceLROnPlateau(opt, factor=0.5, patience=1, threshold=0.2)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for i, (input, target) in enumerate(data):
            with torch.autocast(device_type="cpu", dtype=torch.bfloat16, enabled=True):
                output = model(input)
                assert output.dtype is torch.bfloat16
                loss = loss_fn(output.float(), target) / iters_to_accumulate
            scaler.scale(loss).backward()
            total += loss.item()
            if (i + 1) % iters_to_accumulate == 0:
                scaler.unscale_(opt)
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
                scaler.step(opt)
                scaler.update()
                opt.zero_grad()
        plateau.step(total)
        losses.append(total)
    assert all(p.dtype is torch.float32 for p in model.parameters())
    return losses + [scaler.get_scale(), opt.param_groups[0]["lr"]]
