//! Learns heads from labelled passages.
mod lbfgs;
mod logistic;
mod calibrate;
mod folds;
mod task;
pub mod fit;
/// Try.
pub fn experiment() {
    use crate::evaluate::{Context, inputs, evaluate, difference};
    use crate::gold::{Gold, Split};
    let t = std::time::Instant::now();
    let gold = Gold::read(&["corpus/annotated".into()], &crate::codebook::Codebook::shipped().names()).unwrap();
    println!("near {:?}", crate::gold::near::near(&gold).iter().map(|n| (&gold.passages[n.first].id, &gold.passages[n.second].id, n.jaccard, n.contained)).collect::<Vec<_>>());
    println!("{:?}", t.elapsed());
    let base = crate::models::ModelFiles::read(std::path::Path::new("models/sendlens-minilm")).unwrap();
    let mut all = Vec::new();
    for context in Context::ALL {
        let t = std::time::Instant::now();
        let path = format!("/tmp/w/emb-{context:?}-{}.bin", gold.passages.len());
        let vectors: Vec<Vec<f32>> = if let Ok(b) = std::fs::read(&path) {
            b.chunks(384*4).map(|r| r.chunks(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect()).collect()
        } else {
            let mut serving = base.config.sendlens.clone().unwrap();
            serving.uses_context = context != Context::None;
            let files = base.with_heads(serving.clone(), &crate::models::Heads::zero(&serving, 384), "x").unwrap();
            let e = crate::engine::encoder::Encoder::new(&files, crate::engine::encoder::Kernel::best()).unwrap();
            let v = e.embed(&inputs(&gold, context)).unwrap();
            std::fs::write(&path, v.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
            v
        };
        println!("{context:?} embed {:?}", t.elapsed());
        all.push((format!("{context:?}"), vectors));
    }
    let norm = |v: &Vec<Vec<f32>>| v.iter().map(|r| { let n = r.iter().map(|x| x*x).sum::<f32>().sqrt(); r.iter().map(|x| x/n).collect() }).collect::<Vec<Vec<f32>>>();
    let before = crate::gold::before(&gold);
    let none = all[0].1.clone();
    all.push(("L2".into(), norm(&none)));
    all.push(("cat-before".into(), (0..none.len()).map(|i| { let mut r = none[i].clone(); match before[i] { Some(b) => r.extend(&none[b]), None => r.extend(vec![0.0; 384]) }; r }).collect()));
    let kept = fit::Kept::default();
    let train = gold.of(Split::Train); let dev = gold.of(Split::Dev);
    let mut base_pred: Option<Vec<_>> = None;
    for (name, vectors) in &all {
        let t = std::time::Instant::now();
        let f = fit::fit(&gold, vectors, &train, &kept);
        let d = fit::Decisions::choose(&gold, &dev, &f.logits, &kept);
        let p = d.predict(&dev, &f.logits);
        let e = evaluate(&gold, &dev, &p);
        let cv = evaluate(&gold, &train, &fit::cross_validate(&gold, &train, &f, &kept));
        println!("{name}: {:?} {:?}", t.elapsed(), f.penalties);
        for e in [&cv, &e] { println!("   macro {:.3} micro {:.3} rel {:.3} sent {:.3} | {}", e.macro_f1.unwrap().value, e.micro_f1.unwrap().value, e.relevant.as_ref().unwrap().f1.unwrap().value, e.sentiment_macro_f1.unwrap().value, e.themes.iter().map(|t| format!("{} {:.3}", t.name, t.f1.unwrap().value)).collect::<Vec<_>>().join(" ")); }
        match &base_pred { None => base_pred = Some(p), Some(b) => {
            let x = difference(&gold, &dev, [b, &p], crate::evaluate::counts::Tallied::macro_f1).unwrap();
            let y = difference(&gold, &dev, [b, &p], crate::evaluate::counts::Tallied::sentiment_macro_f1).unwrap();
            println!("   diff macro {:+.3} [{:+.3},{:+.3}] sent {:+.3} [{:+.3},{:+.3}]", x.value, x.low, x.high, y.value, y.low, y.high);
        } }
    }
}
