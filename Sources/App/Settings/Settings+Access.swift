extension Settings {
    static let accessKeys = Setting(
        "access.keys",
        .choice(["open": "nobody needs one", "required": "every caller needs one"]),
        default: "open",
        "Whether callers need an API key, the same for all instances"
    )

    static let access = [Self.accessKeys]
}
