//! Where mail goes out: a server that takes it by SMTP, and the address that it is from.

use std::fmt;
use std::net::IpAddr;

use url::Url;

use crate::domain::resource_owner::Email;

/// Both, or there is no mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub server: SmtpUrl,
    /// A bare address.
    pub from: String,
}

/// `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://` with `?tls=required` (STARTTLS) or without TLS. Neither `Display` nor
/// `Debug` prints who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(String);

/// How letters travel to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// In the clear.
    None,
    /// By STARTTLS where the server offers it.
    Opportunistic,
    /// By STARTTLS, or not at all.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

impl SmtpUrl {
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required for STARTTLS";
        let url = Url::parse(text).map_err(|_| format!("this is no URL; {form}"))?;
        if !matches!(url.scheme(), "smtp" | "smtps") || url.host_str().is_none_or(str::is_empty) {
            return Err(format!("this names no mail server; {form}"));
        }
        if !url.query_pairs().all(|(name, value)| name == "tls" && ["required", "opportunistic"].contains(&&*value))
            || !matches!(url.path(), "" | "/")
        {
            return Err(format!("only ?tls=required and ?tls=opportunistic may follow the server; {form}"));
        }
        // Opportunistic means that whoever is on the way may say no to TLS.
        let is_encrypted = url.scheme() == "smtps" || url.query_pairs().any(|(_, value)| value == "required");
        if !url.username().is_empty() && !is_encrypted && !is_loopback(&url) {
            return Err(
                "the password would go over the network in the clear; add ?tls=required, or write smtps://".to_owned()
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// What its certificate has to name.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        url.as_ref().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }

    pub fn encryption(&self) -> Encryption {
        let wish = |wish: &str| self.0.ends_with(&format!("tls={wish}"));
        match () {
            () if self.0.starts_with("smtps:") => Encryption::Implicit,
            () if wish("required") => Encryption::StartTls,
            () if wish("opportunistic") => Encryption::Opportunistic,
            () => Encryption::None,
        }
    }

    /// With the password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(mut url) = Url::parse(&self.0) else { return f.write_str("…") };
        if !url.username().is_empty() {
            let _ = url.set_username("…");
            let _ = url.set_password(None);
        }
        url.fmt(f)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({self})")
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str().unwrap_or_default() {
        "localhost" => true,
        host => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

pub(super) fn address(text: &str) -> Result<String, String> {
    Email::parse(text).map(|address| address.as_str().to_owned()).map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_named_by_a_url_whose_password_is_not_shown() {
        let url = SmtpUrl::parse("smtps://post:secret@mail.example:465").unwrap();
        assert!(!format!("{url} {url:?}").contains("secret") && url.to_string().contains("mail.example"), "{url}");
        for good in ["smtp://127.0.0.1:2525", "smtp://u:p@mail.example:587?tls=required"] {
            assert!(SmtpUrl::parse(good).is_ok(), "{good}");
        }
        for clear in ["smtp://u:p@mail.example", "smtp://u:p@mail.example:587?tls=opportunistic", "smtp://u@10.0.0.7"] {
            assert!(SmtpUrl::parse(clear).is_err_and(|why| why.contains("in the clear")), "{clear}");
        }
        for near in
            ["smtp://u:p@localhost:1025", "smtp://u:p@127.0.0.1:25", "smtp://u:p@[::1]:25", "smtp://relay.example"]
        {
            assert!(SmtpUrl::parse(near).is_ok(), "{near}");
        }
        for bad in ["mail.example", "https://mail.example", "smtp://", "smtp://h?tls=maybe", "smtp://h/path"] {
            assert!(SmtpUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
