"""Blocks by the clock."""

import asyncio
import traceback

from .chain import Chain
from .writes import Writes


async def mine_by_the_clock(chain: Chain, writes: Writes) -> None:
    """Adds a block each `writes.interval` seconds, also an empty one, as both nodes do."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        if not writes.interval:
            await asyncio.sleep(0.01)
            due = loop.time()
            continue
        due = max(due + writes.interval, loop.time())
        await _sleep_until(due, writes)
        if writes.interval:
            try:
                chain.mine()
                chain.journal.sync()
            except Exception:  # the chain goes on with the next block
                traceback.print_exc()


async def _sleep_until(due: float, writes: Writes) -> None:
    """Sooner when the interval is changed meanwhile."""
    interval = writes.interval
    loop = asyncio.get_running_loop()
    while (left := due - loop.time()) > 0 and writes.interval == interval:
        await asyncio.sleep(min(left, 0.05))
