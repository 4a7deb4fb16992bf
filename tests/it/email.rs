//! E-mail addresses: asking for another one, confirming it, and who may say that an address is verified.

use grantor::domain::resource_owner::Role;
use grantor::management::{self, email};
use grantor::store::paging::Place;
use grantor::store::{Store, StoreError, account_events, email_confirmations, mails, resource_owners};
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::form::{admin, save};
use crate::support::http::{Answer, Browser, tokens};
use crate::support::mail_server::{MailServer, press};
use crate::support::process::Settings;

on_both_databases!(
    an_address_changes_when_its_link_is_used,
    only_who_knows_the_password_asks_for_another_address,
    one_address_waits_at_a_time_and_not_for_ever,
    a_new_password_ends_what_waits,
    letters_to_addresses_of_their_choice_are_few,
    nobody_learns_who_has_an_account,
    an_address_that_was_given_away_meanwhile_is_refused,
    without_mail_an_admin_hands_the_link_over,
    support_makes_no_links_for_those_who_work_here,
    the_address_that_an_account_has_is_confirmed_too,
    a_link_to_choose_a_password_proves_the_address_it_was_mailed_to,
    a_new_address_is_not_verified_unless_an_admin_says_so,
    the_api_says_whether_an_address_is_verified,
);

const NEW: &str = "alice@new.example";
const DAY: u32 = 24 * 60 * 60;

/// A server with mail, one that it stands on, and where its letters go.
async fn with_mail(app: TestApp) -> (TestApp, TestApp, MailServer) {
    let server = MailServer::start().await;
    let (with_mail, without) = server.of(app).await;
    (with_mail, without, server)
}

async fn signed_in(app: &TestApp, username: &str) -> Browser {
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(username).await.status, 303);
    browser
}

/// Asks for another address on the account's own page.
async fn ask(browser: &mut Browser, address: &str) -> Answer {
    let page = browser.get("/account/email").await;
    browser.submit("/account/email", &page, &[("email", address), ("current_password", PASSWORD)]).await
}

/// Presses the button behind a link, in a browser that knows nobody.
async fn confirm(app: &TestApp, link: &str) -> Answer {
    let mut browser = Browser::new(app);
    let page = browser.get(link).await;
    if page.status != 200 {
        return page;
    }
    browser.submit("/confirm-email", &page, &[]).await
}

/// The address of an account, and whether it is verified.
async fn address(app: &TestApp, id: &str) -> (String, bool) {
    let id = id.to_owned();
    let owner = app.manage(move |connection| Ok(resource_owners::find(connection, &id)?.expect("it is there"))).await;
    (owner.email.clone().unwrap_or_default(), owner.is_email_verified())
}

async fn events(app: &TestApp, id: &str) -> Vec<&'static str> {
    let id = id.to_owned();
    let events = app.manage(move |connection| Ok(account_events::list(connection, &id, &Place::Top, 50)?)).await;
    events.iter().filter_map(|event| event.kind.map(grantor::domain::account_event::Kind::as_str)).collect()
}

/// The letters in the queue: what about, and to whom; the newest first.
async fn queued(app: &TestApp) -> Vec<(String, String)> {
    let list = app
        .app
        .store
        .read::<_, StoreError, _>(|connection| Ok(mails::list(connection, &Place::Top, 50)?))
        .await
        .expect("they can be read");
    list.into_iter().map(|mail| (mail.kind, mail.address)).collect()
}

