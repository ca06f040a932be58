"""net_insert_shared_arrays: every array of a net under a name, ready to stand in several places.

Wolfram Language: NetInsertSharedArrays.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from wlnet.core.errors import Fault, OptionError, RuleWarning, brief, fail, warn
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, path_text
from wlnet.nets.arrays import array_value, replace_arrays
from wlnet.nets.container import shared_names
from wlnet.nets.surgery.rules_in_place import kept


def net_insert_shared_arrays(net: Net, prefix: object = "") -> Net:
    """A net in which every learnable array is shared, under the name prefix + its path joined by
    "/".

    The same net value in two places of a larger one does not share its arrays; after this it does.
    Arrays that are shared already, running statistics and absent arrays stay as they are; numbers
    and multipliers too. Raises OptionError for a prefix that is no string, and where a name is
    taken. Warns when there is nothing to do.

    >>> from wlnet.layers import LinearLayer
    >>> net_insert_shared_arrays(LinearLayer(3), "first/")
    LinearLayer(3, weights=NetSharedArray('first/Weights'), biases=NetSharedArray('first/Biases'))

    Wolfram Language: NetInsertSharedArrays.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_insert_shared_arrays takes a net", given=brief(net)))
    if prefix is None:
        prefix = ""
    if not isinstance(prefix, str):
        raise fail(
            OptionError,
            Fault(
                "the prefix of the names is a string",
                given=brief(prefix),
                fix='net_insert_shared_arrays(net, "encoder/")',
            ),
        )
    private = [
        place.path for place in array_places(net) if place.shared is None and not place.statistic
    ]
    if not private:
        warn(
            RuleWarning,
            Fault(
                "no array can be shared",
                at=f"net_insert_shared_arrays of {a(net.kind)}",
                fix="the net comes back as it is: what could be shared is shared already",
            ),
        )
        return net
    names = {path: prefix + path_text(path) for path in private}
    used = set(shared_names(net))
    taken = [path for path, name in names.items() if name in used]
    if taken:
        raise fail(
            OptionError,
            [
                Fault(
                    f"a shared array is called {brief(names[path])} already",
                    at=path_text(path),
                    known=shared_names(net),
                    fix="another prefix",
                )
                for path in taken
            ],
        )
    twice = sorted(name for name, count in Counter(names.values()).items() if count > 1)
    if twice:
        raise fail(
            OptionError,
            Fault(
                "two arrays would have one name",
                given=", ".join(twice),
                at=" and ".join(repr(path) for path in private if names[path] == twice[0]),
                fix='nodes without "/" in their names: net_rename',
            ),
        )
    values = {path: array_value(net, path) for path in private}
    table = {names[path]: value for path, value in values.items() if isinstance(value, np.ndarray)}
    tied = replace_arrays(net, {path: NetSharedArray(name) for path, name in names.items()})
    return kept(net, tied._with(shared={**net.shared, **table}))
