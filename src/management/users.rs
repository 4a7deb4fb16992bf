//! Users: accounts, passwords, links, sessions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use url::Url;

use super::account_events::{self, Happened};
use super::{Context, FieldProblem, ManagementError, Outcome, conflict, email, found, letters, note, refuse, sessions};
use crate::clock::Seconds;
use crate::domain::account_event::Kind;
use crate::domain::claims::{PROTOCOL, STANDARD};
use crate::domain::resource_owner::{Email, PasswordHash, ResourceOwner, Role, Username, generate_subject, login_key};
use crate::domain::sentence::{Sentence, sentence};
use crate::secret::{Digest, Secret, SecretKind};
use crate::store::audit_log::Actor;
use crate::store::connection::AnyConnection;
use crate::store::error::unless_taken;
use crate::store::grants;
use crate::store::mails;
use crate::store::one_time_links::{self, Purpose};
use crate::store::resource_owners::{self, Profile};
use crate::store::sessions::Which;

/// Seconds that a set-password link is good for.
pub const LINK_LIFETIME: Seconds = 24 * 60 * 60;
const MAX_CLAIMS: usize = 16 * 1024;
const VERIFIED: &str = "email_verified";

/// An account as somebody typed it.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub username: String,
    pub email: Option<String>,
    /// Whether letters to the address are known to reach the user. Unsaid it stays as it is, and a new address is not.
    pub email_verified: Option<bool>,
    pub name: Option<String>,
    pub role: Role,
    pub claims: Map<String, Value>,
}

/// Creates an account; gives its id. Without a password it needs a link ([`make_link`]).
pub fn create(
    connection: &mut AnyConnection,
    context: &Context,
    new: &NewUser,
    password: Option<&PasswordHash>,
) -> Outcome<String> {
    let mut profile = check(connection, new, None)?;
    say_verified(&mut profile, new.email_verified);
    let id = generate_subject();
    unless_taken(resource_owners::insert(connection, &id, &profile, password, context.now), taken)?;
    let detail = json!({ "username": profile.username.as_str(), "role": profile.role.as_str() });
    note(connection, context, "user.created", &id, detail)?;
    Ok(id)
}

/// Changes an account: as it was at `version`, or as it is, and then whoever else changes it at the same time takes turns.
pub fn update(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    version: Option<i32>,
    changed: &NewUser,
) -> Outcome<()> {
    let owner = find_to_change(connection, id, version, changed.role)?;
    let mut profile = check(connection, changed, Some(id))?;
    let key_before = owner.email.as_deref().map(login_key);
    let is_same_address = profile.email.as_ref().map(Email::key) == key_before;
    let said = changed.email_verified.or_else(|| match profile.claims.get(VERIFIED) {
        // Whoever verified the old address has not seen a new one.
        _ if !is_same_address => Some(false),
        None => Some(owner.is_email_verified()),
        Some(_) => None,
    });
    say_verified(&mut profile, said);
    if owner.is_admin() && profile.role != Role::Admin {
        keep_an_admin(connection, &owner)?;
    }
    let version = version.unwrap_or(owner.version);
    if !unless_taken(resource_owners::update(connection, id, version, &profile, context.now), taken)? {
        return refuse(ManagementError::Outdated);
    }
    let mut detail = json!({ "username": profile.username.as_str(), "changed": changed_members(&owner, &profile) });
    if owner.username != profile.username.as_str() {
        detail["before"] = owner.username.as_str().into();
    }
    note(connection, context, "user.updated", id, detail)?;
    if !is_same_address {
        email::forget(connection, id)?;
        account_events::record(connection, context, id, Happened::of(Kind::EmailChanged))?;
        letters::tell(connection, context, &owner, mails::Kind::EmailChanged)?;
    }
    if profile.role != owner.role {
        role_changed(connection, context, &owner, profile.role)?;
    }
    Ok(())
}

