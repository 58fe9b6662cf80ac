//! Files that are too large or too wide, and records whose values are not what their keys promise.

use super::inputs::{Maker, article};

/// Bytes of a long line.
const LONG: usize = 1 << 20;
/// Lines of a long file.
const MANY: usize = 100_000;

/// Lines of a megabyte, files of a hundred thousand lines, a million columns, huge numbers.
pub(crate) fn size(maker: &mut Maker) {
    let pieces = [
        "x",
        " ",
        "word ",
        "The bus was late on Monday. ",
        "1",
        "12 March 2021 ",
        "12/03/2021 ",
        "é",
        "\u{301}",
        "\u{200b}",
        "\t",
        ".",
        "Mr. ",
        "A. ",
        "\"",
        "“Late,” she said. ",
        "https://a.example/",
        "- ",
        "a-",
        "a'",
        "(",
        "1,",
        "£",
        "\u{202e}",
        "日",
        "😀",
        "؟",
        ";",
    ];
    for piece in pieces {
        let line = piece.repeat(LONG / piece.len());
        maker.add("line", "txt", article("Plans late", &line));
        maker.add("headline", "txt", article(&line, "The bus was late."));
        if piece != "\"" {
            let value = serde_json::Value::from(line);
            maker.add(
                "value",
                "json",
                format!(
                    "[{{\"title\": {value}, \"text\": {value}, \"author\": {value}, \"date\": {value}}}]"
                ),
            );
        }
    }
    let lines = [
        "",
        "x",
        " ",
        "The bus was late on Monday, the council said.",
        "12 March 2021",
        "- late",
        "Related topics",
        "By Ann Lowe",
        "Image caption,",
        "# Late",
        "> late",
        "\"",
        "Advertisement",
        "no end of the line",
        "and then",
        ":",
        "•",
    ];
    for line in lines {
        let many = format!("{line}\n").repeat(MANY);
        maker.add("lines", "txt", article("Plans late", &many));
        maker.add("lines", "md", format!("# Plans late\n\n{many}"));
    }
    let distinct: String =
        (0..MANY).map(|number| format!("Bus {number} was late, the council said.\n")).collect();
    maker.add("distinct", "txt", article("Plans late", &distinct));
    for number in
        ["9".repeat(LONG), format!("1e{}", "9".repeat(300)), format!("0.{}", "1".repeat(LONG)), "-0".into()]
    {
        for ending in ["json", "jsonl"] {
            maker.add(
                "number",
                ending,
                format!("{{\"text\": \"It is late.\", \"date\": {number}, \"id\": {number}}}\n"),
            );
            maker.add("number", ending, format!("{{\"text\": {number}}}\n"));
        }
        maker.add("number", "csv", format!("text,date\nIt is late.,{number}\n"));
    }
    let columns = 1_000_000;
    maker.add(
        "columns",
        "csv",
        format!("text,date{}\nIt is late.,2021-03-12{}\n", ",a".repeat(columns), ",1".repeat(columns)),
    );
    maker.add(
        "columns-ragged",
        "csv",
        format!("text,date{}\nIt is late.,2021-03-12\n", ",a".repeat(columns)),
    );
    maker.add(
        "columns-of-rows",
        "csv",
        format!("text,date\nIt is late.,2021-03-12{}\n", ",1".repeat(columns)),
    );
    maker.add("columns-empty", "csv", format!("{}\n{}\n", ",".repeat(columns), ",".repeat(columns)));
    for (ending, head, row, tail) in [
        ("csv", "title,text\n", ",\n", ""),
        ("csv", "title,text\n", "x\n", ""),
        ("csv", "title,text\n", "Late,It is late.\n", ""),
        ("jsonl", "", "{}\n", ""),
        ("jsonl", "", "x\n", ""),
        ("jsonl", "{\"text\": \"One.\"}\n", "{\"text\": \"It is late.\"}\n", ""),
        ("json", "[{}", ",{}", "]"),
        ("json", "[{\"text\": \"One.\"}", ",{\"text\": 1}", "]"),
        ("json", "{\"text\": \"One.\"", ",\"text\": \"Two.\"", "}"),
    ] {
        maker.add("rows", ending, format!("{head}{}{tail}", row.repeat(20_000)));
    }
    let keys: String = (0..MANY).map(|number| format!(",\"k{number}\": \"It is late.\"")).collect();
    maker.add("keys", "json", format!("{{\"a\": 1{keys}}}"));
    maker.add("keys-with-text", "json", format!("{{\"text\": \"It is late.\"{keys}}}"));
    let authors = "\"Ann Lowe\",".repeat(MANY);
    maker.add(
        "authors",
        "json",
        format!("[{{\"text\": \"It is late.\", \"authors\": [{authors}\"Tom Field\"]}}]"),
    );
}

/// Values of the wrong type under every known key.
pub(crate) fn odd(maker: &mut Maker) {
    let keys = [
        "text",
        "title",
        "date",
        "author",
        "authors",
        "url",
        "outlet",
        "source",
        "body",
        "content",
        "fields",
        "published_at",
    ];
    let values = [
        "null",
        "true",
        "-1",
        "1e308",
        "18446744073709551616",
        "\"\"",
        "\" \\n \"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "{\"text\": {\"text\": []}}",
        "[null, 1, \"x\"]",
        "\"\\u0000\\u001b[31m\\u202e\"",
        "\"\\ud83d\"",
        "\"=1+1\"",
        "\"@SUM(A1)\"",
        "\"0000-00-00\"",
        "\"<script>\"",
        "NaN",
    ];
    for key in keys {
        for value in values {
            let text = if key == "text" { "" } else { "\"text\": \"The bus is late.\", " };
            maker.add("value", "jsonl", format!("{{{text}\"{key}\": {value}}}\n{{\"text\": \"It is.\"}}\n"));
        }
    }
    for row in ["=1+1", "+1", "-1", "@x", "\"\t=1\"", "\"\r=1\"", "'=1", "\u{1b}[31m", "\u{202e}", "\0"] {
        maker.add(
            "cell",
            "csv",
            format!("title,text,author,date,outlet\n{row},{row} late,{row},{row},{row}\n"),
        );
    }
    for text in [
        "title,text\r\r\rLate,It is.\r",
        "sep=,\n",
        "sep=",
        "text\n",
        "text,text\na,b\n",
        "\"text\n",
        "text;date,title\n1;2,3\n",
        "\u{feff}\u{feff}text,date\nx,y\n",
        ",,,\n,,,\n",
        "text,date\n\"a\"b\"c\",2\n",
        "[",
        "{",
        "]",
        "{}",
        "[]",
        "[[]]",
        "[1]",
        "nul",
        "\"",
        "{\"articles\": {}}",
        "{\"articles\": [1]}",
        "{\"response\": {\"results\": null}}",
        "{\"a\": 1}{\"a\": 2}",
        "[{\"text\": \"One.\"},]",
        "{'text': 'One.'}",
        "{\"text\": \"One.\"}\u{0}",
        "\u{feff}[{\"text\": \"One.\"}]",
        "---",
        "---\n---\n",
        "---\ntitle: \"\n---\nx",
        "---\ntitle: &a *a\n---\nLate.",
        "# ",
        "#",
        "\u{b}\u{c}",
        "\r",
        "\n",
        "\u{2028}",
        "\u{feff}",
        "x",
    ] {
        for ending in ["csv", "json", "jsonl", "md", "txt"] {
            maker.add("piece", ending, text);
        }
    }
}