async fn an_address_changes_when_its_link_is_used(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let id = app.user("alice").await;
    let client = app.web("openid email").await;
    let token = tokens(&app, &client, "openid email", "alice").await.text("access_token");
    let claims = async || app.http.bearer("/oauth2/userinfo", &token).await.json();
    let mut alice = signed_in(&app, "alice").await;
    server.letters(1).await;
    assert!(alice.get("/account").await.find("a[href='/account/email']").is_some());
    let asked = ask(&mut alice, &format!(" {NEW} ")).await;
    assert_eq!((asked.status.as_u16(), asked.location().as_str()), (303, "/account"), "{}", asked.body);
    let letters = server.letters(3).await;
    let to = |address: &str| letters[1..].iter().find(|letter| letter.is_to(address)).expect("a letter went there");
    let (invitation, notice) = (to(NEW), to("alice@example.com"));
    assert!(invitation.says("Subject: Confirm your e-mail address"), "{invitation:?}");
    assert!(notice.says("Subject: Another e-mail address was asked for"), "{notice:?}");
    assert!(!notice.says("new.example"), "whoever reads it need not know the new one: {notice:?}");
    let link = invitation.link("/confirm-email?token=gol_");

    let page = alice.get("/account").await;
    assert!(page.find("#email .notice").expect("it says what waits").contains(NEW), "{}", page.body);
    assert!(page.find("#email .body").expect("a panel").starts_with("alice@example.com"), "{}", page.body);
    for _scanner in 0..2 {
        let mut anybody = Browser::new(&app);
        let page = anybody.get(&link).await;
        assert!(page.find("main").expect("a page").contains("alice") && page.body.contains(NEW), "{}", page.body);
        assert_eq!(anybody.post("/confirm-email", &[("token", "x")]).await.status, 403, "without a token");
    }
    let before = claims().await;
    assert_eq!((&before["email"], &before["email_verified"]), (&json!("alice@example.com"), &json!(false)));

    let done = confirm(&app, &link).await;
    assert_eq!((done.status.as_u16(), done.find("h1").as_deref()), (200, Some("Your address is confirmed")));
    assert_eq!(app.http.get(&link).await.status, 404, "used");
    let after = claims().await;
    assert_eq!((&after["email"], &after["email_verified"]), (&json!(NEW), &json!(true)));
    let letter = server.letter(4).await;
    assert!(letter.is_to("alice@example.com") && letter.says("Subject: Your e-mail address was changed"));
    assert!(!letter.says("new.example"), "{letter:?}");
    let page = alice.get("/account").await;
    assert!(page.find("#email .notice").is_none() && page.find("#email .status.success").is_some(), "{}", page.body);
    assert_eq!(Browser::new(&app).sign_in(NEW).await.status, 303);
    assert_eq!(Browser::new(&app).sign_in("alice@example.com").await.status, 401);
    let events = events(&app, &id).await;
    assert!(events.contains(&"email.changed") && events.contains(&"email.change-asked"), "{events:?}");
}

async fn only_who_knows_the_password_asks_for_another_address(app: TestApp) {
    let id = app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    let page = alice.get("/account/email").await;
    for (typed, password, field) in [
        (NEW, "not her password", "current_password"),
        (NEW, "", "current_password"),
        ("alice.new.example", PASSWORD, "email"),
        ("", PASSWORD, "email"),
    ] {
        let form = [("email", typed), ("current_password", password)];
        let refused = alice.submit("/account/email", &page, &form).await;
        assert_eq!(refused.status, 422, "{typed} {password}");
        assert!(refused.find(&format!("#{field}-error")).is_some(), "{typed} {password}: {}", refused.body);
    }
    for _ in 0..20 {
        alice.submit("/account/email", &page, &[("email", NEW), ("current_password", "guess")]).await;
    }
    assert_eq!(ask(&mut alice, NEW).await.status, 429, "and no place to guess it");
    assert!(alice.get("/account").await.find("#email .notice").is_none());
    assert_eq!(alice.post("/account/email", &[("email", NEW), ("current_password", PASSWORD)]).await.status, 403);
    for button in ["/account/email/send", "/account/email/cancel"] {
        assert_eq!(alice.post(button, &[]).await.status, 403, "{button} without a token");
    }
    // The profile's own form changes nothing of it.
    let page = alice.get("/account").await;
    alice.submit("/account", &page, &[("username", "alice"), ("email", NEW), ("email_verified", "true")]).await;
    assert_eq!(address(&app, &id).await, ("alice@example.com".to_owned(), false));
}

