//! Mail: who is written to, what letters say, and what becomes of those that a server does not take.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor::config::Config;
use grantor::config::mail::{Mail, SmtpUrl};
use grantor::domain::resource_owner::Role;
use grantor::store::StoreError;
use grantor::store::mails;
use grantor::store::paging::Place;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::Browser;

on_both_databases!(
    a_changed_password_is_told_as_text_and_html,
    a_new_browser_is_told_and_a_known_one_is_not,
    the_old_address_hears_of_the_new_one,
    a_link_by_mail_works_once_and_is_stored_nowhere,
    letters_are_in_the_reader_s_language,
    what_a_server_does_not_take_is_tried_again_or_given_up,
    without_a_mail_server_nothing_waits,
);

/// A mail server on this machine.
struct MailServer {
    address: String,
    /// What it took.
    letters: Arc<Mutex<Vec<String>>>,
    /// What it answers to the next letters instead of taking them.
    refusals: Arc<Mutex<Vec<&'static str>>>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let (letters, refusals) = (Arc::default(), Arc::default());
        let server = Self { address, letters: Arc::clone(&letters), refusals: Arc::clone(&refusals) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&letters), Arc::clone(&refusals)));
            }
        });
        server
    }

    /// A server of ours that sends its mail there.
    async fn of(&self, mut app: TestApp) -> (TestApp, TestApp) {
        let server = SmtpUrl::parse(&format!("smtp://{}", self.address)).expect("a URL");
        app.config.mail = Some(Mail { server, from: "post@id.example".to_owned() });
        let with_mail = app.another().await;
        (with_mail, app)
    }

    /// The letters, once there are so many; long lines joined, as a reader sees them.
    async fn letters(&self, count: usize) -> Vec<String> {
        for _ in 0..500 {
            let letters = self.letters.lock().unwrap().clone();
            if letters.len() >= count {
                assert_eq!(letters.len(), count, "{letters:#?}");
                let as_read = |letter: &String| {
                    if letter.contains("quoted-printable") {
                        letter.replace("=\r\n", "").replace("=3D", "=")
                    } else {
                        letter.clone()
                    }
                };
                return letters.iter().map(as_read).collect();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("there are only {:#?}", self.letters.lock().unwrap());
    }
}

/// RFC 5321, as much of it as a polite client needs.
async fn converse(
    stream: TcpStream,
    letters: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<&'static str>>>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    writer.write_all(b"220 mail.example\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250 mail.example\r\n".to_owned(),
            "RCPT" => {
                let refusal = refusals.lock().unwrap().pop();
                refusal.map_or("250 so be it\r\n".to_owned(), |refusal| format!("{refusal}\r\n"))
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while !letter.ends_with("\r\n.\r\n") {
                    reader.read_line(&mut letter).await?;
                }
                letters.lock().unwrap().push(letter);
                "250 taken\r\n".to_owned()
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine\r\n".to_owned(),
        };
        writer.write_all(answer.as_bytes()).await?;
    }
}

async fn a_changed_password_is_told_as_text_and_html(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", "velvet canyon orbit lemon")];
    assert_eq!(browser.submit("/account/password", &page, &form).await.status, 303);
    let letter = server.letters(1).await.remove(0);
    for part in [
        "To: alice@example.com",
        "From: Grantor <post@id.example>",
        "Subject: Your password was changed",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "/account/activity",
    ] {
        assert!(letter.contains(part), "{part} is not in {letter}");
    }
    assert!(!letter.contains("velvet canyon"), "{letter}");
    let metrics = app.http.get("/metrics").await.body;
    assert!(metrics.contains("grantor_mails_total{outcome=\"sent\"} 1"), "{metrics}");
}

async fn a_new_browser_is_told_and_a_known_one_is_not(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    let mut known = Browser::new(&app);
    known.sign_in("alice").await;
    let page = known.get("/logout").await;
    known.submit("/logout", &page, &[]).await;
    known.sign_in("alice").await;
    Browser::new(&app).sign_in("alice").await;
    let letter = server.letters(1).await.remove(0);
    assert!(letter.contains("Subject: Somebody signed in with a new browser"), "{letter}");
    assert!(letter.contains("127.0.0.1"), "from where: {letter}");
}

async fn the_old_address_hears_of_the_new_one(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account").await;
    let same = [("username", "alice"), ("email", "alice@example.com"), ("display_name", "Alice")];
    assert_eq!(browser.submit("/account", &page, &same).await.status, 303);
    let page = browser.get("/account").await;
    let form = [("username", "alice"), ("email", "alice@new.example")];
    assert_eq!(browser.submit("/account", &page, &form).await.status, 303);
    let letter = server.letters(1).await.remove(0);
    assert!(letter.contains("To: alice@example.com") && letter.contains("Subject: Your e-mail address was changed"));
    assert!(!letter.contains("new.example"), "whoever reads it need not know the new one: {letter}");
}

