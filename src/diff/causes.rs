//! What two runs were made from and with, where it differs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::record::{LABELS, METADATA, Record};

/// Something that decides results and differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What it is: corpus, version, engine, model, codebook, threshold of …, setting …, metadata, labels by a person.
    pub what: String,
    /// What it was; the beginning of a hash where it is a file.
    pub before: String,
    /// What it is now.
    pub after: String,
}

/// Letters of a hash that are shown: enough to tell two apart.
const HASH_LETTERS: usize = 12;

/// What stands for something that is not there.
const NOTHING: &str = "none";

/// Reads something of a record.
type Of<'a> = &'a dyn Fn(&Record) -> String;

/// Compares two records.
pub(super) fn causes(before: &Record, after: &Record) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut compare = |what: &str, before: String, after: String| {
        if before != after {
            causes.push(Cause { what: what.to_owned(), before, after });
        }
    };
    let both = |of: Of<'_>| (of(before), of(after));
    let records: [(&str, Of<'_>); 8] = [
        ("corpus", &|record| short(&record.input_hash)),
        ("version", &|record| record.sendlens.clone()),
        ("engine", &|record| record.engine.name.clone()),
        ("model", &|record| short(&record.engine.hash)),
        ("codebook", &|record| format!("{} ({})", record.codebook.version, short(&record.codebook.hash))),
        ("metadata", &|record| file(record, METADATA)),
        ("labels by a person", &|record| file(record, LABELS)),
        ("as-of", &|record| record.as_of.clone()),
    ];
    for (what, of) in records {
        let (before, after) = both(of);
        compare(what, before, after);
    }
    let thresholds: BTreeSet<_> =
        [before, after].iter().flat_map(|record| record.engine.thresholds.keys()).collect();
    for name in thresholds {
        let (before, after) = both(&|record| {
            record.engine.thresholds.get(name).map_or_else(|| NOTHING.to_owned(), ToString::to_string)
        });
        compare(&format!("threshold of {name}"), before, after);
    }
    let settings = [before, after].into_iter().filter_map(|record| record.configuration.as_object());
    let settings: BTreeSet<_> = settings.flat_map(|settings| settings.keys()).collect();
    // Both are compared as they were used, whatever they were set to.
    for key in settings.into_iter().filter(|key| !["threshold", "engine"].contains(&key.as_str())) {
        let (before, after) = both(&|record| record.setting(key).unwrap_or(NOTHING).to_owned());
        compare(&format!("setting {key}"), before, after);
    }
    causes
}

/// The hash of a file that the user gave; the record holds that of what was kept of it.
fn file(record: &Record, name: &str) -> String {
    record.files.get(name).map_or_else(|| NOTHING.to_owned(), |hash| short(hash))
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_and_nothing_else() {
        let mut before = Record { input_hash: "abc".into(), sendlens: "1".into(), ..Record::default() };
        before.configuration = serde_json::json!({ "period": { "value": "month", "origin": "default" } });
        before.engine.thresholds.insert("transport".into(), 0.5);
        assert_eq!(causes(&before, &before), []);
        let mut after = before.clone();
        after.input_hash = "def".into();
        after.configuration = serde_json::json!({ "period": { "value": "month", "origin": "flag" },
            "by": { "value": "outlet", "origin": "flag" } });
        after.engine.thresholds.insert("transport".into(), 0.9);
        after.files.insert(LABELS.into(), "0123456789abcdef".into());
        let found: Vec<_> = causes(&before, &after)
            .into_iter()
            .map(|cause| format!("{}: {} → {}", cause.what, cause.before, cause.after))
            .collect();
        let expected = [
            "corpus: abc → def",
            "labels by a person: none → 0123456789ab",
            "threshold of transport: 0.5 → 0.9",
            "setting by: none → outlet",
        ];
        assert_eq!(found, expected);
    }
}
