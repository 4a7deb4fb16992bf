//! Traces over OTLP: what a request and its steps tell, and that they never hold one up.

use std::time::Duration;

use grantor::config::traces::{Headers, Traces};
use grantor::config::trusted_proxies::TrustedProxies;
use grantor::telemetry::context::{self, Context};

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::collector::{Collector, Span};
use crate::support::http::{VERIFIER, tokens};

on_both_databases!(
    a_whole_flow_is_traced_and_no_secret_or_name_is_in_it,
    a_trusted_proxy_s_traceparent_is_gone_on_with_and_a_stranger_s_is_not,
    a_collector_that_fails_holds_up_nobody,
    work_of_the_store_knows_its_request,
);

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn traced(app: &mut TestApp, collector: &Collector, proxies: &str) -> TestApp {
    app.config.trusted_proxies = TrustedProxies::parse(proxies).expect("networks");
    app.config.traces = Some(Traces {
        endpoint: format!("http://{}/base/", collector.address).parse().expect("a URL"),
        headers: Headers(vec![("authorization".into(), "Bearer collector-key".into())]),
        service_name: "login-server".into(),
        attributes: vec![("region".into(), "eu".into())],
        ratio: 1.0,
    });
    app.another().await
}

async fn a_whole_flow_is_traced_and_no_secret_or_name_is_in_it(mut app: TestApp) {
    let collector = Collector::start(&[200]);
    let traced = traced(&mut app, &collector, "").await;
    traced.scope("notes:peculiar").await;
    traced.user("peculiaruser").await;
    let web = traced.web("notes:peculiar").await;
    let issued = tokens(&traced, &web, "notes:peculiar", "peculiaruser").await;
    let (access, refresh) = (issued.text("access_token"), issued.text("refresh_token"));
    traced.http.bearer("/api/v1/whoami", &access).await;
    traced.http.get("/peculiar/path?peculiar=query").await;
    let wrong = [("grant_type", "refresh_token"), ("refresh_token", "grt_peculiar")];
    traced.http.as_client(&web, "/oauth2/token", &wrong).await;

    let named = |spans: &[Span], name: &str| spans.iter().filter(|span| span.name == name).cloned().collect::<Vec<_>>();
    let all = collector.wait(|all| named(&all.spans, "POST /oauth2/token").len() == 2);
    assert!(all.heads[0].starts_with("POST /base/v1/traces HTTP/1.1\r\n"), "{}", all.heads[0]);
    for header in ["content-type: application/x-protobuf\r\n", "authorization: Bearer collector-key\r\n"] {
        assert!(all.heads[0].contains(header), "{}", all.heads[0]);
    }
    assert_eq!((all.resource["service.name"].as_str(), all.resource["region"].as_str()), ("login-server", "eu"));

    let token = &named(&all.spans, "POST /oauth2/token")[0];
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/oauth2/token"),
        ("http.response.status_code", "200"),
        ("grantor.client_id", &web.id),
        ("grantor.grant_type", "authorization_code"),
    ] {
        assert_eq!(token.attributes[name], value, "{token:?}");
    }
    assert_eq!((token.kind, token.status, token.parent.as_str()), (2, 0, ""));
    let steps: Vec<&Span> = all.spans.iter().filter(|span| span.parent == token.id).collect();
    assert!(steps.iter().any(|step| step.name == "store write"), "{steps:?}");
    for step in steps {
        assert_eq!((step.trace.as_str(), step.kind), (token.trace.as_str(), 1));
        assert!(token.begun <= step.begun && step.begun <= step.ended && step.ended <= token.ended, "{step:?}");
    }
    let refused = &named(&all.spans, "POST /oauth2/token")[1];
    assert_eq!((refused.attributes["error.type"].as_str(), refused.status), ("invalid_grant", 0));
    let login = named(&all.spans, "POST /login").remove(0);
    assert!(all.spans.iter().any(|step| step.name == "password hash" && step.parent == login.id));
    assert!(named(&all.spans, "GET").iter().any(|span| !span.attributes.contains_key("http.route")));

    let secret = web.secret.as_deref().expect("a secret");
    for private in [secret, &access, &refresh, PASSWORD, VERIFIER, "gac_", "grt_", "peculiar", "redirect_uri"] {
        assert!(!all.raw.contains(private), "{private}");
    }
    let page = traced.http.get("/metrics").await.body;
    assert!(page.contains("\ngrantor_trace_spans_delivered_total "), "{page}");
}

async fn a_trusted_proxy_s_traceparent_is_gone_on_with_and_a_stranger_s_is_not(mut app: TestApp) {
    let collector = Collector::start(&[200]);
    for (proxies, is_believed) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let traced = traced(&mut app, &collector, proxies).await;
        traced.http.send("GET", "/health/live", &[("traceparent", &PARENT.replace("-01", "-00"))], None).await;
        traced.http.send("GET", "/health/live", &[("traceparent", PARENT)], None).await;
        let expected = if is_believed { 1 } else { 2 };
        let all = collector.wait(|all| all.spans.len() >= expected);
        assert_eq!(all.spans.len(), expected, "who calls may decide that nothing is recorded: {all:#?}");
        let last = all.spans.last().expect("a span");
        assert_eq!(last.trace == "0af7651916cd43dd8448eb211c80319c", is_believed);
        assert_eq!(last.parent == "b7ad6b7169203331", is_believed);
    }
}

async fn a_collector_that_fails_holds_up_nobody(mut app: TestApp) {
    let collector = Collector::start(&[503, 200]);
    let traced = traced(&mut app, &collector, "").await;
    assert_eq!(traced.http.get("/health/live").await.status, 200);
    // Refused once, it comes again.
    let all = collector.wait(|all| all.heads.len() == 2);
    assert_eq!(all.spans[0].id, all.spans[1].id);

    app.config.traces.as_mut().expect("they are on").endpoint = "http://127.0.0.1:9".parse().expect("a URL");
    let deaf = app.another().await;
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        assert_eq!(deaf.http.get("/health/live").await.status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

async fn work_of_the_store_knows_its_request(app: TestApp) {
    let store = app.app.store.clone();
    let ids =
        context::scope(Context { id: "r1".into(), route: None, trace: None, language: 0.into() }.into(), async move {
            let look = |_: &mut _| Ok::<_, grantor::store::StoreError>(context::with(|request| request.id.clone()));
            (store.read(look).await, store.write(look).await)
        })
        .await;
    assert_eq!(ids.0.expect("it answers").as_deref(), Some("r1"));
    assert_eq!(ids.1.expect("it answers").as_deref(), Some("r1"));
    let outside = app.app.store.read(|_| Ok::<_, grantor::store::StoreError>(context::current().is_some())).await;
    assert!(!outside.expect("it answers"), "it outlives its work");
}