async fn one_address_waits_at_a_time_and_not_for_ever(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let id = app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    let link_to = async |number: usize, address: &str| {
        let letters = server.letters(number).await;
        letters.iter().rev().find(|letter| letter.is_to(address)).expect("a letter").link("/confirm-email?token=")
    };
    ask(&mut alice, "first@new.example").await;
    let first = link_to(2, "first@new.example").await;
    ask(&mut alice, "second@new.example").await;
    let second = link_to(4, "second@new.example").await;
    assert_eq!(app.http.get(&first).await.status, 404, "another one was asked for");
    assert_eq!(app.http.get(&second).await.status, 200);

    let done = press(&mut alice, "/account", "/account/email/send").await;
    assert_eq!(done.status, 303, "{}", done.body);
    let again = link_to(5, "second@new.example").await;
    assert_eq!(app.http.get(&second).await.status, 404, "one link at a time");
    assert_eq!(press(&mut alice, "/account", "/account/email/cancel").await.status, 303);
    assert_eq!(app.http.get(&again).await.status, 404, "cancelled");
    assert!(alice.get("/account").await.find("#email .notice").is_none());
    assert_eq!(events(&app, &id).await[0], "email.change-cancelled");
    assert_eq!(press(&mut alice, "/account", "/account/email/cancel").await.status, 303, "nothing is there to cancel");

    ask(&mut alice, NEW).await;
    let old = link_to(7, NEW).await;
    app.clock.advance(DAY);
    let mut alice = signed_in(&app, "alice").await;
    server.letters(8).await;
    assert_eq!(confirm(&app, &old).await.status, 404, "too old");
    press(&mut alice, "/account", "/account/email/send").await;
    let fresh = server.letter(9).await.link("/confirm-email?token=");
    assert_eq!(app.http.get(&fresh).await.status, 200, "it waits longer than a link lives");
    app.clock.advance(6 * DAY);
    let page = signed_in(&app, "alice").await.get("/account").await;
    assert!(page.find("#email .notice").is_none(), "{}", page.body);
    assert_eq!(confirm(&app, &fresh).await.status, 404);
    assert_eq!(address(&app, &id).await.0, "alice@example.com");
    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("it sweeps");
    let left = app.manage(move |connection| Ok(email_confirmations::find(connection, &id, 0)?)).await;
    assert_eq!(left, None, "nor is it kept");
}

async fn a_new_password_ends_what_waits(app: TestApp) {
    let id = app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    let link = async |app: &TestApp, alice: &mut Browser| {
        assert_eq!(ask(alice, NEW).await.status, 303);
        let (context, id) = (app.context(), id.clone());
        let (token, _) = app.manage(move |connection| email::make_link(connection, &context, &id)).await;
        grantor::web::routes::confirm_email(&token)
    };
    let by_password = link(&app, &mut alice).await;
    let page = alice.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", PASSWORD)];
    assert_eq!(alice.submit("/account/password", &page, &form).await.status, 303);
    assert_eq!(confirm(&app, &by_password).await.status, 404);
    assert!(alice.get("/account").await.find("#email .notice").is_none());

    let by_signing_out = link(&app, &mut alice).await;
    let page = alice.get("/account/activity/not-me").await;
    assert_eq!(alice.submit("/account/activity/not-me", &page, &[]).await.status, 303);
    assert_eq!(app.http.get(&by_signing_out).await.status, 404);

    let of_another = link(&app, &mut alice).await;
    assert_eq!(ask(&mut alice, "another@new.example").await.status, 303);
    assert_eq!(app.http.get(&of_another).await.status, 404, "before there is a link to the other one");

    let of_disabled = link(&app, &mut alice).await;
    for is_disabled in [true, false] {
        let (context, id) = (app.context(), id.clone());
        app.manage(move |connection| management::users::set_disabled(connection, &context, &id, is_disabled)).await;
    }
    assert_eq!(confirm(&app, &of_disabled).await.status, 404);
    assert_eq!(address(&app, &id).await.0, "alice@example.com");
}

