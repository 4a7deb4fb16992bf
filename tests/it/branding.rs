//! Branding: what strangers see of the operator, live before it is saved, and never a way for anything to run.

use grantor::domain::branding::{self, names};
use grantor::domain::resource_owner::Role;
use grantor::web::routes;
use serde_json::json;

use crate::support::app::{PASSWORD, REDIRECT_URI, TestApp, on_both_databases};
use crate::support::form::{admin, untouched};
use crate::support::http::{Answer, Authorization, Browser};

on_both_databases!(
    a_brand_is_on_the_pages_that_strangers_see,
    a_colour_that_cannot_be_read_is_refused_with_one_that_can,
    a_picture_is_what_its_bytes_say,
    a_logo_is_served_for_good_and_as_nothing_else,
    a_style_sheet_is_its_colours,
    the_preview_shows_what_nobody_has_saved,
    the_preview_is_in_a_frame_of_ours_and_does_nothing,
    words_are_in_the_reader_s_language,
    two_admins_at_the_brand_lose_nothing,
    a_refused_form_takes_nothing_back_that_another_saved,
    an_auditor_sees_it_and_cannot_send_it,
    a_client_s_picture_is_ours_to_serve,
    a_client_s_picture_is_one_and_small,
);

/// A picture of one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6,
    0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Sends the form of `page` as a browser sends one with files, with these fields changed.
async fn send(
    browser: &mut Browser,
    path: &str,
    page: &Answer,
    changes: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    let mut form = untouched(page);
    form.retain(|(name, _)| name != "logo" && name != "file" && !changes.iter().any(|(changed, _)| changed == name));
    form.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    browser.multipart(path, &form, file).await
}

async fn save(browser: &mut Browser, changes: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    let page = browser.get(routes::ADMIN_SETTINGS_BRANDING).await;
    assert_eq!(page.status, 200, "{}", page.body);
    send(browser, routes::ADMIN_SETTINGS_BRANDING, &page, changes, file).await
}

async fn stored(app: &TestApp, name: &'static str) -> Option<String> {
    app.manage(move |connection| Ok(grantor::store::settings::list(connection)?.remove(name))).await
}

async fn a_brand_is_on_the_pages_that_strangers_see(app: TestApp) {
    let client = app.web("openid").await;
    app.user("bob").await;
    let mut browser = admin(&app).await;
    let brand = [
        ("name", "Acme ID"),
        ("accent", "#7A2048"),
        ("help_uri", "mailto:help@acme.example"),
        ("policy_uri", "https://acme.example/privacy"),
        ("tos_uri", "https://acme.example/terms"),
        ("login_text_en", "Staff only.\nOthers: <b>turn back</b>."),
        ("consent_text_en", "Think twice."),
    ];
    let saved = save(&mut browser, &brand, Some(("logo", PNG))).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(stored(&app, names::ACCENT).await.as_deref(), Some("#7a2048"));

    let mut stranger = Browser::new(&app);
    let login = stranger.get("/login").await;
    assert!(login.find("title").expect("a title").ends_with("· Acme ID"));
    let logo = login.attribute("img.logo", "src").expect("a logo");
    assert_eq!(login.attribute("img.logo", "alt").as_deref(), Some("Acme ID"));
    assert!(login.body.contains("Others: &#60;b&#62;turn back") || login.body.contains("Others: &lt;b&gt;turn back"));
    for href in ["mailto:help@acme.example", "https://acme.example/privacy", "https://acme.example/terms"] {
        assert!(login.find(&format!("footer a[href='{href}']")).is_some(), "{href}");
    }
    assert_eq!(app.http.get(&logo).await.status, 200);
    let sheet = login.attribute("link[href^='/branding/']", "href").expect("a style sheet");
    assert!(app.http.get(&sheet).await.body.contains("--accent: #7a2048;"));

    let request = Authorization::of(&client, "openid").path();
    let answer = stranger.get(&request).await;
    stranger.follow(answer).await;
    let mut bob = Browser::new(&app);
    bob.sign_in("bob").await;
    let consent = bob.get(&request).await;
    let consent = bob.follow(consent).await;
    assert!(consent.body.contains("Think twice.") && consent.body.contains("Acme ID"), "{}", consent.body);
    // Pages of errors and of the account too, whoever makes them.
    for path in ["/account", "/nowhere", "/oauth2/authorize?client_id=unknown"] {
        let page = bob.get(path).await;
        assert!(page.find("title").expect("a title").ends_with("· Acme ID"), "{path}");
        assert!(page.attribute("link[href^='/branding/']", "href").is_some(), "{path}");
    }

    // All of it goes again.
    let none = ["accent", "help_uri", "policy_uri", "tos_uri", "login_text_en", "consent_text_en", "name"];
    let mut none: Vec<(&str, &str)> = none.into_iter().map(|field| (field, "")).collect();
    none.push(("remove_logo", "true"));
    assert_eq!(save(&mut browser, &none, None).await.status, 303);
    let login = Browser::new(&app).get("/login").await;
    assert!(login.find("title").expect("a title").ends_with("· Grantor"));
    assert!(login.attribute("img.logo, link[href^='/branding/'], footer", "class").is_none());
}

