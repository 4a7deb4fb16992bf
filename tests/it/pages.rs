//! The pages, from every sample: what browsers, tools and people rely on, whatever a page says.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use grantor::web::{assets, page};
use scraper::{ElementRef, Html, Selector};

static SAMPLES: LazyLock<Vec<(String, String)>> = LazyLock::new(page::samples);

fn all() -> Vec<(String, Html)> {
    SAMPLES.iter().map(|(name, html)| (name.clone(), Html::parse_document(html))).collect()
}

/// The samples whose name starts so.
fn samples_of(prefix: &str) -> Vec<Html> {
    let of_prefix = SAMPLES.iter().filter(|(name, _)| name.starts_with(prefix));
    let found: Vec<_> = of_prefix.map(|(_, html)| Html::parse_document(html)).collect();
    assert!(!found.is_empty(), "no sample of {prefix}");
    found
}

fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).expect("tests write valid selectors")).collect()
}

fn has(html: &Html, selector: &str) -> bool {
    !select(html, selector).is_empty()
}

fn heading(html: &Html) -> String {
    select(html, "h1").first().map(text).unwrap_or_default()
}

fn text(element: &ElementRef) -> String {
    element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_page_renders_once_under_its_own_name() {
    let names: Vec<_> = SAMPLES.iter().map(|(name, _)| name).collect();
    assert!(names.len() > 60, "{}", names.len());
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}

#[test]
fn every_page_has_a_language_a_title_one_heading_and_a_main_part() {
    for (name, html) in all() {
        assert!(has(&html, "html[lang=en]"), "{name}: lang");
        assert!(has(&html, "meta[name=viewport]"), "{name}: viewport");
        assert_eq!(select(&html, "h1").len(), 1, "{name}: one h1");
        assert_eq!(select(&html, "main").len(), 1, "{name}: one main");
        assert!(!heading(&html).is_empty(), "{name}: a heading with words");
        let title = text(&select(&html, "title")[0]);
        assert!(title.ends_with("· Grantor") && title.len() > "· Grantor".len(), "{name}: title {title:?}");
    }
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    for (name, html) in all() {
        assert!(!has(&html, "style, [style], script:not([src]), base, object, embed"), "{name}: inline");
        // Front-Channel Logout shows clients in frames, where they cannot take the window away; branding shows our own pages.
        let frames = select(&html, "iframe");
        assert!(
            frames.is_empty()
                || ["account/logout/done", "admin/settings/branding"].iter().any(|page| name.starts_with(page)),
            "{name}: frames"
        );
        assert!(frames.iter().all(|frame| !frame.attr("sandbox").expect("boxed in").contains("top-nav")), "{name}");
        for element in select(&html, "*") {
            for (attribute, value) in element.value().attrs() {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}");
                assert!(!value.trim_start().starts_with("javascript:"), "{name}: {attribute}={value}");
            }
        }
        for element in select(&html, "script, link, img, use, source, video, audio") {
            let source = element.attr("src").or(element.attr("href")).unwrap_or_default();
            assert!(
                source.starts_with("/static/") || source.starts_with("/branding/"),
                "{name}: {source:?} is not ours"
            );
        }
    }
}

#[test]
fn every_static_file_that_a_page_names_exists_and_every_icon_is_drawn() {
    let known: HashSet<_> = assets::files().iter().map(|(name, _)| assets::asset(name)).collect();
    let sprite = assets::files().into_iter().find(|(name, _)| name == "icons.svg").expect("the sprite is there").1;
    let sprite = String::from_utf8(sprite).expect("SVG is text");
    for (name, html) in all() {
        for element in select(&html, "script, link, use") {
            let source = element.attr("src").or(element.attr("href")).unwrap_or_default();
            let (file, icon) = source.split_once('#').unwrap_or((source, ""));
            assert!(known.contains(file), "{name}: {file}");
            assert!(icon.is_empty() || sprite.contains(&format!("id=\"{icon}\"")), "{name}: no icon {icon}");
        }
    }
}

