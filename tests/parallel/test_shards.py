"""Every rank with its own share of the examples: the same bits for any number of ranks."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.parallel.nets import arrays, bits, net_of
from tests.parallel.pretended import Pretended, together

OPTIONS: dict[str, Any] = {
    "max_training_rounds": 3, "batch_size": 16, "training_progress_reporting": None,
    "batch_parts": 8,
}  # fmt: skip
COUNT = 88
"""Five batches of 16, and one of 8."""
X = np.random.default_rng(4).normal(size=(COUNT, 5)).astype(np.float32)
Y = np.stack([X[:, 0] * X[:, 1], X.sum(1) / 3], axis=1)


def share(rank: int, ranks: int) -> tuple[Any, Any]:
    each = COUNT // ranks
    return X[rank * each : (rank + 1) * each], Y[rank * each : (rank + 1) * each]


def train(data: Any, **more: Any) -> Any:
    return wl.net_train(net_of("normalized"), data, wl.ALL, **{**OPTIONS, **more})


def by_rank(each: Pretended, **more: Any) -> Any:
    return train(wl.Shard(share(each.rank, each.ranks)), communicator=each, **more)


def test_the_bits_are_those_of_one_rank_with_all_shares() -> None:
    alone = train(wl.Shard((X, Y)))
    for ranks in (2, 4, 8):
        for found in together(ranks, by_rank):
            assert bits(found) == bits(alone)
            assert found["BatchPermutation"] == alone["BatchPermutation"]
            assert found["ExamplesProcessed"] == 3 * COUNT


def test_a_round_uses_every_example_once_in_batches_of_the_size_asked_for() -> None:
    (found, _) = together(2, by_rank)
    batches = found["BatchPermutation"]
    assert [len(batch) for batch in batches] == [16] * 5 + [8]
    assert sorted(number for batch in batches for number in batch) == list(range(1, COUNT + 1))
    # Every part draws in an order of its own, from its own run of examples.
    orders = {tuple((batch[2 * i] - 1) % (COUNT // 8) for batch in batches[:5]) for i in range(8)}
    assert len(orders) == 8
    run, part = COUNT // 8, [(number - 1) // (COUNT // 8) for number in batches[0]]
    assert run == 11 and part == [i // 2 for i in range(16)]


def test_losses_are_those_of_the_examples_that_the_record_names() -> None:
    still = {"method": ("SGD", {"LearningRate": 1e-30}), "max_training_rounds": 1}
    net = net_of("linear")
    run = partial(wl.net_train, net, prop=wl.ALL, **{**OPTIONS, **still})
    found = together(2, lambda each: run(wl.Shard(share(each.rank, each.ranks)), communicator=each))
    missed = ((np.asarray(net(X)) - Y) ** 2).mean(axis=1)
    for each in found:
        expected = [missed[np.array(batch) - 1].mean() for batch in each["BatchPermutation"]]
        np.testing.assert_allclose(each["BatchLossList"], expected, rtol=1e-5)


def test_a_frozen_prefix_is_kept_of_the_own_examples_alone() -> None:
    rules = {1: 0, 2: 0, wl.ANY: 1}
    alone = train(wl.Shard((X, Y)), learning_rate_multipliers=rules)
    for found in together(4, lambda each: by_rank(each, learning_rate_multipliers=rules)):
        assert bits(found) == bits(alone)


def test_weights_of_examples_go_with_them() -> None:
    weights = np.arange(COUNT) % 3 + 0.5

    def weighed(each: Pretended) -> Any:
        size = COUNT // each.ranks
        own = weights[each.rank * size : (each.rank + 1) * size]
        return by_rank(each, example_weights=own)

    alone = train(wl.Shard((X, Y)), example_weights=weights)
    assert [bits(found) for found in together(4, weighed)] == [bits(alone)] * 4
    assert bits(alone) != bits(train(wl.Shard((X, Y))))


@pytest.mark.parametrize(
    ("data", "more", "message"),
    [
        (lambda each: wl.Shard(tuple(c[: 40 + each.rank] for c in share(0, 1))), {},
         "different sizes"),
        (lambda each: wl.Shard(tuple(c[:9] for c in share(0, 1))), {}, "divided evenly"),
        (lambda each: wl.Shard(share(*(each.rank, each.ranks))), {"batch_size": 12},
         "batch_size=16"),
        (lambda each: wl.Shard(share(0, 1)) if each.rank else share(0, 1), {}, "some have all"),
        (lambda each: wl.Shard(share(0, 1)), {"validation_set": wl.Scaled(0.1)}, "held out"),
        (lambda each: share(each.rank, each.ranks), {}, "Shard(data)"),
        (lambda each: share(0, 1), {"learning_rate": lambda: 0}, "learning_rate"),
    ],
)  # fmt: skip
def test_what_is_not_alike_is_an_error_that_says_the_repair_and_no_rank_waits(
    data: Any, more: dict[str, Any], message: str
) -> None:
    told = []

    def run(each: Pretended) -> None:
        with pytest.raises((wl.DataError, wl.OptionError, RuntimeError)) as error:
            train(data(each), communicator=each, **more)
        told.append(str(error.value))

    together(2, run, heard=False)
    assert len(told) == 2
    assert any(message in each for each in told), told


def test_ranks_and_parts_have_to_fit() -> None:
    def run(parts: int) -> Any:
        return lambda each: train(share(0, 1), communicator=each, batch_parts=parts)

    for ranks, parts in ((2, 1), (4, 2), (3, 4)):
        with pytest.raises(wl.OptionError, match="cannot be shared evenly"):
            together(ranks, run(parts), heard=False)
    with pytest.raises(wl.OptionError, match="a power of two"):
        train(share(0, 1), batch_parts=6)
    with pytest.raises(wl.OptionError, match="COMM_WORLD"):
        train(share(0, 1), communicator="mpi")


def test_shares_are_not_changed() -> None:
    before = X.tobytes(), Y.tobytes()
    (found, _) = together(2, by_rank)
    assert (X.tobytes(), Y.tobytes()) == before
    assert arrays(found["TrainedNet"])


def rows_of(state: Any) -> Any:
    """The rows of a batch that a rank is asked for."""
    draws = np.random.default_rng(state["AbsoluteBatch"])
    rows, each = (
        draws.permutation(COUNT)[: state["BatchSize"]],
        state["BatchSize"] // state["Ranks"],
    )
    return rows[state["Rank"] * each : (state["Rank"] + 1) * each]


def test_functions_give_shares_of_their_rank() -> None:
    """Asked batch by batch, or as what yields batches."""

    def asked(state: Any) -> Any:
        return X[rows_of(state)], Y[rows_of(state)]

    def yielded(state: Any) -> Any:
        for number in range(3):
            rows = np.arange(number * 16, number * 16 + 16)
            own = rows.reshape(state["Ranks"], -1)[state["Rank"]]
            yield X[own], Y[own]

    for data in ((asked, {"RoundLength": 64}), yielded):
        alone = train(wl.Shard(data))
        for ranks in (2, 8):
            for found in together(ranks, lambda e, d=data: train(wl.Shard(d), communicator=e)):  # type: ignore[misc]
                assert bits(found) == bits(alone)


def test_functions_that_give_shares_of_other_sizes_or_end_early_are_told() -> None:
    def larger(state: Any) -> Any:
        return X[: 8 + state["Rank"]], Y[: 8 + state["Rank"]]

    def shorter(state: Any) -> Any:
        for _ in range(4 - state["Rank"]):
            yield X[:8], Y[:8]

    for data, message in ((larger, "another number of examples"), (shorter, "no batch left")):
        told = []

        def run(each: Pretended, data: Any = data, told: list[str] = told) -> None:
            with pytest.raises((wl.DataError, RuntimeError)) as error:
                train(wl.Shard(data), communicator=each)
            told.append(str(error.value))

        together(2, run, heard=False)
        assert len(told) == 2 and any(message in each for each in told), told


def test_what_only_all_examples_could_tell_is_refused() -> None:
    def run(each: Pretended) -> None:
        def looks(state: Any) -> None:
            assert (state["Rank"], state["Ranks"]) == (0, 2)
            with pytest.raises(wl.PartError, match="only a share"):
                state["Gradients"]

        by_rank(each, training_progress_function=looks, max_training_rounds=1)

    together(2, run)


def differing_net(rank: int) -> wl.Net:
    """A net that is another one on each rank, with the same arrays."""
    chain = [wl.LinearLayer(4), wl.DropoutLayer(0.1 + rank / 2), wl.LinearLayer(2)]
    return wl.net_initialize(wl.NetChain(chain, input=5), random_seeding=1)


@pytest.mark.parametrize(
    ("net", "data", "more", "message"),
    [
        (None, lambda rank: (X + rank, Y), {}, "different data"),
        (None, lambda rank: (X[: 80 - 8 * rank], Y[: 80 - 8 * rank]), {}, "different data"),
        (None, None, lambda rank: {"validation_set": (X + rank, Y)}, "validation_set"),
        (None, None, lambda rank: {"validation_set": (X, Y)} if rank else {}, "validation_set"),
        (None, None, lambda rank: {"example_weights": np.arange(COUNT) + rank + 1.0}, "LossWeight"),
        (None, None, lambda rank: {"learning_rate": 0.01 + rank}, "learning_rate"),
        (None, None, lambda rank: {"method": ("ADAM", {"Beta1": 0.8 + rank / 10})}, "method"),
        (differing_net, None, {}, "different nets"),
        (None, lambda rank: lambda state: (X[:16] + rank, Y[:16]), {}, "different batches"),
        (None, lambda rank: (lambda state: (X[:16], Y[:16]), {"RoundLength": 32 + rank}), {},
         "different batches"),
        (None, lambda rank: lambda: iter([(X[:16], Y[:16])] * (3 + rank)), {}, "no batch left"),
    ],
)  # fmt: skip
def test_ranks_that_were_given_different_things_are_told(
    net: Any, data: Any, more: Any, message: str
) -> None:
    """Whatever is asked for."""
    told = []

    def run(each: Pretended) -> None:
        given = data(each.rank) if data else (X, Y)
        options = more(each.rank) if callable(more) else more
        with pytest.raises((wl.DataError, wl.OptionError, RuntimeError)) as error:
            wl.net_train(
                net(each.rank) if net else net_of("linear"), given, communicator=each,
                **{**OPTIONS, **options},
            )  # fmt: skip
        told.append(str(error.value))

    together(2, run, heard=False)
    assert len(told) == 2 and any(message in each for each in told), told


def test_a_schedule_that_is_a_function_is_that_of_rank_0() -> None:
    def by(rank: int) -> Any:
        return (
            "SGD",
            {"LearningRate": 0.1, "LearningRateSchedule": lambda *place: 1.0 / (1 + rank)},
        )

    def run(each: Pretended) -> Any:
        return train((X, Y), communicator=each, method=by(each.rank))

    alone = train((X, Y), method=by(0))
    assert [bits(found) for found in together(2, run)] == [bits(alone)] * 2
