//! Table `grants`.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::clock::{Seconds, Timestamp, wall_millis};
use crate::domain::client::{Brief, Holder};
use crate::domain::grant::{GrantFacts, GrantId, GrantOwner, GrantRecord, LiveGrant, alive};
use crate::domain::scope::{self, Scope};
use crate::store::authorization_codes;
use crate::store::cache::{self, Cache};
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::error::StoreError;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::prepared::{Prepared, Value, known};
use crate::store::schema::{access_tokens, grants, refresh_tokens, resource_owners};
use crate::store::sessions::{Which, narrow};
use crate::store::sweep;

pub(super) type Row = (
    i64,
    String,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    String,
    Timestamp,
    Timestamp,
    Option<Timestamp>,
    Option<Timestamp>,
);

/// What is read of the resource owner beside a grant.
pub(super) type OwnerColumns = (resource_owners::id, resource_owners::username, resource_owners::disabled_at);
pub(super) type OwnerRow = (String, String, Option<Timestamp>);

pub(super) const OWNER: OwnerColumns = (resource_owners::id, resource_owners::username, resource_owners::disabled_at);

pub(super) fn record(row: Row, owner: Option<OwnerRow>) -> GrantRecord {
    let (id, client_id, _, session_id, scope, resource, facts, created_at, last_used_at, expires_at, revoked_at) = row;
    GrantRecord {
        id: GrantId::from_stored(id),
        client_id,
        owner: owner.map(|(id, username, disabled_at)| GrantOwner { id, username, disabled_at }),
        session_id,
        scope: scope::stored(&scope),
        resource: resource.as_deref().map(split).unwrap_or_default(),
        // Facts are of use to some answers, never a condition of validity.
        facts: serde_json::from_str(&facts).unwrap_or_default(),
        created_at,
        last_used_at,
        expires_at,
        revoked_at,
    }
}

/// Resources and audiences are URLs, which hold no space.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(' ').filter(|each| !each.is_empty()).map(str::to_owned).collect()
}

pub(super) fn join(resources: &[String]) -> Option<String> {
    (!resources.is_empty()).then(|| resources.join(" "))
}

/// A grant to be.
#[derive(Clone, Debug)]
pub struct NewGrant {
    pub id: GrantId,
    pub client_id: String,
    pub owner_id: Option<String>,
    pub session_id: Option<String>,
    pub scope: Scope,
    pub resource: Vec<String>,
    pub facts: GrantFacts,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// What a new grant's row holds that is put together for it.
pub(super) struct NewRow<'a> {
    new: &'a NewGrant,
    scope: String,
    resource: Option<String>,
    facts: String,
}

impl<'a> NewRow<'a> {
    pub(super) fn of(new: &'a NewGrant) -> Self {
        Self {
            new,
            scope: scope::render(&new.scope),
            resource: join(&new.resource),
            facts: serde_json::to_string(&new.facts).unwrap_or_else(|_| "{}".into()),
        }
    }

    /// In the order of the columns, as far as `expires_at`.
    pub(super) fn values(&self) -> [Value<'_>; 10] {
        [
            Value::Number(self.new.id.get()),
            Value::Text(&self.new.client_id),
            Value::MaybeText(self.new.owner_id.as_deref()),
            Value::MaybeText(self.new.session_id.as_deref()),
            Value::Text(&self.scope),
            Value::MaybeText(self.resource.as_deref()),
            Value::Text(&self.facts),
            Value::Number(self.new.created_at),
            Value::Number(self.new.created_at),
            Value::MaybeNumber(self.new.expires_at),
        ]
    }
}

pub fn insert(connection: &mut AnyConnection, new: &NewGrant) -> QueryResult<()> {
    let row = NewRow::of(new);
    let values = row.values();
    let insert = Prepared::<()>::new(
        "INSERT INTO grants (id, client_id, resource_owner_id, session_id, scope, resource, facts, created_at, \
         last_used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &values,
    );
    on_backend!(connection, |c| insert.execute(c))?;
    Ok(())
}

