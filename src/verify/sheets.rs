//! Spreadsheets of frequencies say what the Parquet table says.

use super::frequencies::cells_of;
use super::{Check, Faults, Run, shown};
use crate::error::Result;
use crate::frame::schema::{self, Kind};
use crate::frame::{self, column};
use crate::written::{self, Frequency, Key};

/// Checks the long sheet and the two wide ones.
pub(super) fn sheets(run: &Run<'_>) -> Check {
    let detail =
        "theme_by_date.csv, theme_shares_wide.csv and theme_counts_wide.csv against the Parquet table";
    let mut faults = Faults::default();
    let compared = long(run, &mut faults)
        .and_then(|()| wide(run, "theme_shares_wide", Kind::Number, &mut faults))
        .and_then(|()| wide(run, "theme_counts_wide", Kind::Integer, &mut faults));
    if let Err(error) = compared {
        faults.add(|| error.to_string());
    }
    faults.into_check("sheets", detail)
}

/// A key as a spreadsheet can say it, where an empty text is nothing.
fn as_in_csv(key: &Key) -> Key {
    let group = key.group.iter().map(|value| value.clone().filter(|value| !value.is_empty()));
    Key { group: group.collect(), ..key.clone() }
}

fn long(run: &Run<'_>, faults: &mut Faults) -> Result<()> {
    let by = run.record.by();
    let sheet = frame::read_csv(&run.out.join("theme_by_date.csv"), &schema::theme_by_date(&by))?;
    let rows = written::frequencies(&sheet, &by)?;
    faults
        .compare(rows.len(), run.frequencies.len(), || "the number of rows of theme_by_date.csv".to_owned());
    for (found, wanted) in rows.iter().zip(&run.frequencies) {
        faults.compare(as_in_csv(&found.key), as_in_csv(&wanted.key), || {
            "a row of theme_by_date.csv".to_owned()
        });
        for ((column, found_cell), (_, wanted_cell)) in cells_of(found).into_iter().zip(cells_of(wanted)) {
            faults.compare(found_cell, wanted_cell, || {
                format!("{column} of {} in theme_by_date.csv", found.key)
            });
        }
    }
    Ok(())
}

/// Compares a sheet with a column per theme; whole numbers are passages, others shares.
fn wide(run: &Run<'_>, table: &'static str, kind: Kind, faults: &mut Faults) -> Result<()> {
    let (by, themes) = (run.record.by(), &run.record.codebook.themes);
    let schema = schema::wide(table, &by, themes, kind, "");
    let sheet = frame::read_csv(&run.out.join(table).with_extension("csv"), &schema)?;
    let dates = column::dates(&sheet, schema::name::DATE)?;
    let periods = column::texts(&sheet, "period")?;
    let groups = by.iter().map(|name| column::texts(&sheet, name)).collect::<Result<Vec<_>>>()?;
    let cells = themes.iter().map(|theme| match kind {
        Kind::Integer => Ok(column::integers(&sheet, theme)?.into_iter().map(shown).collect::<Vec<_>>()),
        _ => Ok(column::numbers(&sheet, theme)?.into_iter().map(shown).collect()),
    });
    let cells = cells.collect::<Result<Vec<_>>>()?;
    let is_theme = |row: &&Frequency| themes.contains(&row.key.theme);
    let mut wanted = run.frequencies.iter().filter(is_theme);
    let rows = run.frequencies.iter().filter(is_theme).count();
    faults.compare(sheet.height() * themes.len(), rows, || format!("the number of cells of {table}.csv"));
    for row in 0..sheet.height() {
        let group: Vec<_> = groups.iter().map(|values| values[row].map(str::to_owned)).collect();
        for (theme, cells) in themes.iter().zip(&cells) {
            let Some(wanted) = wanted.next() else { return Ok(()) };
            let key = Key { date: dates[row], group: group.clone(), theme: theme.clone() };
            let number =
                if kind == Kind::Integer { wanted.passages.to_string() } else { shown(wanted.share) };
            faults.compare(&cells[row], &number, || format!("{key} in {table}.csv"));
            faults.compare(shown(periods[row]), wanted.period.clone(), || {
                format!("the period of {key} in {table}.csv")
            });
            faults.compare(as_in_csv(&key), as_in_csv(&wanted.key), || format!("a cell of {table}.csv"));
        }
    }
    Ok(())
}
