//! One request to a protocol endpoint and its answer, to be read: made in the process, by the same code that serves clients.

use actix_web::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::domain::client::Client;
use crate::web::in_process::{self, Call};
use crate::web::visitor::User;

/// What stands for the temporary secret wherever a request is shown.
const SECRET: &str = "$CLIENT_SECRET";

/// A request and its answer.
pub struct Exchange {
    /// `Redeem the code`
    pub title: String,
    pub request: String,
    /// The same request for a terminal.
    pub curl: String,
    /// `200 OK`
    pub status: String,
    pub is_success: bool,
    /// Headers that say something, and the body; JSON is laid out.
    pub answer: String,
    /// The body, when it is JSON.
    pub json: Option<Value>,
}

/// How a request proves who sends it.
pub enum Proof<'a> {
    /// A form of the client: with its temporary secret, or with its id where it is public.
    Client {
        client: &'a Client,
        secret: &'a str,
    },
    Bearer(&'a str),
}

/// Sends a form to an endpoint, or a GET where there is none.
pub async fn send(user: &User, title: &str, path: &str, proof: Proof<'_>, form: &[(&str, &str)]) -> Exchange {
    let app = &user.visitor.app;
    let mut form: Vec<(&str, &str)> = form.to_vec();
    let (mut headers, mut shown, mut curl_proof) = (Vec::new(), String::new(), String::new());
    match proof {
        Proof::Client { client, .. } if client.is_public() => form.push(("client_id", &client.id)),
        Proof::Client { client, secret } => {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let pair = STANDARD.encode(format!("{}:{}", encode(&client.id), encode(secret)));
            headers.push(("authorization", format!("Basic {pair}")));
            shown = format!("Authorization: Basic base64({}:{SECRET})\n", client.id);
            curl_proof = format!(" -u \"{}:{SECRET}\"", client.id);
        }
        Proof::Bearer(token) => {
            headers.push(("authorization", format!("Bearer {token}")));
            shown = format!("Authorization: Bearer {token}\n");
            curl_proof = format!(" -H {}", shell(&format!("Authorization: Bearer {token}")));
        }
    }
    let body =
        (!form.is_empty()).then(|| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish());
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let shown_body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let shown_body = shown_body.join("\n");
    let kind = if body.is_some() { "Content-Type: application/x-www-form-urlencoded\n" } else { "" };
    let request =
        format!("{method} {path} HTTP/1.1\nHost: {}\n{shown}{kind}\n{shown_body}", app.config.issuer.authority());
    let fields: Vec<String> = form
        .iter()
        .map(|(name, value)| format!(" \\\n  --data-urlencode {}", shell(&format!("{name}={value}"))))
        .collect();
    let fields = fields.concat();
    let curl = format!("curl{curl_proof}{fields} {}", app.config.issuer.url(path));

    let call = Call { method, path, headers, form: body, address: user.visitor.address };
    let answer = in_process::call(app, call).await;
    let json = serde_json::from_str::<Value>(&answer.body).ok();
    let body = json.as_ref().map_or_else(|| answer.body.clone(), |json| format!("{json:#}"));
    let telling = ["cache-control", "content-type", "retry-after", "www-authenticate", "x-request-id"];
    let headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| telling.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    let headers = headers.concat();
    Exchange {
        title: title.to_owned(),
        request: request.trim_end().to_owned(),
        curl,
        status: answer.status.to_string(),
        is_success: answer.status.is_success(),
        answer: format!("{headers}\n{body}").trim().to_owned(),
        json,
    }
}

/// One word for a shell.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
