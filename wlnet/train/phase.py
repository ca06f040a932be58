"""A phase of a training: what follows from one table of multipliers.

Its arrays and their states are those of the `Memory`, which outlives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wlnet.core.rules import ArrayKey
from wlnet.train.learners import ArrayRules, learners_of
from wlnet.train.measurements import Measurement
from wlnet.train.memory import Memory
from wlnet.train.options import Options
from wlnet.train.pace import Clock, Pace
from wlnet.train.parallel.division import Division
from wlnet.train.programs import Kind, Programs, programs_of
from wlnet.train.sources import ArraySource, Source
from wlnet.train.training_net import TrainingNet


class Phase:
    """The arrays that learn in some rounds, the programs of these, and what is kept for them.

    source, validation: those given, with what the frozen prefix makes of their examples where that
    is worth keeping. paces: by how many examples a step is on.
    """

    def __init__(
        self,
        rules: ArrayRules,
        memory: Memory,
        training: TrainingNet,
        options: Options,
        measurements: Sequence[Measurement],
        source: Source,
        validation: ArraySource | None,
        clock: Clock,
        rounds: int | None,
    ) -> None:
        """rounds: how many rounds it rules, None where nobody knows."""
        self.rules, self.source, self.validation = rules, source, validation
        self.learners = learners_of(rules, options.method, memory.updates)
        self.programs = programs_of(
            training, rules, self.learners, options, measurements, source.batch_size, clock
        )
        kind = self.programs.kind(source.sample)
        lay(memory, self.programs, kind, [learner.key for learner in self.learners], options)
        self.paces: defaultdict[Kind, Pace] = defaultdict(Pace)
        # What is used once is not worth keeping.
        if rounds is None or rounds > 1:
            # Ranks may have different memory, and keep the same.
            limits = options.exchange.gather(options.prefix_bytes, "the frozen prefix")
            self._keep_prefix(min(limits))

    def _keep_prefix(self, limit: int) -> None:
        """Compute once what frozen arrays make of the examples, if that pays and fits."""
        if isinstance(self.source, ArraySource):
            self.source, taken = self.programs.with_prefix("Train", self.source, limit)
            limit -= taken
        if self.validation is not None:
            self.validation, _ = self.programs.with_prefix("Test", self.validation, limit)


def lay(
    memory: Memory, programs: Programs, kind: Kind, keys: Sequence[ArrayKey], options: Options
) -> None:
    """Have arrays lie as steps on such batches want it, with the states of those that learn."""
    memory.lay(programs.pack(kind))
    division = None
    if options.batch_parts > 1:
        shapes = {key: memory.arrays[key].shape for key in keys}
        item = memory.arrays[keys[0]].itemsize
        division = Division(shapes, item, options.batch_parts, options.exchange)
        memory.divide(division)
    memory.learn(keys)
    states = {key: memory.states[key] for key in keys}
    programs.use(memory.arrays, states, division, memory.stretch)