async fn letters_to_addresses_of_their_choice_are_few(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    for number in 1..=5 {
        assert_eq!(ask(&mut alice, &format!("victim{number}@new.example")).await.status, 303);
        server.letters(2 * number).await;
    }
    let refused = ask(&mut alice, NEW).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<i64>().is_ok_and(|seconds| (1..=3600).contains(&seconds)));
    assert_eq!(press(&mut alice, "/account", "/account/email/send").await.status, 429);
    app.user("bob").await;
    assert_eq!(ask(&mut signed_in(&app, "bob").await, "bob@new.example").await.status, 303, "others may");
    let letters = server.letters(12).await;
    assert!(!letters.iter().any(|letter| letter.is_to(NEW)));
    app.clock.advance(3600);
    assert_eq!(ask(&mut alice, NEW).await.status, 303, "an hour later");
}

async fn nobody_learns_who_has_an_account(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let id = app.user("alice").await;
    app.user("bob").await;
    let mut alice = signed_in(&app, "alice").await;
    let mut seen = Vec::new();
    for (number, address) in [(1, "nobody@example.com"), (2, "bob@example.com")] {
        let asked = ask(&mut alice, address).await;
        let page = alice.get("/account").await;
        let text = page.find("main").expect("a page").replace(address, "…");
        seen.push((asked.status, asked.location(), text));
        server.letters(2 * number).await;
    }
    assert_eq!(seen[0], seen[1]);
    let letters = server.letters(4).await;
    let letter = letters.iter().find(|letter| letter.is_to("bob@example.com")).expect("a letter");
    assert!(letter.says("It belongs to another account there") && !letter.says("/confirm-email"), "{letter:?}");
    assert!(!letter.says("alice"), "nor is bob told who asked: {letter:?}");
    let (context, of) = (app.context(), id.clone());
    let refused = app.app.store.write(move |connection| email::make_link(connection, &context, &of)).await;
    assert!(refused.is_err(), "whoever runs the server is told");
    assert_eq!(address(&app, &id).await.0, "alice@example.com");
}

async fn an_address_that_was_given_away_meanwhile_is_refused(app: TestApp) {
    let id = app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    ask(&mut alice, NEW).await;
    let (context, of) = (app.context(), id.clone());
    let (token, _) = app.manage(move |connection| email::make_link(connection, &context, &of)).await;
    let (context, carol) = (app.context(), app.user("carol").await);
    let of = carol.clone();
    app.manage(move |connection| {
        management::users::set_email(connection, &context, &of, Some("ALICE@new.example".to_owned()), true)
    })
    .await;
    let refused = confirm(&app, &grantor::web::routes::confirm_email(&token)).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let says = refused.find("[role=alert]").expect("it says why");
    assert!(says.contains("cannot be used") && !says.contains("another account"), "{says}");
    assert_eq!(address(&app, &id).await.0, "alice@example.com");
    assert_eq!(address(&app, &carol).await, ("ALICE@new.example".to_owned(), true));

    // Free again, the same link is good: a refusal has used nothing up.
    let context = app.context();
    app.manage(move |connection| management::users::set_email(connection, &context, &carol, None, false)).await;
    assert_eq!(confirm(&app, &grantor::web::routes::confirm_email(&token)).await.status, 200);
    assert_eq!(address(&app, &id).await, (NEW.to_owned(), true));
}