async fn a_colour_that_cannot_be_read_is_refused_with_one_that_can(app: TestApp) {
    let mut browser = admin(&app).await;
    let refused = save(&mut browser, &[("accent", "#ffcc00"), ("name", "Acme")], None).await;
    assert_eq!(refused.status, 422);
    let error = refused.find("#accent-error").expect("beside the field");
    assert!(error.contains("#ffcc00 has a contrast of 1.3 to 1 on light pages"), "{error}");
    let better = error.split("Choose ").nth(1).and_then(|rest| rest.split(',').next()).expect("a colour").to_owned();
    assert_eq!(stored(&app, names::NAME).await, None, "all or nothing");
    let saved = save(&mut browser, &[("accent", &better)], None).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let refused = save(&mut browser, &[("accent_dark", "#222222")], None).await;
    assert!(refused.find("#accent_dark-error").is_some());
    assert!(save(&mut browser, &[("accent", "blue")], None).await.find("#accent-error").is_some());
}

async fn a_picture_is_what_its_bytes_say(app: TestApp) {
    let mut browser = admin(&app).await;
    for bad in [
        &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
        b"GIF89a",
        b"<!doctype html><script>alert(1)</script>",
    ] {
        let refused = save(&mut browser, &[], Some(("logo", bad))).await;
        assert_eq!(refused.status, 422);
        assert!(refused.find("#logo-error").expect("beside it").contains("no PNG, JPEG or WebP"));
    }
    let large = [PNG, &vec![0; branding::MOST_LOGO]].concat();
    let refused = save(&mut browser, &[], Some(("logo", &large))).await;
    assert!(refused.find("#logo-error").expect("beside it").contains("at most 128 KiB"));
    assert_eq!(stored(&app, names::LOGO).await, None);
    let huge = vec![0_u8; 9 * 1024 * 1024];
    let page = browser.get(routes::ADMIN_SETTINGS_BRANDING).await;
    assert_eq!(
        send(&mut browser, routes::ADMIN_SETTINGS_BRANDING, &page, &[], Some(("logo", &huge))).await.status,
        413
    );
}