/// The machine grant of a client: the one alive, or a new one.
pub fn machine(connection: &mut AnyConnection, client_id: &str, now: Timestamp) -> QueryResult<(GrantId, bool)> {
    let new = GrantId::generate(wall_millis());
    let inserted = on_backend!(&mut *connection, |c| diesel::insert_into(grants::table)
        .values((
            grants::id.eq(new.get()),
            grants::client_id.eq(client_id),
            grants::scope.eq(""),
            grants::facts.eq("{}"),
            grants::created_at.eq(now),
            grants::last_used_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        cache::touch_client(connection, client_id)?;
        return Ok((new, true));
    }
    let id = grants::table
        .filter(grants::client_id.eq(client_id))
        .filter(grants::resource_owner_id.is_null())
        .filter(grants::revoked_at.is_null())
        .select(grants::id)
        .get_result(connection)?;
    Ok((GrantId::from_stored(id), false))
}

/// The grant, whether or not it still counts.
pub fn find(connection: &mut AnyConnection, id: GrantId) -> QueryResult<Option<GrantRecord>> {
    let found = known!(
        connection,
        [Value::Number(id.get())],
        grants::table
            .left_join(resource_owners::table)
            .filter(grants::id.eq(id.get()))
            .select((grants::all_columns, OWNER.nullable())),
        |c, known| known.get_result::<(Row, Option<OwnerRow>)>(c).optional()
    )?;
    Ok(found.map(|(row, owner)| record(row, owner)))
}

/// The grant and whose it is, when it still counts: [`alive`] decides.
pub fn find_alive(
    connection: &mut AnyConnection,
    cache: &Cache,
    id: GrantId,
) -> Result<Option<(LiveGrant, Arc<Brief>)>, StoreError> {
    match find(connection, id)? {
        Some(record) => judge(connection, cache, record),
        None => Ok(None),
    }
}

/// Whether a record that was just read still counts, and for which scopes.
pub(super) fn judge(
    connection: &mut AnyConnection,
    cache: &Cache,
    record: GrantRecord,
) -> Result<Option<(LiveGrant, Arc<Brief>)>, StoreError> {
    let client = whose(connection, cache, &record)?;
    let Some((grant, client)) = alive(record, client.as_deref()).zip(client) else { return Ok(None) };
    let catalog = cache.catalog(connection)?;
    Ok(Some((grant.within(&*client, &catalog.scopes), client)))
}

/// The client of a grant, as it is kept. A machine's grant that another process made a moment ago is not dead: where the client is
/// not known to have it, the database is asked whether there is news. For readers: in a transaction of SQLite's that writes, the news
/// might never come true.
fn whose(
    connection: &mut AnyConnection,
    cache: &Cache,
    record: &GrantRecord,
) -> Result<Option<Arc<Brief>>, StoreError> {
    let client = cache.brief(connection, &record.client_id)?;
    let is_machine = record.owner.is_none() && record.revoked_at.is_none();
    if !is_machine || client.as_ref().is_none_or(|client| client.machine_grant() == Some(record.id)) {
        return Ok(client);
    }
    cache.ask(connection)?;
    cache.brief(connection, &record.client_id)
}

/// Revokes a grant; false when it was revoked before or is unknown. Its codes and tokens are dead with it.
pub fn revoke(connection: &mut AnyConnection, id: GrantId, now: Timestamp) -> QueryResult<bool> {
    let grant = diesel::update(grants::table.find(id.get()).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now))
        .returning((grants::resource_owner_id, grants::client_id))
        .get_result::<(Option<String>, String)>(connection)
        .optional()?;
    if let Some((None, client_id)) = &grant {
        // A machine's grant is known to the servers' memory.
        cache::touch_client(connection, client_id)?;
    }
    Ok(grant.is_some())
}

/// Revokes what a resource owner gave: to one client, or to all; codes that are on their way end, too. Gives the number of
/// grants that ended.
pub fn revoke_of_owner(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: Option<&str>,
    now: Timestamp,
) -> QueryResult<usize> {
    // Codes first: one that is just being redeemed is waited for, and then its grant is there to be revoked.
    authorization_codes::end_of_owner(connection, owner_id, client_id, now)?;
    match client_id {
        Some(client_id) => diesel::update(
            grants::table
                .filter(grants::resource_owner_id.eq(owner_id))
                .filter(grants::client_id.eq(client_id))
                .filter(grants::revoked_at.is_null()),
        )
        .set(grants::revoked_at.eq(now))
        .execute(connection),
        None => diesel::update(
            grants::table.filter(grants::resource_owner_id.eq(owner_id)).filter(grants::revoked_at.is_null()),
        )
        .set(grants::revoked_at.eq(now))
        .execute(connection),
    }
}

/// Revokes a batch of the grants that were made until `now`, whosever they are; gives their number.
pub fn revoke_some(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<usize> {
    let live = grants::table.filter(grants::revoked_at.is_null()).filter(grants::created_at.le(now));
    let ids = live.select(grants::id).order(grants::created_at).limit(sweep::BATCH).load::<i64>(connection)?;
    let owners = diesel::update(grants::table.filter(grants::id.eq_any(ids)).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now))
        .returning(grants::resource_owner_id)
        .get_results::<Option<String>>(connection)?;
    if owners.contains(&None) {
        // A machine's grant is known to the servers' memory.
        cache::touch(connection)?;
    }
    Ok(owners.len())
}

/// Deletes grants of a client, at most [`sweep::BATCH`]; whether there may be more. Codes and tokens without a grant are dead.
pub fn delete_some_of_client(connection: &mut AnyConnection, client_id: &str) -> QueryResult<bool> {
    let some = grants::table
        .filter(grants::client_id.eq(client_id))
        // As an index has them: a client may have very many, and all would be sorted for each part.
        .order(grants::last_used_at)
        .select(grants::id)
        .limit(sweep::BATCH)
        .load::<i64>(connection)?;
    let is_full = sweep::is_whole(some.len());
    diesel::delete(grants::table.filter(grants::id.eq_any(some))).execute(connection)?;
    // The machine's own grant is known to the servers' memory.
    cache::touch_client(connection, client_id)?;
    Ok(is_full)
}

/// Grants that one call of [`revoke_some_of_client`] revokes at most.
pub const PART: usize = 500;

/// Revokes the newest grants of a client, and codes that are on their way to become some; gives the number of grants.
pub fn revoke_some_of_client(connection: &mut AnyConnection, client_id: &str, now: Timestamp) -> QueryResult<usize> {
    authorization_codes::end_of_client(connection, client_id, now)?;
    let some = grants::table
        .filter(grants::client_id.eq(client_id))
        .filter(grants::revoked_at.is_null())
        .order(grants::created_at.desc())
        .select(grants::id)
        .limit(i64::try_from(PART).unwrap_or(i64::MAX))
        .load::<i64>(connection)?;
    let revoked = diesel::update(grants::table.filter(grants::id.eq_any(some)).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now))
        .execute(connection)?;
    // The machine's own grant is known to the servers' memory.
    cache::touch_client(connection, client_id)?;
    Ok(revoked)
}

