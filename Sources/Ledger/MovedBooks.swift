package import Domain

/// Rows of the books that may have moved since an earlier look.
package struct MovedBooks: Sendable {
    /// No entry or line that was added since has an earlier id.
    package let start: EntryID
    /// All entries and lines with earlier ids are in the sums of the checkpoints.
    package let sealedEnd: EntryID
    package var accounts: Set<AccountID> = []
    package var lots: Set<LotID> = []
    package var jobs: Set<VideoID> = []
    package var purchases: Set<PurchaseID> = []
    /// Entries that are looked at whatever their age.
    package var entries: Set<EntryID> = []

    package init(start: EntryID, sealedEnd: EntryID) {
        self.start = start
        self.sealedEnd = sealedEnd
    }
}
