//! A web server, or proxy, on the loopback that says what a test tells it to say.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET` or `CONNECT`.
    pub(crate) method: String,
    /// The path, or the host of a `CONNECT`.
    pub(crate) target: String,
    /// The whole head, in lower case.
    pub(crate) head: String,
}

/// What a server says.
pub(crate) enum Answer {
    /// A file.
    File(Vec<u8>),
    /// These bytes, head and all; then the connection ends.
    Raw(Vec<u8>),
    /// A status without a body.
    Status(u16),
    /// Another address.
    Redirect(String),
    /// Nothing, while the test lasts.
    Silence,
}

/// A server that runs until the tests end.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server that answers by `answer`.
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, answer.as_ref()));
            }
        });
        Self { port, asked }
    }

    /// Its address on a host name for the loopback: `127.0.0.1` or `localhost`.
    pub(crate) fn on(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        self.on("127.0.0.1")
    }

    /// What it was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no thread panicked").clone()
    }

    /// The files it was asked for so far.
    pub(crate) fn files(&self) -> Vec<String> {
        let name = |request: Request| request.target.rsplit('/').next().map(str::to_owned);
        self.asked().into_iter().filter_map(name).collect()
    }
}

/// A port that nobody listens on.
pub(crate) fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// Answers the requests of one connection; a `CONNECT` is granted and what follows it answered here, as if by
/// its host.
fn serve(mut stream: TcpStream, log: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> Answer) {
    while let Some(request) = read(&mut stream) {
        log.lock().expect("no thread panicked").push(request.clone());
        if request.method == "CONNECT" {
            // A client that went away is no concern of the server.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            continue;
        }
        let bytes = match answer(&request) {
            Answer::File(body) => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                [head.into_bytes(), body].concat()
            }
            Answer::Raw(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
            Answer::Status(status) => {
                format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").into_bytes()
            }
            Answer::Redirect(to) => {
                format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
            }
            Answer::Silence => loop {
                std::thread::park();
            },
        };
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8(head).ok()?;
    let mut words = text.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Request { method, target, head: text.to_lowercase() })
}
