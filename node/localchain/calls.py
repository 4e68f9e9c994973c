"""Running code without a transaction."""

from typing import Any

from .block import GAS_LIMIT
from .chain import Chain
from .errors import INVALID_PARAMS, RPCError
from .machine import Outcome
from .parameters import to_data, to_quantity
from .transaction import Transaction


def _transaction(fields: Any, gas: int | None) -> Transaction:
    if not isinstance(fields, dict):
        raise RPCError("invalid params: an object is wanted", INVALID_PARAMS)
    given = fields.get("data", fields.get("input"))
    if gas is None:
        gas = to_quantity(fields["gas"]) if fields.get("gas") is not None else GAS_LIMIT
    transaction = Transaction(
        0, None, 0, 0, 0, min(gas, GAS_LIMIT),
        to_data(fields["to"], 20) if fields.get("to") else b"",
        to_quantity(fields.get("value") or 0),
        to_data(given) if given else b"",
    )
    transaction.sender = to_data(fields["from"], 20) if fields.get("from") else bytes(20)
    return transaction


def call(chain: Chain, fields: Any, number: int, gas: int | None = None) -> Outcome:
    """Runs a call on top of a block, for free; a failure is an error in the words of the rules."""
    outcome = _run(chain, _transaction(fields, gas), number)
    if not outcome.is_success:
        raise chain.rules.reverted(outcome.error, outcome.output)
    return outcome


def _run(chain: Chain, transaction: Transaction, number: int) -> Outcome:
    if transaction.gas < transaction.intrinsic_gas:
        raise RPCError(f"intrinsic gas too low: have {transaction.gas}, want {transaction.intrinsic_gas}")
    with chain.as_of(number) as world:
        if transaction.value > world.get_balance(transaction.sender):
            raise RPCError("insufficient funds for transfer")
        parent = chain.blocks[number]
        chain.machine.enter(chain.surroundings(parent, parent.timestamp + 1, 0))
        return chain.machine.run(transaction)


def estimate(chain: Chain, fields: Any, number: int) -> int:
    """The least gas with which it succeeds."""
    used = call(chain, fields, number).gas_used
    low, high = used - 1, GAS_LIMIT
    if used == 21_000:
        return used
    while low + 1 < high:
        middle = min((low + high) // 2, used * 2) if high == GAS_LIMIT else (low + high) // 2
        if _run(chain, _transaction(fields, middle), number).is_success:
            high = middle
        else:
            low = middle
    return high
