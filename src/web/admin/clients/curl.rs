//! A line to try a client with in a terminal.

use crate::domain::client::{AuthMethod, ClientMetadata, GrantType};
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID};
use crate::web::routes;
use crate::web::state::App;

/// A command that succeeds for this client: a token for a machine, a check of the secret for a website, and for an app
/// without a secret what anybody may read.
pub fn curl(app: &App, id: &str, metadata: &ClientMetadata, secret: &str) -> String {
    let url = |path| app.config.issuer.url(path);
    if metadata.grant_types.contains(&GrantType::ClientCredentials) {
        let users = scope::from_names([OPENID, OFFLINE_ACCESS]);
        let own = metadata.scope.as_ref().map(|all| scope::render(&scope::difference(all, &users)));
        curl_client_credentials(&url(routes::TOKEN), id, secret, &own.unwrap_or_default())
    } else if metadata.token_endpoint_auth_method == AuthMethod::None {
        format!("curl {}", url(routes::OPENID_CONFIGURATION))
    } else {
        format!("curl -u \"{id}:{secret}\" -d token=any {}", url(routes::INTROSPECT))
    }
}

/// The curl line of a machine client, quoted for a shell (a scope name may hold an apostrophe). `secret` may be a placeholder such as `$CLIENT_SECRET`.
pub fn curl_client_credentials(token_endpoint: &str, id: &str, secret: &str, scope: &str) -> String {
    let scope = if scope.is_empty() { String::new() } else { format!(" -d 'scope={}'", scope.replace('\'', r"'\''")) };
    format!("curl -u \"{id}:{secret}\" -d grant_type=client_credentials{scope} {token_endpoint}")
}
