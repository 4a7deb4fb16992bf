//! Programs that use a client as it is registered, to paste and run: one template for each language and use, filled with
//! the client's own values. A secret stands in none of them; they read `CLIENT_SECRET` from their environment.
//!
//! `tests/it/snippets.rs` runs them against a server, as far as their tools are installed.

use askama::Template;
use url::Url;

use super::kind::Kind;
use crate::domain::client::Client;
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, ScopeCatalog};
use crate::web::routes;

/// Where a program listens when its redirect URI does not say.
const PORT: u16 = 8000;

/// A program and how to run it.
pub struct Snippet {
    /// For links to it.
    pub id: &'static str,
    /// `Python, Authlib`
    pub title: &'static str,
    /// What it is good for, where that is not to sign in or to get a token.
    pub lead: String,
    /// What to do before, and how to run it; a shell understands it.
    pub setup: String,
    /// The file to save it as; empty for what is pasted elsewhere.
    pub file: &'static str,
    pub code: String,
}

/// What the templates are filled with.
pub struct Facts {
    issuer: String,
    host: String,
    id: String,
    is_public: bool,
    /// The issuer is http, which libraries want to be told.
    is_insecure: bool,
    /// Separated by a space.
    scope: String,
    redirect_uri: String,
    path: String,
    port: u16,
    token: String,
    introspect: String,
    whoami: String,
    authorization_url: String,
    device_authorization: String,
}

macro_rules! templates {
    ($($name:ident $path:tt,)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path)]
            struct $name<'a>(&'a Facts);

            impl std::ops::Deref for $name<'_> {
                type Target = Facts;

                fn deref(&self) -> &Facts {
                    self.0
                }
            }
        )*
    };
}

templates! {
    CurlMachine "snippets/curl_machine.txt",
    CurlUsers "snippets/curl_users.txt",
    CurlDevice "snippets/curl_device.txt",
    JavascriptMachine "snippets/javascript_machine.txt",
    JavascriptUsers "snippets/javascript_users.txt",
    JavascriptDevice "snippets/javascript_device.txt",
    JavascriptBrowser "snippets/javascript_browser.txt",
    PythonMachine "snippets/python_machine.txt",
    PythonUsers "snippets/python_users.txt",
    PythonDevice "snippets/python_device.txt",
    PythonHug "snippets/python_hug.txt",
    RustMachine "snippets/rust_machine.txt",
    RustUsers "snippets/rust_users.txt",
    GoMachine "snippets/go_machine.txt",
    GoDevice "snippets/go_device.txt",
    GoUsers "snippets/go_users.txt",
    SpringMachine "snippets/spring_machine.txt",
    SpringUsers "snippets/spring_users.txt",
    Apache "snippets/apache.txt",
    Nginx "snippets/nginx.txt",
}

const RUN_RUST: &str = "cargo new app && cd app && cargo add tokio --features macros,rt-multi-thread && cargo add";
const RUN_GO: &str = "go mod init app && go mod tidy";

/// The programs that fit a client. `secret` is what stands for it in the lines that run them.
#[expect(clippy::too_many_lines, reason = "a list of programs")]
pub fn snippets(client: &Client, catalog: &ScopeCatalog, issuer: &str, secret: &str) -> Vec<Snippet> {
    let facts = &Facts::of(client, catalog, issuer);
    let with_secret = |line: &str| {
        if facts.is_public { line.to_owned() } else { format!("export CLIENT_SECRET='{secret}'\n{line}") }
    };
    let snippet = |id, title, setup: &str, file, template: &dyn DynTemplate| Snippet {
        id,
        title,
        lead: String::new(),
        setup: with_secret(setup),
        file,
        code: template.text(),
    };
    let api = |lead, snippet| Snippet { lead, ..snippet };
    let protects = t!("connect-protects");
    let hug = api(
        protects.clone(),
        snippet("hug", "Python, hug", "pip install hug requests\npython api.py", "api.py", &PythonHug(facts)),
    );
    let nginx = api(protects, Snippet { setup: String::new(), ..snippet("nginx", "nginx", "", "", &Nginx(facts)) });
    match Kind::of(&client.metadata) {
        Kind::Machine => vec![
            snippet("curl", "curl", "", "", &CurlMachine(facts)),
            snippet(
                "javascript",
                "JavaScript, openid-client",
                "npm install openid-client\nnode app.mjs",
                "app.mjs",
                &JavascriptMachine(facts),
            ),
            snippet(
                "python",
                "Python, Authlib",
                "pip install authlib requests\npython app.py",
                "app.py",
                &PythonMachine(facts),
            ),
            hug,
            snippet(
                "rust",
                "Rust, oauth2",
                &format!("{RUN_RUST} oauth2\ncargo run"),
                "src/main.rs",
                &RustMachine(facts),
            ),
            snippet("go", "Go, x/oauth2", &format!("{RUN_GO}\ngo run ."), "main.go", &GoMachine(facts)),
            snippet("spring", "Java, Spring Security", "", "application.yml", &SpringMachine(facts)),
            nginx,
        ],
        kind @ (Kind::Web | Kind::Native | Kind::Mcp) => {
            let mut all = vec![
                snippet("curl", "curl", "", "", &CurlUsers(facts)),
                snippet(
                    "javascript",
                    "JavaScript, openid-client",
                    "npm install openid-client\nnode app.mjs",
                    "app.mjs",
                    &JavascriptUsers(facts),
                ),
                snippet(
                    "python",
                    "Python, Authlib",
                    "pip install authlib requests flask\npython app.py",
                    "app.py",
                    &PythonUsers(facts),
                ),
                snippet(
                    "rust",
                    "Rust, openidconnect",
                    &format!("{RUN_RUST} openidconnect\ncargo run"),
                    "src/main.rs",
                    &RustUsers(facts),
                ),
                snippet("go", "Go, go-oidc", &format!("{RUN_GO}\ngo run ."), "main.go", &GoUsers(facts)),
            ];
            if kind == Kind::Web {
                all.push(snippet("spring", "Java, Spring Security", "", "application.yml", &SpringUsers(facts)));
                all.push(snippet("apache", "Apache, mod_auth_openidc", "", "", &Apache(facts)));
                all.extend([hug, nginx]);
            }
            all
        }
        Kind::Device => vec![
            snippet("curl", "curl", "", "", &CurlDevice(facts)),
            snippet(
                "javascript",
                "JavaScript, openid-client",
                "npm install openid-client\nnode app.mjs",
                "app.mjs",
                &JavascriptDevice(facts),
            ),
            snippet(
                "python",
                "Python, requests",
                "pip install requests\npython app.py",
                "app.py",
                &PythonDevice(facts),
            ),
            snippet("go", "Go, x/oauth2", &format!("{RUN_GO}\ngo run ."), "main.go", &GoDevice(facts)),
        ],
        Kind::SinglePage => vec![
            snippet(
                "javascript",
                "JavaScript, openid-client",
                "npm install openid-client",
                "sign-in.js",
                &JavascriptBrowser(facts),
            ),
            snippet("curl", "curl", "", "", &CurlUsers(facts)),
        ],
    }
}