/// How many grants end with this session; counting ends beyond [`MOST`].
pub fn count_online(connection: &mut AnyConnection, session_id: &str) -> QueryResult<i64> {
    let scope = || " ".into_sql::<Text>().concat(grants::scope).concat(" ");
    let some = grants::table
        .filter(grants::session_id.eq(session_id))
        .filter(grants::revoked_at.is_null())
        .filter(scope().like("% openid %"))
        .filter(scope().not_like("% offline\\_access %").escape('\\'))
        .limit(MOST + 1)
        .select(grants::id)
        .load::<i64>(connection)?;
    Ok(i64::try_from(some.len()).unwrap_or(i64::MAX))
}

/// Revokes what was given in sessions that end and is to last no longer than they: grants with `openid` and without
/// `offline_access` (OpenID Connect Back-Channel Logout §2.7, Core §11). Gives their number.
pub fn revoke_online(
    connection: &mut AnyConnection,
    owner_id: &str,
    which: Which<'_>,
    now: Timestamp,
) -> QueryResult<usize> {
    let scope = || " ".into_sql::<Text>().concat(grants::scope).concat(" ");
    let online = diesel::update(grants::table)
        .set(grants::revoked_at.eq(now))
        .filter(grants::resource_owner_id.eq(owner_id.to_owned()))
        .filter(grants::revoked_at.is_null())
        .filter(scope().like("% openid %"))
        .filter(scope().not_like("% offline\\_access %").escape('\\'))
        .into_boxed();
    narrow!(online, grants::session_id, which).execute(connection)
}

