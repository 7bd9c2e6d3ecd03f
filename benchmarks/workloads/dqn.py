"""Deep Q-learning: two small networks, a gather, and a target network that follows slowly."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from .by_hand import adam, linear
from .program import Program, Workload, integers, normal

BATCH, OBSERVED, ACTIONS, DISCOUNT, FOLLOW = 32, 8, 4, 0.99, 0.005


def data():
    """Batches of state, action, reward, next state, done."""
    def batch(k):
        done = (integers(k, 10, BATCH) == 0).astype(np.float32)
        return normal(k, BATCH, OBSERVED), integers(k, ACTIONS, BATCH), normal(k + 50, BATCH), normal(k + 90, BATCH, OBSERVED), done

    return [batch(k) for k in range(4)]


class Agent(Program):
    """A step trains the online network, then moves the target network towards it."""

    def __init__(self, m, model, optimizer, loss_of):
        super().__init__(model, optimizer, loss_of)
        self.m = m

    def step(self, *batch):
        """zero_grad, forward, backward, optimizer.step, soft update."""
        loss = super().step(*batch)
        with self.m.no_grad():
            for p, q in zip(self.model["target"].parameters(), self.model["online"].parameters(), strict=True):
                p.mul_(1 - FOLLOW).add_(q, alpha=FOLLOW)
        return loss


def dqn(m, **place) -> Program:
    """Two hidden layers of 64, Adam on the Huber loss."""
    nn = m.nn

    def network():
        return nn.Sequential(nn.Linear(OBSERVED, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, ACTIONS))

    online, target = network(), network()
    model = nn.ModuleDict({"online": online, "target": target}).to(**place)
    target.load_state_dict(online.state_dict())

    def loss_of(state, action, reward, after, done):
        value = online(state).gather(1, action.unsqueeze(1)).squeeze(1)
        with m.no_grad():
            expected = reward + DISCOUNT * target(after).max(1).values * (1 - done)
        return nn.functional.smooth_l1_loss(value, expected)

    return Agent(m, model, m.optim.Adam(online.parameters(), lr=1e-3), loss_of)


def dqn_by_hand(weights):
    """The same in JAX."""
    online, target = ({k.removeprefix(part): v for k, v in weights.items() if k.startswith(part)} for part in ("online.", "target."))
    init, update = adam(1e-3)

    def network(w, x):
        return linear(w, "4", jax.nn.relu(linear(w, "2", jax.nn.relu(linear(w, "0", x)))))

    def loss_of(w, expected, state, action):
        off = jnp.take_along_axis(network(w, state), action[:, None], 1)[:, 0] - expected
        size = jnp.abs(off)
        return jnp.where(size < 1, 0.5 * off * off, size - 0.5).mean()

    @partial(jax.jit, donate_argnums=0)
    def program(carried, state, action, reward, after, done):
        online, target, moments = carried
        expected = reward + DISCOUNT * network(target, after).max(1) * (1 - done)
        loss, grads = jax.value_and_grad(loss_of)(online, expected, state, action)
        online, moments = update(online, grads, moments)
        target = {k: (1 - FOLLOW) * p + FOLLOW * online[k] for k, p in target.items()}
        return loss, (online, target, moments)

    carried = online, target, init(online)

    def step(*batch):
        nonlocal carried
        loss, carried = program(carried, *batch)
        return loss

    return step


WORKLOADS = [Workload("dqn", data, dqn, dqn_by_hand)]
