/// A text as one word of a POSIX shell's command line, so that a command that is printed can be pasted.
package struct ShellWord: Hashable, Sendable, CustomStringConvertible {
    /// A word that the shell reads as the text, whatever is in it.
    package let description: String

    package init(_ text: String) {
        // A text that means nothing to any shell stays as it is, which is easier to read.
        let harmless = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "%+,-./:=@_".utf8.contains(byte)
        }
        guard text.isEmpty || !harmless else {
            self.description = text
            return
        }
        // Inside of single quotes only a single quote means something.
        let parts = text.split(separator: "'", omittingEmptySubsequences: false)
        self.description = "'" + parts.joined(separator: "'\\''") + "'"
    }
}
