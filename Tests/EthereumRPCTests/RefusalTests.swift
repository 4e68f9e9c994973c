import Ethereum
import EthereumRPC
import JSON
import Outbound
import Testing

/// The words of real nodes, and what they mean.
@Suite
struct RefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        let outcome: SubmitOutcome

        init(_ text: String, _ outcome: SubmitOutcome) {
            self.text = text
            self.outcome = outcome
        }

        var testDescription: String { self.text }
    }

    private static let hash = ScriptedNode.hash(1)

    private func outcome(_ text: String, code: Int64? = -32000, detail: String = "") -> SubmitOutcome {
        SubmitOutcome(.failure(.refused(RPCRefusal(code: code, text: text, detail: detail))))
    }

    static let rows: [Row] = [
        // geth 1.13.8
        Row("already known", .alreadyKnown),
        Row("nonce too low: next nonce 3, tx nonce 0", .nonceTooLow),
        Row("replacement transaction underpriced", .underpriced),
        Row(
            "insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1",
            .insufficientFunds
        ),
        Row("insufficient funds for gas * price + value: balance 9, queued cost 8, tx cost 2", .insufficientFunds),
        Row("invalid sender", .wrongChain),
        Row("intrinsic gas too low: gas 20999, minimum needed 21000", .gasTooLow),
        Row("tx fee (3.46 ether) exceeds the configured cap (1.00 ether)", .feeCapExceeded),
        Row("txpool is full", .poolFull),
        Row("future transaction tries to replace pending", .poolFull),
        Row("transaction underpriced: tip needed 1, tip permitted 0", .feeTooLow(FeeFloor(.tip, Wei(1)))),
        // geth 1.16
        Row(
            "transaction underpriced: gas tip cap 1, minimum needed 5000000000",
            .feeTooLow(FeeFloor(.tip, Wei(5_000_000_000)))
        ),
        Row("transaction underpriced", .feeTooLow(nil)),
        Row(
            "max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1, baseFee: 7",
            .feeTooLow(FeeFloor(.price, Wei(7)))
        ),
        Row("gapped-nonce tx from delegated accounts", .nonceTooHigh),
        Row("in-flight transaction limit reached for delegated accounts", .poolFull),
        Row("insufficient gas for floor data gas cost: gas 21000, minimum needed 21400", .gasTooLow),
        // geth 1.9.7
        Row("known transaction: \(RefusalTests.hash)", .alreadyKnown),
        Row("nonce too low", .nonceTooLow),
        Row("insufficient funds for gas * price + value", .insufficientFunds),
        Row("intrinsic gas too low", .gasTooLow),
        // Hardhat 2.12.2 and EDR
        Row(
            "Nonce too high. Expected nonce to be 200 but got 201. Note that transactions can't be queued when "
                + "automining.",
            .nonceTooHigh
        ),
        Row("Known transaction: \(RefusalTests.hash)", .alreadyKnown),
        Row("Nonce too low. Expected nonce to be 1 but got 0.", .nonceTooLow),
        Row("Nonce too low. Expected nonce to be at least 3 but got 0.", .nonceTooLow),
        Row(
            "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 2 is necessary to replace it.",
            .underpriced
        ),
        Row(
            "sender doesn't have enough funds to send tx. The max upfront cost is: 2 and the sender's account only "
                + "has: 1",
            .insufficientFunds
        ),
        Row("Trying to send a raw transaction with an invalid chainId. The expected chainId is 31337", .wrongChain),
        Row("Trying to send an incompatible EIP-155 transaction, signed for another chain.", .wrongChain),
        Row("Transaction requires at least 21000 gas but got 20999", .gasTooLow),
        Row(
            "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 875000000",
            .feeTooLow(FeeFloor(.price, Wei(875_000_000)))
        ),
        Row("Transaction gas price is 0, which is below the minimum of 1", .feeTooLow(FeeFloor(.price, Wei(1)))),
        Row("Invalid Signature", .wrongChain),
        // ganache
        Row("the tx doesn't have the correct nonce. account has nonce of: 1 tx has nonce of: 5", .nonceTooHigh),
        Row("the tx doesn't have the correct nonce. account has nonce of: 5 tx has nonce of: 1", .nonceTooLow),
        Row("base fee exceeds gas limit", .gasTooLow),
        // Besu, Nethermind, Erigon, reth, OpenEthereum, Ethermint and gateways
        Row("nonce is too high", .nonceTooHigh),
        Row("Nonce too far in the future", .nonceTooHigh),
        Row("Transaction nonce is too distant from current sender nonce", .nonceTooHigh),
        Row("Transaction nonce 9 exceeds next nonce 8", .nonceTooHigh),
        Row("nonce out of range", .nonceTooHigh),
        Row("tx-nonce-too-high: nonce too high", .nonceTooHigh),
        Row("NonceGap, Future nonce. Expected nonce 4", .nonceTooHigh),
        Row("invalid nonce; got 9, expected 7: invalid sequence", .nonceTooHigh),
        Row("invalid nonce; got 6, expected 7: invalid sequence", .nonceTooLow),
        Row("nonce is too low", .nonceTooLow),
        Row("Nonce below sender's account nonce", .nonceTooLow),
        Row("OldNonce, Current nonce: 5, nonce of rejected tx: 4", .nonceTooLow),
        Row("Transaction with the same hash was already imported.", .alreadyKnown),
        Row("AlreadyKnown", .alreadyKnown),
        Row(
            "Transaction gas price is too low. There is another transaction with same nonce in the queue.",
            .underpriced
        ),
        Row("There are too many transactions in the queue. Your transaction was dropped due to limit.", .poolFull),
        Row("Upfront cost exceeds account balance", .insufficientFunds),
        Row("Gas price below configured minimum gas price", .feeTooLow(nil)),
        Row("FeeTooLow, MaxFeePerGas too low", .feeTooLow(nil)),
        Row("Intrinsic gas exceeds gas limit", .gasTooLow),
        Row("Wrong chainId", .wrongChain),
        Row("invalid chain id for signer: have 1 want 151", .wrongChain),
        Row("Sender account not authorized to send transactions", .notAuthorised),
        Row("project ID request rate exceeded", .rateLimited),
        Row("Too Many Requests", .rateLimited),
        Row("50/second request limit reached - reduce calls per second", .rateLimited),
        Row("Your app has exceeded its compute units per second capacity", .rateLimited),
        // Bor, BNB and gateways, with what they ask for
        Row(
            "transaction underpriced: tip needed 25000000000, tip permitted 1",
            .feeTooLow(FeeFloor(.tip, Wei(25_000_000_000)))
        ),
        Row("gas price too low: 1 < minimum gas price 3 gwei", .feeTooLow(FeeFloor(.price, Wei(3_000_000_000)))),
        Row("fee too low, at least 1.5 Gwei", .feeTooLow(FeeFloor(.price, Wei(1_500_000_000)))),
        // A whole batch's refusal, of which nothing was done.
        Row("batch too large", .rejected("batch too large")),
        // Redbelly
        Row("Sender not authorised to write transactions", .notAuthorised),
        // Words that look like another refusal.
        Row("unknown transaction", .rejected("unknown transaction")),
        Row("rlp: expected input list for types.txdata", .rejected("rlp: expected input list for types.txdata")),
        Row("exceeds block gas limit", .rejected("exceeds block gas limit")),
        Row("block gas limit exceeded", .rejected("block gas limit exceeded")),
        Row("API key not authorized", .rejected("API key not authorized")),
        Row("announce too low", .rejected("announce too low")),
        Row("invalid nonce; got 7, expected 7", .rejected("invalid nonce; got 7, expected 7")),
        Row("invalid nonce; got nothing", .rejected("invalid nonce; got nothing")),
        Row("", .rejected("")),
    ]

    @Test(arguments: Self.rows)
    func `a node's words have one meaning`(_ row: Row) {
        #expect(self.outcome(row.text) == row.outcome)
    }

    @Test(arguments: Self.rows.filter { if case .rejected = $0.outcome { false } else { true } })
    func `neither case nor a code changes it`(_ row: Row) {
        #expect(self.outcome(row.text.uppercased(), code: -32005) == row.outcome)
        #expect(self.outcome("err: " + row.text, code: nil) == row.outcome)
        #expect(self.outcome("Internal JSON-RPC error.", code: -32603, detail: row.text) == row.outcome)
        #expect(self.outcome("internal error", code: -32603, detail: row.text) == row.outcome)
    }

    @Test
    func `every kind has a row`() {
        let kinds = Set(Self.rows.map { RefusalKind(RPCRefusal(code: nil, text: $0.text)) })
        #expect(Set(RefusalKind.allCases).subtracting(kinds) == [.unclear])
    }

    @Test
    func `a code counts where the words say nothing`() {
        #expect(self.outcome("no", code: -38010) == .nonceTooLow)
        #expect(self.outcome("no", code: -38011) == .nonceTooHigh)
        #expect(self.outcome("no", code: -38014) == .insufficientFunds)
        #expect(self.outcome("no", code: -32005) == .rateLimited)
        #expect(self.outcome("no", code: 429) == .rateLimited)
        #expect(self.outcome("nonce too high", code: -38010) == .nonceTooHigh)
    }

    @Test(arguments: ["request timed out", "upstream: context deadline exceeded", "502 Bad Gateway", "Internal error"])
    func `what broke on the way may have passed it on`(_ text: String) {
        let refusal = RPCRefusal(code: -32002, text: text)
        #expect(self.outcome(text, code: -32002) == .unknown(.fault(.refused(refusal))))
        #expect(self.outcome("no", code: -32603) == .unknown(.fault(.refused(RPCRefusal(code: -32603, text: "no")))))
    }

    @Test
    func `a result that is no hash may be anything`() {
        #expect(SubmitOutcome(.success(.null)) == .unknown(.fault(.malformed)))
        #expect(SubmitOutcome(.success(.string("0x1"))) == .unknown(.fault(.malformed)))
        #expect(SubmitOutcome(.failure(.missing)) == .unknown(.fault(.missing)))
        #expect(SubmitOutcome(.success(.string(Self.hash))) == .accepted(Hash32(numbered: 1)))
    }

    @Test
    func `a batch's error says whether its transactions may be with the node`() {
        #expect(SubmitOutcome(.rateLimited(retryAfter: nil)) == .rateLimited)
        #expect(
            SubmitOutcome(.fault(.refused(RPCRefusal(code: 1, text: "batch too large"))))
                == .rejected("batch too large")
        )
        for error in [NodeError.noNode, .notReached, .notSent(.timedOut), .status(403)] {
            #expect(SubmitOutcome(error) == .notSent(error))
        }
        for error in [NodeError.outcomeUnknown(.reset), .status(502), .malformed, .tooLarge, .otherChain] {
            #expect(SubmitOutcome(error) == .unknown(error))
        }
    }
}
