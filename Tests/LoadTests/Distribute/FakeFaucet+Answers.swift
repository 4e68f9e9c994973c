import Ethereum
import Foundation
import Load

/// The answers of a ``FakeFaucet``.
extension FakeFaucet {
    static func address(_ request: FakeLedgerRequest) -> Address? {
        guard request.method == "POST" else { return request.query["address"].flatMap { Address(hex: $0) } }
        guard request.headers["content-type"] == "application/json",
            let match = request.body.wholeMatch(of: #/\{"address":"(0x[0-9a-fA-F]{40})"\}/#)
        else { return nil }
        return Address(hex: match.1)
    }

    /// The answer to a request for a coin.
    func given(_ sent: Sent, hash: Hash32? = nil, isReplay: Bool = false) -> FakeLedgerAnswer {
        let isMined = sent.minedAt <= Date().timeIntervalSince1970
        guard sent.isQueued, !(isReplay && isMined && self.faults.isUpdatingAnswers) else {
            let data = Self.data(sent, "submitted", hash ?? sent.hash, ahead: sent.fault == .promisedNonce ? 1000 : 0)
            return FakeLedgerAnswer(200, #"{"message":"Distribution successful","data":\#(data)}"#)
        }
        var answer = FakeLedgerAnswer(
            202,
            #"{"message":"Distribution queued","data":\#(Self.data(sent, "queued", nil))}"#
        )
        answer.headers["Location"] = "/distributions/\(sent.id)"
        return answer
    }

    /// The answer to a question about a distribution.
    func told(_ sent: Sent?) -> FakeLedgerAnswer {
        guard var sent, sent.fault != .unknown else {
            return FakeLedgerAnswer(404, FakePayments.problem("distribution-unknown"))
        }
        if sent.fault == .misread { sent.amount = "7" }
        guard sent.minedAt <= Date().timeIntervalSince1970 else {
            return FakeLedgerAnswer(200, Self.data(sent, sent.isQueued ? "queued" : "submitted", nil))
        }
        switch sent.fault {
        case .failed?: return FakeLedgerAnswer(200, Self.data(sent, "failed", sent.hash))
        case .bumped?, .bumpedTwice?: return FakeLedgerAnswer(200, Self.data(sent, "mined", sent.bumpedHash))
        default: return FakeLedgerAnswer(200, Self.data(sent, "confirmed", sent.hash))
        }
    }

    private static func data(_ sent: Sent, _ status: String, _ hash: Hash32?, ahead: Int = 0) -> String {
        let reason = status == "failed" ? #","reason":"reverted""# : ""
        return #"{"id":"\#(sent.id)","address":"\#(sent.address.text)","amount_wei":"\#(sent.amount)","#
            + #""nonce":\#(sent.nonce + ahead),"transaction_hash":\#(hash.map { "\"\($0)\"" } ?? "null"),"#
            + #""status":"\#(status)"\#(reason)}"#
    }
}
