//! A machine: gets tokens, uses them, and gives them back.

use std::time::{Duration, Instant};

use crate::world::{Place, said};

/// A JWT lives ten minutes, and is not looked at in its last one.
const JWT_LIFETIME: Duration = Duration::from_secs(540);

struct Token {
    text: String,
    since: Instant,
}

impl Token {
    fn is_old(&self) -> bool {
        !self.text.starts_with("gat_") && self.since.elapsed() > JWT_LIFETIME
    }
}

/// Works until the end, and then looks at every token once more.
pub async fn work(mut place: Place) {
    let (mut live, mut dead) = (Vec::<Token>::new(), Vec::<Token>::new());
    while !place.is_over() {
        match place.random.below(100) {
            0..40 => live.extend(issue(&place).await),
            40..65 => {
                if let Some(token) = place.random.pick(&live) {
                    counts(&place, token).await;
                }
            }
            65..80 => {
                if let Some(index) = place.random.index(live.len()) {
                    let token = live.swap_remove(index);
                    revoke(&place, &token.text).await;
                    dead.push(token);
                }
            }
            _ => {
                if let Some(token) = place.random.pick(&dead) {
                    counts_no_more(&place, token).await;
                }
            }
        }
    }
    for token in &live {
        counts(&place, token).await;
    }
    for token in &dead {
        counts_no_more(&place, token).await;
    }
}

/// A lost token is nobody's, and nobody asks for it again.
async fn issue(place: &Place) -> Option<Token> {
    let since = Instant::now();
    let Ok(answer) = place.once("issue", "/oauth2/token", &[("grant_type", "client_credentials")]).await else {
        // It would only ask again and again.
        tokio::time::sleep(Duration::from_millis(5)).await;
        return None;
    };
    place.ensure(answer.status == 200, || format!("client credentials: {}", said(&answer)));
    Some(Token { text: answer.text("access_token"), since })
}

async fn revoke(place: &Place, token: &str) {
    let (answer, _) = place.post("revoke", "/oauth2/revoke", &[("token", token)]).await;
    place.ensure(answer.status == 200, || format!("revocation: {}", said(&answer)));
}

async fn counts(place: &Place, token: &Token) {
    let counts = token.is_old() || place.counts(&token.text).await;
    place.ensure(counts || token.is_old(), || format!("a token that was given out does not count: {}", token.text));
}

async fn counts_no_more(place: &Place, token: &Token) {
    place.ensure(!place.counts(&token.text).await, || format!("a revoked token counts: {}", token.text));
}
