"""What a program for several processes sees when it is alone, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

import contextlib
import copy
import os
import tempfile
import unittest.mock

from .collect import attempts, collect

CASES, scenario = collect()


@contextlib.contextmanager
def alone(torch):
    """`torch.distributed` with a world of one."""
    dist = torch.distributed
    with tempfile.TemporaryDirectory() as folder:
        dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=0, world_size=1)
        try:
            yield dist
        finally:
            dist.destroy_process_group()


@scenario
def without_a_group(torch):
    dist, x = torch.distributed, torch.ones(2)
    return dist.is_initialized(), attempts(
        dist.get_rank, dist.get_world_size, dist.get_backend, dist.barrier, dist.destroy_process_group, lambda: dist.all_reduce(x),
        lambda: dist.new_group([0]), lambda: torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2)),
        lambda: torch.utils.data.DistributedSampler(range(5)),
    )  # fmt: skip


@scenario
def who_and_how_many(torch):
    with alone(torch) as dist:
        other = dist.new_group([0])
        found = [
            dist.is_available(), dist.is_initialized(), dist.get_rank(), dist.get_world_size(), dist.get_backend(), dist.get_rank(other),
            dist.get_world_size(other), other.rank(), other.size(), dist.get_process_group_ranks(other), dist.get_global_rank(other, 0),
            dist.get_rank(dist.GroupMember.NON_GROUP_MEMBER), dist.group.WORLD is None, dist.Backend("NCCL"), dist.ReduceOp.SUM,
            list(torch.utils.data.DistributedSampler(range(5), shuffle=False)), str(dist.default_pg_timeout),
        ]  # fmt: skip
        found += attempts(lambda: dist.new_group([0, 1]), lambda: dist.init_process_group("gloo", rank=0, world_size=1))
    return found, dist.is_initialized()


@scenario
def by_environment(torch):
    found, settings = [], {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    with unittest.mock.patch.dict(os.environ, clear=False):
        for name in (*settings, "MASTER_PORT", "LOCAL_RANK"):
            os.environ.pop(name, None)
        for name, value in settings.items():
            found += attempts(lambda: torch.distributed.init_process_group("gloo"))
            os.environ[name] = value
        found += attempts(lambda: torch.distributed.init_process_group("gloo"), torch.distributed.get_node_local_rank,
                          lambda: torch.distributed.get_node_local_rank(3))
    return found


@scenario
def collectives(torch):
    with alone(torch) as dist:
        x, parts, out = torch.arange(4.0), [torch.zeros(4)], torch.zeros(4)
        dist.all_reduce(x)
        dist.all_reduce(x, op=dist.ReduceOp.AVG)
        dist.broadcast(x, 0)
        dist.reduce(x, 0, dist.ReduceOp.MAX)
        waited = dist.all_reduce(x, async_op=True).wait()
        dist.all_gather(parts, x)
        found = [x, waited, parts[0].clone()]
        for move in (lambda: dist.all_gather_into_tensor(out, x), lambda: dist.all_gather_single(out, x + 1), lambda: dist.gather(x + 2, [out]), lambda: dist.scatter(out, [x + 3]),
                     lambda: dist.reduce_scatter_tensor(out, x), lambda: dist.reduce_scatter(out, [x + 4]), lambda: dist.all_to_all([out], [x + 5]), lambda: dist.all_to_all_single(out, x + 6)):
            found += [move(), out.clone()]
        return found


@scenario
def collectives_refused(torch):
    with alone(torch) as dist:
        x = torch.arange(4.0)
        return attempts(
            lambda: dist.all_reduce(3), lambda: dist.broadcast([x], 0), lambda: dist.all_gather(x, x), lambda: dist.broadcast(x, 1),
            lambda: dist.reduce(x, 1), lambda: dist.all_gather([torch.zeros(3)], x), lambda: dist.all_gather([], x), lambda: dist.gather(x),
            lambda: dist.all_gather([torch.zeros(4).long()], x), lambda: dist.scatter(x), lambda: dist.scatter(x, [x, x]),
            lambda: dist.all_reduce(x, dist.ReduceOp.BAND), lambda: dist.send(x, 0),
        )  # fmt: skip


@scenario
def objects(torch):
    with alone(torch) as dist:
        sent, everyone, mine, gathered = [1, "a"], [None], [None], [None]
        dist.all_gather_object(everyone, {"a": 1})
        dist.broadcast_object_list(sent, 0)
        dist.scatter_object_list(mine, [[3]])
        dist.gather_object(5, gathered)
        return sent, everyone, mine, gathered


@scenario
def data_parallel(torch):
    with alone(torch):
        module = torch.nn.Linear(2, 2)
        with torch.no_grad():
            module.weight.fill_(1.0)
            module.bias.zero_()
        wrapped = torch.nn.parallel.DistributedDataParallel(module)
        optimizer = torch.optim.SGD(wrapped.parameters(), lr=0.1)
        wrapped(torch.ones(1, 2)).sum().backward()
        with wrapped.no_sync():
            inside = wrapped.require_backward_grad_sync
            wrapped(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        frozen = copy.deepcopy(module).requires_grad_(False)
        return [
            repr(wrapped), list(wrapped.state_dict()), wrapped.module is module, inside, wrapped.require_backward_grad_sync, module.weight, module.bias.grad,
            wrapped.eval().module.training, wrapped.device_ids, str(wrapped.device),
            *attempts(lambda: torch.nn.parallel.DistributedDataParallel(frozen),
                      lambda: torch.nn.parallel.DistributedDataParallel(module, device_ids=[0])),
        ]  # fmt: skip
