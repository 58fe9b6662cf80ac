//! What an export promises: it is the run, in another form.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use calamine::{Data, DataType, Reader};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::program::{Ran, Workplace, hashes, names};
use crate::tables_of::{Row, csv, parquet};

/// Formats and where they are written.
const FORMATS: [(&str, &str); 5] = [
    ("csv", "csv"),
    ("xlsx", "run.xlsx"),
    ("sqlite", "run.sqlite"),
    ("jsonl", "run.jsonl"),
    ("arrow", "arrow"),
];

/// Tables that a run writes as Parquet.
const TABLES: [&str; 6] = ["theme_by_date", "passages", "labels", "articles", "blocks", "date_clues"];

/// Tables that a run writes as CSV alone.
const SPREADSHEETS: [&str; 5] =
    ["theme_shares_wide", "theme_counts_wide", "skipped", "undated", "dictionary"];

fn export(place: &Workplace, format: &str, to: &str, args: &[&str]) -> Ran {
    place.sendlens(&[&["export", "out", "--format", format, "-o", to], args].concat())
}

/// A run over the fixture corpus with some hostile articles, exported to every format.
static EXPORTED: LazyLock<Workplace> = LazyLock::new(|| {
    let place = Workplace::with_corpus();
    place.write(
        "corpus/formulas.json",
        r#"[{"title": "=cmd()", "date": "2021-04-02", "author": "+44", "text": "=1+1 is what the school bus costs the council."},
            {"title": "Esc\u001b[31m and \u202e <row> & \"quote\"", "date": "2021-04-03", "text": "The school bus was late; <row r='1'> the children waited_x0041_ in the rain."}]"#,
    );
    place.run(&["--by", "outlet"]).exits(0);
    for (format, to) in FORMATS {
        export(&place, format, to, &[]).exits(0).says(&["Wrote ", "passages"]);
    }
    place
});

/// A table of the run as rows of texts, whatever it is stored as.
fn of_run(table: &str) -> Vec<Row> {
    let out = EXPORTED.path("out");
    let rows = if TABLES.contains(&table) { parquet(&out, table) } else { csv(&out, table) };
    rows.into_iter().map(undisarmed).collect()
}

/// Cells as they were before they were written for spreadsheets; an empty text is none, as in CSV.
fn undisarmed(row: Row) -> Row {
    let cell = |cell: String| match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.to_owned(),
        _ => cell,
    };
    row.into_iter().map(|(name, value)| (name, value.map(cell).filter(|text| !text.is_empty()))).collect()
}

/// What a cell of type `REAL` says, as the tables write it.
fn number(number: f64) -> String {
    number.to_string()
}

#[test]
fn csv_is_every_table_of_the_run() {
    for table in TABLES.into_iter().chain(SPREADSHEETS) {
        let read: Vec<_> = csv(&EXPORTED.path("csv"), table).into_iter().map(undisarmed).collect();
        assert_eq!(read, of_run(table), "{table}");
    }
    assert_eq!(names(&EXPORTED.path("csv")).len(), TABLES.len() + SPREADSHEETS.len());
}

#[test]
fn arrow_is_every_table_of_the_run() {
    use polars_arrow::io::ipc::read::{FileReader, read_file_metadata};
    for table in TABLES.into_iter().chain(SPREADSHEETS) {
        let path = EXPORTED.path("arrow").join(table).with_extension("arrow");
        let mut file = BufReader::new(fs::File::open(path).expect("a table"));
        let metadata = read_file_metadata(&mut file).expect("an Arrow file");
        let schema = metadata.schema.clone();
        let mut rows = Vec::new();
        for batch in FileReader::new(file, metadata, None, None) {
            let batch = batch.expect("a batch");
            for row in 0..batch.len() {
                let cells = schema.iter_names().zip(batch.arrays()).map(|(name, array)| {
                    let is_null = array.is_null(row);
                    (
                        name.to_string(),
                        Some(arrow_cell(array.as_ref(), row)).filter(|text| !is_null && !text.is_empty()),
                    )
                });
                rows.push(cells.collect::<Row>());
            }
        }
        assert_eq!(rows, of_run(table), "{table}");
    }
}