/// Seconds between two notes that a grant is in use.
pub const NOTE_INTERVAL: Seconds = 60;

/// Notes that a grant was used, at most once in [`NOTE_INTERVAL`].
pub fn note_use(connection: &mut AnyConnection, id: GrantId, now: Timestamp) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::update(
        grants::table.find(id.get()).filter(grants::last_used_at.lt(now - NOTE_INTERVAL))
    )
    .set(grants::last_used_at.eq(now))
    .execute(c))?;
    Ok(())
}

/// What a list of grants is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub owner_id: Option<String>,
    pub client_id: Option<String>,
    pub place: Place<Key<GrantId>>,
}

/// The key of a grant in [`list`].
pub fn key(grant: &GrantRecord) -> Key<GrantId> {
    Key { at: grant.created_at, id: grant.id }
}

/// Whether the time of a grant has not run out. It names no column alone: a database that thought of the index of ends would
/// have to sort what it finds there, while those that are over are few and swept within a day.
fn lasts_beyond(now: Timestamp) -> UncheckedBind<SqlLiteral<Bool>, AsExprOf<Timestamp, BigInt>> {
    sql::<Bool>("coalesce(grants.expires_at, 9223372036854775807) > ").bind::<BigInt, _>(now)
}

/// A page of grants that were not revoked and whose time has not run out, newest first.
pub fn list(
    connection: &mut AnyConnection,
    filter: &Filter,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<GrantRecord>> {
    let mut query = grants::table
        .left_join(resource_owners::table)
        .filter(grants::revoked_at.is_null())
        .filter(lasts_beyond(now))
        .select((grants::all_columns, OWNER.nullable()))
        .limit(limit)
        .into_boxed();
    if let Some(owner_id) = &filter.owner_id {
        query = query.filter(grants::resource_owner_id.eq(owner_id.clone()));
    }
    if let Some(client_id) = &filter.client_id {
        query = query.filter(grants::client_id.eq(client_id.clone()));
    }
    let query = newest_first!(query, &filter.place, grants::created_at, grants::id, |key: &Key<GrantId>| key.id.get());
    let rows = in_order(query.load::<(Row, Option<OwnerRow>)>(connection)?, &filter.place);
    Ok(rows.into_iter().map(|(row, owner)| record(row, owner)).collect())
}

/// Where counting ends: what is beyond is "more than".
pub const MOST: i64 = 1000;

/// How many grants count for `filter`, and how many of their access tokens have not expired. Counting ends beyond [`MOST`].
pub fn count(connection: &mut AnyConnection, filter: &Filter, now: Timestamp) -> QueryResult<(i64, i64)> {
    let live = grants::table.filter(grants::revoked_at.is_null()).filter(lasts_beyond(now));
    let mut live = live.select(grants::id).limit(MOST + 1).into_boxed();
    let mut tokens = access_tokens::table
        .inner_join(grants::table)
        .filter(grants::revoked_at.is_null())
        .filter(access_tokens::expires_at.gt(now))
        .select(grants::id)
        .limit(MOST + 1)
        .into_boxed();
    if let Some(owner_id) = &filter.owner_id {
        live = live.filter(grants::resource_owner_id.eq(owner_id.clone()));
        tokens = tokens.filter(grants::resource_owner_id.eq(owner_id.clone()));
    }
    if let Some(client_id) = &filter.client_id {
        live = live.filter(grants::client_id.eq(client_id.clone()));
        tokens = tokens.filter(grants::client_id.eq(client_id.clone()));
    }
    let (live, tokens) = (live.load::<i64>(connection)?.len(), tokens.load::<i64>(connection)?.len());
    let number = |rows| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok((number(live), number(tokens)))
}

/// When each of these clients last used one of its grants; those that have none are left out. One question to the index for
/// each, because a client may have very many grants.
pub fn last_used_by(connection: &mut AnyConnection, client_ids: &[String]) -> QueryResult<HashMap<String, Timestamp>> {
    let mut used = HashMap::new();
    for id in client_ids {
        let newest = grants::table
            .filter(grants::client_id.eq(id))
            .order(grants::last_used_at.desc())
            .select(grants::last_used_at)
            .first(connection)
            .optional()?;
        used.extend(newest.map(|at| (id.clone(), at)));
    }
    Ok(used)
}

/// How many tokens of each of these grants could still be used: access tokens, and refresh tokens that were not exchanged.
/// Grants that have none are left out. Counting ends beyond [`MOST`] of each kind.
pub fn count_tokens(
    connection: &mut AnyConnection,
    ids: &[GrantId],
    now: Timestamp,
) -> QueryResult<HashMap<GrantId, i64>> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let some = |kind| {
        let live = format!("SELECT 1 FROM {kind} grant_id = grants.id AND expires_at > $1 LIMIT {}", MOST + 1);
        format!("(SELECT count(*) FROM ({live}) AS part)")
    };
    let (access, refresh) = (some("access_tokens WHERE"), some("refresh_tokens WHERE rotated_at IS NULL AND"));
    let numbers: Vec<String> = ids.iter().map(|id| id.get().to_string()).collect();
    let of_all = format!("SELECT id, {access} + {refresh} AS number FROM grants WHERE id IN ({})", numbers.join(", "));
    let rows = diesel::sql_query(of_all).bind::<BigInt, _>(now).load::<Counted>(connection)?;
    let counted = rows.into_iter().filter(|row| row.number > 0);
    Ok(counted.map(|row| (GrantId::from_stored(row.id), row.number)).collect())
}

