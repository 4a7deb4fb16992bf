//! Clients that are changed while others are served, by the management API: what a change costs everyone, since each server
//! forgets then what it keeps in memory of clients, scopes and settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use grantor::web::routes;

use crate::Bench;
use crate::behaviour::{Numbers, basic, expect};
use crate::data::{Part, Prepared};
use crate::generator::{Behaviour, Plan, Step, during};
use crate::http::{self, Answer};

/// Does `work` while as many clients are changed as was asked for; what went wrong with that, and how often.
pub fn beside<T>(bench: &Bench, addresses: &[SocketAddr], work: impl FnOnce() -> T) -> (T, BTreeMap<String, u64>) {
    let Some(rate) = bench.changes else { return (work(), BTreeMap::new()) };
    let behaviour = |_| -> Box<dyn Behaviour> { Box::new(Changes::new(&bench.prepared)) };
    let plan = Plan { connections: 1, threads: 1, rate: Some(rate), behaviour: &behaviour, ..bench.plan(addresses) };
    during(&plan, |recorder| {
        let outcome = work();
        let failures = recorder.take().failures.into_iter();
        (outcome, failures.map(|(what, times)| (format!("a change: {what}"), times)).collect())
    })
}

/// Gives one bystander after the other a new name.
struct Changes {
    prepared: Arc<Prepared>,
    numbers: Numbers,
    access_token: Option<String>,
}

impl Changes {
    fn new(prepared: &Arc<Prepared>) -> Self {
        Self { prepared: Arc::clone(prepared), numbers: Numbers::of(0), access_token: None }
    }
}

impl Behaviour for Changes {
    fn request(&mut self, into: &mut Vec<u8>) {
        let request = match &self.access_token {
            None => {
                let form = "grant_type=client_credentials&scope=grantor.clients%3Awrite";
                http::post(routes::TOKEN, &basic(self.prepared.client(Part::Administrator)), form)
            }
            Some(access_token) => {
                let client = self.prepared.draw_client(&mut self.numbers).id;
                let mut metadata = Part::Bystander.metadata();
                metadata["client_name"] = format!("Bystander, changed {}", self.numbers.next()).into();
                let authorization = format!("Authorization: Bearer {access_token}\r\n");
                http::put(&format!("{}/{client}", routes::API_CLIENTS), &authorization, &metadata.to_string())
            }
        };
        into.extend_from_slice(&request);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        if self.access_token.is_some() {
            return expect(200, answer, Step::Done);
        }
        self.access_token = answer.in_body("\"access_token\":\"", b"\"").map(str::to_owned);
        match self.access_token {
            Some(_) => Step::Prepared,
            None => Step::Failed(answer.describe()),
        }
    }
}
