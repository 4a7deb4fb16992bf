//! What becomes of grants under random interleavings of everything that may happen to them, against a small model that
//! knows the rules (decisions 4 to 6): introspection, the bearer guard and userinfo always agree with it, and nothing that
//! is dead comes back. Two processes on one database answer in turns. `GRANTOR_STATES_CASES` says how many interleavings
//! there are on each database.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, allow, but, redemption};
use crate::support::switch;
use grantor::{jobs, management};

on_both_databases!(interleavings_agree_with_the_model, what_was_swept_is_not_known_again, one_of_many_wins);

/// Seconds, as the server has them.
const DAY: i64 = 86_400;
const CODE: i64 = 60;
/// After its end, how long a code is still known when it comes back.
const SPENT: i64 = DAY;
const ACCESS: i64 = 3600;
const IDLE: i64 = 30 * DAY;
const ABSOLUTE: i64 = 90 * DAY;
const RETRY: i64 = 10;
/// Wrong verifiers that burn a code.
const BURNT: u32 = 3;

/// One thing that happens. A number chooses among what is there, whatever became of it.
#[derive(Clone, Debug)]
enum Step {
    /// A signed-in user allows the public or the confidential client a grant that outlives the session or ends with it.
    Authorize {
        public: bool,
        offline: bool,
    },
    Redeem(usize),
    RedeemWrongly(usize),
    Refresh(usize),
    RevokeAccess(usize),
    RevokeRefresh(usize),
    Withdraw {
        public: bool,
    },
    DisableClient {
        public: bool,
        is_disabled: bool,
    },
    DisableUser {
        is_disabled: bool,
    },
    SignOut,
    Wait(u32),
    Sweep,
    Look(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..1000_usize;
    prop_oneof![
        5 => (any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(public, offline)| Step::Authorize { public, offline }),
        6 => which().prop_map(Step::Redeem),
        1 => which().prop_map(Step::RedeemWrongly),
        8 => which().prop_map(Step::Refresh),
        2 => which().prop_map(Step::RevokeAccess),
        1 => which().prop_map(Step::RevokeRefresh),
        1 => any::<bool>().prop_map(|public| Step::Withdraw { public }),
        2 => any::<(bool, bool)>().prop_map(|(public, is_disabled)| Step::DisableClient { public, is_disabled }),
        1 => any::<bool>().prop_map(|is_disabled| Step::DisableUser { is_disabled }),
        1 => Just(Step::SignOut),
        4 => prop::sample::select(vec![1, 9, 10, 11, 60, 3600, 86_400, 20 * 86_400, 31 * 86_400]).prop_map(Step::Wait),
        1 => Just(Step::Sweep),
        4 => which().prop_map(Step::Look),
    ]
}

#[derive(Debug)]
struct Code {
    text: String,
    grant: usize,
    expires_at: i64,
    failures: u32,
    /// Its owner took back what it stands for before anybody redeemed it.
    is_withdrawn: bool,
    is_redeemed: bool,
    is_swept: bool,
}

#[derive(Debug)]
struct Grant {
    public: bool,
    offline: bool,
    session: u32,
    /// Set by redemption.
    ends_at: Option<i64>,
    is_revoked: bool,
}

#[derive(Debug)]
struct Access {
    text: String,
    grant: usize,
    expires_at: i64,
    is_revoked: bool,
}

#[derive(Debug)]
struct Refresh {
    text: String,
    grant: usize,
    expires_at: i64,
    rotated_at: Option<i64>,
    successor: Option<usize>,
    is_swept: bool,
}

/// What should be so.
#[derive(Debug, Default)]
struct Model {
    now: i64,
    session: u32,
    is_signed_in: bool,
    is_user_disabled: bool,
    disabled: [bool; 2],
    codes: Vec<Code>,
    grants: Vec<Grant>,
    access: Vec<Access>,
    refresh: Vec<Refresh>,
}

impl Model {
    fn is_alive(&self, grant: usize) -> bool {
        let Grant { public, is_revoked, .. } = self.grants[grant];
        !is_revoked && !self.is_user_disabled && !self.disabled[usize::from(public)]
    }

    fn counts(&self, access: &Access) -> bool {
        !access.is_revoked && access.expires_at > self.now && self.is_alive(access.grant)
    }

