//! Table `client_traffic`: what each client makes use of, counted.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client_traffic::{Kind, Usage};
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::client_traffic;

/// Uses of one thing by one client, to be added.
#[derive(Clone, Debug)]
pub struct NewUses {
    pub client_id: Box<str>,
    pub kind: Kind,
    pub name: Box<str>,
    pub count: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Adds uses; those of a client that is gone are left out.
pub fn add<'a>(connection: &mut AnyConnection, uses: impl IntoIterator<Item = &'a NewUses>) -> QueryResult<()> {
    use diesel::sql_types::{BigInt, Text};
    for each in uses {
        let query = diesel::sql_query(
            "INSERT INTO client_traffic (client_id, kind, name, count, first_at, last_at)
             SELECT id, $1, $2, $3, $4, $5 FROM clients WHERE id = $6
             ON CONFLICT (client_id, kind, name)
             DO UPDATE SET count = client_traffic.count + excluded.count,
                 first_at = CASE WHEN excluded.first_at < client_traffic.first_at
                     THEN excluded.first_at ELSE client_traffic.first_at END,
                 last_at = CASE WHEN excluded.last_at > client_traffic.last_at
                     THEN excluded.last_at ELSE client_traffic.last_at END",
        )
        .bind::<Text, _>(each.kind.as_str())
        .bind::<Text, _>(&*each.name)
        .bind::<BigInt, _>(each.count)
        .bind::<BigInt, _>(each.first_at)
        .bind::<BigInt, _>(each.last_at)
        .bind::<Text, _>(&*each.client_id);
        on_backend!(&mut *connection, |c| query.execute(c))?;
    }
    Ok(())
}

/// What these clients make use of.
pub fn of_clients(connection: &mut AnyConnection, client_ids: &[String]) -> QueryResult<Vec<(String, Usage)>> {
    let rows = client_traffic::table.filter(client_traffic::client_id.eq_any(client_ids)).load::<(
        String,
        String,
        String,
        i64,
        Timestamp,
        Timestamp,
    )>(connection)?;
    let usage = |(client_id, kind, name, count, first_at, last_at): (String, String, String, i64, _, _)| {
        Some((client_id, Usage { kind: Kind::from_stored(&kind)?, name, count, first_at, last_at }))
    };
    Ok(rows.into_iter().filter_map(usage).collect())
}
