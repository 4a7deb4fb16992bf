//! Table `one_time_links`: setting up the first admin, setting a password, confirming an address.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::connection::AnyConnection;
use crate::store::schema::one_time_links;

const CONFIRM_EMAIL: &str = "confirm-email";

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Creating the first admin.
    Setup,
    /// Setting the password of this resource owner.
    SetPassword {
        owner_id: String,
        /// Where the link went by mail and nowhere else: whoever uses it reads the letters to this address.
        mailed_to: Option<String>,
    },
    /// Confirming that letters to this address reach this resource owner.
    ConfirmEmail { owner_id: String, address: String },
}

type Columns = (String, Option<String>, Option<String>);

impl Purpose {
    fn columns(&self) -> (&'static str, Option<&str>, Option<&str>) {
        match self {
            Self::Setup => ("setup", None, None),
            Self::SetPassword { owner_id, mailed_to } => ("set-password", Some(owner_id), mailed_to.as_deref()),
            Self::ConfirmEmail { owner_id, address } => (CONFIRM_EMAIL, Some(owner_id), Some(address)),
        }
    }

    fn from_columns(columns: Columns) -> Option<Self> {
        match (columns.0.as_str(), columns.1, columns.2) {
            ("setup", None, None) => Some(Self::Setup),
            ("set-password", Some(owner_id), mailed_to) => Some(Self::SetPassword { owner_id, mailed_to }),
            (CONFIRM_EMAIL, Some(owner_id), Some(address)) => Some(Self::ConfirmEmail { owner_id, address }),
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
    let (name, owner_id, address) = purpose.columns();
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
            one_time_links::address.eq(address),
        ))
        .execute(connection)?;
    Ok(())
}

/// Ends all links of a resource owner.
pub fn end_all(connection: &mut AnyConnection, owner_id: &str) -> QueryResult<()> {
    diesel::delete(one_time_links::table.filter(one_time_links::resource_owner_id.eq(owner_id))).execute(connection)?;
    Ok(())
}

/// Ends the links with which a resource owner confirms an address.
pub fn end_confirming(connection: &mut AnyConnection, owner_id: &str) -> QueryResult<()> {
    let confirming = one_time_links::table
        .filter(one_time_links::resource_owner_id.eq(owner_id))
        .filter(one_time_links::purpose.eq(CONFIRM_EMAIL));
    diesel::delete(confirming).execute(connection)?;
    Ok(())
}

/// What a link is good for, when it has not been used and has not expired.
pub fn find(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Purpose>> {
    let row = one_time_links::table
        .find(digest.as_bytes())
        .filter(one_time_links::expires_at.gt(now))
        .select((one_time_links::purpose, one_time_links::resource_owner_id, one_time_links::address))
        .first::<Columns>(connection)
        .optional()?;
    Ok(row.and_then(Purpose::from_columns))
}

/// Uses a link up; `None` when somebody was first.
pub fn redeem(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Purpose>> {
    let row = diesel::delete(one_time_links::table.find(digest.as_bytes()).filter(one_time_links::expires_at.gt(now)))
        .returning((one_time_links::purpose, one_time_links::resource_owner_id, one_time_links::address))
        .get_result::<Columns>(connection)
        .optional()?;
    Ok(row.and_then(Purpose::from_columns))
}
