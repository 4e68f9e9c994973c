"""The rules of `npx hardhat node`: Hardhat 2's own words."""

from .block import GAS_LIMIT, Mined
from .chain import Chain
from .errors import INTERNAL, INVALID_PARAMS, REFUSED, RPCError
from .rules import Rules, reason
from .transaction import FEE_MARKET, InvalidTransaction, Transaction, decode


def _refusal(message: str, code: int = REFUSED) -> RPCError:
    return RPCError(message, code, {"message": message})


class HardhatRules(Rules):
    """When it mines each transaction at once, it refuses every nonce but the next; else it queues any number.

    It looks at what each transaction costs alone: of two that the balance covers only one by one, it takes both, and
    drops the second when it comes to mining it.
    """

    name = "hardhat"

    def admit(self, chain: Chain, raw: bytes) -> Transaction:
        transaction = self._read(chain, raw)
        if chain.is_automining:
            self._check_automined(chain, transaction)
        self._check(chain, transaction)
        self._check_replacement(chain, transaction)
        chain.pool.add(transaction)
        return transaction

    def _read(self, chain: Chain, raw: bytes) -> Transaction:
        if chain.is_legacy and raw[:1] == b"\x02":
            raise _refusal(
                "Trying to send an EIP-1559 transaction but they are not supported by the current hard fork.\n\n"
                "You can use them by running Hardhat Network with 'hardfork' london or later.",
                INVALID_PARAMS,
            )
        try:
            transaction = decode(raw)
        except InvalidTransaction as error:
            raise _refusal("Invalid transaction", INVALID_PARAMS) from error
        if transaction.chain_id not in (None, chain.chain_id):
            if transaction.type_id == FEE_MARKET:
                raise _refusal(
                    "Trying to send a raw transaction with an invalid chainId. "
                    f"The expected chainId is {chain.chain_id}",
                    INVALID_PARAMS,
                )
            raise _refusal(
                "Trying to send an incompatible EIP-155 transaction, signed for another chain.", INVALID_PARAMS
            )
        if transaction.sender is None:
            raise _refusal("Invalid Signature")
        return transaction

    def _check_automined(self, chain: Chain, transaction: Transaction) -> None:
        expected = chain.pool.next_nonce(transaction.sender)
        words = f"Expected nonce to be {expected} but got {transaction.nonce}."
        if transaction.nonce > expected:
            raise _refusal(f"Nonce too high. {words} Note that transactions can't be queued when automining.")
        if transaction.nonce < expected:
            raise _refusal(f"Nonce too low. {words}")
        price = transaction.max_fee_per_gas
        if price < chain.base_fee:
            name = "maxFeePerGas" if transaction.type_id == FEE_MARKET else "gasPrice"
            raise _refusal(
                f"Transaction {name} ({price}) is too low for the next block, "
                f"which has a baseFeePerGas of {chain.base_fee}"
            )
        if price < chain.least_price:
            raise _refusal(f"Transaction gas price is {price}, which is below the minimum of {chain.least_price}")

    def _check(self, chain: Chain, transaction: Transaction) -> None:
        if transaction.hash in chain.pool:
            raise _refusal(f"Known transaction: 0x{transaction.hash.hex()}")
        if not transaction.to and not transaction.data:
            raise _refusal("contract creation without any data provided")
        nonce, balance, _ = chain.world.account(transaction.sender)
        if transaction.cost > balance:
            raise _refusal(
                f"sender doesn't have enough funds to send tx. The max upfront cost is: {transaction.cost} "
                f"and the sender's account only has: {balance}"
            )
        if transaction.nonce < nonce:
            raise _refusal(f"Nonce too low. Expected nonce to be at least {nonce} but got {transaction.nonce}.")
        if transaction.gas < transaction.intrinsic_gas:
            raise _refusal(
                f"Transaction requires at least {transaction.intrinsic_gas} gas but got {transaction.gas}"
            )
        if transaction.gas > GAS_LIMIT:
            raise _refusal(
                f"Transaction gas limit is {transaction.gas} and exceeds block gas limit of {GAS_LIMIT}"
            )

    def _check_replacement(self, chain: Chain, transaction: Transaction) -> None:
        old = chain.pool.at(transaction.sender, transaction.nonce)
        if old is None:
            return
        fees = [
            ("maxFeePerGas", old.max_fee_per_gas, transaction.max_fee_per_gas),
            ("maxPriorityFeePerGas", old.max_priority_fee_per_gas, transaction.max_priority_fee_per_gas),
        ]
        for name, before, now in fees:
            least = -(-before * 110 // 100)
            if now < least:
                raise _refusal(
                    f"Replacement transaction underpriced. A gasPrice/{name} of at least {least} is necessary to "
                    f"replace the existing transaction with nonce {transaction.nonce}."
                )

    def failed(self, mined: Mined) -> RPCError | None:
        """Hardhat answers an error, and the transaction is on the chain all the same."""
        error = self.reverted(mined.error, mined.output)
        error.data["txHash"] = f"0x{mined.transaction.hash.hex()}"
        return error

    def reverted(self, error: str, output: bytes) -> RPCError:
        if error == "OutOfGas":
            message = "Transaction ran out of gas"
        elif error != "Revert":
            message = "VM Exception while processing transaction: invalid opcode"
        elif (text := reason(output)) is not None:
            message = f"VM Exception while processing transaction: reverted with reason string '{text}'"
        elif output:
            message = (
                "VM Exception while processing transaction: reverted with an unrecognized custom error "
                f"(return data: 0x{output.hex()})"
            )
        else:
            message = "Transaction reverted without a reason string"
        return RPCError(message, INTERNAL, {"message": message, "data": f"0x{output.hex()}"})
