//! What clients do: the requests of each kind of work, and what their answers must be.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantor::secret::sha256;

use crate::chains::Chains;
use crate::data::{Credentials, PASSWORD, Prepared, REDIRECT_URI};
use crate::generator::{Behaviour, Step};
use crate::http::{self, Answer};

/// Numbers that look random, the same in every run.
pub struct Numbers(u64);

impl Numbers {
    pub fn of(connection: u64) -> Self {
        Self(connection)
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// `Authorization: Basic …`, as a header's line (RFC 6749 §2.3.1).
pub fn basic(client: &Credentials) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pair = format!("{}:{}", encode(&client.id), encode(&client.secret));
    format!("Authorization: Basic {}\r\n", STANDARD.encode(pair))
}

/// The same request over and over.
pub struct Repeat(pub Vec<u8>);

impl Behaviour for Repeat {
    fn request(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.0);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        expect(200, answer, Step::Done)
    }
}

/// The same where the answer must hold something.
pub struct RepeatFor {
    pub request: Vec<u8>,
    pub wanted: &'static str,
}

impl Behaviour for RepeatFor {
    fn request(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.request);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        if answer.status == 200 && answer.in_body(self.wanted, b"\"").is_none() {
            // Not the answer itself, which is another each time.
            return Step::Failed(format!("status 200 without {}", self.wanted));
        }
        expect(200, answer, Step::Done)
    }
}

/// A form that any of the bystanders posts, drawn anew each time.
pub struct FromAnyClient {
    prepared: Arc<Prepared>,
    numbers: Numbers,
    path: &'static str,
    form: fn(&Prepared, &mut Numbers) -> String,
}

impl FromAnyClient {
    pub fn new(
        prepared: &Arc<Prepared>,
        connection: u64,
        path: &'static str,
        form: fn(&Prepared, &mut Numbers) -> String,
    ) -> Self {
        Self { prepared: Arc::clone(prepared), numbers: Numbers::of(connection), path, form }
    }
}

impl Behaviour for FromAnyClient {
    fn request(&mut self, into: &mut Vec<u8>) {
        let client = self.prepared.draw_client(&mut self.numbers);
        let form = (self.form)(&self.prepared, &mut self.numbers);
        into.extend_from_slice(&http::post(self.path, &basic(&client), &form));
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        expect_counting(answer)
    }
}

/// A request with an access token, drawn anew from all there are.
pub struct WithToken {
    pub prepared: Arc<Prepared>,
    pub numbers: Numbers,
    /// What is sent before the token, and after it.
    pub around: (Vec<u8>, Vec<u8>),
}

impl WithToken {
    /// A request whose bytes `of_token` makes.
    pub fn new(prepared: &Arc<Prepared>, connection: u64, of_token: impl Fn(&str) -> Vec<u8>) -> Self {
        let example = prepared.access_token(0);
        let request = of_token(&example);
        let at = request.windows(example.len()).position(|window| window == example.as_bytes());
        let (before, after) = request.split_at(at.expect("the request carries the token"));
        let around = (before.to_vec(), after[example.len()..].to_vec());
        Self { prepared: Arc::clone(prepared), numbers: Numbers::of(connection), around }
    }
}

impl Behaviour for WithToken {
    fn request(&mut self, into: &mut Vec<u8>) {
        let token = self.prepared.draw_token(&mut self.numbers);
        into.extend_from_slice(&self.around.0);
        into.extend_from_slice(token.as_bytes());
        into.extend_from_slice(&self.around.1);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        expect_counting(answer)
    }
}

/// Authorization code with PKCE: somebody who is signed in and has consented before, drawn anew each time.
pub struct CodeFlow {
    prepared: Arc<Prepared>,
    numbers: Numbers,
    client: Credentials,
    authorize: String,
    verifier: String,
    code: Option<String>,
}

impl CodeFlow {
    pub fn new(prepared: &Arc<Prepared>, client: &Credentials, scope: &str, connection: u64) -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(sha256(&connection.to_be_bytes()));
        let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", scope)
            .append_pair("state", "KqJ0c3yK3PzVd1nF")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Self {
            prepared: Arc::clone(prepared),
            numbers: Numbers::of(connection),
            client: client.clone(),
            authorize: format!("/oauth2/authorize?{}", query.finish()),
            verifier,
            code: None,
        }
    }
}

impl Behaviour for CodeFlow {
    fn request(&mut self, into: &mut Vec<u8>) {
        let request = match &self.code {
            None => {
                let cookies = self.prepared.cookies(self.prepared.draw_user(&mut self.numbers));
                http::get(&self.authorize, &format!("Cookie: {cookies}\r\n"))
            }
            Some(code) => {
                let form = format!(
                    "grant_type=authorization_code&code={code}&code_verifier={}&redirect_uri={REDIRECT_URI}",
                    self.verifier
                );
                http::post("/oauth2/token", &basic(&self.client), &form)
            }
        };
        into.extend_from_slice(&request);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        if self.code.take().is_some() {
            return expect(200, answer, Step::Done);
        }
        match answer.in_head("?code=", b"&\r") {
            Some(code) => {
                self.code = Some(code.to_owned());
                Step::More
            }
            None => Step::Failed(answer.describe()),
        }
    }
}

/// Refreshes along a chain of its own: each answer brings the token of the next request. The first comes from a code.
pub struct RefreshChain {
    start: CodeFlow,
    authorization: String,
    refresh_token: Option<String>,
}

