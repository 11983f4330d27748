import Foundation

/// Zeitspannen in Sekunden.
typealias Seconds = Double

/// What hears a timer ring.
protocol TimerListener: AnyObject {
    var name: String { get }

    func timerRang(_ timer: Countdown)
}

enum TimerError: Error {
    case notRunning
    case tooShort(Seconds)

    var text: String {
        switch self {
        case .notRunning: return "The timer is not running."
        case .tooShort(let seconds): return "\(seconds) s is too short ⏱"
        }
    }
}

struct Lap: Equatable {
    let start: Seconds
    let end: Seconds

    var length: Seconds { end - start }

    static func + (left: Lap, right: Lap) -> Lap {
        Lap(start: min(left.start, right.start), end: max(left.end, right.end))
    }
}

/// Counts down, and tells its listeners when it is done.
@MainActor
final class Countdown {
    private(set) var left: Seconds
    private var laps: [Lap] = []
    private weak var listener: TimerListener?

    init(seconds: Seconds) throws {
        guard seconds > 0.1 else {
            throw TimerError.tooShort(seconds)
        }
        left = seconds
    }

    deinit {
        listener = nil
    }

    subscript(index: Int) -> Lap {
        laps[index]
    }

    /// Lets some time pass.
    @discardableResult
    func tick(_ seconds: Seconds) throws -> Seconds {
        guard left > 0 else {
            throw TimerError.notRunning
        }
        func clamp(_ value: Seconds) -> Seconds {
            max(0, value)
        }
        let before = left
        left = clamp(left - seconds)
        laps.append(Lap(start: before, end: left))
        if left == 0 {
            listener?.timerRang(self)
        }
        return left
    }

    class Builder {
        var seconds: Seconds = 1

        func build() throws -> Countdown {
            try Countdown(seconds: seconds)
        }
    }
}

extension Countdown: CustomStringConvertible {
    nonisolated var description: String { "Countdown" }

    func reset(to seconds: Seconds) {
        left = seconds
        laps.removeAll()
    }
}

actor Clock {
    private var ticks = 0

    func advance() -> Int {
        ticks += 1
        return ticks
    }
}

func format(_ seconds: Seconds) -> String {
    String(format: "%02d:%02d", Int(seconds) / 60, Int(seconds) % 60)
}
