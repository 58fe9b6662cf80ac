//! Invented page dumps and pages for measuring: as many as wanted, no two passages alike, the same for the same seed.

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): one multiplication chain per number, no state to seed badly.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const PLACES: [&str; 12] = [
    "Harrowmere",
    "Northolme",
    "Stannick",
    "Ebberly",
    "Corve Bridge",
    "Wend",
    "Aldermoor",
    "Tarrow",
    "Pelling",
    "Ostrey",
    "Marlbeck",
    "Fenwith",
];
const WHO: [&str; 14] = [
    "The council",
    "Inspectors",
    "Parents",
    "A cabinet member",
    "The director of children's services",
    "Campaigners",
    "The tribunal",
    "Head teachers",
    "An opposition councillor",
    "The improvement board",
    "A mother of two",
    "Officers",
    "The parent carer forum",
    "Ministers",
];
const DID: [&str; 14] = [
    "said that",
    "was told that",
    "reported that",
    "warned that",
    "found that",
    "accepted that",
    "denied that",
    "wrote that",
    "learned that",
    "admitted that",
    "argued that",
    "noted that",
    "hoped that",
    "feared that",
];
const WHAT: [&str; 16] = [
    "taxis to the special school had been withdrawn",
    "plans were being issued later than the law allows",
    "the high needs budget had been overspent",
    "a new unit would open with places for pupils",
    "children had been out of school for months",
    "the head of service had left after a short time",
    "attendance had risen at most of the schools",
    "a motion on the policy would be debated",
    "families had to wait for speech therapy",
    "the strategy would be written again",
    "passenger assistants had not been trained",
    "the minister had asked for a report",
    "the number of appeals had doubled",
    "staff from two agencies now met each week",
    "the building needed another roof",
    "the results were better than those of the year before",
];
const WHEN: [&str; 10] = [
    "in the spring",
    "since September",
    "after the review",
    "before the election",
    "last year",
    "within weeks",
    "despite the pledge",
    "by the end of term",
    "for a third time",
    "over the summer",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The `number`-th page dump: about 25 lines, 3 KB, with the furniture of a real one.
pub(crate) fn article(number: usize) -> String {
    let mut random = Random(number as u64);
    let place = random.pick(&PLACES);
    let day = 1 + random.below(28);
    let month = random.pick(&MONTHS);
    let year = 2018 + random.below(8);
    let mut text = format!(
        "{place} SEND services: report {number} on {}\n\nPublished {day} {month} {year}\n\nImage source, PA Media\nImage caption,\n\nPupils at a school in {place}\n\n",
        random.pick(&WHEN)
    );
    for paragraph in 0..12 + random.below(6) {
        text.push_str(&sentence(&mut random));
        if random.below(3) == 0 {
            text.push(' ');
            text.push_str(&sentence(&mut random));
        }
        // Makes each passage the only one of its kind.
        text.push_str(&format!(" The figure was {number}.{paragraph:02}.\n\n"));
        if paragraph == 6 {
            text.push_str("What the report says\n\n");
        }
    }
    text.push_str("Related topics\n\n- Published 3 March 2018\n\nThe publisher is not responsible for the content of external sites.\n");
    text
}

/// The `number`-th article as a page of 110 KB, the median of the pages that extractors are measured on: state and
/// styles in the head, menus, the article, teasers of other stories, a footer.
pub(crate) fn page(number: usize) -> String {
    let mut random = Random(!(number as u64));
    let dump = article(number);
    let mut lines = dump.lines().filter(|line| !line.is_empty());
    let title = lines.next().unwrap_or_default();
    let state: String = (0..950)
        .map(|_| format!("{{\"id\":{:016x},\"text\":\"{}\"}},", random.next(), random.pick(&WHAT)))
        .collect();
    let styles: String = (0..200)
        .map(|rule| {
            format!(".c{rule}{{margin:{}px;color:#{:06x}}}\n", random.below(40), random.below(1 << 24))
        })
        .collect();
    let menu: String = (0..80)
        .map(|item| format!("<li class=\"c{item}\"><a href=\"/{item}/\">{}</a></li>\n", random.pick(&PLACES)))
        .collect();
    let body: String = lines.map(|line| format!("<p class=\"text\">{line}</p>\n")).collect();
    let teasers: String = (0..60)
        .map(|item| {
            format!(
                "<div class=\"card c{item}\"><div class=\"inner\"><a href=\"/story/{item}\"><img src=\"/{:016x}.jpg\" alt=\"{}\"></a>\
                 <h3><a href=\"/story/{item}\">{} {}</a></h3><span class=\"when\">{} hours ago</span></div></div>\n",
                random.next(),
                random.pick(&PLACES),
                random.pick(&WHO),
                random.pick(&WHAT),
                random.below(24),
            )
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n<style>{styles}</style>\n\
         <script>window.state=[{state}]</script></head>\n<body><header><nav><ul>{menu}</ul></nav></header>\n<main>\
         <article><h1>{title}</h1>\n{body}</article></main>\n<aside>{teasers}</aside>\n<footer><ul>{menu}</ul>\
         <p>All rights reserved.</p></footer></body></html>\n"
    )
}

fn sentence(random: &mut Random) -> String {
    format!(
        "{} in {} {} {} {}, while {} {} {}.",
        random.pick(&WHO),
        random.pick(&PLACES),
        random.pick(&DID),
        random.pick(&WHAT),
        random.pick(&WHEN),
        random.pick(&WHO).to_lowercase(),
        random.pick(&DID),
        random.pick(&WHAT),
    )
}
