"""The methods that only read."""

from typing import Any

from . import answers
from .answers import data, quantity
from .block import GAS_LIMIT, Block, Mined
from .calls import call, estimate
from .chain import Chain
from .errors import METHOD_NOT_FOUND, RPCError
from .parameters import Parameters, to_quantity

TIP = 1_000_000_000


class Reads:
    """Answers from a chain as it was `lag` blocks ago: 0, but for a node that is behind."""

    def __init__(self, chain: Chain, accounts: list[bytes], name: str, has_block_receipts: bool = False) -> None:
        self.chain = chain
        self.has_block_receipts = has_block_receipts
        self.lag = 0
        self._accounts = accounts
        self._name = name

    def methods(self) -> dict[str, Any]:
        prefixes = ("eth_", "net_", "web3_", "txpool_")
        return {name: getattr(self, name) for name in dir(self) if name.startswith(prefixes)}

    @property
    def _head(self) -> int:
        return max(0, self.chain.head.number - self.lag)

    def _number(self, tag: Any) -> int:
        if tag in (None, "latest", "pending", "safe", "finalized"):
            return self._head
        if tag == "earliest":
            return 0
        number = to_quantity(tag)
        if number > self._head:
            raise RPCError(f"Received invalid block tag {number}. Latest block number is {self._head}")
        return number

    def _block(self, tag: Any) -> Block | None:
        try:
            return self.chain.blocks[self._number(tag)]
        except RPCError:
            return None

    def _mined(self, hash_: bytes) -> Mined | None:
        mined = self.chain.mined.get(hash_)
        return mined if mined is not None and mined.block.number <= self._head else None

    # The node

    def web3_clientVersion(self, parameters: Parameters) -> str:
        return self._name

    def net_version(self, parameters: Parameters) -> str:
        return str(self.chain.chain_id)

    def net_listening(self, parameters: Parameters) -> bool:
        return True

    def eth_chainId(self, parameters: Parameters) -> str:
        return quantity(self.chain.chain_id)

    def eth_syncing(self, parameters: Parameters) -> bool:
        return False

    def eth_accounts(self, parameters: Parameters) -> list[str]:
        return [data(address) for address in self._accounts]

    def txpool_status(self, parameters: Parameters) -> dict[str, str]:
        pool = self.chain.pool
        pending = sum(len(pool.executable(sender)) for sender in {transaction.sender for transaction in pool})
        return {"pending": quantity(pending), "queued": quantity(len(pool) - pending)}

    # Blocks

    def eth_blockNumber(self, parameters: Parameters) -> str:
        return quantity(self._head)

    def eth_getBlockByNumber(self, parameters: Parameters) -> dict[str, Any] | None:
        block = self._block(parameters[0])
        return None if block is None else answers.block(block, bool(parameters[1]))

    def eth_getBlockByHash(self, parameters: Parameters) -> dict[str, Any] | None:
        block = self.chain.by_hash.get(parameters.data(0, 32))
        return None if block is None or block.number > self._head else answers.block(block, bool(parameters[1]))

    # Accounts

    def eth_getBalance(self, parameters: Parameters) -> str:
        with self.chain.as_of(self._number(parameters[1])) as world:
            return quantity(world.get_balance(parameters.data(0, 20)))

    def eth_getTransactionCount(self, parameters: Parameters) -> str:
        address = parameters.data(0, 20)
        if parameters[1] == "pending" and not self.lag:
            return quantity(self.chain.pool.next_nonce(address))
        with self.chain.as_of(self._number(parameters[1])) as world:
            return quantity(world.get_nonce(address))

    def eth_getCode(self, parameters: Parameters) -> str:
        with self.chain.as_of(self._number(parameters[1])) as world:
            return data(world.get_code(parameters.data(0, 20)))

    def eth_getStorageAt(self, parameters: Parameters) -> str:
        with self.chain.as_of(self._number(parameters[2])) as world:
            return data(world.get_storage(parameters.data(0, 20), parameters.quantity(1)).to_bytes(32, "big"))

    # Transactions

    def eth_getTransactionByHash(self, parameters: Parameters) -> dict[str, Any] | None:
        hash_ = parameters.data(0, 32)
        if (mined := self._mined(hash_)) is not None:
            return answers.transaction(mined.transaction, mined)
        waiting = None if self.lag else self.chain.pool.get(hash_)
        return None if waiting is None else answers.transaction(waiting, None)

    def eth_getTransactionReceipt(self, parameters: Parameters) -> dict[str, Any] | None:
        mined = self._mined(parameters.data(0, 32))
        return None if mined is None else answers.receipt(mined)

    def eth_getBlockReceipts(self, parameters: Parameters) -> list[dict[str, Any]] | None:
        if not self.has_block_receipts:
            raise RPCError("the method eth_getBlockReceipts does not exist/is not available", METHOD_NOT_FOUND)
        block = self._block(parameters[0])
        return None if block is None else [answers.receipt(mined) for mined in block.transactions]

    # Fees

    def eth_gasPrice(self, parameters: Parameters) -> str:
        if self.chain.gas_price is not None:
            return quantity(self.chain.gas_price)
        if self.chain.is_legacy:
            return quantity(self.chain.usual_price or TIP)
        return quantity(self.chain.base_fee + TIP)

    def eth_maxPriorityFeePerGas(self, parameters: Parameters) -> str:
        if self.chain.is_legacy:
            raise RPCError("the method eth_maxPriorityFeePerGas does not exist/is not available", METHOD_NOT_FOUND)
        return quantity(self.chain.options.tip if self.chain.gas_price is None else 1)

    def eth_feeHistory(self, parameters: Parameters) -> dict[str, Any]:
        last = self._number(parameters[1])
        first = max(0, last + 1 - min(parameters.quantity(0), 1024))
        blocks = self.chain.blocks[first : last + 1]
        answer = {
            "oldestBlock": quantity(first),
            "baseFeePerGas": [quantity(block.base_fee or 0) for block in blocks],
            "gasUsedRatio": [block.gas_used / GAS_LIMIT for block in blocks],
        }
        following = self.chain.base_fee if last == self.chain.head.number else self.chain.blocks[last + 1].base_fee
        answer["baseFeePerGas"].append(quantity(following or 0))
        if parameters[2]:
            answer["reward"] = [[quantity(TIP) for _ in parameters[2]] for _ in blocks]
        return answer

    # Running code

    def eth_call(self, parameters: Parameters) -> str:
        return data(call(self.chain, parameters[0], self._number(parameters[1])).output)

    def eth_estimateGas(self, parameters: Parameters) -> str:
        return quantity(estimate(self.chain, parameters[0], self._number(parameters[1])))
