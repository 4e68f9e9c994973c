"""Envelopes, JSON bodies and codes of coupons: calls and requests that are whole, and hold what nobody means."""

import gzip
import json
import random
import struct
import time
import unicodedata

from fuzz_bytes import mutated
from fuzz_wire import CODES, Finding, call

SERVICE = "/coupon.v1.CouponService"
METHODS = ["CreateCampaign", "GetCampaign", "ListCampaigns", "IssueCoupon", "ListCoupons", "GetCoupon", "RedeemCoupon",
           "VoidCoupon", "PauseCampaign", "ResumeCampaign", "RaiseQuota", "Nothing", "WatchCampaign"]
TYPES = ["application/json", "application/proto", "application/connect+json", "application/connect+proto",
         "application/grpc", "application/grpc+json", "application/grpc-web", "application/grpc-web+json",
         "application/grpc-web+proto", "APPLICATION/JSON", "application/grpc-web-text", "text/plain", ""]
NUMBERS = ["0", "1", "-1", "2147483648", "9223372036854775808", "1e400", "0.1", "-0", "1.0", "00", "NaN", "1" * 400]
TEXTS = ["", "a", "\0", "\ud55c", "\U0001f600", "x" * 3000, "\\", "\"", "\u2028", "A" * 64, "null", "EXACT", "1", "-1",
         "2026-12-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z", "ISSUE_MODE_LEASED",
         "\u1112\u1161"]
ODD = ["{}", "[]", '"\\ud800"', '"\\u0000"', '{"a":1,"a":2}', "[1,]", "nul", "\ufeff1", "'a'"]
NAMES = ["campaignId", "campaign_id", "name", "amount", "x", "from_account", "issueMode", "couponCode", "ids"]


def tree(rng: random.Random, depth: int = 0) -> str:
    """Any JSON, and now and then what is nearly that."""
    match rng.randrange(8 if depth < 5 else 6):
        case 0: return rng.choice(NUMBERS)
        case 1 | 2: return json.dumps(rng.choice(TEXTS), ensure_ascii=rng.random() < 0.5)
        case 3: return rng.choice(["true", "false", "null"])
        case 4: return "[" * (deep := rng.choice([1, 40, 99, 101, 3000])) + "]" * deep
        case 5: return rng.choice(ODD)
        case 6: return "[" + ",".join(tree(rng, depth + 1) for _ in range(rng.randrange(4))) + "]"
        case _:
            pairs = [f"{json.dumps(rng.choice(NAMES))}:{tree(rng, depth + 1)}" for _ in range(rng.randrange(5))]
            return "{" + ",".join(pairs) + "}"


def message(rng: random.Random) -> str:
    """A message that some method takes, or nearly."""
    fields = {"campaignId": str(rng.randrange(4)), "campaign_id": 1, "name": "f", "totalCoupons": "5",
              "userId": "user+tag@example.com", "requestId": f"r{rng.randrange(50)}", "pageSize": 3, "couponCode": "x",
              "pageToken": "1.0.1-0", "issueMode": "ISSUE_MODE_EXACT", "cursor": "now",
              "startTime": "2026-12-01T00:00:00.000000001Z"}
    names = rng.sample(list(fields), rng.randrange(5))
    pairs = [f"{json.dumps(name)}:{json.dumps(fields[name]) if rng.random() < 0.7 else tree(rng)}" for name in names]
    return "{" + ",".join(pairs) + "}"


class Part:
    def __init__(self, target):
        self.target = target

    def close(self) -> None:
        pass


class Envelopes(Part):
    def run(self, rng: random.Random) -> None:
        kind, method = rng.choice(TYPES), rng.choice(METHODS)
        content = b""
        for _ in range(rng.choice([0, 1, 1, 1, 2, 30])):
            bare = message(rng).encode("utf-8", "replace") if "json" in kind else rng.randbytes(rng.randrange(60))
            flags = rng.choice([0, 0, 0, 0, 1, 2, 0x80, rng.randrange(256)])
            if flags == 1 and rng.random() < 0.7:
                bare = gzip.compress(bare * rng.choice([1, 1, 5000]), 1)
            length = len(bare) if rng.random() < 0.9 else rng.choice([0, len(bare) + 1, 2 ** 31, 2 ** 32 - 1])
            content += struct.pack(">BI", flags, length) + bare
        if rng.random() < 0.3:
            content = mutated(rng, content)
        fields = {"Content-Type": kind}
        for name in ("Content-Encoding", "Connect-Content-Encoding", "Grpc-Encoding", "Accept-Encoding"):
            if rng.random() < 0.2:
                fields[name] = rng.choice(["gzip", "identity", "br", "", "gzip, br;q=0"])
        if method == "WatchCampaign" or rng.random() < 0.1:
            # A stream of which one would never see the end.
            fields |= {"Connect-Timeout-Ms": "50", "Grpc-Timeout": "50m"}
        answer = call(self.target.port, "POST", f"{SERVICE}/{method}", fields, content)
        answer.check()
        self.check(answer)

    @staticmethod
    def check(answer) -> None:
        kind = answer.first("content-type") or ""
        if kind.startswith(("application/connect+", "application/grpc-web")):
            rest, last = answer.body, None
            while rest:
                if len(rest) < 5 or len(rest) < 5 + struct.unpack(">I", rest[1:5])[0]:
                    raise Finding(f"an envelope is cut: {rest[:60]!r}")
                length = struct.unpack(">I", rest[1:5])[0]
                last, rest = (rest[0], rest[5:5 + length]), rest[5 + length:]
            wanted = 2 if "connect" in kind else 0x80
            if last is None or last[0] != wanted:
                raise Finding(f"an answer in envelopes without its end: {answer.body[:200]!r}")
        elif kind == "application/json" and answer.status != 200 and json.loads(answer.body)["code"] not in CODES:
            raise Finding(f"an error without a code: {answer.body[:200]!r}")


