//! Requests that we make: where they may go, whom they believe, how much they take. The other side is a server of the
//! test's own on loopback, so what is refused there is refused before a connection is made.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use grantor::config::Outbound;
use grantor::outbound::{Client, OutboundError, Patience, Resolver, Response, Turn};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::remote::{Authority, Certificate, Remote, Reply};
use crate::support::until;

const NAME: &str = "rp.example";
const LIMIT: usize = 1024;
/// The names of this machine.
const HERE: &[(&str, &str)] = &[(NAME, "127.0.0.1"), ("localhost", "127.0.0.1")];
/// Enough for a machine that has other things to do.
const PATIENT: Patience =
    Patience { turn: Duration::from_secs(20), total: Duration::from_secs(20), connect: Duration::from_secs(20) };
/// For what takes for ever.
const HASTY: Patience = Patience { total: Duration::from_millis(500), ..PATIENT };
/// Where a turn comes at once, or not in time.
const URGENT: Patience = Patience { turn: Duration::from_millis(50), ..PATIENT };

/// An authority, and what it takes to believe it.
struct World {
    authority: Authority,
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        Self { authority: Authority::new(), directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn certificate(&self) -> Certificate {
        self.authority.certify(&[NAME, "127.0.0.1", "localhost"])
    }

    /// A client for which [`NAME`] and `localhost` are this machine.
    fn client(&self, allow_private: bool) -> Client {
        self.client_knowing(HERE, allow_private)
    }

    fn client_knowing(&self, names: &[(&str, &str)], allow_private: bool) -> Client {
        self.client_with(names, allow_private, PATIENT)
    }

    fn client_with(&self, names: &[(&str, &str)], allow_private: bool, patience: Patience) -> Client {
        let mut table = HashMap::<String, Vec<IpAddr>>::new();
        for (name, address) in names {
            table.entry((*name).to_owned()).or_default().push(address.parse().expect("an address"));
        }
        let settings = Outbound { ca: Some(self.authority.file(self.directory.path())), allow_private };
        Client::with(&settings, Resolver::Table(table), patience).expect("the authority is readable")
    }
}

async fn get(client: &Client, url: &str) -> Result<Response, OutboundError> {
    client.get(url, LIMIT, "application/json").await
}

/// All turns that there are, of requests that are not made.
pub async fn all_turns(client: &Client) -> Vec<Turn> {
    let mut turns = Vec::new();
    for number in 0..32 {
        turns.push(client.turn(&format!("https://h{number}.example/")).await.expect("a URL"));
    }
    turns
}

/// What comes of a GET when the server replies so.
async fn answer(reply: Reply) -> Result<Response, OutboundError> {
    let world = World::new();
    let remote = Remote::start(Some(&world.certificate()), move |_| reply.clone()).await;
    get(&world.client(true), &remote.url("https", NAME, "/")).await
}

#[tokio::test]
async fn a_get_sends_what_it_must_and_no_more() {
    let world = World::new();
    let remote =
        Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "Cache-Control: max-age=60\r\n", "{}"))
            .await;
    let response = get(&world.client(true), &remote.url("https", NAME, "/keys?a=b#c")).await.expect("an answer");
    assert!(response.is_success());
    assert_eq!((response.body.as_slice(), response.header("cache-control")), (b"{}".as_slice(), Some("max-age=60")));
    let port = remote.address.port();
    assert_eq!(
        remote.requests(),
        [format!(
            "GET /keys?a=b HTTP/1.1\r\nhost: {NAME}:{port}\r\nuser-agent: Grantor\r\naccept-encoding: identity\r\naccept: \
             application/json\r\n\r\n"
        )]
    );
}

#[tokio::test]
async fn a_form_is_posted_and_the_answer_s_body_is_nobody_s_business() {
    let world = World::new();
    let remote = Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "", &"x".repeat(100_000))).await;
    let url = remote.url("https", NAME, "/logout");
    let turn = world.client(true).turn(&url).await.expect("its turn");
    let response = turn.post_form(&[("logout_token", "a b&c")]).await.expect("an answer");
    assert_eq!((response.status, response.body.len()), (200, 0));
    let request = &remote.requests()[0];
    assert!(request.starts_with("POST /logout HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nlogout_token=a+b%26c"), "{request}");
}