async fn a_link_by_mail_works_once_and_is_stored_nowhere(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.admin("root").await;
    let id = app.user("bob").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    let page = root.get(&format!("/admin/users/{id}")).await;
    let send = format!("/admin/users/{id}/mail-link");
    assert!(page.body.contains(&send), "the page offers it");
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    let done = root.post(&send, &[("csrf_token", &token)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let letter = server.letters(1).await.remove(0);
    assert!(letter.contains("To: bob@example.com"), "{letter}");
    let (_, link) = letter.split_once("/set-password?token=").expect("a link");
    let token: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let list = app
        .app
        .store
        .read::<_, StoreError, _>(|connection| Ok(mails::list(connection, &Place::Top, 10)?))
        .await
        .unwrap();
    assert!(!format!("{list:?}").contains(&token), "{list:?}");
    let path = format!("/set-password?token={token}");
    let mut bob = Browser::new(&app);
    let page = bob.get(&path).await;
    assert_eq!(bob.submit("/set-password", &page, &[("password", "velvet canyon orbit lemon")]).await.status, 200);
    assert_eq!(bob.get(&path).await.status, 404, "used");
    let console = root.get("/admin/mails").await;
    assert!(console.body.contains("bob@example.com") && !console.body.contains(&token), "{}", console.body);
}

async fn letters_are_in_the_reader_s_language(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.person("minji", Some("<b>민지"), Role::User, json!({ "locale": "ko" })).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("minji").await;
    let page = browser.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", "velvet canyon orbit lemon")];
    browser.submit("/account/password", &page, &form).await;
    let letter = server.letters(1).await.remove(0);
    let parts: Vec<String> = letter.split("Content-Transfer-Encoding: base64\r\n\r\n").skip(1).map(decoded).collect();
    let all = if parts.is_empty() { letter.clone() } else { parts.concat() };
    assert!(all.contains("lang=\"ko\""), "{letter}");
    assert!(!all.contains("<b>민지"), "a name is no markup in HTML: {all}");
}

/// The base64 that a part begins with.
fn decoded(part: &str) -> String {
    use base64::Engine;
    let text: String = part.lines().take_while(|line| !line.is_empty() && !line.starts_with("--")).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).expect("base64");
    let text = String::from_utf8(bytes).unwrap_or_default();
    // The name stands as it is in the text, which is no markup.
    if text.starts_with("<!doctype") { text } else { String::new() }
}

async fn what_a_server_does_not_take_is_tried_again_or_given_up(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.admin("root").await;
    let id = app.user("bob").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    server.refusals.lock().unwrap().push("451 come back later");
    let page = root.get(&format!("/admin/users/{id}")).await;
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    let send = format!("/admin/users/{id}/mail-link");
    root.post(&send, &[("csrf_token", &token)]).await;
    let status = async |root: &mut Browser, wanted: &str| {
        for _ in 0..500 {
            let page = root.get("/admin/mails").await;
            if page.find("tbody tr .status").as_deref() == Some(wanted) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{wanted}: {}", root.get("/admin/mails").await.body);
    };
    let page = status(&mut root, "Trying").await;
    assert!(page.body.contains("come back later"), "{}", page.body);
    app.clock.advance(5);
    server.letters(1).await;
    status(&mut root, "Sent").await;

    server.refusals.lock().unwrap().push("550 nobody here");
    app.clock.advance(1);
    root.post(&send, &[("csrf_token", &token)]).await;
    let page = status(&mut root, "Given up").await;
    let mail = page.attribute("button[name=mail]", "value").expect("it can be tried again");
    assert_eq!(root.submit("/admin/mails", &page, &[("mail", &mail)]).await.status, 303);
    server.letters(2).await;
    assert_eq!(root.submit("/admin/mails", &page, &[("mail", "m_unknown")]).await.status, 404);
}

async fn without_a_mail_server_nothing_waits(app: TestApp) {
    app.admin("root").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    let id = app.user("bob").await;
    Browser::new(&app).sign_in("bob").await;
    let mut bob = Browser::new(&app);
    bob.sign_in("bob").await;
    let page = bob.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", "velvet canyon orbit lemon")];
    bob.submit("/account/password", &page, &form).await;
    let page = root.get("/admin/mails").await;
    assert!(page.body.contains("GRANTOR_SMTP_URL") && page.find("tbody").is_none(), "{}", page.body);
    let page = root.get(&format!("/admin/users/{id}")).await;
    let send = format!("/admin/users/{id}/mail-link");
    assert!(!page.body.contains(&send));
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    assert_eq!(root.post(&send, &[("csrf_token", &token)]).await.status, 404);
}

#[test]
fn a_server_and_an_address_are_set_together() {
    let load = |name: &str, value: &str| Config::load(None, [(name.to_owned(), value.to_owned())]);
    for (name, value) in [("GRANTOR_SMTP_URL", "smtp://mail.example"), ("GRANTOR_MAIL_FROM", "post@id.example")] {
        let refusal = load(name, value).expect_err("one alone").to_string();
        assert!(refusal.contains(name) && refusal.contains("set both or none"), "{refusal}");
    }
    let refusal = load("GRANTOR_SMTP_URL", "smtp://u:secret@/").expect_err("no host").to_string();
    assert!(!refusal.contains("secret"), "{refusal}");
}
