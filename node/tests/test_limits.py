"""The limits of real nodes, which do not keep all state, take any batch, any tip, or any number of transactions."""

import json

from localchain.pool import PoolLimits

from .support import ANNA, BERTA, GWEI, ChainTests, Node, items, make, raw, text


class LimitTests(ChainTests):
    def test_a_pool_keeps_the_lowest_nonces_of_an_account_and_says_nothing(self) -> None:
        chain = make("geth", mines=False, pool=PoolLimits(16, 32, 16, 64))
        for nonce in range(100):
            chain.submit(raw(nonce))
        self.assertEqual(chain.pool.next_nonce(ANNA), 32)
        self.assertEqual(len(chain.pool), 48)
        self.assertEqual(len(chain.mine().transactions), 32)

    def test_a_full_pool_calls_what_pays_no_more_underpriced(self) -> None:
        chain = make("geth", mines=False, pool=PoolLimits(2, 2, 0, 0))
        for nonce in range(2):
            chain.submit(raw(nonce))
        self.assertEqual(self.refused(chain, raw(2)), "transaction underpriced")
        self.assertEqual(self.refused(chain, raw(0, sender=BERTA)), "transaction underpriced")

    def test_a_least_tip_is_named(self) -> None:
        chain = make("geth", mines=False, min_tip=5 * GWEI)
        self.assertEqual(
            self.refused(chain, raw(0, fees=(1, 10 * GWEI))),
            "transaction underpriced: gas tip cap 1, minimum needed 5000000000",
        )
        chain.submit(raw(0, fees=(5 * GWEI, 10 * GWEI)))

    def test_the_usual_price_follows_who_pays_more(self) -> None:
        chain = make("geth", is_legacy=True)
        self.assertIsNone(chain.usual_price)
        for nonce in range(10):
            chain.submit(raw(nonce, fees=((nonce + 1) * GWEI,)))
        self.assertEqual(chain.usual_price, 6 * GWEI)

    def test_a_snapshot_brings_back_blocks_and_pool(self) -> None:
        chain = make("geth", mines=False)
        chain.submit(raw(0))
        chain.mine()
        chain.submit(raw(1))
        number, head = chain.snapshot(), chain.head.hash
        chain.submit(raw(2))
        chain.mine()
        chain.mine()
        self.assertTrue(chain.revert(number))
        self.assertEqual(chain.head.hash, head)
        self.assertEqual([waiting.nonce for waiting in chain.pool], [1])
        self.assertEqual(chain.world.get_nonce(ANNA), 1)
        self.assertFalse(chain.revert(number))


class NodeLimitTests(ChainTests):
    def setUp(self) -> None:
        self.node = Node(
            "--rules", "geth", "--state-blocks", "2", "--batch-limit", "3", "--tip", "1", "--genesis-time", "1700000000"
        )
        self.addCleanup(self.node.kill)

    def test_old_state_is_refused_and_old_blocks_are_not(self) -> None:
        for nonce in range(4):
            self.node.call("eth_sendRawTransaction", text(raw(nonce)))
        self.assertEqual(self.node.call("eth_getTransactionCount", text(ANNA), "0x2"), "0x2")
        old = json.loads(self.node.post(items(("eth_getTransactionCount", [text(ANNA), "0x1"]))[0])[1])
        self.assertIn("missing trie node", old["error"]["message"])
        block = self.node.call("eth_getBlockByNumber", "0x1", True)
        self.assertEqual([item["nonce"] for item in block["transactions"]], ["0x0"])

    def test_a_batch_over_the_limit_is_refused_as_a_whole(self) -> None:
        self.assertEqual(len(self.node.batch(*[("eth_chainId", [])] * 3)), 3)
        answer = json.loads(self.node.post(items(*[("eth_chainId", [])] * 4))[1])
        self.assertEqual((answer["id"], answer["error"]["message"]), (None, "batch too large"))
        self.assertEqual(self.node.call("tally_calls")["calls"]["too large"], 1)

    def test_a_block_tells_all_its_receipts(self) -> None:
        hash_ = self.node.call("eth_sendRawTransaction", text(raw(0)))
        receipts = self.node.call("eth_getBlockReceipts", "0x1")
        self.assertEqual(receipts, [self.node.call("eth_getTransactionReceipt", hash_)])
        self.assertIsNone(self.node.call("eth_getBlockReceipts", "0x9"))
        self.assertEqual(self.node.call("eth_maxPriorityFeePerGas"), "0x1")

    def test_a_start_without_data_has_the_same_genesis(self) -> None:
        other = Node("--rules", "geth", "--legacy", "--genesis-time", "1700000000")
        self.addCleanup(other.kill)
        self.assertEqual(other.call("eth_getBlockByNumber", "0x0", False)["number"], "0x0")
        hash_ = other.call("eth_sendRawTransaction", text(raw(0, fees=(GWEI,))))
        self.assertNotIn("effectiveGasPrice", other.call("eth_getTransactionReceipt", hash_))
        refusal = json.loads(other.post(items(("eth_getBlockReceipts", ["0x1"]))[0])[1])
        self.assertEqual(refusal["error"]["code"], -32601)
        third = Node("--genesis-time", "1700000000")
        self.addCleanup(third.kill)
        genesis = [node.call("eth_getBlockByNumber", "0x0", False)["hash"] for node in (self.node, third)]
        self.assertEqual(genesis[0], genesis[1])
