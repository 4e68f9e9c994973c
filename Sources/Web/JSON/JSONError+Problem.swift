package import JSON

extension JSONError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .notUTF8: .malformedJSON("The body must be UTF-8 without a byte order mark.")
        case .malformed(let offset): .malformedJSON("The JSON is broken at byte \(offset).")
        case .tooDeep: .malformedJSON("The JSON is nested too deeply.")
        case .duplicateName(let offset): .malformedJSON("A name is repeated in one object, at byte \(offset).")
        case .notAnObject: .malformedJSON("The body must be one JSON object.")
        case .missingField(let field): .malformedJSON("The field '\(field)' is missing.")
        case .wrongType(let field, let wanted): .malformedJSON("The field '\(field)' must be \(wanted).")
        case .unknownField: .malformedJSON("The object has a field that this request does not know.")
        }
    }
}