/// A cell of an Arrow array as text; whatever stands under a null.
fn arrow_cell(array: &dyn polars_arrow::array::Array, row: usize) -> String {
    use polars_arrow::array::{BooleanArray, ListArray, PrimitiveArray, Utf8Array};
    let any = array.as_any();
    if let Some(texts) = any.downcast_ref::<Utf8Array<i64>>() {
        return texts.value(row).to_owned();
    }
    if let Some(numbers) = any.downcast_ref::<PrimitiveArray<i64>>() {
        return numbers.value(row).to_string();
    }
    if let Some(numbers) = any.downcast_ref::<PrimitiveArray<f64>>() {
        return numbers.value(row).to_string();
    }
    if let Some(numbers) = any.downcast_ref::<PrimitiveArray<f32>>() {
        return numbers.value(row).to_string();
    }
    if let Some(days) = any.downcast_ref::<PrimitiveArray<i32>>() {
        return sendlens::frame::date_of(days.value(row)).expect("a day").to_string();
    }
    if let Some(flags) = any.downcast_ref::<BooleanArray>() {
        return flags.value(row).to_string();
    }
    let lists = any.downcast_ref::<ListArray<i64>>().expect("a type that tables have");
    let list = lists.value(row);
    (0..list.len()).map(|item| arrow_cell(list.as_ref(), item)).collect::<Vec<_>>().join("; ")
}

#[test]
fn sqlite_is_every_table_of_the_run() {
    let database = Connection::open(EXPORTED.path("run.sqlite")).expect("a database");
    let types: BTreeMap<(String, String), String> = of_run("dictionary")
        .into_iter()
        .map(|row| {
            let cell = |name: &str| row[name].clone().expect("not empty");
            ((cell("table"), cell("column")), cell("type"))
        })
        .collect();
    for table in TABLES.into_iter().chain(SPREADSHEETS) {
        let mut statement = database.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let cell = |column: &str, value: ValueRef<'_>| {
            let kind = types.get(&(table.to_owned(), column.to_owned())).map_or("text", String::as_str);
            match (kind, value) {
                (_, ValueRef::Null) => None,
                ("bool", ValueRef::Integer(flag)) => Some((flag == 1).to_string()),
                ("int64", ValueRef::Integer(count)) => Some(count.to_string()),
                ("float64", ValueRef::Real(value)) => Some(number(value)),
                ("float32", ValueRef::Real(value)) => Some((value as f32).to_string()),
                ("list of text", ValueRef::Text(text)) => {
                    let list: Vec<String> = serde_json::from_slice(text).expect("an array of texts");
                    Some(list.join("; "))
                }
                ("text" | "date", ValueRef::Text(text)) => {
                    Some(String::from_utf8(text.to_vec()).expect("UTF-8"))
                }
                (kind, value) => panic!("{table}.{column} is {kind} and holds {value:?}"),
            }
            .filter(|text| !text.is_empty())
        };
        let rows = statement.query_map([], |row| {
            let cells = columns.iter().enumerate();
            cells.map(|(place, name)| Ok((name.clone(), cell(name, row.get_ref(place)?)))).collect()
        });
        let rows: Vec<Row> = rows.expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!(rows, of_run(table), "{table}");
    }
}

#[test]
fn the_database_finds_words_and_keeps_its_references() {
    let database = Connection::open(EXPORTED.path("run.sqlite")).expect("a database");
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let found = "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH 'costs council'";
    let plain = "SELECT count(*) FROM passages WHERE text LIKE '%costs%' AND text LIKE '%council%'";
    assert!(count(found) > 0 && count(found) == count(plain));
    database
        .execute("INSERT INTO passages_fts(passages_fts, rank) VALUES ('integrity-check', 1)", [])
        .expect("the index is that of the texts");
    assert_eq!(count("SELECT count(*) FROM passages_with_article"), count("SELECT count(*) FROM passages"));
    assert_eq!(count("SELECT count(*) FROM theme_by_month"), count("SELECT count(*) FROM theme_by_date"));
    let april =
        "SELECT passages FROM theme_by_month WHERE month = '2021-04' AND theme = 'all' AND outlet IS NULL";
    assert!(count(april) > 0);
    assert!(
        count(
            "SELECT count(*) FROM passages, json_each(passages.themes) WHERE json_each.value = 'transport'"
        ) > 0
    );
}

