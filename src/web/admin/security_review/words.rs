//! Findings of a review as admins read them.

use crate::clock::Timestamp;
use crate::protocol::review::{Finding, Mend, Rule};
use crate::web::page::{Moment, duration};

/// The title of a finding, and a sentence or two: what it means, and what else to do.
pub fn finding(finding: &Finding, now: Timestamp) -> (String, String) {
    let ago = finding.since.map(|at| Moment::new(at, now).relative).unwrap_or_default();
    match finding.rule {
        Rule::ConsentSkipped => (t!("finding-consent-skipped"), t!("finding-consent-skipped-help")),
        Rule::PublicManagement => (t!("finding-public-management"), t!("finding-public-management-help")),
        Rule::PkceOptional if finding.number > 0 => {
            (t!("finding-pkce-optional"), t!("finding-pkce-optional-used", count = finding.number, ago = ago))
        }
        Rule::PkceOptional => (t!("finding-pkce-optional"), t!("finding-pkce-optional-help")),
        Rule::PkceUnused => {
            (t!("finding-pkce-unused"), t!("finding-pkce-unused-help", count = finding.number, ago = ago))
        }
        Rule::LoopbackMixed => (t!("finding-loopback-mixed"), t!("finding-loopback-mixed-help")),
        Rule::Localhost => (t!("finding-localhost"), t!("finding-localhost-help")),
        Rule::PrivateScheme => (t!("finding-private-scheme"), t!("finding-private-scheme-help")),
        Rule::RedirectUrisUnused => (t!("finding-redirect-uris-unused"), t!("finding-redirect-uris-unused-help")),
        Rule::ScopesUnused => (t!("finding-scopes-unused"), t!("finding-scopes-unused-help")),
        Rule::GrantTypesUnused => (t!("finding-grant-types-unused"), t!("finding-grant-types-unused-help")),
        Rule::SecretUnused => (t!("finding-secret-unused"), t!("finding-secret-unused-help", ago = ago)),
        Rule::TwoSecrets if finding.mend.is_some() => {
            (t!("finding-two-secrets"), t!("finding-two-secrets-unused", ago = ago))
        }
        Rule::TwoSecrets => (t!("finding-two-secrets"), t!("finding-two-secrets-help", ago = ago)),
        Rule::SecretOld => (t!("finding-secret-old"), t!("finding-secret-old-help", ago = ago)),
        Rule::SecretInBody => (t!("finding-secret-in-body"), t!("finding-secret-in-body-help", count = finding.number)),
        Rule::SecretAndNoKey => (t!("finding-secret-and-no-key"), t!("finding-secret-and-no-key-help")),
        Rule::AccessTokenLong => {
            (t!("finding-access-token-long"), t!("finding-access-token-long-help", time = duration(finding.number)))
        }
        Rule::RefreshTokenLong => {
            (t!("finding-refresh-token-long"), t!("finding-refresh-token-long-help", time = duration(finding.number)))
        }
        Rule::AnyDefaultScope => (t!("finding-any-default-scope"), t!("finding-any-default-scope-help")),
        Rule::ClientUnused => (t!("finding-client-unused"), t!("finding-client-unused-help", ago = ago)),
    }
}

/// The words of the button.
pub fn mend(mend: &Mend) -> String {
    match mend {
        Mend::AskForConsent => t!("mend-ask-for-consent"),
        Mend::RequirePkce => t!("mend-require-pkce"),
        Mend::RemoveRedirectUris(_) | Mend::RemoveScopes(_) | Mend::RemoveGrantTypes(_) => t!("mend-remove"),
        Mend::UseDefaultAccessTokenLifetime | Mend::UseDefaultRefreshTokenLifetime => t!("mend-use-default"),
        Mend::DeleteSecret(_) => t!("mend-delete-secret"),
        Mend::RotateSecret => t!("mend-rotate-secret"),
        Mend::Disable => t!("mend-disable"),
    }
}

/// What the button means, in a sentence.
pub fn lead(mend: &Mend) -> String {
    match mend {
        Mend::AskForConsent => t!("mend-ask-for-consent-help"),
        Mend::RequirePkce => t!("mend-require-pkce-help"),
        Mend::RemoveRedirectUris(_) => t!("mend-remove-redirect-uris-help"),
        Mend::RemoveScopes(_) => t!("mend-remove-scopes-help"),
        Mend::RemoveGrantTypes(_) => t!("mend-remove-grant-types-help"),
        Mend::UseDefaultAccessTokenLifetime => t!("mend-default-access-help"),
        Mend::UseDefaultRefreshTokenLifetime => t!("mend-default-refresh-help"),
        Mend::DeleteSecret(_) | Mend::RotateSecret | Mend::Disable => String::new(),
    }
}
