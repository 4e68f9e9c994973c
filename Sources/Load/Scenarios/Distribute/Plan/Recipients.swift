package import Ethereum

/// The recipients of a load's coins: one address, or many that nobody has used.
package struct Recipients: Sendable {
    package let addresses: [Address]

    package init(_ configuration: DistributeLoadConfiguration) throws(LoadError) {
        guard let count = configuration.addresses else {
            do throws(AddressError) { self.addresses = [try Address.parse(configuration.address)] } catch {
                let reason = error == .checksum ? "has a misspelled letter or digit" : "is 0x and 40 hexadecimal digits"
                throw .badArgument("'--address' \(reason): \(configuration.address.prefix(100))")
            }
            return
        }
        try LoadSetting.check("--addresses", count, 1...100_000)
        self.addresses = (0..<count).compactMap { place in
            // Twenty bytes always make an address.
            Address(bytes: Array(Keccak256.hash(Array("\(configuration.prefix)-\(place)".utf8)).bytes.suffix(20)))
        }
    }

    /// The place among ``addresses`` of the one that a distribution goes to.
    package func place(of number: Int) -> Int { number % self.addresses.count }

    package subscript(number: Int) -> Address { self.addresses[self.place(of: number)] }
}
