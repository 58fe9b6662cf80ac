//! One file from the network: the only place of the program that opens a socket.
//!
//! *Takes* an address and what the file must be. *Gives* the file, once its size and SHA-256 are right. *Fails*
//! with the address and a reason; the file may then be there in part, and whoever asked for it clears it away.
//!
//! - a token goes over http only to this machine itself
//!
//! Held by tests of the same names in `tests/it/models_command.rs`:
//!
//! - another file than the pinned one is refused and nothing is left
//! - a redirect is followed without the token and not for ever
//! - a server that falls silent is given up

use std::fs;
use std::path::Path;

use ureq::config::RedirectAuthHeaders;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use super::copy::{Fault, copy_into};
use super::hub::Hub;
use super::provenance::PinnedFile;
use crate::error::{Error, Result};

/// Most hosts that may hand a request on; the hub of Hugging Face needs one for large files.
const MAX_REDIRECTS: u32 = 5;

/// What to do where the network is not as the program needs it.
const OTHER_WAY: &str = "behind a proxy set HTTPS_PROXY, and SSL_CERT_FILE if it shows a certificate of its own; \
     or copy the files from a machine that has them and use `sendlens models import`";

/// A connection to the hub.
pub(super) struct Client {
    agent: Agent,
    token: Option<String>,
}

impl Client {
    /// Makes ready to fetch; opens no socket yet.
    ///
    /// # Errors
    /// [`Error::Config`] if the proxy, the token or the file of certificate authorities cannot be used.
    pub(super) fn new(hub: &Hub) -> Result<Self> {
        let is_https = hub.endpoint.starts_with("https://");
        let config = Agent::config_builder()
            // Without this a redirect could take a request from https to http.
            .https_only(is_https)
            .max_redirects(MAX_REDIRECTS)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .http_status_as_error(false)
            .user_agent(concat!("sendlens/", env!("CARGO_PKG_VERSION")))
            // The bytes that are pinned, not a packed form of them.
            .accept_encoding("identity")
            .proxy(hub.proxy.as_deref().map(|proxy| open_proxy(proxy, &hub.no_proxy)).transpose()?)
            .tls_config(TlsConfig::builder().root_certs(authorities(hub.authorities.as_deref())?).build())
            .timeout_resolve(Some(hub.patience))
            .timeout_connect(Some(hub.patience))
            .timeout_recv_response(Some(hub.patience))
            .timeout_per_read(Some(hub.patience))
            .build();
        let token = hub.token.clone().filter(|_| is_https || is_local(&hub.endpoint));
        if token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Error::config("HF_TOKEN holds characters that no token has"));
        }
        Ok(Self { agent: config.into(), token })
    }

    /// Fetches `address` into the new file `path`. `on_bytes` is told how many bytes are there so far.
    ///
    /// # Errors
    /// [`Error::Model`] if the server does not answer, or with something else than `file`; [`Error::Io`] if the
    /// file cannot be written.
    pub(super) fn fetch(
        &self,
        address: &str,
        file: &PinnedFile,
        path: &Path,
        on_bytes: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let fault =
            |what: String, hint: &str| Error::model(format!("cannot fetch `{address}`: {what}"), hint);
        let mut request = self.agent.get(address);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let response = request.call().map_err(|error| fault(reason(error), OTHER_WAY))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(fault(format!("the server answers {status}"), hint_for(status)));
        }
        let mut body = response.into_body();
        if let Some(announced) = body.content_length().filter(|length| *length != file.bytes) {
            return Err(fault(format!("it has {announced} bytes, not the {} pinned", file.bytes), ALTERED));
        }
        let copied = copy_into(path, &mut body.as_reader(), file.bytes, on_bytes);
        let copied = copied.map_err(|error| match error {
            Fault::Write(error) => Error::io("write", path, error),
            Fault::Read(error) => fault(format!("it broke off: {error}"), "run the same command again"),
        })?;
        if copied.bytes > file.bytes {
            return Err(fault(format!("it goes on after the {} bytes pinned", file.bytes), ALTERED));
        }
        if copied.bytes < file.bytes {
            let what = format!("it ends after {} of {} bytes", copied.bytes, file.bytes);
            return Err(fault(what, "run the same command again"));
        }
        if copied.sha256 != file.sha256 {
            let what = format!("its SHA-256 is {}, not {} as pinned", copied.sha256, file.sha256);
            return Err(fault(what, ALTERED));
        }
        Ok(())
    }
}