class JSONBodies(Part):
    PATHS = ["/users/fuzz/add", "/payments", "/payment", "/payments/x/cancel", "/api/verve/accept", "/distribute"]

    def run(self, rng: random.Random) -> None:
        if rng.random() < 0.5:
            path, text = rng.choice(self.PATHS), tree(rng)
            if rng.random() < 0.4:
                amount = rng.choice(['"1.00"', "1", "1.005", "1e2", '"5 "', "-1", tree(rng)])
                text = f'{{"amount":{amount},"from_account":"a","to_account":"b"}}'
                text = text if path.startswith("/payment") else f'{{"amount":{amount}}}'
        else:
            path, text = f"{SERVICE}/{rng.choice(METHODS[:-1])}", message(rng)
        content = text.encode("utf-8", "surrogatepass")
        if rng.random() < 0.3:
            content = mutated(rng, content)
        fields = {"Content-Type": "application/json"}
        if rng.random() < 0.2:
            fields["Idempotency-Key"] = rng.choice(["a", '"a"', "\"", "x" * 256, f"k{rng.randrange(9)}"])
        call(self.target.port, "POST", path, fields, content).check()


class Codes(Part):
    """A code of a coupon that was issued, with what people paste along and with what they do not."""

    CLUTTER = ["\n", "\t"] + [
        sign for sign in map(chr, range(0x110000)) if unicodedata.category(sign) in ("Cf", "Pd", "Zs")
    ]

    def __init__(self, target):
        super().__init__(target)
        made = self.ask("CreateCampaign", {"name": "fuzz", "totalCoupons": "1"})
        self.code = self.ask("IssueCoupon", {"campaignId": made["campaignId"]})["couponCode"]

    def send(self, method: str, message: dict):
        # Unescaped: the library misreads some pairs of surrogates in JSON.
        content = json.dumps(message, ensure_ascii=False).encode()
        answer = call(self.target.port, "POST", f"{SERVICE}/{method}", {"Content-Type": "application/json"}, content)
        answer.check()
        return answer

    def ask(self, method: str, message: dict) -> dict:
        # A disk that is busy with others makes Redis late.
        end = time.monotonic() + 60
        while (answer := self.send(method, message)).status in (503, 504) and time.monotonic() < end:
            time.sleep(0.2)
        if answer.status != 200:
            raise Finding(f"{method} was refused: {answer.status} {answer.body[:300]!r}")
        return json.loads(answer.body)

    def run(self, rng: random.Random) -> None:
        text = list(unicodedata.normalize(rng.choice(["NFC", "NFD"]), self.code))
        text = [chr(ord(sign) + 0xFEE0) if sign.isdigit() and rng.random() < 0.3 else sign for sign in text]
        for _ in range(rng.randrange(20)):
            text.insert(rng.randrange(len(text) + 1), rng.choice(self.CLUTTER))
        if rng.random() < 0.5:
            found = self.ask("GetCoupon", {"couponCode": "".join(text)})
            if found["coupon"]["code"] != self.code:
                raise Finding(f"{ascii(''.join(text))} is another coupon: {found}")
            return
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(text) + 1)
            text[at:at + rng.randrange(2)] = [chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]))]
        answer = self.send(rng.choice(["GetCoupon", "RedeemCoupon", "VoidCoupon"]), {"couponCode": "".join(text)})
        if answer.status not in (200, 400, 404, 503, 504):
            raise Finding(f"{ascii(''.join(text))}: {answer.status} {answer.body[:300]!r}")


envelopes, json_bodies, codes = Envelopes, JSONBodies, Codes
