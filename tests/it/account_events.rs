//! What an account's owner is told of it: what they allowed whom, how to take that back, and what happened lately.

use grantor::management;
use scraper::{Html, Selector};

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, allow, redemption, tokens};

on_both_databases!(
    applications_say_what_was_allowed_when_and_with_which_data,
    a_withdrawal_can_be_undone_for_ten_minutes_and_revives_no_token,
    nobody_undoes_what_was_not_remembered,
    consent_is_asked_for_what_is_new_alone,
    where_nothing_is_remembered_everything_is_asked,
    what_is_refused_when_asked_again_is_not_given_silently,
    the_record_tells_what_happened_and_from_where,
    the_record_is_of_one_account_and_ends_with_time,
    this_was_not_me_ends_everybody_else,
);

/// What is said when a withdrawal is undone.
const RESTORED: &str = "Your permission for Web app is restored. Sign in to it again; it will not ask.";

/// The texts of all elements that match.
fn all(answer: &Answer, css: &str) -> Vec<String> {
    let page = Html::parse_document(&answer.body);
    let selector = Selector::parse(css).expect("a selector");
    page.select(&selector)
        .map(|each| each.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

async fn applications_say_what_was_allowed_when_and_with_which_data(app: TestApp) {
    app.user("alice").await;
    let client = app.web("openid email").await;
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&client, "openid email"), "alice").await;
    let page = browser.get("/account/applications").await;
    assert_eq!(all(&page, "main .panel h2"), ["Web app"]);
    assert!(page.body.contains("alice@example.com"), "the data that the scope opens");
    let history = all(&page, ".history li");
    assert!(history.len() == 1 && history[0].starts_with("Application allowed"), "{history:?}");
    assert!(history[0].contains("See your e-mail address"), "{history:?}");

    // Its tokens have ended, and it need not ask all the same.
    app.clock.advance(100 * 24 * 60 * 60);
    let mut later = Browser::new(&app);
    later.sign_in("alice").await;
    let page = later.get("/account/applications").await;
    assert!(page.body.contains("no access until you sign in to it again"), "{}", page.body);
}

async fn a_withdrawal_can_be_undone_for_ten_minutes_and_revives_no_token(app: TestApp) {
    app.user("alice").await;
    let client = app.web("openid email").await;
    let issued = tokens(&app, &client, "openid email", "alice").await.text("access_token");
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let withdraw = format!("/account/applications/{}/withdraw", client.id);
    let undo = format!("/account/applications/{}/undo", client.id);
    let page = browser.get(&withdraw).await;
    assert!(page.body.contains("For ten minutes you can undo it"), "{}", page.body);
    assert_eq!(browser.submit(&withdraw, &page, &[]).await.status, 303);

    let page = browser.get("/account/applications").await;
    assert!(all(&page, "main h2").contains(&"You withdrew access from Web app".to_owned()), "{}", page.body);
    assert!(page.body.contains("works again only after you sign in"), "what undoing does is said");
    assert_eq!(browser.submit(&undo, &page, &[]).await.status, 303);
    assert_eq!(app.http.bearer("/oauth2/userinfo", &issued).await.status, 401, "a revoked token is not revived");
    let again = browser.get(&Authorization::of(&client, "openid email").path()).await;
    assert!(again.redirect().contains_key("code"), "it does not ask");
    assert_eq!(browser.submit(&undo, &page, &[]).await.location(), "/account/applications");
    let twice = browser.get("/account/applications").await;
    assert_eq!(twice.find(".notice.success").as_deref(), Some(RESTORED), "a second click finds it done");
    let history = all(&browser.get("/account/applications").await, ".history li b");
    assert_eq!(history, ["Withdrawal undone", "Access withdrawn", "Application allowed"]);

    let page = browser.get(&withdraw).await;
    for _ in 0..2 {
        assert_eq!(browser.submit(&withdraw, &page, &[]).await.status, 303, "nothing is left the second time");
        let done = browser.get("/account/applications").await;
        assert_eq!(done.find(".notice").as_deref(), Some("Web app has no access any more."));
    }
    let page = browser.get("/account/applications").await;
    app.clock.advance(600);
    assert_eq!(browser.submit(&undo, &page, &[]).await.status, 303);
    let page = browser.get("/account/applications").await;
    assert!(page.find(".notice.danger").expect("it says so").contains("too late to undo"), "{}", page.body);
    assert_eq!(all(&page, "main h2"), ["No connected applications", "Earlier applications"]);
    let asked = browser.get(&Authorization::of(&client, "openid email").path()).await;
    assert!(asked.location().starts_with("/consent"), "it asks");
}

