//! Notes: what is left of foreign HTML, and how it reads as text.

use feed::{Limits, SafeHtml, parse};
use proptest::prelude::*;

/// HTML as it comes, what is shown, how it reads.
const NOTES: &[(&str, &str, &str)] = &[
    ("<p>One</p><p>Two</p>", "<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("<p>One<p>Two", "<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("<div>One</div><div>Two</div>", "<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("<div><div>One</div><div>Two</div></div>", "<p>One</p><p>Two</p>", "One\n\nTwo"),
    (
        "<h2>Guests</h2>Mira <em>Sand</em>",
        "<p><strong>Guests</strong></p>Mira <em>Sand</em>",
        "Guests\n\nMira Sand",
    ),
    ("One<br>Two<br/>Three<hr>Four", "One<br>Two<br>Three<br>Four", "One\nTwo\nThree\nFour"),
    ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc"),
    (
        "<ol><li><p>a</p></li><li><p>b</p></li></ol>",
        "<ol><li><p>a</p></li><li><p>b</p></li></ol>",
        "1. a\n2. b",
    ),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "<p>a b </p><p>c </p>", "a b\n\nc"),
    (
        "<a href=\"https://example.org/?a=1&amp;b=2\" onclick=\"x()\" style=\"y\" target=_blank>there</a>",
        "<a href=\"https://example.org/?a=1&amp;b=2\" rel=\"nofollow noopener\">there</a>",
        "there",
    ),
    (
        "<a href=\"mailto:a@example.org\">mail</a>",
        "<a href=\"mailto:a@example.org\" rel=\"nofollow noopener\">mail</a>",
        "mail",
    ),
    ("<a href=\"javascript:alert(1)\">x</a>", "<a rel=\"nofollow noopener\">x</a>", "x"),
    ("<a href=\" &#x6A;avascript:alert(1)\">x</a>", "<a rel=\"nofollow noopener\">x</a>", "x"),
    ("<a href=\"data:text/html,x\">x</a>", "<a rel=\"nofollow noopener\">x</a>", "x"),
    (
        "<a href=\"//example.org\">x</a><a href=\"/y\">y</a>",
        "<a rel=\"nofollow noopener\">x</a><a rel=\"nofollow noopener\">y</a>",
        "xy",
    ),
    ("a<script>alert(1)</script>b<style>*{}</style>c", "abc", "abc"),
    ("<img src=x onerror=alert(1)>text", "text", "text"),
    ("<svg><style><img src=x onerror=alert(1)></style></svg>text", "text", "text"),
    ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "", ""),
    ("<iframe src=\"https://example.org\">inside</iframe>text", "text", "text"),
    ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)", "ipt>alert(1)"),
    ("a <!-- <b>hidden</b> --> b", "a  b", "a b"),
    ("1 < 2 & 3 > 2 <b>so</b>", "1 &lt; 2 &amp; 3 &gt; 2 <b>so</b>", "1 < 2 & 3 > 2 so"),
    ("<b>unclosed <i>tags", "<b>unclosed <i>tags</i></b>", "unclosed tags"),
    ("cut off in a <a href=\"https://exam", "cut off in a", "cut off in a"),
    ("<p>&nbsp;</p><p></p>text", "text", "text"),
    ("<code>x &lt; y</code>", "<code>x &lt; y</code>", "x < y"),
    ("<P>Upper<BR>CASE</P>", "<p>Upper<br>CASE</p>", "Upper\nCASE"),
    ("<p title=\"a > b\">x</p>", "<p>x</p>", "x"),
];

#[test]
fn notes_have_a_few_elements_and_read_as_text() {
    for (written, html, text) in NOTES {
        let safe = SafeHtml::of_html(written);
        assert_eq!(safe.as_str(), *html, "{written}");
        assert_eq!(safe.text(), *text, "{written}");
        assert_eq!(SafeHtml::of_html(safe.as_str()), safe, "made safe twice: {written}");
    }
}

#[test]
fn links_are_listed() {
    let notes = "See <a href='https://example.org/a?x=1&y=2'>the <b>paper</b></a>, <a name=x>no link</a>, \
                 <a href=https://example.org/b>b</a>.";
    let links: Vec<_> =
        SafeHtml::of_html(notes).links().into_iter().map(|link| (link.address, link.text)).collect();
    let expected = [("https://example.org/a?x=1&y=2", "the paper"), ("https://example.org/b", "b")];
    assert_eq!(links, expected.map(|(address, text)| (address.to_owned(), text.to_owned())));
}

