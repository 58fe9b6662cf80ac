//! Web addresses as keys: two addresses of one page compare equal.

/// Query parameters that name the way a reader came, not the page.
const TRACKING: [&str; 16] = [
    "fbclid", "gclid", "dclid", "msclkid", "igshid", "mc_cid", "mc_eid", "cmp", "cmpid", "ocid", "ito",
    "smid", "ref", "referrer", "xtor", "share",
];
/// Beginnings of such parameters.
const TRACKING_STARTS: [&str; 4] = ["utm_", "at_", "ns_", "pk_"];

/// The address without scheme, `www.`, fragment, tracking parameters and last slash; the host in lower case.
pub(super) fn key(url: &str) -> String {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    let (page, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = page.split_at(page.find('/').unwrap_or(page.len()));
    let host = host.to_ascii_lowercase();
    let mut key = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    key.push_str(path.trim_end_matches('/'));
    let kept = query.split('&').filter(|parameter| !parameter.is_empty() && !is_tracking(parameter));
    for (index, parameter) in kept.enumerate() {
        key.push(if index == 0 { '?' } else { '&' });
        key.push_str(parameter);
    }
    key
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_STARTS.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_page_compare_equal() {
        for url in [
            "https://www.paper.example/News/a",
            "http://Paper.example/News/a/",
            "paper.example/News/a?utm_source=x&fbclid=y#top",
            " https://paper.example/News/a/#comments ",
        ] {
            assert_eq!(key(url), "paper.example/News/a");
        }
        assert_eq!(key("https://paper.example/?id=7&CMP=x&page=2"), "paper.example?id=7&page=2");
        assert_eq!(key(""), "");
    }
}
