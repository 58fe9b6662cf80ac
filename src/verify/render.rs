//! Checks as text for people and as JSON for programs.

use std::fmt::Write;

use super::{Check, State, Verified};
use crate::look::Look;
use crate::plain;

/// Columns before what a check says of itself.
const INDENT: usize = 25;

impl State {
    /// The state in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::NotChecked => "not checked",
        }
    }
}

/// A line or more for each check, and a last one that sums up.
#[must_use]
pub fn text(verified: &Verified, look: &Look) -> String {
    let mut text = String::new();
    for check in &verified.checks {
        line(&mut text, check, look);
    }
    let _ = write!(text, "\n{} checks ok", verified.count(State::Ok));
    for (state, name) in [(State::Failed, "failed"), (State::NotChecked, "not checked")] {
        let count = verified.count(state);
        if count > 0 {
            let _ = write!(text, ", {count} {name}");
        }
    }
    text.push('\n');
    text
}

fn line(text: &mut String, check: &Check, look: &Look) {
    let state = format!("{:11}", check.state.as_str());
    let state = match check.state {
        State::Ok => look.sentiment("positive", &state),
        State::Failed => look.fault(&state),
        State::NotChecked => look.aside(&state),
    };
    let said = match check.faults {
        0 => check.detail.clone(),
        1 => format!("{}: 1 fault", check.detail),
        faults => format!("{}: {faults} faults", check.detail),
    };
    let lines = look.wrap(&plain::line(&said), INDENT);
    let _ = writeln!(text, "{state}  {:10}  {}", check.name, lines[0]);
    for line in &lines[1..] {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
    for example in &check.examples {
        for (number, line) in look.wrap(&plain::line(example), INDENT + 2).iter().enumerate() {
            let _ = writeln!(text, "{:INDENT$}{}{line}", "", if number == 0 { "- " } else { "  " });
        }
    }
    let rest = check.faults - check.examples.len() as u64;
    if rest > 0 {
        let _ = writeln!(text, "{:INDENT$}- and {rest} more", "");
    }
}

/// The checks as JSON, with `holds` for whether none failed.
#[must_use]
pub fn json(verified: &Verified) -> String {
    let value = serde_json::json!({ "holds": verified.holds(), "checks": verified.checks });
    let mut json = serde_json::to_string_pretty(&value).expect("checks are plain data");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_shown_and_cannot_drive_a_terminal() {
        let check = |name, state, faults, examples: &[&str]| Check {
            name,
            state,
            detail: "2 files".to_owned(),
            faults,
            examples: examples.iter().map(|example| (*example).to_owned()).collect(),
        };
        let checks = vec![
            check("files", State::Failed, 3, &["a\u{1b}[2Jb.csv is gone"]),
            check("scores", State::NotChecked, 0, &[]),
        ];
        let verified = Verified { checks };
        let expected = "FAILED       files       2 files: 3 faults
                         - ab.csv is gone
                         - and 2 more
not checked  scores      2 files

0 checks ok, 1 failed, 1 not checked
";
        assert_eq!(text(&verified, &Look::default()), expected);
        assert!(json(&verified).contains("\"state\": \"not_checked\""));
    }
}
