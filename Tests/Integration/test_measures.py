"""bin/measures.py and bin/named-files.py, on small samples."""

import runpy
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MEASURES = runpy.run_path(str(TOP / "bin/measures.py"))
NAMED_FILES = runpy.run_path(str(TOP / "bin/named-files.py"))

SAMPLE = r'''
/// func inAComment() {
/* of many /* nested */ lines: func inAnother() { */
protocol Shape {
    var area: Int { get }
    func grow(by: Int) throws -> Int
    init(side: Int)
}
struct Square<T>: Shape where T: Equatable {
    static let text = "func inAString() { \(names.map { "}\($0)" }) {"
    static let raw = #"{ " \(no) \#(yes("}")) "#
    static let long = """
        func inMany() {
            "quoted" \(values.map { "}" + $0 })
        """
    var stored = 3
    var watched: Int { didSet { print("}") } }
    let closure: () -> Void = {
    }
    var area: Int {
        side * side
    }

    init?(side: Int) {
        self.init(side: side)
    }

    deinit { }

    subscript(index: Int) -> Int { index }

    func grow(
        by more: (Int) -> Int = { $0 }
    ) throws(Trouble) -> [String: Int] {
        func inner() {}

        return [:]
    }

    static func < (a: Self, b: Self) -> Bool { true }
    @Test func `a name with { and "quotes"`() {
        #expect(true)
    }
}
'''


def test_functions_are_found_with_all_their_lines() -> None:
    found = [(function.name, function.lines) for function in MEASURES["functions"](SAMPLE)]
    assert found == [
        ("area", 3),
        ("init", 3),
        ("deinit", 1),
        ("subscript", 1),
        ("grow", 7),
        ("inner", 1),
        ("<", 1),
        ('a name with { and "quotes"', 3),
    ]


def test_a_function_has_the_line_of_its_keyword() -> None:
    for function in MEASURES["functions"](SAMPLE):
        assert function.name in SAMPLE.splitlines()[function.line - 1]


def test_code_keeps_its_length_and_its_lines() -> None:
    code = MEASURES["code_of"](SAMPLE)
    assert len(code) == len(SAMPLE)
    assert code.count("\n") == SAMPLE.count("\n")
    assert code.count("{") == code.count("}") and '"' not in code and "inAComment" not in code


@pytest.mark.parametrize("text", ['"never closed', "/* never closed", '"""\n', "`", 'f("\\(a'])
def test_what_is_never_closed_ends_with_the_file(text: str) -> None:
    assert MEASURES["functions"](text) == []


def test_every_function_of_the_repository_is_seen() -> None:
    """A brace that is misread would end a function too late, or hide the rest of a file."""
    for path in (TOP / "Sources").rglob("*.swift"):
        code = MEASURES["code_of"](path.read_text("utf-8"))
        assert code.count("{") == code.count("}"), path
        assert code.count("(") == code.count(")"), path


def test_a_quantile_is_a_number_that_stands_there() -> None:
    lengths = MEASURES["Lengths"]()
    assert lengths.quantile(0.5) == 0
    for lines in [9, 1, 4, 2]:
        lengths.add(lines, f"place {lines}")
    assert [lengths.quantile(share) for share in (0.5, 0.95, 1)] == [2, 9, 9]
    assert lengths.longest(2) == [(9, "place 9"), (4, "place 4")]


def test_duplicates_are_runs_of_counted_lines() -> None:
    run = [f"let value{number} = {number}" for number in range(10)]
    first = "\n".join(["import A", *run, "a()"])
    # White space, comments and empty lines do not part a run.
    second = "\n".join(["b()", *run[:5], "", "// said", "}", *("  " + line for line in run[5:])])
    duplicates = MEASURES["duplicates"]
    assert duplicates({"a": first, "b": second}) == ["a:2-11 = b:2-14 (10)"]
    assert duplicates({"a": first, "b": second}, least=11) == []
    assert duplicates({"a": first + "\n" + first}) == ["a:2-12 = a:14-24 (11)"]
    assert duplicates({"a": first, "b": second.replace("value4", "other")}) == []


def test_a_wide_line_counts_unless_a_string_is_all_of_it() -> None:
    long = "x" * 111
    text = f'let a = """\n    {long}\n    """\n// {long}\nlet b = "{long}"\n    "{long}",\n'
    wide = MEASURES["wide_lines"]
    assert wide("a.swift", text) == [(4, 114), (5, 121)]
    assert [line for line, _ in wide("a.js", text)] == [2, 4, 5, 6]


def test_a_limit_fails_the_check_once_it_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    kept = next(name for name, (_, is_kept) in MEASURES["LIMITS"].items() if is_kept)
    limit = MEASURES["LIMITS"][kept][0]
    for value, fails in [(limit, False), (limit + 1, True)]:
        report = MEASURES["Report"](is_check=True)
        report.measure(kept, value, "what is measured", ["the place"])
        assert report.failed is fails
        assert ("the place" in capsys.readouterr().out) is fails
    for name, (limit, is_kept) in MEASURES["LIMITS"].items():
        report = MEASURES["Report"](is_check=True)
        report.measure(name, limit + 1, "what is measured", [])
        assert report.failed is is_kept


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("a.swift", "let x = 1 // see Store/Gone.swift, a", ["Store/Gone.swift"]),
        ("a.swift", "let x = open(\"Gone.swift\")", []),
        ("a.swift", "/// See `Store/Lots.swift` and Lots.swift, Sources/Store, bin/dev.", []),
        ("a.md", "[all](docs/gone.md), `bin/gone --help`", ["docs/gone.md", "bin/gone"]),
        ("a.md", "https://example.org/a/gone.html and .rushes/gone.json", []),
        ("a.py", 'x = 1\n"""Says\n\nsee gone.py.\n"""\ny = "gone.js"', ["gone.py"]),
        ("bin/dev", "# shellcheck source=bin/gone\n# As bin/gone does", ["bin/gone"] * 2),
        ("a.sql", "-- see 0001_gone.sql", ["0001_gone.sql"]),
    ],
)
def test_a_name_of_no_file_is_found_in_what_is_said(path: str, text: str, said: list[str]) -> None:
    paths = ["Sources/Store/Lots.swift", "bin/dev", "docs/operations.md"]
    found = NAMED_FILES["missing"]({path: text}, paths)
    assert [line.rpartition(": ")[2] for line in found] == said
