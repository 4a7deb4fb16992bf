//! Table `one_time_links`: setting up the first admin, and setting a password.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::connection::AnyConnection;
use crate::store::schema::one_time_links;

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Creating the first admin.
    Setup,
    /// Setting the password of this resource owner.
    SetPassword { owner_id: String },
}

impl Purpose {
    fn columns(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Setup => ("setup", None),
            Self::SetPassword { owner_id } => ("set-password", Some(owner_id)),
        }
    }

    fn from_columns((purpose, owner_id): (String, Option<String>)) -> Option<Self> {
        match (purpose.as_str(), owner_id) {
            ("setup", None) => Some(Self::Setup),
            ("set-password", Some(owner_id)) => Some(Self::SetPassword { owner_id }),
            _ => None,
        }
    }
}

/// Makes a link; earlier links for the same purpose end.
pub fn replace(
    connection: &mut AnyConnection,
    digest: &Digest,
    purpose: &Purpose,
    now: Timestamp,
    expires_at: Timestamp,
) -> QueryResult<()> {
    let (name, owner_id) = purpose.columns();
    let earlier = one_time_links::table.filter(one_time_links::purpose.eq(name));
    match owner_id {
        Some(owner_id) => {
            diesel::delete(earlier.filter(one_time_links::resource_owner_id.eq(owner_id))).execute(connection)?
        }
        None => diesel::delete(earlier.filter(one_time_links::resource_owner_id.is_null())).execute(connection)?,
    };
    diesel::insert_into(one_time_links::table)
        .values((
            one_time_links::digest.eq(digest.as_bytes()),
            one_time_links::purpose.eq(name),
            one_time_links::resource_owner_id.eq(owner_id),
            one_time_links::created_at.eq(now),
            one_time_links::expires_at.eq(expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Ends the set-password links of a resource owner.
pub fn end_all(connection: &mut AnyConnection, owner_id: &str) -> QueryResult<()> {
    diesel::delete(one_time_links::table.filter(one_time_links::resource_owner_id.eq(owner_id))).execute(connection)?;
    Ok(())
}

/// What a link is good for, when it has not been used and has not expired.
pub fn find(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Purpose>> {
    let row = one_time_links::table
        .find(digest.as_bytes())
        .filter(one_time_links::expires_at.gt(now))
        .select((one_time_links::purpose, one_time_links::resource_owner_id))
        .first(connection)
        .optional()?;
    Ok(row.and_then(Purpose::from_columns))
}

/// Uses a link up; `None` when somebody was first.
pub fn redeem(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Purpose>> {
    let row = diesel::delete(one_time_links::table.find(digest.as_bytes()).filter(one_time_links::expires_at.gt(now)))
        .returning((one_time_links::purpose, one_time_links::resource_owner_id))
        .get_result(connection)
        .optional()?;
    Ok(row.and_then(Purpose::from_columns))
}
