//! Table `settings`: what admins decided, by name.

use std::collections::BTreeMap;

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::schema::settings;

/// PostgreSQL's lock for changes of what all servers share.
#[cfg(feature = "postgres")]
const CHANGES: i64 = 0x6772_616e_746f_7201;

/// All of them.
pub fn list(connection: &mut AnyConnection) -> QueryResult<BTreeMap<String, String>> {
    Ok(settings::table.load::<(String, String)>(connection)?.into_iter().collect())
}

/// All of them, for somebody who will change them: whoever wants the same waits until this transaction ends.
pub fn list_to_change(connection: &mut AnyConnection) -> QueryResult<BTreeMap<String, String>> {
    match connection {
        // It is alone.
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => c.batch_execute(&format!("SELECT pg_advisory_xact_lock({CHANGES})"))?,
    }
    cache::touch(connection)?;
    list(connection)
}

/// Lets nobody else write what a configuration consists of until this transaction ends, so that what is compared with it is
/// what will be changed. Reading goes on, and so does whatever only refers to a client. Comes after [`list_to_change`].
pub fn keep_others_out(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        // It is alone.
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => c.batch_execute(
            "LOCK TABLE clients, client_logos, client_secrets, scopes, resources, settings IN SHARE ROW EXCLUSIVE MODE",
        ),
    }
}

/// Sets one, or forgets it. Comes after [`list_to_change`].
pub fn set(connection: &mut AnyConnection, name: &str, value: Option<&str>) -> QueryResult<()> {
    let Some(value) = value else {
        diesel::delete(settings::table.find(name)).execute(connection)?;
        return Ok(());
    };
    let changed = diesel::update(settings::table.find(name)).set(settings::value.eq(value)).execute(connection)?;
    if changed == 0 {
        diesel::insert_into(settings::table)
            .values((settings::name.eq(name), settings::value.eq(value)))
            .execute(connection)?;
    }
    Ok(())
}