async fn without_mail_an_admin_hands_the_link_over(app: TestApp) {
    let id = app.user("bob").await;
    let mut bob = signed_in(&app, "bob").await;
    assert!(bob.get("/account/email").await.body.contains("an administrator hands you a link"));
    assert_eq!(ask(&mut bob, "bob@new.example").await.status, 303);
    let page = bob.get("/account").await;
    assert!(page.find("#email .notice").expect("it waits").contains("Ask an administrator"), "{}", page.body);
    assert!(!page.body.contains("/account/email/send") && page.body.contains("/account/email/cancel"));
    assert_eq!(press(&mut bob, "/account", "/account/email/send").await.status, 404);

    let mut root = admin(&app).await;
    let (user, make) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/confirm-email"));
    let page = root.get(&user).await;
    assert!(page.find("#email").expect("it says what waits").contains("bob@new.example"), "{}", page.body);
    assert!(page.find(&format!("#email a[href='{make}']")).is_some() && !page.body.contains("mail-confirmation"));
    let asked = root.get(&make).await;
    assert!(asked.body.contains("bob@new.example"), "{}", asked.body);
    let shown = root.submit(&make, &asked, &[]).await;
    let link = shown.find("#link").expect("it is shown once");
    let path = &link[link.find("/confirm-email").expect("a link")..];
    let replaced = root.submit(&make, &asked, &[]).await.find("#link").expect("another one");
    assert_eq!(app.http.get(path).await.status, 404, "earlier ones end");
    let path = &replaced[replaced.find("/confirm-email").expect("a link")..];
    assert_eq!(confirm(&app, path).await.status, 200);
    assert_eq!(address(&app, &id).await, ("bob@new.example".to_owned(), true));
    assert!(root.get(&user).await.find("#email").is_none(), "nothing waits any more");
    let again = root.submit(&make, &asked, &[]).await;
    assert_eq!(again.status, 303);
    assert!(root.get(&user).await.body.contains("There is no address to confirm"), "and it is said");
    assert!(queued(&app).await.is_empty());
    let log = root.get("/admin/audit-log").await;
    assert!(log.body.contains("Link to confirm an address made") && !log.body.contains("gol_"), "{}", log.body);
}

async fn support_makes_no_links_for_those_who_work_here(app: TestApp) {
    app.person("helper", None, Role::Support, json!({})).await;
    let (admin, user) = (app.admin("root").await, app.user("bob").await);
    let mut helper = signed_in(&app, "helper").await;
    for (id, status) in [(user, 200), (admin, 303)] {
        let page = helper.get(&format!("/admin/users/{id}")).await;
        let make = format!("/admin/users/{id}/confirm-email");
        assert_eq!(page.body.contains(&make), status == 200);
        let asked = helper.get(&make).await;
        assert_eq!(helper.submit(&make, &asked, &[]).await.status, status);
    }
}

async fn the_address_that_an_account_has_is_confirmed_too(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let (alice, bob) = (app.user("alicia").await, app.user("bob").await);
    let mut browser = signed_in(&app, "alicia").await;
    let page = browser.get("/account").await;
    assert_eq!(page.find("#email .status").as_deref(), Some("Not verified"));
    assert!(page.find("#email button").is_some_and(|button| button == "Send confirmation link"), "{}", page.body);
    assert_eq!(press(&mut browser, "/account", "/account/email/send").await.status, 303);
    let letter = server.letter(1).await;
    assert!(letter.is_to("alicia@example.com"), "{letter:?}");
    assert_eq!(confirm(&app, &letter.link("/confirm-email?token=")).await.status, 200);
    assert_eq!(address(&app, &alice).await, ("alicia@example.com".to_owned(), true));
    assert_eq!(events(&app, &alice).await[0], "email.confirmed");
    assert_eq!(browser.get("/account").await.find("#email .status").as_deref(), Some("Verified"));
    press(&mut browser, "/account", "/account/email/send").await;
    assert!(browser.get("/account").await.body.contains("There is no address to confirm"));
    let refused = ask(&mut browser, "ALICIA@example.com").await;
    assert!(refused.body.contains("This is your address already"), "{}", refused.body);

    let mut root = admin(&app).await;
    let (user, send) = (format!("/admin/users/{bob}"), format!("/admin/users/{bob}/mail-confirmation"));
    assert!(root.get(&user).await.find(&format!("#email a[href='{send}']")).is_some());
    let asked = root.get(&send).await;
    assert_eq!(root.submit(&send, &asked, &[]).await.status, 303);
    let letter = server.letter(2).await;
    assert!(letter.is_to("bob@example.com"), "{letter:?}");
    assert_eq!(confirm(&app, &letter.link("/confirm-email?token=")).await.status, 200);
    assert!(address(&app, &bob).await.1);
}