async fn nobody_undoes_what_was_not_remembered(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let (native, web) = (app.native("email").await, app.web("email").await);
    let mut alice = Browser::new(&app);
    for client in [&native, &web] {
        allow(&mut alice, &Authorization::of(client, "email"), "alice").await;
        let withdraw = format!("/account/applications/{}/withdraw", client.id);
        let page = alice.get(&withdraw).await;
        assert_eq!(page.body.contains("you can undo it"), client.secret.is_some());
        alice.submit(&withdraw, &page, &[]).await;
    }
    let page = alice.get("/account/applications").await;
    let headings = all(&page, "main h2");
    assert_eq!(headings.iter().filter(|heading| heading.starts_with("You withdrew")).count(), 1, "{headings:?}");
    let undo = format!("/account/applications/{}/undo", native.id);
    assert_eq!(alice.submit(&undo, &page, &[]).await.status, 303);
    assert!(alice.get("/account").await.find(".notice.danger").is_some(), "there is nothing to put back");
    // Whoever else tries has withdrawn nothing.
    let mut bob = Browser::new(&app);
    bob.sign_in("bob").await;
    let page = bob.get("/account").await;
    let undo = format!("/account/applications/{}/undo", web.id);
    assert_eq!(bob.submit(&undo, &page, &[]).await.status, 303);
    assert!(bob.get("/account").await.find(".notice.danger").is_some());
    assert!(bob.get(&Authorization::of(&web, "email").path()).await.location().starts_with("/consent"));
    assert_eq!(bob.post(&undo, &[]).await.status, 403, "without a token");
}

async fn consent_is_asked_for_what_is_new_alone(app: TestApp) {
    app.scope("notes").await;
    app.user("alice").await;
    let client = app.web("openid email profile notes").await;
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&client, "openid email"), "alice").await;

    let more = Authorization::of(&client, "openid email profile notes");
    let first = browser.get(&more.path()).await;
    let page = browser.follow(first).await;
    let listed = all(&page, "form > .scopes li");
    assert_eq!(listed, ["Use notes New"], "what must come with a yes");
    let boxes = all(&page, "fieldset .choice");
    assert!(boxes.len() == 1 && boxes[0].contains("New"), "{boxes:?}");
    let before = all(&page, "#already-allowed li");
    assert!(before.iter().any(|line| line.contains("alice@example.com")) && before.len() == 2, "{before:?}");

    // The new one that is optional is left out; what was allowed before stays, though no box says so.
    let hidden = page.hidden();
    let field = |name: &str| hidden.iter().find(|(each, _)| each == name).expect("a hidden input").1.clone();
    let (token, request) = (field("csrf_token"), field("request"));
    let form = [("csrf_token", token.as_str()), ("request", request.as_str()), ("decision", "approve")];
    let code = browser.post("/consent", &form).await.redirect()["code"].clone();
    let given = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    assert_eq!(given.text("scope"), "email notes openid");
}

async fn where_nothing_is_remembered_everything_is_asked(app: TestApp) {
    app.scope("notes").await;
    app.user("alice").await;
    let client = app.native("openid email notes").await;
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&client, "openid email"), "alice").await;
    let first = browser.get(&Authorization::of(&client, "openid email notes").path()).await;
    let page = browser.follow(first).await;
    assert!(page.find("#already-allowed").is_none(), "anybody can pose as a public client");
    assert_eq!(all(&page, "fieldset .choice").len(), 1, "the address is a choice again");
}

async fn what_is_refused_when_asked_again_is_not_given_silently(app: TestApp) {
    app.user("alice").await;
    let client = app.web("openid email profile phone").await;
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&client, "openid email profile phone"), "alice").await;
    let again = Authorization::of(&client, "openid email profile").with("prompt", "consent");
    let first = browser.get(&again.path()).await;
    let page = browser.follow(first).await;
    assert_eq!(all(&page, "fieldset .choice").len(), 2, "everything is asked");
    let kept: Vec<(String, String)> = page.hidden().into_iter().filter(|(_, value)| value != "email").collect();
    let mut form: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.push(("decision", "approve"));
    let code = browser.post("/consent", &form).await.redirect()["code"].clone();
    let given = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    assert_eq!(given.text("scope"), "openid profile");

    let silent = async |browser: &mut Browser, scope: &str| {
        browser.get(&Authorization::of(&client, scope).path()).await.location()
    };
    assert!(silent(&mut browser, "openid email").await.starts_with("/consent"), "she said no");
    for scope in ["openid profile", "openid phone"] {
        let location = silent(&mut browser, scope).await;
        assert!(location.contains("code="), "{scope}: what she allowed, and was not asked about, holds: {location}");
    }
}

