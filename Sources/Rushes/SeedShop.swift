import Domain
import MariaDB
import Media
import SampleShop
import Sodium

extension Admin.Seed {
    /// Ninety days of a whole shop. Returns who runs it, each with the same password.
    func openShop(
        in database: Connection, _ settings: Settings
    ) throws -> [(email: String, password: String)] {
        guard try SampleShop.isPossible(in: database) else {
            throw Refusal("there are users already; a shop of samples needs an empty database")
        }
        let password = newPassword()
        let films = SampleFilms(in: Storage(folder: settings.media.folder))
        let shop = try SampleShop(
            in: database,
            SampleShop.Terms(
                credit: settings.policy.credit, deadlines: settings.policy.deadlines,
                passwordHash: Password.hash(password)),
            film: films.put)
        try shop.fill()
        return SampleShop.staff.map { ($0.email, password) }
    }
}

/// The films of the shop's videos: few, each the file of many.
private final class SampleFilms {
    private static let colors = [
        ("0x16324f", "0x9fb8ad"), ("0x2b1a12", "0xd9812e"), ("0xdfe6ee", "0xb5431f"),
    ]
    private let media: Storage
    private var made: [(id: VideoID, file: VideoFile, seconds: Int)] = []
    private var count = 0

    init(in media: Storage) {
        self.media = media
    }

    /// The colours take turns.
    func put(_ id: VideoID, seconds: Int) throws -> VideoFile {
        let alike = made.filter { $0.seconds == seconds }
        guard alike.count == Self.colors.count else {
            let film = SampleFilm(seconds: seconds, colors: Self.colors[alike.count])
            let file = try film.render(as: id, in: media)
            made.append((id, file, seconds))
            return file
        }
        count += 1
        let film = alike[count % alike.count]
        try media.share(film.id, with: id)
        return film.file
    }
}
