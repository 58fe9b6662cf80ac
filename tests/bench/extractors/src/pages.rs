//! Pages of the benchmark with the text that people marked as the article.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A page and its true text.
pub struct Page {
    /// HTML source.
    pub html: String,
    /// The article's text, paragraphs apart by blank lines.
    pub truth: String,
    /// Host of the page's address: pages of one host are never in training and test at once.
    pub host: String,
}

impl Page {
    /// Whether the page is of a UK outlet.
    pub fn is_uk(&self) -> bool {
        const UK: [&str; 6] =
            [".co.uk", "www.bbc.com", "www.theguardian.com", "news.sky.com", "www.cityam.com", ".uk"];
        UK.iter().any(|host| self.host.ends_with(host))
    }
}

/// Loads all pages, in the order of their ids.
pub fn load(data: &Path) -> io::Result<Vec<Page>> {
    let truth: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(data.join("ground-truth.json"))?)?;
    let mut ids: Vec<&String> = truth.as_object().into_iter().flatten().map(|(id, _)| id).collect();
    ids.sort();
    ids.into_iter()
        .map(|id| {
            let mut bytes = Vec::new();
            let file = File::open(data.join("html").join(format!("{id}.html.gz")))?;
            flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
            let text = |field: &str| truth[id][field].as_str().unwrap_or_default().to_owned();
            let host = text("url").split('/').nth(2).unwrap_or_default().to_owned();
            Ok(Page { html: String::from_utf8_lossy(&bytes).into_owned(), truth: text("articleBody"), host })
        })
        .collect()
}
