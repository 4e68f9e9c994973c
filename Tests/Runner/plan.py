"""The plan of a run: the tests that share a process, and the processes that run side by side.

costs.tsv says of each suite what one run of it costs. A suite whose tests wait a lot may be cut into its tests there.
"""

import re
from dataclasses import dataclass, field

# Suites that nobody has measured yet.
UNKNOWN_WALL, UNKNOWN_CPU = 10.0, 5.0
# Short suites share a process until they have so much to do: a process costs some tenths of a second.
PACK_WALL = 12.0
# Waiting costs no processor, but every system has some thirty processes and its own Redis that writes to the disk.
MOST_AT_ONCE = 10


class TableError(Exception):
    pass


@dataclass(frozen=True)
class Cost:
    """`together`: in the one process that runs unit tests in parallel. `apart`: beside others, in a process of its
    own. `alone`: with nothing beside it, because it measures, or starves the machine on purpose."""

    mode: str
    wall: float
    cpu: float


@dataclass
class Unit:
    """The part of the tests that one process runs."""

    title: str
    mode: str
    wall: float
    cpu: float
    tests: list = field(default_factory=list)

    def demand(self, cores):
        """How many processors it keeps busy."""
        return min(float(cores), self.cpu / max(self.wall, 0.1))


def read_table(text):
    """Rows of `name mode wall cpu`, in seconds; a name is `Module.Suite`, or `Module.Suite/test()`."""
    table = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        words = line.split("\t")
        if len(words) != 4 or words[1] not in ("together", "apart", "alone"):
            raise TableError(f"costs.tsv:{number}: not a name, together|apart|alone, wall and cpu seconds")
        if words[0] in table:
            raise TableError(f"costs.tsv:{number}: {words[0]} stands there twice")
        table[words[0]] = Cost(words[1], float(words[2]), float(words[3]))
    return table


def suite_of(name):
    return name.split("/", 1)[0]


def complaints(table, names):
    """How the table differs from the tests that there are: each suite has one row, or one for each of its tests."""
    there, suites = set(names), {suite_of(name) for name in names}
    found = [f"costs.tsv has {row}, and there is no such suite or test" for row in table
             if row not in suites and row not in there]
    for suite in sorted(suites):
        cut = [row for row in table if row.startswith(suite + "/")]
        if suite not in table and not cut:
            found.append(f"costs.tsv has no row for {suite}: scripts/test --record writes it")
        if suite in table and cut:
            found.append(f"costs.tsv has {suite} both whole and cut")
        if cut:
            found += [f"costs.tsv has no row for {name}" for name in there
                      if suite_of(name) == suite and name not in table]
    return found


def cost(table, name):
    return table.get(name) or table.get(suite_of(name))


def units(names, table):
    """Packs tests into processes. Every test is in exactly one."""
    together, groups = Unit("unit tests", "together", 0, 0), {}
    counted = set()
    for name in names:
        row = name if name in table else suite_of(name)
        known = table.get(row) or Cost("apart", UNKNOWN_WALL, UNKNOWN_CPU)
        unit = together if known.mode == "together" else groups.setdefault(
            row, Unit(title(row), known.mode, 0, 0))
        unit.tests.append(name)
        if row not in counted:
            counted.add(row)
            unit.wall += known.wall
            unit.cpu += known.cpu
    # They leave half of the processors to those that wait beside them.
    together.wall = max(max((cost(table, name).wall for name in together.tests), default=0), together.cpu)
    packed = pack([unit for unit in groups.values() if unit.mode == "apart"])
    alone = [unit for unit in groups.values() if unit.mode == "alone"]
    return ([together] if together.tests else []) + packed + alone


def title(row):
    return row.replace("()", "")


def pack(apart):
    """Puts short suites of one module into one process, one after the other."""
    packed, open_packs = [], {}
    for unit in sorted(apart, key=lambda unit: -unit.wall):
        module = unit.title.split(".", 1)[0]
        room = open_packs.get(module)
        if unit.wall >= PACK_WALL:
            packed.append(unit)
        elif room and room.wall + unit.wall <= PACK_WALL:
            room.tests += unit.tests
            room.wall += unit.wall
            room.cpu += unit.cpu
            room.title += ", " + unit.title.split(".", 1)[1]
        else:
            open_packs[module] = unit
            packed.append(unit)
    return packed


def choose(waiting, running, cores):
    """The next unit to start beside the running ones, or None while none fits.

    The longest comes first, and of those that fit beside it the longest again. Processes that run alone come last.
    """
    if any(unit.mode == "alone" for unit in running) or len(running) >= MOST_AT_ONCE:
        return None
    busy = sum(unit.demand(cores) for unit in running)
    for unit in sorted(waiting, key=lambda unit: -unit.wall):
        if unit.mode == "alone":
            continue
        if not running or busy + unit.demand(cores) <= cores * 1.0:
            return unit
    if running or any(unit.mode != "alone" for unit in waiting):
        return None
    return max(waiting, key=lambda unit: unit.wall, default=None)


def escaped(text):
    return re.sub(r"([\\.^$|?*+()\[\]{}])", r"\\\1", text)


def patterns(unit, names):
    """Regular expressions for the binary's --filter that match the unit's tests and no others."""
    whole, wanted = {}, set(unit.tests)
    for name in names:
        whole[suite_of(name)] = whole.get(suite_of(name), True) and name in wanted
    found = ["^" + escaped(suite) + "/" for suite, is_whole in whole.items() if is_whole]
    return found + ["^" + escaped(name) + "(/|$)" for name in unit.tests if not whole[suite_of(name)]]