/// One token of a grant, for those who look after it.
#[derive(Clone, Debug)]
pub struct TokenSummary {
    pub is_refresh: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
}

/// The newest tokens of a grant.
pub fn tokens(connection: &mut AnyConnection, id: GrantId, limit: i64) -> QueryResult<Vec<TokenSummary>> {
    let access = access_tokens::table
        .filter(access_tokens::grant_id.eq(id.get()))
        .order(access_tokens::expires_at.desc())
        .limit(limit)
        .select((access_tokens::created_at, access_tokens::expires_at))
        .load::<(Timestamp, Timestamp)>(connection)?;
    let refresh = refresh_tokens::table
        .filter(refresh_tokens::grant_id.eq(id.get()))
        .order(refresh_tokens::created_at.desc())
        .limit(limit)
        .select((refresh_tokens::created_at, refresh_tokens::expires_at, refresh_tokens::rotated_at))
        .load::<(Timestamp, Timestamp, Option<Timestamp>)>(connection)?;
    let access = access.into_iter().map(|(created_at, expires_at)| TokenSummary {
        is_refresh: false,
        created_at,
        expires_at,
        rotated_at: None,
    });
    let refresh = refresh.into_iter().map(|(created_at, expires_at, rotated_at)| TokenSummary {
        is_refresh: true,
        created_at,
        expires_at,
        rotated_at,
    });
    Ok(refresh.chain(access).collect())
}
