"""Fires issues from before a campaign's start to behind it, and holds the answers against Redis's clock.

usage: coupon_start.py [--rounds N] [--margin MS] --redis PORT PORT…    the ports are those of instances
Redis's time is read before and after each call, so that what is claimed can be proved: an issue that was answered when
Redis's clock had not reached the start is wrong, and so is a refusal of one that was sent when it had. Prints one line
of JSON; the exit code is 0 when nothing was wrong.
"""

import argparse
import asyncio
import collections
import json
import sys

from coupon_wire import Connection, Lost, Redis, Refused, decode, encode, number, text, timestamp

PARTS = 16


class Starts:
    def __init__(self, options):
        self.options = options
        self.redis = Redis(options.redis)
        self.counts = {port: collections.Counter() for port in options.ports}
        self.violations: list[str] = []
        self.campaign = self.start = 0

    async def probe(self, connection: Connection, redis: Redis) -> int:
        """One issue; returns Redis's time behind it."""
        counts = self.counts[connection.port]
        before = await redis.time()
        try:
            answer, _ = await connection.call("IssueCoupon", encode((1, self.campaign)))
        except Lost:
            # Busy machines have that, and nothing is known of such an issue.
            self.lost += 1
            return await redis.time()
        except Refused as refused:
            after = await redis.time()
            counts["refused"] += 1
            self.judge_refusal(refused, before, after)
            return after
        after = await redis.time()
        counts["issued"] += 1
        self.codes.append(text(answer, 1))
        if after < self.start:
            self.violations.append(f"issued {self.start - after} µs or more before the start")
        return after

    def judge_refusal(self, refused: Refused, before: int, after: int):
        if refused.reason != "NOT_STARTED":
            self.violations.append(f"{refused} {refused.reason}")
        elif before >= self.start:
            self.violations.append(f"refused {before - self.start} µs or more after the start")
        elif refused.retry_ms is None:
            self.violations.append("a refusal says nothing of when to come back")
        elif after + refused.retry_ms * 1000 < self.start:
            self.violations.append(f"who waits {refused.retry_ms} ms as told is too early")
        elif before + refused.retry_ms * 1000 > self.start + 1_000_000:
            self.violations.append(f"told to wait {refused.retry_ms} ms for {(self.start - before) / 1000} ms")

    async def client(self, index: int):
        connection = Connection(self.options.ports[index % len(self.options.ports)])
        redis = Redis(self.options.redis)
        # The first one is early by all means, and opens both connections.
        now = await self.probe(connection, redis)
        margin = self.options.margin * 1000
        while now < self.start - margin:
            await asyncio.sleep(min((self.start - margin - now) / 1e6, 0.05))
            now = await redis.time()
        while now < self.start + margin:
            now = await self.probe(connection, redis)
        # However slow this machine is, there is one that was sent behind the start.
        await self.probe(connection, redis)
        connection.close()

    async def round(self, index: int):
        mode = 1 + index % 2
        now_ms = await self.redis.time() // 1000
        start_ms = now_ms + 1500
        self.start = start_ms * 1000
        self.codes: list[str] = []
        self.lost = 0
        connection = Connection(self.options.ports[index % len(self.options.ports)])
        body = encode((1, f"start {index}"), (2, timestamp(start_ms)), (3, 1_000_000), (7, mode))
        answer, _ = await connection.call("CreateCampaign", body)
        self.campaign = number(answer, 1)
        await asyncio.gather(*(self.client(client) for client in range(self.options.clients)))
        await self.compare(connection, mode)
        connection.close()

    async def compare(self, connection: Connection, mode: int):
        """The log and the list agree: nothing was issued before the start, and all that was answered."""
        tags = [f"{self.campaign}:{part}" for part in range(PARTS)] if mode == 2 else [str(self.campaign)]
        times = []
        for tag in tags:
            for _, fields in await self.redis("XRANGE", f"tally:{{c:{tag}}}:log", "-", "+"):
                entry = dict(zip(fields[::2], fields[1::2]))
                if entry["kind"] == "issued":
                    times.append(int(entry["at"]))
        if min(times, default=0) * 1000 < self.start:
            self.violations.append(f"the log has an issue {self.start - min(times, default=0) * 1000} µs too early")
        if not 0 <= len(times) - len(self.codes) <= self.lost:
            self.violations.append(f"{len(times)} in the log, {len(self.codes)} answered, {self.lost} not")
        got, _ = await connection.call("GetCampaign", encode((1, self.campaign)))
        listed = [code.decode() for code in got.get(2, [])]
        if len(listed) != len(times) or not set(self.codes) <= set(listed) or len(set(self.codes)) != len(self.codes):
            self.violations.append(f"{len(listed)} listed, {len(self.codes)} answered")
        if number(decode(decode(got[1][0])[3][0]), 1) != self.start // 1_000_000:
            self.violations.append("the campaign says another start")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--margin", type=int, default=200, help="milliseconds before and behind the start")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--redis", type=int, required=True)
    parser.add_argument("ports", type=int, nargs="+")
    options = parser.parse_args()
    starts = Starts(options)
    for index in range(options.rounds):
        await starts.round(index)
    print(json.dumps({"instances": list(starts.counts.values()), "violations": starts.violations[:20]}))
    sys.exit(1 if starts.violations else 0)


asyncio.run(main())