/// The names of what a change of a profile changes, claims among them.
fn changed_members(owner: &ResourceOwner, profile: &Profile) -> Vec<String> {
    let columns = [
        ("username", owner.username != profile.username.as_str()),
        ("email", owner.email.as_deref() != profile.email.as_ref().map(Email::as_str)),
        ("name", owner.name != profile.name),
        ("role", owner.role != profile.role),
    ];
    let mut names: Vec<String> =
        columns.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name.to_owned()).collect();
    let claims: BTreeSet<&String> = owner.claims.keys().chain(profile.claims.keys()).collect();
    let changed = claims.into_iter().filter(|name| owner.claims.get(*name) != profile.claims.get(*name));
    names.extend(changed.cloned());
    names
}

/// The account as it is; without a version it stays so until this transaction ends. Who takes the role away from an admin
/// holds all admins first, in their order, as [`keep_an_admin`] does: no two wait for each other.
fn find_to_change(
    connection: &mut AnyConnection,
    id: &str,
    version: Option<i32>,
    role: Role,
) -> Outcome<ResourceOwner> {
    let owner = find(connection, id)?;
    if version.is_some() {
        return Ok(owner);
    }
    if owner.is_admin() && role != Role::Admin {
        resource_owners::lock_admins(connection)?;
    }
    resource_owners::hold(connection, id)?;
    find(connection, id)
}

/// Gives an account another role.
pub fn set_role(connection: &mut AnyConnection, context: &Context, id: &str, role: Role) -> Outcome<()> {
    let ResourceOwner { username, email, name, claims, version, .. } = find(connection, id)?;
    let same = NewUser { username, email, email_verified: None, name, role, claims };
    update(connection, context, id, Some(version), &same)
}

/// Gives an account another address, or takes it away.
pub fn set_email(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    email: Option<String>,
    is_verified: bool,
) -> Outcome<()> {
    let ResourceOwner { username, name, role, claims, version, .. } = find(connection, id)?;
    let changed = NewUser { username, email, email_verified: Some(is_verified), name, role, claims };
    update(connection, context, id, Some(version), &changed)
}

/// Puts into the claims what is said of the address; without one there is nothing to say.
fn say_verified(profile: &mut Profile, said: Option<bool>) {
    match said {
        Some(true) if profile.email.is_some() => drop(profile.claims.insert(VERIFIED.to_owned(), true.into())),
        Some(_) if profile.claims.get(VERIFIED) == Some(&true.into()) => drop(profile.claims.remove(VERIFIED)),
        _ => {}
    }
}

/// A session is worth what its owner is at each request, so less counts at once. Who may do more signs in again: a browser
/// left open somewhere, a stolen cookie or a token must not rise with its owner, and a link that was made by who may not make
/// one for the new role leads nowhere.
fn role_changed(connection: &mut AnyConnection, context: &Context, owner: &ResourceOwner, role: Role) -> Outcome<()> {
    if role.exceeds(owner.role) {
        grants::revoke_of_owner(connection, &owner.id, None, context.now)?;
        sessions::end(connection, &owner.id, Which::All, context.now)?;
        one_time_links::end_all(connection, &owner.id)?;
        email::forget(connection, &owner.id)?;
        letters::give_up(connection, context, &owner.id, mails::Kind::SetPassword)?;
    }
    let detail = json!({ "username": owner.username, "from": owner.role.as_str(), "to": role.as_str() });
    Ok(note(connection, context, "user.role_changed", &owner.id, detail)?)
}

