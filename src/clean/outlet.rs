//! One spelling per outlet: "bbc.co.uk", "BBC" and "BBC News" are one.
//!
//! *Takes* a name or host as a source gives it. *Gives* the name used in tables. What is not in the table stays
//! as it is, but for `www.` before a host and for names written all in capitals.

/// Names with the other spellings and hosts they are found under, in lower case.
const OUTLETS: [(&str, &[&str]); 44] = [
    ("BBC News", &["bbc", "bbc news online", "bbc.co.uk", "bbc.com", "news.bbc.co.uk"]),
    ("Belfast Telegraph", &["belfasttelegraph.co.uk"]),
    ("Birmingham Live", &["birminghamlive", "birminghammail.co.uk", "birmingham mail"]),
    ("Birmingham Post", &["birminghampost.co.uk"]),
    ("Bristol Live", &["bristolpost.co.uk", "bristol post", "bristollive"]),
    ("Bristol24/7", &["bristol247.com"]),
    ("Cambridge Independent", &["cambridgeindependent.co.uk"]),
    ("Channel 4 News", &["channel4.com"]),
    ("Children & Young People Now", &["cypnow.co.uk", "cyp now"]),
    ("Community Care", &["communitycare.co.uk"]),
    ("Coventry Live", &["coventrytelegraph.net", "coventry telegraph"]),
    ("Daily Express", &["express.co.uk", "express", "the express"]),
    ("Daily Mail", &["dailymail.co.uk", "mailonline", "mail online", "the daily mail"]),
    ("Daily Mirror", &["mirror.co.uk", "the mirror", "mirror online"]),
    ("Daily Record", &["dailyrecord.co.uk"]),
    ("Disability News Service", &["disabilitynewsservice.com"]),
    ("Eastern Daily Press", &["edp24.co.uk"]),
    ("Evening Standard", &["standard.co.uk", "the standard", "london evening standard"]),
    ("GOV.UK", &[]),
    ("Huffington Post UK", &["huffingtonpost.co.uk", "huffpost uk"]),
    ("ITV News", &["itv.com", "itv"]),
    ("Kent Online", &["kentonline.co.uk", "kentonline"]),
    ("Leeds Live", &["leeds-live.co.uk"]),
    ("Liverpool Echo", &["liverpoolecho.co.uk"]),
    ("Local Government Chronicle", &["lgcplus.com", "lgc"]),
    ("Manchester Evening News", &["manchestereveningnews.co.uk", "men"]),
    ("Metro", &["metro.co.uk"]),
    ("Nation.Cymru", &[]),
    ("Nottinghamshire Live", &["nottinghampost.com", "nottingham post"]),
    ("Schools Week", &["schoolsweek.co.uk"]),
    ("Sky News", &["news.sky.com", "sky"]),
    ("Special Needs Jungle", &["specialneedsjungle.com"]),
    ("Tes", &["tes.com", "tes magazine"]),
    ("The Argus", &["theargus.co.uk"]),
    ("The Daily Telegraph", &["telegraph.co.uk", "the telegraph", "daily telegraph"]),
    ("The Guardian", &["theguardian.com", "guardian", "guardian.co.uk", "the observer"]),
    ("The Herald", &["heraldscotland.com"]),
    ("The Independent", &["independent.co.uk", "independent"]),
    ("The Scotsman", &["scotsman.com", "scotsman"]),
    ("The Sun", &["thesun.co.uk"]),
    ("The Times", &["thetimes.co.uk", "thetimes.com", "times"]),
    ("WalesOnline", &["walesonline.co.uk", "wales online"]),
    ("York Press", &["yorkpress.co.uk"]),
    ("Yorkshire Post", &["yorkshirepost.co.uk", "the yorkshire post"]),
];

/// The name that tables use for the outlet given as `given`.
#[must_use]
pub fn canonical(given: &str) -> String {
    let lower = given.trim().to_lowercase();
    let bare = lower.strip_prefix("www.").unwrap_or(&lower);
    for (name, spellings) in OUTLETS {
        if name.to_lowercase() == bare || spellings.contains(&bare) {
            return name.to_owned();
        }
    }
    if is_host(bare) {
        return bare.to_owned();
    }
    let letters = || given.chars().filter(|letter| letter.is_alphabetic());
    if given.contains(' ') && letters().all(char::is_uppercase) {
        title_case(given)
    } else {
        given.to_owned()
    }
}

fn is_host(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        })
}

fn title_case(text: &str) -> String {
    let mut is_first = true;
    let mut title = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_first {
            title.push(letter)
        } else {
            title.extend(letter.to_lowercase())
        }
        is_first = !letter.is_alphanumeric() && letter != '\'' && letter != '’';
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlet_has_one_spelling() {
        for given in ["BBC", "bbc.co.uk", "www.bbc.com", "BBC News", "BBC NEWS"] {
            assert_eq!(canonical(given), "BBC News");
        }
        assert_eq!(canonical("www.harrowmere-echo.example"), "harrowmere-echo.example");
        assert_eq!(canonical("STANNICK MERCURY"), "Stannick Mercury");
        assert_eq!(canonical("Vale Radio News"), "Vale Radio News");
        assert_eq!(canonical("FE Week"), "FE Week");
    }

    #[test]
    fn the_table_is_sorted_and_no_spelling_is_claimed_twice() {
        assert!(OUTLETS.is_sorted_by_key(|(name, _)| *name));
        let mut seen = std::collections::BTreeSet::new();
        for (name, spellings) in OUTLETS {
            assert!(seen.insert(name.to_lowercase()), "{name}");
            for spelling in spellings {
                assert!(seen.insert((*spelling).to_owned()), "{spelling}");
            }
        }
    }
}
