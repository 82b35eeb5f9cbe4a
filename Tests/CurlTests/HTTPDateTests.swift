import Curl
import FoundationEssentials
import Testing

@Suite struct `Dates of HTTP` {
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    func `all three forms are read`(text: String) {
        #expect(HTTPDate.parse(text) == Date(timeIntervalSince1970: 784_111_777))
    }

    @Test(arguments: ["", "soon", "06 Nov", "Sun, 36 Nov 1994 08:49:37 GMT"])
    func `what is no date is none`(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }
}
