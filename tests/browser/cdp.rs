//! Chromium over the DevTools protocol, as far as a test needs it: go, wait, fill, click, read, take a picture.
//!
//! 1. [`Browser::launch`] starts Chromium on a fresh profile and reads the DevTools address from its log.
//! 2. [`Browser::page`] opens a page in a browser context of its own, so that no two pages share cookies, and connects
//!    to that page alone. Commands and events then arrive in one order on one socket.
//! 3. Every wait is for an event or for a promise in the page, and ends at a deadline. Nothing sleeps.
//!
//! A step that cannot be done panics at the caller's line and says what the page looked like.

use std::collections::VecDeque;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::guarded::Guarded;
use crate::switch;

/// How long any single step may take; generous, because a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Quiet, alone, and without services that would go to the network.
const SWITCHES: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--password-store=basic",
    "--remote-debugging-port=0",
];

/// Chromium's program: `$GRANTOR_TEST_CHROMIUM`, else the first known name on the PATH.
pub fn find_chromium() -> Option<PathBuf> {
    if let Some(named) = switch("GRANTOR_TEST_CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|program| program.is_file());
    }
    let path = switch("PATH")?;
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file()))
}

/// A running Chromium. Ends, with its profile, when dropped.
pub struct Browser {
    control: Mutex<Connection>,
    address: String,
    // Last: the socket closes before the process is stopped.
    _process: Guarded,
}

impl Browser {
    /// Starts `program` on a fresh profile.
    pub fn launch(program: &Path) -> Result<Self, String> {
        let profile = tempfile::Builder::new().prefix("grantor-browser-").tempdir().map_err(|e| e.to_string())?.keep();
        let mut arguments: Vec<String> = SWITCHES.iter().map(|switch| (*switch).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push("about:blank".to_owned());
        let process = Guarded::spawn(program, &arguments, &profile, "KILL", None).map_err(|e| e.to_string())?;
        let url = process.wait_for_log(PATIENCE, |line| {
            line.strip_prefix("DevTools listening on ").map(|url| url.trim().to_owned())
        })?;
        let address = url.trim_start_matches("ws://").split('/').next().unwrap_or_default().to_owned();
        Ok(Self { control: Mutex::new(Connection::open(&address, &url)?), address, _process: process })
    }

    /// A blank page with cookies, storage and cache of its own.
    #[track_caller]
    pub fn page(&self) -> Page<'_> {
        self.try_page().unwrap_or_else(|why| panic!("a new page: {why}"))
    }

    fn try_page(&self) -> Result<Page<'_>, String> {
        let mut control = self.control.lock().expect("nobody panics while talking to the browser");
        let context = text(&control.call("Target.createBrowserContext", &json!({}))?, "browserContextId")?;
        let created =
            control.call("Target.createTarget", &json!({ "url": "about:blank", "browserContextId": context }))?;
        let target = text(&created, "targetId")?;
        drop(control);
        let mut connection = Connection::open(&self.address, &format!("ws://{}/devtools/page/{target}", self.address))?;
        for domain in ["Page", "Runtime", "Log", "Network"] {
            connection.call(&format!("{domain}.enable"), &json!({}))?;
        }
        connection.call("Page.setLifecycleEventsEnabled", &json!({ "enabled": true }))?;
        // The main frame has the target's id.
        Ok(Page { browser: self, context, frame: target, connection: Mutex::new(connection) })
    }
}

/// One page. Its context, with all cookies, goes when it is dropped.
pub struct Page<'browser> {
    browser: &'browser Browser,
    context: String,
    frame: String,
    connection: Mutex<Connection>,
}