/// Checks everything at once, so that a form can say it all.
fn check(connection: &mut AnyConnection, new: &NewUser, except: Option<&str>) -> Outcome<Profile> {
    let mut problems = Vec::new();
    let mut refuse_field = |field, problem: Sentence| problems.push(FieldProblem { field, problem });
    let username = Username::parse(&new.username).map_err(|problem| refuse_field("username", problem)).ok();
    let email = new.email.as_deref().filter(|email| !email.trim().is_empty()).map(Email::parse).transpose();
    let email = email.unwrap_or_else(|problem| {
        refuse_field("email", problem);
        None
    });
    let name = new.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    if name.as_ref().is_some_and(|name| name.chars().count() > 200 || name.chars().any(char::is_control)) {
        let problem = sentence!("display-name-malformed", "A name has at most 200 characters and no line breaks.");
        refuse_field("name", problem);
    }
    if let Err(problem) = check_claims(&new.claims) {
        refuse_field("claims", problem);
    }
    for (claim, problem) in misshapen(&new.claims) {
        refuse_field(claim, problem);
    }
    if let Some(username) = &username
        && resource_owners::is_taken(connection, &username.key(), except)?
    {
        refuse_field("username", username_taken());
    }
    if let Some(email) = &email
        && resource_owners::is_taken(connection, &email.key(), except)?
    {
        refuse_field("email", email_taken());
    }
    match username {
        Some(username) if problems.is_empty() => {
            Ok(Profile { username, email, name, role: new.role, claims: new.claims.clone() })
        }
        _ => refuse(ManagementError::Invalid(problems)),
    }
}

/// What [`check`] did not see yet: the database says which of the two columns somebody else has filled alike.
fn taken(said: &str) -> ManagementError {
    let (field, problem) =
        if said.contains("email_key") { ("email", email_taken()) } else { ("username", username_taken()) };
    ManagementError::Invalid(vec![FieldProblem { field, problem }])
}

fn username_taken() -> Sentence {
    sentence!("username-taken", "This name belongs to another account. Choose another.")
}

fn email_taken() -> Sentence {
    sentence!("email-taken", "This address belongs to another account.")
}

/// OpenID Connect Core §5.1 says what the standard claims are; what the protocol itself says is not for accounts to say.
fn check_claims(claims: &Map<String, Value>) -> Result<(), Sentence> {
    if Value::Object(claims.clone()).to_string().len() > MAX_CLAIMS {
        return Err(sentence!("claims-long", "The claims are longer than 16384 bytes."));
    }
    for (name, value) in claims {
        let name = name.as_str();
        if PROTOCOL.contains(&name) {
            return Err(sentence!("claim-of-server", "The server itself says {name}; leave it out.", name = name));
        }
        if name.contains('\0') || value.to_string().contains("\\u0000") {
            return Err(sentence!("claim-zero-byte", "A claim holds a zero byte."));
        }
        let kind = STANDARD.iter().find(|(standard, _)| *standard == name).map(|(_, kind)| *kind);
        if let Some(kind) = kind.filter(|kind| !kind.fits(value)) {
            return Err(kind.demand(name));
        }
    }
    Ok(())
}

/// Standard claims that are of the right kind and yet not what OpenID Connect Core §5.1 says. Clients make links of the
/// addresses, so nothing but http may stand there.
fn misshapen(claims: &Map<String, Value>) -> impl Iterator<Item = (&'static str, Sentence)> {
    let is_wrong = |name: &str, fits: fn(&str) -> bool| {
        claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty() && !fits(text))
    };
    let addresses = ["picture", "website"].into_iter().filter(move |name| is_wrong(name, is_web_address));
    let birthdate = Some("birthdate").filter(|name| is_wrong(name, is_birthdate));
    let addresses =
        addresses.map(|name| (name, sentence!("claim-not-an-address", "Write an address that starts with https://.")));
    addresses.chain(birthdate.map(|name| {
        (name, sentence!("claim-not-a-date", "Write year, month and day, as in 1990-12-31, or only the year."))
    }))
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some())
}

/// `YYYY-MM-DD`, where the year may be 0000 for one that is not told, or `YYYY`.
fn is_birthdate(text: &str) -> bool {
    let is_number = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>()[..] {
        [year] => is_number(year, 4),
        [year, month, day] => {
            is_number(year, 4)
                && is_number(month, 2)
                && is_number(day, 2)
                && ("01"..="12").contains(&month)
                && ("01"..="31").contains(&day)
        }
        _ => false,
    }
}

