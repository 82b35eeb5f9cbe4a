import Domain
import FoundationEssentials
import HTTP
import MariaDB
import Texts

/// How the shop calls itself and where its style lies, as nginx says it.
struct Shop {
    let name: String
    /// A file among the assets; nil where the shop has our mark.
    let logo: String?
    private let release: String

    static let mark = "favicon.svg"

    init(_ request: Request) {
        func said(_ name: StaticString) -> String? {
            request.source.parameter(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        name = said("SHOP_NAME") ?? "Rushes"
        logo = said("SHOP_LOGO")
        release = said("SHOP_RELEASE") ?? "none"
    }

    func asset(_ path: String) -> String { "/assets/\(release)/\(path)" }
}

/// The page of a shared video. It has no script, so that it is whole without one.
struct SharedPage {
    let shared: SharedVideo
    let shop: Shop

    var html: String {
        var page = HTMLWriter()
        page.element("html", ["lang": "en"]) { html in
            html.element("head") { writeHead(&$0) }
            html.element("body") { body in
                body.element("a", ["class": "skip", "href": "#main"], say(.sharedSkip))
                writeBar(&body)
                body.element("main", ["id": "main", "tabindex": "-1"]) { main in
                    main.element("div", ["class": "wrap shared"]) { writeVideo(&$0) }
                }
                writeFoot(&body)
            }
        }
        return page.html
    }

    private var title: String { shared.title ?? say(.sharedTitle) }

    // MARK: Head

    private func writeHead(_ head: inout HTMLWriter) {
        head.void("meta", ["charset": "utf-8"])
        for (name, content) in [
            ("viewport", "width=device-width, initial-scale=1"), ("color-scheme", "light dark"),
            ("robots", "noindex"), ("referrer", "no-referrer"), ("description", summary),
            ("twitter:card", "summary_large_image"),
        ] { head.void("meta", ["name": name, "content": content]) }
        head.element("title", "\(title) · \(shop.name)")
        for (property, content) in openGraph {
            head.void("meta", ["property": property, "content": content])
        }
        head.void("link", ["rel": "stylesheet", "href": shop.asset("css/site.css")])
        head.void(
            "link", ["rel": "icon", "href": shop.asset(Shop.mark), "type": "image/svg+xml"])
    }

    /// What other sites show of the link (<https://ogp.me>).
    private var openGraph: [(String, String)] {
        let (width, height) = ("\(shared.file.width)", "\(shared.file.height)")
        var tags = [
            ("og:type", "video.other"), ("og:site_name", shop.name), ("og:title", title),
            ("og:description", summary), ("og:url", shared.address),
        ]
        if let poster = shared.posterAddress {
            tags += [
                ("og:image", poster), ("og:image:type", "image/jpeg"), ("og:image:width", width),
                ("og:image:height", height), ("og:image:alt", summary),
            ]
        }
        return tags + [
            ("og:video", shared.fileAddress), ("og:video:secure_url", shared.fileAddress),
            ("og:video:type", "video/mp4"), ("og:video:width", width),
            ("og:video:height", height),
        ]
    }

    private var summary: String {
        shared.prompt?.cut(to: 200) ?? say(.sharedSummary, ["name": .text(shop.name)])
    }

    // MARK: Body

    private func writeBar(_ body: inout HTMLWriter) {
        body.element("header", ["class": "bar"]) { header in
            header.element("div", ["class": "wrap bar-in"]) { bar in
                bar.element("a", ["class": "mark", "href": "/"]) { mark in
                    mark.void(
                        "img",
                        [
                            "class": "mark-logo", "src": shop.asset(shop.logo ?? Shop.mark),
                            "alt": "", "height": "28",
                        ])
                    mark.element("span", shop.name)
                }
            }
        }
    }

    /// Whom to write to, for somebody who should not be looking at this, or should not be in it.
    private func writeFoot(_ body: inout HTMLWriter) {
        body.element("footer", ["class": "foot"]) { footer in
            footer.element("div", ["class": "wrap foot-in"]) { foot in
                foot.element("nav", ["aria-label": say(.sharedFoot)]) { links in
                    links.element("a", ["href": "/contact"], say(.sharedContact))
                    links.element("a", ["href": "/terms"], say(.sharedRules))
                }
            }
        }
    }

    private func writeVideo(_ main: inout HTMLWriter) {
        main.element("h1", ["dir": "auto"], title)
        main.element("div", ["class": "player"]) { player in
            player.element(
                "video",
                [
                    "controls": "", "playsinline": "", "preload": "metadata",
                    "controlslist": shared.downloadPath == nil ? "nodownload" : nil,
                    "width": "\(shared.file.width)", "height": "\(shared.file.height)",
                    "poster": shared.posterPath, "src": shared.filePath,
                    "aria-label": shared.prompt ?? title,
                ], "")
        }
        if let prompt = shared.prompt {
            main.element("p", ["class": "words", "dir": "auto"], prompt)
        }
        if let path = shared.downloadPath {
            main.element("p") { line in
                line.element(
                    "a", ["class": "button", "href": path, "download": ""], say(.sharedDownload))
            }
        }
        main.element("p", ["class": "muted"], say(.sharedUntil, ["date": end]))
    }

    private var end: Phrase.Value {
        guard let time = CivilTime(shared.share.expiresAt) else { return .text("") }
        return .day(year: time.year, month: time.month, day: time.day)
    }

    private func say(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) -> String {
        Phrase(name, values).text()
    }
}