    /// A refresh token of a grant that may still be refreshed, rotated or not.
    fn is_known(&self, refresh: &Refresh) -> bool {
        refresh.expires_at > self.now
            && self.is_alive(refresh.grant)
            && self.grants[refresh.grant].ends_at.is_some_and(|end| end > self.now)
    }

    /// What is gone is not known again when it comes back. Of all else that is swept, nobody can tell.
    fn sweep(&mut self) {
        let now = self.now;
        for code in &mut self.codes {
            code.is_swept |= code.expires_at <= now - SPENT;
        }
        for refresh in &mut self.refresh {
            refresh.is_swept |= refresh.expires_at <= now;
        }
    }

    fn end_session(&mut self) {
        for grant in self.grants.iter_mut().filter(|grant| !grant.offline && grant.session == self.session) {
            grant.is_revoked = true;
        }
        self.is_signed_in = false;
    }
}

/// The people and programs of one case, new for each.
struct Case<'a> {
    app: &'a TestApp,
    /// The process that takes the next step.
    other: &'a TestApp,
    owner: String,
    username: String,
    browser: Browser,
    clients: [TestClient; 2],
    inspector: &'a TestClient,
    /// Seconds since the browser was used.
    idle: u32,
    model: Model,
}

macro_rules! agree {
    ($condition:expr, $($said:tt)*) => {
        if !$condition { return Err(format!($($said)*)) }
    };
}

impl<'a> Case<'a> {
    async fn new(app: &'a TestApp, other: &'a TestApp, inspector: &'a TestClient, number: u32) -> Self {
        let username = format!("user{number}");
        let client = async |method: &str| {
            app.client(json!({ "client_name": "App", "redirect_uris": [REDIRECT_URI], "skip_consent": true,
                "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": method }))
                .await
        };
        let clients = [client("client_secret_basic").await, client("none").await];
        let owner = app.user(&username).await;
        let model = Model { now: app.clock.now(), ..Model::default() };
        hold_the_sweep(app).await;
        Self { app, other, owner, username, browser: Browser::new(app), clients, inspector, idle: 0, model }
    }

    fn client(&self, grant: usize) -> &TestClient {
        &self.clients[usize::from(self.model.grants[grant].public)]
    }

    /// A disabled client that has a secret is not sent to prove it again and again: that looks like guessing.
    fn would_guess(&self, grant: usize) -> bool {
        !self.model.grants[grant].public && self.model.disabled[0]
    }

    async fn token(&self, grant: usize, form: &[(&str, &str)]) -> Answer {
        self.app.http.as_client(self.client(grant), "/oauth2/token", form).await
    }