#[test]
fn jsonl_is_a_passage_per_line_with_its_article() {
    let text = EXPORTED.read("run.jsonl");
    assert!(!text.contains(sendlens::plain::is_unprintable), "it can be printed");
    let cell = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            Some(list.iter().map(|item| item.as_str().expect("a text")).collect::<Vec<_>>().join("; "))
        }
        // Scores have 32 bits.
        Value::Number(value) if value.is_f64() => value.as_f64().map(|value| value.to_string()),
        other => Some(other.to_string()),
    };
    let row = |value: &Value| -> Row {
        let fields = value.as_object().expect("an object").iter();
        fields
            .map(|(name, value)| {
                let value = if name == "article" && value.is_object() { &value["article"] } else { value };
                (name.clone(), cell(value).filter(|text| !text.is_empty()))
            })
            .collect()
    };
    let articles: BTreeMap<_, _> =
        of_run("articles").into_iter().map(|article| (article["article"].clone(), article)).collect();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().map(row).collect::<Vec<_>>(), of_run("passages"));
    for line in &lines {
        let article = row(&line["article"]);
        let of_table = &articles[&article["article"]];
        for (name, value) in
            of_table.iter().filter(|(name, _)| !name.contains("share") && !name.contains("confidence"))
        {
            assert_eq!(&article[name], value, "{name}");
        }
    }
    let printed = export(&EXPORTED, "jsonl", "-", &["-q"]).exits(0);
    assert_eq!(printed.stdout, text, "stdout is the file");
    export(&EXPORTED, "xlsx", "-", &[]).exits(2).says(&["only jsonl", "hint: "]);
}

#[test]
fn xlsx_is_the_run_in_sheets() {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(EXPORTED.path("run.xlsx")).expect("a workbook");
    let expected =
        ["dictionary", "theme_shares_wide", "theme_counts_wide", "theme_by_date", "articles", "passages"];
    assert_eq!(book.sheet_names(), expected);
    for table in expected {
        let sheet = book.worksheet_range(table).expect("a sheet");
        let mut lines = sheet.rows();
        let header: Vec<String> = lines.next().expect("a header").iter().map(ToString::to_string).collect();
        let mut rows = of_run(table);
        if table == "dictionary" {
            rows.retain(|row| expected.contains(&row["table"].as_deref().expect("not empty")));
        }
        let read: Vec<Row> = lines
            .map(|line| header.iter().cloned().zip(line.iter().map(excel_cell)).collect::<Row>())
            .collect();
        assert_eq!(read.len(), rows.len(), "{table}");
        for (read, row) in read.iter().zip(&rows) {
            for (name, value) in row {
                let (read, value) = (read[name].as_deref(), value.as_deref());
                let is_same = match (read.map(str::parse::<f64>), value.map(str::parse::<f64>)) {
                    (Some(Ok(read)), Some(Ok(value))) => read == value,
                    _ => read == value,
                };
                assert!(is_same, "{table}.{name}: {read:?}, not {value:?}");
            }
        }
    }
}

fn excel_cell(cell: &Data) -> Option<String> {
    match cell {
        Data::Empty => None,
        Data::String(text) => Some(text.clone()),
        Data::Float(value) => Some(number(*value)),
        Data::Int(count) => Some(count.to_string()),
        Data::Bool(flag) => Some(flag.to_string()),
        Data::DateTime(moment) => {
            // Days since 30 December 1899, as Excel counts them after February 1900.
            let day = moment.as_f64() as i32 - 25_569;
            sendlens::frame::date_of(day).map(|day| day.to_string())
        }
        other => panic!("a cell holds {other:?}, {}", other.is_error()),
    }
}

