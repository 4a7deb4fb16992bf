//! Filling in the console's forms as a browser would: what is not changed is sent as it stands on the page.

use scraper::{ElementRef, Html, Selector};

use super::app::TestApp;
use super::http::{Answer, Browser};

/// A browser in which an admin has signed in.
pub async fn admin(app: &TestApp) -> Browser {
    app.admin("alice").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("alice").await.status, 303);
    browser
}

/// What the page's own form would send untouched.
pub fn untouched(page: &Answer) -> Vec<(String, String)> {
    let html = Html::parse_document(&page.body);
    let select = |css: &str| Selector::parse(css).expect("a selector");
    let form = html.select(&select("main form[method=post]")).next().expect("a form");
    let (inputs, chosen) = (select("input[name], textarea[name], select[name]"), select("option[selected]"));
    let value = |element: ElementRef<'_>| match element.value().name() {
        "textarea" => Some(element.text().collect()),
        "select" => element.select(&chosen).next()?.attr("value").map(str::to_owned),
        _ if matches!(element.attr("type"), Some("checkbox" | "radio")) => {
            element.attr("checked").and(element.attr("value")).map(str::to_owned)
        }
        _ => element.attr("value").map(str::to_owned),
    };
    let sent = form.select(&inputs).filter(|control| control.attr("disabled").is_none());
    sent.filter_map(|control| Some((control.attr("name")?.to_owned(), value(control)?))).collect()
}

/// Sends the form of `page` to `path` with these fields changed; without a value the field is not sent.
pub async fn save(browser: &mut Browser, path: &str, page: &Answer, changes: &[(&str, Option<&str>)]) -> Answer {
    let mut form = untouched(page);
    form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    form.extend(changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned()))));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &form).await
}
