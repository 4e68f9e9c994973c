/// A word of the version before that a setting was given: the next version does not understand it any more.
package struct FormerWord: Hashable, Sendable {
    /// The name of the setting.
    package let setting: String
    /// Where it was written: the command line, the environment, or the path of a file.
    package let source: String
    /// The word that was written.
    package let written: String
    /// The word that means the same now.
    package let today: String
}
