import Domain
import JSON
import Texts

/// What operators send.
enum Inputs {
    static let anyReason = reason("")

    static func reason(_ example: String) -> Input<String> {
        .plain("reason", as: .text(atLeast: 3, atMost: 500), example: example)
    }

    static let taskID = Input.text(
        "taskId", "The vendor's id, when it made a task.", atMost: 255, isRequired: false,
        example: "t1")

    static let role = Input<User.Role>(
        "role", "The part that they run.", as: .words(User.Role.allCases.map(\.rawValue)),
        example: "support".quoted
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if let role = value.string.flatMap(User.Role.init(rawValue:)) { return role }
        reader.refuse(
            name, .chooseOneOf, ["names": .list(User.Role.allCases.map(\.rawValue))])
        return nil
    }

    static let refund = cents(
        "All that is not spent, when it is left out.", isRequired: false)
    static let grant = cents(isRequired: true)

    /// Whole cents, above zero.
    private static func cents(_ says: String? = nil, isRequired: Bool) -> Input<Money> {
        Input<Money>("amount", says, as: .dollars, isRequired: isRequired, example: "4.5") {
            reader, name in
            guard let value = reader.value(name) else { return nil }
            if let money = Money(value), money > .zero, money.cents != nil { return money }
            reader.refuse(name, .centsMalformed)
            return nil
        }
    }
}
