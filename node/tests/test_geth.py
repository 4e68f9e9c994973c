from localchain.accounts import BALANCE

from .support import ANNA, GWEI, STRANGER, ChainTests, make, raw


class GethTests(ChainTests):
    def test_gaps_queue_and_the_highest_of_more_than_64_are_forgotten(self) -> None:
        chain = make("geth", mines=False)
        hashes = {nonce: chain.submit(raw(nonce)).hash for nonce in range(1, 101)}
        self.assertEqual({hash_ in chain.pool for nonce, hash_ in hashes.items() if nonce <= 64}, {True})
        self.assertEqual({hash_ in chain.pool for nonce, hash_ in hashes.items() if nonce > 64}, {False})
        chain.submit(raw(0))
        self.assertEqual(len(chain.mine().transactions), 65)

    def test_nonces_without_a_gap_are_not_limited(self) -> None:
        chain = make("geth", mines=False)
        for nonce in range(300):
            chain.submit(raw(nonce))
        self.assertEqual(chain.pool.next_nonce(ANNA), 300)
        self.assertEqual(len(chain.mine().transactions), 300)

    def test_the_same_bytes_are_known(self) -> None:
        chain = make("geth", mines=False)
        chain.submit(raw(0))
        self.assertEqual(self.refused(chain, raw(0)), "already known")

    def test_a_used_nonce_is_refused(self) -> None:
        chain = make("geth")
        for nonce in range(3):
            chain.submit(raw(nonce))
        self.assertEqual(self.refused(chain, raw(0)), "nonce too low: next nonce 3, tx nonce 0")

    def test_a_replacement_pays_a_tenth_more_for_both_fees(self) -> None:
        chain = make("geth", mines=False)
        chain.submit(raw(0, fees=(100, 10 * GWEI)))
        for fees in [(110, 11 * GWEI - 1), (109, 11 * GWEI), (100, 20 * GWEI)]:
            self.assertEqual(self.refused(chain, raw(0, fees=fees)), "replacement transaction underpriced")
        hash_ = chain.submit(raw(0, fees=(110, 11 * GWEI))).hash
        self.assertEqual([mined.transaction.hash for mined in chain.mine().transactions], [hash_])

    def test_what_cannot_be_paid_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make("geth"), raw(0, value=BALANCE, fees=(1, GWEI))),
            "insufficient funds for gas * price + value: balance 10000000000000000000000, "
            "tx cost 10000000021000000000000, overshot 21000000000000",
        )

    def test_what_cannot_be_paid_together_is_refused(self) -> None:
        chain = make("geth", mines=False)
        chain.submit(raw(0, value=6000 * 10**18, fees=(1, GWEI)))
        self.assertEqual(
            self.refused(chain, raw(1, value=5000 * 10**18, fees=(1, GWEI))),
            "insufficient funds for gas * price + value: balance 10000000000000000000000, "
            "queued cost 6000000021000000000000, tx cost 5000000021000000000000, overshot 1000000042000000000000",
        )

    def test_what_can_no_longer_be_paid_is_dropped_with_a_gap_behind_it(self) -> None:
        chain = make("geth", mines=False)
        hashes = [chain.submit(raw(nonce, value=value)).hash for nonce, value in enumerate([1, 10**18, 1])]
        chain.patch({ANNA: (0, 10**18, b"")})
        self.assertEqual([mined.transaction.hash for mined in chain.mine().transactions], hashes[:1])
        self.assertEqual([transaction.hash for transaction in chain.pool], hashes[2:])
        self.assertEqual(chain.pool.next_nonce(ANNA), 1)

    def test_the_wrong_chain_is_refused(self) -> None:
        for fees in [(GWEI, GWEI), (GWEI,)]:
            self.assertEqual(self.refused(make("geth"), raw(0, chain_id=1, fees=fees)), "invalid sender")

    def test_a_fee_of_one_wei_waits(self) -> None:
        chain = make("geth")
        chain.submit(raw(0, fees=(1, 1)))
        self.assertEqual((len(chain.pool), chain.head.number), (1, 0))

    def test_too_little_gas_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make("geth"), raw(0, gas=20_999)), "intrinsic gas too low: needed 21000, allowed 20999"
        )

    def test_a_fee_above_the_cap_is_refused(self) -> None:
        chain = make("geth", fee_cap=1, gas_price=165_000 * GWEI)
        self.assertEqual(
            self.refused(chain, raw(0, fees=(165_000 * GWEI,))),
            "tx fee (3.46 ether) exceeds the configured cap (1.00 ether)",
        )
        chain = make("geth", gas_price=165_000 * GWEI)
        chain.submit(raw(0, fees=(165_000 * GWEI,)))
        self.assertEqual(chain.world.get_nonce(ANNA), 1)

    def test_transactions_from_before_eip_155_are_refused(self) -> None:
        self.assertEqual(
            self.refused(make("geth"), raw(0, fees=(10 * GWEI,), is_protected=False)),
            "only replay-protected (EIP-155) transactions allowed over RPC",
        )

    def test_a_revert_is_answered_with_the_hash(self) -> None:
        chain = make("geth")
        chain.patch({STRANGER: (1, 0, bytes.fromhex("60006000fd"))})
        hash_ = chain.submit(raw(0, gas=50_000)).hash
        self.assertFalse(chain.mined[hash_].is_success)


class LegacyTests(ChainTests):
    """geth 1.9's words, on a chain without EIP-1559."""

    def test_type_2_is_refused(self) -> None:
        self.assertEqual(
            self.refused(make("geth", is_legacy=True), raw(0)), "rlp: expected input list for types.txdata"
        )
        self.assertIn("EIP-1559 transaction", self.refused(make("hardhat", is_legacy=True), raw(0)))

    def test_refusals_have_no_numbers(self) -> None:
        chain = make("geth", mines=False, is_legacy=True)
        hash_ = chain.submit(raw(0, fees=(GWEI,))).hash
        self.assertEqual(self.refused(chain, raw(0, fees=(GWEI,))), f"known transaction: {hash_.hex()}")
        self.assertEqual(self.refused(chain, raw(1, fees=(GWEI,), gas=20_999)), "intrinsic gas too low")
        self.assertEqual(
            self.refused(chain, raw(1, fees=(GWEI,), value=BALANCE)), "insufficient funds for gas * price + value"
        )
        self.assertIsNone(chain.mine().base_fee)
        self.assertEqual(self.refused(chain, raw(0, fees=(GWEI,), value=2)), "nonce too low")

    def test_what_cannot_be_paid_together_is_taken_and_dropped(self) -> None:
        chain = make("geth", mines=False, is_legacy=True)
        for nonce in range(2):
            chain.submit(raw(nonce, fees=(GWEI,), value=6000 * 10**18))
        self.assertEqual((len(chain.mine().transactions), len(chain.pool)), (1, 0))

    def test_a_price_below_the_fixed_one_waits(self) -> None:
        chain = make("geth", is_legacy=True, gas_price=165_000 * GWEI)
        chain.submit(raw(0, fees=(164_999 * GWEI,)))
        self.assertEqual(len(chain.pool), 1)
        chain.submit(raw(0, fees=(200_000 * GWEI,)))
        self.assertEqual(chain.world.get_nonce(ANNA), 1)
