//! Handing a letter to a mail server: TLS by rustls, which believes whom requests of ours believe, a bound on how long it may take, and whether trying again may help.
//!
//! What is in a letter is the caller's business; nothing of it is logged here.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::mail::{Encryption, Mail, SmtpUrl};
use crate::secret::random_id;

/// How long a server may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long all of it may take.
const DEADLINE: Duration = Duration::from_secs(40);

/// The way to the mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

/// A letter to one person.
pub struct Letter {
    /// The name beside the address that it is from.
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// It may be taken another time.
    Later(String),
    Never(String),
}

/// The settings name no server that can be used.
#[derive(Debug)]
pub struct UnusableServer(String);

impl fmt::Display for UnusableServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GRANTOR_SMTP_URL cannot be used: {}", self.0)
    }
}

impl std::error::Error for UnusableServer {}

impl Mailer {
    /// Believes the system's authorities and those in the file.
    pub fn new(settings: &Mail, authorities: Option<&Path>) -> Result<Self, UnusableServer> {
        let unusable = |error: &dyn fmt::Display| UnusableServer(error.to_string());
        let address: Address =
            settings.from.parse().map_err(|error: lettre::address::AddressError| unusable(&error))?;
        let host = ClientId::Domain(address.domain().to_owned());
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.server.expose())
            .map_err(|error| unusable(&error))?
            .hello_name(host)
            .timeout(Some(PATIENCE));
        if let Some(parameters) = tls(&settings.server, authorities)? {
            transport = transport.tls(parameters);
        }
        Ok(Self { transport: transport.build(), from: address })
    }

    /// Hands a letter over.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let to: Address = letter.to.parse().map_err(|_| SendError::Never("This is no address.".to_owned()))?;
        let message = Message::builder()
            .from(Mailbox::new(Some(letter.from.clone()), self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", random_id(), self.from.domain())))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| SendError::Never(error.to_string()))?;
        match tokio::time::timeout(DEADLINE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() && !is_about_us(&error) => Err(SendError::Never(in_words(&error))),
            Ok(Err(error)) => Err(SendError::Later(in_words(&error))),
            Err(_) => Err(SendError::Later("The mail server does not answer in time.".to_owned())),
        }
    }
}

/// Whether the server refuses whoever sends and not the letter (RFC 4954 §6): a password that somebody will mend.
fn is_about_us(error: &Error) -> bool {
    error.status().is_some_and(|code| matches!(code.to_string().as_str(), "530" | "534" | "535" | "538"))
}

/// What happened, for the console; what is said twice on the way is said once.
fn in_words(error: &Error) -> String {
    const TWICE: &str = "Connection error: ";
    let text = error.to_string();
    let told = text.trim_start_matches(TWICE);
    if told.len() < text.len() { format!("{TWICE}{told}.") } else { format!("{text}.") }
}

/// `None` where letters go in the clear.
fn tls(server: &SmtpUrl, authorities: Option<&Path>) -> Result<Option<Tls>, UnusableServer> {
    let mut parameters = TlsParameters::builder(server.host());
    if let Some(path) = authorities {
        let unusable =
            |error: &dyn fmt::Display| UnusableServer(format!("GRANTOR_OUTBOUND_CA: {}: {error}", path.display()));
        let pem = std::fs::read(path).map_err(|error| unusable(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(&error))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let build = || parameters.build_rustls().map_err(|error| UnusableServer(error.to_string()));
    Ok(match server.encryption() {
        Encryption::None => None,
        Encryption::Opportunistic => Some(Tls::Opportunistic(build()?)),
        Encryption::StartTls => Some(Tls::Required(build()?)),
        Encryption::Implicit => Some(Tls::Wrapper(build()?)),
    })
}
