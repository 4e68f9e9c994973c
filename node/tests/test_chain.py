import tempfile
import unittest

import rlp
from eth_account import Account
from eth_hash.auto import keccak
from localchain import calls
from localchain.accounts import BALANCE, KEYS
from localchain.chain import Chain
from localchain.transaction import InvalidTransaction, decode

from .support import ADDRESSES, ANNA, BERTA, GWEI, STRANGER, ChainTests, make, raw

# Stores 42 at slot 0, logs one topic, and becomes a contract that reverts when it is called.
CONSTRUCTOR = bytes.fromhex("602a600055" "60076000" "6000a1" "6460006000fd6000526005601bf3")


class TransactionTests(unittest.TestCase):
    def test_signatures_are_those_of_eth_account(self) -> None:
        common = {"nonce": 7, "gas": 21_000, "to": "0x" + STRANGER.hex(), "value": 5, "data": "0x01", "chainId": 31337}
        for address, key in KEYS.items():
            for fees, mine in [
                ({"gasPrice": GWEI}, (GWEI,)),
                ({"type": 2, "maxPriorityFeePerGas": 3, "maxFeePerGas": GWEI}, (3, GWEI)),
            ]:
                theirs = Account.sign_transaction({**common, **fees}, key)
                signed = raw(7, sender=address, value=5, data=b"\x01", fees=mine)
                self.assertEqual(signed, bytes(theirs.raw_transaction))
                transaction = decode(signed)
                self.assertEqual((transaction.sender, transaction.hash), (address, bytes(theirs.hash)))

    def test_what_is_no_transaction_is_refused(self) -> None:
        whole = raw(0)
        broken = [b"", b"\x02", b"\x01" + whole[1:], whole[:-1], whole + b"\0", rlp.encode([b""] * 9)[:-1], b"\xc0"]
        for bytes_ in broken:
            with self.assertRaises(InvalidTransaction):
                decode(bytes_)

    def test_a_changed_transaction_has_another_sender(self) -> None:
        fields = rlp.decode(raw(0, fees=(GWEI,)))
        fields[4] = b"\x02"
        self.assertNotEqual(decode(rlp.encode(fields)).sender, ANNA)


class BlockTests(ChainTests):
    def test_money_is_conserved_but_for_what_is_burnt(self) -> None:
        chain = make()
        chain.submit(raw(0, value=10**18))
        block = chain.head
        spent = block.base_fee * 21_000 + GWEI * 21_000
        self.assertEqual(block.base_fee, 875_000_000)
        self.assertEqual(chain.world.get_balance(ANNA), BALANCE - 10**18 - spent)
        self.assertEqual(chain.world.get_balance(STRANGER), 10**18)
        total = sum(value[1] for value in chain.world.values.values())
        self.assertEqual(total, 10 * BALANCE - block.base_fee * 21_000)

    def test_a_contract_is_created_and_runs(self) -> None:
        chain = make("geth")
        hash_ = chain.submit(raw(0, to=b"", value=0, gas=200_000, data=CONSTRUCTOR)).hash
        mined = chain.mined[hash_]
        self.assertTrue(mined.is_success)
        self.assertEqual(mined.contract, keccak(rlp.encode([ANNA, b""]))[12:])
        self.assertEqual(chain.world.get_storage(mined.contract, 0), 42)
        self.assertEqual(mined.logs, [(mined.contract, (7,), b"")])
        self.assertEqual(chain.world.get_code(mined.contract).hex(), "60006000fd")
        failed = chain.mined[chain.submit(raw(1, to=mined.contract, gas=50_000)).hash]
        self.assertFalse(failed.is_success)
        self.assertEqual(chain.world.get_balance(mined.contract), 0)

    def test_the_dearest_is_mined_first_and_each_senders_in_order(self) -> None:
        chain = make("geth", mines=False)
        cheap = [chain.submit(raw(nonce, fees=(nonce + 1, 10 * GWEI))).hash for nonce in range(2)]
        dear = [chain.submit(raw(nonce, sender=BERTA, fees=(9, 10 * GWEI))).hash for nonce in range(2)]
        self.assertEqual([mined.transaction.hash for mined in chain.mine().transactions], dear + cheap)

    def test_a_full_block_leaves_the_rest_for_the_next(self) -> None:
        chain = make("geth", mines=False)
        for nonce in range(1500):
            chain.submit(raw(nonce))
        self.assertEqual([len(chain.mine().transactions) for _ in range(2)], [1428, 72])
        self.assertGreater(chain.blocks[2].base_fee, chain.blocks[1].base_fee)

    def test_gas_is_estimated(self) -> None:
        chain = make()
        self.assertEqual(calls.estimate(chain, {"from": "0x" + ANNA.hex(), "to": "0x" + STRANGER.hex()}, 0), 21_000)
        # Hashes a word of memory: more than a transfer's gas.
        chain.patch({STRANGER: (1, 0, bytes.fromhex("6020600020" "5000"))})
        least = calls.estimate(chain, {"from": "0x" + ANNA.hex(), "to": "0x" + STRANGER.hex(), "value": "0x1"}, 0)
        self.assertGreater(least, 21_000)
        self.assertTrue(chain.mined[chain.submit(raw(0, gas=least)).hash].is_success)

    def test_a_call_changes_nothing(self) -> None:
        chain = make()
        before = dict(chain.world.values)
        calls.call(chain, {"from": "0x" + ANNA.hex(), "to": "0x" + STRANGER.hex(), "value": "0x5"}, 0)
        self.assertEqual(chain.world.values, before)
        self.assertEqual(chain.world.log, [])