/// Templates of any type. They are filled with text, which cannot fail.
trait DynTemplate {
    fn text(&self) -> String;
}

impl<T: Template> DynTemplate for T {
    fn text(&self) -> String {
        self.render().unwrap_or_default()
    }
}

impl Facts {
    fn of(client: &Client, catalog: &ScopeCatalog, issuer: &str) -> Self {
        let url = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
        let allowed = client.allowed_scope(catalog);
        let scope = if Kind::of(&client.metadata) == Kind::Machine {
            let users = scope::from_names([OPENID, OFFLINE_ACCESS]);
            scope::difference(&client.metadata.scope.clone().unwrap_or_else(|| scope::from_names([])), &users)
        } else {
            allowed
        };
        let redirect_uri = redirect_uri(&client.metadata.redirect_uris);
        let parsed = Url::parse(&redirect_uri).ok();
        let scope = scope::render(&scope);
        let asked = [
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("scope", scope.as_str()),
        ];
        let authorization_url = routes::with_query(&url(routes::AUTHORIZE), &asked);
        let is_loopback = parsed.as_ref().is_some_and(|url| url.scheme() == "http");
        Self {
            authorization_url,
            device_authorization: url(routes::DEVICE_AUTHORIZATION),
            issuer: issuer.to_owned(),
            host: Url::parse(issuer)
                .ok()
                .map(|url| match url.port() {
                    Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
                    None => url.host_str().unwrap_or_default().to_owned(),
                })
                .unwrap_or_default(),
            id: client.id.clone(),
            is_public: client.is_public(),
            is_insecure: issuer.starts_with("http:"),
            scope,
            path: parsed.as_ref().map_or_else(|| "/".to_owned(), |url| url.path().to_owned()),
            port: parsed.filter(|_| is_loopback).and_then(|url| url.port()).unwrap_or(PORT),
            redirect_uri,
            token: url(routes::TOKEN),
            introspect: url(routes::INTROSPECT),
            whoami: url(routes::API_WHOAMI),
        }
    }

    /// A string literal, as JSON, JavaScript, Python, Go, Rust and YAML all read it.
    #[expect(clippy::unused_self, reason = "templates reach functions through their values")]
    fn quoted(&self, value: impl std::fmt::Display) -> String {
        serde_json::Value::from(value.to_string()).to_string()
    }

    /// One word for a shell.
    #[expect(clippy::unused_self, reason = "templates reach functions through their values")]
    fn shell(&self, value: impl std::fmt::Display) -> String {
        format!("'{}'", value.to_string().replace('\'', r"'\''"))
    }

    fn scopes(&self) -> Vec<&str> {
        self.scope.split(' ').filter(|name| !name.is_empty()).collect()
    }

    /// Without the one that the library adds itself.
    fn further_scopes(&self) -> Vec<&str> {
        self.scopes().into_iter().filter(|name| *name != OPENID).collect()
    }
}

/// The first redirect URI that a program can be tried at: one on this machine if there is, with a port.
fn redirect_uri(registered: &[String]) -> String {
    let local = registered.iter().find_map(|uri| RedirectUri::parse(uri).ok().filter(RedirectUri::is_loopback));
    let Some(local) = local else { return registered.first().cloned().unwrap_or_default() };
    match Url::parse(local.as_str()) {
        Ok(mut url) if url.scheme() == "http" && url.port().is_none() && url.host_str() != Some("localhost") => {
            // RFC 8252 §7.3: any port will do.
            let _ = url.set_port(Some(PORT));
            url.to_string()
        }
        _ => local.as_str().to_owned(),
    }
}
