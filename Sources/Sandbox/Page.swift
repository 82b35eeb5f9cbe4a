/// HTML of the pages for people: no script, both colour schemes, readable at any width.
enum Page {
    /// A whole page with this title; `body` is HTML already.
    static func document(_ title: String, _ body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>\(escape(title))</title>
        <link rel="icon" href="data:,">
        <style>\(style)</style>
        </head>
        <body>
        <main>
        \(body)
        </main>
        <footer>Sandbox: no money moves here, and no vendor is asked.</footer>
        </body>
        </html>

        """
    }

    /// Text as HTML, also inside quotes.
    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
            .replacing("'", with: "&#39;")
    }

    /// A form of one button.
    static func button(
        _ label: String, to action: String, _ fields: [(name: String, value: String)] = [],
        class style: String = ""
    ) -> String {
        let inputs = fields.map {
            #"<input type="hidden" name="\#(escape($0.name))" value="\#(escape($0.value))">"#
        }
        return #"<form method="post" action="\#(escape(action))">\#(inputs.joined())"#
            + #"<button class="\#(style)">\#(escape(label))</button></form>"#
    }

    /// A table whose cells are HTML already. It scrolls by itself when it is wide.
    static func table(_ caption: String, _ heads: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "<p>\(escape(caption)): none yet.</p>" }
        let head = heads.map { #"<th scope="col">\#(escape($0))</th>"# }.joined()
        let body = rows.map { row in
            "<tr>\(row.map { "<td>\($0)</td>" }.joined())</tr>"
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="\(escape(caption))">
            <table><caption>\(escape(caption))</caption>
            <thead><tr>\(head)</tr></thead><tbody>\(body.joined())</tbody></table></div>
            """
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:light-dark(#1d1b18,#f1efec);\
        --dim:light-dark(#5c574f,#b6b1a9);--paper:light-dark(#faf8f5,#16161a);\
        --card:light-dark(#fff,#1f1f25);--line:light-dark(#dcd7cf,#3b3b45);\
        --bad:light-dark(#9b1c1c,#ff9a8d);--good:light-dark(#17613a,#7fd6a3)}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);\
        font:1rem/1.55 system-ui,sans-serif}
        main{max-width:60rem;margin:2rem auto;padding:0 1rem}
        .card{max-width:30rem;margin:0 auto;background:var(--card);border:1px solid var(--line);\
        border-radius:14px;padding:1.5rem}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
        h2{font-size:1.15rem;margin:2rem 0 .5rem}
        p{margin:.5rem 0}
        .amount{font-size:2rem;font-weight:650;font-variant-numeric:tabular-nums}
        .dim,footer,caption{color:var(--dim)}
        .bad{color:var(--bad)}.good{color:var(--good)}
        form{display:inline-block;margin:.25rem .25rem .25rem 0}
        .card form{display:block;margin:.5rem 0 0}
        button{font:inherit;min-height:44px;padding:.4rem 1rem;border-radius:8px;\
        border:1px solid var(--dim);background:transparent;color:inherit;cursor:pointer}
        .card button{width:100%}
        button.main{background:var(--ink);color:var(--paper);border-color:var(--ink)}
        a{color:inherit}
        :focus-visible{outline:3px solid #4a7dd6;outline-offset:2px}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        caption{text-align:left;padding:.25rem 0}
        th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;\
        border-bottom:1px solid var(--line)}
        code,pre{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
        pre{white-space:pre-wrap}
        footer{max-width:60rem;margin:2rem auto;padding:0 1rem;font-size:.9rem;text-align:center}
        """
}
