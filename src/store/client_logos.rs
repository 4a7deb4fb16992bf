//! Table `client_logos`: pictures of clients, by the names of their files.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::branding::Logo;
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::schema::{client_logos, clients};

/// The picture of this name, whichever client's it is: the name says what is in it.
pub fn find(connection: &mut AnyConnection, file: &str) -> QueryResult<Option<Vec<u8>>> {
    client_logos::table.filter(client_logos::file.eq(file)).select(client_logos::bytes).first(connection).optional()
}

/// The pictures of these clients.
pub fn of_clients(connection: &mut AnyConnection, ids: &[String]) -> QueryResult<HashMap<String, Vec<u8>>> {
    let rows = client_logos::table
        .filter(client_logos::client_id.eq_any(ids))
        .select((client_logos::client_id, client_logos::bytes))
        .load::<(String, Vec<u8>)>(connection)?;
    Ok(rows.into_iter().collect())
}

/// Gives a client this picture, or none; false when there is no such client.
pub fn set(connection: &mut AnyConnection, client_id: &str, logo: Option<&Logo>) -> QueryResult<bool> {
    let changed = diesel::update(clients::table.find(client_id))
        .set(clients::logo.eq(logo.map(Logo::file)))
        .execute(connection)?;
    diesel::delete(client_logos::table.find(client_id)).execute(connection)?;
    if let Some(logo) = logo.filter(|_| changed == 1) {
        diesel::insert_into(client_logos::table)
            .values((
                client_logos::client_id.eq(client_id),
                client_logos::file.eq(logo.file()),
                client_logos::bytes.eq(&logo.bytes[..]),
            ))
            .execute(connection)?;
    }
    cache::touch_client(connection, client_id)?;
    Ok(changed == 1)
}
