/// The next step of a payment that is split: pure, from the record that was read and each step's answer.
///
///     locker:   read ─▶ joinFrom ─▶ joinTo ─▶ takeFrom ─▶ takeTo ─▶ hold ─▶ acknowledge
///                         │           │          │           └ parked ▶ releaseFrom ─┐
///                         │           │          └ parked ▶ releaseTo ───────────────┤
///                         │           └ parked ▶ (releaseFrom when it holds it) ─────┤
///                         └ parked ▶ (releaseTo when others are before it) ──────────┴▶ readAgain ─▶ acknowledge
///     applier:  read ─▶ debit ─▶ credit ─▶ final ─▶ leave; a lost lock ▶ requeue ─▶ acknowledge
///     leave:    releaseTo ─▶ leaveFrom ─▶ acknowledge; so goes each of them that finds it ended or a dead letter
///
/// A locker of a payment that had its locks reads first whether it still has them (`readLocks`).
///
/// Each step is a script of one shard and safe to repeat, so that a worker may end between any two and another begin
/// anew. Four rules keep it from standing still. A payment that is not first with the payer does not stand in the
/// payee's queue. No payment keeps one lock while it waits for the other. A locker that joined a queue reads the record
/// again before it goes: the payment may have ended before it joined, and a place that nobody gives up would hold up
/// the account for ever. A payment that is listed as unfinished is taken off the list only by the script that sees that
/// it is not.
package struct SplitMachine: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// Takes both accounts' locks.
        case locker
        /// Moves the money and gives the locks back.
        case applier
        /// Only gives back what a payment that has ended, or is a dead letter, left behind.
        case leaver
    }

    /// A record, as far as it matters here.
    package enum Record: Hashable, Sendable {
        case gone
        /// It has ended, or is a dead letter.
        case over
        /// It is pending, and its time has not come.
        case early
        case pending
        /// It is locked or debited; under which token it has, or had, the payee's lock.
        case moving(tokenTo: Int64?)
    }

    package enum Step: Hashable, Sendable {
        /// Read the record; answered by ``Answer/record(_:)``.
        case read
        /// See whether it has both locks under the tokens of its record; answered by ``Answer/locks(areHeld:)``.
        case readLocks
        /// Stand in a queue without taking the lock; these four are answered by `taken` or `parked`.
        case joinFrom
        case joinTo
        case takeFrom
        case takeTo
        /// Give the payer's lock back and keep the place.
        case releaseFrom
        case hold(tokenFrom: Int64, tokenTo: Int64)
        case debit
        case credit(token: Int64)
        /// `reason` is why the credit was refused; empty when it was not.
        case final(reason: String)
        /// Back to the lockers: a lock is lost.
        case requeue
        /// Give up lock and place with the payee.
        case releaseTo
        /// The same with the payer, and with what lists it as unfinished; nothing when workers are to go on with it.
        case leaveFrom
        case acknowledge
    }

    package enum Answer: Hashable, Sendable {
        case record(Record)
        case locks(areHeld: Bool)
        case taken(token: Int64)
        /// `place` counts from 1; `isHeld` while another has the lock.
        case parked(place: Int64, isHeld: Bool)
        /// The words of a script.
        case said(String, reason: String = "")
        /// A step whose answer says nothing.
        case went
    }

    package enum Next: Hashable, Sendable {
        case step(Step)
        case finished
        /// Not to be acknowledged: it is done again later.
        case unfinished
        /// The data in Redis cannot be worked on.
        case failed
    }

    /// The step whose answer it waits for.
    private enum Stage: Hashable, Sendable {
        case begun
        case doing(Step)
        /// The payee's queue is left by one who only parks.
        case parking
        /// The record is read for the second time.
        case readingAgain
    }

    package let role: Role
    private var stage = Stage.begun
    /// The locker's of the payer, between taking it and handing it on; the applier's of the payee.
    package private(set) var token: Int64 = 0
    /// Whether it had the payer's lock already when it joined the queue.
    package private(set) var holdsFrom = false

    /// Whether it is on its way out, with its message to be acknowledged, unless the record says otherwise.
    package var isParking: Bool { self.stage == .parking || self.stage == .readingAgain }

    package init(_ role: Role) {
        self.role = role
    }

    /// The first step.
    package mutating func begin() -> Next { self.go(self.role == .leaver ? .releaseTo : .read) }

    /// The step that comes after the answer to the last one.
    package mutating func next(_ answer: Answer) -> Next {
        switch (self.stage, answer) {
        case (.parking, _): return self.readAgain()
        case (.readingAgain, .record(let record)):
            return record == .over || record == .gone ? self.go(.releaseTo) : self.go(.acknowledge)
        case (.doing(.read), .record(let record)): return self.begin(record)
        case (.doing(.readLocks), .locks(let areHeld)): return areHeld ? self.go(.acknowledge) : self.go(.joinFrom)
        case (.doing(.hold), .said(let word, _)): return self.held(word)
        case (.doing(.debit), .said(let word, _)): return self.debited(word)
        case (.doing(.credit), .said(let word, let reason)): return self.credited(word, reason)
        case (.doing(.final), .said(let word, _)): return self.ended(word)
        case (.doing(.releaseFrom), _): return self.readAgain()
        case (.doing(.releaseTo), _): return self.go(.leaveFrom)
        case (.doing(.leaveFrom), _): return self.role == .leaver ? .finished : self.go(.acknowledge)
        case (.doing(.requeue), _): return self.go(.acknowledge)
        case (.doing(.acknowledge), _): return .finished
        case (.doing(let step), _): return self.stand(step, answer)
        case (.begun, _), (.readingAgain, _): return .failed
        }
    }

    private mutating func go(_ step: Step) -> Next {
        self.stage = .doing(step)
        return .step(step)
    }

    /// Goes on with what the record says.
    private mutating func begin(_ record: Record) -> Next {
        switch (record, self.role) {
        case (.gone, _), (.over, _), (_, .leaver): return self.go(.releaseTo)
        case (.early, _), (.pending, .applier): return self.go(.acknowledge)
        case (.pending, .locker): return self.go(.joinFrom)
        // A payment that has its locks is the appliers': to take the locks again would only fence the appliers off.
        case (.moving, .locker): return self.go(.readLocks)
        case (.moving(let token), .applier):
            // Locked, and never under any token: nobody wrote that.
            guard let token else { return .failed }
            self.token = token
            return self.go(.debit)
        }
    }

    // MARK: The locker

    private mutating func stand(_ step: Step, _ answer: Answer) -> Next {
        switch (step, answer) {
        case (.joinFrom, .taken):
            self.holdsFrom = true
            return self.go(.joinTo)
        case (.joinFrom, .parked(1, false)): return self.go(.joinTo)
        // A place with the payee from an earlier time may be before those who are before it here.
        case (.joinFrom, .parked(let place, _)): return place > 1 ? self.park() : self.readAgain()
        case (.joinTo, .taken), (.joinTo, .parked(1, false)): return self.go(.takeFrom)
        case (.joinTo, .parked): return self.holdsFrom ? self.go(.releaseFrom) : self.readAgain()
        case (.takeFrom, .taken(let token)):
            self.token = token
            return self.go(.takeTo)
        case (.takeFrom, .parked): return self.park()
        case (.takeTo, .taken(let token)): return self.go(.hold(tokenFrom: self.token, tokenTo: token))
        case (.takeTo, .parked): return self.go(.releaseFrom)
        default: return .failed
        }
    }

    private mutating func park() -> Next {
        self.stage = .parking
        return .step(.releaseTo)
    }

    private mutating func readAgain() -> Next {
        self.stage = .readingAgain
        return .step(.read)
    }

    private mutating func held(_ word: String) -> Next {
        switch word {
        case "locked": self.go(.acknowledge)
        // The payer's lock is another's now, or its own under another worker's token: later it is seen which.
        case "fenced": .unfinished
        case "ended", "dead", "gone": self.go(.releaseTo)
        default: .failed
        }
    }

    // MARK: The applier

    private mutating func debited(_ word: String) -> Next {
        switch word {
        case "debited": self.go(.credit(token: self.token))
        case "fenced": self.go(.requeue)
        case "pending": self.go(.acknowledge)
        // The payee's shard is still to be cleaned up.
        case "failed", "ended", "dead", "gone": self.go(.releaseTo)
        default: .failed
        }
    }

    private mutating func credited(_ word: String, _ reason: String) -> Next {
        switch word {
        case "credited": self.go(.final(reason: ""))
        case "refused": self.go(.final(reason: reason.isEmpty ? "refused" : reason))
        case "fenced": self.go(.requeue)
        default: .failed
        }
    }

    private mutating func ended(_ word: String) -> Next {
        switch word {
        case "done", "returned", "ended", "dead", "gone": self.go(.releaseTo)
        case "fenced": self.go(.requeue)
        default: .failed
        }
    }
}