#[tokio::test]
async fn an_error_of_the_other_side_is_an_answer() {
    assert_eq!(answer(Reply::http("503 Busy", "", "later")).await.expect("an answer").status, 503);
}

#[tokio::test]
async fn addresses_of_our_own_network_are_refused_before_a_connection() {
    let world = World::new();
    let remote = Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "", "{}")).await;
    let client = world.client(false);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "localhost",
        NAME,
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "192.0.2.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
    ] {
        for scheme in ["https", "http"] {
            let refused = get(&client, &remote.url(scheme, host, "/")).await;
            assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{scheme} {host}: {refused:?}");
        }
    }
    assert!(remote.requests().is_empty());
}

#[tokio::test]
async fn even_when_private_addresses_are_allowed_the_cloud_s_credentials_are_not() {
    let client = World::new().client(true);
    for host in ["169.254.169.254", "[fe80::1]", "0.0.0.0", "224.0.0.1", "[::ffff:127.0.0.1]"] {
        let refused = get(&client, &format!("https://{host}/")).await;
        assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn of_several_addresses_only_those_allowed_are_tried() {
    let world = World::new();
    let remote = Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "", "{}")).await;
    let client = world.client_knowing(&[(NAME, "169.254.169.254"), (NAME, "::1"), (NAME, "127.0.0.1")], true);
    // Nobody listens on ::1, so this is the third.
    assert!(get(&client, &remote.url("https", NAME, "/")).await.is_ok());
}

