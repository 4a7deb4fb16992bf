//! Handing a letter to a mail server: TLS by rustls, a bound on how long it may take, and whether trying again may help.
//!
//! What is in a letter is the caller's business; nothing of it is logged here.

use std::fmt;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::mail::Mail;
use crate::secret::random_id;

/// How long a server may take for each step.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long all of it may take.
const DEADLINE: Duration = Duration::from_secs(40);

/// The way to the mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A letter to one person.
pub struct Letter {
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
    /// `name` is what letters are from, beside the address.
    pub fn new(settings: &Mail, name: &str) -> Result<Self, UnusableServer> {
        let unusable = |error: &dyn fmt::Display| UnusableServer(error.to_string());
        let address: Address =
            settings.from.parse().map_err(|error: lettre::address::AddressError| unusable(&error))?;
        let host = ClientId::Domain(address.domain().to_owned());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.server.expose())
            .map_err(|error| unusable(&error))?
            .hello_name(host)
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { transport, from: Mailbox::new(Some(name.to_owned()), address) })
    }

    /// Hands a letter over.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let to: Address = letter.to.parse().map_err(|_| SendError::Never("This is no address.".to_owned()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", random_id(), self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| SendError::Never(error.to_string()))?;
        match tokio::time::timeout(DEADLINE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(SendError::Never(format!("{error}."))),
            Ok(Err(error)) => Err(SendError::Later(format!("{error}."))),
            Err(_) => Err(SendError::Later("The mail server does not answer in time.".to_owned())),
        }
    }
}
