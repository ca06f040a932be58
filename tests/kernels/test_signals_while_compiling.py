"""Interrupts, other signals and forks while kernels are compiled or loaded: none is lost, none
leaves anything broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from wlnet.kernels.jit import apart as room
from wlnet.kernels.jit.apart import apart
from wlnet.kernels.jit.locks import TURN, new_lock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def python(code: str, *given: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which interrupts work, whatever those who started the tests do with them."""
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    return subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(code), *given],
        env={**os.environ, "WLNET_COMPILE_PROCESSES": "1", **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# Work apart


@pytest.fixture
def interruptible() -> Any:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_is_raised_where_one_waits_and_the_work_goes_on_to_its_end() -> None:
    told: list[Any] = []

    def work(is_wanted: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        while is_wanted():
            time.sleep(0.001)
        told.append("ended")

    with pytest.raises(KeyboardInterrupt):
        apart(work)
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    assert told == ["ended"]


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        apart(lambda is_wanted: print(1 // 0))


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("others", [0, 3])
def test_without_a_thread_the_work_is_done_and_signals_wait_for_its_end(
    others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system gives a signal to any thread: those that wait for something take it as well."""
    end = threading.Event()
    for _ in range(others):
        threading.Thread(target=end.wait, daemon=True).start()

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    done: list[int] = []

    def work(is_wanted: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        done.extend(range(1000))

    terms: list[Any] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: terms.append(number))
    with pytest.raises(KeyboardInterrupt):
        apart(work)
    signal.signal(signal.SIGTERM, before)
    end.set()
    assert len(done) == 1000
    assert terms == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_threads_with_little_stack_are_given_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    usual = threading.stack_size(256 << 10)
    try:
        size = threading.stack_size
        monkeypatch.setattr(threading, "stack_size", lambda n=None: asked.append(n) or 256 << 10)
        apart(lambda is_wanted: None)
        monkeypatch.setattr(threading, "stack_size", size)
        assert asked == [None, room.STACK, 256 << 10]
    finally:
        threading.stack_size(usual)


# Locks


def test_a_signal_handler_comes_to_a_lock_that_its_own_thread_holds() -> None:
    with (lock := new_lock()), lock:
        pass


def test_who_has_the_turn_may_take_it_again_while_others_wait_for_it() -> None:
    let_in: list[str] = []

    def waits() -> None:
        with TURN:
            let_in.append("the other")

    def has_it() -> None:
        with TURN:
            other.start()
            time.sleep(0.1)  # the other one waits at the door
            with TURN:
                let_in.append("again")
        other.join()

    other = threading.Thread(target=waits, daemon=True)
    thread = threading.Thread(target=has_it, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert let_in == ["again", "the other"]


def test_a_fork_waits_for_whoever_compiles_and_is_let_in_between_two_kernels() -> None:
    begun, stop, order = threading.Event(), threading.Event(), []

    def compiles() -> None:
        for _ in range(200):
            with TURN:
                begun.set()
                order.append("kernel")
                time.sleep(0.005)
            if stop.is_set():
                return

    thread = threading.Thread(target=compiles)
    thread.start()
    begun.wait()
    with TURN:
        before = len(order)
        time.sleep(0.02)
        assert len(order) == before
    stop.set()
    thread.join()
    assert before < 10


# Whole processes


INTERRUPTED = """
    import os, signal, sys, threading, time
    import numpy as np, wlnet as wl
    after, times = float(sys.argv[1]), int(sys.argv[2])
    def interrupt():
        time.sleep(after)
        os.kill(os.getpid(), signal.SIGINT)
    net = wl.net_initialize(wl.NetChain([wl.ConvolutionLayer(4, 3), "Ramp", wl.FlattenLayer(), 3],
                            input=(2, 8, 8)))
    x = np.zeros((2, 2, 8, 8), np.float32)
    for _ in range(times):
        heard, thread = False, threading.Thread(target=interrupt)
        try:
            thread.start()
            wl.net_program(net, batch_size=4)
            net(x)
            while thread.is_alive():
                time.sleep(0.01)
            time.sleep(0.05)
        except KeyboardInterrupt:
            heard = True
        thread.join()
        print("heard" if heard else "lost")
        after *= 1.7
    net(x)
    import numba
    print(numba.njit(lambda a: a + 1)(1))
"""


def check_interrupts(folder: Path, after: float, times: int) -> None:
    found = python(INTERRUPTED, str(after), str(times), WLNET_CACHE_DIR=str(folder))
    assert found.stdout.split() == ["heard"] * times + ["2"], (after, found.stdout, found.stderr)
    assert "Exception ignored" not in found.stderr and "Traceback" not in found.stderr


def test_interrupts_while_compiling_are_heard_and_nothing_is_broken_after_them(
    tmp_path: Path,
) -> None:
    check_interrupts(tmp_path, 0.3, 3)


@pytest.mark.thorough
@pytest.mark.parametrize("after", [0.01 + 0.037 * i for i in range(40)])
def test_interrupts_at_any_moment_of_compiling_and_of_loading_are_heard(
    tmp_path: Path, after: float
) -> None:
    check_interrupts(tmp_path, after, 3)
    check_interrupts(tmp_path, after / 30, 3)  # what is in the cache is only loaded


INTERRUPTED_IMPORT = """
    import importlib.abc, os, signal, sys, time
    import numpy as np, wlnet as wl
    net = wl.net_initialize(wl.NetChain([2], input=2))
    assert not set(sys.modules) & {"llvmlite", "wlnet.train"}
    class Interrupts(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == sys.argv[1]:
                sys.meta_path.remove(self)
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.2)
    sys.meta_path.insert(0, Interrupts())
    data = np.ones((1, 2)), np.ones((1, 2))
    try:
        wl.net_train(net, data, max_training_rounds=1)
    except KeyboardInterrupt:
        print("heard")
    wl.net_train(net, data, max_training_rounds=1)
    import numba
    print(numba.njit(lambda a: a + 1)(1))
"""


@pytest.mark.parametrize(
    "module", ["llvmlite.binding.orcjit", "llvmlite.ir.values", "wlnet.train.losses"]
)
def test_an_interrupt_while_rooms_are_opened_leaves_no_module_half_imported(module: str) -> None:
    found = python(INTERRUPTED_IMPORT, module)
    assert found.stdout.split() == ["heard", "2"], found.stderr


TWO_AT_ONCE = """
    import importlib.abc, sys, threading, time
    import numpy as np, wlnet as wl
    net = wl.net_initialize(wl.NetChain([2], input=2))
    reached, answers = threading.Event(), []
    class Slowly(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == "wlnet.evaluate":  # on the way to the first room, and around the second
                reached.set()
                time.sleep(0.3)
    sys.meta_path.insert(0, Slowly())
    thread = threading.Thread(target=lambda: answers.append(wl.net_program(net, batch_size=4)))
    thread.start()
    reached.wait()
    answers.append(net([1, 2]))
    thread.join()
    print(len(answers))
"""


def test_threads_that_open_rooms_at_once_are_not_at_a_standstill() -> None:
    found = python(TWO_AT_ONCE)
    assert (found.stdout, found.stderr) == ("2\n", "")


TERMINATED = """
    import os, signal, sys, threading, time
    import numpy as np, wlnet as wl
    def leave(number, frame):
        sys.exit(7)
    signal.signal(signal.SIGTERM, leave)
    threading.Timer(float(sys.argv[1]), os.kill, (os.getpid(), signal.SIGTERM)).start()
    net = wl.net_initialize(wl.NetChain([wl.ConvolutionLayer(4, 3), "Ramp"], input=(2, 8, 8)))
    net(np.zeros((2, 2, 8, 8), np.float32))
    time.sleep(60)
"""


@pytest.mark.parametrize(
    "after",
    [0.5, *(pytest.param(0.05 + 0.06 * i, marks=pytest.mark.thorough) for i in range(20))],
)
def test_a_handler_that_ends_the_process_while_it_compiles_ends_it(
    tmp_path: Path, after: float
) -> None:
    begun = time.monotonic()
    found = python(TERMINATED, str(after), WLNET_CACHE_DIR=str(tmp_path))
    assert found.returncode == 7, found.stderr
    assert "Traceback" not in found.stderr and "Exception ignored" not in found.stderr
    assert time.monotonic() - begun < 60


FORKED = """
    import os, signal, sys, threading, time
    import numpy as np, wlnet as wl
    net, other = (wl.net_initialize(wl.NetChain([n, "Tanh", 2], input=3)) for n in (4, 5))
    x = np.ones((4, 3), np.float32)
    def work():
        net(x)
        wl.net_train(net, (x, x[:, :2]), max_training_rounds=1, training_progress_reporting=None)
    thread = threading.Thread(target=work)
    thread.start()
    children = []
    for _ in range(int(sys.argv[2])):
        time.sleep(float(sys.argv[1]))
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(120)
            other(x)
            os._exit(0)
        children.append(child)
    thread.join()
    print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.parametrize(
    ("after", "children"),
    [
        (0.4, 1),
        pytest.param(0.4, 3, marks=pytest.mark.thorough),
        *(pytest.param(0.03 + 0.05 * i, 8, marks=pytest.mark.thorough) for i in range(12)),
    ],
)
def test_a_child_forked_while_another_thread_compiles_evaluates(
    tmp_path: Path, after: float, children: int
) -> None:
    found = python(FORKED, str(after), str(children), WLNET_CACHE_DIR=str(tmp_path))
    assert found.stdout.strip() == str([0] * children), found.stderr
    assert "Traceback" not in found.stderr


HANDLED = """
    import signal, sys
    import numpy as np, wlnet as wl
    net = wl.net_initialize(wl.NetChain([width := int(sys.argv[1]), "Ramp", width], input=width))
    x = np.ones((int(sys.argv[2]), width), np.float32)
    if sys.argv[3] == "one":
        x = x[0]
    expected, other = net(x), net(2 * x)
    net(x)
    heard = []
    def hear(number, frame):
        heard.append((net(2 * x) == other).all())
        signal.setitimer(signal.ITIMER_REAL, 0.003)
    signal.signal(signal.SIGALRM, hear)
    signal.setitimer(signal.ITIMER_REAL, 0.003)
    right = True
    while len(heard) < 15:
        right &= bool((net(x) == expected).all())
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(right, all(heard))
"""


@pytest.mark.parametrize(("width", "examples", "how"), [(20, 1, "one"), (30, 8, "many")])
def test_a_handler_may_call_the_net_that_runs_and_neither_spoils_the_other(
    width: int, examples: int, how: str
) -> None:
    found = python(HANDLED, str(width), str(examples), how)
    assert found.stdout.strip() == "True True", found.stderr


VARIABLES = [
    "NUMBA_DISABLE_JIT=1",
    "NUMBA_OPT=0",
    "NUMBA_CPU_NAME=generic",
    "NUMBA_CPU_FEATURES=",
    "NUMBA_BOUNDSCHECK=1",
    "NUMBA_DEBUGINFO=1",
    "NUMBA_ENABLE_AVX=0",
]


@pytest.mark.parametrize(
    "given", [VARIABLES, *(pytest.param([it], marks=pytest.mark.thorough) for it in VARIABLES)]
)
def test_variables_of_numba_change_no_machine_code(given: list[str]) -> None:
    code = """
    from llvmlite import binding as llvm
    from wlnet.kernels.jit import loading
    from wlnet.kernels.jit.compiling import compiled
    from wlnet.kernels.updates.flat_updates import sgd
    from wlnet.kernels.language import Target
    loading._machine()
    code, _ = compiled(sgd, Target("Real32", 16))
    parts = llvm.ObjectFileRef.from_data(code).sections()
    print(b"".join(part.data() for part in parts if part.is_text()).hex())
    """
    usual = python(code)
    other = python(code, **dict(variable.split("=") for variable in given))
    assert usual.stdout == other.stdout, other.stderr
    assert len(usual.stdout) > 500
