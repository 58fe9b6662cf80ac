//! Any bytes as a table of articles and as a user's table.

use csv::Writer;

use sendlens::read::table::{Table, disarmed};
use sendlens::read::{self, Options};

/// Rows stand where they say, and a table that is written again says the same.
pub fn holds(bytes: &[u8]) {
    let reading = read::read("a.csv", bytes, &Options::default());
    assert!(!reading.articles.is_empty() || !reading.skipped.is_empty(), "the file vanished");
    let ids: Vec<_> = reading.articles.iter().map(|article| article.id.as_str()).collect();
    assert!(ids.windows(2).all(|pair| pair[0].len() < pair[1].len() || pair[0] < pair[1]), "{ids:?}");

    let Ok(table) = Table::parse(bytes) else { return };
    assert!(table.rows.windows(2).all(|pair| pair[0].line < pair[1].line), "lines rise");
    assert!(table.rows.iter().all(|row| row.line > 1 && !row.cells.is_empty()));
    for row in &table.rows {
        assert!(row.cells.keys().all(|column| table.columns.contains(column)), "{row:?}");
        assert!(row.cells.values().all(|cell| !cell.is_empty()), "{row:?}");
    }
    // Names of the program's own: the header of the input may fit several delimiters.
    let mut writer = Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let names = (0..table.columns.len()).map(|index| format!("c{index}"));
    writer.write_record(["url".to_owned()].into_iter().chain(names)).expect("memory");
    for row in &table.rows {
        let cells = table.columns.iter().map(|column| row.cells.get(column).map_or("", String::as_str));
        let cells = ["a.txt"].into_iter().chain(cells).map(|cell| disarmed(cell).into_owned());
        writer.write_record(cells).expect("memory");
    }
    let again = Table::parse(&writer.into_inner().expect("memory")).expect("a table of the program");
    assert_eq!(again.rows.len(), table.rows.len());
    for (row, again) in table.rows.iter().zip(&again.rows) {
        for (index, column) in table.columns.iter().enumerate() {
            assert_eq!(row.cells.get(column), again.cells.get(&format!("c{index}")), "{column}");
        }
    }
}
