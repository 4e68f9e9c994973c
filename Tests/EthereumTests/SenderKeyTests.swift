import Ethereum
import Foundation
import Support
import Testing

@Suite
struct SenderKeyTests {
    private static let digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    private static let first = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

    @Test(arguments: ["", "0x"], ["", "\n"])
    func `a key may have 0x before it and a newline behind it`(start: String, end: String) throws {
        #expect(try KeyFile.key(start + Self.digits + end).address.text == Self.first)
        #expect(try KeyFile.key(start + Self.digits.uppercased() + end).address.text == Self.first)
    }

    @Test(
        arguments: [
            "", "\n", "0x", "0x\n", String(Self.digits.dropLast()), Self.digits + "0", Self.digits + "\n\n",
            " " + Self.digits, Self.digits + " ", Self.digits + "\r\n", "0X" + Self.digits, "0x0x" + Self.digits,
            String(Self.digits.dropLast()) + "g", String(repeating: Self.digits, count: 100), "\u{0}" + Self.digits,
        ]
    )
    func `any other text is malformed, and not repeated`(text: String) {
        #expect(throws: SenderKeyError.malformed) { try KeyFile.key(text) }
        #expect(!"\(SenderKeyError.malformed)".contains(Self.digits.prefix(4)))
    }

    @Test(
        arguments: [
            String(repeating: "0", count: 64), String(repeating: "f", count: 64),
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        ]
    )
    func `a number that is no secret of the curve is refused`(text: String) {
        #expect(throws: SenderKeyError.outOfRange) { try KeyFile.key(text) }
    }

    @Test(arguments: [0o400, 0o600, 0o200])
    func `a file for its owner alone is taken`(mode: Int) throws {
        let file = try KeyFile(Self.digits, mode: mode)
        // Only root reads a file that says that nobody may.
        guard mode & 0o400 != 0 || geteuid() == 0 else { return }
        #expect(try SenderKey(contentsOf: file.path).address.text == Self.first)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o610, 0o601, 0o700, 0o500, 0o4600, 0o1600, 0o444, 0o777])
    func `a file for others is refused`(mode: Int) throws {
        let file = try KeyFile(Self.digits, mode: mode)
        // A file that root's group may read is another matter: see below.
        if geteuid() == 0 { try file.give(to: 0, group: 12345) }
        #expect(throws: SenderKeyError.tooOpen(mode: UInt32(mode))) { try SenderKey(contentsOf: file.path) }
        #expect("\(SenderKeyError.tooOpen(mode: 0o640))".contains("0640"))
    }

    /// A file as Kubernetes makes it of a secret with `fsGroup`, and systemd of a credential.
    ///
    /// Only root can make such files.
    @Test(.enabled(if: geteuid() == 0), arguments: [0o440, 0o640])
    func `a file of root's may be for our group as well`(mode: Int) throws {
        let file = try KeyFile(Self.digits, mode: mode)
        try file.give(to: 0, group: getegid())
        #expect(try SenderKey(contentsOf: file.path).address.text == Self.first)
        try file.give(to: 0, group: 12345)
        #expect(throws: SenderKeyError.tooOpen(mode: UInt32(mode))) { try SenderKey(contentsOf: file.path) }
        try file.give(to: 12345, group: getegid())
        #expect(throws: SenderKeyError.foreignOwner) { try SenderKey(contentsOf: file.path) }
    }

    @Test(.enabled(if: geteuid() == 0), arguments: [0o460, 0o660, 0o450, 0o444, 0o441, 0o2440])
    func `a group may not do more than read`(mode: Int) throws {
        let file = try KeyFile(Self.digits, mode: mode)
        #expect(throws: SenderKeyError.tooOpen(mode: UInt32(mode))) { try SenderKey(contentsOf: file.path) }
    }

    @Test
    func `what is no file of ours is refused`() throws {
        let file = try KeyFile(Self.digits)
        let folder = URL(fileURLWithPath: file.path).deletingLastPathComponent()
        #expect(throws: SenderKeyError.notRegular) { try SenderKey(contentsOf: folder.path) }
        #expect(throws: SenderKeyError.notRegular) { try SenderKey(contentsOf: "/dev/null") }
        let pipe = folder.appending(path: "pipe").path
        let made = unsafe mkfifo(pipe, 0o600)
        #expect(made == 0)
        #expect(throws: SenderKeyError.notRegular) { try SenderKey(contentsOf: pipe) }
        let error = #expect(throws: SenderKeyError.self) { try SenderKey(contentsOf: file.path + "x") }
        #expect(error.map { "\($0)" }?.contains("No such file") == true)
        // Only root can give a file away.
        guard geteuid() == 0 else { return }
        let given = unsafe chown(file.path, 12345, 12345)
        #expect(given == 0)
        #expect(throws: SenderKeyError.foreignOwner) { try SenderKey(contentsOf: file.path) }
    }

    @Test
    func `a link to a good file is good`() throws {
        let file = try KeyFile(Self.digits)
        try FileManager.default.createSymbolicLink(atPath: file.path + "-link", withDestinationPath: file.path)
        #expect(try SenderKey(contentsOf: file.path + "-link").address.text == Self.first)
    }

    @Test
    func `the development accounts are Hardhat's`() throws {
        let addresses = try (0..<10).map { try SenderKey.development($0).address.text }
        #expect(
            addresses == [
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
                "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
                "0x976EA74026E726554dB657fA54763abd0C3a0aa9", "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
                "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f", "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
            ]
        )
        #expect(throws: SenderKeyError.unknownAccount) { try SenderKey.development(10) }
        #expect(throws: SenderKeyError.unknownAccount) { try SenderKey.development(-1) }
    }

    @Test
    func `no description or dump goes into a key`() throws {
        struct Holder { var key: SenderKey }
        let holder = Holder(key: try SenderKey.development(0))
        var text = ""
        dump(holder, to: &text)
        text += "\(holder) \(holder.key) \(String(reflecting: holder))"
        #expect(Mirror(reflecting: holder.key).children.isEmpty)
        #expect(!text.contains("page") && !text.contains("publicKey") && !text.contains("address"))
    }

    @Test
    func `threads that sign at once get what one thread gets`() async throws {
        let key = try SenderKey.development(3)
        let transactions = (0..<64).map { nonce in
            Transaction.legacy(
                LegacyTransaction(
                    chainID: 31_337,
                    nonce: UInt64(nonce),
                    to: .zero,
                    value: Wei(1),
                    gasLimit: 21_000,
                    gasPrice: Wei(1_000_000_000)
                )
            )
        }
        let alone = try transactions.map { try key.sign($0).raw }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try transactions.map { try key.sign($0).raw } == alone }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }
}
