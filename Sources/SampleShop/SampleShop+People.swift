import Domain
import FoundationEssentials
import Sodium
import Store
import Texts

struct Customer {
    let user: UserID
    let account: AccountID
    /// How many videos they want beside the others; 0: none.
    let appetite: Double
}

extension SampleShop {
    func planPeople() {
        at(daysAgo: Double(Self.days)) { [self] in try hire() }
        for number in 0..<size.customers {
            // The first dozen come on the first day, so that there is somebody to sell to.
            let joins =
                number < 12 ? openedAt.addingTimeInterval(Double(number + 1) * 600) : moment()
            timeline.add(at: joins) { [self] in try signUp(number) }
        }
        for day in stride(from: 3.4, to: Double(Self.days) - 5, by: 9) {
            at(daysAgo: day) { [self] in try noteSomething() }
        }
        at(daysAgo: 29.3) { [self] in
            let user = pick(customers.filter { $0.appetite == 0 }).user
            _ = try database.block(
                user, policy: policy, by: acting(1, "Many accounts with one stolen card"))
        }
        at(daysAgo: 15.2) { [self] in
            try database.endSessions(
                of: pick(customers).user, by: acting(1, "Lost a telephone, asked by mail"))
        }
    }

    private func hire() throws {
        for (email, role) in Self.staff {
            let user = UserID.new()
            try database.createUser(
                user, owning: .new(), email: email, passwordHash: terms.passwordHash, role: role)
            staff.append(user)
        }
    }

    private func signUp(_ number: Int) throws {
        let link = NewMailToken(id: .new(), hash: randomBytes(32))
        let customer = Customer(
            user: .new(), account: .new(),
            appetite: chance(35) ? 0 : Double(self.number(1...10)) * (chance(10) ? 4 : 1))
        let first = SampleWords.firstNames[number % SampleWords.firstNames.count]
        let last = SampleWords.lastNames[number / SampleWords.firstNames.count]
        _ = try database.register(
            Registration(
                id: customer.user, account: customer.account,
                email: "\(first).\(last)@example.org", passwordHash: terms.passwordHash,
                language: .english, link: link))
        if customer.appetite > 0 || chance(60) {
            _ = try database.proveAddress(tokenHash: link.hash, credit: .zero, policy: policy)
        }
        customers.append(customer)
        try visit(customer)
    }

    /// Signs in, when the session would still be there.
    func visit(_ customer: Customer) throws {
        guard now.timeIntervalSince(time) < 25 * 86_400 else { return }
        try database.createSession(
            idHash: randomBytes(32), of: customer.user, lasting: .seconds(30 * 86_400),
            userAgent: pick(SampleWords.browsers), address: "192.0.2.\(number(1...254))")
    }

    private func noteSomething() throws {
        try database.note(about: pick(customers).user, by: acting(1, pick(SampleWords.notes)))
    }
}
