import Testing
import Web

/// The cause of an answer, and the access log's word for it.
struct CauseTests {
    @Test(
        arguments: [
            (200, .none), (304, .none), (400, .caller), (404, .caller), (499, .caller), (500, .service),
            (503, .service),
        ] as [(Int, AnswerCause)]
    )
    func `a status says who is the cause where nobody knows better`(status: Int, cause: AnswerCause) {
        #expect(AnswerCause(status: status) == cause)
        #expect(CauseNote().cause(ofStatus: status) == cause)
        let note = CauseNote()
        note.write(.operator)
        #expect(note.cause(ofStatus: status) == .operator)
    }

    @Test func `a method that nobody answers is its caller's doing, and a failure is ours`() {
        #expect(Problem.methodNotImplemented.cause == .caller)
        #expect(Problem.internalError.cause == .service)
        #expect(Problem.dependencyUnavailable.cause == .service)
        #expect(Problem.overloaded.cause == .service)
        #expect(Problem.notFound.cause == .caller)
        #expect(Problem.overloaded.caused(by: .operator).cause == .operator)
    }
}
