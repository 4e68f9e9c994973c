extension Settings {
    static let accessKeys = Setting(
        "access.keys",
        .choice(["open", "required"]),
        default: "open",
        "Whether callers need an API key; the same for all instances"
    )

    static let access = [Self.accessKeys]
}
