package import Domain

/// Names one claim of a job; every change under the claim is conditional on it (J5, J11).
package enum LeaseKind {}
package typealias LeaseToken = ID<LeaseKind>

/// A job that this worker may work on until its lease runs out.
package struct ClaimedJob: Sendable {
    package let id: VideoID
    package let accountID: AccountID
    /// Who ordered it.
    package let userID: UserID
    package let tierID: String
    package let state: VideoState
    package let lease: LeaseToken
    package let attempts: Int
    package let vendorPath: String
    package let vendorInput: [VendorField]
    package let callbackToken: String
    /// Nil until the vendor has told it.
    package let taskID: String?
    package let duration: Int
    /// What the vendor asks for it, as it was known when it was ordered.
    package let estimatedCost: Money
    /// The deadline of the state has passed: this is the last look.
    package let isOverdue: Bool
    /// How long it has been in its state.
    package let secondsInState: Int
    /// Of a refunded job: it will not be asked for again.
    package let isLastLook: Bool

    /// The same claim of a job that has just come into the state.
    func entered(_ state: VideoState) -> ClaimedJob {
        ClaimedJob(
            id: id, accountID: accountID, userID: userID, tierID: tierID, state: state,
            lease: lease, attempts: attempts, vendorPath: vendorPath, vendorInput: vendorInput,
            callbackToken: callbackToken, taskID: taskID, duration: duration,
            estimatedCost: estimatedCost, isOverdue: false, secondsInState: 0,
            isLastLook: isLastLook)
    }
}

/// Another process has changed the job since it was claimed: stop, change nothing (J5).
package struct LeaseLost: Error, Equatable {}
