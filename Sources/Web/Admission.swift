package import API
package import Domain
import Entrance
package import HTTP
import Store
import Texts

/// What a handler may touch and who asks, by whom it is for.
package typealias OpenHandler = @Sendable (Context) throws -> Response
package typealias CallerHandler = @Sendable (Context, Caller) throws -> Response
/// It gets the account's video that the path names.
package typealias VideoHandler = @Sendable (Context, Caller, Video) throws -> Response
/// It gets the body, of which the signature was checked.
typealias VendorHandler = @Sendable (Context, [UInt8]) throws -> Response

/// Who may call a route, and how its handler is called once that is so. Each kind of caller has
/// its own kind of handler, so that a check that was forgotten does not compile.
package struct Admission<Handling>: Sendable {
    let access: Access
    let admit: @Sendable (Handling, Body?) -> Handler
}

extension Admission where Handling == OpenHandler {
    /// Programs without a session, and browsers that another site's page did not send.
    package static var anyone: Admission {
        Admission(access: .anyone) { handler, body in
            { context in
                if !context.request.isSafe {
                    try refuseForeignOrigin(context.request, context.settings.origin)
                }
                return try handler(context.reading(body))
            }
        }
    }
}

extension Admission where Handling == CallerHandler {
    /// Whoever acts for an account and may do this for it.
    package static func caller(_ scope: Scope) -> Admission {
        Admission(access: .caller(scope)) { handler, body in
            { context in
                let caller = try Caller(context)
                try caller.demand(scope)
                return try context.waiting(for: caller) {
                    try handler(context.reading(body), caller)
                }
            }
        }
    }

    /// An operator who may do this, in production with a second factor, and who has shown just now
    /// that it is them where that is asked for. To people who run no part of the shop the route does
    /// not exist.
    package static func `operator`(_ permission: Permission) -> Admission {
        Admission(access: .operator(permission)) { handler, body in
            { context in
                let caller = try context.systemUser.map(Caller.init(systemUser:)) ?? Caller(context)
                return try context.waiting(for: caller) {
                    guard !caller.permissions.isEmpty else { throw NotFound() }
                    guard caller.permissions.contains(permission) else {
                        throw Forbidden(.operatorMayNot)
                    }
                    try demandSecondFactor(of: caller, context)
                    if !context.request.isSafe, !permission.isDisjoint(with: .needingProof) {
                        try caller.demandProof()
                    }
                    return try handler(context.reading(body), caller)
                }
            }
        }
    }
}

/// Throws ``Forbidden`` where a password alone opens the console, and must not.
private func demandSecondFactor(of caller: Caller, _ context: Context) throws {
    guard context.settings.operatorsNeedCodes, caller.systemUser == nil else { return }
    guard try context.database.secondFactor(of: caller.person().id)?.isOn == true else {
        throw Forbidden(.operatorNeedsCodes)
    }
}

extension Admission where Handling == VideoHandler {
    /// Whoever acts for the account whose video the path names, and may do this for it. To others the
    /// video does not exist. Who it is and the video are read by one statement.
    package static func video(_ scope: Scope) -> Admission {
        Admission(access: .caller(scope)) { handler, body in
            { context in
                guard let id: VideoID = try? context.id() else {
                    _ = try Caller(context)
                    throw NotFound()
                }
                let (caller, video) = try Caller.looking(at: id, context)
                try caller.demand(scope)
                guard let video else { throw NotFound() }
                return try context.waiting(for: caller) {
                    try handler(context.reading(body), caller, video)
                }
            }
        }
    }
}

extension Admission where Handling == VendorHandler {
    /// A vendor, by its signature of the body.
    static func vendor(_ vendor: Vendor) -> Admission {
        Admission(access: .vendor(vendor.signature)) { handler, body in
            { context in
                let bytes = try context.request.source.body(upTo: body?.limit ?? 0)
                try vendor.verify(bytes, context)
                return try handler(context, bytes)
            }
        }
    }
}

extension Context {
    /// With the body that the route takes.
    fileprivate func reading(_ body: Body?) throws -> Context {
        if let body, body.file == nil { self.body = try request.json(upTo: body.limit) }
        return self
    }

    /// What only reads waits for nobody; what changes something has its turn of the account's.
    fileprivate func waiting(
        for caller: Caller, _ answer: () throws -> Response
    ) throws -> Response {
        guard !request.isSafe else { return try answer() }
        return try site.threads.pass(.account(caller.account), answer)
    }
}
