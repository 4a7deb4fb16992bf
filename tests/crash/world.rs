//! What the clients share: the way to the server, the time, the count of what happened; and what each has of its own, a
//! [`Place`] to work from.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::support::app::TestClient;
use crate::support::http::{Answer, Http, basic, encode};
use crate::support::random::Random;

/// An honest client repeats until it is answered, and the server is never gone for so long.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub http: Http,
    cycles: u32,
    cycle: Cell<u32>,
    is_over: Cell<bool>,
    inspector: OnceCell<TestClient>,
    in_flight: Cell<u32>,
    struck_in_flight: Cell<u32>,
    lost: Cell<u32>,
    refused: Cell<u32>,
    /// How long it took each time until the server was ready after a start, and after the database came back.
    pub starts: Times,
    pub returns: Times,
    counts: RefCell<BTreeMap<&'static str, u32>>,
}

/// What went wrong before an answer came.
#[derive(Debug)]
pub struct Trouble {
    pub since: Instant,
    /// Requests whose answer was lost.
    pub lost: u32,
    /// Requests answered 503.
    pub refused: u32,
}

impl World {
    pub fn new(http: Http, cycles: u32) -> Rc<Self> {
        Rc::new(Self {
            http,
            cycles,
            cycle: Cell::default(),
            is_over: Cell::default(),
            inspector: OnceCell::new(),
            in_flight: Cell::default(),
            struck_in_flight: Cell::default(),
            lost: Cell::default(),
            refused: Cell::default(),
            starts: Times::default(),
            returns: Times::default(),
            counts: RefCell::default(),
        })
    }

    /// Whom to introspect as: an admin made it, so it may ask about tokens for no resource.
    pub fn introspect_as(&self, client: TestClient) {
        self.inspector.set(client).expect("there is one inspector");
    }

    pub fn begin_cycle(&self, cycle: u32) {
        self.cycle.set(cycle);
    }

    pub fn strike(&self) {
        self.struck_in_flight.set(self.struck_in_flight.get() + self.in_flight.get());
    }

    pub fn end(&self) {
        self.is_over.set(true);
    }

    pub fn place(self: &Rc<Self>, name: &str, client: TestClient, random: Random) -> Place {
        let history = RefCell::new(Vec::new());
        Place { world: Rc::clone(self), name: name.to_owned(), client, random, history, began: Instant::now() }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.borrow();
        let all: u32 = counts.values().sum();
        write!(f, "{} cycles, {all} answers", self.cycles)?;
        for (what, count) in counts.iter() {
            write!(f, ", {what} {count}")?;
        }
        write!(
            f,
            "; {} requests in flight when struck, {} answers lost, {} refused for the time being",
            self.struck_in_flight.get(),
            self.lost.get(),
            self.refused.get()
        )?;
        write!(f, "; nine of ten starts took at most {} ms, all at most ", self.starts.most().as_millis())?;
        write!(f, "{} ms", self.starts.slowest().as_millis())
    }
}

/// How long something took, each time.
#[derive(Default)]
pub struct Times(RefCell<Vec<Duration>>);

impl Times {
    pub fn note(&self, took: Duration) {
        self.0.borrow_mut().push(took);
    }

    /// What nine of ten took at most.
    pub fn most(&self) -> Duration {
        let mut times = self.0.borrow().clone();
        times.sort_unstable();
        times.get((times.len() * 9 / 10).saturating_sub(1)).copied().unwrap_or_default()
    }

    fn slowest(&self) -> Duration {
        self.0.borrow().iter().max().copied().unwrap_or_default()
    }
}

/// One client's place.
pub struct Place {
    world: Rc<World>,
    name: String,
    pub client: TestClient,
    pub random: Random,
    history: RefCell<Vec<String>>,
    began: Instant,
}

impl Place {
    pub fn is_over(&self) -> bool {
        self.world.is_over.get()
    }

    /// Writes into the history, which is shown when something is wrong.
    pub fn note(&self, what: &str) {
        let mut history = self.history.borrow_mut();
        if history.len() == 400 {
            history.drain(..200);
        }
        history.push(format!("{:9.3} {:5} {what}", self.began.elapsed().as_secs_f64(), self.world.cycle.get()));
    }

    /// The server does not stand by its word.
    #[track_caller]
    pub fn violated(&self, what: &str) -> ! {
        panic!("{}: {what}\nseconds, cycle, what happened:\n{}", self.name, self.history.borrow().join("\n"))
    }