/// The text of a file inside a workbook.
fn inside(workbook: &Path, name: &str) -> String {
    let bytes = fs::read(workbook).expect("a workbook");
    let archive = rawzip::ZipArchive::from_slice(&bytes).expect("a zip");
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().expect("a sound zip") {
        if entry.file_path().as_bytes() == name.as_bytes() {
            let packed = archive.get_entry(entry.wayfinder()).expect("an entry");
            let mut text = String::new();
            flate2::read::DeflateDecoder::new(packed.data()).read_to_string(&mut text).expect("XML");
            return text;
        }
    }
    panic!("there is no {name}");
}

#[test]
fn a_sheet_has_no_formula_and_a_header_that_stays_and_filters() {
    let book = EXPORTED.path("run.xlsx");
    for sheet in 1..=6 {
        let xml = inside(&book, &format!("xl/worksheets/sheet{sheet}.xml"));
        assert!(!xml.contains("<f>") && !xml.contains("<f "), "sheet {sheet} holds a formula");
        assert!(xml.contains("<autoFilter ref=\"A1:") && xml.contains("state=\"frozen\""), "sheet {sheet}");
        assert!(xml.contains("<col "), "sheet {sheet} has no widths");
    }
    assert!(inside(&book, "xl/worksheets/sheet6.xml").contains("=1+1 is what"), "text is text");
    assert!(inside(&book, "xl/styles.xml").contains("quotePrefix=\"1\""), "and stays so when it is edited");
    assert!(inside(&book, "docProps/core.xml").contains("2024-01-01T00:00:00Z"), "the day of the run");
}

#[test]
fn formulas_are_disarmed_in_exported_csv() {
    let mut disarmed = 0;
    for table in TABLES.into_iter().chain(SPREADSHEETS) {
        for row in csv(&EXPORTED.path("csv"), table) {
            for (column, cell) in &row {
                let cell = cell.as_deref().unwrap_or_default();
                let is_number = cell.parse::<f64>().is_ok();
                assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{column}: {cell}");
                disarmed += usize::from(cell.starts_with("'="));
            }
        }
    }
    assert!(disarmed >= 3, "title, passage and block");
}

