//! The languages of the pages: every one complete, every text in use, and the right one chosen.
//!
//! Texts, templates and sources are read as files, so that a missing text is found before somebody meets it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use grantor::web::language::{self, Language};
use grantor::web::page;
use scraper::Html;
use serde_json::json;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser};

on_both_databases!(
    a_page_is_in_the_language_of_the_browser,
    a_choice_at_the_door_outweighs_the_browser,
    the_user_s_own_choice_outweighs_the_door,
    the_profile_chooses_the_language,
    the_authorization_request_outweighs_all_but_a_click_on_its_own_page,
    the_metadata_name_the_languages,
    a_client_is_called_what_it_calls_itself_in_the_language,
    the_form_of_a_client_has_other_languages,
    what_is_said_while_reading_is_in_the_language_too,
    what_the_console_says_of_users_is_in_the_language_too,
);

/// What a text holds besides words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    values: BTreeSet<String>,
    tags: BTreeSet<String>,
    /// The words in order, values as `{name}`; of texts without variants only.
    words: String,
}

impl Text {
    fn of(pattern: &Pattern<String>) -> Self {
        let mut text = Self::default();
        text.read(pattern);
        let words = text.words.clone();
        let tags = words.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
        text.tags = tags.map(|(tag, _)| tag.to_owned()).collect();
        text
    }

    fn read(&mut self, pattern: &Pattern<String>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.words.push_str(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<String>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline, true),
            Expression::Select { selector, variants } => {
                self.inline(selector, false);
                for variant in variants {
                    self.read(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<String>, is_shown: bool) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.values.insert(id.name.clone());
                if is_shown {
                    self.words.extend(["{", &id.name, "}"]);
                }
            }
            InlineExpression::FunctionReference { arguments, .. } => {
                arguments.positional.iter().for_each(|argument| self.inline(argument, false));
            }
            InlineExpression::StringLiteral { value } if is_shown => self.words.push_str(value),
            InlineExpression::Placeable { expression } => self.expression(expression),
            _ => {}
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text of a language. What cannot be read, and what stands twice, fails here.
fn texts(tag: &str) -> BTreeMap<String, Text> {
    let file = fs::read_to_string(root().join(format!("templates/languages/{tag}.ftl"))).expect("a file per language");
    let resource = parser::parse(file).unwrap_or_else(|(_, errors)| panic!("{tag}.ftl: {errors:?}"));
    let mut texts = BTreeMap::new();
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let pattern = message.value.as_ref().expect("every text has words");
            let before = texts.insert(message.id.name.clone(), Text::of(pattern));
            assert!(before.is_none(), "{tag}.ftl has {} twice", message.id.name);
        }
    }
    texts
}

/// A text that is asked for.
#[derive(Debug)]
struct Asked {
    by: &'static str,
    place: String,
    key: String,
    /// The names of its values; nothing is known of those of a key that is only named.
    values: Option<BTreeSet<String>>,
    /// The English words beside the key.
    english: Option<String>,
}

fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the folder is in the repository") {
        let path = entry.expect("the folder can be read").path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => files_below(&path, found),
            Some("rs" | "html") => found.push(path),
            _ => {}
        }
    }
}

/// Every text that sources and templates ask for.
fn asked() -> Vec<Asked> {
    let mut files = Vec::new();
    files_below(&root().join("src"), &mut files);
    files_below(&root().join("templates"), &mut files);
    let mut asked = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        let code: String = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().fold(
            String::new(),
            |mut code, line| {
                let is_comment = line.trim_start().starts_with("//");
                code.push_str(if is_comment { "" } else { line });
                code.push('\n');
                code
            },
        );
        for by in ["t", "html", "key", "sentence"] {
            let call = format!("{by}!(");
            for (at, _) in code.match_indices(&call) {
                if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                    continue;
                }
                let mut arguments = arguments(&code[at + call.len()..]);
                if arguments.is_empty() || !arguments[0].starts_with('"') {
                    continue;
                }
                let key = arguments.remove(0).trim_matches('"').to_owned();
                let english = (by == "sentence").then(|| unquoted(&arguments.remove(0)));
                let names = arguments.iter().map(|each| each.split('=').next().unwrap_or_default().trim().to_owned());
                let values = (by != "key").then(|| names.collect());
                let line = code[..at].lines().count();
                let place = format!("{}:{line}", path.strip_prefix(root()).expect("inside").display());
                asked.push(Asked { by, place, key, values, english });
            }
        }
    }
    assert!(asked.len() > 100, "{}", asked.len());
    asked
}