    async fn run(&mut self, steps: &[Step]) -> Result<(), String> {
        for (number, step) in steps.iter().enumerate() {
            self.take(step).await.map_err(|why| format!("step {number}, {step:?}: {why}\n{:#?}", self.model))?;
        }
        for access in 0..self.model.access.len() {
            self.look(access).await.map_err(|why| format!("at the end: {why}\n{:#?}", self.model))?;
        }
        for refresh in 0..self.model.refresh.len() {
            self.look_at_refresh(refresh).await.map_err(|why| format!("at the end: {why}\n{:#?}", self.model))?;
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<(), String> {
        std::mem::swap(&mut self.app, &mut self.other);
        self.browser.http = self.app.http.clone();
        match *step {
            Step::Authorize { public, offline } => self.authorize(public, offline).await,
            Step::Redeem(code) => match self.model.codes.len() {
                0 => Ok(()),
                codes => self.redeem(code % codes, true).await,
            },
            Step::RedeemWrongly(code) => match self.model.codes.len() {
                0 => Ok(()),
                codes => self.redeem(code % codes, false).await,
            },
            Step::Refresh(token) => match self.model.refresh.len() {
                0 => Ok(()),
                tokens => self.refresh(token % tokens).await,
            },
            Step::RevokeAccess(token) => match self.model.access.len() {
                0 => Ok(()),
                tokens => self.revoke_access(token % tokens).await,
            },
            Step::RevokeRefresh(token) => match self.model.refresh.len() {
                0 => Ok(()),
                tokens => self.revoke_refresh(token % tokens).await,
            },
            Step::Withdraw { public } => {
                self.withdraw(public).await;
                Ok(())
            }
            Step::DisableClient { public, is_disabled } => {
                let (context, id) = (self.app.context(), self.clients[usize::from(public)].id.clone());
                self.app.manage(move |c| management::clients::set_disabled(c, &context, &id, is_disabled)).await;
                self.model.disabled[usize::from(public)] = is_disabled;
                // As it does within a second by itself.
                self.other.app.store.cache().invalidate();
                Ok(())
            }
            Step::DisableUser { is_disabled } => {
                let (context, id) = (self.app.context(), self.owner.clone());
                self.app.manage(move |c| management::users::set_disabled(c, &context, &id, is_disabled)).await;
                self.model.is_user_disabled = is_disabled;
                if is_disabled {
                    self.model.end_session();
                }
                Ok(())
            }
            Step::SignOut => {
                if self.model.is_signed_in {
                    let page = self.browser.get("/logout").await;
                    self.browser.submit("/logout", &page, &[]).await;
                    self.model.end_session();
                }
                Ok(())
            }
            Step::Wait(seconds) => {
                self.app.clock.advance(seconds);
                hold_the_sweep(self.app).await;
                self.model.now = self.app.clock.now();
                self.idle += seconds;
                // Before a session expires by itself, which takes nothing along, its browser forgets it.
                if self.idle > 11 * 3600 {
                    self.model.is_signed_in = false;
                    self.browser.cookies.clear();
                }
                Ok(())
            }
            Step::Sweep => {
                let swept = jobs::sweep::run(&self.app.app.store, self.model.now).await;
                agree!(swept.is_ok(), "{swept:?}");
                self.model.sweep();
                Ok(())
            }
            Step::Look(token) => match self.model.access.len() {
                0 => Ok(()),
                tokens => self.look(token % tokens).await,
            },
        }
    }

    async fn authorize(&mut self, public: bool, offline: bool) -> Result<(), String> {
        if self.model.is_user_disabled || self.model.disabled[usize::from(public)] {
            return Ok(());
        }
        let scope = if offline { "openid offline_access" } else { "openid" };
        let request = Authorization::of(&self.clients[usize::from(public)], scope).with("prompt", "consent");
        let request = if offline { request } else { request.without("prompt") };
        let answer = allow(&mut self.browser, &request, &self.username).await;
        self.idle = 0;
        if !self.model.is_signed_in {
            self.model.session += 1;
            self.model.is_signed_in = true;
        }
        agree!(answer.status == 303, "no code: {} {}", answer.status, answer.body);
        let redirect = answer.redirect();
        let Some(text) = redirect.get("code").cloned() else { return Err(format!("no code: {redirect:?}")) };
        let (session, grant) = (self.model.session, self.model.grants.len());
        self.model.grants.push(Grant { public, offline, session, ends_at: None, is_revoked: false });
        let expires_at = self.model.now + CODE;
        let (is_withdrawn, is_redeemed, is_swept) = (false, false, false);
        self.model.codes.push(Code { text, grant, expires_at, failures: 0, is_withdrawn, is_redeemed, is_swept });
        Ok(())
    }

    async fn redeem(&mut self, index: usize, rightly: bool) -> Result<(), String> {
        let code = &self.model.codes[index];
        let (grant, now) = (code.grant, self.model.now);
        if self.would_guess(grant) {
            return Ok(());
        }
        let Grant { public, offline, session, .. } = self.model.grants[grant];
        let form = redemption(&code.text);
        let wrong = but(&form, "code_verifier", "a-verifier-of-43-characters-that-nobody-chose");
        let answer = self.token(grant, if rightly { &form } else { &wrong }).await;
        if self.model.disabled[usize::from(public)] {
            agree!(answer.error() == "invalid_client", "of a disabled client: {}", answer.body);
            return Ok(());
        }
        // With an OpenID grant that ends with its session, the session must be there.
        let has_session = offline || (self.model.is_signed_in && self.model.session == session);
        let is_good = !code.is_redeemed
            && !code.is_withdrawn
            && code.expires_at > now
            && code.failures < BURNT
            && !self.model.is_user_disabled
            && has_session;
        let is_replay = code.is_redeemed && !code.is_swept && self.model.is_alive(grant);
        if is_good && rightly {
            agree!(answer.status == 200, "a good code is refused: {}", answer.body);
            let ends_at = now + if offline { ABSOLUTE } else { ACCESS };
            self.model.codes[index].is_redeemed = true;
            self.model.grants[grant].ends_at = Some(ends_at);
            self.gave_access(grant, &answer);
            if offline {
                self.gave_refresh(grant, answer.text("refresh_token"));
            } else {
                agree!(answer.json().get("refresh_token").is_none(), "a refresh token without offline_access");
            }
            return Ok(());
        }
        agree!(answer.error() == "invalid_grant", "a code that opens nothing: {} {}", answer.status, answer.body);
        if is_replay && rightly {
            self.model.grants[grant].is_revoked = true;
        }
        if (is_good || is_replay) && !rightly {
            self.model.codes[index].failures += 1;
        }
        Ok(())
    }

    fn gave_access(&mut self, grant: usize, answer: &Answer) {
        let (text, expires_at) = (answer.text("access_token"), self.model.now + ACCESS);
        self.model.access.push(Access { text, grant, expires_at, is_revoked: false });
    }

    fn gave_refresh(&mut self, grant: usize, text: String) {
        let expires_at = self.model.now + IDLE;
        let refresh = Refresh { text, grant, expires_at, rotated_at: None, successor: None, is_swept: false };
        self.model.refresh.push(refresh);
    }

    async fn refresh(&mut self, index: usize) -> Result<(), String> {
        let token = &self.model.refresh[index];
        let (grant, now, text) = (token.grant, self.model.now, token.text.clone());
        if self.would_guess(grant) {
            return Ok(());
        }
        let public = self.model.grants[grant].public;
        let answer = self.token(grant, &[("grant_type", "refresh_token"), ("refresh_token", &text)]).await;
        if self.model.disabled[usize::from(public)] {
            agree!(answer.error() == "invalid_client", "of a disabled client: {}", answer.body);
            return Ok(());
        }
        if !self.model.is_known(token) {
            agree!(answer.error() == "invalid_grant", "a dead token opens: {} {}", answer.status, answer.body);
            return Ok(());
        }
        let Some(rotated_at) = token.rotated_at else {
            agree!(answer.status == 200, "a live token is refused: {}", answer.body);
            self.gave_access(grant, &answer);
            let successor = answer.text("refresh_token");
            let token = &mut self.model.refresh[index];
            if public {
                token.rotated_at = Some(now);
                agree!(!self.model.refresh.iter().any(|token| token.text == successor), "{successor} was given before");
                self.model.refresh[index].successor = Some(self.model.refresh.len());
                self.gave_refresh(grant, successor);
            } else {
                agree!(successor == token.text, "a token that stays became {successor}");
                // At most one write an hour.
                if token.expires_at < now + IDLE - 3600 {
                    token.expires_at = now + IDLE;
                }
            }
            return Ok(());
        };
        let next = &self.model.refresh[token.successor.expect("it was rotated")];
        if now < rotated_at + RETRY && next.rotated_at.is_none() {
            agree!(answer.status == 200, "a lost answer is refused: {}", answer.body);
            agree!(answer.text("refresh_token") == next.text, "two living ends: {}", answer.body);
            self.gave_access(grant, &answer);
        } else {
            agree!(answer.error() == "invalid_grant", "a stolen token opens: {} {}", answer.status, answer.body);
            self.model.grants[grant].is_revoked = true;
        }
        Ok(())
    }

    async fn revoke_access(&mut self, index: usize) -> Result<(), String> {
        let Access { ref text, grant, .. } = self.model.access[index];
        if self.would_guess(grant) {
            return Ok(());
        }
        let answer = self.app.http.as_client(self.client(grant), "/oauth2/revoke", &[("token", text)]).await;
        let public = self.model.grants[grant].public;
        if self.model.disabled[usize::from(public)] {
            agree!(answer.error() == "invalid_client", "of a disabled client: {}", answer.body);
            return Ok(());
        }
        agree!(answer.status == 200, "revocation: {} {}", answer.status, answer.body);
        if self.model.counts(&self.model.access[index]) {
            self.model.access[index].is_revoked = true;
            self.model.grants[grant].is_revoked |= public;
        }
        Ok(())
    }

    async fn revoke_refresh(&mut self, index: usize) -> Result<(), String> {
        let Refresh { ref text, grant, .. } = self.model.refresh[index];
        if self.would_guess(grant) {
            return Ok(());
        }
        let answer = self.app.http.as_client(self.client(grant), "/oauth2/revoke", &[("token", text)]).await;
        if self.model.disabled[usize::from(self.model.grants[grant].public)] {
            agree!(answer.error() == "invalid_client", "of a disabled client: {}", answer.body);
            return Ok(());
        }
        agree!(answer.status == 200, "revocation: {} {}", answer.status, answer.body);
        // Also one that expired: whoever gives it back wants its family to end.
        self.model.grants[grant].is_revoked |= !self.model.refresh[index].is_swept;
        Ok(())
    }

    async fn withdraw(&mut self, public: bool) {
        let context = self.app.context();
        let (owner, id) = (self.owner.clone(), self.clients[usize::from(public)].id.clone());
        let withdrawn = self
            .app
            .app
            .store
            .write(move |connection| management::grants::withdraw(connection, &context, &owner, &id))
            .await;
        // Refused when there was nothing to withdraw, and then nothing has changed.
        if withdrawn.is_err() {
            return;
        }
        let model = &mut self.model;
        for code in model.codes.iter_mut().filter(|code| model.grants[code.grant].public == public) {
            code.is_withdrawn |= !code.is_redeemed;
        }
        for grant in model.grants.iter_mut().filter(|grant| grant.public == public) {
            grant.is_revoked |= grant.ends_at.is_some();
        }
    }

    /// All who judge an access token agree.
    async fn look(&self, index: usize) -> Result<(), String> {
        let access = &self.model.access[index];
        let should = self.model.counts(access);
        let said = self.app.http.as_client(self.inspector, "/oauth2/introspect", &[("token", &access.text)]).await;
        let introspected = said.json()["active"] == true;
        let opened = self.app.http.bearer("/api/v1/whoami", &access.text).await.status == 200;
        let userinfo = self.app.http.bearer("/oauth2/userinfo", &access.text).await.status == 200;
        agree!(
            [introspected, opened, userinfo] == [should; 3],
            "access token {index} counts: {should}, but introspection, guard and userinfo say {introspected}, {opened}, \
             {userinfo}"
        );
        Ok(())
    }

    /// A confidential client may ask about its own.
    async fn look_at_refresh(&self, index: usize) -> Result<(), String> {
        let refresh = &self.model.refresh[index];
        let Grant { public, .. } = self.model.grants[refresh.grant];
        if public || self.model.disabled[0] {
            return Ok(());
        }
        let client = self.client(refresh.grant);
        let said = self.app.http.as_client(client, "/oauth2/introspect", &[("token", &refresh.text)]).await;
        let should = self.model.is_known(refresh) && refresh.rotated_at.is_none();
        agree!(said.json()["active"] == should, "refresh token {index} counts: {should}, but {}", said.body);
        Ok(())
    }
}

/// Takes the lease of the sweep, so that the two processes, which want to sweep twice a minute, leave it to the cases.
async fn hold_the_sweep(app: &TestApp) {
    jobs::lease(&app.app.store, "sweep", "the cases", app.clock.now(), 120).await.expect("the database answers");
}

/// A second process of the same issuer.
async fn beside(app: &TestApp) -> TestApp {
    app.another_with(app.config.clone().issued_by(app.app.config.issuer.clone())).await
}

async fn interleavings_agree_with_the_model(app: TestApp) {
    let cases = switch("GRANTOR_STATES_CASES").map_or(100, |cases| cases.parse().expect("a number"));
    let (other, inspector) = (beside(&app).await, app.machine("grantor.users:read").await);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed()));
    let strategy = prop::collection::vec(step(), 5..30);
    let mut number = 0;
    for case in 0..cases {
        let mut steps = strategy.new_tree(&mut runner).expect("the strategy refuses nothing");
        let mut failure = None;
        loop {
            number += 1;
            let outcome = Case::new(&app, &other, &inspector, number).await.run(&steps.current()).await;
            let go_on = match outcome {
                Err(why) => {
                    failure = Some((steps.current(), why));
                    steps.simplify()
                }
                Ok(()) if failure.is_none() => break,
                Ok(()) => steps.complicate(),
            };
            if !go_on || number > cases + 300 {
                break;
            }
        }
        if let Some((steps, why)) = failure {
            panic!("case {case}: {why}\nGRANTOR_STATES_SEED={:?}\n{steps:#?}", seed());
        }
    }
}

