from localchain.accounts import BALANCE
from localchain.errors import RPCError

from .support import ANNA, GWEI, STRANGER, ChainTests, make, raw


class AutomineTests(ChainTests):
    def test_each_transaction_is_a_block(self) -> None:
        chain = make()
        hashes = [chain.submit(raw(nonce)).hash for nonce in range(3)]
        self.assertEqual(self.hashes(chain), [[], *([hash_] for hash_ in hashes)])

    def test_a_nonce_too_high_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make(), raw(2)),
            "Nonce too high. Expected nonce to be 0 but got 2. "
            "Note that transactions can't be queued when automining.",
        )

    def test_a_used_nonce_is_refused_also_for_the_same_bytes(self) -> None:
        chain = make()
        chain.submit(raw(0))
        self.assertEqual(self.refused(chain, raw(0)), "Nonce too low. Expected nonce to be 1 but got 0.")

    def test_too_low_a_fee_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make(), raw(0, fees=(1, 1))),
            "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 875000000",
        )

    def test_a_revert_is_an_error_and_mined_all_the_same(self) -> None:
        chain = make()
        chain.patch({STRANGER: (1, 0, bytes.fromhex("60006000fd"))})
        with self.assertRaises(RPCError) as caught:
            chain.submit(raw(0, gas=50_000))
        self.assertEqual(caught.exception.message, "Transaction reverted without a reason string")
        self.assertEqual(caught.exception.code, -32603)
        mined = chain.mined[bytes.fromhex(caught.exception.data["txHash"][2:])]
        self.assertFalse(mined.is_success)
        self.assertEqual((chain.world.get_nonce(ANNA), chain.world.get_balance(STRANGER)), (1, 0))


class IntervalTests(ChainTests):
    def test_gaps_queue_without_a_limit(self) -> None:
        chain = make(mines=False)
        for nonce in range(200, 0, -1):
            chain.submit(raw(nonce))
        self.assertEqual(chain.mine().transactions, [])
        chain.submit(raw(0))
        self.assertEqual([mined.transaction.nonce for mined in chain.mine().transactions], list(range(201)))

    def test_the_same_bytes_are_known(self) -> None:
        chain = make(mines=False)
        hash_ = chain.submit(raw(0)).hash
        self.assertEqual(self.refused(chain, raw(0)), f"Known transaction: 0x{hash_.hex()}")

    def test_a_used_nonce_is_refused(self) -> None:
        chain = make(mines=False)
        for nonce in range(3):
            chain.submit(raw(nonce))
        chain.mine()
        self.assertEqual(self.refused(chain, raw(0)), "Nonce too low. Expected nonce to be at least 3 but got 0.")

    def test_a_replacement_pays_a_tenth_more_for_both_fees(self) -> None:
        chain = make(mines=False)
        chain.submit(raw(0, fees=(100, 10 * GWEI)))
        self.assertEqual(
            self.refused(chain, raw(0, fees=(110, 11 * GWEI - 1))),
            "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 11000000000 is necessary to "
            "replace the existing transaction with nonce 0.",
        )
        self.assertEqual(
            self.refused(chain, raw(0, fees=(109, 11 * GWEI))),
            "Replacement transaction underpriced. A gasPrice/maxPriorityFeePerGas of at least 110 is necessary to "
            "replace the existing transaction with nonce 0.",
        )
        hash_ = chain.submit(raw(0, fees=(110, 11 * GWEI))).hash
        self.assertEqual([mined.transaction.hash for mined in chain.mine().transactions], [hash_])

    def test_what_cannot_be_paid_alone_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make(mines=False), raw(0, value=BALANCE, fees=(1, GWEI))),
            "sender doesn't have enough funds to send tx. The max upfront cost is: 10000000021000000000000 "
            "and the sender's account only has: 10000000000000000000000",
        )

    def test_what_cannot_be_paid_together_is_taken_and_dropped(self) -> None:
        chain = make(mines=False)
        most = BALANCE - 100_000 * 10 * GWEI
        first = chain.submit(raw(0, value=most)).hash
        chain.submit(raw(1, value=most))
        self.assertEqual([mined.transaction.hash for mined in chain.mine().transactions], [first])
        self.assertEqual(len(chain.pool), 0)

    def test_a_low_fee_waits(self) -> None:
        chain = make(mines=False)
        chain.submit(raw(0, fees=(1, 1)))
        self.assertEqual((chain.mine().transactions, len(chain.pool)), ([], 1))

    def test_the_wrong_chain_is_refused(self) -> None:
        chain = make(mines=False)
        self.assertEqual(
            self.refused(chain, raw(0, chain_id=1)),
            "Trying to send a raw transaction with an invalid chainId. The expected chainId is 31337",
        )
        self.assertEqual(
            self.refused(chain, raw(0, chain_id=1, fees=(GWEI,))),
            "Trying to send an incompatible EIP-155 transaction, signed for another chain.",
        )

    def test_too_little_gas_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make(mines=False), raw(0, gas=20_999)),
            "Transaction requires at least 21000 gas but got 20999",
        )

    def test_transactions_from_before_eip_155_are_taken(self) -> None:
        chain = make()
        chain.submit(raw(0, fees=(10 * GWEI,), is_protected=False))
        self.assertEqual(chain.world.get_nonce(ANNA), 1)
