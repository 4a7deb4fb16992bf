//! The command line: results to standard output, explanations to standard error; exit 0 done, 1 refused, 2 wrong usage.

mod audit;
mod backup;
mod check_config;
mod configuration;
mod manage;
mod migrate;
mod registration_token;
mod restore;
mod secret;
mod serve;
mod sweep;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::domain::resource_owner::Role;
use audit::AuditCommand;
use registration_token::RegistrationTokenCommand;

/// Grantor, a self-hosted OAuth 2.1 authorization server. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "grantor", version, disable_help_subcommand = true)]
pub struct Cli {
    /// A TOML file with settings; the environment wins over it [env: GRANTOR_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages, endpoints and API
    Serve {
        /// On a throw-away database filled with a demo admin, user, client and scopes
        #[arg(long)]
        demo: bool,
    },
    /// Clients: the software that may ask for tokens
    #[command(subcommand)]
    Client(ClientCommand),
    /// Users: the people who sign in
    #[command(subcommand)]
    User(UserCommand),
    /// Scopes: what tokens allow
    #[command(subcommand)]
    Scope(ScopeCommand),
    /// Resources: the APIs that tokens are for
    #[command(subcommand)]
    Resource(ResourceCommand),
    /// Tokens that let clients register themselves
    #[command(subcommand)]
    RegistrationToken(RegistrationTokenCommand),
    /// Signing keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Bring the database's schema up to date
    Migrate {
        /// Only say what would be done, and how long it would keep others waiting
        #[arg(long)]
        plan: bool,
    },
    /// Show the settings, without secrets, and check that a server would start with them
    CheckConfig,
    /// Copy a live SQLite database to a new file
    Backup {
        /// The file to write, which must not exist
        file: PathBuf,
    },
    /// Put a backup in the place of the SQLite database, while no server runs; the replaced file is kept
    Restore {
        /// A file that `backup` wrote
        file: PathBuf,
        /// Let sessions, tokens and consents of the time of the backup count again, those too that were ended since
        #[arg(long)]
        keep_issued: bool,
    },
    /// Write settings, scopes, resources and clients to a file, the same bytes for the same configuration
    Export {
        /// Where to; standard output without it
        file: Option<PathBuf>,
    },
    /// Make a file that `export` wrote the configuration; says what it adds and changes, field by field
    Import {
        /// The file, or - for standard input
        #[arg(value_name = "FILE|-")]
        file: String,
        /// Only say what would be changed
        #[arg(long)]
        dry_run: bool,
        /// Remove what the file does not have
        #[arg(long)]
        prune: bool,
    },
    /// End every session, grant, token, code, one-time link, initial access token, waiting device and remembered consent
    RevokeAll {
        /// Yes, everybody has to sign in again
        #[arg(long)]
        yes: bool,
    },
    /// Delete what has expired; of audit log and records of requests only where it is set how much of them is kept
    Sweep,
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Register a client from RFC 7591 metadata; prints the response with the secret, once
    Create {
        /// A JSON file, or - for standard input
        #[arg(long, value_name = "FILE|-")]
        metadata: String,
    },
    List,
    Show {
        id: String,
    },
    /// Replace a client's metadata
    Update {
        id: String,
        /// A JSON file, or - for standard input
        #[arg(long, value_name = "FILE|-")]
        metadata: String,
    },
    Disable {
        id: String,
    },
    Enable {
        id: String,
    },
    /// Add a secret beside the one in use; prints it, once
    RotateSecret {
        id: String,
    },
    /// Delete one of two secrets; `client show` names them
    DeleteSecret {
        #[arg(value_name = "CLIENT_ID")]
        id: String,
        // Ids are base64url, which may begin with a hyphen.
        #[arg(value_name = "SECRET_ID", allow_hyphen_values = true)]
        secret_id: String,
    },
    Delete {
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Create a user; prints a one-time link to choose a password unless one comes on standard input
    Create {
        #[arg(long)]
        username: String,
        #[arg(long)]
        email: Option<String>,
        /// Letters to the address are known to reach the user
        #[arg(long, requires = "email")]
        email_verified: bool,
        #[arg(long)]
        password_stdin: bool,
        /// A JSON file with OpenID standard claims or custom ones
        #[arg(long, value_name = "FILE.json")]
        claims: Option<PathBuf>,
        /// What they may do in the console
        #[arg(long, value_parser = role, default_value = "user", conflicts_with = "admin")]
        role: Role,
        /// The same as --role admin
        #[arg(long)]
        admin: bool,
    },
    List,
    Show {
        user: String,
    },
    /// Change what a user may do in the console: user, auditor, support or admin
    SetRole {
        user: String,
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Give a user another e-mail address
    SetEmail {
        user: String,
        email: String,
        /// Letters to the address are known to reach the user
        #[arg(long)]
        email_verified: bool,
    },
    /// Print a one-time link that confirms the address the user asked for, or the unverified one they have
    EmailLink {
        user: String,
    },
    Disable {
        user: String,
    },
    Enable {
        user: String,
    },
    /// Print a one-time link at which the user chooses a password; earlier ones end
    Link {
        user: String,
    },
    /// Where the user is signed in
    Sessions {
        user: String,
    },
    /// End all sessions of the user, and revoke their grants
    SignOut {
        user: String,
    },
    SetPassword {
        user: String,
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    Delete {
        user: String,
    },
}

#[derive(Debug, Subcommand)]
enum ScopeCommand {
    Create {
        name: String,
        #[arg(long)]
        description: String,
        /// Clients without a scope list of their own may ask for it
        #[arg(long)]
        default: bool,
        /// The claims about the user that it opens, separated by spaces
        #[arg(long, value_name = "NAMES", default_value = "")]
        claims: String,
    },
    List,
    Delete {
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum ResourceCommand {
    Create {
        uri: String,
        #[arg(long)]
        name: String,
        /// A scope that means something there; repeat for more
        #[arg(long = "scope", value_name = "NAME")]
        scopes: Vec<String>,
        #[arg(long, value_parser = ["opaque", "jwt"])]
        token_format: Option<String>,
        /// A client that may introspect its tokens; repeat for more
        #[arg(long, value_name = "CLIENT_ID")]
        introspected_by: Vec<String>,
    },
    List,
    Delete {
        uri: String,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    List,
    /// The next key signs, the current one retires
    Rotate {
        /// At once, and believe nothing that was signed so far: only if a private key may have leaked
        #[arg(long)]
        force: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "choose user, auditor, support or admin".to_owned())
}

/// Parses the arguments and does what they say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::from_environment(cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return refused(&error.to_string()),
    };
    let done = match cli.command.unwrap_or(Command::Serve { demo: false }) {
        Command::Serve { demo } => serve::run(config, demo),
        command => manage::run(&config, command, cli.json),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => refused(&why),
    }
}

fn refused(why: &str) -> ExitCode {
    eprintln!("grantor: {why}");
    ExitCode::from(1)
}
