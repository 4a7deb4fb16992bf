//! Reading a file: all that is wrong at once, each with where it stands and what to write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Document, FORMAT, VERSION};
use crate::domain::branding::Logo;
use crate::domain::client::TokenFormat;
use crate::domain::sentence::{Sentence, sentence};
use crate::management::settings::check;

/// Most problems that are told at once.
const MOST_PROBLEMS: usize = 20;

/// What is wrong, and where: `clients["c_1"].secrets[0].sha256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub problem: Sentence,
}

impl Problem {
    pub fn new(path: impl Into<String>, problem: Sentence) -> Self {
        Self { path: path.into(), problem }
    }

    /// As one sentence.
    pub fn sentence(&self) -> Sentence {
        sentence!("import-problem", "{path}: {problem}", path = self.path.as_str(), problem = self.problem.clone())
    }
}

/// Reads a configuration. The metadata of clients are checked when they are imported, against the scopes of then.
pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let problem = sentence!(
            "import-no-json",
            "This is no JSON. Send a file that `grantor export` wrote, whole and unchanged but for values."
        );
        vec![Problem::new(format!("line {}, column {}", error.line(), error.column()), problem)]
    })?;
    let mut reader = Reader::default();
    let document = reader.document(&value);
    match document {
        Some(document) if reader.problems.is_empty() => Ok(document),
        _ => {
            reader.problems.truncate(MOST_PROBLEMS);
            Err(reader.problems)
        }
    }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn note(&mut self, path: impl Into<String>, problem: Sentence) {
        self.problems.push(Problem::new(path, problem));
    }

    fn document(&mut self, value: &Value) -> Option<Document> {
        let file = self.object("$", value, &["format", "version", "settings", "scopes", "resources", "clients"])?;
        if file.get("format") != Some(&json!(FORMAT)) {
            self.note(
                "format",
                sentence!(
                    "import-format",
                    "Write {format}, if that is what this file is.",
                    format = format!("\"{FORMAT}\"")
                ),
            );
            return None;
        }
        match file.get("version").and_then(Value::as_i64) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                self.note(
                    "version",
                    sentence!(
                        "import-newer",
                        "A newer Grantor wrote version {version} of this file; this one reads up to {known}. Update this \
                         one first.",
                        version = version.to_string(),
                        known = VERSION.to_string()
                    ),
                );
                return None;
            }
            _ => {
                self.note("version", sentence!("import-version", "Write {known}.", known = VERSION.to_string()));
                return None;
            }
        }
        let part = |reader: &mut Self, name: &str, read: fn(&mut Self, &str, &Value) -> Option<Value>| {
            let Some(all) = file.get(name) else { return BTreeMap::new() };
            let Some(all) = reader.map(name, all) else { return BTreeMap::new() };
            let entry = |(key, value): (&String, &Value)| Some((key.clone(), read(reader, &at(name, key), value)?));
            all.iter().filter_map(entry).collect::<BTreeMap<String, Value>>()
        };
        let scopes = part(self, "scopes", Self::scope);
        let resources = part(self, "resources", Self::resource);
        let clients = part(self, "clients", Self::client);
        let settings = part(self, "settings", Self::setting);
        let settings: BTreeMap<String, String> =
            settings.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
        for (name, value) in &settings {
            if let Err(problem) = check(name, value) {
                self.note(at("settings", name), problem);
            }
        }
        Some(Document { settings, scopes, resources, clients })
    }

    /// Numbers and switches may be written as such.
    fn setting(&mut self, path: &str, value: &Value) -> Option<Value> {
        match value {
            Value::String(_) => Some(value.clone()),
            Value::Number(number) => Some(number.to_string().into()),
            Value::Bool(switch) => Some(switch.to_string().into()),
            _ => {
                self.note(path, sentence!("import-setting", "Write a string or a number, or leave the setting out."));
                None
            }
        }
    }

    fn scope(&mut self, path: &str, value: &Value) -> Option<Value> {
        let scope = self.object(path, value, &["description", "default", "claims"])?;
        let description = self.text(path, scope, "description")?;
        let is_default = self.switch(path, scope, "default", false)?;
        let mut claims = Vec::new();
        for claim in self.texts(path, scope, "claims")?.unwrap_or_default() {
            if !claims.contains(&claim) {
                claims.push(claim);
            }
        }
        Some(json!({ "description": description, "default": is_default, "claims": claims }))
    }

    fn resource(&mut self, path: &str, value: &Value) -> Option<Value> {
        let resource = self.object(path, value, &["name", "scopes", "token_format", "introspected_by"])?;
        let name = self.text(path, resource, "name")?;
        // As they are stored, or an import would find a difference each time.
        let scopes: Option<BTreeSet<String>> = self.texts(path, resource, "scopes")?.map(BTreeSet::from_iter);
        if scopes.as_ref().is_some_and(BTreeSet::is_empty) {
            let problem =
                sentence!("import-no-scopes", "An empty list would mean none. Name the scopes, or write null for all.");
            self.note(format!("{path}.scopes"), problem);
            return None;
        }
        let introspected_by = self.texts(path, resource, "introspected_by")?.unwrap_or_default();
        let token_format = match resource.get("token_format") {
            None | Some(Value::Null) => None,
            Some(format) => {
                let Some(format) = format.as_str().and_then(TokenFormat::from_wire) else {
                    let problem = sentence!("import-token-format", "Write \"opaque\", \"jwt\" or null.");
                    self.note(format!("{path}.token_format"), problem);
                    return None;
                };
                Some(format.as_str())
            }
        };
        Some(
            json!({ "name": name, "scopes": scopes, "token_format": token_format, "introspected_by": introspected_by }),
        )
    }

    fn client(&mut self, path: &str, value: &Value) -> Option<Value> {
        let client = self.object(path, value, &["enabled", "logo", "metadata", "secrets"])?;
        let is_enabled = self.switch(path, client, "enabled", true)?;
        let metadata = client.get("metadata").unwrap_or(&Value::Null);
        let metadata = self.map(&format!("{path}.metadata"), metadata)?.clone();
        let none = Vec::new();
        let secrets = match client.get("secrets") {
            None | Some(Value::Null) => &none,
            Some(Value::Array(secrets)) => secrets,
            Some(_) => {
                self.note(format!("{path}.secrets"), sentence!("import-list", "Write a list: […]."));
                return None;
            }
        };
        let mut digests = Vec::new();
        for (index, secret) in secrets.iter().enumerate() {
            digests.push(self.secret(&format!("{path}.secrets[{index}]"), secret)?);
        }
        let mut client_read = json!({ "enabled": is_enabled, "metadata": metadata, "secrets": digests });
        // Without the member the picture that is here stays: files of earlier versions have none.
        if let Some(logo) = client.get("logo") {
            let problem = logo.as_str().map(Logo::of_client_from_text).and_then(Result::err);
            let is_text = logo.is_null() || logo.is_string();
            if let Some(problem) =
                problem.or((!is_text).then(|| sentence!("import-logo", "Write a picture in base64, or null for none.")))
            {
                self.note(format!("{path}.logo"), problem);
                return None;
            }
            client_read["logo"] = logo.clone();
        }
        Some(client_read)
    }

    fn secret(&mut self, path: &str, value: &Value) -> Option<Value> {
        let secret = self.object(path, value, &["sha256", "expires_at"])?;
        let digest = secret.get("sha256").and_then(Value::as_str).unwrap_or_default();
        if digest.len() != 64 || !digest.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            let problem = sentence!(
                "import-digest",
                "Write the secret's SHA-256 as 64 hexadecimal digits in lower case, never the secret itself."
            );
            self.note(format!("{path}.sha256"), problem);
            return None;
        }
        let expires_at = secret.get("expires_at").unwrap_or(&Value::Null);
        if !expires_at.is_null() && expires_at.as_i64().is_none_or(|at| at < 0) {
            let problem = sentence!("import-time", "Write seconds since the epoch, or null for never.");
            self.note(format!("{path}.expires_at"), problem);
            return None;
        }
        Some(json!({ "sha256": digest, "expires_at": expires_at }))
    }

    fn map<'a>(&mut self, path: &str, value: &'a Value) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.note(path, sentence!("import-object", "Write an object: {example}.", example = "{…}"));
            return None;
        };
        Some(object)
    }

    /// An object with these members and no other.
    fn object<'a>(&mut self, path: &str, value: &'a Value, members: &[&str]) -> Option<&'a Map<String, Value>> {
        let object = self.map(path, value)?;
        for member in object.keys().filter(|member| !members.contains(&member.as_str())) {
            let problem = sentence!(
                "import-unknown",
                "This member is not known here. Write one of {members}, or leave it out.",
                members = members.join(", ")
            );
            self.note(if path == "$" { member.clone() } else { format!("{path}.{member}") }, problem);
        }
        Some(object)
    }

    fn text(&mut self, path: &str, object: &Map<String, Value>, member: &str) -> Option<String> {
        let text = object.get(member).and_then(Value::as_str);
        if text.is_none() {
            self.note(format!("{path}.{member}"), sentence!("import-text", "Write a string."));
        }
        text.map(|text| text.trim().to_owned())
    }

    fn switch(&mut self, path: &str, object: &Map<String, Value>, member: &str, default: bool) -> Option<bool> {
        let switch = object.get(member).map_or(Some(default), Value::as_bool);
        if switch.is_none() {
            self.note(format!("{path}.{member}"), sentence!("import-switch", "Write true or false."));
        }
        switch
    }

    /// A list of strings; `Some(None)` when it is absent.
    #[expect(clippy::option_option, reason = "the outer one says whether it is right, as everywhere here")]
    fn texts(&mut self, path: &str, object: &Map<String, Value>, member: &str) -> Option<Option<Vec<String>>> {
        let list = match object.get(member) {
            None | Some(Value::Null) => return Some(None),
            Some(list) => list.as_array(),
        };
        let texts =
            list.and_then(|list| list.iter().map(|each| each.as_str().map(str::to_owned)).collect::<Option<_>>());
        if texts.is_none() {
            self.note(format!("{path}.{member}"), sentence!("import-texts", "Write a list of strings."));
        }
        texts.map(Some)
    }
}

