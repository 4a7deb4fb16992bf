//! Mail: who is written to, what letters say, and what becomes of those that a server does not take.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use grantor::config::{Config, Outbound};
use grantor::domain::resource_owner::{Password, PasswordHash, Role};
use grantor::jobs::sweep;
use grantor::management;
use grantor::store::audit_log::Actor;
use grantor::store::mails;
use grantor::store::paging::Place;
use grantor::store::{Failure, StoreError};
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::form::{admin, save};
use crate::support::http::{Answer, Browser};
use crate::support::mail_server::{MailServer, SENDER, Tls, press};
use crate::support::remote::Authority;
use crate::support::until;

on_both_databases!(
    a_changed_password_is_told_as_text_and_html,
    a_password_that_an_operator_sets_is_told_too,
    a_new_browser_is_told_and_a_known_one_is_not,
    new_browsers_are_told_of_five_times_an_hour,
    letters_that_somebody_waits_for_go_first,
    a_link_by_mail_works_once_and_is_stored_nowhere,
    a_link_goes_to_no_address_of_before,
    a_link_that_was_sent_ends_with_its_address,
    a_link_handed_over_is_not_ended_by_a_letter_that_waited,
    letters_are_in_the_reader_s_language,
    letters_come_from_the_brand,
    what_a_server_does_not_take_is_tried_again_or_given_up,
    a_letter_that_nobody_tries_to_send_is_given_up_after_a_week,
    letters_travel_by_tls_to_servers_that_can_be_believed,
    without_a_mail_server_nothing_waits,
);

/// A password that is as good as [`PASSWORD`].
const ANOTHER: &str = "velvet canyon orbit lemon";

async fn change_password(browser: &mut Browser) {
    let page = browser.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", ANOTHER)];
    assert_eq!(browser.submit("/account/password", &page, &form).await.status, 303);
}

/// A browser in which somebody has signed in.
async fn signed_in(app: &TestApp, username: &str) -> Browser {
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(username).await.status, 303);
    browser
}

