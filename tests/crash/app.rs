//! An application with a user: redeems codes, refreshes, revokes; and now and then somebody steals from it.
//!
//! What an honest client may rely on when an answer was lost on the way:
//!
//! - A refresh is repeated, and gives the same successor.
//! - A code is repeated, and gives tokens if it did not before. If it did, nobody has seen them: the answer is
//!   `invalid_grant`, and the client starts anew.
//! - A revocation is repeated until it is acknowledged.

use std::time::{Duration, Instant};

use crate::support::app::REDIRECT_URI;
use crate::support::http::{Answer, Authorization, redemption};
use crate::world::{Place, Trouble, said};

/// The retry window is ten seconds, and the server counts whole ones.
const RETRY_WINDOW: Duration = Duration::from_secs(9);
/// A code that is repeated later may have been forgotten by then.
const REPLAY_WITHIN: Duration = Duration::from_secs(50);

/// A grant: the code it came from, and what hangs on it.
struct Family {
    code: String,
    since: Instant,
    /// Its refresh tokens, the newest last.
    refresh: Vec<String>,
    live: Vec<String>,
    /// Access tokens that were revoked alone.
    dead: Vec<String>,
    is_alive: bool,
}

/// Works until the end, and then looks at everything once more.
pub async fn work(mut place: Place, cookies: String) {
    let (mut families, mut ended) = (Vec::<Family>::new(), Vec::<Family>::new());
    while !place.is_over() {
        let act = place.random.below(100);
        if act < 15 {
            let begun = begin(&mut place, &cookies, act == 0).await;
            let (alive, dead): (Vec<_>, Vec<_>) = begun.into_iter().partition(|family| family.is_alive);
            families.extend(alive);
            ended.extend(dead);
        } else if act < 20 {
            if let Some(index) = place.random.index(ended.len()) {
                stays_dead(&mut place, &ended[index]).await;
            }
        } else if let Some(index) = place.random.index(families.len()) {
            let family = &mut families[index];
            match act {
                20..55 => refresh(&place, family).await,
                55..60 => refresh_twice(&place, family).await,
                60..64 => repeat(&place, family).await,
                64..88 => look(&mut place, family).await,
                88..92 => revoke_access(&mut place, family).await,
                92..95 => revoke_refresh(&place, family).await,
                95..98 => steal_refresh(&place, family).await,
                _ => replay_code(&place, family).await,
            }
            if !family.is_alive {
                ended.push(families.swap_remove(index));
            }
        }
    }
    for family in families.iter_mut().chain(&mut ended) {
        account(&place, family).await;
    }
}

fn rotates(place: &Place) -> bool {
    place.client.secret.is_none()
}

/// A code for a signed-in user, redeemed; `twice` at the same time, as somebody who copied it does.
async fn begin(place: &mut Place, cookies: &str, twice: bool) -> Option<Family> {
    let request = Authorization::of(&place.client, "secret").path();
    let answer = place.get("authorize", &request, &[("cookie", cookies)]).await;
    place.ensure(answer.location().starts_with(REDIRECT_URI), || format!("the session is lost: {}", said(&answer)));
    let code = answer.redirect().get("code").cloned();
    let code = code.unwrap_or_else(|| place.violated(&format!("no code: {}", said(&answer))));
    let since = Instant::now();
    if twice {
        let form = redemption(&code);
        let ((one, _), (other, _)) = tokio::join!(redeem(place, &form), redeem(place, &form));
        place.ensure(one.is_none() || other.is_none(), || format!("{code} was redeemed twice"));
        // The one that was refused has ended what the other got, or else this does.
        let given = one.or(other)?;
        let mut family = Family::new(code, since, &given);
        replay_code(place, &mut family).await;
        return Some(family);
    }
    let (given, trouble) = redeem(place, &redemption(&code)).await;
    // README: what was answered 503 can be sent again, a code too.
    place.ensure(given.is_some() || trouble.lost > 0, || format!("{code} was spent on nobody: {trouble:?}"));
    Some(Family::new(code, since, &given?))
}

/// `None` when the tokens were given already.
async fn redeem(place: &Place, form: &[(&str, &str)]) -> (Option<Answer>, Trouble) {
    let (answer, trouble) = place.post("redeem", "/oauth2/token", form).await;
    let is_given = answer.status == 200;
    place.ensure(is_given || (answer.status == 400 && answer.error() == "invalid_grant"), || {
        format!("a code: {}", said(&answer))
    });
    (Some(answer).filter(|_| is_given), trouble)
}

impl Family {
    fn new(code: String, since: Instant, given: &Answer) -> Self {
        Self {
            code,
            since,
            refresh: vec![given.text("refresh_token")],
            live: vec![given.text("access_token")],
            dead: Vec::new(),
            is_alive: true,
        }
    }

    fn newest(&self) -> &str {
        self.refresh.last().expect("a family begins with a refresh token")
    }

    /// An answer to the newest refresh token.
    fn took(&mut self, place: &Place, given: &Answer) {
        self.live.push(given.text("access_token"));
        let successor = given.text("refresh_token");
        if rotates(place) {
            place.ensure(!self.refresh.contains(&successor), || format!("{successor} was given before"));
            self.refresh.push(successor);
        } else {
            place.ensure(successor == self.newest(), || format!("a token that stays became {successor}"));
        }
    }
}