impl RefreshChain {
    pub fn new(start: CodeFlow) -> Self {
        Self { authorization: basic(&start.client), start, refresh_token: None }
    }
}

impl Behaviour for RefreshChain {
    fn request(&mut self, into: &mut Vec<u8>) {
        let Some(refresh_token) = &self.refresh_token else { return self.start.request(into) };
        let form = format!("grant_type=refresh_token&refresh_token={refresh_token}");
        into.extend_from_slice(&http::post("/oauth2/token", &self.authorization, &form));
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        let is_start = self.refresh_token.is_none();
        if is_start {
            match self.start.answer(answer) {
                Step::Done => {}
                other => return other,
            }
        }
        self.refresh_token = answer.in_body("\"refresh_token\":\"", b"\"").map(str::to_owned);
        match (&self.refresh_token, is_start) {
            (Some(_), true) => Step::Prepared,
            (Some(_), false) => Step::Done,
            (None, _) => Step::Failed(answer.describe()),
        }
    }
}

/// Refreshes for anybody, drawn anew each time, by their own client, with the refresh tokens that are prepared.
pub struct RefreshOfAnybody {
    prepared: Arc<Prepared>,
    chains: Arc<Chains>,
    numbers: Numbers,
    /// Whose token is presented, until it was answered.
    current: Option<(u64, String)>,
}

impl RefreshOfAnybody {
    pub fn new(prepared: &Arc<Prepared>, chains: &Arc<Chains>, connection: u64) -> Self {
        let (prepared, chains) = (Arc::clone(prepared), Arc::clone(chains));
        Self { prepared, chains, numbers: Numbers::of(connection), current: None }
    }
}

impl Behaviour for RefreshOfAnybody {
    fn request(&mut self, into: &mut Vec<u8>) {
        let draw = || self.chains.take(&self.prepared, &mut self.numbers);
        let (user, refresh_token) = self.current.get_or_insert_with(draw);
        // Of a grant with `openid`; with that an ID token would be signed, too.
        let form = format!("grant_type=refresh_token&refresh_token={refresh_token}&scope=secret");
        let authorization = basic(&self.prepared.client_of(*user));
        into.extend_from_slice(&http::post("/oauth2/token", &authorization, &form));
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        let Some(successor) = answer.in_body("\"refresh_token\":\"", b"\"") else {
            // What was refused for good is not presented again; what came at a bad time is.
            if answer.status == 400 {
                self.current = None;
            }
            return Step::Failed(answer.describe());
        };
        let (user, _) = self.current.take().expect("an answer follows a request");
        self.chains.put_back(user, successor.to_owned());
        Step::Done
    }
}

/// A password login: the page, then its form.
pub struct Login {
    prepared: Arc<Prepared>,
    numbers: Numbers,
    browser: String,
    csrf_token: Option<String>,
}

impl Login {
    pub fn new(prepared: &Arc<Prepared>, connection: u64) -> Self {
        Self {
            prepared: Arc::clone(prepared),
            numbers: Numbers::of(connection),
            browser: format!("Cookie: {}\r\n", Prepared::browser_cookie(connection)),
            csrf_token: None,
        }
    }
}

impl Behaviour for Login {
    fn request(&mut self, into: &mut Vec<u8>) {
        let request = match &self.csrf_token {
            None => http::get("/login", &self.browser),
            Some(csrf_token) => {
                let username = Prepared::username(self.prepared.draw_user(&mut self.numbers));
                let form =
                    format!("csrf_token={csrf_token}&request=&return_to=&username={username}&password={PASSWORD}");
                http::post("/login", &self.browser, &form)
            }
        };
        into.extend_from_slice(&request);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        if self.csrf_token.take().is_some() {
            return expect(303, answer, Step::Done);
        }
        self.csrf_token = answer.in_body("name=\"csrf_token\" value=\"", b"\"").map(str::to_owned);
        match self.csrf_token {
            Some(_) => Step::More,
            None => Step::Failed(answer.describe()),
        }
    }
}

/// Several behaviours, each unit of work drawn by weight.
pub struct Mix {
    parts: Vec<(u64, Box<dyn Behaviour>)>,
    numbers: Numbers,
    current: Option<usize>,
}

impl Mix {
    pub fn new(parts: Vec<(u64, Box<dyn Behaviour>)>, connection: u64) -> Self {
        Self { parts, numbers: Numbers::of(connection), current: None }
    }

    fn draw(&mut self) -> usize {
        let total = self.parts.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.numbers.below(total);
        let passed = self.parts.iter().position(|(weight, _)| {
            let is_it = drawn < *weight;
            drawn = drawn.wrapping_sub(*weight);
            is_it
        });
        passed.expect("what was drawn is below the sum of the weights")
    }
}

impl Behaviour for Mix {
    fn request(&mut self, into: &mut Vec<u8>) {
        let current = self.current.unwrap_or_else(|| self.draw());
        self.current = Some(current);
        self.parts[current].1.request(into);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        let current = self.current.expect("an answer follows a request");
        let step = self.parts[current].1.answer(answer);
        if !matches!(step, Step::More) {
            self.current = None;
        }
        step
    }
}

/// 200. Introspection answers so for what does not count, too.
fn expect_counting(answer: &Answer<'_>) -> Step {
    match answer.in_body("\"active\":", b",}") {
        Some("false") => Step::Failed(answer.describe()),
        _ => expect(200, answer, Step::Done),
    }
}

pub fn expect(status: u16, answer: &Answer<'_>, step: Step) -> Step {
    if answer.status == status { step } else { Step::Failed(answer.describe()) }
}