async fn a_link_to_choose_a_password_proves_the_address_it_was_mailed_to(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let mut letters = 0;
    for (name, is_mailed) in [("handed", false), ("mailed", true)] {
        let id = app.user(name).await;
        let context = app.context();
        let of = id.clone();
        let path = if is_mailed {
            app.manage(move |connection| management::users::mail_link(connection, &context, &of)).await;
            app.app.post.wake();
            letters += 1;
            server.letter(letters).await.link("/set-password?token=")
        } else {
            let token = app.manage(move |connection| management::users::make_link(connection, &context, &of)).await;
            grantor::web::routes::set_password(&token)
        };
        let mut browser = Browser::new(&app);
        let page = browser.get(&path).await;
        let chosen = browser.submit("/set-password", &page, &[("password", PASSWORD)]).await;
        assert_eq!(chosen.status, 200, "{name}: {}", chosen.body);
        assert_eq!(address(&app, &id).await.1, is_mailed, "{name}");
        letters += 1;
        server.letters(letters).await;
    }
}

async fn a_new_address_is_not_verified_unless_an_admin_says_so(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let mut root = admin(&app).await;
    let id = app.user_with("bob", "", json!({ "email_verified": true, "department": "Sales" })).await;
    let (path, edit) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/edit"));
    let mut change = async |changes: &[(&str, Option<&str>)]| {
        let page = root.get(&edit).await;
        assert_eq!(save(&mut root, &path, &page, changes).await.status, 303);
        root.get(&path).await
    };
    change(&[("display_name", Some("Bob"))]).await;
    assert!(address(&app, &id).await.1, "another change leaves it");
    change(&[("email", Some("BOB@example.com"))]).await;
    assert!(address(&app, &id).await.1, "it is the same address");
    let page = change(&[("email", Some("bob@one.example"))]).await;
    assert_eq!(address(&app, &id).await, ("bob@one.example".to_owned(), false), "the tick was about the other one");
    assert!(page.body.contains("The new address is not verified"), "and it is said: {}", page.body);
    change(&[("email_verified", Some("true"))]).await;
    assert!(address(&app, &id).await.1, "an admin says so");
    change(&[("email_verified", None)]).await;
    assert!(!address(&app, &id).await.1, "or not");
    change(&[("email", Some("bob@two.example")), ("email_verified", Some("true"))]).await;
    assert_eq!(address(&app, &id).await, ("bob@two.example".to_owned(), true), "a new tick is about the new one");
    let letters = server.letters(2).await;
    let told: Vec<bool> = letters.iter().map(|letter| letter.says("Your e-mail address was changed")).collect();
    assert_eq!(told, [true, true]);
    assert!(letters.iter().any(|letter| letter.is_to("BOB@example.com")), "the old address hears of it");
    assert!(letters.iter().any(|letter| letter.is_to("bob@one.example")));

    // What the user asked for before is not what an admin decided after.
    let mut bob = signed_in(&app, "bob").await;
    ask(&mut bob, "bob@three.example").await;
    change(&[("email", Some("bob@four.example"))]).await;
    assert!(bob.get("/account").await.find("#email .notice").is_none());
}