async fn a_logo_is_served_for_good_and_as_nothing_else(app: TestApp) {
    let mut browser = admin(&app).await;
    save(&mut browser, &[], Some(("logo", PNG))).await;
    let href = Browser::new(&app).get("/login").await.attribute("img.logo", "src").expect("a logo");
    let logo = app.http.get(&href).await;
    assert_eq!(logo.header("content-type"), "image/png");
    assert_eq!(logo.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(logo.header("x-content-type-options"), "nosniff");
    assert!(logo.header("content-security-policy").starts_with("default-src 'none'"));
    // Saving the rest of the form keeps it.
    save(&mut browser, &[("name", "Acme")], None).await;
    assert_eq!(app.http.get(&href).await.status, 200);
    let webp = [&b"RIFF\x04\0\0\0WEBP"[..], b"VP8 "].concat();
    save(&mut browser, &[], Some(("logo", &webp))).await;
    assert_eq!(app.http.get(&href).await.status, 404, "what it was before is not there any more");
    for path in ["/branding/x.png", "/branding/..%2fgrantor.db", "/branding/"] {
        assert_eq!(app.http.get(path).await.status, 404, "{path}");
    }
}

async fn a_style_sheet_is_its_colours(app: TestApp) {
    let sheet = app.http.get("/branding/accent-1-0f6b63-5fc7b9.css").await;
    assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(sheet.body.contains("--accent: #0f6b63;") && sheet.body.contains("--accent: #5fc7b9;"), "{}", sheet.body);
    for path in ["accent-1-0f6b63.css", "accent-1-red-blue.css", "accent-1-0f6b63-5fc7b9%7Dbody%7B.css"] {
        assert_eq!(app.http.get(&format!("/branding/{path}")).await.status, 404, "{path}");
    }
}

async fn the_preview_shows_what_nobody_has_saved(app: TestApp) {
    let mut browser = admin(&app).await;
    let page = browser.get(routes::ADMIN_SETTINGS_BRANDING).await;
    let path = page.attribute("button#preview-consent", "formaction").expect("a button");
    let typed = [("name", "Acme ID"), ("accent", "#7a2048"), ("consent_text_en", "Think twice."), ("page", "consent")];
    let preview = send(&mut browser, &path, &page, &typed, Some(("logo", PNG))).await;
    assert_eq!(preview.status, 200);
    assert!(preview.find("#consent-approve").is_some() && preview.body.contains("Think twice."), "{}", preview.body);
    assert!(preview.attribute("img.logo", "src").expect("a logo").starts_with("data:image/png;base64,"));
    let sheet = preview.attribute("link[href^='/branding/']", "href").expect("a style sheet");
    assert!(app.http.get(&sheet).await.body.contains("--accent: #7a2048;"));
    assert_eq!(stored(&app, names::NAME).await, None, "nothing is saved");
    let korean = [("page", "login"), ("preview_language", "ko"), ("login_text_ko", "직원 전용")];
    let preview = send(&mut browser, &path, &page, &korean, None).await;
    assert!(preview.attribute("html[lang=ko]", "lang").is_some() && preview.body.contains("직원 전용"));
    // A colour that cannot be read is shown as the one that could be chosen, and does no harm.
    let bad = [("accent", "}body{display:none"), ("page", "login")];
    assert_eq!(send(&mut browser, &path, &page, &bad, None).await.status, 200);
}

async fn the_preview_is_in_a_frame_of_ours_and_does_nothing(app: TestApp) {
    let mut browser = admin(&app).await;
    let page = browser.get(routes::ADMIN_SETTINGS_BRANDING).await;
    assert!(page.header("content-security-policy").ends_with("; frame-src 'self'"));
    assert_eq!(page.attribute("iframe[name=preview]", "sandbox").as_deref(), Some("allow-same-origin"), "no scripts");
    let preview = browser.get(&page.attribute("iframe", "src").expect("what it shows first")).await;
    let policy = preview.header("content-security-policy");
    for part in ["default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src"), "{policy}");
    assert_eq!(preview.header("x-frame-options"), "SAMEORIGIN");
    // Nothing else may be framed.
    let login = Browser::new(&app).get("/login").await;
    assert_eq!(login.header("x-frame-options"), "DENY");
    assert!(login.header("content-security-policy").contains("frame-ancestors 'none'"));
}

async fn words_are_in_the_reader_s_language(app: TestApp) {
    let mut browser = admin(&app).await;
    save(&mut browser, &[("login_text_en", "Staff only."), ("login_text_ko", "직원 전용")], None).await;
    let mut stranger = Browser::new(&app);
    assert!(stranger.get("/login").await.body.contains("Staff only."));
    let choice = stranger.get("/language?to=ko&return_to=%2Flogin").await;
    assert_eq!(choice.status, 303);
    let page = stranger.get("/login").await;
    assert!(page.body.contains("직원 전용") && !page.body.contains("Staff only."), "{}", page.body);
}

async fn a_refused_form_takes_nothing_back_that_another_saved(app: TestApp) {
    let mut one = admin(&app).await;
    let mut two = Browser::new(&app);
    two.sign_in("alice").await;
    let path = routes::ADMIN_SETTINGS_BRANDING;
    let page = two.get(path).await;
    assert_eq!(save(&mut one, &[("name", "Acme ID")], None).await.status, 303);
    let refused = send(&mut two, path, &page, &[("accent", "blue")], None).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let told = send(&mut two, path, &refused, &[("accent", "")], None).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert!(told.find("#name-error").is_some_and(|error| error.contains("Acme ID")), "{}", told.body);
    assert_eq!(stored(&app, names::NAME).await.as_deref(), Some("Acme ID"));
}