/// Chance alone seldom lets anything become so old and be used.
async fn what_was_swept_is_not_known_again(app: TestApp) {
    let (other, inspector) = (beside(&app).await, app.machine("grantor.users:read").await);
    let mut case = Case::new(&app, &other, &inspector, 0).await;
    let steps = [
        Step::Authorize { public: true, offline: true },
        Step::Redeem(0),
        Step::Wait(20 * 86_400),
        Step::Refresh(0),
        Step::Sweep,
        // Known, the code would be a replay, and the token given back below would be one of the family.
        Step::Redeem(0),
        Step::Look(1),
        Step::Wait(20 * 86_400),
        Step::Sweep,
        Step::RevokeRefresh(0),
        Step::Refresh(0),
        Step::Refresh(1),
        Step::Look(2),
    ];
    case.run(&steps).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(case.model.counts(&case.model.access[2]));
}

/// Another one each time, unless one is to be repeated: 32 numbers with commas between them.
fn seed() -> [u8; 32] {
    use std::sync::LazyLock;
    static SEED: LazyLock<[u8; 32]> = LazyLock::new(|| match switch("GRANTOR_STATES_SEED") {
        None => grantor::secret::random_bytes(),
        Some(text) => {
            let numbers: Vec<u8> = text
                .trim_matches(['[', ']'])
                .split(',')
                .map(|number| number.trim().parse().expect("a number below 256"))
                .collect();
            numbers.try_into().expect("32 numbers")
        }
    });
    *SEED
}