    #[track_caller]
    pub fn ensure(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.violated(&what());
        }
    }

    /// One request; `None` when the answer was lost or the server could not say.
    pub async fn once(&self, what: &'static str, path: &str, form: &[(&str, &str)]) -> Result<Answer, Trouble> {
        let since = Instant::now();
        let mut trouble = Trouble { since, lost: 0, refused: 0 };
        self.ask(what, &self.client, path, form, &mut trouble).await.ok_or(trouble)
    }

    /// A form from this client, repeated until there is an answer to it.
    pub async fn post(&self, what: &'static str, path: &str, form: &[(&str, &str)]) -> (Answer, Trouble) {
        self.repeat(what, &self.client, path, form).await
    }

    /// A GET until there is an answer.
    pub async fn get(&self, what: &'static str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut trouble = Trouble { since: Instant::now(), lost: 0, refused: 0 };
        loop {
            if let Some(answer) = self.heard(what, path, "GET", headers, None, &mut trouble).await {
                return answer;
            }
            self.rest(what, &trouble).await;
        }
    }

    /// Whether the server says that an access token counts: by introspection, and to the bearer.
    pub async fn counts(&self, token: &str) -> bool {
        let inspector = self.world.inspector.get().expect("there is an inspector");
        let (answer, _) = self.repeat("introspect", inspector, "/oauth2/introspect", &[("token", token)]).await;
        self.ensure(answer.status == 200, || format!("introspection: {}", said(&answer)));
        let is_active = answer.json()["active"] == true;
        self.ensure(is_active || answer.body == r#"{"active":false}"#, || format!("introspection: {}", said(&answer)));
        let bearer = format!("Bearer {token}");
        let opened = self.get("use", "/secret", &[("authorization", &bearer)]).await;
        self.ensure(opened.status == if is_active { 200 } else { 401 }, || {
            format!("{token} is active: {is_active}, but {}", said(&opened))
        });
        is_active
    }

    async fn repeat(
        &self,
        what: &'static str,
        client: &TestClient,
        path: &str,
        form: &[(&str, &str)],
    ) -> (Answer, Trouble) {
        let mut trouble = Trouble { since: Instant::now(), lost: 0, refused: 0 };
        loop {
            if let Some(answer) = self.ask(what, client, path, form, &mut trouble).await {
                return (answer, trouble);
            }
            self.rest(what, &trouble).await;
        }
    }

    async fn rest(&self, what: &str, trouble: &Trouble) {
        self.ensure(trouble.since.elapsed() < PATIENCE, || format!("{what} is not answered: {trouble:?}"));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    async fn ask(
        &self,
        what: &'static str,
        client: &TestClient,
        path: &str,
        form: &[(&str, &str)],
        trouble: &mut Trouble,
    ) -> Option<Answer> {
        let mut form = form.to_vec();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        let authorization = client.secret.as_ref().map(|secret| basic(&client.id, secret));
        match &authorization {
            Some(authorization) => headers.push(("authorization", authorization)),
            None => form.push(("client_id", &client.id)),
        }
        self.heard(what, path, "POST", &headers, Some(encode(&form)), trouble).await
    }

    async fn heard(
        &self,
        what: &'static str,
        path: &str,
        method: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
        trouble: &mut Trouble,
    ) -> Option<Answer> {
        let world = &self.world;
        add(&world.in_flight, 1);
        let answer = world.http.attempt(method, path, headers, body.clone()).await;
        world.in_flight.set(world.in_flight.get() - 1);
        match answer {
            Ok(answer) if answer.status == 503 => {
                self.ensure(!answer.header("retry-after").is_empty(), || format!("no Retry-After: {}", said(&answer)));
                trouble.refused += 1;
                add(&world.refused, 1);
                self.note(&format!("{what}: 503"));
                None
            }
            Ok(answer) => {
                world.counts.borrow_mut().entry(what).or_default().add_assign(1);
                let sent = body.unwrap_or_default();
                self.note(&format!("{what} {sent}: {}", said(&answer)));
                Some(answer)
            }
            // Nobody was there to hear it.
            Err(error) if error.is_connect() => None,
            Err(_) => {
                trouble.lost += 1;
                add(&world.lost, 1);
                self.note(&format!("{what} {}: lost", body.unwrap_or_default()));
                None
            }
        }
    }
}

/// Status and body.
pub fn said(answer: &Answer) -> String {
    format!("{} {}", answer.status.as_u16(), answer.body)
}

fn add(counter: &Cell<u32>, count: u32) {
    counter.set(counter.get() + count);
}