#[tokio::test]
async fn clear_text_is_for_this_machine_and_only_when_allowed() {
    let world = World::new();
    let remote = Remote::start(None, |_| Reply::http("200 OK", "", "{}")).await;
    let url = remote.url("http", "127.0.0.1", "/");
    assert!(get(&world.client(true), &url).await.is_ok());
    assert!(matches!(get(&world.client(false), &url).await, Err(OutboundError::Forbidden(_))));
    for (name, address) in [("public.example", "1.1.1.1"), ("private.example", "10.0.0.1")] {
        let client = world.client_knowing(&[(name, address)], true);
        let refused = get(&client, &remote.url("http", name, "/")).await;
        assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn a_certificate_must_be_for_the_name_and_from_an_authority_that_we_know() {
    let world = World::new();
    let url = |remote: &Remote| remote.url("https", NAME, "/");
    for certificate in [world.authority.certify(&["other.example"]), Authority::new().certify(&[NAME])] {
        let remote = Remote::start(Some(&certificate), |_| Reply::http("200 OK", "", "{}")).await;
        let refused = get(&world.client(true), &url(&remote)).await;
        assert!(matches!(&refused, Err(error @ OutboundError::Tls(_)) if !error.is_temporary()), "{refused:?}");
        assert!(remote.requests().is_empty());
    }
    let clear = Remote::start(None, |_| Reply::http("200 OK", "", "{}")).await;
    let hasty = world.client_with(HERE, true, HASTY);
    assert!(get(&hasty, &url(&clear)).await.is_err(), "https is never answered by clear text");
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_certificate_is_no_word_about_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let port = listener.local_addr().expect("it is bound").port();
    let hangs_up = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let refused = get(&World::new().client(true), &format!("https://{NAME}:{port}/")).await;
    assert!(matches!(&refused, Err(error @ OutboundError::Tls(_)) if error.is_temporary()), "{refused:?}");
    hangs_up.abort();
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let refused = answer(Reply::http(status, "Location: https://rp.example/elsewhere\r\n", "")).await;
        assert!(matches!(refused, Err(OutboundError::Redirected(code)) if status.starts_with(&code.to_string())));
    }
}

#[tokio::test]
async fn a_body_has_an_end() {
    assert_eq!(answer(Reply::http("200 OK", "", &"x".repeat(LIMIT))).await.expect("it fits").body.len(), LIMIT);
    let chunk = format!("{:x}\r\n{}\r\n", LIMIT, "x".repeat(LIMIT));
    for reply in [
        Reply::http("200 OK", "", &"x".repeat(LIMIT + 1)),
        Reply::Whole(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LIMIT + 1))),
        Reply::Whole(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n")),
        Reply::Drip(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LIMIT))),
    ] {
        let refused = answer(reply).await;
        assert!(matches!(refused, Err(OutboundError::TooLarge(LIMIT))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let refused = answer(Reply::http("200 OK", "Content-Encoding: gzip\r\n", "x")).await;
    assert!(matches!(refused, Err(OutboundError::Compressed)), "{refused:?}");
}

#[tokio::test]
async fn whoever_takes_for_ever_is_left() {
    for reply in [
        Reply::Silence,
        Reply::Drip("HTTP/1.1 200 OK\r\nX-Slow: ".to_owned()),
        Reply::Drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_owned()),
    ] {
        let world = World::new();
        let remote = Remote::start(Some(&world.certificate()), move |_| reply.clone()).await;
        let refused = get(&world.client_with(HERE, true, HASTY), &remote.url("https", NAME, "/")).await;
        assert!(matches!(refused, Err(OutboundError::TimedOut)), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for bytes in [
        "",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx",
        &format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024)),
    ] {
        let refused = answer(Reply::Whole(bytes.to_owned())).await;
        let is_so = matches!(&refused, Err(error @ OutboundError::Http(_)) if error.is_temporary());
        assert!(is_so, "{bytes:.40}: {refused:?}");
    }
}

#[tokio::test]
async fn requests_to_one_host_wait_for_each_other_and_hold_up_nobody_else() {
    let world = World::new();
    let slow = Remote::start(Some(&world.certificate()), |_| Reply::Silence).await;
    let quick = Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "", "{}")).await;
    let many = |client: &Client, count: usize| {
        for _ in 0..count {
            let (client, url) = (client.clone(), slow.url("https", NAME, "/"));
            tokio::spawn(async move { get(&client, &url).await.is_ok() });
        }
    };
    let client = world.client(true);
    many(&client, 40);
    until("four have come", async || slow.requests().len() >= 4).await;
    assert!(get(&client, &quick.url("https", "localhost", "/")).await.is_ok());
    assert_eq!(slow.requests().len(), 4, "the others wait");
    let urgent = world.client_with(HERE, true, URGENT);
    many(&urgent, 4);
    until("four more have come", async || slow.requests().len() >= 8).await;
    let refused = get(&urgent, &slow.url("https", NAME, "/")).await.expect_err("it is not asked");
    assert!(matches!(refused, OutboundError::Busy), "{refused:?}");
    assert!(!refused.to_string().contains("host"), "which was not asked: {refused}");
}

