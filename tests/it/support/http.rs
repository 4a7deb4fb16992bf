//! HTTP as the tests speak it: no redirects followed, cookies kept only by a [`Browser`].

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect};
use scraper::{Html, Selector};
use serde_json::Value;

use super::app::{PASSWORD, REDIRECT_URI, TestApp, TestClient};

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    /// The member `error`.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The body without the request's id, by which two answers that say the same still differ.
    pub fn body_without_id(&self) -> String {
        self.body.replace(self.header("x-request-id"), "")
    }

    pub fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member} in {}", self.body)).to_owned()
    }

    pub fn location(&self) -> String {
        self.header(LOCATION.as_str()).to_owned()
    }

    /// The parameters of the redirect.
    pub fn redirect(&self) -> BTreeMap<String, String> {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        let url = url::Url::parse(&self.location()).unwrap_or_else(|_| panic!("no absolute URL: {}", self.location()));
        url.query_pairs().into_owned().collect()
    }

    /// The text of the first element that matches.
    pub fn find(&self, css: &str) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let found = page.select(&Selector::parse(css).expect("a selector")).next()?;
        Some(found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// An attribute of the first element that matches.
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let found = page.select(&Selector::parse(css).expect("a selector")).next()?;
        found.attr(name).map(str::to_owned)
    }

    /// What the page's own form would send untouched: its hidden inputs and ticked boxes.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let page = Html::parse_document(&self.body);
        let inputs = Selector::parse(
            "main form:first-of-type input[type=hidden], main form:first-of-type input[type=checkbox][checked]",
        )
        .expect("a selector");
        let value = |input: scraper::ElementRef<'_>, name| input.attr(name).unwrap_or_default().to_owned();
        page.select(&inputs).map(|input| (value(input, "name"), value(input, "value"))).collect()
    }
}

/// A way to one server.
#[derive(Clone)]
pub struct Http {
    pub base: String,
    client: Client,
}

impl Http {
    pub fn new(base: String) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        Self { base, client }
    }

    /// A request of any kind.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        self.attempt(method, path, headers, body).await.expect("the server answers")
    }

    /// The same to a server that may be gone, or go away over it.
    pub async fn attempt(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> reqwest::Result<Answer> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: response.text().await? })
    }

    /// A POST of any bytes.
    pub async fn upload(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// A GET with a bearer token.
    pub async fn bearer(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, &[("authorization", &format!("Bearer {token}"))], None).await
    }

    /// A form, as a client without a secret sends it.
    pub async fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &headers, Some(encode(form))).await
    }

    /// A form from `client`, proved as it was registered: Basic, or just the client_id.
    pub async fn as_client(&self, client: &TestClient, path: &str, form: &[(&str, &str)]) -> Answer {
        match &client.secret {
            None => {
                let mut form = form.to_vec();
                form.push(("client_id", &client.id));
                self.form(path, &form).await
            }
            Some(secret) => {
                let basic = basic(&client.id, secret);
                let headers =
                    [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
                self.send("POST", path, &headers, Some(encode(form))).await
            }
        }
    }
}

/// The value of an `Authorization` header for Basic.
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined))
}

pub fn encode(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// A person's browser: keeps cookies, fills in forms.
pub struct Browser {
    pub http: Http,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self::at(&app.http)
    }

    /// A browser for any server.
    pub fn at(http: &Http) -> Self {
        Self { http: http.clone(), cookies: BTreeMap::new() }
    }

    /// The values of the cookies it has.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub async fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Answer {
        let cookies = self.cookie_header();
        let mut headers = vec![("cookie", cookies.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        let answer = self.http.send(method, path, &headers, body).await;
        self.remember(&answer);
        answer
    }

    fn remember(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("name and value");
            if attributes.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// A form as browsers send it when files may come with it: the file's field and its bytes.
    pub async fn multipart(&mut self, path: &str, form: &[(String, String)], file: Option<(&str, &[u8])>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in form {
            let value = value.replace("\r\n", "\n").replace('\n', "\r\n");
            let part = format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        if let Some((name, bytes)) = file {
            let disposition = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a file\"");
            body.extend(format!("--xyz\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\n").into_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--xyz--\r\n");
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.as_str()), ("content-type", "multipart/form-data; boundary=xyz")];
        let answer = self.http.upload(path, &headers, body).await;
        self.remember(&answer);
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send("POST", path, Some(encode(form))).await
    }

    /// Fills in the form of `page` and sends it to `path`.
    pub async fn submit(&mut self, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = page.hidden();
        let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend_from_slice(fields);
        self.post(path, &form).await
    }

    /// Another browser with the same cookies, as a thief of them has it.
    pub fn copy(&self) -> Self {
        Self { http: self.http.clone(), cookies: self.cookies.clone() }
    }

    /// Signs in at `/login`.
    pub async fn sign_in(&mut self, username: &str) -> Answer {
        let page = self.get("/login").await;
        self.submit("/login", &page, &[("username", username), ("password", PASSWORD)]).await
    }

    /// Follows redirects of our own until there is a page, or one to elsewhere.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..8 {
            let location = answer.location();
            if !location.starts_with('/') {
                break;
            }
            answer = self.get(&location).await;
        }
        answer
    }
}

/// The verifier of [`Authorization::of`], and its challenge.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A correct authorization request, of which one thing at a time can be made wrong.
#[derive(Clone, Debug)]
pub struct Authorization(Vec<(String, String)>);

impl Authorization {
    pub fn of(client: &TestClient, scope: &str) -> Self {
        let pairs = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", REDIRECT_URI),
            ("scope", scope),
            ("state", "s-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// With `name` set to `value`.
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut request = self.without(name);
        request.0.push((name.to_owned(), value.to_owned()));
        request
    }

    /// With one more `name`, beside the one that is there.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(each, _)| each != name);
        self
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub fn path(&self) -> String {
        format!("/oauth2/authorize?{}", encode(&self.pairs()))
    }
}

/// Takes a signed-in or signed-out browser through login and consent; gives the redirect to the client.
pub async fn allow(browser: &mut Browser, request: &Authorization, username: &str) -> Answer {
    let first = browser.get(&request.path()).await;
    let mut page = browser.follow(first).await;
    if page.find("h1").as_deref() == Some("Sign in") {
        let answer = browser.submit("/login", &page, &[("username", username), ("password", PASSWORD)]).await;
        page = browser.follow(answer).await;
    }
    if page.find("#consent-approve").is_some() {
        page = browser.submit("/consent", &page, &[("decision", "approve")]).await;
    }
    page
}

/// A code for `client`, given by `username` in a browser of their own.
pub async fn code(app: &TestApp, client: &TestClient, scope: &str, username: &str) -> String {
    let answer = allow(&mut Browser::new(app), &Authorization::of(client, scope), username).await;
    answer.redirect().get("code").unwrap_or_else(|| panic!("no code: {}", answer.location())).clone()
}

/// The form that redeems `code`.
pub fn redemption(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

/// `form` with `name` set to `value`.
pub fn but<'a>(form: &[(&'a str, &'a str)], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = form.iter().copied().filter(|(each, _)| *each != name).collect();
    form.push((name, value));
    form
}

/// Tokens from a whole flow.
pub async fn tokens(app: &TestApp, client: &TestClient, scope: &str, username: &str) -> Answer {
    let code = code(app, client, scope, username).await;
    let answer = app.http.as_client(client, "/oauth2/token", &redemption(&code)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}