/// An account as the API and the command line show it.
pub fn describe(owner: &ResourceOwner) -> Value {
    json!({
        "id": owner.id,
        "username": owner.username,
        "email": owner.email,
        "name": owner.name,
        "role": owner.role.as_str(),
        "claims": owner.claims,
        "enabled": owner.is_enabled(),
        "created_at": owner.created_at,
        "updated_at": owner.updated_at,
        "last_login_at": owner.last_login_at,
        "has_password": owner.password.is_some(),
        "version": owner.version,
    })
}

pub(super) fn find(connection: &mut AnyConnection, id: &str) -> Outcome<ResourceOwner> {
    match resource_owners::find(connection, id)? {
        Some(owner) => Ok(owner),
        None => refuse(ManagementError::NotFound),
    }
}

/// Without an admin nobody could let anybody in again.
fn keep_an_admin(connection: &mut AnyConnection, owner: &ResourceOwner) -> Outcome<()> {
    if owner.is_admin() && resource_owners::lock_admins(connection)? == [owner.id.as_str()] {
        return conflict(sentence!(
            "user-last-admin",
            "This is the only administrator left. Make another account administrator first."
        ));
    }
    Ok(())
}

/// Disables or enables an account. Disabled, its sessions and its set-password links end, and its tokens are refused
/// everywhere.
pub fn set_disabled(connection: &mut AnyConnection, context: &Context, id: &str, is_disabled: bool) -> Outcome<()> {
    let owner = find(connection, id)?;
    if is_disabled {
        keep_an_admin(connection, &owner)?;
    }
    // First, so that no sign-in goes through that the rest would not find.
    found(resource_owners::set_disabled(connection, id, is_disabled.then_some(context.now))?)?;
    if is_disabled {
        sessions::end(connection, id, Which::All, context.now)?;
        one_time_links::end_all(connection, id)?;
        email::forget(connection, id)?;
    }
    let action = if is_disabled { "user.disabled" } else { "user.enabled" };
    Ok(note(connection, context, action, id, json!({ "username": owner.username }))?)
}

/// Sets a password. Whoever knew the old one is out: sessions end but the one to keep, all grants are revoked, links to set
/// another end, and an address that waits to be confirmed does no more.
pub fn set_password(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    password: &PasswordHash,
    keep_session: Option<&str>,
) -> Outcome<()> {
    let owner = find(connection, id)?;
    found(resource_owners::set_password(connection, id, password, context.now)?)?;
    grants::revoke_of_owner(connection, id, None, context.now)?;
    sessions::end(connection, id, Which::all_but(keep_session), context.now)?;
    one_time_links::end_all(connection, id)?;
    email::forget(connection, id)?;
    account_events::record(connection, context, id, Happened::of(Kind::PasswordChanged))?;
    letters::tell(connection, context, &owner, mails::Kind::PasswordChanged)?;
    Ok(note(connection, context, "user.password_set", id, json!({}))?)
}

/// Refuses what the owner of an account asked for when its password was another one: such a request may still be under way.
/// The account stays as it is until this transaction ends.
pub fn unless_password_changed(connection: &mut AnyConnection, owner: &ResourceOwner) -> Outcome<()> {
    resource_owners::hold(connection, &owner.id)?;
    let text = |owner: &ResourceOwner| owner.password.as_ref().map(|password| password.as_str().to_owned());
    if text(&find(connection, &owner.id)?) != text(owner) {
        return refuse(ManagementError::Outdated);
    }
    Ok(())
}

/// Whether a link is still with the account's owner: whoever reads what was the account's address has no claim to it now.
pub fn reaches(owner: &ResourceOwner, mailed_to: Option<&String>) -> bool {
    mailed_to.is_none_or(|address| owner.email.as_deref().map(login_key) == Some(login_key(address)))
}

