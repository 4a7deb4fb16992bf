//! Table `consents`: what a resource owner allowed a client, remembered.

#[cfg(feature = "postgres")]
use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::grant::Consent;
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::{Outcomes, padded};
use crate::store::prepared::{Value, known};
use crate::store::schema::{consents, resource_owners as resource_owners_table};
use crate::store::{resource_owners, sweep};

/// What `owner_id` has allowed `client_id`.
pub fn find(connection: &mut AnyConnection, owner_id: &str, client_id: &str) -> QueryResult<Option<Consent>> {
    let found = on_backend!(connection, |c| consents::table
        .find((owner_id, client_id))
        .select((consents::scope, consents::claims))
        .get_result::<(String, String)>(c)
        .optional())?;
    Ok(found.map(consent))
}

fn consent((scope, claims): (String, String)) -> Consent {
    Consent {
        scope: scope::stored(&scope),
        claims: claims.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    }
}

/// A resource owner, and what they have allowed a client.
pub type WithOwner = (ResourceOwner, Option<Consent>);

/// The ids of a resource owner and a client.
pub type OwnerAndClient = (String, String);

/// A resource owner, and what they have allowed `client_id`, by one statement.
pub fn find_with_owner(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: &str,
) -> Result<Option<WithOwner>, StoreError> {
    let of_both = consents::resource_owner_id.eq(resource_owners_table::id).and(consents::client_id.eq(client_id));
    let found = known!(
        connection,
        [Value::Text(client_id), Value::Text(owner_id)],
        resource_owners_table::table
            .left_join(consents::table.on(of_both))
            .filter(resource_owners_table::id.eq(owner_id))
            .select((resource_owners_table::all_columns, (consents::scope, consents::claims).nullable())),
        |c, known| known.get_result::<(resource_owners::Row, Option<(String, String)>)>(c).optional()
    )?;
    found.map(|(owner, allowed)| Ok((owner.try_into()?, allowed.map(consent)))).transpose()
}

#[cfg(feature = "postgres")]
type OwnerRow = (resource_owners::Row, Option<(String, (String, String))>);

/// [`find_with_owner`] for several owners and clients by one statement.
#[cfg(feature = "postgres")]
pub fn find_each_with_owner(
    connection: &mut AnyConnection,
    asked: &[OwnerAndClient],
) -> Result<Outcomes<Option<WithOwner>>, StoreError> {
    if let [(owner_id, client_id)] = asked {
        return Ok(vec![find_with_owner(connection, owner_id, client_id)]);
    }
    let owners = padded(asked.iter().map(|(owner_id, _)| owner_id.as_str()).collect());
    let clients: BTreeSet<&str> = asked.iter().map(|(_, client_id)| client_id.as_str()).collect();
    let of_both = consents::resource_owner_id.eq(resource_owners_table::id).and(consents::client_id.eq_any(clients));
    let query = resource_owners_table::table
        .left_join(consents::table.on(of_both))
        .filter(resource_owners_table::id.eq_any(owners))
        .select((
            resource_owners_table::all_columns,
            (consents::client_id, (consents::scope, consents::claims)).nullable(),
        ));
    let (mut owners, mut allowed) = (HashMap::new(), HashMap::new());
    for (owner, consented) in on_backend!(connection, |c| query.load::<OwnerRow>(c))? {
        if let Some((client_id, consented)) = consented {
            allowed.insert((owner.id().to_owned(), client_id), consented);
        }
        owners.insert(owner.id().to_owned(), owner);
    }
    let one = |asked: &OwnerAndClient| {
        let Some(owner) = owners.get(&asked.0) else { return Ok(None) };
        Ok(Some((owner.clone().try_into()?, allowed.get(asked).cloned().map(consent))))
    };
    Ok(asked.iter().map(one).collect())
}

/// A consent that is remembered.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub client_id: String,
    pub consent: Consent,
    /// When the client was first allowed something.
    pub created_at: Timestamp,
}

/// Everything that `owner_id` allows.
pub fn list_of_owner(connection: &mut AnyConnection, owner_id: &str) -> QueryResult<Vec<Remembered>> {
    let rows = consents::table
        .filter(consents::resource_owner_id.eq(owner_id))
        .select((consents::client_id, consents::scope, consents::claims, consents::created_at))
        .load::<(String, String, String, Timestamp)>(connection)?;
    let remembered = |(client_id, scope, claims, created_at): (String, String, String, Timestamp)| Remembered {
        client_id,
        consent: consent((scope, claims)),
        created_at,
    };
    Ok(rows.into_iter().map(remembered).collect())
}

/// Remembers `consent`, in place of what was allowed before.
pub fn remember(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: &str,
    consent: &Consent,
    now: Timestamp,
) -> QueryResult<()> {
    let scope = scope::render(&consent.scope);
    let claims = consent.claims.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    on_backend!(connection, |c| diesel::insert_into(consents::table)
        .values((
            consents::resource_owner_id.eq(owner_id),
            consents::client_id.eq(client_id),
            consents::scope.eq(&scope),
            consents::claims.eq(&claims),
            consents::created_at.eq(now),
            consents::updated_at.eq(now),
        ))
        .on_conflict((consents::resource_owner_id, consents::client_id))
        .do_update()
        .set((consents::scope.eq(&scope), consents::claims.eq(&claims), consents::updated_at.eq(now)))
        .execute(c))?;
    Ok(())
}

/// Forgets what any resource owner allowed to some client; gives the number of consents, and 0 when none is left.
pub fn forget_some(connection: &mut AnyConnection) -> QueryResult<usize> {
    let client = consents::table.select(consents::client_id).first::<String>(connection).optional()?;
    match client {
        Some(client) => forget_of_client(connection, &client),
        None => Ok(0),
    }
}

/// Forgets what resource owners allowed a client, at most [`sweep::BATCH`]; whether there may be more.
pub fn forget_some_of_client(connection: &mut AnyConnection, client_id: &str) -> QueryResult<bool> {
    Ok(sweep::is_whole(forget_of_client(connection, client_id)?))
}

fn forget_of_client(connection: &mut AnyConnection, client_id: &str) -> QueryResult<usize> {
    let of_client = consents::table.filter(consents::client_id.eq(client_id));
    let owners = of_client.select(consents::resource_owner_id).limit(sweep::BATCH).load::<String>(connection)?;
    diesel::delete(of_client.filter(consents::resource_owner_id.eq_any(owners))).execute(connection)
}

/// Forgets what was allowed; false when nothing was.
pub fn delete(connection: &mut AnyConnection, owner_id: &str, client_id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(consents::table.find((owner_id, client_id))).execute(connection)? == 1)
}
