// Texts: what people read, apart from the language that they read it in. The rest of the program
// names a text and what fills it, a phrase; a language holds the words. A language is one file:
// English.swift is the model of the next. One that has words for mails alone is whole for who reads mail:
// what it has no words for is said in English, as the pages are.

/// A text by its name, with the values for its placeholders.
package struct Phrase: Hashable, Sendable {
    /// What stands in the place of `{name}`, in the form that the language gives it.
    package enum Value: Hashable, Sendable {
        /// As it stands: a name, an address, words of a person.
        case text(String)
        case number(Int)
        /// Micro-dollars.
        case money(micros: Int64)
        /// A span in the largest unit that says it exactly.
        case seconds(Int)
        /// A day of UTC; the month counts from 1.
        case day(year: Int, month: Int, day: Int)
        /// Phrases, each on a line of its own.
        indirect case lines([Phrase])
        /// Parts with commas between them.
        case list([String])
        /// Parts with "or" between them.
        case either([String])
        /// A phrase within this one.
        indirect case phrase(Phrase)

        package func text(in language: Language = .english) -> String {
            language.words(of: self)
        }
    }

    package let name: Name
    package let values: [String: Value]

    package init(_ name: Name, _ values: [String: Value] = [:]) {
        self.name = name
        self.values = values
    }

    package func text(in language: Language = .english) -> String {
        language.text(self)
    }
}
