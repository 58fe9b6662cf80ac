//! Articles whose text or dates are odd.

use super::inputs::{Maker, article, page};

/// Dates that there cannot be, may be two, or are thousands.
pub(crate) fn dates(maker: &mut Maker) {
    let dates = [
        "31/02/2021",
        "30 February 2021",
        "29 February 2023",
        "29 February 2024",
        "29/02/1900",
        "0/0/0",
        "00/00/0000",
        "1 January 0000",
        "1 January 9999",
        "31 December 99999",
        "12 March -2021",
        "05/06/2023",
        "06/05/2023",
        "13/13/2013",
        "2021-13-01",
        "2021-00-10",
        "20210312T999999Z",
        "2021-03-12T25:61:61+99:99",
        "2021-03-12T00:00:00-12:00",
        "9223372036854775807",
        "-62135596800",
        "1e10",
        "Monday, 12 March 2021",
        "12th of Marchember 2021",
        "32nd May 2020",
        "12 March",
        "March 2021",
        "2021",
        "yesterday",
        "12.03.21",
        "12\u{a0}March\u{a0}2021",
        "１２ March ２０２１",
        "١٢ March 2021",
        "12 March 2021, 99:99pm",
        "12 March 2021 BST+24",
        "2021-W54-8",
        "2021-366",
        "12\u{202e}/03/2021",
        "1\u{301}2 March 2021",
        "+002021-03-12",
        "1601-01-01",
        "1979-12-31",
        "2024-01-03",
        "0001-01-01",
        "Updated 12 March 2021 Published 11 March 2021 Updated 10 March 2021",
        "12/3/2021 3/12/2021",
        "Thu, 32 Dec 2021 24:00:01 GMT",
    ];
    for date in dates {
        maker.add(
            "line",
            "txt",
            format!("Plans late\n\nPublished {date}\n\nThe council said it was late.\n"),
        );
        maker.add("bare", "txt", format!("Plans late\n\n{date}\n\nThe council said it was late.\n"));
        let head = format!(
            "<meta property=article:published_time content=\"{date}\"><meta name=date content=\"{date}\">"
        );
        maker.add("meta", "html", page(&head, &format!("<time datetime=\"{date}\">{date}</time>")));
        maker.add("record", "json", serde_json::json!([{ "text": "It is late.", "date": date }]).to_string());
        let name = date.replace(['/', '\u{202e}', ' '], "-");
        maker.add(&name, "txt", article("Plans late", "It is late."));
    }
    for piece in [
        "12 March 2021\n",
        "12 March 2021 ",
        "Published 12/03/2021\n",
        "<time datetime=2021-03-12>12 March 2021</time>",
        "2021-03-12T00:00:00Z,",
        "12/03/",
    ] {
        maker.add("thousands", "txt", format!("Plans late\n\n{}\nThe bus is late.\n", piece.repeat(20_000)));
        maker.add("thousands", "html", page("", &piece.repeat(20_000)));
    }
}

/// Bidi and zero-width characters, floods of marks, walls, other scripts.
pub(crate) fn odd(maker: &mut Maker) {
    let pieces = [
        "\u{202e}etal si sub ehT\u{202c}",
        "\u{2066}\u{2067}\u{2068}\u{2069}",
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
        "e\u{301}\u{302}\u{303}\u{304}",
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "\u{9b}31m",
        "\u{e000}\u{f8ff}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{e0041}\u{e007f}",
        "日本語のニュース。",
        "Автобус опоздал. ",
        "الحافلة متأخرة. ",
        "האוטובוס מאחר. ",
        "बस देर से आई। ",
        "รถบัสมาสาย",
        "Mae’r bws yn hwyr. ",
        "👩‍👩‍👧‍👦",
        "🇬🇧",
        "ﬁ",
        "ẞ",
        "İ",
        "ſ",
        "Å",
        "\u{1d400}",
        "!",
        "?!",
        "...",
        "…",
        "—",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\u{a0}",
        "\u{3000}",
        "\r",
        "\r\n",
        "\u{b}",
        "\u{c}",
        "\0",
        "0",
        "=1+1",
        "@x",
        "-1",
        "<b>",
        "&amp;",
        "\\",
        "\"",
        "'",
        "%s%n",
        "{}",
        "$(x)",
        "`x`",
        "../",
        "\u{5c}\u{5c}host",
        "NULL",
        "aaaaaaaaaa",
        "Z̸a̴l̷g̵o̶ ",
        "a\u{334}",
        "\u{34f}",
        "\u{ad}",
    ];
    for piece in pieces {
        for times in [1, 100, 20_000] {
            let many = piece.repeat(times);
            maker.add("body", "txt", article("Plans late", &many));
            maker.add("alone", "txt", many.clone());
            if times == 100 {
                maker.add("headline", "txt", article(&many, "It is late."));
                maker.add(
                    "page",
                    "html",
                    page(&format!("<meta name=author content=\"{many}\">"), &format!("<p>{many}</p>")),
                );
                maker.add(
                    "markdown",
                    "md",
                    format!("---\ntitle: {many}\nauthor: {many}\n---\n# {many}\n\n{many}\n"),
                );
                let record = serde_json::json!([{ "text": many, "title": many, "author": many, "url": many, "date": many }]);
                maker.add("record", "json", record.to_string());
            }
        }
    }
    for _ in 0..60 {
        let length = 1 + maker.random.below(4_000);
        let letters = (0..length).map(|_| {
            let highest = [0x80, 0x300, 0x3000, 0x11_0000][maker.random.below(4)];
            char::from_u32(u32::try_from(maker.random.below(highest)).unwrap_or(0)).unwrap_or(' ')
        });
        let text: String = letters.collect();
        let ending = ["txt", "html", "md", "json", "jsonl", "csv"][maker.random.below(6)];
        maker.add("random", ending, text);
    }
}