class PastTests(ChainTests):
    def test_the_world_is_known_as_of_each_block(self) -> None:
        chain = make()
        for nonce in range(5):
            chain.submit(raw(nonce, value=1))
        for number in range(6):
            with chain.as_of(number) as world:
                self.assertEqual((world.get_balance(STRANGER), world.get_nonce(ANNA)), (number, number))
        self.assertEqual(chain.world.get_balance(STRANGER), 5)

    def test_a_reorganization_drops_or_returns_transactions(self) -> None:
        for returns in (False, True):
            chain = make()
            hashes = [chain.submit(raw(nonce)).hash for nonce in range(4)]
            before = [block.hash for block in chain.blocks]
            chain.reorganize(3, {hashes[2]}, returns)
            after = [block.hash for block in chain.blocks]
            self.assertEqual(len(after), 5)
            self.assertEqual([a == b for a, b in zip(before, after)], [True, True, False, False, False])
            # The fourth cannot be mined before the third is.
            self.assertEqual(self.hashes(chain), [[], [hashes[0]], [hashes[1]], [], []])
            self.assertEqual((hashes[2] in chain.pool, hashes[3] in chain.pool), (returns, True))
            chain.mine()
            self.assertEqual(chain.world.get_nonce(ANNA), 4 if returns else 2)

    def test_a_reset_is_another_chain(self) -> None:
        chain = make()
        chain.submit(raw(0))
        genesis = chain.blocks[0].hash
        chain.reset()
        self.assertNotEqual(chain.blocks[0].hash, genesis)
        self.assertEqual((chain.head.number, chain.world.get_nonce(ANNA)), (0, 0))

    def test_a_time_of_genesis_fixes_its_hash(self) -> None:
        first, second, other = (make(genesis_time=time).head.hash for time in (5, 5, 6))
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)
        self.assertNotEqual(make().head.hash, make().head.hash)


class JournalTests(ChainTests):
    def keeping(self, folder: str, rules: str = "hardhat") -> Chain:
        chain = make(rules, data=folder)
        self.addCleanup(chain.journal.close)
        return chain

    def test_a_chain_comes_back_as_it_was(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            chain = self.keeping(folder, "geth")
            chain.submit(raw(0, to=b"", value=0, gas=200_000, data=CONSTRUCTOR))
            chain.submit(raw(0, sender=ADDRESSES[3], fees=(10 * GWEI,)))
            chain.patch({STRANGER: (0, 77, b"")})
            kept = [chain.submit(raw(nonce)).hash for nonce in range(1, 4)]
            chain.reorganize(2, {kept[1]}, False)
            chain.mine()
            chain.journal.sync()
            again = self.keeping(folder, "geth")
            self.assertEqual([block.hash for block in again.blocks], [block.hash for block in chain.blocks])
            self.assertEqual(again.world.values, chain.world.values)
            self.assertEqual([block.before for block in again.blocks], [block.before for block in chain.blocks])
            self.assertEqual(set(again.mined), set(chain.mined))
            for hash_, mined in chain.mined.items():
                self.assertEqual((mined.logs, mined.contract), (again.mined[hash_].logs, again.mined[hash_].contract))
            again.submit(raw(2))
            again.journal.sync()
            self.assertEqual(self.keeping(folder, "geth").head.hash, again.head.hash)

    def test_a_torn_line_is_as_if_never_written(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            chain = self.keeping(folder)
            chain.submit(raw(0))
            chain.journal.sync()
            with open(f"{folder}/blocks.jsonl", "ab") as file:
                file.write(b'{"block":{"number":2')
            again = self.keeping(folder)
            self.assertEqual(again.head.hash, chain.head.hash)
            again.submit(raw(1))
            again.journal.sync()
            self.assertEqual(self.keeping(folder).head.hash, again.head.hash)

    def test_a_reset_is_kept_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            chain = self.keeping(folder)
            chain.submit(raw(0))
            chain.reset()
            chain.journal.sync()
            again = self.keeping(folder)
            self.assertEqual((again.head.hash, again.head.number), (chain.head.hash, 0))
