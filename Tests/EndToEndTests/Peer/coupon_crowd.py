"""Many clients take all coupons of many campaigns at once, and then everything is compared.

usage: coupon_crowd.py [--campaigns N] [--clients N] [--largest N] [--even] [--leased]
                       [--seed N] [--seconds N] [--quota N [--mode 1|2]]
                       --redis PORT PORT…
The ports are where the service is reached; each client has one of them. Whatever the service or its Redis go through
meanwhile, each request is repeated under its own request id until it is answered. Prints a line `CAMPAIGN <ids>`,
lines `PROGRESS <issued> <of>`, and at last one line of JSON; the exit code is 0 when there are no violations.
"""

import argparse
import asyncio
import collections
import json
import random
import sys

from coupon_wire import Connection, Lost, Redis, Refused, decode, encode, losses, number, persist, text, timestamp

EXACT, LEASED = 1, 2
SOLD_OUT = 4


class Campaign:
    def __init__(self, quota: int, mode: int, user_limit: int, delay_ms: int):
        self.quota, self.mode, self.user_limit, self.delay_ms = quota, mode, user_limit, delay_ms
        self.id = 0
        self.given: dict[str, str] = {}  # request id → code
        self.is_sold_out = False


class Crowd:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.counts: collections.Counter = collections.Counter()
        self.violations: list[str] = []
        if options.quota:
            self.campaigns = [Campaign(options.quota, options.mode, 0, 0)]
        else:
            self.campaigns = [self.plan(index) for index in range(options.campaigns)]
        self.total = sum(campaign.quota for campaign in self.campaigns)
        self.end = asyncio.get_running_loop().time() + options.seconds

    def plan(self, index: int) -> Campaign:
        largest = self.options.largest
        # The smallest and the largest are always among them; half of them are leased.
        if index < 4:
            quota = (1, largest)[index // 2]
        elif self.options.even:
            quota = self.random.randint(1, largest)
        else:
            quota = round(largest ** self.random.random())
        # The clients together may take more than there are, and at least one of each.
        limit = -(-quota * 2 // self.options.clients) if index % 5 == 4 else 0
        mode = LEASED if self.options.leased else (EXACT, LEASED)[index % 2]
        return Campaign(quota, mode, limit, 1500 if index % 7 == 6 else 0)

    def wrong(self, what: str):
        self.violations.append(what)

    async def create(self, index: int, now_ms: int):
        campaign = self.campaigns[index]
        connection = Connection(self.options.ports[index % len(self.options.ports)])
        start = timestamp(now_ms + campaign.delay_ms) if campaign.delay_ms else b""
        body = encode(
            (1, f"crowd {index}"), (2, start), (3, campaign.quota), (5, campaign.user_limit),
            (6, f"crowd-{self.options.seed}-{index}"), (7, campaign.mode),
        )
        answer, _, _ = await persist(connection, "CreateCampaign", body, self.end)
        campaign.id = number(answer, 1)
        connection.close()

    async def client(self, name: int):
        chance = random.Random(self.options.seed * 1_000_003 + name)
        connection = Connection(self.options.ports[name % len(self.options.ports)])
        left = list(self.campaigns)
        serial = 0
        while left:
            campaign = chance.choice(left)
            # A few ask in vain: what is sold out must stay so.
            if campaign.is_sold_out and chance.random() > 0.05:
                left.remove(campaign)
                continue
            serial += 1
            if not await self.take(connection, campaign, f"user-{name}", f"{name}-{serial}", chance):
                left.remove(campaign)
        connection.close()

    async def take(self, connection, campaign: Campaign, user: str, request: str, chance) -> bool:
        """One coupon under one request id; false when there is nothing more for this client."""
        by_header = chance.random() < 0.5
        in_message = "" if by_header else request
        body = encode((1, campaign.id), (2, user), (3, in_message))
        if chance.random() < 0.5:
            body = {"campaignId": str(campaign.id), "userId": user, "requestId": in_message}
        headers = {"Idempotency-Key": request} if by_header else {}
        while True:
            try:
                answer, fields, again = await persist(connection, "IssueCoupon", body, self.end, headers)
            except Lost as lost:
                self.wrong(f"{request} of campaign {campaign.id} was never answered: {lost}")
                return False
            except Refused as refused:
                self.counts[refused.reason] += 1
                if refused.reason == "NOT_STARTED":
                    await asyncio.sleep(0.05)
                    continue
                if refused.reason == "SOLD_OUT":
                    campaign.is_sold_out = True
                elif refused.reason != "USER_LIMIT":
                    self.wrong(f"campaign {campaign.id} refuses {request}: {refused} {refused.reason}")
                return False
            # A proxy may repeat by itself what has the header, and nothing else.
            self.taken(campaign, request, code_in(answer), again, fields, may_replay=by_header or again > 0)
            if chance.random() < 0.1:
                await self.repeat(connection, campaign, request, body, headers)
            return True

    def taken(self, campaign: Campaign, request: str, code: str, again: int, fields: dict, may_replay: bool):
        campaign.given[request] = code
        self.counts["issued"] += 1
        self.counts["repeated"] += again
        if fields.get("idempotent-replayed") == "true":
            self.counts["replayed"] += 1
            if not may_replay:
                self.wrong(f"{request} is new and was answered as a repetition")
        if self.counts["issued"] % 20 == 0:
            print("PROGRESS", self.counts["issued"], self.total, flush=True)

    async def repeat(self, connection, campaign: Campaign, request: str, body: bytes | dict, headers: dict):
        self.counts["asked again"] += 1
        try:
            answer, fields, _ = await persist(connection, "IssueCoupon", body, self.end, headers)
        except (Lost, Refused) as error:
            return self.wrong(f"the repetition of {request} is answered {error}")
        if code_in(answer) != campaign.given[request]:
            self.wrong(f"{request} got {campaign.given[request]} and then {code_in(answer)}")
        if fields.get("idempotent-replayed") != "true":
            self.wrong(f"the repetition of {request} is not marked as one")

    async def observe(self, name: int):
        """Looks at campaigns while they are taken: nothing that was answered is missing, and nothing goes away."""
        chance = random.Random(name)
        connection = Connection(self.options.ports[name % len(self.options.ports)])
        seen: dict[int, list[str]] = {}
        while True:
            campaign = chance.choice(self.campaigns)
            answered = set(campaign.given.values())
            got, _, _ = await persist(connection, "GetCampaign", encode((1, campaign.id)), self.end)
            codes = [code.decode() for code in got.get(2, [])]
            before = seen.get(campaign.id, [])
            if not answered <= set(codes):
                self.wrong(f"campaign {campaign.id} does not list {len(answered - set(codes))} that were answered")
            if not set(before) <= set(codes) or (campaign.mode == EXACT and codes[: len(before)] != before):
                self.wrong(f"campaign {campaign.id} has lost codes, or has them in another order")
            if len(codes) > campaign.quota or number(decode(got[1][0]), 7) != len(codes):
                self.wrong(f"campaign {campaign.id} says {number(decode(got[1][0]), 7)} and lists {len(codes)}")
            seen[campaign.id] = codes
            self.counts["observed"] += 1
            await asyncio.sleep(0.05)

    async def compare(self, connection, campaign: Campaign) -> list[str]:
        """Holds one campaign against what was given out, and returns its codes."""
        got, _, _ = await persist(connection, "GetCampaign", encode((1, campaign.id)), self.end)
        codes = [code.decode() for code in got.get(2, [])]
        summary = decode(got[1][0])
        name = f"campaign {campaign.id} (mode {campaign.mode}, quota {campaign.quota})"
        given = collections.Counter(campaign.given.values())
        if len(codes) != campaign.quota or number(summary, 7) != campaign.quota:
            self.wrong(f"{name} lists {len(codes)} codes and says {number(summary, 7)}")
        if number(summary, 8) != SOLD_OUT:
            self.wrong(f"{name} has the state {number(summary, 8)}")
        if given != collections.Counter(codes):
            lost, extra = given - collections.Counter(codes), collections.Counter(codes) - given
            self.wrong(f"{name}: {len(lost)} answered but not listed, {len(extra)} listed but not answered")
        await self.compare_pages(connection, campaign, codes, name)
        return codes

    async def compare_pages(self, connection, campaign: Campaign, codes: list[str], name: str):
        coupons, token = [], ""
        while True:
            body = encode((1, campaign.id), (2, 300), (3, token))
            page, _, _ = await persist(connection, "ListCoupons", body, self.end)
            coupons += [decode(coupon) for coupon in page.get(1, [])]
            token = text(page, 2)
            if not token:
                break
        sequences = [number(coupon, 3) for coupon in coupons]
        # The parts of a leased campaign count by themselves.
        wanted = sorted(set(sequences)) if campaign.mode == LEASED else list(range(1, campaign.quota + 1))
        if sequences != wanted or len(sequences) != campaign.quota:
            self.wrong(f"{name}: the pages do not have each sequence once, in order")
        if [text(coupon, 1) for coupon in coupons] != codes:
            self.wrong(f"{name}: the pages have other codes than GetCampaign")
        users = collections.Counter(text(coupon, 4) for coupon in coupons)
        if campaign.user_limit and max(users.values()) > campaign.user_limit:
            self.wrong(f"{name}: a user has {max(users.values())}, more than {campaign.user_limit}")

    async def run(self):
        now_ms = await Redis(self.options.redis).time() // 1000
        for at in range(0, len(self.campaigns), 10):
            indices = range(at, min(at + 10, len(self.campaigns)))
            await asyncio.gather(*(self.create(index, now_ms) for index in indices))
        print("CAMPAIGN", *(campaign.id for campaign in self.campaigns), flush=True)
        observers = [asyncio.create_task(self.observe(name)) for name in range(2)]
        await asyncio.gather(*(self.client(name) for name in range(self.options.clients)))
        for observer in observers:
            observer.cancel()
        for outcome in await asyncio.gather(*observers, return_exceptions=True):
            if not isinstance(outcome, asyncio.CancelledError):
                self.wrong(f"an observer ended: {outcome!r}")
        connection = Connection(self.options.ports[0])
        codes: collections.Counter = collections.Counter()
        for campaign in self.campaigns:
            codes.update(await self.compare(connection, campaign))
        twice = [code for code, count in codes.items() if count > 1]
        if twice:
            self.wrong(f"{len(twice)} codes are there twice over all campaigns, such as {twice[0]}")
        longest = max((len(code) for code in codes), default=0)
        if longest > 10:
            self.wrong(f"a code has {longest} characters")


def code_in(answer: dict) -> str:
    return answer["couponCode"] if "couponCode" in answer else text(answer, 1)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--campaigns", type=int, default=50)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--largest", type=int, default=1000)
    parser.add_argument("--even", action="store_true", help="sizes are even and not mostly small")
    parser.add_argument("--leased", action="store_true", help="all campaigns are leased, and not half of them")
    parser.add_argument("--quota", type=int, default=0, help="one campaign with that many coupons, and no other")
    parser.add_argument("--mode", type=int, default=EXACT, help="of that one campaign")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=240, help="when to give up")
    parser.add_argument("--redis", type=int, required=True)
    parser.add_argument("ports", type=int, nargs="+")
    crowd = Crowd(parser.parse_args())
    await crowd.run()
    ids = [campaign.id for campaign in crowd.campaigns]
    report = {"total": crowd.total, "ids": ids, **crowd.counts, "losses": losses.most_common(5)}
    report["violations"] = crowd.violations[:20]
    print(json.dumps(report, ensure_ascii=False))
    sys.exit(1 if crowd.violations else 0)


asyncio.run(main())