/// Everything an export wrote, unpacked where it is packed.
fn all_bytes(place: &Workplace, to: &str) -> Vec<u8> {
    let path = place.path(to);
    if path.is_dir() {
        return names(&path).iter().flat_map(|name| fs::read(path.join(name)).expect("a file")).collect();
    }
    if to.ends_with(".xlsx") {
        return (1..=6)
            .flat_map(|n| inside(&path, &format!("xl/worksheets/sheet{n}.xml")).into_bytes())
            .collect();
    }
    fs::read(path).expect("a file")
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

/// A run with labels by a person, so that every table is there.
fn with_labels() -> Workplace {
    let place = Workplace::empty();
    let text = "The school bus was late on Monday. Zyxwv the children waited in the rain for an hour.";
    place.write("corpus/a.txt", &format!("School bus late\n\n{text}\n\n3 May 2021\n\nIt was the third time that week, said the Qponm council.\n"));
    place.write("sheet.csv", &format!("passage,text,transport,note\na.txt#1,\"{text}\",yes,seen\n"));
    place.run(&["--labels", "sheet.csv"]).exits(0);
    place
}

#[test]
fn without_texts_nothing_of_them_is_left() {
    let place = with_labels();
    for (format, to) in FORMATS {
        export(&place, format, to, &[]).exits(0);
        let whole = all_bytes(&place, to);
        assert!(
            holds(&whole, "Zyxwv") && holds(&whole, "Qponm"),
            "{format}: the test looks in the right place"
        );
        export(&place, format, to, &["--no-text", "--force"]).exits(0);
        let bytes = all_bytes(&place, to);
        for words in ["Zyxwv", "Qponm", "waited in the rain", "3 May 2021", "zyxwv", "qponm"] {
            assert!(!holds(&bytes, words), "{format} holds `{words}`");
        }
        assert!(holds(&bytes, "School bus late"), "{format}: the headline stays");
    }
    let database = Connection::open(place.path("run.sqlite")).expect("a database");
    let sql = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'passages_fts%'";
    let left: i64 = database.query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(left, 0, "there is no index of words");
    let kept = "SELECT count(*) FROM labels_by_person WHERE text IS NULL AND note = 'seen'";
    assert_eq!(database.query_row(kept, [], |row| row.get::<_, i64>(0)).expect("a count"), 1);
}

#[test]
fn snippets_are_the_first_words_everywhere() {
    let place = with_labels();
    for (format, to) in FORMATS {
        export(&place, format, to, &["--snippet", "20"]).exits(0);
        let bytes = all_bytes(&place, to);
        assert!(holds(&bytes, "The school bus was…"), "{format}");
        for words in ["late on Monday", "Zyxwv", "zyxwv", "Qponm", "qponm"] {
            assert!(!holds(&bytes, words), "{format} holds `{words}`");
        }
    }
    export(&place, "csv", "again", &["--snippet", "0"]).exits(2);
    export(&place, "csv", "again", &["--snippet", "9", "--no-text"]).exits(2);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let folder = |place: &Workplace, to: &str| -> BTreeMap<String, String> {
        let path: PathBuf = place.path(to);
        if path.is_dir() {
            hashes(&path)
        } else {
            BTreeMap::from([(String::new(), format!("{:?}", fs::read(path)))])
        }
    };
    let place = Workplace::with_corpus();
    place.run(&["--jobs", "1"]).exits(0);
    let mut first = Vec::new();
    for (format, to) in FORMATS {
        export(&place, format, to, &[]).exits(0);
        first.push(folder(&place, to));
    }
    place.run(&["--jobs", "3"]).exits(0);
    for ((format, to), first) in FORMATS.iter().zip(&first) {
        let args = ["export", "out", "--format", format, "-o", to, "--force"];
        let elsewhere = [("TZ", "Asia/Kathmandu"), ("LC_ALL", "tr_TR.UTF-8"), ("POLARS_MAX_THREADS", "1")];
        place.sendlens_in(&place.path(""), &elsewhere, &args).exits(0);
        assert!(&folder(&place, to) == first, "{format}");
    }
}

#[test]
fn what_exists_is_replaced_only_by_force() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    for (format, to) in FORMATS {
        export(&place, format, to, &[]).exits(0);
        export(&place, format, to, &[]).exits(2).says(&["exists already", "--force"]);
        export(&place, format, to, &["--force"]).exits(0);
    }
    place.write("csv/thesis.docx", "years of work");
    export(&place, "csv", "csv", &["--force"]).exits(2).says(&["thesis.docx", "would be lost"]);
    assert_eq!(place.read("csv/thesis.docx"), "years of work");
    assert_eq!(place.names(), ["arrow", "corpus", "csv", "out", "run.jsonl", "run.sqlite", "run.xlsx"]);
}

#[test]
fn nothing_is_written_inside_a_run() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let before = hashes(&place.path("out"));
    for to in ["out", "out/run.xlsx", "out/../out/run.xlsx", "corpus/../out"] {
        for format in ["xlsx", "csv"] {
            export(&place, format, to, &["--force"]).exits(2).says(&["lies in `out`", "hint: "]);
        }
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(place.path("out"), place.path("link")).expect("a link");
        export(&place, "jsonl", "link/run.jsonl", &[]).exits(2).says(&["lies in `out`"]);
    }
    assert_eq!(hashes(&place.path("out")), before);
    place.run(&[]).exits(0);
}

#[test]
fn a_changed_run_is_refused_and_nothing_is_left() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    place.write("out/undated.csv", "filled in by hand");
    for (format, to) in FORMATS {
        export(&place, format, to, &[]).exits(2).says(&["undated.csv` was changed since its run", "hint: "]);
    }
    fs::remove_file(place.path("out/labels.parquet")).expect("it is there");
    export(&place, "csv", "csv", &[]).exits(2).says(&["labels.parquet` is gone"]);
    export(&place, "jsonl", "-", &[]).exits(2).says(&["labels.parquet` is gone"]);
    fs::remove_file(place.path("out/run.json")).expect("it is there");
    export(&place, "csv", "csv", &[]).exits(1).says(&["cannot read `out/run.json`"]);
    export(&place, "csv", "no/where", &[]).exits(1);
    assert_eq!(place.names(), ["corpus", "out"]);
}