async fn ask_to_refresh(place: &Place, token: &str) -> (Answer, Trouble) {
    place.post("refresh", "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// Whether an honest client was refused in spite of the retry window.
fn must_succeed(place: &Place, answer: &Answer, trouble: &Trouble) -> bool {
    let is_late = rotates(place) && trouble.since.elapsed() > RETRY_WINDOW;
    place.ensure(answer.status == 200 || (is_late && answer.error() == "invalid_grant"), || {
        format!("an honest refresh, {trouble:?}: {}", said(answer))
    });
    if answer.status != 200 {
        place.note("too late for the retry window");
    }
    answer.status == 200
}

async fn refresh(place: &Place, family: &mut Family) {
    let (answer, trouble) = ask_to_refresh(place, family.newest()).await;
    if must_succeed(place, &answer, &trouble) {
        family.took(place, &answer);
    } else {
        family.is_alive = false;
    }
}

/// Two of the client's own processes, at once: both get the same successor.
async fn refresh_twice(place: &Place, family: &mut Family) {
    let token = family.newest().to_owned();
    let ((one, trouble), (other, more)) = tokio::join!(ask_to_refresh(place, &token), ask_to_refresh(place, &token));
    if must_succeed(place, &one, &trouble) && must_succeed(place, &other, &more) {
        let (successor, same) = (one.text("refresh_token"), other.text("refresh_token"));
        place.ensure(successor == same, || format!("two living ends: {successor} and {same}"));
        family.took(place, &one);
        family.live.push(other.text("access_token"));
    } else {
        family.is_alive = false;
    }
}

/// As if the answer had been lost.
async fn repeat(place: &Place, family: &mut Family) {
    let token = family.newest().to_owned();
    refresh(place, family).await;
    let (answer, trouble) = ask_to_refresh(place, &token).await;
    if !family.is_alive || !must_succeed(place, &answer, &trouble) {
        family.is_alive = false;
        return;
    }
    let again = answer.text("refresh_token");
    place.ensure(again == family.newest(), || format!("two living ends: {again} and {}", family.newest()));
    family.live.push(answer.text("access_token"));
}

async fn look(place: &mut Place, family: &Family) {
    if let Some(token) = place.random.pick(&family.live) {
        place.ensure(place.counts(token).await, || format!("a token that was given out does not count: {token}"));
    }
    if let Some(token) = place.random.pick(&family.dead) {
        place.ensure(!place.counts(token).await, || format!("a revoked token counts: {token}"));
    }
}

async fn stays_dead(place: &mut Place, family: &Family) {
    let tokens = [family.live.as_slice(), family.dead.as_slice()].concat();
    if let Some(token) = place.random.pick(&tokens) {
        place.ensure(!place.counts(token).await, || format!("a token of an ended grant counts: {token}"));
    }
    if place.random.below(4) == 0 {
        is_refused(place, family.newest()).await;
    }
}

async fn is_refused(place: &Place, token: &str) {
    let (answer, _) = ask_to_refresh(place, token).await;
    place.ensure(answer.status == 400 && answer.error() == "invalid_grant", || {
        format!("{token} opens something: {}", said(&answer))
    });
}

/// Decision 18: a public client's grant ends with its access token.
async fn revoke_access(place: &mut Place, family: &mut Family) {
    let Some(index) = place.random.index(family.live.len()) else { return };
    let token = family.live.swap_remove(index);
    revoke(place, &token).await;
    family.dead.push(token);
    family.is_alive = !rotates(place);
}

async fn revoke_refresh(place: &Place, family: &mut Family) {
    revoke(place, family.newest()).await;
    family.is_alive = false;
}

async fn revoke(place: &Place, token: &str) {
    let (answer, _) = place.post("revoke", "/oauth2/revoke", &[("token", token)]).await;
    place.ensure(answer.status == 200, || format!("revocation: {}", said(&answer)));
}

/// A rotated token whose successor was used comes back: the family ends.
async fn steal_refresh(place: &Place, family: &mut Family) {
    let [.., old, _, _] = family.refresh.as_slice() else { return };
    is_refused(place, old).await;
    family.is_alive = false;
}

/// A code comes back: what it gave ends.
async fn replay_code(place: &Place, family: &mut Family) {
    if family.since.elapsed() > REPLAY_WITHIN {
        return;
    }
    let (again, _) = redeem(place, &redemption(&family.code)).await;
    place.ensure(again.is_none(), || format!("{} was redeemed twice", family.code));
    family.is_alive = false;
}

/// The last look: every token of a living family counts, its last refresh token works, and none of the others does.
async fn account(place: &Place, family: &mut Family) {
    for token in &family.dead {
        place.ensure(!place.counts(token).await, || format!("a revoked token counts: {token}"));
    }
    for token in &family.live {
        place.ensure(place.counts(token).await == family.is_alive, || {
            format!("{token} of a grant that is alive: {}", family.is_alive)
        });
    }
    if !family.is_alive {
        return is_refused(place, family.newest()).await;
    }
    refresh(place, family).await;
    if family.refresh.len() > 2 {
        is_refused(place, &family.refresh[0]).await;
        is_refused(place, family.newest()).await;
    }
}
