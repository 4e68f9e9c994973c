"""Signs transactions with eth-account: one as JSON a line in, its raw bytes, hash and sender a line out."""

import json
import sys

from eth_account import Account

for line in sys.stdin:
    order = json.loads(line)
    key = order.pop("key")
    signed = Account.sign_transaction(order, key)
    raw = signed.raw_transaction
    print("0x" + raw.hex(), "0x" + signed.hash.hex(), Account.recover_transaction(raw), flush=False)