/// The page of letters, once the newest is in this state.
async fn letters_page(browser: &mut Browser, state: &str) -> Answer {
    for _ in 0..500 {
        let page = browser.get("/admin/mails").await;
        if page.find("tbody tr .status").as_deref() == Some(state) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{state}: {}", browser.get("/admin/mails").await.body);
}

async fn a_changed_password_is_told_as_text_and_html(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    change_password(&mut signed_in(&app, "alice").await).await;
    let letter = server.letter(1).await;
    assert!(letter.is_to("alice@example.com"), "{letter:?}");
    for part in [
        "From: Grantor <post@id.example>",
        "Subject: Your password was changed",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "ask your administrator at once for a link",
        "/account/activity",
    ] {
        assert!(letter.says(part), "{part} is not in {letter:?}");
    }
    assert!(!letter.says(ANOTHER), "{letter:?}");
    until("it is counted", async || {
        app.http.get("/metrics").await.body.contains("grantor_mails_total{outcome=\"sent\"} 1")
    })
    .await;
}

async fn a_password_that_an_operator_sets_is_told_too(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let id = app.user("alice").await;
    let hash = PasswordHash::new(&Password::choose(ANOTHER, &[], 12).expect("a good password"), 4).expect("a hash");
    let context = app.context();
    app.manage(move |connection| management::users::set_password(connection, &context, &id, &hash, None)).await;
    app.app.post.wake();
    let letter = server.letter(1).await;
    assert!(letter.is_to("alice@example.com") && letter.says("Subject: Your password was changed"), "{letter:?}");
}

async fn a_new_browser_is_told_and_a_known_one_is_not(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    let mut known = signed_in(&app, "alice").await;
    let page = known.get("/logout").await;
    known.submit("/logout", &page, &[]).await;
    known.sign_in("alice").await;
    signed_in(&app, "alice").await;
    let letter = server.letter(1).await;
    assert!(letter.says("Subject: Somebody signed in with a new browser"), "{letter:?}");
    assert!(letter.says("127.0.0.1"), "from where: {letter:?}");
}

async fn new_browsers_are_told_of_five_times_an_hour(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("alice").await;
    let told = async || app.manage(|connection| Ok(mails::list(connection, &Place::Top, 50)?)).await.len();
    // The first is nothing new.
    for _ in 0..=20 {
        signed_in(&app, "alice").await;
    }
    assert_eq!(told().await, 5);
    app.user("bob").await;
    for _ in 0..2 {
        signed_in(&app, "bob").await;
    }
    assert_eq!(told().await, 6, "others hear of theirs");
    app.clock.advance(3600);
    signed_in(&app, "alice").await;
    assert_eq!(told().await, 7);
}

async fn letters_that_somebody_waits_for_go_first(app: TestApp) {
    use mails::Kind::{ConfirmEmail, NewBrowser, PasswordChanged, SetPassword};
    let (id, now) = (app.user("alice").await, app.clock.now());
    let order = app.manage(move |connection| {
        for (kind, at) in [NewBrowser, PasswordChanged, SetPassword, ConfirmEmail].into_iter().zip(now..) {
            let letter = grantor::secret::random_id();
            mails::insert(connection, &letter, kind, &id, "alice@example.com", &json!({}), at)?;
        }
        let mut order = Vec::new();
        while let Some(mail) = mails::claim(connection, now + 3, now + 60)? {
            order.push(mail.kind);
        }
        Ok(order)
    });
    assert_eq!(order.await, [SetPassword, ConfirmEmail, NewBrowser, PasswordChanged]);
}

async fn a_link_by_mail_works_once_and_is_stored_nowhere(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let mut root = admin(&app).await;
    let id = app.user("bob").await;
    let (user, send) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/mail-link"));
    assert!(root.get(&user).await.body.contains(&send), "the page offers it");
    let done = press(&mut root, &user, &send).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let letter = server.letter(1).await;
    assert!(letter.is_to("bob@example.com"), "{letter:?}");
    let path = letter.link("/set-password?token=");
    let (_, token) = path.split_once('=').expect("a token");
    let list = app
        .app
        .store
        .read::<_, StoreError, _>(|connection| Ok(mails::list(connection, &Place::Top, 10)?))
        .await
        .unwrap();
    assert!(list.len() == 1 && !format!("{list:?}").contains(token), "{list:?}");
    let mut bob = Browser::new(&app);
    let page = bob.get(&path).await;
    assert_eq!(bob.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 200);
    assert_eq!(bob.get(&path).await.status, 404, "used");
    let console = root.get("/admin/mails").await;
    assert!(console.body.contains("bob@example.com") && !console.body.contains(token), "{}", console.body);
}

/// Gives bob another address.
async fn put_right(app: &TestApp, id: &str) {
    let writer = app.machine("grantor.users:write").await;
    let form = [("grant_type", "client_credentials")];
    let access = app.http.as_client(&writer, "/oauth2/token", &form).await.text("access_token");
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let bob = json!({ "username": "bob", "email": "bob@right.example" }).to_string();
    let put = app.http.send("PUT", &format!("/api/v1/users/{id}"), &headers, Some(bob)).await;
    assert_eq!(put.status, 200, "{}", put.body);
}

async fn a_link_that_was_sent_ends_with_its_address(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let mut root = admin(&app).await;
    let id = app.user("bob").await;
    press(&mut root, &format!("/admin/users/{id}"), &format!("/admin/users/{id}/mail-link")).await;
    let path = server.letter(1).await.link("/set-password?token=");
    let mut stranger = Browser::new(&app);
    let page = stranger.get(&path).await;
    assert_eq!(page.status, 200);
    put_right(&app, &id).await;
    assert_eq!(stranger.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 404);
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(Browser::new(&app).sign_in("bob").await.status, 303, "the password is as it was");
}

async fn a_link_goes_to_no_address_of_before(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.admin("root").await;
    let id = app.user("bob").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    let until = async |root: &mut Browser, wanted: &str| {
        for _ in 0..500 {
            let page = root.get("/admin/mails").await;
            if page.body.contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{wanted}: {}", root.get("/admin/mails").await.body);
    };
    server.refuse("451 come back later");
    let page = root.get(&format!("/admin/users/{id}")).await;
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    root.post(&format!("/admin/users/{id}/mail-link"), &[("csrf_token", &token)]).await;
    until(&mut root, "Trying").await;
    // The address was a stranger's, and is put right while the letter waits.
    put_right(&app, &id).await;
    app.clock.advance(5);
    until(&mut root, "Given up").await;
    let letters = server.taken();
    assert!(!letters.iter().any(|letter| letter.says("/set-password")), "{letters:?}");
}

async fn a_link_handed_over_is_not_ended_by_a_letter_that_waited(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let mut root = admin(&app).await;
    let id = app.user("bob").await;
    server.refuse("451 come back later");
    press(&mut root, &format!("/admin/users/{id}"), &format!("/admin/users/{id}/mail-link")).await;
    letters_page(&mut root, "Trying").await;
    let context = app.context();
    let token = app.manage(move |connection| management::users::make_link(connection, &context, &id)).await;
    letters_page(&mut root, "Given up").await;
    app.clock.advance(5);
    app.app.post.wake();
    is_not_sent_by_support(&app).await;
    let mut bob = Browser::new(&app);
    let page = bob.get(&format!("/set-password?token={token}")).await;
    assert_eq!(bob.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 200, "{}", page.body);
    assert!(!server.letter(1).await.says("/set-password"), "the first letter that goes out tells of the new password");
}

/// A letter with a link for somebody who works in the console is not sent again by those who could not make the link.
async fn is_not_sent_by_support(app: &TestApp) {
    app.person("helen", None, Role::Support, json!({})).await;
    let context = management::Context { actor: Actor::Owner("helen".to_owned()), ..app.context() };
    let tried = app.app.store.write(move |connection| {
        let letter = mails::list(connection, &Place::Top, 1)?.remove(0);
        let bob = management::users::set_role(connection, &context, &letter.owner_id, Role::Auditor);
        bob.and_then(|()| management::letters::retry(connection, &context, &letter.id))
    });
    assert!(matches!(tried.await, Err(Failure::Refused(management::ManagementError::Conflict(_)))));
}

async fn letters_are_in_the_reader_s_language(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.person("minji", Some("<b>민지"), Role::User, json!({ "locale": "ko" })).await;
    change_password(&mut signed_in(&app, "minji").await).await;
    let letter = server.letter(1).await;
    assert!(letter.says("lang=\"ko\"") && letter.says("Subject: 비밀번호가 변경되었습니다"), "{letter:?}");
    let (_, html) = letter.0.split_once("<!doctype").expect("a part is HTML");
    assert!(!html.contains("<b>민지"), "a name is no markup there: {html}");

    // Who says nothing is written to as the pages spoke when they last signed in, unless it may have been somebody else.
    app.user("alice").await;
    let mut alice = Browser::new(&app);
    alice.get("/language?to=ko").await;
    alice.sign_in("alice").await;
    signed_in(&app, "alice").await;
    let letter = server.letter(2).await;
    assert!(letter.says("lang=\"ko\"") && letter.says("새 브라우저"), "{letter:?}");
}

async fn letters_come_from_the_brand(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    app.user("bob").await;
    let mut root = admin(&app).await;
    let path = "/admin/settings/branding";
    let page = root.get(path).await;
    let saved = save(&mut root, path, &page, &[("name", Some("Acme & Sons"))]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    change_password(&mut signed_in(&app, "bob").await).await;
    let letter = server.letter(1).await;
    let from = letter.0.lines().find(|line| line.starts_with("From: ")).expect("it says from whom");
    assert!(from.contains("Acme & Sons") && from.contains("<post@id.example>"), "{from}");
    assert!(letter.says("at Acme & Sons was changed") && letter.says("at Acme &#38; Sons was changed"), "{letter:?}");
    assert!(!letter.says("Grantor"), "{letter:?}");
}

async fn what_a_server_does_not_take_is_tried_again_or_given_up(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let mut root = admin(&app).await;
    let id = app.user("bob").await;
    let (user, send) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/mail-link"));
    server.refuse("451 come back later");
    press(&mut root, &user, &send).await;
    let page = letters_page(&mut root, "Trying").await;
    assert!(page.body.contains("come back later"), "{}", page.body);
    app.clock.advance(4);
    app.app.post.wake();
    assert_eq!(letters_page(&mut root, "Trying").await.find("tbody td:nth-child(6)").as_deref(), Some("1"));
    app.clock.advance(1);
    server.letters(1).await;
    letters_page(&mut root, "Sent").await;

    server.refuse("550 nobody here");
    app.clock.advance(1);
    press(&mut root, &user, &send).await;
    let page = letters_page(&mut root, "Given up").await;
    let mail = page.attribute("button[name=mail]", "value").expect("it can be tried again");
    assert_eq!(root.submit("/admin/mails", &page, &[("mail", &mail)]).await.status, 303);
    server.letters(2).await;
    assert_eq!(root.submit("/admin/mails", &page, &[("mail", "m_unknown")]).await.status, 404);
}

async fn letters_travel_by_tls_to_servers_that_can_be_believed(mut app: TestApp) {
    let (ours, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    app.config.outbound = Outbound { ca: Some(ours.file(directory.path())), allow_private: false };
    let mut root = admin(&app).await;
    let mut number = 0;
    for (tls, scheme, query) in [(Tls::Start, "smtp", "?tls=required"), (Tls::Implicit, "smtps", "")] {
        let (name, password) = SENDER;
        let url = |server: &MailServer, password: &str| {
            let password = password.replace(' ', "%20");
            format!("{scheme}://{name}:{password}@{}{query}", server.address)
        };
        let server = MailServer::secured(tls, &ours.certify(&["127.0.0.1"])).await;
        let strangers = MailServer::secured(tls, &Authority::new().certify(&["127.0.0.1"])).await;
        let another = MailServer::secured(tls, &ours.certify(&["mail.example"])).await;
        for (server, password, state, says) in [
            (&server, password, "Sent", ""),
            // Somebody will mend the setting.
            (&server, "wrong", "Trying", "not you"),
            (&strangers, password, "Trying", "certificate"),
            (&another, password, "Trying", "certificate"),
        ] {
            number += 1;
            // It is the newest, and the earlier ones are not tried again meanwhile.
            app.clock.advance(1);
            let (with_mail, without) = server.by(&url(server, password), app).await;
            let id = with_mail.user(&format!("user{number}")).await;
            root.http = with_mail.http.clone();
            press(&mut root, &format!("/admin/users/{id}"), &format!("/admin/users/{id}/mail-link")).await;
            let page = letters_page(&mut root, state).await;
            let user = format!("user{number}");
            assert_eq!(page.find("tbody td:nth-child(2)").as_deref(), Some(user.as_str()), "{tls:?} {state}");
            assert!(page.body.contains(says), "{tls:?} {says}: {}", page.body);
            assert!(!page.body.contains("hyacinth") && !page.body.contains("error: Connection error"), "{}", page.body);
            app = without;
        }
        assert!(server.letter(1).await.is_to(&format!("user{}@example.com", number - 3)));
    }
}

/// One of a kind that only a newer program knows, and one from before mail was turned off.
async fn a_letter_that_nobody_tries_to_send_is_given_up_after_a_week(app: TestApp) {
    let (id, now) = (app.user("alice").await, app.clock.now());
    app.manage(move |connection| {
        for letter in ["known", "tried", "unknown"] {
            let (kind, to) = (mails::Kind::PasswordChanged, "alice@example.com");
            mails::insert(connection, letter, kind, &id, to, &json!({}), now)?;
        }
        connection.batch_execute("UPDATE mails SET kind = 'from-the-future' WHERE id = 'unknown'")?;
        let again = now + 6 * 60 * 60;
        Ok(connection.batch_execute(&format!("UPDATE mails SET next_attempt_at = {again} WHERE id = 'tried'"))?)
    })
    .await;
    let left = async |later: i64| {
        sweep::noting(&app.app.store, now + later, &app.app.metrics).await.expect("it sweeps");
        let letters = app.manage(|connection| Ok(mails::list(connection, &Place::Top, 10)?)).await;
        let mut letters: Vec<String> = letters.into_iter().map(|letter| letter.id).collect();
        letters.sort();
        letters
    };
    let week = 7 * 24 * 60 * 60;
    assert_eq!(left(week - 1).await, ["known", "tried", "unknown"]);
    assert_eq!(left(week).await, ["tried"], "it will be tried again, however old it is");
    let page = app.http.get("/metrics").await.body;
    assert!(page.contains("grantor_mails_total{outcome=\"given_up\"} 2\n"), "{page}");
}

async fn without_a_mail_server_nothing_waits(app: TestApp) {
    let mut root = admin(&app).await;
    let id = app.user("bob").await;
    signed_in(&app, "bob").await;
    change_password(&mut signed_in(&app, "bob").await).await;
    let page = root.get("/admin/mails").await;
    assert!(page.body.contains("GRANTOR_SMTP_URL") && page.find("tbody").is_none(), "{}", page.body);
    let (user, send) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/mail-link"));
    assert!(!root.get(&user).await.body.contains(&send));
    assert_eq!(press(&mut root, &user, &send).await.status, 404);
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