/// What to say where the bytes are not those that are pinned.
const ALTERED: &str = "nothing was kept: the server, a mirror or a proxy on the way gives another file";

/// The user's proxy with its exceptions.
fn open_proxy(text: &str, no_proxy: &[String]) -> Result<Proxy> {
    // The address of a proxy may hold a password: it is not repeated.
    let unusable = |what: &str| {
        Error::config_hint(
            format!("the proxy that the environment names {what}"),
            "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY take http://HOST:PORT",
        )
    };
    let given = Proxy::new(text).map_err(|_| unusable("cannot be read"))?;
    use ureq::ProxyProtocol::{Http, Https};
    if !matches!(given.protocol(), Http | Https) {
        return Err(unusable("is of a kind that is not served"));
    }
    let mut proxy = Proxy::builder(given.protocol()).host(given.host()).port(given.port());
    if let Some(name) = given.username() {
        proxy = proxy.username(name);
    }
    if let Some(password) = given.password() {
        proxy = proxy.password(password);
    }
    for host in no_proxy {
        proxy = proxy.no_proxy(host);
    }
    proxy.build().map_err(|_| unusable("cannot be read"))
}

/// The certificate authorities in the PEM file `path`, or the built-in list.
fn authorities(path: Option<&Path>) -> Result<RootCerts> {
    let Some(path) = path else { return Ok(RootCerts::WebPki) };
    let unusable =
        || Error::config(format!("SSL_CERT_FILE names `{}`, which holds no certificate", path.display()));
    let pem = fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let mut found: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| unusable())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(unusable()) } else { Ok(RootCerts::from(found)) }
}

/// Whether an address leads to this machine itself.
fn is_local(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    matches!(bare, "localhost" | "127.0.0.1" | "[::1]")
}

/// Why a request failed, without addresses that may hold secrets.
fn reason(error: ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "there is no such host".into(),
        ureq::Error::Timeout(_) => "the server is silent".into(),
        ureq::Error::TooManyRedirects => format!("it is handed on more than {MAX_REDIRECTS} times"),
        ureq::Error::RequireHttpsOnly(_) => "it is handed on to an address without https".into(),
        ureq::Error::RedirectFailed | ureq::Error::BadUri(_) => "it is handed on to no address".into(),
        ureq::Error::ConnectProxyFailed(_) => "the proxy refuses to connect".into(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// What to do about an answer that is no file.
fn hint_for(status: u16) -> &'static str {
    match status {
        401 | 403 => "the hub wants to know who asks: set HF_TOKEN",
        404 => "the hub, or the mirror in HF_ENDPOINT, does not have it",
        429 | 500..=599 => "the server is busy or broken: run the same command again later",
        _ => OTHER_WAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_http_only_to_this_machine_itself() {
        for (endpoint, is_sent) in [
            ("https://huggingface.co", true),
            ("http://mirror.example", false),
            ("http://127.0.0.1.example:80", false),
            ("http://127.0.0.1:8080/hf", true),
            ("http://[::1]:80", true),
            ("http://localhost", true),
        ] {
            let variable = |name: &str| match name {
                "HF_ENDPOINT" => Some(endpoint.to_owned()),
                "HF_TOKEN" => Some("hf_token".to_owned()),
                _ => None,
            };
            let client = Client::new(&Hub::of_variables(variable).expect("a hub")).expect("a client");
            assert_eq!(client.token.is_some(), is_sent, "{endpoint}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        for proxy in ["socks5://me:secret@proxy:1080", "gopher://me:secret@proxy", "http://"] {
            let error = open_proxy(proxy, &[]).expect_err(proxy);
            assert!(error.exit_code() == 2 && !error.to_string().contains("secret"), "{error}");
        }
        let proxy = open_proxy("http://me:p%40ss@proxy:3128", &[".example.org".into()]).expect("a proxy");
        assert_eq!((proxy.host(), proxy.port(), proxy.password()), ("proxy", 3128, Some("p@ss")));
        assert!(proxy.is_no_proxy(&"https://a.example.org".parse().expect("an address")));
    }

    #[test]
    fn certificate_authorities_are_read_or_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ca.pem");
        fs::write(&path, "no certificate").expect("writable");
        let error = authorities(Some(&path)).expect_err("none");
        assert!(error.to_string().contains("ca.pem"), "{error}");
        assert!(matches!(authorities(None), Ok(RootCerts::WebPki)));
    }
}
