//! A whole journey with nothing but a keyboard: sign in, make a client, consent, withdraw it, sign out.
//!
//! Wherever the focus goes, it can be seen, and it goes through the page in the order of its text, past everything once.

use serde_json::Value;

use crate::browser_or_skip;
use crate::cdp::Page;
use crate::journeys::{PASSWORD, Server, app};

/// Most stops on a page.
const MANY: usize = 200;

/// Presses Tab until the element that has the focus matches `css`; every stop on the way can be seen.
#[track_caller]
fn tab_to(page: &Page<'_>, css: &str) {
    for _ in 0..MANY {
        page.press("Tab");
        let stop = stop(page);
        if page.eval(&format!("document.activeElement.matches({})", serde_json::json!(css))) == true {
            return;
        }
        assert_ne!(stop["at"], -1, "{css} was not reached on {}", page.url());
    }
    panic!("{css} was not reached on {}", page.url());
}

/// Where the focus is; fails when it cannot be seen.
#[track_caller]
fn stop(page: &Page<'_>) -> Value {
    let stop = page.eval(
        "(() => {
            const element = document.activeElement;
            if (!element || element === document.body) return { at: -1 };
            const box = element.getBoundingClientRect();
            // A row of a table shows it around the row.
            const styles = [getComputedStyle(element), getComputedStyle(element, '::after')];
            const ring = styles.some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
            const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
            return { at: [...document.querySelectorAll('*')].indexOf(element), ring, inside, what: element.outerHTML.slice(0, 160) };
        })()",
    );
    if stop["at"] != -1 {
        assert_eq!((&stop["ring"], &stop["inside"]), (&true.into(), &true.into()), "on {}: {stop}", page.url());
    }
    stop
}

/// Where a fresh page begins, also when a field has the focus at once.
fn from_the_top(page: &Page<'_>) {
    page.eval(
        "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); scrollTo(0, 0)",
    );
}

/// Waits until the field has the focus that the page gives it, which comes with the first picture and not with the load.
fn wait_for_focus(page: &Page<'_>, id: &str) {
    let look = "() => document.activeElement.id === id ? done(true) : setTimeout(look, 10)";
    page.eval(&format!("new Promise(done => {{ const id = {id:?}, look = {look}; look() }})"));
}

/// Goes through the whole page: in order, past everything that can be used, and out again.
#[track_caller]
fn walk(page: &Page<'_>) {
    let expected = page.eval(
        "[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')].filter(element => {
            if (element.disabled || element.type === 'hidden' || element.tabIndex < 0 || !element.checkVisibility({ visibilityProperty: true })) return false;
            if (element.type !== 'radio') return true;
            const group = [...document.querySelectorAll('input[type=radio]')].filter(each => each.name === element.name);
            return element.checked || (!group.some(each => each.checked) && group[0] === element);
        }).length",
    );
    from_the_top(page);
    let (mut last, mut stops) = (-1, 0);
    for _ in 0..MANY {
        page.press("Tab");
        let at = stop(page)["at"].as_i64().expect("a number");
        if at <= last {
            break;
        }
        (last, stops) = (at, stops + 1);
    }
    assert_eq!(expected.as_u64(), Some(stops), "the stops of {}, in the order of the page", page.url());
}

#[test]
fn a_keyboard_is_enough() {
    let Some(browser) = browser_or_skip() else { return };
    let server = Server::start();
    server.command(&["user", "create", "--username", "alice", "--password-stdin", "--admin"], PASSWORD);
    let callback = format!("http://127.0.0.1:{}/callback", app());
    let page = browser.page();

    page.goto(&server.url("/login"));
    wait_for_focus(&page, "username");
    walk(&page);
    page.goto(&server.url("/login"));
    wait_for_focus(&page, "username");
    page.type_text("alice");
    tab_to(&page, "#password");
    page.type_text(PASSWORD);
    page.press("Enter");
    page.wait_for("nav[aria-label]");

    // A client, from the console.
    page.goto(&server.url("/admin"));
    walk(&page);
    page.goto(&server.url("/admin"));
    tab_to(&page, ".skip");
    page.press("Enter");
    assert_eq!(page.eval("location.hash !== ''"), true, "past the navigation");
    page.goto(&server.url("/admin/scopes"));
    // In a narrow window the places are folded.
    tab_to(&page, ".nav-fold summary");
    page.press("Enter");
    tab_to(&page, ".nav-fold nav a[href='/admin/clients']");
    page.press("Enter");
    page.wait_for("main a[href='/admin/clients/new']");
    tab_to(&page, "main a[href='/admin/clients/new']");
    page.press("Enter");
    page.wait_for("#client_name");
    walk(&page);
    from_the_top(&page);
    tab_to(&page, "input[name=kind]");
    while page.eval("document.activeElement.value") != "native" {
        page.press("ArrowDown");
    }
    tab_to(&page, "#client_name");
    page.type_text("Acme Reports");
    tab_to(&page, "#redirect_uris");
    page.type_text(&callback);
    tab_to(&page, "input[name=scope][value=openid]");
    if page.eval("document.activeElement.checked") == false {
        page.press(" ");
    }
    tab_to(&page, "main form button[type=submit]");
    page.press("Enter");
    page.wait_for("#client-id");
    let client = page.text("#client-id");

    // Consent.
    let request = format!(
        "/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={callback}&scope=openid\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    page.goto(&server.url(&request));
    walk(&page);
    page.goto(&server.url(&request));
    tab_to(&page, "#consent-approve");
    page.press("Enter");
    page.wait_for("#back");

    // Withdraw it.
    page.goto(&server.url("/account/applications"));
    tab_to(&page, "main a[href$='/withdraw'], main button[formaction$='/withdraw']");
    page.press("Enter");
    page.wait_for("main form[action$='/withdraw'] button[type=submit]");
    walk(&page);
    from_the_top(&page);
    tab_to(&page, "main form[action$='/withdraw'] button[type=submit]");
    page.press(" ");
    page.wait_for("main .notice");

    tab_to(&page, ".nav-fold summary");
    page.press("Enter");
    tab_to(&page, ".nav-fold button[form=sign-out]");
    page.press("Enter");
    page.wait_for("main");
    page.goto(&server.url("/account"));
    assert!(page.url().contains("/login"), "signed out: {}", page.url());
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
