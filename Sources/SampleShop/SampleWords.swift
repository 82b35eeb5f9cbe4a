/// What people of the sample shop are called, and say.
enum SampleWords {
    static let firstNames = [
        "ada", "ben", "chloe", "david", "elena", "farid", "greta", "hugo", "ines", "jonas", "kira",
        "leon", "mara", "nils", "olga", "pavel", "rosa", "samir", "tessa", "uwe",
    ]
    static let lastNames = [
        "adler", "brandt", "costa", "dumont", "eriksen", "fischer", "garcia", "haas", "ivanova",
        "jansen",
    ]
    static let browsers = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
    ]
    static let notes = [
        "Makes films for a museum, asked for an invoice with another address",
        "Writes in French; answers come quicker by telephone",
        "Wants ten seconds at once for a series, told that it is one tier",
        "Reported a video without its poster, which was there after a reload",
        "Teaches a class of thirty, who share one account",
    ]
    static let subjects = [
        "A red fox", "An old lighthouse", "A paper boat", "A copper kettle", "A night train",
        "Two herons", "A market stall of lemons", "A glass of tea", "A tin robot",
        "A field of barley",
        "A sailing ship in a bottle", "A child's kite", "A stone bridge", "A sleeping cat",
    ]
    static let places = [
        "in fresh snow", "in heavy fog", "on a rain-filled street at dusk", "by a warm window",
        "under the northern lights", "in the last light of the day", "at a quiet harbour",
        "above the dunes", "in an empty theatre", "between birch trees",
    ]
    static let shots = [
        "slow dolly in", "macro, shallow focus", "seen from above", "hand-held, film grain",
        "time lapse", "wide, static camera",
    ]
}
