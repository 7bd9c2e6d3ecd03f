"""Sharpness-aware minimisation: an Optimizer subclass around a base optimizer; two passes per step, or a closure."""

import torch
import torch.nn as nn
from torch.nn.modules.batchnorm import _BatchNorm

from tests.programs.common import integers, normal, settle


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base_optimizer, rho=0.05, adaptive=False, **kwargs):
        assert rho >= 0.0, f"Invalid rho, should be non-negative: {rho}"
        super().__init__(params, {"rho": rho, "adaptive": adaptive, **kwargs})
        self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
        self.param_groups = self.base_optimizer.param_groups
        self.defaults.update(self.base_optimizer.defaults)

    @torch.no_grad()
    def first_step(self, zero_grad=False):
        grad_norm = self._grad_norm()
        for group in self.param_groups:
            scale = group["rho"] / (grad_norm + 1e-12)
            for p in group["params"]:
                if p.grad is None:
                    continue
                self.state[p]["old_p"] = p.data.clone()
                e_w = (torch.pow(p, 2) if group["adaptive"] else 1.0) * p.grad * scale.to(p)
                p.add_(e_w)
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def second_step(self, zero_grad=False):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.data = self.state[p]["old_p"]
        self.base_optimizer.step()
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def step(self, closure=None):
        assert closure is not None, "Sharpness Aware Minimization requires closure, but it was not provided"
        closure = torch.enable_grad()(closure)
        self.first_step(zero_grad=True)
        closure()
        self.second_step()

    def _grad_norm(self):
        device = self.param_groups[0]["params"][0].device
        return torch.norm(
            torch.stack(
                [
                    ((torch.abs(p) if group["adaptive"] else 1.0) * p.grad).norm(p=2).to(device)
                    for group in self.param_groups
                    for p in group["params"]
                    if p.grad is not None
                ]
            ),
            p=2,
        )

    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict)
        self.base_optimizer.param_groups = self.param_groups


def running_stats(model, on):
    def switch(module):
        if isinstance(module, _BatchNorm):
            if on and hasattr(module, "backup_momentum"):
                module.momentum = module.backup_momentum
            elif not on:
                module.backup_momentum, module.momentum = module.momentum, 0

    model.apply(switch)


def main():
    x, y = torch.from_numpy(normal(16, 6)), torch.from_numpy(integers(3, 16))
    criterion, losses = nn.CrossEntropyLoss(), []
    for adaptive, with_closure in ((False, False), (True, True)):
        model = settle(nn.Sequential(nn.Linear(6, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Linear(10, 3)))
        optimizer = SAM(model.parameters(), torch.optim.SGD, rho=0.1, adaptive=adaptive, lr=0.1, momentum=0.9)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer.base_optimizer, 0.95)
        for _ in range(10):
            running_stats(model, True)
            loss = criterion(model(x), y)
            loss.backward()
            if with_closure:

                def closure(model=model):
                    again = criterion(model(x), y)
                    again.backward()
                    return again

                optimizer.step(closure)
                optimizer.zero_grad()
            else:
                optimizer.first_step(zero_grad=True)
                running_stats(model, False)
                criterion(model(x), y).backward()
                optimizer.second_step(zero_grad=True)
            schedule.step()
            losses.append(loss.item())
        losses += model[1].running_mean.tolist()[:3]
    return losses