/// The arguments of a call, up to its closing parenthesis.
fn arguments(text: &str) -> Vec<String> {
    let (mut arguments, mut current, mut depth, mut is_quoted) = (Vec::new(), String::new(), 0, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if is_quoted => {
                current.push(letter);
                current.extend(letters.next());
                continue;
            }
            '"' => is_quoted = !is_quoted,
            '(' | '[' | '{' if !is_quoted => depth += 1,
            ')' | ']' | '}' if !is_quoted && depth > 0 => depth -= 1,
            ')' if !is_quoted => break,
            ',' if !is_quoted && depth == 0 => {
                arguments.push(std::mem::take(&mut current).trim().to_owned());
                continue;
            }
            _ => {}
        }
        current.push(letter);
    }
    arguments.push(current.trim().to_owned());
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// What a literal stands for: a backslash at the end of a line swallows the space after it.
fn unquoted(literal: &str) -> String {
    let mut lines = literal.trim_matches('"').split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start()).replace("\\\"", "\"")
}

#[test]
fn every_language_has_every_text_with_the_same_values_and_tags() {
    let english = texts("en");
    for language in Language::all() {
        let mut other = texts(language.tag());
        for (key, expected) in &english {
            let tag = language.tag();
            let text = other.remove(key).unwrap_or_else(|| panic!("{tag}.ftl lacks {key}"));
            assert_eq!(text.values, expected.values, "the values of {key} in {tag}.ftl");
            assert_eq!(text.tags, expected.tags, "the tags of {key} in {tag}.ftl");
        }
        assert!(other.is_empty(), "{}.ftl has texts that English lacks: {:?}", language.tag(), other.keys());
    }
    assert!(Language::all().count() >= 2);
}

#[test]
fn every_text_is_asked_for_as_it_is() {
    let english = texts("en");
    let mut unused: BTreeSet<&str> = english.keys().map(String::as_str).collect();
    for Asked { by, place, key, values, english: words } in asked() {
        let text = english.get(&key).unwrap_or_else(|| panic!("{place} asks for {key}, which en.ftl lacks"));
        unused.remove(key.as_str());
        if let Some(values) = values {
            assert_eq!(values, text.values, "{place}: the values of {key}");
        }
        if let Some(words) = words {
            assert_eq!(words, text.words, "{place}: the words of {key} in en.ftl");
        }
        if ["t", "sentence"].contains(&by) {
            assert!(text.tags.is_empty(), "{place}: {key} has tags, so ask for it with html!");
        }
    }
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}

#[test]
fn texts_have_no_tags_but_these() {
    for language in Language::all() {
        for (key, text) in texts(language.tag()) {
            for tag in text.tags {
                let is_link = tag.starts_with("a href=\"{") && tag.ends_with("}\"");
                let is_known = is_link || ["a", "b", "strong", "code"].contains(&tag.trim_start_matches('/'));
                assert!(is_known, "{key} in {}.ftl: <{tag}>", language.tag());
            }
        }
    }
}

/// What the samples are filled with: names, and an admin's words, which are in one language.
const FILLED_IN: &[&str] = &[
    "Acme Reports",
    "Java, Spring Security",
    "The host does not answer at a public address in time.",
    "Welcome, Alice. Your account is ready.",
    "Alice Archer",
    "Alice Example",
    "Bob Brewer",
    "Certification run",
    "Change your sales reports",
    "Grantor",
    "Nightly export",
    "Notes for iPhone",
    "OpenID Connect Core 1.0",
    "Read your sales reports",
    "Reports API",
];

/// Every page in Korean, and the words of each that are Latin.
#[test]
fn no_page_has_an_english_sentence_left_in_korean() {
    let korean = language::choice::find("ko").expect("there is a Korean file");
    let mut english = BTreeSet::new();
    for (name, html) in language::within(korean, page::samples) {
        let html = Html::parse_document(&html);
        assert_eq!(html.root_element().attr("lang"), Some("ko"), "{name}");
        for text in shown(&html) {
            let text = FILLED_IN.iter().fold(text, |text, filled| text.replace(filled, ""));
            let latin =
                text.split(char::is_whitespace).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).filter(
                    |word| word.len() > 2 && word.chars().all(|c| c.is_ascii_alphabetic() || c == '\'' || c == '-'),
                );
            // A name or a term is one or two words; three are a sentence, unless they stand in a Korean one.
            let is_korean = text.contains(|c: char| ('가'..='힣').contains(&c));
            if latin.count() > if is_korean { 6 } else { 2 } && !text.starts_with('{') {
                english.insert(text);
            }
        }
    }
    assert!(english.is_empty(), "{english:#?}");
}

