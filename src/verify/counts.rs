//! Numbers of rows as `run.json` counts them, and ids that name one thing each.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Check, Faults, Run, shown};
use crate::article::passage_id;
use crate::error::Result;
use crate::frame::{self, column, schema};
use crate::written::by_passage;

/// Checks the counts of `run.json` and the ids in `undated.csv`.
pub(super) fn counts(run: &Run<'_>) -> Check {
    let counts = &run.record.counts;
    let detail = format!(
        "counts of run.json: {} articles, {} passages ({} counted), {} blocks, {} skipped",
        counts.articles, counts.passages, counts.passages_counted, counts.blocks, counts.skipped
    );
    match compare(run) {
        Ok(faults) => faults.into_check("counts", detail),
        Err(error) => Check::failed("counts", detail, error.to_string()),
    }
}

fn compare(run: &Run<'_>) -> Result<Faults> {
    let mut faults = Faults::default();
    let counts = &run.record.counts;
    let period = run.record.period();
    let skipped = frame::read_csv(&run.out.join("skipped.csv"), &schema::skipped())?;
    let undated = frame::read_csv(&run.out.join("undated.csv"), &schema::undated())?;
    let of = |holds: &dyn Fn(&crate::written::Article<'_>) -> bool| {
        run.articles.iter().filter(|article| holds(article)).count()
    };
    let counted = run.passages.iter().filter(|passage| passage.is_counted).count();
    let themes = run.record.codebook.themes.len();
    let not_counted = counts.articles_other_language + counts.articles_truncated;
    for (what, said, found) in [
        ("articles", counts.articles, run.articles.len()),
        ("passages", counts.passages, run.passages.len()),
        ("passages_counted", counts.passages_counted, counted),
        ("blocks", counts.blocks, run.blocks.len()),
        ("skipped", counts.skipped, skipped.height()),
        ("articles_undated", counts.articles_undated, of(&|article| article.period(period).is_none())),
        ("articles_without_body", counts.articles_without_body, of(&|article| article.passages == 0)),
        ("articles_other_language + articles_truncated", not_counted, of(&|article| !article.is_counted)),
        ("passages_counted times themes", counts.passages_counted * themes as u64, run.labels.len()),
    ] {
        faults.compare(said, found as u64, || format!("{what} in run.json"));
    }
    let wanted: Vec<_> = run.articles.iter().filter(|article| article.period(period).is_none()).collect();
    let listed = column::texts(&undated, schema::name::ARTICLE)?;
    if !listed.iter().copied().eq(wanted.iter().map(|article| Some(article.id))) {
        faults.add(|| {
            format!("undated.csv lists {} articles, of which not all are the undated ones", listed.len())
        });
    }
    Ok(faults)
}

/// Checks that ids are unique and lead from table to table.
pub(super) fn ids(run: &Run<'_>) -> Check {
    let mut faults = Faults::default();
    let mut seen = HashSet::new();
    for article in run.articles.iter().filter(|article| !seen.insert(article.id)) {
        faults.add(|| format!("article {} stands twice", article.id));
    }
    let mut positions = HashMap::<&str, i64>::new();
    let mut passages = HashMap::new();
    for passage in &run.passages {
        if passages.insert(passage.id, passage).is_some() {
            faults.add(|| format!("passage {} stands twice", passage.id));
        }
        if !run.by_id.contains_key(passage.article) {
            faults.add(|| format!("passage {} is of an article that is not there", passage.id));
        }
        let position = positions.entry(passage.article).or_default();
        *position += 1;
        faults.compare(passage.position, *position, || format!("the position of passage {}", passage.id));
        let wanted = usize::try_from(passage.position).map(|position| passage_id(passage.article, position));
        if wanted.is_ok_and(|wanted| wanted != passage.id) {
            faults.add(|| format!("passage {} is not named after article and position", passage.id));
        }
        if let Some(lead_in) = passage.lead_in
            && passages.get(lead_in).is_none_or(|lead_in| lead_in.article != passage.article)
        {
            faults.add(|| format!("the lead-in of {}, {lead_in}, does not come before it", passage.id));
        }
    }
    let themes = &run.record.codebook.themes;
    let labels = by_passage(&run.labels);
    for (id, labels) in labels.iter().collect::<BTreeMap<_, _>>() {
        let Some(passage) = passages.get(*id).filter(|passage| passage.is_counted) else {
            faults.add(|| format!("labels are of {id}, which is no counted passage"));
            continue;
        };
        if !labels.iter().map(|label| label.theme).eq(themes.iter().map(String::as_str)) {
            faults.add(|| format!("the labels of {} are not one for each theme, in order", passage.id));
        }
    }
    for passage in run.passages.iter().filter(|passage| passage.is_counted) {
        if !labels.contains_key(passage.id) {
            faults.add(|| format!("the counted passage {} has no labels", passage.id));
        }
    }
    let mut clusters = HashMap::<_, i64>::new();
    for cluster in run.articles.iter().filter_map(|article| article.cluster) {
        *clusters.entry(cluster).or_default() += 1;
    }
    for article in &run.articles {
        let copies = article.cluster.map_or(1, |cluster| clusters[cluster]);
        faults.compare(article.copies, copies, || {
            format!("copies of {} in cluster {}", article.id, shown(article.cluster))
        });
    }
    faults.into_check(
        "ids",
        format!(
            "ids of {} articles, {} passages and {} labels",
            run.articles.len(),
            run.passages.len(),
            run.labels.len()
        ),
    )
}
