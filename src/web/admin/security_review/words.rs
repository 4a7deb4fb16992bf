//! Findings of a review as admins read them.

use crate::clock::Timestamp;
use crate::protocol::review::{Finding, Mend, Rule};
use crate::web::page::{Moment, count, duration};

/// The title of a finding, and a sentence or two: what it means, and what else to do.
#[expect(clippy::too_many_lines, reason = "one text for each rule")]
pub fn finding(finding: &Finding, now: Timestamp) -> (String, String) {
    let ago = finding.since.map(|at| Moment::new(at, now).relative).unwrap_or_default();
    let (title, explanation) = match finding.rule {
        Rule::ConsentSkipped => (
            "Nobody is asked, although anybody can pose as this client",
            "A public client proves nothing. With consent skipped, an app that copies its id gets users' access without them \
             noticing."
                .to_owned(),
        ),
        Rule::PublicManagement => (
            "A client that cannot prove who it is may administer this server",
            "Whoever gets hold of one of its tokens changes clients, users or grants. Use a confidential client for that."
                .to_owned(),
        ),
        Rule::PkceOptional if finding.number > 0 => (
            "PKCE is optional",
            format!(
                "All of its {} since {ago} used it. Requiring it changes nothing for the client, and stops whoever would leave \
                 it out.",
                count(finding.number, "authorization request")
            ),
        ),
        Rule::PkceOptional => (
            "PKCE is optional",
            "A stolen code cannot be redeemed where PKCE is used. The client was not seen often enough to tell whether it \
             uses it; every current library can."
                .to_owned(),
        ),
        Rule::PkceUnused => (
            "It does without PKCE",
            format!(
                "{} came without it, the last one {ago}. Turn it on in the client's library, then require it here.",
                count(finding.number, "authorization request")
            ),
        ),
        Rule::LoopbackMixed => (
            "Addresses of a developer's machine beside those of production",
            "Whatever listens there can receive codes of real users. Give development a client of its own.".to_owned(),
        ),
        Rule::Localhost => (
            "localhost instead of an address",
            "The name localhost can be made to lead elsewhere, and browsers resolve it in different ways. Register \
             http://127.0.0.1 and http://[::1], where the port may vary."
                .to_owned(),
        ),
        Rule::PrivateScheme => (
            "A private-use scheme for a client with a backend",
            "Any app on a device can claim such a scheme and receive the codes. Use an https address.".to_owned(),
        ),
        Rule::RedirectUrisUnused => (
            "Redirect URIs that nobody uses",
            "They were not asked for in 90 days, while others were. Each one is a place where codes can be sent to.".to_owned(),
        ),
        Rule::ScopesUnused => (
            "Scopes that it never asks for",
            "They were not asked for in 90 days. Whoever takes the client over could ask for them.".to_owned(),
        ),
        Rule::GrantTypesUnused => (
            "Grant types that it never uses",
            "They were not used in 90 days, while others were. Each one is another way to get tokens.".to_owned(),
        ),
        Rule::SecretUnused => (
            "A secret that nobody uses",
            format!("It was last of use {ago}, while the client works on. Find out who else has it."),
        ),
        Rule::TwoSecrets => (
            "Two secrets at once for weeks",
            if finding.mend.is_some() {
                format!("The newer one was created {ago}, and the older one has not been used since long. Delete it.")
            } else {
                format!("The newer one was created {ago}, and the older one is still in use. Finish the rollout, then delete it.")
            },
        ),
        Rule::SecretOld => (
            "The secret is old",
            format!("It was created {ago}. The longer a secret lives, the more backups, logs and people have seen it."),
        ),
        Rule::SecretInBody => (
            "The secret travels in the form",
            format!(
                "{} sent it so. The Authorization header is the better place: bodies are logged more often.",
                count(finding.number, "token request")
            ),
        ),
        Rule::SecretAndNoKey => (
            "A secret instead of a key",
            "With private_key_jwt the client keeps a private key and nothing secret is shared. Its library may have it as a \
             setting."
                .to_owned(),
        ),
        Rule::AccessTokenLong => (
            "Access tokens live long",
            format!("{}. A stolen one works as long. Let the client refresh instead.", duration(finding.number)),
        ),
        Rule::RefreshTokenLong => (
            "Refresh tokens live long",
            format!("{}. Access that nobody remembers should end by itself.", duration(finding.number)),
        ),
        Rule::AnyDefaultScope => (
            "It may ask for any default scope",
            "A scope that becomes a default later is open to it at once. Name the scopes that it needs.".to_owned(),
        ),
        Rule::ClientUnused => (
            "Nobody uses this client",
            format!("It was not used since {ago}. Disable it; it can be enabled again."),
        ),
    };
    (title.to_owned(), explanation)
}

/// The words of the button.
pub fn mend(mend: &Mend) -> &'static str {
    match mend {
        Mend::AskForConsent => "Ask for consent",
        Mend::RequirePkce => "Require PKCE",
        Mend::RemoveRedirectUris(_) | Mend::RemoveScopes(_) | Mend::RemoveGrantTypes(_) => "Remove them",
        Mend::UseDefaultAccessTokenLifetime | Mend::UseDefaultRefreshTokenLifetime => "Use the server's lifetime",
        Mend::DeleteSecret(_) => "Delete the older secret",
        Mend::RotateSecret => "Rotate secret",
        Mend::Disable => "Disable client",
    }
}

/// What the button means, in a sentence.
pub fn lead(mend: &Mend) -> &'static str {
    match mend {
        Mend::AskForConsent => "Users are asked before they share anything with this client.",
        Mend::RequirePkce => "Authorization requests without a code_challenge are refused from now on.",
        Mend::RemoveRedirectUris(_) => {
            "Users are no longer sent there. A client that still uses one of them stops working."
        }
        Mend::RemoveScopes(_) => "The client can no longer ask for these, and its tokens lose them at once.",
        Mend::RemoveGrantTypes(_) => "The client can no longer get tokens this way.",
        Mend::UseDefaultAccessTokenLifetime => "New access tokens live as long as the server's settings say.",
        Mend::UseDefaultRefreshTokenLifetime => "New grants live as long as the server's settings say.",
        Mend::DeleteSecret(_) | Mend::RotateSecret | Mend::Disable => "",
    }
}