/// What people read or hear of a page: text, labels, titles.
fn shown(html: &Html) -> Vec<String> {
    let mut shown = Vec::new();
    for node in html.tree.nodes() {
        if let Some(text) = node.value().as_text() {
            let is_technical = node.ancestors().any(|ancestor| {
                ancestor.value().as_element().is_some_and(|element| ["code", "pre", "script"].contains(&element.name()))
            });
            if !is_technical {
                shown.push(text.trim().to_owned());
            }
        }
        if let Some(element) = node.value().as_element() {
            shown.extend(
                ["aria-label", "title", "alt", "placeholder"]
                    .iter()
                    .filter_map(|name| element.attr(name))
                    .map(str::to_owned),
            );
        }
    }
    shown.retain(|text| !text.is_empty());
    shown
}

const IN_KOREAN: [(&str, &str); 1] = [("accept-language", "ko-KR,ko;q=0.9,en;q=0.8")];

async fn a_page_is_in_the_language_of_the_browser(app: TestApp) {
    let page = app.http.send("GET", "/login", &IN_KOREAN, None).await;
    assert_eq!(page.find("h1").as_deref(), Some("로그인"));
    assert!(page.body.contains("<html lang=\"ko\">"), "{}", page.body);
    assert_eq!((page.header("content-language"), page.header("vary")), ("ko", "Accept-Language, Cookie"));
    let page = app.http.send("GET", "/login", &[("accept-language", "fr")], None).await;
    assert_eq!(page.find("h1").as_deref(), Some("Sign in"));
    assert_eq!(page.header("content-language"), "en");
    // Whatever goes wrong, too.
    let missing = app.http.send("GET", "/nowhere", &IN_KOREAN, None).await;
    assert_eq!((missing.status.as_u16(), missing.find("h1").as_deref()), (404, Some("페이지를 찾을 수 없습니다")));
    // Programs are told in English.
    let refused = app.http.send("POST", "/oauth2/token", &IN_KOREAN, None).await;
    assert!(refused.text("error_description").is_ascii(), "{}", refused.body);
}

async fn a_choice_at_the_door_outweighs_the_browser(app: TestApp) {
    let mut browser = Browser::new(&app);
    let page = browser.get("/login?return_to=%2Faccount%2Fsessions").await;
    let link = page.attribute("nav a[lang=ko]", "href").expect("the door offers Korean");
    let chosen = browser.get(&link).await;
    assert_eq!(chosen.location(), "/login?return_to=%2Faccount%2Fsessions");
    assert_eq!(browser.get(&chosen.location()).await.find("h1").as_deref(), Some("로그인"));
    let refused = browser.submit("/login", &page, &[("username", "nobody"), ("password", "wrong")]).await;
    assert_eq!(refused.find("#login-error").as_deref(), Some("사용자 이름과 비밀번호가 일치하지 않습니다."));
    assert!(refused.attribute("nav a[lang=en]", "href").expect("and back").contains("account%252Fsessions"));
    for (link, status, location) in [
        ("/language?to=ko&return_to=https%3A%2F%2Fevil.example", 303, "/"),
        ("/language?to=ko&return_to=%2F%2Fevil.example", 303, "/"),
        ("/language?to=tlh&return_to=%2Flogin", 404, ""),
        ("/language", 404, ""),
    ] {
        let answer = app.http.get(link).await;
        assert_eq!((answer.status.as_u16(), answer.location().as_str()), (status, location), "{link}");
    }
}