impl Page<'_> {
    /// Opens `url` and waits until it is loaded.
    #[track_caller]
    pub fn goto(&self, url: &str) {
        self.with(|connection| {
            let mark = connection.mark();
            let answer = connection.call("Page.navigate", &json!({ "url": url }))?;
            match answer["errorText"].as_str() {
                Some(why) => Err(why.to_owned()),
                None if answer["loaderId"].is_null() => Ok(()), // within the same document
                None => connection.wait_for_load(mark, &self.frame),
            }
        })
        .unwrap_or_else(|why| panic!("goto {url}: {why}"));
    }

    /// Waits until an element matches `css`, across navigations that are still under way.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        let waiting = format!(
            "new Promise(done => {{
                const look = () => document.querySelector({css}) && (observer.disconnect(), done(true));
                const observer = new MutationObserver(look);
                observer.observe(document, {{ childList: true, subtree: true, attributes: true }});
                look();
            }})",
            css = json!(css)
        );
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.with(|connection| connection.evaluate(&waiting, deadline)) {
                Ok(_) => return,
                // The document went away under the promise: ask the next one.
                Err(why) if is_navigation(&why) && Instant::now() < deadline => {}
                Err(why) => panic!("wait for {css} on {}: {why}", self.describe()),
            }
        }
    }

    /// Types `text` into the field, in place of what is there. The page sees what it sees when a person types.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        self.wait_for(css);
        self.element(css, "element.scrollIntoView({ block: 'center' }); element.focus(); element.select()");
        self.element(css, "if (document.activeElement !== element) throw new Error('cannot be focused')");
        self.with(|connection| {
            for kind in ["rawKeyDown", "keyUp"] {
                let key = json!({ "type": kind, "key": "Delete", "code": "Delete", "windowsVirtualKeyCode": 46 });
                connection.call("Input.dispatchKeyEvent", &key)?;
            }
            connection.call("Input.insertText", &json!({ "text": text }))
        })
        .unwrap_or_else(|why| panic!("fill {css}: {why}"));
        let value = self.element(css, "return element.value");
        assert_eq!(value, text, "what {css} holds after typing on {}", self.describe());
    }

    /// Clicks the middle of the element with the mouse, and waits until the page it leads to, if any, is loaded.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.wait_for(css);
        let middle = self.element(
            css,
            "element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
             const box = element.getBoundingClientRect();
             const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
             const hit = document.elementFromPoint(x, y);
             const label = hit?.closest('label');
             if (!element.contains(hit) && label?.control !== element)
                 throw new Error('it is hidden or covered by ' + (hit?.outerHTML ?? 'nothing').slice(0, 200));
             return { x, y }",
        );
        self.with(|connection| {
            let mark = connection.mark();
            for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
                let button = if kind == "mouseMoved" { "none" } else { "left" };
                let mouse =
                    json!({ "type": kind, "x": middle["x"], "y": middle["y"], "button": button, "clickCount": 1 });
                connection.call("Input.dispatchMouseEvent", &mouse)?;
            }
            connection.settle(mark, &self.frame)
        })
        .unwrap_or_else(|why| panic!("click {css}: {why}"));
    }

    /// The visible text of the element.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.wait_for(css);
        self.element(css, "return element.innerText").as_str().unwrap_or_default().trim().to_owned()
    }

    /// An attribute of the element.
    #[track_caller]
    pub fn attr(&self, css: &str, name: &str) -> Option<String> {
        self.wait_for(css);
        self.element(css, &format!("return element.getAttribute({})", json!(name))).as_str().map(ToOwned::to_owned)
    }

    /// Where the page is now, after redirects.
    #[track_caller]
    pub fn url(&self) -> String {
        self.eval("location.href").as_str().unwrap_or_default().to_owned()
    }

    /// The value of a JavaScript expression; a promise is awaited.
    #[track_caller]
    pub fn eval(&self, javascript: &str) -> Value {
        self.with(|connection| connection.evaluate(javascript, Instant::now() + PATIENCE))
            .unwrap_or_else(|why| panic!("{javascript}: {why}"))
    }

    /// Presses a key and lets it go, and waits until the page it leads to, if any, is loaded.
    #[track_caller]
    pub fn press(&self, key: &str) {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            " " => ("Space", 32, " "),
            "ArrowDown" => ("ArrowDown", 40, ""),
            _ => panic!("the key {key} is not known here"),
        };
        self.with(|connection| {
            let mark = connection.mark();
            for kind in ["keyDown", "keyUp"] {
                let mut event = json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number });
                if kind == "keyDown" && !text.is_empty() {
                    event["text"] = text.into();
                }
                connection.call("Input.dispatchKeyEvent", &event)?;
            }
            connection.settle(mark, &self.frame)
        })
        .unwrap_or_else(|why| panic!("press {key}: {why}"));
    }

    /// Types into whatever has the focus.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.with(|connection| connection.call("Input.insertText", &json!({ "text": text })))
            .unwrap_or_else(|why| panic!("type: {why}"));
    }

    /// Light or dark colours, and nothing that moves between them; `None` for what the machine says.
    #[track_caller]
    pub fn set_theme(&self, dark: Option<bool>) {
        let scheme = if dark == Some(true) { "dark" } else { "light" };
        let features = match dark {
            None => json!([]),
            Some(_) => json!([
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ]),
        };
        self.with(|connection| connection.call("Emulation.setEmulatedMedia", &json!({ "features": features })))
            .unwrap_or_else(|why| panic!("a theme: {why}"));
    }

    /// A PNG of the whole page at this width.
    #[track_caller]
    pub fn picture(&self, path: impl AsRef<Path>, width: u32) {
        let picture = self
            .with(|connection| {
                connection.resize(width, 900, false)?;
                let height = "document.documentElement.scrollHeight";
                let height = connection.evaluate(height, Instant::now() + PATIENCE)?.as_u64().unwrap_or(900);
                connection.resize(width, u32::try_from(height.clamp(900, 6000)).unwrap_or(900), false)?;
                let picture = connection.call("Page.captureScreenshot", &json!({ "format": "png" }))?;
                connection.call("Emulation.clearDeviceMetricsOverride", &json!({}))?;
                text(&picture, "data")
            })
            .unwrap_or_else(|why| panic!("picture: {why}"));
        let png = STANDARD.decode(picture).expect("the protocol sends base64");
        fs::write(path.as_ref(), png).unwrap_or_else(|why| panic!("{}: {why}", path.as_ref().display()));
    }

    /// A PNG of what is visible at this size, in light or dark colours.
    #[track_caller]
    pub fn screenshot(&self, path: impl AsRef<Path>, width: u32, height: u32, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let picture = self
            .with(|connection| {
                connection.resize(width, height, false)?;
                let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
                let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }, still] });
                connection.call("Emulation.setEmulatedMedia", &media)?;
                let picture = connection.call("Page.captureScreenshot", &json!({ "format": "png" }))?;
                connection.call("Emulation.setEmulatedMedia", &json!({ "features": [] }))?;
                connection.call("Emulation.clearDeviceMetricsOverride", &json!({}))?;
                text(&picture, "data")
            })
            .unwrap_or_else(|why| panic!("screenshot: {why}"));
        let png = STANDARD.decode(picture).expect("the protocol sends base64");
        fs::write(path.as_ref(), png).unwrap_or_else(|why| panic!("{}: {why}", path.as_ref().display()));
    }

    /// Whether something on the page is wider than a telephone of `width` pixels.
    #[track_caller]
    pub fn has_horizontal_scroll(&self, width: u32) -> bool {
        self.with(|connection| {
            connection.resize(width, 800, true)?;
            let content = connection
                .evaluate("document.scrollingElement.scrollWidth", Instant::now() + PATIENCE)?
                .as_u64()
                .ok_or("no width")?;
            connection.call("Emulation.clearDeviceMetricsOverride", &json!({}))?;
            Ok(content > u64::from(width))
        })
        .unwrap_or_else(|why| panic!("measure the page: {why}"))
    }

    /// What the browser complained about since the page was made: errors in the console, exceptions, violations of the
    /// content security policy, resources that did not load.
    #[track_caller]
    pub fn console_errors(&self) -> Vec<String> {
        self.eval("0"); // events that are under way arrive before its answer
        let connection = self.connection.lock().expect("nobody panics while talking to the page");
        connection.events.iter().filter_map(complaint).collect()
    }

    /// Runs `body` with `element` bound to the one that matches `css`.
    #[track_caller]
    fn element(&self, css: &str, body: &str) -> Value {
        let javascript = format!(
            "(() => {{ const element = document.querySelector({css});
                if (!element) throw new Error('it is not there');
                {body} }})()",
            css = json!(css)
        );
        self.with(|connection| connection.evaluate(&javascript, Instant::now() + PATIENCE))
            .unwrap_or_else(|why| panic!("{css} on {}: {why}", self.describe()))
    }

    /// For the message of a failure: the address and what there is to read.
    fn describe(&self) -> String {
        let javascript = "location.href + '\\n' + document.body?.innerText?.slice(0, 1000)";
        self.with(|connection| connection.evaluate(javascript, Instant::now() + PATIENCE))
            .map_or_else(|why| why, |page| page.as_str().unwrap_or_default().to_owned())
    }

    fn with<T>(&self, talk: impl FnOnce(&mut Connection) -> Result<T, String>) -> Result<T, String> {
        talk(&mut self.connection.lock().expect("nobody panics while talking to the page"))
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if let Ok(mut control) = self.browser.control.lock() {
            let _ = control.call("Target.disposeBrowserContext", &json!({ "browserContextId": self.context }));
        }
    }
}

