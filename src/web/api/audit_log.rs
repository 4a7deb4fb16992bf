//! `/api/v1/audit-log`: who did what, newest first by pages, or all of it as JSON Lines, oldest first.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::problem::{ListQuery, Problem, page};
use crate::domain::resource_owner::Right;
use crate::management::audit_log::{Wanted, describe, note_export, resolve};
use crate::protocol::parameters::Parameters;
use crate::store::{StoreError, audit_log};
use crate::web::json_lines;
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.audit-log:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Parameters::parse(request.query_string().as_bytes())
        .map_err(|_| Problem::BadRequest("The query is malformed or names a parameter twice.".to_owned()))?;
    let list = ListQuery::parse(&query)?;
    let wanted = wanted(&query);
    let mut filter = wanted.filter()?;
    match query.get("format") {
        None | Some("json") => {}
        Some("jsonl") => {
            bearer.manage(move |connection, context| note_export(connection, context, &wanted)).await?;
            return Ok(json_lines::audit_log(bearer.app.clone(), filter));
        }
        Some(_) => return Err(Problem::BadRequest("The format is json or jsonl.".to_owned())),
    }
    let limit = list.limit()?;
    filter.place = list.place()?;
    let (entries, links) = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            resolve(connection, &mut filter)?;
            let entries = audit_log::list(connection, &filter, limit)?;
            let links = audit_log::links(connection, &entries)?;
            Ok((entries, links))
        })
        .await?;
    let items: Vec<Value> = entries.iter().map(|entry| describe(entry, links.get(&entry.id))).collect();
    Ok(page(&items, limit, || entries.last().map(|entry| entry.id.to_string())))
}

/// What a query asks for; empty parameters ask for nothing.
pub fn wanted(query: &Parameters) -> Wanted {
    let value = |name| query.get(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    Wanted {
        action: value("action"),
        actor: value("actor"),
        target: value("target"),
        address: value("address"),
        from: value("from"),
        to: value("to"),
    }
}
