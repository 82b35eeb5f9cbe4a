/// What a walk along a chain has come to, checkpoint by checkpoint.
struct ChainWalk {
    private let head: (number: Int, digest: String)?
    private var number = 0
    private var first: (said: ChainPoint, found: ChainPoint)?
    private var missing: Int?
    /// The last checkpoint whose digest the entries give: all of them up to there are as they were.
    private var soundNumber = 0
    private var foundDigests: [Int: String] = [:]

    /// - Parameter known: the checkpoint that an earlier walk found sound, as all before it.
    init(head: (number: Int, digest: String)?, after known: ChainPoint?) {
        self.head = head
        guard let known else { return }
        number = known.number
        soundNumber = known.number
        if known.number == head?.number { foundDigests[known.number] = known.digest }
    }

    var isSound: Bool { first == nil && missing == nil }

    mutating func compare(_ said: ChainPoint, with found: ChainPoint) {
        number += 1
        if said.number != number, missing == nil { missing = number }
        number = said.number
        if said.digest == found.digest { soundNumber = said.number }
        if said.number == head?.number { foundDigests[said.number] = found.digest }
        let isSame = said.digest == found.digest && said.hasSums(of: found)
        if !isSame, first == nil { first = (said, found) }
    }

    /// The first thing that is wrong, in words for the operator; nil when nothing is.
    var problem: String? {
        if let missing { return "checkpoint \(missing) is missing" }
        if let head, head.number > number { return "checkpoint \(number + 1) is missing" }
        guard let first else {
            guard let head else {
                return number == 0 ? nil : "its head is missing"
            }
            let found = foundDigests[head.number]
            return found == nil || found == head.digest ? nil : "its head was changed"
        }
        let (said, found) = first
        if soundNumber >= said.number || head.map({ foundDigests[$0.number] == $0.digest }) == true
        {
            return "checkpoint \(said.number) was changed, its entries were not"
        }
        let name = "up to checkpoint \(said.number)"
        if found.entryCount < said.entryCount {
            return
                "entries were removed \(name): \(found.entryCount) of \(said.entryCount) are left"
        }
        if found.entryCount > said.entryCount {
            return "entries were added \(name): \(found.entryCount) instead of \(said.entryCount)"
        }
        let isSum = said.hasSums(of: found)
        return "an entry was changed \(name), \(isSum ? "not its amount" : "its amount or side")"
    }
}
