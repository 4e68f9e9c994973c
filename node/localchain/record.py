"""Blocks as records of the journal, and back."""

from typing import Any

from .block import Block, Mined, Values
from .transaction import decode
from .world import Key


def _key_text(key: Key) -> str:
    return key.hex() if isinstance(key, bytes) else f"{key[0].hex()}/{key[1]:x}"


def _key(text: str) -> Key:
    address, _, slot = text.partition("/")
    return (bytes.fromhex(address), int(slot, 16)) if slot else bytes.fromhex(address)


def values_record(values: Values) -> dict[str, Any]:
    """Numbers are text: JSON's readers need not take large ones."""
    record: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, tuple):
            record[_key_text(key)] = [value[0], str(value[1]), value[2].hex()]
        else:
            record[_key_text(key)] = None if value is None else f"{value:x}"
    return record


def values(record: dict[str, Any]) -> Values:
    result: Values = {}
    for text, value in record.items():
        if isinstance(value, list):
            result[_key(text)] = (value[0], int(value[1]), bytes.fromhex(value[2]))
        else:
            result[_key(text)] = None if value is None else int(value, 16)
    return result


def block_record(block: Block, changes: Values) -> dict[str, Any]:
    return {
        "number": block.number,
        "timestamp": block.timestamp,
        "mix_hash": block.mix_hash.hex(),
        "base_fee": None if block.base_fee is None else str(block.base_fee),
        "transactions": [
            {
                "raw": mined.transaction.raw.hex(),
                "sender": mined.transaction.sender.hex(),
                "is_success": mined.is_success,
                "gas_used": mined.gas_used,
                "contract": mined.contract and mined.contract.hex(),
                "logs": [
                    [address.hex(), [f"{topic:x}" for topic in topics], data.hex()]
                    for address, topics, data in mined.logs
                ],
            }
            for mined in block.transactions
        ],
        "changes": values_record(changes),
    }


def block(record: dict[str, Any], parent: bytes) -> Block:
    """The block of a record, not sealed yet."""
    base_fee = record["base_fee"]
    result = Block(
        record["number"], parent, record["timestamp"], bytes.fromhex(record["mix_hash"]),
        None if base_fee is None else int(base_fee),
    )
    for index, item in enumerate(record["transactions"]):
        result.gas_used += item["gas_used"]
        logs = [
            (bytes.fromhex(address), tuple(int(topic, 16) for topic in topics), bytes.fromhex(data))
            for address, topics, data in item["logs"]
        ]
        contract = item["contract"] and bytes.fromhex(item["contract"])
        transaction = decode(bytes.fromhex(item["raw"]), sender=bytes.fromhex(item["sender"]))
        result.transactions.append(
            Mined(transaction, index, item["is_success"], item["gas_used"], result.gas_used, contract, logs, result)
        )
    return result
