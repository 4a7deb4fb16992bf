//! Table `resource_owners`.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::domain::resource_owner::{Email, PasswordHash, ResourceOwner, Role, Username};
use crate::store::connection::{AnyConnection, lock_rows, on_backend, scan};
use crate::store::error::StoreError;
use crate::store::paging::{Place, in_order};
use crate::store::schema::resource_owners;
use crate::store::search::{self, Found};

#[derive(Clone, Queryable)]
pub(super) struct Row {
    id: String,
    username: String,
    username_key: String,
    email: Option<String>,
    _email_key: Option<String>,
    name: Option<String>,
    password_hash: Option<String>,
    role: String,
    claims: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    disabled_at: Option<Timestamp>,
    password_changed_at: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
    version: i32,
    _name_key: Option<String>,
    language: Option<String>,
}

#[cfg(feature = "postgres")]
impl Row {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl TryFrom<Row> for ResourceOwner {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let claims = serde_json::from_str(&row.claims)
            .map_err(|error| StoreError::Corrupt(format!("the claims of user {}: {error}", row.id)))?;
        Ok(Self {
            id: row.id,
            username: row.username,
            email: row.email,
            name: row.name,
            password: row.password_hash.map(PasswordHash::from_stored),
            role: Role::from_stored(&row.role),
            claims,
            created_at: row.created_at,
            updated_at: row.updated_at,
            disabled_at: row.disabled_at,
            password_changed_at: row.password_changed_at,
            last_login_at: row.last_login_at,
            language: row.language,
            version: row.version,
        })
    }
}

/// Narrows a boxed query to a place in the list by username, and orders it from the side it is asked from.
macro_rules! in_place {
    ($query:expr, $place:expr) => {
        match $place {
            Place::Top => $query.order(resource_owners::username_key.asc()),
            Place::After(key) => {
                $query.filter(resource_owners::username_key.gt(key.clone())).order(resource_owners::username_key.asc())
            }
            Place::Before(key) => {
                $query.filter(resource_owners::username_key.lt(key.clone())).order(resource_owners::username_key.desc())
            }
        }
    };
}

/// What a resource owner is made of or changed to.
#[derive(Clone, Debug)]
pub struct Profile {
    pub username: Username,
    pub email: Option<Email>,
    pub name: Option<String>,
    pub role: Role,
    pub claims: Map<String, Value>,
}

pub fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<ResourceOwner>, StoreError> {
    let row = on_backend!(connection, |c| resource_owners::table.find(id).get_result::<Row>(c).optional())?;
    row.map(TryInto::try_into).transpose()
}

