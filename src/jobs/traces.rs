//! Sends traces away, in batches and in the background: whatever the collector does, no request waits or fails for it.
//!
//! A batch is sent when it is full or a few seconds old. One that the collector cannot take now is tried again, and given up
//! after that; meanwhile the queue fills, and what does not fit is lost and counted.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::config::Outbound;
use crate::config::traces::Traces as Settings;
use crate::outbound::{self, UnusableAuthorities};
use crate::secret::random_id;
use crate::telemetry::otlp;
use crate::telemetry::trace::{Ended, Tracer};

/// Most requests in one batch.
const BATCH: usize = 512;
/// How old a batch becomes.
const AGE: Duration = Duration::from_secs(2);
/// Pauses before a batch is tried again.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];
/// How long the last batch may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// Traces and the way to their collector.
pub struct Traces {
    pub tracer: Tracer,
    collector: outbound::Client,
    url: String,
    headers: Vec<(String, String)>,
    resource: Vec<(String, String)>,
    /// What is on its way; outlives the task that sends it.
    batch: tokio::sync::Mutex<Vec<Ended>>,
}

impl Traces {
    pub fn new(settings: &Settings, outbound: &Outbound) -> Result<Self, UnusableAuthorities> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![pair("content-type", otlp::CONTENT_TYPE)];
        headers.extend(settings.headers.0.iter().cloned());
        let mut resource = vec![
            pair("service.name", &settings.service_name),
            pair("service.version", env!("CARGO_PKG_VERSION")),
            pair("service.instance.id", &random_id()),
            pair("telemetry.sdk.language", "rust"),
            pair("telemetry.sdk.name", env!("CARGO_PKG_NAME")),
        ];
        resource.extend(settings.attributes.iter().cloned());
        Ok(Self {
            tracer: Tracer::new(settings.ratio),
            collector: outbound::Client::for_operator(outbound)?,
            url: format!("{}{}", settings.endpoint.as_str().trim_end_matches('/'), otlp::PATH),
            headers,
            resource,
            batch: tokio::sync::Mutex::default(),
        })
    }

    /// Sends what there is, for ever.
    pub async fn run(&self) {
        let mut is_well = true;
        let (mut batch, mut ended) = (self.batch.lock().await, self.tracer.ended.lock().await);
        loop {
            gather(&mut ended, &mut batch).await;
            let mut outcome = self.send(&batch).await;
            for pause in PAUSES {
                if matches!(outcome, Ok(()) | Err(Failed::ForGood(_))) {
                    break;
                }
                sleep(pause).await;
                outcome = self.send(&batch).await;
            }
            if let Err(Failed::ForNow(reason) | Failed::ForGood(reason)) = &outcome {
                self.tracer.lost.add(batch.len() as u64);
                if is_well {
                    tracing::warn!(
                        reason,
                        url = self.url,
                        "traces cannot be delivered; the collector must take OTLP over HTTP"
                    );
                }
            } else if !is_well {
                tracing::info!("traces are delivered again");
            }
            is_well = outcome.is_ok();
            batch.clear();
        }
    }

    /// Sends what is left, when nobody else does any more.
    pub async fn finish(&self) {
        let all = async {
            let (mut batch, mut ended) = (self.batch.lock().await, self.tracer.ended.lock().await);
            while batch.len() < BATCH
                && let Ok(next) = ended.try_recv()
            {
                batch.push(next);
            }
            if !batch.is_empty() && self.send(&batch).await.is_err() {
                self.tracer.lost.add(batch.len() as u64);
            }
        };
        let _ = timeout(FAREWELL, all).await;
    }

    async fn send(&self, batch: &[Ended]) -> Result<(), Failed> {
        let body = otlp::request(&self.resource, batch);
        match self.collector.post(&self.url, &self.headers, body).await {
            Ok(answer) if answer.is_success() => {
                self.tracer.delivered.add(otlp::count(batch));
                Ok(())
            }
            // OTLP/HTTP: these and no others may be tried again.
            Ok(answer) if matches!(answer.status, 429 | 502 | 503 | 504) => {
                Err(Failed::ForNow(format!("it answered {}", answer.status)))
            }
            Ok(answer) => Err(Failed::ForGood(format!("it answered {}", answer.status))),
            Err(error) => Err(Failed::ForNow(format!("{error:?}"))),
        }
    }
}

/// Why a batch did not arrive.
enum Failed {
    ForNow(String),
    ForGood(String),
}

/// Waits for a trace, and a little for more.
async fn gather(ended: &mut Receiver<Ended>, batch: &mut Vec<Ended>) {
    ended.recv_many(batch, BATCH).await;
    let until = Instant::now() + AGE;
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        if timeout_at(until, ended.recv_many(batch, room)).await.is_err() {
            break;
        }
    }
}