/// Where something of this name stands.
pub fn at(part: &str, name: &str) -> String {
    format!("{part}[{}]", Value::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(text).unwrap_err().iter().map(|problem| problem.sentence().to_string()).collect()
    }

    fn file(rest: &str) -> String {
        format!("{{\"format\": \"{FORMAT}\", \"version\": 1{rest}}}")
    }

    #[test]
    fn an_empty_configuration_is_one() {
        assert_eq!(parse(&file("")).unwrap(), Document::default());
        let document = Document::default();
        assert_eq!(parse(&document.to_text()).unwrap(), document);
    }

    #[test]
    fn what_is_wrong_is_said_with_where_it_stands() {
        assert!(problems("{\"format\":")[0].starts_with("line 1, column 10: This is no JSON."));
        assert_eq!(problems("[]"), ["$: Write an object: {…}."]);
        assert_eq!(problems("{}"), ["format: Write \"grantor-configuration\", if that is what this file is."]);
        let newer = file("").replace(": 1", ": 2");
        assert_eq!(
            problems(&newer),
            ["version: A newer Grantor wrote version 2 of this file; this one reads up to 1. Update this one first."]
        );
        let many = file(
            r#", "colour": 1, "settings": {"tokens.code_lifetime": 9000, "limits.luck": "7"},
               "scopes": {"a": {"description": 1}, "b": {"description": "B", "default": "yes"}},
               "resources": {"urn:x": {"name": "X", "token_format": "paper"}, "urn:y": {"name": "Y", "scopes": []}},
               "clients": {"c_1": {"metadata": {}, "secrets": [{"sha256": "gcs_secret"}]}, "c_2": []}"#,
        );
        let told = problems(&many);
        for expected in [
            "colour: This member is not known here. Write one of format, version, settings, scopes, resources, clients, or leave it out.",
            "settings[\"tokens.code_lifetime\"]: `9000` is out of range; write a whole number from 1 to 600 (seconds)",
            "settings[\"limits.luck\"]: There is no setting called limits.luck.",
            "scopes[\"a\"].description: Write a string.",
            "scopes[\"b\"].default: Write true or false.",
            "resources[\"urn:x\"].token_format: Write \"opaque\", \"jwt\" or null.",
            "resources[\"urn:y\"].scopes: An empty list would mean none. Name the scopes, or write null for all.",
            "clients[\"c_1\"].secrets[0].sha256: Write the secret's SHA-256 as 64 hexadecimal digits in lower case, never the secret itself.",
            "clients[\"c_2\"]: Write an object: {…}.",
        ] {
            assert!(told.iter().any(|each| each == expected), "{expected}\n{told:#?}");
        }
        assert_eq!(told.len(), 9, "{told:#?}");
    }
}
