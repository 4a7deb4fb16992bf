//! Programs that use a client as it is registered, to paste and run: one template for each language and use, filled with
//! the client's own values. A secret stands in none of them; they read `CLIENT_SECRET` from their environment.
//!
//! `tests/it/snippets.rs` runs them against a server, as far as their tools are installed.

use askama::Template;
use url::Url;

use super::kind::Kind;
use crate::domain::client::{AuthMethod, Client};
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
    pub files: Vec<File>,
    /// What to do before, and how to run it; a shell understands it.
    pub setup: String,
}

pub struct File {
    /// What to save it as; empty for what is pasted elsewhere.
    pub name: &'static str,
    pub code: String,
}

impl Snippet {
    /// The name of its file, if one is all there is.
    pub fn file(&self) -> &'static str {
        if let [file] = self.files.as_slice() { file.name } else { "" }
    }

    /// Whether it is a program to run, not something to paste elsewhere.
    pub fn is_program(&self) -> bool {
        self.files.iter().any(|file| !file.name.is_empty())
    }
}

/// What the templates are filled with.
pub struct Facts {
    issuer: String,
    id: String,
    is_public: bool,
    /// It proves itself by a JWT that it signs.
    has_key: bool,
    /// The issuer is http, which libraries want to be told.
    is_insecure: bool,
    /// Separated by a space.
    scope: String,
    /// The API that a token is asked of (RFC 8707); empty where none is named.
    resource: String,
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
    RustDevice "snippets/rust_device.txt",
    GoMachine "snippets/go_machine.txt",
    GoDevice "snippets/go_device.txt",
    GoUsers "snippets/go_users.txt",
    SpringPom "snippets/spring_pom.txt",
    SpringMachine "snippets/spring_machine.txt",
    SpringMachineApp "snippets/spring_machine_app.txt",
    SpringUsers "snippets/spring_users.txt",
    SpringUsersApp "snippets/spring_users_app.txt",
    Apache "snippets/apache.txt",
    Nginx "snippets/nginx.txt",
}

const RUN_RUST: &str = "cargo new app && cd app && cargo add tokio --features macros,rt-multi-thread && cargo add";
const RUN_GO: &str = "go mod init app && go mod tidy\ngo run .";
const RUN_SPRING: &str = "mvn spring-boot:run";

/// Whether the programs of a client ask for a token of one API: agents are registered like apps on the user's device.
pub fn names_resource(client: &Client) -> bool {
    Kind::of(&client.metadata) == Kind::Native
}

