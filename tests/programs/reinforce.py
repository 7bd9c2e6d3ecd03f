"""REINFORCE and actor-critic with Categorical on a small corridor. Actions come from fixed numbers through the policy's probabilities."""

from collections import namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical

from tests.programs.common import settle

SavedAction = namedtuple("SavedAction", ["log_prob", "value"])
eps = np.finfo(np.float32).eps.item()


class Corridor:
    """Positions 0 to 4; going right is rewarded, the right end ends the episode."""

    def reset(self):
        self.at = 0
        return self.state()

    def state(self):
        return np.eye(5, dtype=np.float32)[self.at]

    def step(self, action):
        self.at = min(4, self.at + 1) if action == 1 else max(0, self.at - 1)
        return self.state(), 1.0 if self.at == 4 else -0.1, self.at == 4


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(5, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved_actions, self.rewards = [], []

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state, chance, greedy=False):
    probs, state_value = model(torch.from_numpy(state).float())
    m = Categorical(probs)
    assert 0 <= m.sample().item() <= 1
    action = torch.tensor(int(chance > probs[0].item()))
    model.saved_actions.append(SavedAction(m.log_prob(action), state_value))
    return action.item(), m.entropy()


def finish_episode(model, optimizer, critic):
    R, policy_losses, value_losses, returns = 0, [], [], []
    for r in model.rewards[::-1]:
        R = r + 0.95 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for (log_prob, value), R in zip(model.saved_actions, returns, strict=True):
        advantage = R - value.item() if critic else R
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum()
    if critic:
        loss = loss + torch.stack(value_losses).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:]
    del model.saved_actions[:]
    return loss.item()


def main(episodes=5):
    env, losses = Corridor(), []
    for critic in (False, True):
        model = settle(Policy(), seed=int(critic))
        optimizer = optim.Adam(model.parameters(), lr=3e-2)
        for episode in range(episodes):
            state, rng = env.reset(), np.random.default_rng(episode)
            for _ in range(10):
                action, entropy = select_action(model, state, rng.random())
                state, reward, done = env.step(action)
                model.rewards.append(reward)
                if done:
                    break
            if len(model.rewards) > 1:
                losses += [finish_episode(model, optimizer, critic), entropy.item()]
    return losses