#[tokio::test]
async fn the_time_of_a_request_begins_with_its_turn() {
    let world = World::new();
    let answer = |request: &str| {
        if request.starts_with("GET /slow ") { Reply::Silence } else { Reply::http("200 OK", "", "{}") }
    };
    let remote = Remote::start(None, answer).await;
    let client = world.client_with(HERE, true, Patience { total: Duration::from_secs(2), ..PATIENT });
    let turns = all_turns(&client).await;
    let (clone, quick) = (client.clone(), remote.url("http", "127.0.0.1", "/quick"));
    let waiting = tokio::spawn(async move { get(&clone, &quick).await });
    tokio::task::yield_now().await;
    // Takes as long as a request may.
    let slow = get(&client.apart(), &remote.url("http", "127.0.0.1", "/slow")).await;
    assert!(matches!(slow, Err(OutboundError::TimedOut)), "{slow:?}");
    drop(turns);
    assert!(waiting.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn what_is_apart_does_not_wait_for_each_other() {
    let world = World::new();
    let remote = Remote::start(Some(&world.certificate()), |_| Reply::http("200 OK", "", "{}")).await;
    let (client, url) = (world.client_with(HERE, true, URGENT), remote.url("https", NAME, "/"));
    let turns = all_turns(&client).await;
    let refused = get(&client, &url).await;
    assert!(matches!(refused, Err(OutboundError::Busy)), "{refused:?}");
    assert!(get(&client.apart(), &url).await.is_ok());
    drop(turns);
    assert!(get(&client, &url).await.is_ok());
}

#[tokio::test]
async fn strangers_do_not_learn_what_is_in_our_network() {
    let world = World::new();
    let client = world.client_knowing(&[("intranet.example", "10.0.0.1")], false);
    let said = |error: Result<Response, OutboundError>| error.expect_err("it is refused").to_string();
    let unknown = said(get(&client, "https://nowhere.example/").await);
    assert_eq!(said(get(&client, "https://intranet.example/").await), unknown);
    let closed = Remote::start(None, |_| Reply::Silence).await.url("https", NAME, "/");
    assert_eq!(said(get(&world.client(true), &closed).await), unknown);
}

#[test]
fn an_unusable_file_of_authorities_stops_the_start_with_a_sentence() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let broken = directory.path().join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("it is written");
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").expect("it is written");
    for path in [broken, empty, directory.path().join("missing.pem")] {
        let settings = Outbound { ca: Some(path.clone()), allow_private: false };
        let error = Client::new(&settings).err().expect("it is refused").to_string();
        assert!(error.starts_with("GRANTOR_OUTBOUND_CA: "), "{error}");
        assert!(error.contains(path.to_str().expect("a name")), "{error}");
    }
}

mod jwks {
    use std::io::ErrorKind;
    use std::sync::{Arc, Mutex};

    use grantor::clock::Clock;
    use grantor::keys::foreign::KeySetError;
    use grantor::outbound::jwks::{KeySets, KeysUnavailable};

    use super::{Client, HERE, NAME, OutboundError, Remote, Reply, URGENT, World, all_turns};
    use crate::support::until;

    const CLIENT: &str = "c_1";
    const NO_KEYS: &str = r#"{"keys":[]}"#;
    const ONE_KEY: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    /// A client's server whose answer can be changed, and our memory of it.
    struct Jwks {
        remote: Remote,
        reply: Arc<Mutex<Reply>>,
        clock: Clock,
        /// The way to it.
        client: Client,
        sets: KeySets,
        _world: World,
    }

    impl Jwks {
        async fn serving(headers: &str) -> Self {
            let world = World::new();
            let reply = Arc::new(Mutex::new(Reply::http("200 OK", headers, NO_KEYS)));
            let current = Arc::clone(&reply);
            let answer = move |_: &str| current.lock().expect("no panic").clone();
            let remote = Remote::start(Some(&world.certificate()), answer).await;
            let (client, clock) = (world.client_with(HERE, true, URGENT), Clock::manual());
            Self { remote, reply, sets: KeySets::new(client.clone(), clock.clone()), client, clock, _world: world }
        }

        fn reply(&self, reply: Reply) {
            *self.reply.lock().expect("no panic") = reply;
        }

        fn url(&self) -> String {
            self.remote.url("https", NAME, "/keys")
        }

        fn requests(&self) -> usize {
            self.remote.requests().len()
        }
    }

    #[tokio::test]
    async fn a_set_is_kept_as_long_as_it_says_within_bounds() {
        for (header, fresh) in [
            ("Cache-Control: max-age=0\r\n", 60),
            ("Cache-Control: no-store\r\n", 60),
            ("Cache-Control: private, Max-Age=120\r\n", 120),
            ("Cache-Control: max-age=86400\r\n", 3600),
            ("Cache-Control: max-age=x\r\n", 600),
            ("", 600),
        ] {
            let jwks = Jwks::serving(header).await;
            for _ in 0..2 {
                jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
            }
            jwks.clock.advance(fresh - 1);
            jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
            assert_eq!(jwks.requests(), 1, "{header}");
            jwks.clock.advance(1);
            jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
            assert_eq!(jwks.requests(), 2, "{header}");
        }
    }

    #[tokio::test]
    async fn an_unknown_key_asks_again_but_not_all_the_time() {
        let jwks = Jwks::serving("").await;
        assert!(jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set").is_empty());
        jwks.reply(Reply::http("200 OK", "", ONE_KEY));
        assert!(jwks.sets.refreshed(CLIENT, &jwks.url()).await.expect("a set").is_empty(), "that was just now");
        jwks.clock.advance(30);
        assert!(!jwks.sets.refreshed(CLIENT, &jwks.url()).await.expect("a set").is_empty());
        assert!(!jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set").is_empty());
        assert_eq!(jwks.requests(), 2);
    }

    #[tokio::test]
    async fn when_the_server_is_down_the_last_set_serves_for_a_day() {
        let jwks = Jwks::serving("").await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        jwks.reply(Reply::http("500 Broken", "", ""));
        jwks.clock.advance(24 * 60 * 60 - 1);
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("the last set");
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("the last set");
        assert_eq!(jwks.requests(), 2, "a server that is down is not asked all the time");
        jwks.clock.advance(1);
        let error = jwks.sets.key_set(CLIENT, &jwks.url()).await.expect_err("the set is too old");
        assert!(matches!(*error, KeysUnavailable::Status(500)), "{error:?}");
        jwks.reply(Reply::http("200 OK", "", ONE_KEY));
        jwks.clock.advance(30);
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("it is back");
    }

    #[tokio::test]
    async fn when_the_server_is_down_the_last_set_says_nothing_about_new_keys() {
        let jwks = Jwks::serving("").await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        jwks.reply(Reply::http("500 Broken", "", ""));
        jwks.clock.advance(30);
        for _ in 0..2 {
            let error = jwks.sets.refreshed(CLIENT, &jwks.url()).await.expect_err("the set is not the newest");
            assert!(matches!(*error, KeysUnavailable::Status(500)), "{error:?}");
            jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("the set is still fresh");
        }
        assert_eq!(jwks.requests(), 2, "a server that is down is not asked all the time");
    }

    #[test]
    fn what_another_time_may_mend_is_told_from_what_somebody_has_to() {
        for (error, is_temporary) in [
            (OutboundError::UnknownHost(ErrorKind::NotFound.into()), true),
            (OutboundError::Unreachable(ErrorKind::ConnectionRefused.into()), true),
            (OutboundError::Tls(ErrorKind::ConnectionReset.into()), true),
            (OutboundError::TimedOut, true),
            (OutboundError::Url, false),
            (OutboundError::Forbidden(Vec::new()), false),
            (OutboundError::Tls(ErrorKind::InvalidData.into()), false),
            (OutboundError::Redirected(302), false),
            (OutboundError::TooLarge(1), false),
            (OutboundError::Compressed, false),
        ] {
            let error = KeysUnavailable::Outbound(error);
            assert_eq!(error.retry_after(), is_temporary.then_some(30), "{error:?}");
        }
        for (status, is_temporary) in
            [(204, false), (400, false), (404, false), (408, true), (410, false), (429, true), (500, true), (599, true)]
        {
            assert_eq!(KeysUnavailable::Status(status).retry_after(), is_temporary.then_some(30), "{status}");
        }
        assert_eq!(KeysUnavailable::NotKeys(KeySetError::NotASet).retry_after(), None);
    }

    #[test]
    fn a_forbidden_address_looks_to_strangers_like_one_that_does_not_answer() {
        let to_strangers = |error| KeysUnavailable::Outbound(error).retry_after_for_strangers();
        let unknown = to_strangers(OutboundError::UnknownHost(ErrorKind::NotFound.into()));
        assert_eq!(to_strangers(OutboundError::Forbidden(Vec::new())), unknown);
        assert_eq!(to_strangers(OutboundError::Unreachable(ErrorKind::ConnectionRefused.into())), unknown);
        assert_eq!(to_strangers(OutboundError::TimedOut), unknown);
    }

    #[tokio::test]
    async fn an_address_without_keys_says_why_and_is_not_asked_all_the_time() {
        let jwks = Jwks::serving("").await;
        for (reply, sentence) in [
            (Reply::http("404 Not Found", "", ""), "jwks_uri cannot be read: the answer has the status 404"),
            (Reply::http("204 No Content", "", ""), "jwks_uri cannot be read: the answer has the status 204"),
            (
                Reply::http("200 OK", "", "<html>"),
                "jwks_uri cannot be used: this is not a JWK set: an object with an array keys of objects",
            ),
            (
                Reply::http("200 OK", "", &" ".repeat(65 * 1024)),
                "jwks_uri cannot be read: the answer is longer than 65536 bytes",
            ),
        ] {
            jwks.reply(reply);
            jwks.clock.advance(30);
            let before = jwks.requests();
            for _ in 0..3 {
                assert_eq!(jwks.sets.key_set(CLIENT, &jwks.url()).await.expect_err("no keys").to_string(), sentence);
            }
            assert_eq!(jwks.requests(), before + 1);
        }
        let error = jwks.sets.key_set(CLIENT, "http://keys.example/").await.expect_err("clear text");
        assert!(matches!(*error, KeysUnavailable::Outbound(OutboundError::UnknownHost(_))), "{error:?}");
    }

    #[tokio::test]
    async fn a_client_that_moves_its_keys_is_asked_at_once_and_then_not_all_the_time() {
        let jwks = Jwks::serving("").await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        jwks.reply(Reply::http("200 OK", "", ONE_KEY));
        let moved = jwks.remote.url("https", NAME, "/moved");
        for _ in 0..2 {
            assert!(!jwks.sets.key_set(CLIENT, &moved).await.expect("a set").is_empty());
        }
        jwks.sets.refreshed(CLIENT, &moved).await.expect("a set");
        assert_eq!(jwks.requests(), 2);
    }

    #[tokio::test]
    async fn what_could_not_be_asked_for_is_soon_asked_for_again() {
        let jwks = Jwks::serving("").await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        jwks.clock.advance(600);
        let turns = all_turns(&jwks.client).await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("the last set");
        let error = jwks.sets.key_set("c_2", &jwks.url()).await.expect_err("there was no turn");
        assert!(matches!(*error, KeysUnavailable::Outbound(OutboundError::Busy)), "{error:?}");
        assert_eq!(error.retry_after(), Some(2));
        drop(turns);
        jwks.clock.advance(2);
        for client in [CLIENT, "c_2"] {
            jwks.sets.key_set(client, &jwks.url()).await.expect("a set");
        }
        assert_eq!(jwks.requests(), 3);
    }

    #[tokio::test]
    async fn ever_new_addresses_of_one_client_push_out_nobody_s_set() {
        let jwks = Jwks::serving("").await;
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        jwks.clock.advance(1);
        for number in 0..=1000 {
            let unknown = jwks.sets.key_set("c_2", &format!("https://h{number}.example/")).await;
            assert!(unknown.is_err(), "nobody knows the name");
        }
        jwks.sets.key_set(CLIENT, &jwks.url()).await.expect("a set");
        assert_eq!(jwks.requests(), 1);
    }

    #[tokio::test]
    async fn ever_new_addresses_of_one_client_that_hang_hold_up_nobody() {
        let world = World::new();
        let hosts: Vec<String> = (0..40).map(|number| format!("h{number}.example")).collect();
        let names: Vec<&str> = hosts.iter().map(String::as_str).chain([NAME]).collect();
        let answer = |request: &str| {
            if request.contains("host: rp.example:") { Reply::http("200 OK", "", NO_KEYS) } else { Reply::Silence }
        };
        let remote = Remote::start(Some(&world.authority.certify(&names)), answer).await;
        let here: Vec<(&str, &str)> = names.iter().map(|name| (*name, "127.0.0.1")).collect();
        let sets = Arc::new(KeySets::new(world.client_with(&here, true, URGENT), Clock::manual()));
        for host in &hosts {
            let (sets, url) = (Arc::clone(&sets), remote.url("https", host, "/keys"));
            tokio::spawn(async move { sets.key_set("c_2", &url).await.is_ok() });
        }
        until("one has come", async || !remote.requests().is_empty()).await;
        sets.key_set(CLIENT, &remote.url("https", NAME, "/keys")).await.expect("a set");
    }

    #[tokio::test]
    async fn many_who_wait_for_one_address_cost_one_request() {
        let jwks = Arc::new(Jwks::serving("").await);
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let jwks = Arc::clone(&jwks);
            all.spawn(async move { jwks.sets.key_set(CLIENT, &jwks.url()).await.is_ok() });
        }
        assert!(all.join_all().await.into_iter().all(|is_ok| is_ok));
        assert_eq!(jwks.requests(), 1);
    }
}