async fn the_record_tells_what_happened_and_from_where(app: TestApp) {
    let id = app.user("alice").await;
    let client = app.web("openid").await;
    let mut known = Browser::new(&app);
    known.sign_in("alice").await;
    let page = known.get("/logout").await;
    known.submit("/logout", &page, &[]).await;
    known.sign_in("alice").await;

    let mut stranger = Browser::new(&app);
    let page = stranger.get("/login").await;
    stranger.submit("/login", &page, &[("username", "alice"), ("password", "not her password")]).await;
    stranger.sign_in("alice").await;
    allow(&mut stranger, &Authorization::of(&client, "openid"), "alice").await;

    let page = known.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", "velvet canyon orbit lemon")];
    assert_eq!(known.submit("/account/password", &page, &form).await.status, 303);
    let page = known.get("/account/email").await;
    let form = [("email", "alice.new@example.com"), ("current_password", "velvet canyon orbit lemon")];
    assert_eq!(known.submit("/account/email", &page, &form).await.status, 303);
    let context = management::Context { address: "192.0.2.99".into(), ..app.context() };
    app.manage(move |connection| management::users::end_all_sessions(connection, &context, &id, None)).await;

    let mut again = Browser::new(&app);
    let page = again.get("/login").await;
    again.submit("/login", &page, &[("username", "alice"), ("password", "velvet canyon orbit lemon")]).await;
    let record = again.get("/account/activity").await;
    assert_eq!(
        all(&record, "tbody .status"),
        [
            "Signed in with a new browser",
            "Signed out everywhere else",
            "Another e-mail address asked for",
            "Password changed",
            "Application allowed",
            "Signed in with a new browser",
            "Failed sign-in",
            "Signed in",
            "Signed out",
            "Signed in",
        ]
    );
    assert!(record.body.contains("Web app") && record.body.contains("127.0.0.1"), "{}", record.body);
    assert!(record.body.contains("by an administrator"), "who did it is told");
    assert!(!record.body.contains("192.0.2.99"), "an administrator's address is not");
}

async fn the_record_is_of_one_account_and_ends_with_time(app: TestApp) {
    app.user("alice").await;
    Browser::new(&app).sign_in("alice").await;
    let bob = app.user("bob").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("bob").await;
    // A namesake comes later.
    let context = app.context();
    app.manage(move |connection| management::users::delete(connection, &context, &bob)).await;
    app.user("bob").await;
    let mut namesake = Browser::new(&app);
    namesake.sign_in("bob").await;
    assert_eq!(all(&namesake.get("/account/activity").await, "tbody .status"), ["Signed in"]);

    app.clock.advance(181 * 24 * 60 * 60);
    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.unwrap();
    let mut later = Browser::new(&app);
    later.sign_in("bob").await;
    assert_eq!(all(&later.get("/account/activity").await, "tbody .status"), ["Signed in with a new browser"]);
    assert_eq!(later.get("/account/activity?after=x").await.status, 404);
    assert_eq!(app.http.get("/account/activity").await.status, 303, "not for strangers");
}

async fn this_was_not_me_ends_everybody_else(app: TestApp) {
    app.user("alice").await;
    let client = app.web("openid offline_access").await;
    let issued = tokens(&app, &client, "openid offline_access", "alice").await.text("access_token");
    let (mut here, mut thief) = (Browser::new(&app), Browser::new(&app));
    here.sign_in("alice").await;
    thief.sign_in("alice").await;
    let page = here.get("/account/activity").await;
    assert_eq!(page.attribute(".page-head a", "href").as_deref(), Some("/account/activity/not-me"));
    let page = here.get("/account/activity/not-me").await;
    let done = here.submit("/account/activity/not-me", &page, &[]).await;
    assert_eq!((done.status.as_u16(), done.location().as_str()), (303, "/account/password"));
    assert!(here.get("/account/password").await.body.contains("Now choose a new password"));
    assert_eq!(thief.get("/account").await.status, 303, "out");
    assert_eq!(app.http.bearer("/oauth2/userinfo", &issued).await.status, 401, "applications, too");
    assert_eq!(here.post("/account/activity/not-me", &[]).await.status, 403, "without a token");
}
