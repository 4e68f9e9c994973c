import Ethereum
import Support
import Testing

@Suite
struct WeiTests {
    private static let most =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935"

    @Test
    func `the most is 2 to the 256th less 1`() throws {
        let most = try #require(Wei(decimal: Self.most))
        #expect(most.quantity == "0x" + String(repeating: "f", count: 64))
        #expect(Wei(decimal: Self.most.dropLast() + "6") == nil)
        #expect(Wei(decimal: "9" + Self.most.dropFirst()) == nil)
        #expect(Wei(decimal: Self.most + "0") == nil)
        #expect(Wei(hex: "0x1" + String(repeating: "0", count: 64)) == nil)
        #expect(most.adding(Wei(1)) == nil)
        #expect(most.multiplied(by: 2) == nil)
        #expect(most.subtracting(most) == .zero)
        #expect(most.exact == nil && Wei(.max).exact == .max)
        #expect(Wei(bytes: [UInt8](repeating: 0xff, count: 32)) == most)
        #expect(Wei(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    }

    @Test(arguments: ["", "-1", "+1", "1.0", "0x1", " 1", "1 ", "01", "1e3", "1_000", "\u{661}", "１"])
    func `what is no decimal number is no amount`(text: String) {
        #expect(Wei(decimal: text) == nil)
    }

    @Test(arguments: ["", "0x", "0X1", "1", "0xg", "0x-1", "0x 1", "x1"])
    func `what is no quantity is no amount`(text: String) {
        #expect(Wei(hex: text) == nil)
    }

    @Test
    func `small amounts are written without zeros before them`() {
        #expect(Wei.zero.decimal == "0" && Wei.zero.quantity == "0x0" && Wei.zero.bytes == [])
        #expect(Wei(hex: "0x0") == .zero && Wei(hex: "0x000a") == Wei(10) && Wei(bytes: [0, 1, 0]) == Wei(256))
        #expect(Wei(256).bytes == [1, 0] && Wei(0xABC).quantity == "0xabc")
        #expect(Wei(decimal: "1000000000000000000")?.quantity == "0xde0b6b3a7640000")
        #expect(Wei(1).subtracting(Wei(2)) == nil)
        #expect(Wei(1).divided(by: .zero) == nil && Wei(1).divided(by: 0) == nil)
    }

    /// 64-bit parts are enough to compare with Swift's own 128-bit numbers.
    @Test(arguments: Seed.cases(200))
    func `it computes as UInt128 does`(seed: Seed) throws {
        var random = seed.random
        let (a, b) = (Self.number(&random), Self.number(&random))
        let (left, right) = (try #require(Wei(decimal: "\(a)")), try #require(Wei(decimal: "\(b)")))
        #expect(left.quantity == "0x" + String(a, radix: 16))
        #expect(Wei(hex: left.quantity) == left && Wei(bytes: left.bytes) == left)
        #expect((left < right) == (a < b) && (left == right) == (a == b))
        #expect((left.hashValue == right.hashValue) || a != b)
        #expect(left.subtracting(right)?.decimal == (a < b ? nil : "\(a - b)"))
        let (sum, isOver) = a.addingReportingOverflow(b)
        if !isOver { #expect(left.adding(right)?.decimal == "\(sum)") }
        let (high, low) = a.multipliedFullWidth(by: b)
        let product = try #require(left.multiplied(by: right))
        let bytes = [UInt8](repeating: 0, count: 32 - product.bytes.count) + product.bytes
        #expect(bytes.prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) } == high)
        #expect(bytes.suffix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) } == low)
        if b > 0 {
            let (quotient, remainder) = try #require(left.divided(by: right))
            #expect(quotient.decimal == "\(a / b)" && remainder.decimal == "\(a % b)")
            #expect(product.divided(by: right)?.quotient == left)
        }
        #expect(left.exact == UInt64(exactly: a))
    }

    /// Of any length, and often at the end of a word.
    private static func number(_ random: inout SeededGenerator) -> UInt128 {
        let number = UInt128.random(in: 0 ... .max, using: &random) >> UInt128.random(in: 0...127, using: &random)
        let edges: [UInt128] = [0, 1, UInt128(UInt64.max), UInt128(UInt64.max) + 1, .max]
        return Bool.random(using: &random) ? number : edges[Int(number % 5)]
    }
}
