//! What an admin may say about a user: the same when creating and when editing.

use serde_json::{Map, Value};

use crate::domain::resource_owner::{ResourceOwner, Role};
use crate::management::users::NewUser;
use crate::protocol::parameters::Parameters;
use crate::web::admin::outdated::Difference;
use crate::web::page::{Choice, FormErrors};
use crate::web::person::{self, Field};

/// What an admin may say about a user.
pub struct UserForm {
    pub username: String,
    pub email: String,
    /// Whether letters to the address are known to reach the user.
    pub email_verified: bool,
    pub display_name: String,
    pub role: Role,
    /// To choose the role from.
    pub roles: Vec<Choice>,
    /// Claims that have a field of their own.
    pub person: Vec<Field>,
    /// A JSON object of further claims; empty for none.
    pub claims: String,
    /// How many claims there are; the closed group says so.
    pub claim_count: i64,
}

impl UserForm {
    /// Nothing filled in.
    pub fn empty() -> Self {
        Self {
            username: String::new(),
            email: String::new(),
            email_verified: false,
            display_name: String::new(),
            role: Role::User,
            roles: role_choices(Role::User),
            person: person::take(&mut Map::new()),
            claims: String::new(),
            claim_count: 0,
        }
    }

    pub fn of(owner: &ResourceOwner) -> Self {
        let mut further = owner.claims.clone();
        if owner.is_email_verified() {
            further.remove("email_verified");
        }
        let person = person::take(&mut further);
        let claims = serde_json::to_string_pretty(&further).unwrap_or_default();
        Self {
            username: owner.username.clone(),
            email: owner.email.clone().unwrap_or_default(),
            email_verified: owner.is_email_verified(),
            display_name: owner.name.clone().unwrap_or_default(),
            role: owner.role,
            roles: role_choices(owner.role),
            person,
            claims: if further.is_empty() { String::new() } else { claims },
            claim_count: i64::try_from(further.len()).unwrap_or(i64::MAX),
        }
    }

    /// As somebody filled it in; who says nothing about the role leaves it as it is.
    pub fn read(form: &Parameters, role: Role) -> Self {
        let role = form.get("role").and_then(Role::parse).unwrap_or(role);
        let field = |name| form.get(name).unwrap_or_default().to_owned();
        let claims = field("claims");
        let claim_count = parse_claims(&claims).map_or(1, |claims| i64::try_from(claims.len()).unwrap_or(i64::MAX));
        Self {
            username: field("username"),
            email: field("email"),
            email_verified: !field("email_verified").is_empty(),
            display_name: field("display_name"),
            role,
            roles: role_choices(role),
            person: person::read(form),
            claims,
            claim_count,
        }
    }

    /// What it asks of an account, or of a new one; the error is about the claims.
    pub fn account(&self, before: Option<&ResourceOwner>) -> Result<NewUser, String> {
        let mut claims = parse_claims(&self.claims)?;
        person::put(&self.person, &mut claims);
        Ok(NewUser {
            username: self.username.clone(),
            email: Some(self.email.clone()).filter(|email| !email.trim().is_empty()),
            email_verified: self.says_verified(before),
            name: Some(self.display_name.clone()).filter(|name| !name.trim().is_empty()),
            role: self.role,
            claims,
        })
    }

    /// A tick that was there before another address was typed is about the address of before.
    fn says_verified(&self, before: Option<&ResourceOwner>) -> Option<bool> {
        let was_ticked = before.is_some_and(ResourceOwner::is_email_verified);
        (!(self.email_verified && was_ticked)).then_some(self.email_verified)
    }

    /// The role in words.
    pub fn role_label(&self) -> String {
        role_label(self.role)
    }

    /// How many claims with a field of their own are set.
    pub fn person_count(&self) -> usize {
        self.person.iter().filter(|field| field.is_set()).count()
    }

    /// Whether there is something about the person to be seen.
    pub fn is_person_open(&self, errors: &FormErrors) -> bool {
        self.person.iter().any(|field| field.is_set() || errors.of(field.claim.name).is_some())
    }

    /// Each field as it was typed here and as it is in `stored`.
    pub fn differences(&self, stored: &Self) -> Vec<Difference> {
        // A browser ends lines its own way; what counts is what they say.
        let claims = |text: &str| {
            parse_claims(text)
                .ok()
                .filter(|claims| !claims.is_empty())
                .map_or_else(String::new, |claims| Value::Object(claims).to_string())
        };
        let person = self.person.iter().zip(&stored.person);
        let person = person.map(|(typed, stored)| (typed.claim.name, typed.words(), stored.words()));
        let account = [
            ("username", self.username.clone(), stored.username.clone()),
            ("email", self.email.clone(), stored.email.clone()),
            ("email_verified", yes(self.email_verified), yes(stored.email_verified)),
            ("display_name", self.display_name.clone(), stored.display_name.clone()),
            ("role", role_label(self.role), role_label(stored.role)),
            ("claims", claims(&self.claims), claims(&stored.claims)),
        ];
        account.into_iter().chain(person).collect()
    }
}

fn yes(is_checked: bool) -> String {
    if is_checked { t!("yes") } else { String::new() }
}

/// What pages call a role.
pub fn role_label(role: Role) -> String {
    match role {
        Role::User => t!("user"),
        Role::Auditor => t!("role-auditor"),
        Role::Support => t!("role-support"),
        Role::Admin => t!("administrator"),
    }
}

pub fn role_choices(chosen: Role) -> Vec<Choice> {
    let help = |role| match role {
        Role::User => t!("role-user-help"),
        Role::Auditor => t!("role-auditor-help"),
        Role::Support => {
            t!("role-support-help")
        }
        Role::Admin => t!("role-admin-help"),
    };
    Role::ALL.map(|role| Choice::new(role.as_str(), role_label(role), help(role), role == chosen)).into()
}

fn parse_claims(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|_| t!("user-claims-malformed"))
}
