use sendlens::article::*;
fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let body = if path.ends_with("html") { Body::Html(text) } else { Body::Dump(text) };
        let raw = RawArticle { id: path.clone(), format: Format::Text, encoding: "utf-8", body, fields: Fields::default(), is_truncated: false, warnings: vec![] };
        let n = 200;
        let raws: Vec<_> = (0..n).map(|_| raw.clone()).collect();
        let t = std::time::Instant::now();
        for r in raws { std::hint::black_box(sendlens::clean::clean(r)); }
        let us = t.elapsed().as_micros() as f64 / n as f64;
        let a = sendlens::clean::clean(raw);
        println!("=== {path} {us:.1} µs lang {:?} outlet {:?} dates {:?} {:?}", a.language, a.fields.outlet, a.fields.dates, a.warnings);
        for (i, b) in a.blocks.iter().enumerate() {
            let t: String = a.text_of(b).chars().take(70).collect();
            println!("{i:3} {:10} {:22} {:.2} {:?} {t}", b.role.as_str(), b.rule, b.probability.unwrap_or(-1.0), b.lead_in);
        }
        let c = |r| a.blocks.iter().filter(|b| b.role == r).count();
        println!("body {} items {} subheads {}", c(Role::Body), c(Role::ListItem), c(Role::Subhead));
    }
}