/// The programs that fit a client. `resource` is the API that they ask for a token of, where they name one; `secret` is what
/// stands for it in the lines that run them.
pub fn snippets(client: &Client, resource: &str, catalog: &ScopeCatalog, issuer: &str, secret: &str) -> Vec<Snippet> {
    let facts = &Facts::of(client, resource, catalog, issuer);
    let with_secret = |line: &str| {
        if facts.is_public || facts.has_key {
            line.to_owned()
        } else {
            format!("export CLIENT_SECRET='{secret}'\n{line}")
        }
    };
    let snippet = |id, title, setup: &str, files: &[(&'static str, &dyn DynTemplate)]| Snippet {
        id,
        title,
        lead: String::new(),
        files: files.iter().map(|(name, template)| File { name, code: template.text() }).collect(),
        setup: with_secret(setup),
    };
    let curl = |template: &dyn DynTemplate| snippet("curl", "curl", "", &[("", template)]);
    let javascript = |template: &dyn DynTemplate| {
        let libraries = if facts.has_key { "openid-client jose" } else { "openid-client" };
        let run = format!("npm install {libraries}\nnode app.mjs");
        snippet("javascript", "JavaScript, openid-client", &run, &[("app.mjs", template)])
    };
    let python = |title, libraries: &str, template: &dyn DynTemplate| {
        snippet("python", title, &format!("pip install {libraries}\npython app.py"), &[("app.py", template)])
    };
    let rust = |title, libraries: &str, template: &dyn DynTemplate| {
        snippet("rust", title, &format!("{RUN_RUST} {libraries}\ncargo run"), &[("src/main.rs", template)])
    };
    let go = |title, template: &dyn DynTemplate| snippet("go", title, RUN_GO, &[("main.go", template)]);
    let spring = |settings: &dyn DynTemplate, app: &dyn DynTemplate| {
        let files: [(_, &dyn DynTemplate); 3] = [
            ("pom.xml", &SpringPom(facts)),
            ("src/main/resources/application.yml", settings),
            ("src/main/java/app/App.java", app),
        ];
        snippet("spring", "Java, Spring Security", RUN_SPRING, &files)
    };
    let protects = t!("connect-protects");
    let hug = || Snippet {
        lead: protects.clone(),
        ..snippet("hug", "Python, hug", "pip install hug requests\npython api.py", &[("api.py", &PythonHug(facts))])
    };
    let nginx = || Snippet {
        lead: protects.clone(),
        setup: String::new(),
        ..snippet("nginx", "nginx", "", &[("", &Nginx(facts))])
    };
    match Kind::of(&client.metadata) {
        // Of these, one library takes a key in a file as it is.
        Kind::Machine if facts.has_key => vec![javascript(&JavascriptMachine(facts)), nginx()],
        Kind::Web if facts.has_key => vec![javascript(&JavascriptUsers(facts)), nginx()],
        Kind::Device if facts.has_key => vec![javascript(&JavascriptDevice(facts))],
        Kind::Machine => vec![
            curl(&CurlMachine(facts)),
            javascript(&JavascriptMachine(facts)),
            python("Python, Authlib", "authlib requests", &PythonMachine(facts)),
            hug(),
            rust("Rust, oauth2", "oauth2", &RustMachine(facts)),
            go("Go, x/oauth2", &GoMachine(facts)),
            spring(&SpringMachine(facts), &SpringMachineApp(facts)),
            nginx(),
        ],
        kind @ (Kind::Web | Kind::Native | Kind::Mcp) => {
            let mut all = vec![
                curl(&CurlUsers(facts)),
                javascript(&JavascriptUsers(facts)),
                python("Python, Authlib", "authlib requests flask", &PythonUsers(facts)),
                rust("Rust, openidconnect", "openidconnect serde_json", &RustUsers(facts)),
                go("Go, go-oidc", &GoUsers(facts)),
            ];
            // They sign users in by the ID token.
            if kind == Kind::Web && facts.has_openid() {
                all.push(spring(&SpringUsers(facts), &SpringUsersApp(facts)));
                let before =
                    format!("sudo a2enmod auth_openidc\n# in /etc/apache2/envvars:\nexport CLIENT_SECRET='{secret}'");
                all.push(Snippet {
                    setup: before,
                    ..snippet("apache", "Apache, mod_auth_openidc", "", &[("", &Apache(facts))])
                });
            }
            if kind == Kind::Web {
                all.extend([hug(), nginx()]);
            }
            all
        }
        Kind::Device => vec![
            curl(&CurlDevice(facts)),
            javascript(&JavascriptDevice(facts)),
            python("Python, requests", "requests", &PythonDevice(facts)),
            rust("Rust, oauth2", "oauth2", &RustDevice(facts)),
            go("Go, x/oauth2", &GoDevice(facts)),
        ],
        Kind::SinglePage => {
            let browser: (_, &dyn DynTemplate) = ("sign-in.js", &JavascriptBrowser(facts));
            vec![
                snippet("javascript", "JavaScript, openid-client", "npm install openid-client", &[browser]),
                curl(&CurlUsers(facts)),
            ]
        }
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
    fn of(client: &Client, resource: &str, catalog: &ScopeCatalog, issuer: &str) -> Self {
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
            ("resource", resource),
        ];
        let authorization_url = routes::with_query(&url(routes::AUTHORIZE), &asked);
        let is_loopback = parsed.as_ref().is_some_and(|url| url.scheme() == "http");
        Self {
            authorization_url,
            device_authorization: url(routes::DEVICE_AUTHORIZATION),
            issuer: issuer.to_owned(),
            id: client.id.clone(),
            is_public: client.is_public(),
            has_key: client.metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt,
            is_insecure: issuer.starts_with("http:"),
            scope,
            resource: resource.to_owned(),
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

    fn has_openid(&self) -> bool {
        self.scopes().contains(&OPENID)
    }

    /// What an API can be opened by: not what OpenID Connect defines.
    fn scope_of_its_own(&self) -> String {
        scope::render(&scope::without_openid_connect(&scope::stored(&self.scope)))
    }

    /// Where a token is answered for that carries `scope`.
    fn whoami_for(&self, scope: &str) -> String {
        if scope.is_empty() { self.whoami.clone() } else { routes::with_query(&self.whoami, &[("scope", scope)]) }
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
