//! The model hub as the user's environment describes it, with the variables of Hugging Face's own tools.
//!
//! *Takes* environment variables. *Gives* addresses, the place of a file in the cache, and what a connection
//! needs. *Fails* on an endpoint that is no web address. Opens no socket.
//!
//! `HF_ENDPOINT` another host, `HF_HUB_OFFLINE` no network, `HF_TOKEN` who asks; `HF_HUB_CACHE`, `HF_HOME` and
//! `XDG_CACHE_HOME` where files may lie already; `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` the way out
//! (in lower case too); `SSL_CERT_FILE` whom to trust in place of the built-in list of authorities.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::catalogue::Known;
use crate::error::{Error, Result};

/// Where models are unless `HF_ENDPOINT` says otherwise.
const ENDPOINT: &str = "https://huggingface.co";

/// How long a server may be silent before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A model hub and the way to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hub {
    /// Scheme, host and path without a `/` at the end.
    pub(super) endpoint: String,
    /// Whether no socket may be opened.
    pub(super) is_offline: bool,
    /// Who asks.
    pub(super) token: Option<String>,
    /// The folder of the cache of Hugging Face.
    cache: Option<PathBuf>,
    /// The proxy for the endpoint's scheme, as the user wrote it.
    pub(super) proxy: Option<String>,
    /// Hosts that need no proxy.
    pub(super) no_proxy: Vec<String>,
    /// A PEM file of certificate authorities.
    pub(super) authorities: Option<PathBuf>,
    /// How long a server may be silent.
    pub(super) patience: Duration,
}

/// Tokens and the passwords of proxies must not get into logs.
impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("Hub");
        text.field("endpoint", &self.endpoint).field("is_offline", &self.is_offline);
        text.finish_non_exhaustive()
    }
}

impl Hub {
    /// The hub that the environment of this program describes.
    ///
    /// # Errors
    /// [`Error::Config`] if `HF_ENDPOINT` is no web address.
    pub fn of_user() -> Result<Self> {
        Self::of_variables(|name| std::env::var(name).ok())
    }

    /// The hub that environment variables describe.
    ///
    /// # Errors
    /// [`Error::Config`] if `HF_ENDPOINT` is no web address.
    pub fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let text = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let path = |name: &str| text(name).map(PathBuf::from);
        // Python's tools and curl prefer lower case.
        let either = |name: &str| text(&name.to_lowercase()).or_else(|| text(name));
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        check_endpoint(&endpoint)?;
        let scheme = if endpoint.starts_with("https://") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        let home = path("HF_HOME")
            .or_else(|| Some(path("XDG_CACHE_HOME")?.join("huggingface")))
            .or_else(|| Some(path("HOME")?.join(".cache/huggingface")));
        let is_true = |value: String| ["1", "on", "yes", "true"].contains(&value.to_lowercase().as_str());
        Ok(Self {
            endpoint,
            is_offline: text("HF_HUB_OFFLINE").is_some_and(is_true),
            token: text("HF_TOKEN"),
            cache: path("HF_HUB_CACHE").or_else(|| Some(home?.join("hub"))),
            proxy: either(scheme).or_else(|| either("ALL_PROXY")),
            no_proxy: either("NO_PROXY").map(|hosts| exceptions(&hosts)).unwrap_or_default(),
            authorities: path("SSL_CERT_FILE"),
            patience: PATIENCE,
        })
    }

    /// The same hub, given up after another time of silence.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The page of a model at its pinned revision, for people.
    pub(super) fn page(&self, known: &Known) -> String {
        format!("{}/{}/tree/{}", self.endpoint, known.repository, known.revision)
    }

    /// The address of a file.
    pub(super) fn address(&self, known: &Known, file: &str) -> String {
        format!("{}/{}/resolve/{}/{file}", self.endpoint, known.repository, known.revision)
    }

    /// Where the cache of Hugging Face keeps a file, if it has it.
    pub(super) fn cached(&self, known: &Known, file: &str) -> Option<PathBuf> {
        let folder = format!("models--{}", known.repository.replace('/', "--"));
        let path = self.cache.as_ref()?.join(folder).join("snapshots").join(&known.revision).join(file);
        path.is_file().then_some(path)
    }
}