/// Uses a link up to set a password. One that came by mail proves the address that it came to.
pub fn set_password_by_link(
    connection: &mut AnyConnection,
    context: &Context,
    link: &Digest,
    password: &PasswordHash,
) -> Outcome<()> {
    let Some(Purpose::SetPassword { owner_id, mailed_to }) = one_time_links::redeem(connection, link, context.now)?
    else {
        return refuse(ManagementError::NotFound);
    };
    let owner = find(connection, &owner_id)?;
    if !reaches(&owner, mailed_to.as_ref()) {
        return refuse(ManagementError::NotFound);
    }
    set_password(connection, context, &owner_id, password, None)?;
    match mailed_to {
        Some(address) => email::prove(connection, context, &owner_id, &address),
        None => Ok(()),
    }
}

/// Whoever makes a link could use it, so nobody makes one for an account that may do more than they.
pub(super) fn may_link(connection: &mut AnyConnection, context: &Context, owner: &ResourceOwner) -> Outcome<()> {
    if owner.role != Role::User
        && let Actor::Owner(name) = &context.actor
        && !resource_owners::find_by_login(connection, &login_key(name))?.is_some_and(|actor| actor.is_admin())
    {
        return conflict(sentence!(
            "user-link-not-allowed",
            "Only an administrator makes links for those who work in the console. Ask one."
        ));
    }
    Ok(())
}

/// Makes a one-time link with which the account's owner sets a password; earlier ones end. Gives its token, shown once.
pub fn make_link(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<String> {
    let owner = find(connection, id)?;
    may_link(connection, context, &owner)?;
    let secret = Secret::generate(SecretKind::OneTimeLink);
    letters::give_up(connection, context, id, mails::Kind::SetPassword)?;
    let purpose = Purpose::SetPassword { owner_id: owner.id, mailed_to: None };
    one_time_links::replace(connection, &secret.digest(), &purpose, context.now, context.now + LINK_LIFETIME)?;
    note(connection, context, "user.link_made", id, json!({ "username": owner.username }))?;
    Ok(secret.expose().to_owned())
}

/// Puts a letter with a link to choose a password in the queue; earlier links end. Gives the address that it goes to.
pub fn mail_link(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<String> {
    let owner = find(connection, id)?;
    let Some(address) = owner.email.clone() else {
        return conflict(sentence!(
            "user-no-address",
            "This account has no e-mail address. Hand the link over instead."
        ));
    };
    // The link itself is made when the letter is sent; whoever may not make one may not send one.
    make_link(connection, context, id)?;
    letters::tell(connection, context, &owner, mails::Kind::SetPassword)?;
    Ok(address)
}

/// Deletes an account with everything it gave. Its identifier is never given to anybody else.
pub fn delete(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    let owner = find(connection, id)?;
    keep_an_admin(connection, &owner)?;
    sessions::end(connection, id, Which::All, context.now)?;
    found(resource_owners::delete(connection, id)?)?;
    Ok(note(connection, context, "user.deleted", id, json!({ "username": owner.username }))?)
}

/// Ends one session.
pub fn end_session(connection: &mut AnyConnection, context: &Context, id: &str, session: &str) -> Outcome<()> {
    found(sessions::end_one(connection, context, id, session)?.sessions == 1)
}

/// Signs out everywhere: all sessions but the one to keep, and all applications.
pub fn end_all_sessions(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    keep: Option<&str>,
) -> Outcome<()> {
    resource_owners::hold(connection, id)?;
    find(connection, id)?;
    let grants = grants::revoke_of_owner(connection, id, None, context.now)?;
    let ended = sessions::end(connection, id, Which::all_but(keep), context.now)?.sessions;
    email::forget(connection, id)?;
    account_events::record(connection, context, id, Happened::of(Kind::SignedOutOthers))?;
    Ok(note(connection, context, "session.all_ended", id, json!({ "sessions": ended, "grants": grants }))?)
}