/// Many at once: one redeems the code and the others end what it gave, and a family has one living end at any time.
async fn one_of_many_wins(app: TestApp) {
    app.user("alice").await;
    let client = app.client(json!({ "client_name": "App", "redirect_uris": [REDIRECT_URI], "skip_consent": true,
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none" }));
    let client = client.await;
    let inspector = app.machine("grantor.users:read").await;
    let mut browser = Browser::new(&app);
    let request = Authorization::of(&client, "openid offline_access");
    let at_once = async |forms: Vec<Vec<(String, String)>>| {
        let asked = forms.into_iter().map(|form| {
            let (http, client) = (app.http.clone(), client.clone());
            tokio::spawn(async move {
                let form: Vec<(&str, &str)> =
                    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                http.as_client(&client, "/oauth2/token", &form).await
            })
        });
        let mut answers = Vec::new();
        for answer in asked.collect::<Vec<_>>() {
            answers.push(answer.await.expect("it is answered"));
        }
        answers
    };
    let owned = |form: &[(&str, &str)]| -> Vec<(String, String)> {
        form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    for _ in 0..10 {
        let code = allow(&mut browser, &request, "alice").await.redirect()["code"].clone();
        let answers = at_once(vec![owned(&redemption(&code)); 6]).await;
        let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(winners.len(), 1, "one winner per code");
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.error() == "invalid_grant"));
        let access = winners[0].text("access_token");
        let said = app.http.as_client(&inspector, "/oauth2/introspect", &[("token", &access)]).await;
        assert_eq!(said.json(), json!({ "active": false }), "the others were replays");

        // Refreshes of all tokens of one family, revoked in the middle of it.
        let code = allow(&mut browser, &request, "alice").await.redirect()["code"].clone();
        let first = at_once(vec![owned(&redemption(&code))]).await[0].text("refresh_token");
        let second = at_once(vec![owned(&[("grant_type", "refresh_token"), ("refresh_token", &first)])]).await;
        let second = second[0].text("refresh_token");
        let mix = [&first, &second, &first, &second, &second, &first];
        let forms = mix.map(|token| owned(&[("grant_type", "refresh_token"), ("refresh_token", token)])).to_vec();
        let answers = at_once(forms).await;
        let mut living: Vec<String> =
            answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.text("refresh_token")).collect();
        living.retain(|token| *token != second);
        living.dedup();
        assert!(living.len() <= 1, "one living end: {living:?}");
        // The first one again after the second was used is a theft.
        let after = at_once(vec![owned(&[("grant_type", "refresh_token"), ("refresh_token", &first)])]).await;
        assert_eq!(after[0].error(), "invalid_grant");
        for token in living.iter().chain([&second]) {
            let dead = at_once(vec![owned(&[("grant_type", "refresh_token"), ("refresh_token", token)])]).await;
            assert_eq!(dead[0].error(), "invalid_grant", "the family has ended");
        }
    }
}