async fn the_user_s_own_choice_outweighs_the_door(app: TestApp) {
    app.user_with("minsu", "김민수", json!({ "locale": "ko-KR" })).await;
    app.user_with("jean", "Jean", json!({ "locale": "fr-FR" })).await;
    let mut browser = Browser::new(&app);
    browser.get("/language?to=en&return_to=%2Flogin").await;
    browser.sign_in("minsu").await;
    assert_eq!(browser.get("/account").await.header("content-language"), "ko");
    let client = app.web("openid").await;
    let asked = browser.get(&Authorization::of(&client, "openid").with("prompt", "login").path()).await;
    let login = browser.follow(asked).await;
    assert_eq!((login.header("content-language"), login.find("h1").as_deref()), ("ko", Some("로그인")));
    let mut browser = Browser::new(&app);
    browser.sign_in("jean").await;
    assert_eq!(browser.get("/account").await.header("content-language"), "en", "a language that we do not have");
}

async fn the_profile_chooses_the_language(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account").await;
    assert_eq!(page.find("#locale option[selected]").as_deref(), Some("As the browser says"));
    let done = browser.submit("/account", &page, &[("username", "alice"), ("locale", "ko")]).await;
    let page = browser.get(&done.location()).await;
    assert_eq!(page.header("content-language"), "ko");
    assert_eq!(page.find(".notice").as_deref(), Some("프로필을 저장했습니다."));
    assert_eq!(page.find("#locale option[selected]").as_deref(), Some("한국어"));
    let done = browser.submit("/account", &page, &[("username", "alice"), ("locale", "")]).await;
    assert_eq!(browser.get(&done.location()).await.header("content-language"), "en");
}

async fn the_authorization_request_outweighs_all_but_a_click_on_its_own_page(app: TestApp) {
    app.user("alice").await;
    let client = app.web("openid").await;
    let mut browser = Browser::new(&app);
    browser.get("/language?to=en&return_to=%2Flogin").await;
    let ask = |locales: &str| Authorization::of(&client, "openid").with("ui_locales", locales).path();
    let login = browser.get(&ask("fr-CA ko-KR en")).await.location();
    let page = browser.get(&login).await;
    assert_eq!(page.find("h1").as_deref(), Some("로그인"));
    // The same request in English, because the person says so; it holds up to the consent.
    let chosen = browser.get(&page.attribute("nav a[lang=en]", "href").expect("offered")).await.location();
    let page = browser.get(&chosen).await;
    assert_eq!(page.find("h1").as_deref(), Some("Sign in"));
    let fields = [("username", "alice"), ("password", crate::support::app::PASSWORD)];
    let answer = browser.submit("/login", &page, &fields).await;
    let consent = browser.follow(answer).await;
    assert_eq!(consent.find("#consent-approve").as_deref(), Some("Allow"));
    // The next request is another.
    let answer = browser.get(&ask("ko")).await;
    let consent = browser.follow(answer).await;
    assert_eq!(consent.find("#consent-approve").as_deref(), Some("허용"));
    // A request that cannot be answered at the client says so in its language.
    let refused = app.http.get("/oauth2/authorize?ui_locales=ko").await;
    assert_eq!(refused.find("h1").as_deref(), Some("이 요청을 완료할 수 없습니다"));
    let refused = app.http.get("/oauth2/logout?ui_locales=ko&client_id=nobody").await;
    assert_eq!(refused.find("h1").as_deref(), Some("로그아웃 요청이 올바르지 않습니다"));
    // A list that says too much is no error.
    assert_eq!(browser.get(&ask(&"x ".repeat(3000))).await.status, 303);
}

async fn the_metadata_name_the_languages(app: TestApp) {
    let metadata = app.http.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["ui_locales_supported"], json!(["en", "ko"]));
}

