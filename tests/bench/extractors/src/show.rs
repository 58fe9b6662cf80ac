//! Shows how files are cleaned, for people who work on the rules.

use std::{fs, io};

use sendlens::article::{Body, Fields, Format, RawArticle};
use sendlens::{clean, plain};

/// Prints the typed blocks of each file; a name that ends in `html` is read as a page, others as dumps.
pub fn show(files: &[&str]) -> io::Result<()> {
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        let (format, body) = match file.rsplit('.').next() {
            Some("html" | "htm") => (Format::Html, Body::Html(text)),
            Some("md") => (Format::Markdown, Body::Markdown(text)),
            _ => (Format::Text, Body::Dump(text)),
        };
        let raw = RawArticle {
            id: (*file).to_owned(),
            format,
            encoding: "utf-8",
            body,
            fields: Fields::default(),
            is_truncated: false,
            warnings: Vec::new(),
        };
        let repeats = 100;
        let copies = vec![raw.clone(); repeats];
        let clock = std::time::Instant::now();
        copies.into_iter().for_each(|raw| drop(std::hint::black_box(clean::clean(raw))));
        let each = clock.elapsed() / repeats as u32;
        let article = clean::clean(raw);
        println!(
            "{file}: {each:?} language {:?} {:?} {:?}",
            article.language, article.fields, article.warnings
        );
        for (index, block) in article.blocks.iter().enumerate() {
            let start: String = article.text_of(block).chars().take(70).collect();
            let probability = block.probability.map_or("    ".to_owned(), |value| format!("{value:.2}"));
            let (role, lead_in) =
                (block.role.as_str(), block.lead_in.map_or(String::new(), |at| format!("→{at}")));
            println!(
                "{index:4} {role:<10} {:<22} {probability} {lead_in:<4} {}",
                block.rule,
                plain::line(&start)
            );
        }
        let counted = article.blocks.iter().filter(|block| block.role.is_counted()).count();
        println!("{counted} counted blocks\n");
    }
    Ok(())
}
