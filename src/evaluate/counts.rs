//! What decisions and labels have in common, counted: the integers behind every measure, one set per article.

use std::ops::AddAssign;

use serde::Serialize;

use super::agreement::{Scale, alpha};
use crate::score::{Labels, Sentiment};

/// Decisions about one label against the truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Given and deserved.
    pub hits: u64,
    /// Given, not deserved.
    pub false_alarms: u64,
    /// Deserved, not given.
    pub misses: u64,
    /// Neither given nor deserved.
    pub rejections: u64,
}

impl Counts {
    /// Counts one decision.
    pub fn add(&mut self, is_given: bool, is_deserved: bool) {
        match (is_given, is_deserved) {
            (true, true) => self.hits += 1,
            (true, false) => self.false_alarms += 1,
            (false, true) => self.misses += 1,
            (false, false) => self.rejections += 1,
        }
    }

    /// Passages that deserve the label.
    #[must_use]
    pub fn support(&self) -> u64 {
        self.hits + self.misses
    }

    /// Share of the passages given the label that deserve it; `None` if it was given to none.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.hits, self.hits + self.false_alarms)
    }

    /// Share of the passages that deserve the label that were given it; `None` if none deserves it.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.hits, self.support())
    }

    /// Harmonic mean of precision and recall, 2·hits / (2·hits + false alarms + misses); `None` if the
    /// label was neither given nor deserved.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)
    }

    /// Krippendorff's alpha of decision and truth; `None` if all are the same.
    #[must_use]
    pub fn alpha(&self) -> Option<f64> {
        alpha(&[[self.rejections, self.false_alarms], [self.misses, self.hits]], Scale::Nominal)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.false_alarms += other.false_alarms;
        self.misses += other.misses;
        self.rejections += other.rejections;
    }
}

/// All counts of some passages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Passages.
    pub passages: u64,
    /// One per theme.
    pub themes: Vec<Counts>,
    /// About SEND.
    pub relevant: Counts,
    /// About something else, the rarer side of the same decision: giving `relevant` to everything looks good
    /// on the other side.
    pub off_topic: Counts,
    /// Passages about SEND by true sentiment (rows) and given sentiment (columns), both in the order of
    /// [`Sentiment::ALL`].
    pub confusion: [[u64; 3]; 3],
}

/// The truth about one passage; `None` where nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth<'a> {
    /// One per theme.
    pub themes: &'a [Option<bool>],
    /// Whether it is about SEND.
    pub is_relevant: Option<bool>,
    /// Its sentiment.
    pub sentiment: Option<Sentiment>,
}

impl Tallied {
    /// Nothing counted yet, for this number of themes.
    #[must_use]
    pub fn new(themes: usize) -> Self {
        Self { themes: vec![Counts::default(); themes], ..Self::default() }
    }

    /// Counts the decision about one passage.
    pub fn add(&mut self, truth: Truth<'_>, given: &Labels) {
        self.passages += 1;
        for ((counts, truth), given) in self.themes.iter_mut().zip(truth.themes).zip(&given.themes) {
            if let Some(is_deserved) = truth {
                counts.add(*given, *is_deserved);
            }
        }
        if let Some(is_relevant) = truth.is_relevant {
            self.relevant.add(given.is_relevant, is_relevant);
            self.off_topic.add(!given.is_relevant, !is_relevant);
        }
        // What passages about something else say of it is not asked.
        if let Some(sentiment) = truth.sentiment.filter(|_| truth.is_relevant != Some(false)) {
            self.confusion[sentiment as usize][given.sentiment as usize] += 1;
        }
    }

    /// The counts of one sentiment against the two others.
    #[must_use]
    pub fn sentiment(&self, sentiment: Sentiment) -> Counts {
        let class = sentiment as usize;
        let hits = self.confusion[class][class];
        let given: u64 = self.confusion.iter().map(|row| row[class]).sum();
        let deserved: u64 = self.confusion[class].iter().sum();
        let all: u64 = self.confusion.as_flattened().iter().sum();
        let rejections = all + hits - given - deserved;
        Counts { hits, false_alarms: given - hits, misses: deserved - hits, rejections }
    }