/// A DevTools socket: commands are answered in order, events are kept.
struct Connection {
    socket: WebSocket<TcpStream>,
    commands: u64,
    events: VecDeque<Value>,
}

impl Connection {
    fn open(address: &str, url: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|e| format!("{address}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let (socket, _) = tungstenite::client(url, stream).map_err(|e| format!("{url}: {e}"))?;
        Ok(Self { socket, commands: 0, events: VecDeque::new() })
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.call_until(method, parameters, Instant::now() + PATIENCE)
    }

    fn call_until(&mut self, method: &str, parameters: &Value, deadline: Instant) -> Result<Value, String> {
        self.commands += 1;
        let id = self.commands;
        let command = json!({ "id": id, "method": method, "params": parameters }).to_string();
        self.socket.send(Message::text(command)).map_err(|e| format!("{method}: {e}"))?;
        loop {
            let mut answer = self.read(deadline).map_err(|e| format!("{method}: {e}"))?;
            if answer["id"] == id {
                return match answer["error"]["message"].as_str() {
                    Some(why) => Err(format!("{method}: {why}")),
                    None => Ok(answer["result"].take()),
                };
            }
            self.keep(answer);
        }
    }

    /// The value of an expression, promises awaited; an exception is an error.
    fn evaluate(&mut self, javascript: &str, deadline: Instant) -> Result<Value, String> {
        let parameters =
            json!({ "expression": javascript, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        let mut answer = self.call_until("Runtime.evaluate", &parameters, deadline)?;
        match answer["exceptionDetails"]["exception"]["description"].as_str() {
            Some(why) => Err(why.to_owned()),
            None if answer["exceptionDetails"].is_object() => Err(answer["exceptionDetails"].to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// The next message, command answer or event.
    fn read(&mut self, deadline: Instant) -> Result<Value, String> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("the deadline passed".to_owned());
            }
            self.socket.get_ref().set_read_timeout(Some(left)).map_err(|e| e.to_string())?;
            match self.socket.read() {
                Ok(Message::Text(message)) => return serde_json::from_str(&message).map_err(|e| e.to_string()),
                Ok(_) => {}
                Err(tungstenite::Error::Io(e))
                    if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
    }

    fn keep(&mut self, message: Value) {
        if message["method"].is_string() {
            self.events.push_back(message);
        }
    }

    /// Where the events that are yet to come begin.
    fn mark(&self) -> usize {
        self.events.len()
    }

    /// Waits for the first event after `mark` that `wanted` finds something in.
    fn wait_for_event<T>(&mut self, mark: usize, mut wanted: impl FnMut(&Value) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut next = mark;
        loop {
            while next < self.events.len() {
                if let Some(found) = wanted(&self.events[next]) {
                    return Ok(found);
                }
                next += 1;
            }
            let message = self.read(deadline)?;
            self.keep(message);
        }
    }

    /// Waits for what an input event set off: nothing, or a navigation, up to its load event.
    fn settle(&mut self, mark: usize, frame: &str) -> Result<(), String> {
        // A form is submitted in a task of its own, so let the page's queue run dry first. If the page goes away in the
        // meantime, that is the answer.
        let queue = "new Promise(done => setTimeout(() => setTimeout(done)))";
        if let Err(why) = self.evaluate(queue, Instant::now() + PATIENCE)
            && !is_navigation(&why)
        {
            return Err(why);
        }
        let navigates = self.events.range(mark..).any(|event| {
            let started = matches!(
                event["method"].as_str(),
                Some(
                    "Page.frameRequestedNavigation"
                        | "Page.frameScheduledNavigation"
                        | "Page.frameStartedLoading"
                        | "Page.frameNavigated"
                )
            );
            let of = event["params"]["frameId"].as_str().or_else(|| event["params"]["frame"]["id"].as_str());
            started && of == Some(frame)
        });
        if navigates { self.wait_for_load(mark, frame) } else { Ok(()) }
    }

    /// Waits until the main frame has loaded the document it navigates to, or stopped without one (a download, 204).
    fn wait_for_load(&mut self, mark: usize, frame: &str) -> Result<(), String> {
        let mut loader = None;
        self.wait_for_event(mark, |event| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Page.frameNavigated" if parameters["frame"]["id"] == frame => {
                    loader = parameters["frame"]["loaderId"].as_str().map(ToOwned::to_owned);
                    None
                }
                "Page.lifecycleEvent" if parameters["frameId"] == frame && parameters["name"] == "load" => {
                    (loader.is_some() && parameters["loaderId"].as_str() == loader.as_deref()).then_some(())
                }
                "Page.navigatedWithinDocument" if parameters["frameId"] == frame => Some(()),
                "Page.frameStoppedLoading" if parameters["frameId"] == frame && loader.is_none() => Some(()),
                _ => None,
            }
        })
    }

    /// Gives the page this size and waits until the page knows.
    fn resize(&mut self, width: u32, height: u32, mobile: bool) -> Result<(), String> {
        let metrics = json!({
            "width": width, "height": height, "screenWidth": width, "screenHeight": height,
            "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.call("Emulation.setDeviceMetricsOverride", &metrics)?;
        let known = format!(
            "new Promise(done => {{
                const look = () => screen.width === {width} && screen.height === {height} ? done(true) : requestAnimationFrame(look);
                requestAnimationFrame(look);
            }})"
        );
        self.evaluate(&known, Instant::now() + PATIENCE).map(|_| ())
    }
}

/// Whether an evaluation failed only because its document was replaced.
fn is_navigation(why: &str) -> bool {
    [
        "navigated or closed",
        "context was destroyed",
        "Cannot find context",
        "Promise was collected",
        "Cannot find default execution context",
    ]
    .iter()
    .any(|known| why.contains(known))
}

/// What an event complains about, if it does.
fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" if matches!(parameters["type"].as_str(), Some("error" | "assert")) => {
            let words = parameters["args"].as_array()?.iter().map(|word| {
                word["value"]
                    .as_str()
                    .or_else(|| word["description"].as_str())
                    .map_or_else(|| word.to_string(), ToOwned::to_owned)
            });
            Some(format!("console: {}", words.collect::<Vec<_>>().join(" ")))
        }
        "Runtime.exceptionThrown" => {
            let details = &parameters["exceptionDetails"];
            Some(format!("exception: {}", details["exception"]["description"].as_str().or(details["text"].as_str())?))
        }
        "Log.entryAdded" => {
            let entry = &parameters["entry"];
            let matters = entry["level"] == "error" || entry["source"] == "security";
            matters.then(|| {
                format!(
                    "{}: {} {}",
                    entry["source"].as_str().unwrap_or("log"),
                    entry["text"].as_str().unwrap_or_default(),
                    entry["url"].as_str().unwrap_or_default()
                )
                .trim_end()
                .to_owned()
            })
        }
        _ => None,
    }
}

fn text(answer: &Value, member: &str) -> Result<String, String> {
    answer[member].as_str().map(ToOwned::to_owned).ok_or_else(|| format!("no {member} in {answer}"))
}