async fn a_client_is_called_what_it_calls_itself_in_the_language(app: TestApp) {
    app.user("alice").await;
    let metadata = json!({
        "client_name": "Reports", "client_name#ko-KR": "보고서", "client_name#de": "Berichte",
        "tos_uri": "https://rp.example/tos", "tos_uri#ko": "https://rp.example/ko/tos",
        "policy_uri": "https://rp.example/policy",
        "redirect_uris": [crate::support::app::REDIRECT_URI],
    });
    let client = app.client(metadata).await;
    for (language, name, tos) in [("ko", "보고서", "/ko/tos"), ("en", "Reports", "/tos"), ("de", "Reports", "/tos")]
    {
        let mut browser = Browser::new(&app);
        let request = Authorization::of(&client, "openid").with("ui_locales", language).path();
        let login = browser.get(&request).await.location();
        let page = browser.get(&login).await;
        assert!(page.find("main header p").is_some_and(|lead| lead.contains(name)), "{language}: {}", page.body);
        let fields = [("username", "alice"), ("password", crate::support::app::PASSWORD)];
        let answer = browser.submit("/login", &page, &fields).await;
        let consent = browser.follow(answer).await;
        assert!(consent.find("h1").is_some_and(|asked| asked.contains(name)), "{language}: {}", consent.body);
        let links = [format!("https://rp.example{tos}"), "https://rp.example/policy".to_owned()];
        assert!(links.iter().all(|link| consent.body.contains(&format!("href=\"{link}\""))), "{language}");
        if language == "ko" {
            let allowed = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
            let code = allowed.redirect()["code"].clone();
            let redemption = crate::support::http::redemption(&code);
            assert_eq!(app.http.as_client(&client, "/oauth2/token", &redemption).await.status, 200);
            browser.get("/language?to=ko&return_to=%2Faccount").await;
            let page = browser.get("/account/applications").await;
            assert!(page.find("main h2").is_some_and(|shown| shown == name), "{}", page.body);
            let path = format!("/account/applications/{}/withdraw", client.id);
            let page = browser.get(&path).await;
            browser.submit(&path, &page, &[]).await;
        }
    }
}

async fn the_form_of_a_client_has_other_languages(app: TestApp) {
    app.admin("root").await;
    let client = app
        .client(json!({ "client_name": "Job", "client_name#ko": "작업", "grant_types": ["client_credentials"] }))
        .await;
    let (path, edit) = (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/edit", client.id));
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    let page = browser.get(&edit).await;
    assert_eq!(page.find("#localized").as_deref(), Some("client_name#ko = 작업"));
    let with = |localized| [("client_name", "Job"), ("grant_types", "client_credentials"), ("localized", localized)];
    let wrong = browser.submit(&path, &page, &with("client_name#ko = 작업\r\nno tag here")).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.find("#localized-error").is_some_and(|error| error.contains("comes the tag of a language")),
        "{}",
        wrong.body
    );
    let saved =
        browser.submit(&path, &page, &with("client_name#ko = 일\r\nclient_uri#ko=https://rp.example/ko?a=b")).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = browser.get(&edit).await;
    let said = "client_name#ko = 일 client_uri#ko = https://rp.example/ko?a=b";
    assert_eq!(page.find("#localized").as_deref(), Some(said));
    assert!(browser.get(&path).await.find("#settings").is_some_and(|shown| shown.contains("client_name#ko = 일")));
    assert_eq!(browser.submit(&path, &page, &with("")).await.status, 303);
    assert_eq!(browser.get(&edit).await.find("#localized").as_deref(), Some(""));
}

/// The store has threads of its own, where lists are put into words.
async fn what_is_said_while_reading_is_in_the_language_too(app: TestApp) {
    app.person("root", None, grantor::domain::resource_owner::Role::Admin, json!({ "locale": "ko" })).await;
    let client = app.web("openid").await;
    crate::support::http::tokens(&app, &client, "openid", "root").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    for path in ["/admin/tokens", "/admin/grants", "/admin/clients", "/admin/audit-log"] {
        let page = browser.get(path).await;
        assert!(page.find("main time").is_some_and(|time| time.contains(['전', '후', '금'])), "{path}: {}", page.body);
    }
}

async fn what_the_console_says_of_users_is_in_the_language_too(app: TestApp) {
    app.person("root", None, grantor::domain::resource_owner::Role::Admin, json!({ "locale": "ko" })).await;
    let path = format!("/admin/users/{}", app.user("bob").await);
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    let page = browser.get(&format!("{path}/edit")).await;
    let fields = [("username", "bob"), ("email", "bob@example.com"), ("claims", "{")];
    let refused = browser.submit(&path, &page, &fields).await;
    let error = refused.find("#claims-error").unwrap_or_default();
    assert!(error.starts_with("JSON 객체가 아닙니다"), "{error}: {}", refused.body);
    let sign_out = format!("{path}/sign-out");
    let asked = browser.get(&sign_out).await;
    let done = browser.submit(&sign_out, &asked, &[]).await;
    let told = browser.follow(done).await.find(".notice").unwrap_or_default();
    assert!(told.contains("모든 곳에서 로그아웃했습니다"), "{told}");
}
