"""Blocks, transactions and receipts as JSON-RPC has them."""

from typing import Any

from eth_bloom import BloomFilter

from .block import COINBASE, GAS_LIMIT, NO_UNCLES, Block, Mined
from .transaction import FEE_MARKET, Transaction


def quantity(number: int) -> str:
    return f"0x{number:x}"


def data(value: bytes) -> str:
    return f"0x{value.hex()}"


def _bloom(logs: list[tuple[bytes, tuple[int, ...], bytes]]) -> str:
    if not logs:
        return data(bytes(256))
    bloom = BloomFilter()
    for address, topics, _ in logs:
        bloom.add(address)
        for topic in topics:
            bloom.add(topic.to_bytes(32, "big"))
    return data(int(bloom).to_bytes(256, "big"))


def block(item: Block, is_full: bool) -> dict[str, Any]:
    answer = {
        "number": quantity(item.number),
        "hash": data(item.hash),
        "parentHash": data(item.parent),
        "nonce": data(bytes(8)),
        "sha3Uncles": data(NO_UNCLES),
        "logsBloom": _bloom([log for mined in item.transactions for log in mined.logs]),
        "transactionsRoot": data(item.transactions_root),
        "stateRoot": data(item.state_root),
        "receiptsRoot": data(item.receipts_root),
        "miner": data(COINBASE),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": "0x",
        "size": quantity(item.size),
        "gasLimit": quantity(GAS_LIMIT),
        "gasUsed": quantity(item.gas_used),
        "timestamp": quantity(item.timestamp),
        "mixHash": data(item.mix_hash),
        "uncles": [],
        "transactions": [
            transaction(mined.transaction, mined) if is_full else data(mined.transaction.hash)
            for mined in item.transactions
        ],
    }
    if item.base_fee is not None:
        answer["baseFeePerGas"] = quantity(item.base_fee)
    return answer


def transaction(item: Transaction, mined: Mined | None) -> dict[str, Any]:
    """A transaction that waits has no block, and says so with null."""
    base_fee = (mined.block.base_fee or 0) if mined else None
    price = item.max_fee_per_gas if base_fee is None else item.price(base_fee)
    answer = {
        "blockHash": data(mined.block.hash) if mined else None,
        "blockNumber": quantity(mined.block.number) if mined else None,
        "transactionIndex": quantity(mined.index) if mined else None,
        "from": data(item.sender),
        "gas": quantity(item.gas),
        "gasPrice": quantity(price),
        "hash": data(item.hash),
        "input": data(item.data),
        "nonce": quantity(item.nonce),
        "to": data(item.to) if item.to else None,
        "value": quantity(item.value),
        "type": quantity(item.type_id),
        "v": quantity(item.v),
        "r": quantity(item.r),
        "s": quantity(item.s),
    }
    if item.chain_id is not None:
        answer["chainId"] = quantity(item.chain_id)
    if item.type_id == FEE_MARKET:
        answer["maxFeePerGas"] = quantity(item.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = quantity(item.max_priority_fee_per_gas)
        answer["yParity"] = quantity(item.v)
        answer["accessList"] = [
            {"address": data(address), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
            for address, slots in item.access_list
        ]
    return answer


def receipt(mined: Mined) -> dict[str, Any]:
    item = mined.transaction
    position = {
        "blockHash": data(mined.block.hash),
        "blockNumber": quantity(mined.block.number),
        "transactionHash": data(item.hash),
        "transactionIndex": quantity(mined.index),
    }
    first_log = sum(len(other.logs) for other in mined.block.transactions[: mined.index])
    logs = [
        {
            **position,
            "address": data(address),
            "data": data(value),
            "logIndex": quantity(first_log + index),
            "removed": False,
            "topics": [data(topic.to_bytes(32, "big")) for topic in topics],
        }
        for index, (address, topics, value) in enumerate(mined.logs)
    ]
    answer = {
        **position,
        "from": data(item.sender),
        "to": data(item.to) if item.to else None,
        "contractAddress": data(mined.contract) if mined.contract else None,
        "cumulativeGasUsed": quantity(mined.cumulative_gas),
        "gasUsed": quantity(mined.gas_used),
        "logs": logs,
        "logsBloom": _bloom(mined.logs),
        "status": quantity(int(mined.is_success)),
        "type": quantity(item.type_id),
    }
    # geth 1.9 does not tell it.
    if mined.block.base_fee is not None:
        answer["effectiveGasPrice"] = quantity(item.price(mined.block.base_fee))
    return answer