    /// Mean of the themes' F1; `None` if no theme has one.
    #[must_use]
    pub fn macro_f1(&self) -> Option<f64> {
        mean(self.themes.iter().map(Counts::f1))
    }

    /// F1 over all decisions about all themes together.
    #[must_use]
    pub fn micro_f1(&self) -> Option<f64> {
        let mut all = Counts::default();
        self.themes.iter().for_each(|counts| all += *counts);
        all.f1()
    }

    /// Mean of the three sentiments' F1; `None` if none was labelled.
    #[must_use]
    pub fn sentiment_macro_f1(&self) -> Option<f64> {
        mean(Sentiment::ALL.map(|sentiment| self.sentiment(sentiment).f1()).into_iter())
    }

    /// Share of the passages about SEND that were given their sentiment.
    #[must_use]
    pub fn sentiment_accuracy(&self) -> Option<f64> {
        let right = (0..3).map(|class| self.confusion[class][class]).sum();
        share(right, self.confusion.as_flattened().iter().sum())
    }

    /// Krippendorff's alpha of given and true sentiment, in their order; `None` if all are the same.
    #[must_use]
    pub fn sentiment_alpha(&self) -> Option<f64> {
        alpha(&self.confusion, Scale::Ordinal)
    }
}

impl AddAssign<&Tallied> for Tallied {
    fn add_assign(&mut self, other: &Self) {
        self.passages += other.passages;
        self.relevant += other.relevant;
        self.off_topic += other.off_topic;
        for (counts, other) in self.themes.iter_mut().zip(&other.themes) {
            *counts += *other;
        }
        for (counts, other) in
            self.confusion.as_flattened_mut().iter_mut().zip(other.confusion.as_flattened())
        {
            *counts += other;
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Mean of the values that are defined.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = values.flatten().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_agree_with_those_worked_out_by_hand() {
        let counts = Counts { hits: 3, false_alarms: 1, misses: 2, rejections: 4 };
        assert_eq!(counts.precision(), Some(0.75));
        assert_eq!(counts.recall(), Some(0.6));
        assert_eq!(counts.f1(), Some(6.0 / 9.0));
        assert_eq!(Counts::default().f1(), None);
        let tallied = Tallied {
            passages: 10,
            themes: vec![counts, Counts { hits: 1, rejections: 9, ..Counts::default() }, Counts::default()],
            relevant: Counts::default(),
            off_topic: Counts::default(),
            // Rows: true; columns: given.
            confusion: [[4, 1, 0], [1, 2, 1], [0, 0, 1]],
        };
        assert_eq!(tallied.macro_f1(), Some((6.0 / 9.0 + 1.0) / 2.0));
        assert_eq!(tallied.micro_f1(), Some(8.0 / 11.0));
        assert_eq!(
            tallied.sentiment(Sentiment::Neutral),
            Counts { hits: 2, false_alarms: 1, misses: 2, rejections: 5 }
        );
        assert_eq!(tallied.sentiment_accuracy(), Some(0.7));
        let expected = (8.0 / 10.0 + 4.0 / 7.0 + 2.0 / 3.0) / 3.0;
        assert!((tallied.sentiment_macro_f1().expect("labelled") - expected).abs() < 1e-12);
    }

    #[test]
    fn what_nobody_looked_for_is_not_counted() {
        let mut tallied = Tallied::new(2);
        let given = Labels { is_relevant: true, themes: vec![true, true], sentiment: Sentiment::Negative };
        let sentiment = Some(Sentiment::Negative);
        tallied.add(Truth { themes: &[None, Some(true)], is_relevant: None, sentiment }, &given);
        tallied.add(Truth { themes: &[None, Some(false)], is_relevant: Some(false), sentiment }, &given);
        assert_eq!(tallied.themes[0], Counts::default());
        assert_eq!(tallied.themes[1], Counts { hits: 1, false_alarms: 1, ..Counts::default() });
        assert_eq!(tallied.relevant, Counts { false_alarms: 1, ..Counts::default() });
        assert_eq!(tallied.off_topic, Counts { misses: 1, ..Counts::default() });
        assert_eq!(tallied.confusion, [[1, 0, 0], [0, 0, 0], [0, 0, 0]]);
    }
}