#[test]
fn text_becomes_paragraphs() {
    let text = "With Mira Sand & others\r\nand <more>\r\n\r\n\r\nSecond";
    let safe = SafeHtml::of_text(text);
    assert_eq!(safe.as_str(), "<p>With Mira Sand &amp; others<br>and &lt;more&gt;</p><p>Second</p>");
    assert_eq!(safe.text(), "With Mira Sand & others\nand <more>\n\nSecond");
}

/// The notes of an item whose child element is written as given.
fn notes_of(element: &str) -> String {
    let feed = format!(
        "<rss xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><item>{element}</item></channel></rss>"
    );
    let parsed = parse(feed.as_bytes(), None, "https://example.org/", &Limits::default()).expect("a feed");
    parsed.feed.items[0].notes.text()
}

#[test]
fn notes_in_all_the_ways_feeds_write_them() {
    for element in [
        "<description>&lt;p&gt;Salt &amp;amp; pepper&lt;/p&gt;&lt;p&gt;with M&amp;uuml;ller&lt;/p&gt;</description>",
        "<description><![CDATA[<p>Salt &amp; pepper</p><p>with M&uuml;ller</p>]]></description>",
        "<description><p>Salt &amp; pepper</p><p>with M&uuml;ller</p></description>",
        "<description>Salt &amp; pepper\n\nwith Müller</description>",
        "<description>Salt &amp;amp; pepper\n\nwith M&amp;uuml;ller</description>",
        "<content:encoded><![CDATA[<p>Salt & pepper</p>]]><![CDATA[<p>with M&#252;ller</p>]]></content:encoded>",
        "<encoded><p>Salt</p></encoded><content:encoded><![CDATA[<div>Salt & pepper</div><br>with Müller</div>]]></content:encoded>",
        "<atom:content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Salt &amp; pepper</p><p>with Müller</p></div></atom:content>",
        "<description>short</description><content:encoded>&lt;p&gt;Salt &amp; pepper&lt;/p&gt;with Müller</content:encoded>",
    ] {
        let text = notes_of(element);
        assert_eq!(text.trim(), "Salt & pepper\n\nwith Müller", "{element}");
    }
}

/// Pieces that sanitisers have stumbled over.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "&lt;",
        "<p>",
        "</p>",
        "<a href=\"",
        "javascript:",
        "https://example.org",
        "<script>",
        "</script>",
        "<style>",
        "<svg>",
        "<math>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<template>",
        "<noscript>",
        "</",
        "<b ",
        "onclick=",
        "=x",
        "/>",
        "<li>",
        "<ul>",
        "</ul>",
        "<h1>",
        "<div>",
        "</div>",
        "text",
        " ",
        "\n",
        "\u{0}",
        "<textarea>",
        "<title>",
        "<plaintext>",
        "<frameset>",
        "<br",
        "é",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_but_the_few_elements_comes_out(written in hostile()) {
        let safe = SafeHtml::of_html(&written);
        let html = safe.as_str();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            let name: String = rest.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            let allowed = ["p", "br", "a", "ul", "ol", "li", "em", "strong", "b", "i", "blockquote", "code"];
            prop_assert!(allowed.contains(&name.as_str()), "{name} in {html}");
            let (tag, after) = rest.split_once('>').expect("tags end");
            rest = after;
            if let Some(attributes) = tag.strip_prefix("a ") {
                let attributes = attributes.replace("rel=\"nofollow noopener\"", "");
                let href = attributes.trim();
                prop_assert!(href.is_empty() || href.starts_with("href=\"http") || href.starts_with("href=\"mailto:"), "{html}");
            } else {
                prop_assert!(!tag.contains(' '), "{html}");
            }
        }
        prop_assert_eq!(&SafeHtml::of_html(html), &safe, "not the same when read again");
        let _ = (safe.text(), safe.links());
    }
}

#[test]
fn notes_that_would_take_long_do_not() {
    let start = std::time::Instant::now();
    for piece in [
        "<b>",
        "<blockquote><p>",
        "<a href='x'",
        "<a '\"",
        "<",
        "<!--",
        "<script>",
        "<svg></",
        "<ul><li>",
        "&lt;",
        "<i><p>",
    ] {
        let notes = piece.repeat((256 << 10) / piece.len());
        let safe = SafeHtml::of_html(&notes);
        let _ = (safe.text(), safe.links());
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
