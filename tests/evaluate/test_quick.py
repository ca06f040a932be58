"""Single examples, which go a shorter way from the second call on: nothing else may differ."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import textwrap
import weakref
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.program import Program
from wlnet.evaluate import quick, runner
from wlnet.evaluate.quick import Way

NUMBERS = np.random.default_rng(0)


def small_net() -> Any:
    return wl.net_initialize(wl.NetChain([5, "Tanh", 3], input=4))


def an_example() -> Any:
    return NUMBERS.standard_normal(4, np.float32)


def kept_program(net: Any) -> tuple[Program, Any]:
    (kept,) = net.cached("programs", dict).programs.values()
    return kept


def quick_of(net: Any) -> Any:
    return net.cached("quick", lambda: None)


def two_inputs() -> Any:
    ports = wl.NetPort("a"), wl.NetPort("b")
    edges = [(ports[0], "cat"), (ports[1], "cat"), ("cat", "read")]
    return wl.NetGraph({"cat": wl.CatenateLayer(), "read": wl.LinearLayer(3)}, edges, a=2, b=4)


def two_outputs() -> Any:
    layers = {"see": wl.LinearLayer(3), "bend": wl.ElementwiseLayer("Tanh")}
    return wl.NetGraph(layers, [(wl.NetPort("Input"), "see"), ("see", "bend"),
                                ("see", wl.NetPort("raw")), ("bend", wl.NetPort("bent"))],
                       input=4)  # fmt: skip


CLASSES = wl.NetDecoder("Class", ["x", "y", "z"])
WORDS = wl.NetChain(
    [wl.EmbeddingLayer(3, 9), wl.LongShortTermMemoryLayer(4)], input=("n", "Integer")
)
NETS: dict[str, tuple[Any, Any]] = {
    "vectors": (wl.NetChain([5, "Tanh", 3], input=4), (4,)),
    "classes": (wl.NetChain([5, "Tanh", 3, wl.SoftmaxLayer()], input=4, output=CLASSES), (4,)),
    "numbers": (wl.NetChain([wl.LinearLayer([])], input=4), (4,)),
    "images": (wl.NetChain([wl.ConvolutionLayer(3, 3), "Ramp"], input=(2, 8, 9)), (2, 8, 9)),
    "two inputs": (two_inputs(), {"a": (2,), "b": (4,)}),
    "two outputs": (two_outputs(), (4,)),
    "words": (WORDS, 7),
    "open": (wl.NetChain([wl.GatedRecurrentLayer(5)], input=("n", 3)), (6, 3)),
}
COUNTS = None, 1, 5, 17, 150
"""Of examples; None for one that is no batch."""
FORMS: dict[str, Any] = {
    "arrays": lambda x: x,
    "float64": lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x.astype(np.int32),
    "half": lambda x: x.astype(np.float16) if x.dtype.kind == "f" else x.astype(np.uint8),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "a list": list,
}


def given(shape: Any, count: int | None, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    if isinstance(shape, dict):
        return {name: given(each, count, seed) for name, each in shape.items()}
    if isinstance(shape, int):
        return rng.integers(1, 10, (shape,) if count is None else (count, shape))
    return rng.standard_normal(shape if count is None else (count, *shape), np.float32)


def each_of(x: Any, form: Any) -> Any:
    return {name: form(each) for name, each in x.items()} if isinstance(x, dict) else form(x)


def bits(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: bits(each) for name, each in answer.items()}
    if isinstance(answer, np.ndarray):
        return answer.shape, answer.dtype, answer.tobytes()
    return type(answer), answer


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NETS)
def test_the_short_way_gives_what_the_usual_way_gives(
    name: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, shape = NETS[name]
    net = wl.net_initialize(net, random_seeding=2)
    taken: list[bool] = []
    usual = Way.__call__

    def watched(self: Way, x: Any) -> Any:
        found = usual(self, x)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(Way, "__call__", watched)
    for count in COUNTS if form == "arrays" else (None, 19):
        examples = [each_of(given(shape, count, seed), FORMS[form]) for seed in (1, 2)]
        expected = [bits(net(x, working_precision="Real32", workers=1)) for x in examples]
        net(examples[0])
        taken.clear()
        before = [pickle.dumps(x) for x in examples]
        found = [net(x) for x in examples]
        assert [bits(each) for each in found] == expected
        assert [pickle.dumps(x) for x in examples] == before
        # A list of words, or of what else has no numbers by itself, is read the long way.
        if form != "a list" or not isinstance(shape, dict):
            is_scalars = form == "a list" and count is None and name not in ("images", "open")
            assert taken == ([] if is_scalars else [True, True])
        # What was given out is the caller's own.
        again = [bits(each) for each in found]
        net(examples[1])
        assert [bits(each) for each in found] == again


@pytest.mark.parametrize("count", [None, 3, 40])
def test_faults_are_told_as_the_long_way_tells_them(count: int | None) -> None:
    for name, wrong in (("vectors", np.inf), ("vectors", 1e300), ("words", 0), ("words", 10)):
        net, shape = NETS[name]
        net = wl.net_initialize(net)
        good = given(shape, count, 1)
        good = good.astype(np.float64) if name == "vectors" else good
        bad = good.copy()
        bad.reshape(-1)[-1] = wrong
        told = []
        for _ in range(2):
            with pytest.raises(wl.DataError) as error:
                net(bad)
            told.append(str(error.value))
            net(good)
        assert quick_of(net)(good) is not None
        assert told[0] == told[1]


def test_other_calls_take_the_long_way() -> None:
    net = small_net()
    x = np.stack([an_example() for _ in range(3)])
    expected = net(x)
    quick = quick_of(net)
    assert quick(x) is not None
    masked = np.ma.masked_array(x, np.zeros_like(x, bool))
    for other in (masked, x[:2], x[None], x.tolist(), {"Input": x.tolist()}, {"Other": x}, x[0, 0],
                  [x[0], x[1, :2]], [], {}, None, "text", [masked[0]]):  # fmt: skip
        assert quick(other) is None
    assert net(x, None).tobytes() == expected.tobytes()
    assert net(masked).tobytes() == expected.tobytes()


def test_what_an_encoder_reads_takes_the_long_way() -> None:
    encoder = wl.NetEncoder("Image", (4, 4), color_space="Grayscale")
    net = wl.net_initialize(wl.NetChain([wl.ConvolutionLayer(2, 3)], input=encoder))
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4)
    first = net(picture)
    assert quick_of(net)(picture) is None
    assert net(picture).tobytes() == first.tobytes()


def test_a_net_that_draws_has_no_short_way() -> None:
    noisy = wl.NetGraph(
        {"noise": wl.RandomArrayLayer(output=(4,)), "sum": wl.ThreadingLayer("Plus")},
        [([wl.NetPort("Input"), "noise"], "sum")],
        input=4,
    )
    noisy = wl.net_initialize(noisy)
    x = given((4,), 20, 1)
    first = noisy(x)
    assert quick_of(noisy)(x) is None
    assert noisy(x).tobytes() == first.tobytes()
    assert noisy(x, batch_size=64).tobytes() == first.tobytes()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_in_every_call(wrong: float) -> None:
    net, bad, good = small_net(), an_example(), an_example()
    bad[2] = wrong
    expected = net(good)
    for _ in range(2):
        with pytest.raises(wl.DataError, match="not finite"):
            net(bad)
        assert quick_of(net)(good).tobytes() == net(good).tobytes() == expected.tobytes()


def test_after_a_call_that_was_given_up_the_next_one_gives_its_own_answer() -> None:
    net, first, second = small_net(), an_example(), an_example()
    expected = net(second)
    net(first)
    program, _ = kept_program(net)
    program.stop(at_once=True)
    assert net(second).tobytes() == expected.tobytes()


FORKED = """
    import os, signal, threading
    import numpy as np
    import wlnet as wl
    from wlnet.evaluate import runner
    net = wl.net_initialize(wl.NetChain([5, "Tanh", 3], input=4))
    x = np.ones(4, np.float32)
    expected = net(x)
    kept = net.cached("programs", dict)
    ((_, lock),) = kept.programs.values()
    # As other threads may hold them at this moment, which are not in the child.
    for each in (lock, kept.lock, runner._keeping):
        holder = threading.Thread(target=each.acquire)
        holder.start()
        holder.join()
    child = os.fork()
    if not child:
        signal.alarm(20)
        same = all((answer == expected).all() for answer in (net(x), net(x[None])[0]))
        wl.net_train(net, (x[None], np.ones((1, 3))), max_training_rounds=1)
        os._exit(0 if same else 3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_other_threads_evaluate_finds_all_locks_free() -> None:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORKED)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout.strip() == "0", run.stderr


def test_a_short_way_goes_with_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "KEPT", 2)
    monkeypatch.setattr(runner, "MOST", 0)
    net, x = small_net(), an_example()
    expected = net(x)
    program = weakref.ref(kept_program(net)[0])
    others = [np.ones((count, 4), np.float32) for count in (2, 3, 5)]
    net(others[0])
    # What is run, if by the short way, is not what goes first.
    assert quick_of(net)(x) is not None
    net(others[1])
    assert quick_of(net)(others[0]) is None
    assert quick_of(net)(x) is not None
    assert program() is not None
    for other in others[1:]:
        net(other)
    gc.collect()
    assert program() is None, "memory that nobody uses is kept"
    assert quick_of(net)(x) is None
    assert net(x).tobytes() == expected.tobytes()


def test_ways_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "MOST", 3)
    net = small_net()
    for count in range(1, 9):
        net(np.ones((count, 4), np.float32))
    assert len(quick_of(net)._ways) == 3
