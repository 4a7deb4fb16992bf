//! A mail server on this machine, and the letters that it took as their readers see them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor::config::mail::{Mail, SmtpUrl};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::app::TestApp;
use super::http::{Answer, Browser};
use super::remote::Certificate;

/// What letters are from.
const FROM: &str = "post@id.example";
/// Who may send, where somebody has to sign in.
pub const SENDER: (&str, &str) = ("post", "hyacinth 12");

pub struct MailServer {
    pub address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    letters: Mutex<Vec<String>>,
    /// What it answers to the next letters instead of taking them; the last first.
    refusals: Mutex<Vec<&'static str>>,
    tls: Option<(Tls, TlsAcceptor)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// After STARTTLS, without which it takes nothing.
    Start,
    /// From the first byte.
    Implicit,
}

impl MailServer {
    pub async fn start() -> Self {
        Self::listen(State::default()).await
    }

    /// One that takes letters by TLS and from [`SENDER`] only.
    pub async fn secured(tls: Tls, certificate: &Certificate) -> Self {
        Self::listen(State { tls: Some((tls, certificate.acceptor())), ..State::default() }).await
    }

    async fn listen(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let state = Arc::new(state);
        let server = Self { address, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    let Some((tls, acceptor)) = &state.tls else {
                        converse(stream, &state, Stage::Open).await?;
                        return std::io::Result::Ok(());
                    };
                    let stream = match tls {
                        Tls::Implicit => Some(stream),
                        Tls::Start => converse(stream, &state, Stage::BeforeTls).await?,
                    };
                    if let Some(stream) = stream {
                        converse(acceptor.accept(stream).await?, &state, Stage::SignIn).await?;
                    }
                    Ok(())
                });
            }
        });
        server
    }

    /// A server of ours that sends its mail there, and the one that does not.
    pub async fn of(&self, app: TestApp) -> (TestApp, TestApp) {
        self.by(&format!("smtp://{}", self.address), app).await
    }

    /// The same by a URL of the test's.
    pub async fn by(&self, url: &str, mut app: TestApp) -> (TestApp, TestApp) {
        app.config.mail = Some(Mail { server: SmtpUrl::parse(url).expect("a URL"), from: FROM.to_owned() });
        let with_mail = app.another().await;
        (with_mail, app)
    }

    /// Refuses the next letter so.
    pub fn refuse(&self, answer: &'static str) {
        self.state.refusals.lock().unwrap().push(answer);
    }

    /// The letters, once there are so many.
    pub async fn letters(&self, count: usize) -> Vec<Letter> {
        for _ in 0..500 {
            let letters = self.state.letters.lock().unwrap().clone();
            if letters.len() >= count {
                let letters: Vec<Letter> = letters.iter().map(|letter| Letter(as_read(letter))).collect();
                assert_eq!(letters.len(), count, "{letters:#?}");
                return letters;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("there are only {:#?}", self.state.letters.lock().unwrap());
    }

    /// The letters so far, however many.
    pub fn taken(&self) -> Vec<Letter> {
        self.state.letters.lock().unwrap().iter().map(|letter| Letter(as_read(letter))).collect()
    }

    /// The last letter, which is the `count`th.
    pub async fn letter(&self, count: usize) -> Letter {
        self.letters(count).await.pop().expect("at least one was asked for")
    }
}

/// Headers, text and HTML.
#[derive(Clone, Debug)]
pub struct Letter(pub String);

impl Letter {
    pub fn is_to(&self, address: &str) -> bool {
        self.0.contains(&format!("\nTo: {address}\r\n")) || self.0.starts_with(&format!("To: {address}\r\n"))
    }

    pub fn says(&self, part: &str) -> bool {
        self.0.contains(part)
    }

    /// The path of the link that starts so.
    pub fn link(&self, path: &str) -> String {
        let (_, rest) = self.0.split_once(path).unwrap_or_else(|| panic!("{path} is not in {}", self.0));
        let query = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_?=".contains(*c));
        format!("{path}{}", query.collect::<String>())
    }
}

/// How far a conversation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    BeforeTls,
    SignIn,
    Open,
}

/// RFC 5321, 3207 and 4954, as much of them as a polite client needs; gives the stream that TLS is to begin on.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    server: &State,
    mut stage: Stage,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    let is_greeted = stage == Stage::SignIn && matches!(server.tls, Some((Tls::Start, _)));
    if !is_greeted {
        stream.write_all(b"220 mail.example\r\n").await?;
    }
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let answer = match (line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str(), stage) {
            ("EHLO", Stage::BeforeTls) => "250-mail.example\r\n250 STARTTLS".to_owned(),
            ("EHLO", Stage::SignIn) => "250-mail.example\r\n250 AUTH PLAIN LOGIN".to_owned(),
            ("EHLO", Stage::Open) => "250 mail.example".to_owned(),
            ("STARTTLS", Stage::BeforeTls) => {
                stream.write_all(b"220 go ahead\r\n").await?;
                return Ok(Some(stream.into_inner()));
            }
            ("AUTH", Stage::SignIn) => {
                let (name, password) = SENDER;
                let right = format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{name}\0{password}")));
                if line.trim_end() == right {
                    stage = Stage::Open;
                    "235 welcome".to_owned()
                } else {
                    "535 5.7.8 not you".to_owned()
                }
            }
            ("MAIL" | "RCPT" | "DATA", Stage::BeforeTls | Stage::SignIn) => "530 5.7.0 not so fast".to_owned(),
            ("RCPT", _) => server.refusals.lock().unwrap().pop().unwrap_or("250 so be it").to_owned(),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while !letter.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut letter).await?;
                }
                server.letters.lock().unwrap().push(letter);
                "250 taken".to_owned()
            }
            ("QUIT", _) => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(None);
            }
            _ => "250 fine".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// With everything decoded that travels encoded (RFC 2045 §6, RFC 2047).
fn as_read(letter: &str) -> String {
    let mut parts = letter.split("Content-Transfer-Encoding: ");
    let mut text = words(parts.next().unwrap_or_default());
    for part in parts {
        let (encoding, rest) = part.split_once("\r\n\r\n").unwrap_or((part, ""));
        let (body, after) = rest.split_once("\r\n--").unwrap_or((rest, ""));
        text += &match encoding.trim() {
            "base64" => {
                let joined: String = body.split_whitespace().filter(|line| *line != ".").collect();
                String::from_utf8(STANDARD.decode(joined).expect("base64")).expect("text")
            }
            "quoted-printable" => body.replace("=\r\n", "").replace("=3D", "="),
            _ => body.to_owned(),
        };
        text += "\r\n--";
        text += after;
    }
    text
}

/// Headers whose words are encoded.
fn words(headers: &str) -> String {
    let mut parts = headers.split("=?utf-8?b?");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (word, after) = part.split_once("?=").expect("a word ends");
        read += &String::from_utf8(STANDARD.decode(word).expect("base64")).expect("text");
        // What stands between two encoded words is not seen.
        read += after.strip_prefix("\r\n ").filter(|_| after.trim().is_empty()).unwrap_or(after);
    }
    read
}

/// A POST of a button on a page of the console or of a user's own.
pub async fn press(browser: &mut Browser, page: &str, button: &str) -> Answer {
    let page = browser.get(page).await;
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    browser.post(button, &[("csrf_token", &token)]).await
}