fn check_endpoint(endpoint: &str) -> Result<()> {
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let is_plain = endpoint.bytes().all(|byte| byte.is_ascii_graphic()) && !endpoint.contains(['?', '#']);
    if host.contains('@') {
        // It would be shown, and stand in ORIGIN.toml.
        return Err(Error::config_hint(
            "HF_ENDPOINT holds a user name or a password",
            "pass a secret in HF_TOKEN",
        ));
    }
    if host.is_empty() || !is_plain {
        return Err(Error::config_hint(
            format!("HF_ENDPOINT is `{endpoint}`, which is no web address"),
            "wanted: https://HOST, as https://huggingface.co",
        ));
    }
    Ok(())
}

/// The entries of `NO_PROXY` as the HTTP client takes them: `example.org` stands for the hosts below it too, as
/// curl and Python have it, and a port is left out.
fn exceptions(hosts: &str) -> Vec<String> {
    let mut all = Vec::new();
    for host in hosts.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        let host = host.strip_prefix("*.").unwrap_or(host).trim_start_matches('.');
        let bare = match host.rsplit_once(':') {
            Some((bare, port)) if !bare.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                bare
            }
            _ => host,
        };
        all.push(bare.to_owned());
        if bare != "*" {
            all.push(format!(".{bare}"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Catalogue;

    fn hub(given: &[(&str, &str)]) -> Result<Hub> {
        Hub::of_variables(|name| {
            given.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn addresses_are_below_the_endpoint() {
        let catalogue = Catalogue::shipped();
        let known = catalogue.find("all-MiniLM-L6-v2").expect("the base encoder");
        let path = "sentence-transformers/all-MiniLM-L6-v2/resolve/\
                    c9745ed1d9f207416be6d2e6f8de32d1f16199bf/config.json";
        for (endpoint, host) in [
            ("", ENDPOINT),
            ("https://mirror.example/hf/", "https://mirror.example/hf"),
            ("http://[::1]:8", "http://[::1]:8"),
        ] {
            let hub = hub(&[("HF_ENDPOINT", endpoint)]).expect("a web address");
            assert_eq!(hub.address(known, "config.json"), format!("{host}/{path}"));
        }
        for endpoint in
            ["huggingface.co", "ftp://host", "https://", "https://a b", "https://me:pw@host", "https://h?x"]
        {
            assert_eq!(hub(&[("HF_ENDPOINT", endpoint)]).expect_err(endpoint).exit_code(), 2);
        }
    }

    #[test]
    fn offline_is_what_hugging_face_takes_for_true() {
        for (value, is_offline) in [("1", true), ("TRUE", true), ("yes", true), ("0", false), ("", false)] {
            assert_eq!(hub(&[("HF_HUB_OFFLINE", value)]).expect("set").is_offline, is_offline, "{value}");
        }
    }

    #[test]
    fn the_cache_lies_where_hugging_face_has_it() {
        let all = [("HF_HUB_CACHE", "/c"), ("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/u")];
        let expected = ["/c", "/h/hub", "/x/huggingface/hub", "/u/.cache/huggingface/hub"];
        for (from, expected) in expected.into_iter().enumerate() {
            assert_eq!(hub(&all[from..]).expect("set").cache, Some(PathBuf::from(expected)));
        }
        assert_eq!(hub(&[]).expect("nothing is needed").cache, None);
    }

    #[test]
    fn the_proxy_is_that_of_the_scheme() {
        let proxies = [("HTTPS_PROXY", "s"), ("HTTP_PROXY", "p"), ("ALL_PROXY", "a")];
        assert_eq!(hub(&proxies).expect("set").proxy.as_deref(), Some("s"));
        let plain = [&proxies[..], &[("HF_ENDPOINT", "http://h")]].concat();
        assert_eq!(hub(&plain).expect("set").proxy.as_deref(), Some("p"));
        assert_eq!(hub(&proxies[1..]).expect("set").proxy.as_deref(), Some("a"));
        let lower = [&proxies[..], &[("https_proxy", "l")]].concat();
        assert_eq!(hub(&lower).expect("set").proxy.as_deref(), Some("l"));
        let hub = hub(&[("NO_PROXY", " a.org , *.b.org,.c.org,d:80, ::1,*")]).expect("set");
        let expected =
            ["a.org", ".a.org", "b.org", ".b.org", "c.org", ".c.org", "d", ".d", "::1", ".::1", "*"];
        assert_eq!(hub.no_proxy, expected);
    }

    #[test]
    fn secrets_do_not_show() {
        let hub = hub(&[("HF_TOKEN", "hf_secret"), ("HTTPS_PROXY", "http://me:secret@proxy")]).expect("set");
        assert!(!format!("{hub:?}").contains("secret"));
    }
}
