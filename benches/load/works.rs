//! The works: what each one is, its requests, and what it is made of.

use std::sync::Arc;

use clap::ValueEnum;
use grantor::throttle;
use grantor::web::routes;

use crate::behaviour::{
    CodeFlow, FromAnyClient, Login, Mix, Numbers, RefreshChain, RefreshOfAnybody, Repeat, RepeatFor, WithToken, basic,
};
use crate::data::{Part, Prepared};
use crate::floor::Recipe;
use crate::generator::Behaviour;
use crate::http;

/// What a machine asks for.
const MACHINE_FORM: &str = "grant_type=client_credentials&scope=secret";
/// How a token begins whose header says that RS256 signed it.
const RS256_TOKEN: &str = "\"access_token\":\"eyJhbGciOiJSUzI1NiI";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Work {
    /// From the start of the program to the first 200 of `/health/ready`, ten times.
    Start,
    /// The metadata.
    Discovery,
    Jwks,
    /// A token for a machine, opaque: one row written.
    ClientCredentials,
    /// The same signed with ES256, and nothing written.
    ClientCredentialsJwt,
    /// The same signed with RS256, by a key of 2048 bits.
    ClientCredentialsRs256,
    /// Of an opaque token, drawn from all there are.
    Introspection,
    /// With rotation: for anybody, drawn anew each time; where there are few users, each connection follows a chain of its own.
    Refresh,
    /// Authorization and token request with PKCE, of somebody who is signed in and has consented: an opaque token.
    CodeFlow,
    /// The same with `openid`: an ID token signed with RS256.
    CodeFlowOpenid,
    Userinfo,
    /// `/api/v1/whoami`.
    Whoami,
    /// The demonstration route.
    Secret,
    /// The login page and its form.
    Login,
    /// 60 % introspection, 25 % client credentials, 10 % refresh, 4 % code flows, 1 % logins.
    Mix,
    /// The same without logins, whose hashes cost a hundred times the rest.
    MixWithoutLogin,
}

impl Work {
    pub fn name(self) -> String {
        self.to_possible_value().expect("no work is hidden").get_name().to_owned()
    }

    /// A storm of logins would only measure the queue for the hashes.
    pub fn connections(self, asked: usize) -> usize {
        if self == Self::Login { asked.min(8) } else { asked }
    }

    /// Whether more people may log in at once than the server lets log in from one address: as many as there are connections.
    pub fn exceeds_limits(self, connections: usize) -> bool {
        let logs_in = self == Self::Login || self.parts().iter().any(|(_, part)| *part == Self::Login);
        logs_in && self.connections(connections) > throttle::AT_ONCE as usize
    }

    /// Logins are few.
    pub fn seconds(self, asked: f64) -> f64 {
        if self == Self::Login { asked.max(5.0) } else { asked }
    }

    /// What it is made of beside its routes.
    pub fn recipe(self) -> Recipe {
        let nothing = Recipe::default();
        match self {
            Self::ClientCredentials | Self::Refresh => Recipe { inserts: 1, ..nothing },
            Self::ClientCredentialsJwt => Recipe { es256: 1, ..nothing },
            Self::ClientCredentialsRs256 => Recipe { rs256: 1, ..nothing },
            Self::CodeFlow => Recipe { inserts: 2, ..nothing },
            Self::CodeFlowOpenid => Recipe { inserts: 2, rs256: 1, ..nothing },
            Self::Login => Recipe { inserts: 1, passwords: 1, ..nothing },
            _ => nothing,
        }
    }

    /// The parts of a mix, by weight.
    pub fn parts(self) -> &'static [(u64, Work)] {
        const PARTS: [(u64, Work); 5] = [
            (60, Work::Introspection),
            (25, Work::ClientCredentials),
            (10, Work::Refresh),
            (4, Work::CodeFlow),
            (1, Work::Login),
        ];
        match self {
            Self::Mix => &PARTS,
            Self::MixWithoutLogin => &PARTS[..4],
            _ => &[],
        }
    }

    /// What the connection with this number does.
    pub fn behaviour(self, prepared: &Arc<Prepared>, connection: u64) -> Box<dyn Behaviour> {
        let machine = |part| http::post(routes::TOKEN, &basic(prepared.client(part)), MACHINE_FORM);
        let any_client = |path, form: fn(&Prepared, &mut Numbers) -> String| -> Box<dyn Behaviour> {
            Box::new(FromAnyClient::new(prepared, connection, path, form))
        };
        let flow = |part, scope| CodeFlow::new(prepared, prepared.client(part), scope, connection);
        let bearing = |path: &'static str| {
            WithToken::new(prepared, connection, |token| http::get(path, &format!("Authorization: Bearer {token}\r\n")))
        };
        match self {
            Self::Start => unreachable!("a start is no load"),
            Self::Discovery => Box::new(Repeat(http::get("/.well-known/openid-configuration", ""))),
            Self::Jwks => Box::new(Repeat(http::get("/.well-known/jwks.json", ""))),
            Self::ClientCredentials if prepared.many_clients => {
                any_client(routes::TOKEN, |_, _| MACHINE_FORM.to_owned())
            }
            Self::ClientCredentials => Box::new(Repeat(machine(Part::Machine))),
            Self::ClientCredentialsJwt => Box::new(Repeat(machine(Part::MachineJwt))),
            Self::ClientCredentialsRs256 => {
                Box::new(RepeatFor { request: machine(Part::MachineRs256), wanted: RS256_TOKEN })
            }
            Self::Introspection if prepared.many_clients => {
                any_client(routes::INTROSPECT, |prepared, numbers| format!("token={}", prepared.draw_token(numbers)))
            }
            Self::Introspection => {
                let caller = basic(prepared.client(Part::Machine));
                Box::new(WithToken::new(prepared, connection, |token| {
                    http::post("/oauth2/introspect", &caller, &format!("token={token}"))
                }))
            }
            Self::Refresh => match &prepared.chains {
                Some(chains) => Box::new(RefreshOfAnybody::new(prepared, chains, connection)),
                None => Box::new(RefreshChain::new(flow(Part::Rotating, "secret"))),
            },
            Self::CodeFlow => Box::new(flow(Part::Web, "secret")),
            Self::CodeFlowOpenid => Box::new(flow(Part::Relying, "openid secret")),
            Self::Userinfo => Box::new(bearing("/oauth2/userinfo")),
            Self::Whoami => Box::new(bearing("/api/v1/whoami")),
            Self::Secret => Box::new(bearing("/secret")),
            Self::Login => Box::new(Login::new(prepared, connection)),
            Self::Mix | Self::MixWithoutLogin => Box::new(Mix::of(self.parts(), prepared, connection)),
        }
    }
}

impl Mix {
    /// Works drawn by weight.
    pub fn of(parts: &[(u64, Work)], prepared: &Arc<Prepared>, connection: u64) -> Self {
        // Each with numbers of its own.
        let behaviour =
            |(at, (weight, work)): (u64, &(u64, Work))| (*weight, work.behaviour(prepared, connection * 1_000 + at));
        Self::new((0..).zip(parts).map(behaviour).collect(), connection)
    }
}
