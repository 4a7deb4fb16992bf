//! The audit log as JSON Lines: read a page at a time while it is sent, so that it takes no more memory however long it is.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;

use crate::management::audit_log::{describe, resolve};
use crate::store::StoreError;
use crate::store::audit_log::{self, Filter};
use crate::web::state::State;

/// Entries that one read brings.
const PAGE: i64 = 500;

type Page = Result<(Bytes, Option<i64>), StoreError>;

/// What is still to be sent.
struct AuditLog {
    app: State,
    filter: Filter,
    reading: Option<Pin<Box<dyn Future<Output = Page>>>>,
}

/// All entries that match, oldest first. When reading fails midway the answer ends without its end, which clients notice.
pub fn audit_log(app: State, filter: Filter) -> HttpResponse {
    let reading = Some(read(&app, &filter, 0));
    HttpResponse::Ok()
        .content_type("application/jsonl")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit-log.jsonl\""))
        .body(AuditLog { app, filter, reading })
}

/// The entries after the one with this id as lines, and the id of the last one while there may be more.
fn read(app: &State, filter: &Filter, after: i64) -> Pin<Box<dyn Future<Output = Page>>> {
    let (app, mut filter) = (app.clone(), filter.clone());
    Box::pin(async move {
        app.store
            .read(move |connection| {
                resolve(connection, &mut filter)?;
                let (entries, more) = audit_log::export(connection, &filter, after, PAGE)?;
                let lines: String =
                    entries.iter().map(|(entry, link)| describe(entry, link.as_ref()).to_string() + "\n").collect();
                Ok((lines.into(), more))
            })
            .await
    })
}

impl MessageBody for AuditLog {
    type Error = StoreError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StoreError>>> {
        loop {
            let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
            let page = match reading.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(page) => page,
            };
            self.reading = None;
            let (lines, more) = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "the audit log could not be read on while it was sent");
                    return Poll::Ready(Some(Err(error)));
                }
            };
            self.reading = more.map(|after| read(&self.app, &self.filter, after));
            // Nothing at all would end the answer.
            if !lines.is_empty() {
                return Poll::Ready(Some(Ok(lines)));
            }
        }
    }
}
