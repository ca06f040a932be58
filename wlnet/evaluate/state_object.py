"""NetStateObject: a net that goes on where its last call ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

import numpy as np

from wlnet.coders.text_encoder import TextEncoder
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gate import shape_of
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, path_text
from wlnet.core.streams import as_seed
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import walk
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import check_choice, check_count, read_arguments, read_columns
from wlnet.evaluate.asked import Asked, question
from wlnet.evaluate.evaluation import MODES, told
from wlnet.evaluate.groups import run_columns
from wlnet.evaluate.held_states import HeldStates, Sizes
from wlnet.evaluate.runner import Runner
from wlnet.graph.builder import Mode
from wlnet.graph.keys import KeptStateKey
from wlnet.kernels.jit.locks import new_lock
from wlnet.nets.inference import inferred_port
from wlnet.nets.states import Course, checked_course, kept_states, with_open_lengths

PRECISIONS = tuple(DTYPES)
WHO = "a NetStateObject"


class NetStateObject:
    """A net that keeps its states from call to call: called with pieces of a sequence it answers as
    if it had read all of it at once, at the cost of the piece.

    net: a net with states that no edge leads to, whose parts go through a sequence in order.
    Lengths that nothing but its own ports fixes are open: a net that was trained on sequences of 25
    elements reads them one by one.
    states: what to begin with, a dict by port, as `states` gives it; zeros for those that are not
    in it. random_seeding: of
    what is drawn, as by "RandomSample"; each call draws other numbers than the one before.

    It is called as the net is, with a piece of a sequence or a batch of pieces of one length; or
    with one element, of one level less, and answers with one element. All calls have as many
    examples as the first. Options: net_evaluation_mode, working_precision, workers.

    `states` is what they are now, to be read and set; those that a dict does not name stay as they
    are. `reset()` begins anew, with what it was made with. Copies go on by
    themselves; calls of several threads come one after another.
    Raises OptionError for a net that keeps no states, or reads what comes later.

    >>> from wlnet.layers import GatedRecurrentLayer
    >>> from wlnet.nets.initialize import net_initialize
    >>> layer = net_initialize(GatedRecurrentLayer(2, input=("Varying", 3)))
    >>> whole, steps = layer([[1, 2, 3], [4, 5, 6]]), NetStateObject(layer)
    >>> steps([1, 2, 3]).tolist() == whole[0].tolist()
    True
    >>> steps([4, 5, 6]).tolist() == whole[1].tolist()
    True
    >>> steps
    NetStateObject(GatedRecurrentLayer, states NetPort('State'), after 2 calls)

    Wolfram Language: NetStateObject.
    """

    @checked_keywords
    def __init__(
        self,
        net: Net,
        states: Mapping[NetPort, object] | None = None,
        *,
        random_seeding: Any = 1234,
    ) -> None:
        if not isinstance(net, Net):
            raise fail(OptionError, Fault("a NetStateObject is made of a net", given=brief(net)))
        self._net, self._seed = net, as_seed(random_seeding)
        self._prepare()
        self._begun = self._held = HeldStates(self._sizes).given(states)

    def _prepare(self) -> None:
        # The net keeps it for all that are made of it, and its programs with it.
        plan = self._net.cached("state object", lambda: _plan(self._net))
        self._open, self._course, self._sizes, self._framed = plan
        self._usual = self._with_states(
            Asked(tuple(((), name) for name in self._open.output_names))
        )
        self._lock = new_lock()

    def _with_states(self, asked: Asked) -> tuple[Asked, Collection[str]]:
        """What is asked for, and the states; and the inputs that it takes."""
        asked = asked._replace(kept=tuple(self._sizes))
        return asked, asked.needed(self._open).inputs

    @property
    def net(self) -> Net:
        """The net that it was made of."""
        return self._net

    @property
    def states(self) -> dict[NetPort, np.ndarray]:
        """What the states are now, by port; those of a batch have a row an example."""
        with self._lock:
            return self._held.told()

    @states.setter
    def states(self, given: Mapping[NetPort, object]) -> None:
        with self._lock:
            self._held = self._held.given(given)

    def reset(self) -> None:
        """Begin anew, with the states that it was made with, and the first random numbers."""
        with self._lock:
            self._held = self._begun

    def _check_mode(self, mode: Mode) -> None:
        """Raise OptionError for statistics of what is given, where that is a piece of it."""
        taking = [path for path, each in walk(self._net) if each.statistic_names]
        if mode == "Train" and taking:
            what = "in training this part takes statistics of all elements, and a piece has some"
            fix = 'net_evaluation_mode="Test"'
            raise fail(OptionError, Fault(what, at=path_text(taking[0]) or self._net.kind, fix=fix))

    @checked_keywords
    def __call__(
        self,
        x: object,
        prop: object = AUTOMATIC,
        *,
        net_evaluation_mode: Mode = "Test",
        working_precision: Any = "Real32",
        workers: Any = AUTOMATIC,
    ) -> Any:
        """Go on with a piece of a sequence, or one element. prop: as of the net."""
        check_choice("net_evaluation_mode", net_evaluation_mode, MODES)
        check_choice("working_precision", working_precision, PRECISIONS)
        self._check_mode(net_evaluation_mode)
        count = None if workers is AUTOMATIC else check_count("workers", workers)
        net = self._open
        given, wish = read_arguments(net, (x, prop))
        wanted = question(net, wish)
        asked, needed = self._usual
        if wanted.asked is not None:
            asked, needed = self._with_states(wanted.asked)
        if asked.by:
            what = "a NetStateObject goes on, and tells no gradient"
            fix = "net(x, NetPortGradient(...)), or a NetGraph that leads to its states"
            raise fail(OptionError, Fault(what, given=brief(prop), fix=fix))
        self._check_texts(given)
        given, is_element = self._sequence(given)
        columns, single = read_columns(net, given, needed)
        assert not isinstance(columns, int)
        if next(iter(columns.values())) is None:  # no examples
            return []
        examples = len(next(iter(columns.values())))
        with self._lock:
            held = self._held
            begun = held.rows(examples, DTYPES[working_precision])
            seed = repr((self._seed, held.calls))
            runner = Runner(net, net_evaluation_mode, working_precision, seed, asked, count, begun)
            raw = run_columns(runner, columns, None)
            answers = {
                name: self._told(key, raw[key], wanted.prop, single, seed, is_element)
                for name, key in wanted.answers
            }
            self._held = held.after({key: np.asarray(raw[key]) for key in self._sizes}, single)
        return answers if wanted.is_dict else next(iter(answers.values()))

    def _check_texts(self, given: object) -> None:
        """Raise DataError for a piece of a text of which the encoder would make a whole one."""
        columns = given if isinstance(given, Mapping) else dict.fromkeys(self._framed, given)
        for name in self._framed:
            if name in columns and not isinstance(columns[name], np.ndarray):
                fault = Fault(
                    "a piece of a text that the encoder would frame as a whole one",
                    at=f"port {name}",
                    given=brief(columns[name]),
                    expected="codes, as an array, of which no more is made",
                )
                raise fail(DataError, fault)

    def _sequence(self, given: Any) -> tuple[Any, bool]:
        """What came, as a piece of a sequence, and whether it was one element of it."""
        net, names = self._open, self._open.input_names
        table = given if isinstance(given, Mapping) else {names[0]: given}
        elements: dict[str, object] = {}
        for name in names:
            if not self._course.is_sequence((), name) or name not in table:
                continue
            port, shape = inferred_port(net, name), shape_of(table[name])
            if _is_one_label(port.coder, table[name]):
                elements[name] = [table[name]]
                continue
            is_short = shape is not None and len(shape) == len(port.shape or ()) - 1
            if port.coder is not None or not is_short or 0 in (shape or ()):
                return given, False
            array = np.asarray(table[name])[None]
            if array.dtype.kind not in "biuf":
                return given, False
            elements[name] = array
        whole = {**table, **elements}
        return (whole if isinstance(given, Mapping) else whole[names[0]]), bool(elements)

    def _told(
        self, key: Any, rows: Any, prop: Any, single: bool, seed: str, is_element: bool
    ) -> object:
        """What is told of an answer; of an element, one."""
        net = self._open
        port = ((), key) if isinstance(key, str) else key
        is_short = is_element and self._course.has_elements(*port)
        decoder = inferred_port(net, key).coder if isinstance(key, str) else None
        if decoder is None or prop is None:
            return told(net, key, rows[:, 0] if is_short else rows, prop, single, seed)
        answer: Any = told(net, key, rows, prop, single, seed)
        return answer[0] if is_short and isinstance(answer, list) else answer

    # How it is seen by Python

    def __repr__(self) -> str:
        ports = ", ".join(repr(NetPort(*key.path, key.name)) for key in self._sizes)
        count = self._held.calls
        calls = "1 call" if count == 1 else f"{count} calls"
        return f"NetStateObject({self._net.kind}, states {ports}, after {calls})"

    def __copy__(self) -> Self:
        new = object.__new__(type(self))
        new.__setstate__(self.__getstate__())
        return new

    def __deepcopy__(self, memo: object) -> Self:
        return self.__copy__()

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            held = {"begun": self._begun, "held": self._held}
            return {"net": self._net, "seed": self._seed, **held}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._net, self._seed = state["net"], state["seed"]
        self._begun, self._held = state["begun"], state["held"]
        self._prepare()


def _plan(net: Net) -> tuple[Net, Course, Sizes, list[str]]:
    """The net with open lengths, what goes through it, the sizes of its states, and the inputs with
    encoders that frame texts. Raises OptionError for what cannot go on."""
    kept, opened = kept_states(net, WHO), with_open_lengths(net)
    course = checked_course(opened, WHO)
    sizes = {KeptStateKey(*port): course.shape(*port) for port in kept}
    return opened, course, sizes, [name for name in opened.input_names if _frames(opened, name)]


def _frames(net: Net, name: str) -> bool:
    """Whether an encoder makes codes of nothing: those that stand around every text."""
    coder = inferred_port(net, name).coder
    return isinstance(coder, TextEncoder) and len(coder.codes("", name, 0)) > 0


def _is_one_label(coder: Any, given: object) -> bool:
    """Whether an encoder of lists of labels is given a label."""
    is_listed = getattr(coder, "input_depth", 1) == 2
    return is_listed and isinstance(given, str | bytes | int | float | np.generic)
