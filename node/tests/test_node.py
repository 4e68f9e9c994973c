import json
import tempfile
import time
import unittest
from http.client import BadStatusLine, RemoteDisconnected

from localchain.errors import RPCError

from .support import ANNA, STRANGER, Node, items, raw, text

SEND = "eth_sendRawTransaction"


class NodeTests(unittest.TestCase):
    def setUp(self) -> None:
        self.node = Node()
        self.addCleanup(self.node.kill)

    def send(self, *nonces: int) -> list[dict]:
        return self.node.batch(*((SEND, [text(raw(nonce))]) for nonce in nonces))

    def nonce(self) -> int:
        return int(self.node.call("eth_getTransactionCount", text(ANNA), "latest"), 16)

    def test_answers_have_the_usual_fields(self) -> None:
        [answer] = self.send(0)
        receipt = self.node.call("eth_getTransactionReceipt", answer["result"])
        self.assertEqual((receipt["status"], receipt["gasUsed"], receipt["type"]), ("0x1", "0x5208", "0x2"))
        self.assertEqual((receipt["from"], receipt["to"]), (text(ANNA), text(STRANGER)))
        block = self.node.call("eth_getBlockByNumber", "latest", True)
        self.assertEqual(block["hash"], receipt["blockHash"])
        self.assertEqual(block["transactions"], [self.node.call("eth_getTransactionByHash", answer["result"])])
        self.assertEqual(block, self.node.call("eth_getBlockByHash", block["hash"], True))
        self.assertEqual(self.node.call("eth_chainId"), "0x7a69")
        self.assertEqual(self.node.call("eth_getBalance", text(STRANGER), "0x0"), "0x0")
        with self.assertRaises(RPCError):
            self.node.call("eth_noSuchMethod")

    def test_a_batch_is_answered_in_order(self) -> None:
        answers = self.node.batch(*((SEND, [text(raw(nonce))]) for nonce in range(100)))
        self.assertEqual([answer["id"] for answer in answers], list(range(1, 101)))
        self.assertEqual(self.nonce(), 100)
        self.assertEqual(self.node.post(b"[")[0], 200)
        self.assertEqual(json.loads(self.node.post(b"[]")[1])["error"]["code"], -32600)

    def test_blocks_come_by_the_clock(self) -> None:
        self.node.call("evm_setAutomine", False)
        self.node.call("evm_setIntervalMining", 50)
        self.send(0)
        deadline = time.monotonic() + 20
        while self.nonce() == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.nonce(), 1)
        self.node.call("evm_setIntervalMining", 0)
        time.sleep(0.1)
        number = self.node.call("eth_blockNumber")
        time.sleep(0.2)
        self.assertEqual(self.node.call("eth_blockNumber"), number)

    def test_faults_are_read_strictly(self) -> None:
        for fault in [{"do": "nothing"}, {"do": "error", "tiems": 2}, {"do": "hang"}, "error"]:
            with self.assertRaises(RPCError):
                self.node.call("tally_fault", fault)
        self.assertEqual(self.node.call("tally_clearFaults"), 0)

    def test_an_error_is_not_carried_out_unless_it_is_said(self) -> None:
        self.node.call("tally_fault", {"on": SEND, "skip": 1, "times": 2, "do": "error", "message": "no", "code": -1})
        answers = self.send(0, 1, 1, 1)
        self.assertEqual(["error" in answer for answer in answers], [False, True, True, False])
        self.assertEqual(answers[1]["error"], {"code": -1, "message": "no"})
        self.node.call("tally_fault", {"on": SEND, "do": "error", "carried": True})
        self.assertIn("error", self.send(2)[0])
        self.assertEqual(self.nonce(), 3)

    def test_replies_are_dropped_after_the_work(self) -> None:
        self.node.call("tally_fault", {"on": SEND, "do": "drop-reply"})
        with self.assertRaises((BadStatusLine, RemoteDisconnected)):
            self.send(0, 1)
        self.assertEqual(self.nonce(), 2)

    def test_a_reset_leaves_the_first_items_carried_out(self) -> None:
        self.node.call("tally_fault", {"on": SEND, "do": "reset", "after": 2})
        with self.assertRaises(ConnectionResetError):
            self.send(0, 1, 2)
        self.assertEqual(self.nonce(), 2)

    def test_late_and_missing_answers(self) -> None:
        self.node.call("tally_fault", [{"do": "delay", "seconds": 0.3}, {"do": "hang", "seconds": 0.3}])
        start = time.monotonic()
        self.assertEqual(len(self.send(0)), 1)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        with self.assertRaises((BadStatusLine, RemoteDisconnected)):
            self.send(1)
        self.assertEqual(self.nonce(), 1)
        self.node.call("tally_fault", {"on": SEND, "skip": 1, "do": "missing"})
        self.assertEqual([answer["id"] for answer in self.send(1, 2, 3)], [1, 3])
        self.assertEqual(self.nonce(), 4)

    def test_answers_that_are_no_answers(self) -> None:
        calls = items((SEND, [text(raw(0))]), (SEND, [text(raw(1))]))
        self.node.call("tally_fault", [{"on": SEND, "do": "http", "status": 429}, {"on": SEND, "do": "garbage"}])
        status, body = self.node.post(calls)
        self.assertEqual((status, body[:6]), (429, b"<html>"))
        self.assertEqual(self.nonce(), 0)
        with self.assertRaises(ValueError):
            json.loads(self.node.post(calls)[1])
        self.assertEqual(self.nonce(), 2)

    def test_a_batch_comes_back_in_another_order(self) -> None:
        self.node.call("tally_fault", {"on": SEND, "do": "shuffle"})
        identifiers = [answer["id"] for answer in self.send(*range(5))]
        self.assertNotEqual(identifiers, [1, 2, 3, 4, 5])
        self.assertEqual(sorted(identifiers), [1, 2, 3, 4, 5])

    def test_a_transaction_is_taken_and_forgotten(self) -> None:
        self.node.call("tally_fault", {"on": SEND, "do": "accept-then-drop"})
        [answer] = self.send(0)
        self.assertIsNone(self.node.call("eth_getTransactionByHash", answer["result"]))
        self.assertEqual(self.send(0)[0]["result"], answer["result"])

    def test_a_node_that_is_behind(self) -> None:
        hashes = [answer["result"] for answer in self.send(0, 1, 2)]
        self.node.call("tally_fault", {"do": "lag", "blocks": 2, "times": -1})
        self.assertEqual((self.node.call("eth_blockNumber"), self.nonce()), ("0x1", 1))
        receipts = [self.node.call("eth_getTransactionReceipt", hash_) for hash_ in hashes]
        self.assertEqual([receipt is not None for receipt in receipts], [True, False, False])
        self.assertIsNone(self.node.call("eth_getTransactionByHash", hashes[2]))
        self.node.call("tally_clearFaults")
        self.assertEqual(self.nonce(), 3)

    def test_another_chain_is_claimed(self) -> None:
        genesis = self.node.call("eth_getBlockByNumber", "0x0", False)["hash"]
        self.node.call("tally_fault", [{"do": "chain-id", "id": 5}, {"do": "genesis", "on": "eth_getBlockByNumber"}])
        self.assertEqual(self.node.call("eth_chainId"), "0x5")
        self.assertNotEqual(self.node.call("eth_getBlockByNumber", "0x0", False)["hash"], genesis)
        self.assertEqual(self.node.call("eth_getBlockByNumber", "0x0", False)["hash"], genesis)

    def test_what_was_asked_is_known(self) -> None:
        self.send(0, 5)
        calls = self.node.call("tally_calls", {"clear": True})
        self.assertEqual(calls["calls"][SEND], 2)
        self.assertEqual([entry["raw"] for entry in calls["transactions"]], [text(raw(0)), text(raw(5))])
        self.assertEqual(["error" in entry for entry in calls["transactions"]], [False, True])
        self.assertEqual(self.node.call("tally_calls")["transactions"], [])

    def test_a_rise_of_the_price(self) -> None:
        self.node.call("tally_setGasPrice", hex(165_000 * 10**9))
        self.assertEqual(int(self.node.call("eth_gasPrice"), 16), 165_000 * 10**9)
        self.assertIn("is too low for the next block", self.send(0)[0]["error"]["message"])
        self.node.call("tally_setGasPrice", None)
        self.assertIn("result", self.send(0)[0])


class RestartTests(unittest.TestCase):
    def test_what_was_answered_survives_a_kill(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            node = Node("--data", folder)
            answers = node.batch(*((SEND, [text(raw(nonce))]) for nonce in range(20)))
            node.kill()
            again = Node("--data", folder)
            self.addCleanup(again.kill)
            for answer in answers:
                self.assertEqual(again.call("eth_getTransactionReceipt", answer["result"])["status"], "0x1")

    def test_faults_are_off_unless_asked_for(self) -> None:
        node = Node(has_faults=False)
        self.addCleanup(node.kill)
        with self.assertRaises(RPCError):
            node.call("tally_clearFaults")