/// The resource owner whose username or e-mail address has this key
/// ([`login_key`](crate::domain::resource_owner::login_key)).
pub fn find_by_login(connection: &mut AnyConnection, key: &str) -> Result<Option<ResourceOwner>, StoreError> {
    let row = resource_owners::table
        .filter(resource_owners::username_key.eq(key).or(resource_owners::email_key.eq(key)))
        .first::<Row>(connection)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// A page of resource owners by username. The key is that of the username
/// ([`login_key`](crate::domain::resource_owner::login_key)).
pub fn list(
    connection: &mut AnyConnection,
    place: &Place<String>,
    limit: i64,
) -> Result<Vec<ResourceOwner>, StoreError> {
    let query = resource_owners::table.limit(limit).into_boxed();
    let query = in_place!(query, place);
    let rows = in_order(query.load::<Row>(connection)?, place);
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What a search looks at.
type Texts = (String, Option<String>, Option<String>);

/// Those whose username, e-mail address or name begins with `text`, or else holds it somewhere, whatever its case.
pub fn search(
    connection: &mut AnyConnection,
    text: &str,
    place: &Place<String>,
    limit: i64,
) -> Result<Found<ResourceOwner, String>, StoreError> {
    let (text, most) = (text.to_lowercase(), usize::try_from(limit).unwrap_or_default());
    let mut keys = Some(Vec::new());
    for column in ["username_key", "email_key", "name_key"] {
        let (table, sought) = (("resource_owners", column), ("CAST(0 AS BIGINT)", "username_key"));
        let begin = search::beginning_with(connection, table, sought, &text)?;
        keys = keys.zip(begin).map(|(keys, begin)| [keys, begin].concat());
    }
    // The lengths of the three are bounded each, and many in one of them is many.
    if let Some(mut keys) = keys.map(|keys| keys.into_iter().map(|(_, key)| key).collect::<Vec<_>>())
        && !keys.is_empty()
    {
        keys.sort_unstable();
        keys.dedup();
        let items = with_keys(connection, &search::page(&keys, place, most))?;
        return Ok(Found { items, stopped_at: None });
    }
    let step = |place: &Place<String>| {
        let query = resource_owners::table
            .select((resource_owners::username_key, resource_owners::email_key, resource_owners::name_key))
            .limit(search::STEP)
            .into_boxed();
        in_place!(query, place).load::<Texts>(connection)
    };
    let holds = |(username, email, name): &Texts| {
        let texts = [Some(username), email.as_ref(), name.as_ref()];
        texts.into_iter().flatten().any(|each| each.contains(&text))
    };
    let found = search::walk(place, most, step, |(username, ..)| username.clone(), holds)?;
    let items = with_keys(connection, &in_order(found.items, place))?;
    Ok(Found { items, stopped_at: found.stopped_at })
}

/// The resource owners with these keys of usernames, in their order.
fn with_keys(connection: &mut AnyConnection, keys: &[String]) -> Result<Vec<ResourceOwner>, StoreError> {
    let rows = resource_owners::table.filter(resource_owners::username_key.eq_any(keys)).load::<Row>(connection)?;
    let mut by_key: HashMap<String, Row> = rows.into_iter().map(|row| (row.username_key.clone(), row)).collect();
    keys.iter().filter_map(|key| by_key.remove(key)).map(TryInto::try_into).collect()
}

/// Whether there is an admin who can sign in or could be given a link.
pub fn any_admin(connection: &mut AnyConnection) -> QueryResult<bool> {
    let admins = resource_owners::table
        .filter(resource_owners::role.eq(Role::Admin.as_str()))
        .filter(resource_owners::disabled_at.is_null());
    scan(connection, |connection| diesel::select(diesel::dsl::exists(admins)).get_result(connection))
}

/// The ids of the enabled admins, who stay what they are until this transaction ends: of two that would each take away the
/// other's last companion, the second waits here and sees what the first did.
pub fn lock_admins(connection: &mut AnyConnection) -> QueryResult<Vec<String>> {
    let admins = resource_owners::table
        .filter(resource_owners::role.eq(Role::Admin.as_str()))
        .filter(resource_owners::disabled_at.is_null())
        .order(resource_owners::id)
        .select(resource_owners::id);
    lock_rows!(connection, admins)
}

/// Takes an account's row until this transaction ends, so that no sign-in and no other change goes through meanwhile. What
/// belongs to the account may still be added: whoever adds it may hold what this transaction waits for.
pub fn hold(connection: &mut AnyConnection, id: &str) -> QueryResult<()> {
    let row = resource_owners::table.filter(resource_owners::id.eq(id)).select(resource_owners::id);
    let held: Vec<String> = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => row.load(c)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => row.for_no_key_update().load(c)?,
    };
    drop(held);
    Ok(())
}

/// Whether another account than `except` has this login key as its username or e-mail address.
pub fn is_taken(connection: &mut AnyConnection, key: &str, except: Option<&str>) -> QueryResult<bool> {
    let id = resource_owners::table
        .filter(resource_owners::username_key.eq(key).or(resource_owners::email_key.eq(key)))
        .filter(resource_owners::id.ne(except.unwrap_or_default()))
        .select(resource_owners::id)
        .first::<String>(connection)
        .optional()?;
    Ok(id.is_some())
}

/// Creates an account; a unique violation when the username or the address is taken.
pub fn insert(
    connection: &mut AnyConnection,
    id: &str,
    profile: &Profile,
    password: Option<&PasswordHash>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(resource_owners::table)
        .values((
            resource_owners::id.eq(id),
            columns(profile),
            resource_owners::password_hash.eq(password.map(PasswordHash::as_str)),
            resource_owners::created_at.eq(now),
            resource_owners::updated_at.eq(now),
            resource_owners::password_changed_at.eq(password.map(|_| now)),
            resource_owners::version.eq(1),
        ))
        .execute(connection)?;
    Ok(())
}

/// Changes the profile; false when the account is gone or somebody changed it since `version`, a unique violation when the
/// username or the address is taken.
pub fn update(
    connection: &mut AnyConnection,
    id: &str,
    version: i32,
    profile: &Profile,
    now: Timestamp,
) -> QueryResult<bool> {
    let changed = diesel::update(resource_owners::table.find(id).filter(resource_owners::version.eq(version)))
        .set((columns(profile), resource_owners::updated_at.eq(now), resource_owners::version.eq(version + 1)))
        .execute(connection)?;
    Ok(changed == 1)
}

type Columns<'a> = (
    diesel::dsl::Eq<resource_owners::username, &'a str>,
    diesel::dsl::Eq<resource_owners::username_key, String>,
    diesel::dsl::Eq<resource_owners::email, Option<&'a str>>,
    diesel::dsl::Eq<resource_owners::email_key, Option<String>>,
    diesel::dsl::Eq<resource_owners::name, Option<&'a str>>,
    diesel::dsl::Eq<resource_owners::name_key, Option<String>>,
    diesel::dsl::Eq<resource_owners::role, &'static str>,
    diesel::dsl::Eq<resource_owners::claims, String>,
);