async fn two_admins_at_the_brand_lose_nothing(app: TestApp) {
    let mut one = admin(&app).await;
    let mut two = Browser::new(&app);
    two.sign_in("alice").await;
    let page = two.get(routes::ADMIN_SETTINGS_BRANDING).await;
    save(&mut one, &[("name", "Acme ID")], None).await;
    let path = routes::ADMIN_SETTINGS_BRANDING;
    let refused = send(&mut two, path, &page, &[("help_uri", "https://acme.example/help")], None).await;
    assert_eq!(refused.status, 409);
    assert!(refused.find("#name-error").expect("what changed").contains("Acme ID"));
    assert_eq!(refused.attribute("#help_uri", "value").as_deref(), Some("https://acme.example/help"));
    assert_eq!(stored(&app, names::HELP).await, None);
}

async fn an_auditor_sees_it_and_cannot_send_it(app: TestApp) {
    app.person("carol", None, Role::Auditor, json!({})).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("carol").await;
    let page = browser.get(routes::ADMIN_SETTINGS_BRANDING).await;
    assert_eq!(page.status, 200);
    assert!(page.find("main button, main form button").is_none(), "{}", page.body);
    assert_eq!(browser.get(routes::ADMIN_SETTINGS_BRANDING_PREVIEW).await.status, 200);
    assert_eq!(browser.multipart(routes::ADMIN_SETTINGS_BRANDING, &[], None).await.status, 403);
}

async fn picture(browser: &mut Browser, path: &str, changes: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    send(browser, path, &page, changes, file.map(|bytes| ("logo", bytes))).await
}

async fn a_client_s_picture_is_ours_to_serve(app: TestApp) {
    let client = app
        .client(json!({ "client_name": "Acme Reports", "redirect_uris": [REDIRECT_URI], "scope": "openid profile",
            "grant_types": ["authorization_code"], "logo_uri": "https://acme.example/spy.png" }))
        .await;
    app.user("bob").await;
    let mut root = admin(&app).await;
    let path = routes::admin_client_logo(&client.id);
    let shown = routes::admin_client(&client.id);
    assert_eq!(root.get(&shown).await.find("span.face").as_deref(), Some("AR"), "its initials");
    let saved = picture(&mut root, &path, &[], Some(PNG)).await;
    assert_eq!((saved.status.as_u16(), saved.location()), (303, shown.clone()), "{}", saved.body);

    let mut bob = Browser::new(&app);
    let login = bob.get(&Authorization::of(&client, "openid profile").path()).await;
    let login = bob.follow(login).await;
    let address = login.attribute("img.face", "src").expect("a picture");
    let answer = bob.submit("/login", &login, &[("username", "bob"), ("password", PASSWORD)]).await;
    let consent = bob.follow(answer).await;
    let allowed = bob.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert_eq!(allowed.status, 303, "{}", allowed.body);
    let applications = bob.get("/account/applications").await;
    for page in [&login, &consent, &applications, &root.get(&shown).await] {
        assert_eq!(page.attribute("img.face", "src").as_deref(), Some(&*address), "{}", page.body);
        assert!(!page.body.contains("src=\"https://"), "no browser is sent there: {}", page.body);
    }
    let file = app.http.get(&address).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), "image/png");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(file.header("cache-control").contains("immutable"), "{}", file.header("cache-control"));
    assert_eq!(app.http.get(&address.replace(".png", ".jpg")).await.status, 404);

    let removed = picture(&mut root, &path, &[("remove_logo", "true")], None).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    assert_eq!(app.http.get(&address).await.status, 404);
    assert_eq!(bob.get("/account/applications").await.find("span.face").as_deref(), Some("AR"));
    let log = root.get(&routes::admin_audit_log_of(&client.id)).await;
    assert_eq!(log.body.matches("Changed: logo").count(), 2, "both stand in the audit log: {}", log.body);
}

async fn a_client_s_picture_is_one_and_small(app: TestApp) {
    let client = app.web("openid").await;
    let mut root = admin(&app).await;
    let path = routes::admin_client_logo(&client.id);
    let large = [PNG, &vec![0; 64 * 1024]].concat();
    let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (file, words) in
        [(Some(svg), "no PNG, JPEG or WebP"), (Some(&*large), "at most 64 KiB"), (None, "Choose a file")]
    {
        let refused = picture(&mut root, &path, &[], file).await;
        assert_eq!(refused.status, 422, "{words}");
        assert!(refused.find("#logo-error").is_some_and(|error| error.contains(words)), "{}", refused.body);
    }
    assert_eq!(root.get(&routes::admin_client(&client.id)).await.find("span.face").as_deref(), Some("WA"));
    assert_eq!(root.get(&routes::admin_client_logo("c_nobody")).await.status, 404);
}
