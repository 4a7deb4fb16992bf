//! The driver itself, against a small site that has what our pages have: forms that redirect, cookies, a content security
//! policy, colours for the dark.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::browser_or_skip;

/// Starts the site; gives its port. It is there as `127.0.0.1` and as `localhost`, which are two sites to a browser.
fn site() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, port));
        }
    });
    port
}

fn answer(mut stream: TcpStream, port: u16) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let (mut length, mut cookie) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("cookie") => value.clone_into(&mut cookie),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;

    let (head, page) = match request.split(' ').nth(1)? {
        "/form" => (
            "200 OK\r\nSet-Cookie: visited=yes".to_owned(),
            r#"<style>:root { color-scheme: light dark } .far { height: 3000px }</style>
               <h1>Form</h1> <p class="far"></p>
               <form method="post" action="/submit">
                 <label>Name <input id="name" name="name" value="old" oninput="document.title = 'typed'"></label>
                 <button id="send" name="decision" value="approve">Send</button>
               </form>
               <button id="idle" type="button" onclick="this.textContent = 'clicked'">Idle</button>"#
                .to_owned(),
        ),
        // What an authorization server does: redirect to another site.
        "/submit" => (format!("303 See Other\r\nLocation: http://localhost:{port}/done?{body}"), String::new()),
        "/cookies" => ("200 OK".to_owned(), format!("<p id=cookies>{cookie}</p>")),
        "/strict" => (
            "200 OK\r\nContent-Security-Policy: default-src 'none'".to_owned(),
            "<p id=p>strict</p><script>document.title = 'ran'</script>".to_owned(),
        ),
        "/wide" => ("200 OK".to_owned(), "<div style='width: 500px'>wide</div>".to_owned()),
        "/loud" => {
            ("200 OK".to_owned(), "<script>console.error('oh', 'no'); throw new Error('bang')</script>".to_owned())
        }
        "/late" => (
            "200 OK".to_owned(),
            "<script>setTimeout(() => document.body.innerHTML = '<p id=late>here</p>', 200)</script>".to_owned(),
        ),
        "/favicon.ico" => ("204 No Content".to_owned(), String::new()),
        other => ("200 OK".to_owned(), format!("<h1>Done</h1><p id=where>{other}</p>")),
    };
    let document = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><body>{page}"
    );
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{document}",
        document.len()
    )
    .ok()
}

#[test]
fn a_form_is_filled_and_sent_across_sites() {
    let Some(browser) = browser_or_skip() else { return };
    let port = site();
    let page = browser.page();
    page.goto(&format!("http://127.0.0.1:{port}/form"));
    assert_eq!(page.text("h1"), "Form");
    page.click("#idle");
    assert_eq!(page.text("#idle"), "clicked");
    page.fill("#name", "Zoë & co");
    assert_eq!(page.eval("document.title"), "typed");
    page.click("#send");
    let url = format!("http://localhost:{port}/done?name=Zo%C3%AB+%26+co&decision=approve");
    assert_eq!(page.url(), url);
    assert_eq!(page.text("h1"), "Done");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn pages_do_not_share_cookies() {
    let Some(browser) = browser_or_skip() else { return };
    let port = site();
    let (one, other) = (browser.page(), browser.page());
    one.goto(&format!("http://127.0.0.1:{port}/form"));
    for (page, cookies) in [(&one, "visited=yes"), (&other, "")] {
        page.goto(&format!("http://127.0.0.1:{port}/cookies"));
        assert_eq!(page.text("#cookies"), cookies);
    }
}

#[test]
fn complaints_of_the_browser_are_heard() {
    let Some(browser) = browser_or_skip() else { return };
    let port = site();
    let page = browser.page();
    page.goto(&format!("http://127.0.0.1:{port}/strict"));
    assert_eq!(page.eval("document.title"), "");
    let errors = page.console_errors();
    assert!(matches!(errors.as_slice(), [violation] if violation.contains("Content Security Policy")), "{errors:?}");

    let page = browser.page();
    page.goto(&format!("http://127.0.0.1:{port}/loud"));
    let errors = page.console_errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(errors[0], "console: oh no");
    assert!(errors[1].starts_with("exception: Error: bang"), "{errors:?}");
}

#[test]
fn sizes_and_colours_are_those_asked_for() {
    let Some(browser) = browser_or_skip() else { return };
    let port = site();
    let page = browser.page();
    page.goto(&format!("http://127.0.0.1:{port}/wide"));
    assert!(page.has_horizontal_scroll(320));
    assert!(!page.has_horizontal_scroll(600));
    page.goto(&format!("http://127.0.0.1:{port}/form"));
    assert!(!page.has_horizontal_scroll(320));

    let folder = tempfile::tempdir().expect("there is room for a picture");
    let picture = |name: &str, dark| {
        let path = folder.path().join(name);
        page.screenshot(&path, 320, 480, dark);
        std::fs::read(path).expect("it was written")
    };
    let (light, dark) = (picture("light.png", false), picture("dark.png", true));
    // A PNG's header holds width and height.
    assert_eq!(light[16..24], [0, 0, 1, 64, 0, 0, 1, 224]);
    assert_ne!(light, dark);
}

#[test]
fn what_comes_later_is_waited_for() {
    let Some(browser) = browser_or_skip() else { return };
    let page = browser.page();
    page.goto(&format!("http://127.0.0.1:{}/late", site()));
    page.wait_for("#late");
    assert_eq!(page.text("#late"), "here");
    page.goto("data:text/html,<p id=x data-kind=note>data");
    assert_eq!(page.attr("#x", "data-kind").as_deref(), Some("note"));
    assert_eq!(page.attr("#x", "title"), None);
}