fn columns(profile: &Profile) -> Columns<'_> {
    (
        resource_owners::username.eq(profile.username.as_str()),
        resource_owners::username_key.eq(profile.username.key()),
        resource_owners::email.eq(profile.email.as_ref().map(Email::as_str)),
        resource_owners::email_key.eq(profile.email.as_ref().map(Email::key)),
        resource_owners::name.eq(profile.name.as_deref()),
        resource_owners::name_key.eq(profile.name.as_deref().map(str::to_lowercase)),
        resource_owners::role.eq(profile.role.as_str()),
        resource_owners::claims.eq(Value::Object(profile.claims.clone()).to_string()),
    )
}

/// Gives an account a new password; false when there is no such account.
pub fn set_password(
    connection: &mut AnyConnection,
    id: &str,
    hash: &PasswordHash,
    now: Timestamp,
) -> QueryResult<bool> {
    let changed = diesel::update(resource_owners::table.find(id))
        .set((
            resource_owners::password_hash.eq(hash.as_str()),
            resource_owners::password_changed_at.eq(now),
            resource_owners::version.eq(resource_owners::version + 1),
        ))
        .execute(connection)?;
    Ok(changed == 1)
}

/// Gives an account an address that is known to be its owner's; false when somebody changed the account meanwhile.
pub fn set_verified_email(
    connection: &mut AnyConnection,
    owner: &ResourceOwner,
    email: &Email,
    now: Timestamp,
) -> QueryResult<bool> {
    let mut claims = owner.claims.clone();
    claims.insert("email_verified".to_owned(), true.into());
    let same = resource_owners::table.find(&owner.id).filter(resource_owners::version.eq(owner.version));
    let changed = diesel::update(same)
        .set((
            resource_owners::email.eq(email.as_str()),
            resource_owners::email_key.eq(email.key()),
            resource_owners::claims.eq(Value::Object(claims).to_string()),
            resource_owners::updated_at.eq(now),
            resource_owners::version.eq(owner.version + 1),
        ))
        .execute(connection)?;
    Ok(changed == 1)
}

/// Stores the same password hashed with another cost, unless it was changed meanwhile.
pub fn rehash(connection: &mut AnyConnection, id: &str, old: &PasswordHash, new: &PasswordHash) -> QueryResult<()> {
    diesel::update(resource_owners::table.find(id).filter(resource_owners::password_hash.eq(old.as_str().to_owned())))
        .set(resource_owners::password_hash.eq(new.as_str()))
        .execute(connection)?;
    Ok(())
}

/// Notes a sign-in with a password, and in which language, where that is the owner's own. False when it is not the account's
/// password any more, or the account was disabled. Whoever changes either waits until this transaction ends, and finds its
/// session.
pub fn note_login(
    connection: &mut AnyConnection,
    id: &str,
    password: &PasswordHash,
    now: Timestamp,
    language: Option<&str>,
) -> QueryResult<bool> {
    let unchanged = resource_owners::table
        .find(id)
        .filter(resource_owners::password_hash.eq(password.as_str().to_owned()))
        .filter(resource_owners::disabled_at.is_null());
    let signed_in = diesel::update(unchanged);
    let noted = match language {
        Some(language) => signed_in
            .set((resource_owners::last_login_at.eq(now), resource_owners::language.eq(language)))
            .execute(connection)?,
        None => signed_in.set(resource_owners::last_login_at.eq(now)).execute(connection)?,
    };
    Ok(noted == 1)
}

/// Disables (with a time) or enables (without) an account; false when there is none.
pub fn set_disabled(connection: &mut AnyConnection, id: &str, at: Option<Timestamp>) -> QueryResult<bool> {
    let changed =
        diesel::update(resource_owners::table.find(id)).set(resource_owners::disabled_at.eq(at)).execute(connection)?;
    Ok(changed == 1)
}

/// Deletes an account with its sessions, consents and grants. False when there is none.
pub fn delete(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(resource_owners::table.find(id)).execute(connection)? == 1)
}