#[test]
fn every_visible_input_has_a_label_tied_to_it() {
    for (name, html) in all() {
        let labels: HashSet<_> = select(&html, "label[for]").iter().filter_map(|label| label.attr("for")).collect();
        for input in select(&html, "input, select, textarea") {
            if input.attr("type") == Some("hidden") || input.attr("hidden").is_some() {
                continue;
            }
            let id = input.attr("id").unwrap_or_default();
            assert!(labels.contains(id), "{name}: the input {:?} has no label", input.attr("name"));
        }
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for (name, html) in all() {
        let mut ids = HashSet::new();
        for element in select(&html, "[id]") {
            let id = element.attr("id").unwrap_or_default();
            assert!(ids.insert(id.to_owned()), "{name}: the id {id} stands twice");
        }
        for element in select(&html, "[aria-describedby], [data-copy], [form], label[for], a[href^='#']") {
            let references = ["aria-describedby", "data-copy", "form", "for", "href"].map(|name| element.attr(name));
            for reference in references.into_iter().flatten().flat_map(str::split_whitespace) {
                let reference = reference.trim_start_matches('#');
                assert!(ids.contains(reference), "{name}: {reference} is nowhere");
            }
        }
    }
}

#[test]
fn every_form_that_posts_to_us_carries_the_csrf_token_and_none_leaks_it_by_get() {
    for (name, html) in all() {
        // What the page of an error, or of an answer, posts to a client is none of ours.
        for form in select(&html, "form:not([action^='https:'])") {
            let token = Selector::parse("input[type=hidden][name=csrf_token]").expect("valid");
            let carries =
                form.select(&token).next().and_then(|input| input.attr("value")).is_some_and(|v| !v.is_empty());
            assert_eq!(carries, form.attr("method") == Some("post"), "{name}: {:?}", form.attr("action"));
        }
    }
}

#[test]
fn a_page_has_one_form_of_its_own_and_it_comes_first() {
    for (name, html) in all() {
        let forms = select(&html, "form");
        let own = forms.iter().filter(|form| form.attr("id") != Some("sign-out")).count();
        assert!(own <= 1, "{name}: {own} forms");
        assert!(own == 0 || forms[0].attr("id") != Some("sign-out"), "{name}: signing out comes first");
    }
}

#[test]
fn every_button_and_link_has_words() {
    for (name, html) in all() {
        for element in select(&html, "a, button, summary, th") {
            assert!(!text(&element).is_empty(), "{name}: {}", element.html());
        }
        for button in select(&html, "button") {
            assert!(button.attr("type").is_some(), "{name}: {} has no type", text(&button));
        }
    }
}

#[test]
fn refused_values_are_announced_beside_the_field_and_on_top() {
    let mut seen = 0;
    for (name, html) in all() {
        for invalid in select(&html, "[aria-invalid=true]") {
            let id = invalid.attr("id").expect("named");
            assert!(has(&html, &format!("#{id}-error")), "{name}: {id}");
            assert!(has(&html, &format!("[role=alert] a[href='#{id}']")), "{name}: {id} is not in the summary");
            seen += 1;
        }
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn the_login_page_is_what_the_contract_says() {
    for html in samples_of("account/login") {
        assert_eq!(heading(&html), "Sign in");
        assert!(has(&html, "input#username[name=username][type=text][autocomplete='username webauthn']"));
        assert!(has(&html, "input#password[name=password][type=password][autocomplete=current-password]"));
        assert_eq!(text(&select(&html, "form[method=post] button#login-submit")[0]), "Sign in");
    }
    assert!(samples_of("account/login-2").iter().all(|html| has(html, "[role=alert]") && has(html, "[name=request]")));
}

#[test]
fn the_consent_page_is_what_the_contract_says() {
    for html in samples_of("account/consent") {
        let approve = select(&html, "form button#consent-approve[name=decision][value=approve]");
        let deny = select(&html, "form button#consent-deny[name=decision][value=deny]");
        assert_eq!((text(&approve[0]).as_str(), text(&deny[0]).as_str()), ("Allow", "Deny"));
        assert!(has(&html, "input[type=hidden][name=request]"));
    }
    let html = &samples_of("account/consent-1")[0];
    let words = text(&select(html, "main")[0]);
    for part in ["Acme Reports", "reports.acme.example", "alice@example.com", "Read your sales reports", "reports:read"]
    {
        assert!(words.contains(part), "{part}");
    }
    assert!(has(html, "input[type=checkbox][name=scope][checked]"));
    assert!(!has(&samples_of("account/consent-4")[0], "input[type=checkbox]"), "nothing to leave out");
}

#[test]
fn the_script_is_understood_by_old_browsers() {
    let (_, script) = assets::files().into_iter().find(|(name, _)| name == "app.js").expect("there is a script");
    let script = String::from_utf8(script).expect("text");
    for modern in ["=>", "?.", "const ", "let ", "async ", "await ", "`", "class "] {
        assert!(!script.lines().any(|line| !line.trim().starts_with("//") && line.contains(modern)), "{modern}");
    }
}

#[test]
fn the_logout_pages_are_what_the_contract_says() {
    for html in samples_of("account/logout/confirm") {
        assert!(heading(&html).starts_with("Do you want to sign out"));
        assert_eq!(text(&select(&html, "form button#logout-confirm")[0]), "Sign out");
    }
    assert_eq!(heading(&samples_of("account/logout/done")[0]), "You are signed out");
    let leading_on = &samples_of("account/logout/done-3")[0];
    let target = "https://reports.acme.example/bye?state=%22%3E";
    assert!(has(leading_on, &format!("meta[http-equiv=refresh][content='1; url={target}']")));
    assert!(has(leading_on, &format!("main a[href='{target}']")), "without waiting");
    assert_eq!(select(leading_on, "iframe[sandbox][title]").len(), 2);
    let waiting = &samples_of("account/logout/done-5")[0];
    assert!(has(waiting, &format!("main a[href='{target}']:not([data-go-on])")) && !has(waiting, "meta[http-equiv]"));
    assert_eq!(heading(&samples_of("account/logout/invalid")[0]), "This logout request is not valid");
}

#[test]
fn the_set_up_page_is_what_the_contract_says() {
    for html in samples_of("account/setup/new") {
        for id in ["username", "email", "password"] {
            assert!(has(&html, &format!("form input#{id}[name={id}]")), "{id}");
        }
        assert!(has(&html, "form button#setup-submit"));
        assert!(has(&html, "input[type=hidden][name=token]"));
    }
}

#[test]
fn error_pages_say_what_happened_and_show_the_request_id() {
    for html in samples_of("error_page") {
        assert!(has(&html, "[role=alert]"));
        assert!(text(&select(&html, "main")[0]).contains("Request id 0197f3a2"));
    }
    let authorization = &samples_of("error_page-1")[0];
    assert_eq!(heading(authorization), "This request cannot be completed");
    assert!(text(&select(authorization, "main")[0]).contains("invalid_request"));
}

#[test]
fn the_form_post_page_escapes_what_the_client_sent() {
    let html = &samples_of("form_post")[0];
    assert!(!has(html, "form script"));
    let state = select(html, "form[method=post] input[type=hidden][name=state]");
    assert_eq!(state[0].attr("value"), Some("\"><script>alert(1)</script>"));
}

#[test]
fn the_console_is_offered_to_admins_only() {
    for (name, html) in all() {
        let reaches_console = has(&html, "nav a[href^='/admin']");
        let is_account = name.starts_with("account/");
        assert!(!(is_account && reaches_console), "{name}");
        if name.starts_with("admin/") {
            for place in ["/admin", "/admin/clients", "/admin/keys", "/admin/audit-log", "/account"] {
                assert!(has(&html, &format!("nav a[href='{place}']")), "{name}: {place}");
            }
            assert!(has(&html, "nav a[aria-current=page]"), "{name}: nothing is lit");
        }
    }
}

/// The custom properties of the style sheet: light, and dark over it.
fn themes() -> [BTreeMap<String, String>; 2] {
    let css = assets::files().into_iter().find(|(name, _)| name == "app.css").expect("the style sheet is there").1;
    let css = String::from_utf8(css).expect("CSS is text");
    let block = |start: usize| {
        let block = css[start..].split_once('{').expect("a block").1.split_once('}').expect("closed").0;
        let declarations = block.split(';').filter_map(|line| line.split_once(':'));
        declarations.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect::<BTreeMap<_, _>>()
    };
    let light = block(css.find(":root").expect("a light theme"));
    let dark_at = css.find("prefers-color-scheme: dark").expect("a dark theme");
    let mut dark = light.clone();
    dark.extend(block(dark_at + css[dark_at..].find(":root").expect("a dark root")));
    [light, dark]
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour as #rrggbb")) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_controls_have_enough_contrast_in_both_themes() {
    const TEXT: &[(&str, &[&str])] = &[
        ("--text", &["--canvas", "--surface", "--inset", "--accent-soft", "--danger-soft"]),
        ("--muted", &["--canvas", "--surface", "--inset", "--accent-soft"]),
        ("--accent", &["--canvas", "--surface", "--inset", "--accent-soft"]),
        ("--accent-strong", &["--canvas", "--surface", "--inset"]),
        ("--on-accent", &["--accent", "--accent-strong"]),
        ("--danger", &["--canvas", "--surface", "--danger-soft"]),
        ("--on-danger", &["--danger", "--danger-strong"]),
        ("--success", &["--surface", "--success-soft"]),
        ("--warning", &["--surface", "--warning-soft"]),
    ];
    const CONTROLS: &[(&str, &[&str])] = &[
        ("--line-input", &["--canvas", "--surface"]),
        ("--accent", &["--canvas", "--surface"]),
        ("--success", &["--surface"]),
    ];
    for (theme, name) in themes().iter().zip(["light", "dark"]) {
        // WCAG 2.2 §1.4.3 for text, §1.4.11 for the edges of controls.
        for (pairs, least) in [(TEXT, 4.5), (CONTROLS, 3.0)] {
            for (front, backs) in pairs {
                for back in *backs {
                    let ratio = contrast(&theme[*front], &theme[*back]);
                    assert!(ratio >= least, "{name}: {front} on {back} is {ratio:.2}");
                }
            }
        }
    }
}

#[test]
fn the_focus_ring_shows_and_motion_can_be_turned_off() {
    let css = assets::files().into_iter().find(|(name, _)| name == "app.css").expect("the style sheet is there").1;
    let css = String::from_utf8(css).expect("CSS is text");
    assert!(css.contains(":focus-visible { outline: 2px solid var(--accent)"));
    assert!(css.contains("prefers-reduced-motion: reduce"));
    assert!(!css.contains("@import") && !css.contains("url("), "the style sheet loads nothing");
}

/// A macro's parameter hides a member of the same name from the arguments after it.
#[test]
fn ids_to_copy_are_the_ids_themselves() {
    let value = |page: &str, id: &str| text(&select(&samples_of(page)[0], &format!("code#{id}"))[0]);
    assert_eq!(value("admin/clients/show", "client-id"), "c_9aVqk2Lw0TzYx4RbN1mEuP");
    assert_eq!(value("admin/clients/secret", "client-id"), "c_9aVqk2Lw0TzYx4RbN1mEuP");
    assert!(value("admin/clients/secret", "client-secret").starts_with("gcs_"));
    assert_eq!(value("admin/users/show", "subject"), "u_7Qp0s3xKvB1nYcZ4LwTeRm");
    assert_eq!(value("admin/grants/show", "grant-id"), "g_41");
}

/// What a page says and offers, without how it looks: headings, words that alarm, fields, buttons and links, in order.
fn outline(html: &Html) -> String {
    const PARTS: &str = "h1, h2, h3, [role=alert], form, input:not([name=csrf_token]), select, textarea, button, summary, a, th, iframe";
    let attribute = |element: &ElementRef, name| element.attr(name).map(|value| format!(" {name}={value}"));
    let mut lines = vec![format!("# {}", text(&select(html, "title")[0]))];
    let parts = Selector::parse(PARTS).expect("tests write valid selectors");
    for element in select(html, "main")[0].select(&parts) {
        let name = element.value().name();
        let shown: &[&str] = match name {
            "form" => &["method", "action"],
            "input" | "select" | "textarea" => &["id", "type", "name", "value", "checked"],
            "button" => &["id", "name", "value"],
            "a" => &["href"],
            _ => &[],
        };
        let words = if matches!(name, "form" | "select" | "textarea") { String::new() } else { text(&element) };
        let attributes: String = shown.iter().filter_map(|each| attribute(&element, each)).collect();
        lines.push(format!("{name}{attributes} {words}").trim_end().to_owned());
    }
    lines.join("\n")
}

/// A change of a page shows here before it surprises somebody's password manager. To accept it: `INSTA_UPDATE=always`.
#[test]
fn the_pages_offer_what_they_offered() {
    let pages: Vec<String> = all().iter().map(|(name, html)| format!("{name}\n{}", outline(html))).collect();
    insta::assert_snapshot!(pages.join("\n\n"));
}
