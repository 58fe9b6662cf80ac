//! A sample of passages, scored again by the engine of the run.

use super::{Check, Faults, Run};
use crate::engine::{self, Classifier, EngineConfig, Input};
use crate::random::Random;
use crate::score::Scores;
use crate::written::{by_passage, scores_of};

/// Chooses the sample; the same passages each time.
const SEED: u64 = 1;

/// How far scores may lie apart where other arithmetic computes them: kernels add in another order, which moves a
/// probability by about a millionth.
const TOLERANCE: f32 = 1e-4;

/// Checks that the engine gives the scores that it gave.
pub(super) fn scores(run: &Run<'_>, sample: usize) -> Check {
    if sample == 0 {
        return Check::not_checked("scores", "no sample is wanted");
    }
    let engine = match engine_of(run) {
        Ok(engine) => engine,
        Err(why) => return Check::not_checked("scores", why),
    };
    rescored(run, engine.as_ref(), sample)
}

/// The engine of the run, or why it cannot be had.
fn engine_of(run: &Run<'_>) -> Result<Box<dyn Classifier>, String> {
    let environment = &run.record.environment;
    let config: EngineConfig = serde_json::from_value(environment["engine"].clone())
        .map_err(|_| "run.json does not say which engine scored".to_owned())?;
    let codebook = environment["codebook"].as_str().map(std::path::Path::new);
    let codebook = engine::codebook(&config, codebook)
        .map_err(|error| format!("the codebook of the run cannot be read: {error}"))?;
    let engine = engine::open(&config, &codebook)
        .map_err(|error| format!("the engine of the run cannot be opened: {error}"))?;
    let recorded = &run.record.engine;
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    if engine.hash() != recorded.hash || engine.labels().themes != run.record.codebook.themes {
        return Err(format!(
            "the engine is another: {} with the hash {}… scored, here is {} with {}…",
            recorded.name,
            short(&recorded.hash),
            engine.name(),
            short(engine.hash())
        ));
    }
    Ok(engine)
}

fn rescored(run: &Run<'_>, engine: &dyn Classifier, sample: usize) -> Check {
    let mut places: Vec<_> =
        (0..run.passages.len()).filter(|place| run.passages[*place].is_counted).collect();
    let all = places.len();
    Random::new(SEED).shuffle(&mut places);
    places.truncate(sample);
    places.sort_unstable();
    let inputs: Vec<_> = places.iter().map(|place| input(run, *place)).collect();
    let name = "scores";
    let scored = match engine.score(&inputs) {
        Ok(scored) => scored,
        Err(error) => return Check::not_checked(name, format!("the engine breaks down: {error}")),
    };
    // Runs of earlier versions do not say what computed.
    let is_same = run.record.environment["arithmetic"].as_str() == Some(engine.arithmetic());
    let allowed = if is_same { 0.0 } else { TOLERANCE };
    let labels = by_passage(&run.labels);
    let mut faults = Faults::default();
    let mut farthest = 0.0_f32;
    for (place, again) in places.iter().zip(&scored) {
        let passage = &run.passages[*place];
        let found = labels.get(passage.id).map(Vec::as_slice).unwrap_or_default();
        let found = scores_of(passage, found, |label| label.score_alone);
        let Some(distance) = found.as_ref().and_then(|found| distance(found, again)) else {
            faults.add(|| format!("passage {} has other tokens or lacks a score", passage.id));
            continue;
        };
        farthest = farthest.max(distance);
        if distance > allowed {
            faults.add(|| format!("a score of passage {} is {distance:.2e} from what it is now", passage.id));
        }
    }
    let how = if farthest == 0.0 {
        "the same to the last bit".to_owned()
    } else if is_same {
        format!("the same to {farthest:.1e}, where every bit should be the same")
    } else {
        format!("the same to {farthest:.1e}, with {TOLERANCE:.0e} allowed")
    };
    faults.into_check(
        name,
        format!("{} of {all} passages scored again by {}: {how}", places.len(), engine.name()),
    )
}

/// What the engine was given of a passage.
fn input<'a>(run: &'a Run<'_>, place: usize) -> Input<'a> {
    let passage = &run.passages[place];
    let before = place.checked_sub(1).map(|before| &run.passages[before]);
    let before = before.filter(|before| before.article == passage.article && before.kind != "headline");
    Input {
        text: passage.text,
        headline: run.article(passage.article).and_then(|article| article.title),
        before: before.map(|before| before.text),
    }
}

/// The farthest that two scores of one kind lie apart; `None` if they are of other lengths or tokens.
fn distance(one: &Scores, other: &Scores) -> Option<f32> {
    let tokens = |scores: &Scores| (scores.tokens, scores.truncated_tokens, scores.themes.len());
    if tokens(one) != tokens(other) {
        return None;
    }
    let all = |scores: &Scores| {
        let themes = scores.themes.iter().copied();
        themes.chain([scores.relevant]).chain(scores.sentiment).collect::<Vec<_>>()
    };
    let pairs = all(one).into_iter().zip(all(other));
    pairs
        .map(|(one, other)| if one.to_bits() == other.to_bits() { 0.0 } else { (one - other).abs() })
        // A score that is no number is as far away as can be.
        .map(|distance| if distance.is_nan() { f32::INFINITY } else { distance })
        .reduce(f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farthest_score_counts() {
        let scores = |themes: &[f32], tokens| Scores {
            themes: themes.to_vec(),
            relevant: 1.0,
            sentiment: [0.0, 1.0, 0.0],
            tokens,
            truncated_tokens: 0,
        };
        let one = scores(&[0.25, 0.5], 7);
        assert_eq!(distance(&one, &one), Some(0.0));
        assert_eq!(distance(&one, &scores(&[0.25, 0.75], 7)), Some(0.25));
        assert_eq!(distance(&one, &scores(&[f32::NAN, 0.5], 7)), Some(f32::INFINITY));
        assert_eq!(distance(&one, &scores(&[0.25, 0.5], 8)), None);
        assert_eq!(distance(&one, &scores(&[0.25], 7)), None);
    }
}