async fn the_api_says_whether_an_address_is_verified(app: TestApp) {
    let (app, _without, server) = with_mail(app).await;
    let machine = app.machine("grantor.users:write").await;
    let form = [("grant_type", "client_credentials")];
    let token = app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
    let bearer = format!("Bearer {token}");
    let send = async |method: &str, path: &str, body: Value| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        app.http.send(method, path, &headers, Some(body.to_string())).await
    };
    let made = send("POST", "/api/v1/users", json!({ "username": "bob", "email": "bob@example.com" })).await;
    let id = made.text("id");
    let path = format!("/api/v1/users/{id}");
    for (body, verified) in [
        (json!({ "email": "bob@example.com", "email_verified": true }), true),
        (json!({ "email": "bob@example.com" }), true),
        (json!({ "email": "bob@example.com", "claims": { "email_verified": false } }), false),
        (json!({ "email": "bob@example.com", "claims": { "email_verified": true } }), true),
        // Whoever sends back what they read has not looked at the new address.
        (json!({ "email": "bob@one.example", "claims": { "email_verified": true } }), false),
        (json!({ "email": "bob@two.example", "email_verified": true }), true),
        (json!({ "email": null, "email_verified": true }), false),
    ] {
        let mut body = body;
        body["username"] = "bob".into();
        let answer = send("PUT", &path, body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(address(&app, &id).await.1, verified, "{body}");
    }
    let bad = send("PUT", &path, json!({ "username": "bob", "email_verified": "yes" })).await;
    assert_eq!(bad.status, 400, "{}", bad.body);
    let letters = server.letters(3).await;
    assert!(letters.iter().all(|letter| letter.says("Your e-mail address was changed")), "{letters:?}");

    let link = format!("{path}/confirm-email-link");
    assert_eq!(send("POST", &link, json!({})).await.status, 409, "there is no address");
    send("PUT", &path, json!({ "username": "bob", "email": "bob@three.example" })).await;
    let made = send("POST", &link, json!({})).await;
    assert_eq!((made.status.as_u16(), made.text("email").as_str()), (201, "bob@three.example"), "{}", made.body);
    let url = made.text("confirm_email_link");
    assert_eq!(confirm(&app, &url[url.find("/confirm-email").expect("a link")..]).await.status, 200);
    assert!(address(&app, &id).await.1);
}

#[test]
fn the_command_line_changes_addresses_and_leaves_letters_for_a_server() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let settings = Settings::of(&format!("sqlite://{}", directory.path().join("grantor.db").display()));
    let create = ["user", "create", "--username", "alice", "--email", "alice@example.com", "--email-verified"];
    settings.command(&create, "");
    let show = || -> Value { serde_json::from_str(&settings.command(&["user", "show", "alice"], "")).expect("JSON") };
    assert_eq!(show()["claims"]["email_verified"], true);
    let with_mail =
        settings.clone().with("GRANTOR_SMTP_URL", "smtp://127.0.0.1:1").with("GRANTOR_MAIL_FROM", "a@b.example");
    settings.command(&["user", "set-email", "alice", "alice@one.example"], "");
    assert_eq!((&show()["email"], &show()["claims"]), (&json!("alice@one.example"), &json!({})));
    with_mail.command(&["user", "set-email", "alice", "alice@two.example", "--email-verified"], "");
    assert_eq!(show()["claims"]["email_verified"], true);
    assert!(settings.refusal(&["user", "email-link", "alice"], "").contains("no address to confirm"));
    with_mail.command(&["user", "set-password", "alice", "--password-stdin"], PASSWORD);
    settings.command(&["user", "set-email", "alice", "alice@three.example"], "");
    let link = settings.command(&["user", "email-link", "alice"], "");
    assert!(link.starts_with("http://localhost:8080/confirm-email?token=gol_"), "{link}");
    assert!(settings.refusal(&["user", "set-email", "alice", "nowhere"], "").contains("alice@example.com"));

    let path = directory.path().join("grantor.db");
    let store = Store::open(&grantor::config::database_url::DatabaseUrl::Sqlite(path)).expect("it opens");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let list = runtime
        .block_on(store.read::<_, StoreError, _>(|connection| Ok(mails::list(connection, &Place::Top, 10)?)))
        .expect("they can be read");
    let mut queued: Vec<(&str, &str)> = list.iter().map(|mail| (mail.kind.as_str(), mail.address.as_str())).collect();
    queued.sort_unstable();
    assert_eq!(queued, [("email-changed", "alice@one.example"), ("password-changed", "alice@two.example")]);
}
