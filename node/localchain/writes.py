"""The methods that send transactions or steer the chain: Ethereum's, and those that Hardhat has besides."""

from typing import Any

from .accounts import KEYS
from .answers import data
from .block import GAS_LIMIT
from .chain import Chain
from .errors import INVALID_PARAMS, RPCError
from .parameters import Parameters, to_data, to_quantity
from .reads import TIP
from .transaction import sign


class Writes:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.interval = 0.0
        """Seconds between blocks that are mined by the clock; 0 is never."""

    def methods(self) -> dict[str, Any]:
        prefixes = ("eth_", "evm_", "hardhat_")
        return {name: getattr(self, name) for name in dir(self) if name.startswith(prefixes)}

    def eth_sendRawTransaction(self, parameters: Parameters) -> str:
        return data(self.chain.submit(parameters.data(0)).hash)

    def eth_sendTransaction(self, parameters: Parameters) -> str:
        """Signs for a development account; without `to` it creates a contract."""
        fields = parameters[0]
        if not isinstance(fields, dict):
            raise RPCError("invalid params: an object is wanted", INVALID_PARAMS)
        sender = to_data(fields.get("from"), 20)
        if sender not in KEYS:
            raise RPCError(f"unknown account {data(sender)}")
        number = {name: to_quantity(value) for name, value in fields.items() if name in _QUANTITIES}
        given = fields.get("data", fields.get("input"))
        if "gasPrice" in number or self.chain.is_legacy:
            fees = (number.get("gasPrice", self.chain.least_price or TIP),)
        else:
            tip = number.get("maxPriorityFeePerGas", TIP)
            fees = (tip, number.get("maxFeePerGas", 2 * self.chain.base_fee + tip))
        raw = sign(
            KEYS[sender],
            self.chain.chain_id,
            number.get("nonce", self.chain.pool.next_nonce(sender)),
            to_data(fields["to"], 20) if fields.get("to") else b"",
            number.get("value", 0),
            to_data(given) if given else b"",
            number.get("gas", GAS_LIMIT // 10),
            fees,
        )
        return data(self.chain.submit(raw).hash)

    def evm_mine(self, parameters: Parameters) -> str:
        self.chain.mine()
        return "0x0"

    def evm_snapshot(self, parameters: Parameters) -> str:
        return hex(self.chain.snapshot())

    def evm_revert(self, parameters: Parameters) -> bool:
        return self.chain.revert(parameters.quantity(0))

    def hardhat_mine(self, parameters: Parameters) -> bool:
        for _ in range(1 if parameters[0] is None else parameters.quantity(0)):
            self.chain.mine()
        return True

    def evm_setAutomine(self, parameters: Parameters) -> bool:
        self.chain.is_automining = bool(parameters[0])
        return True

    def hardhat_getAutomine(self, parameters: Parameters) -> bool:
        return self.chain.is_automining

    def evm_setIntervalMining(self, parameters: Parameters) -> bool:
        """In milliseconds, as Hardhat has it; 0 ends it."""
        self.interval = parameters.quantity(0) / 1000
        return True

    def hardhat_setBalance(self, parameters: Parameters) -> bool:
        address, balance = parameters.data(0, 20), parameters.quantity(1)
        nonce, _, code = self.chain.world.account(address)
        self.chain.patch({address: (nonce, balance, code)})
        return True

    def hardhat_setNonce(self, parameters: Parameters) -> bool:
        address, nonce = parameters.data(0, 20), parameters.quantity(1)
        _, balance, code = self.chain.world.account(address)
        self.chain.patch({address: (nonce, balance, code)})
        return True

    def hardhat_setCode(self, parameters: Parameters) -> bool:
        address = parameters.data(0, 20)
        nonce, balance, _ = self.chain.world.account(address)
        self.chain.patch({address: (nonce, balance, parameters.data(1))})
        return True

    def hardhat_dropTransaction(self, parameters: Parameters) -> bool:
        transaction = self.chain.pool.get(parameters.data(0, 32))
        if transaction is not None:
            self.chain.pool.remove(transaction)
        return transaction is not None

    def hardhat_reset(self, parameters: Parameters) -> bool:
        self.chain.reset()
        return True


_QUANTITIES = {"gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "value"}
