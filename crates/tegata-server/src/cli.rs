//! The command line, and the help that teaches it.

#![expect(clippy::doc_markdown, reason = "these comments are the help, and are shown as they are")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

const AFTER_HELP: &str = "\
Begin with:
  tegata serve                         make ./tegata-data and listen on http://127.0.0.1:8080
  tegata doctor                        look whether everything is in order

Settings come from tegata.toml, then the environment (TEGATA_TOKENS__ACCESS_TOKEN_TTL=5m), then the
command line (--set tokens.access_token_ttl=5m). `tegata settings` lists them.

Exit codes:
  0  done
  1  could not be done
  2  the command line is wrong
  3  the settings are wrong or unsafe; nothing was touched
  4  a check found something wrong";

/// Issues, refreshes, checks and revokes the tokens of an application's users.
#[derive(Parser)]
#[command(name = "tegata", version, after_help = AFTER_HELP, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the settings come from; the same for every command.
#[derive(Args)]
pub(crate) struct Common {
    /// Read settings from this file [default: tegata.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    pub(crate) config: Option<PathBuf>,
    /// The directory of the database, the master key and the audit log (server.data_dir)
    #[arg(long, global = true, value_name = "DIR", help_heading = "Settings")]
    pub(crate) data_dir: Option<String>,
    /// Set one setting; may be given many times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = "Settings")]
    pub(crate) set: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(after_help = "\
Examples:
  tegata serve
  tegata serve --listen 127.0.0.1:9000 --data-dir /var/lib/tegata
  tegata serve --public-url https://id.example.org --set signup.enabled=false
  tegata serve --store dynamodb --set store.dynamodb_endpoint=http://127.0.0.1:8000

The first start makes the data directory, the master key, the database and the signing keys.
SIGTERM and SIGINT stop it: it takes no new connections, finishes the requests that have begun, and ends.
A second signal ends it at once.

The server speaks plain http. For anything but this machine, put a proxy with TLS in front of it, and set
--public-url to the https address that browsers use and server.trusted_proxies to the address of the proxy.")]
    Serve(Serve),
    /// Manage users
    #[command(
        subcommand,
        after_help = "\
Examples:
  tegata user create alice --email alice@example.org
  pwgen 24 1 | tegata user create bob --password-stdin
  tegata user grant alice users:read
  tegata user set-claims alice --claim given_name=Alice
  tegata user disable bob

These commands work beside a running server on the same data directory."
    )]
    User(User),
    /// Manage the applications that log their users in here (OAuth clients)
    #[command(
        subcommand,
        after_help = "\
Examples:
  tegata client create --name 'Our wiki' --redirect-uri https://wiki.example.org/callback
  tegata client create --client-id cli --public --native --redirect-uri http://127.0.0.1/callback
  tegata client create --name 'Nightly job' --grant client_credentials --scope reports:write
  tegata client rotate-secret client-0123456789abcdef01234567 --overlap 24h

These commands work beside a running server on the same data directory."
    )]
    Client(Client),
    /// List and rotate the signing keys
    #[command(
        subcommand,
        after_help = "\
Keys rotate by themselves (keys.active_for, keys.publish_ahead). `tegata keys rotate` begins a rotation early; with
--now the new key signs at once, for a key that may have been stolen."
    )]
    Keys(Keys),
    /// Look into a token, or verify it
    #[command(
        subcommand,
        after_help = "\
Examples:
  tegata token inspect eyJhbGciOi…
  echo \"$TOKEN\" | tegata token verify -
  tegata token verify eyJhbGciOi… --issuer https://id.example.org --audience https://api.example.org --jwks keys.json"
    )]
    Token(Token),
    /// Write a copy of the database to a file, while the server runs
    #[command(after_help = "\
Example:
  tegata backup /mnt/backup/tegata-$(date +%F).db

The copy is complete and consistent. It is of no use without the master key (master.key in the data directory), and
with it, it is as good as the original: keep the two apart.

To restore: make a directory that only you can read, put the copy there as tegata.db and the master key as master.key,
and start `tegata serve --data-dir` on it.")]
    Backup(Backup),
    /// Write users, sessions, clients and signing keys to a file, to move them to another installation
    #[command(after_help = "\
Example:
  tegata export /mnt/move/tegata.jsonl --transfer-key /mnt/safe/transfer.key

The file holds password hashes, names and addresses, so it is made readable for you only, and is never printed. The
signing keys in it are sealed with the transfer key, which is made if it is not there: carry the two by different ways.

Stop the server first, so that nothing is missing. Users stay logged in if the new installation has the same
server.public_url. `tegata import` reads the file; to see that nothing was lost, export the new installation with the
same transfer key and the --as-of of the first line, and compare the two files.")]
    Export(Export),
    /// Read users, sessions, clients and signing keys from the file of another installation
    #[command(after_help = "\
Example:
  tegata import /mnt/move/tegata.jsonl --transfer-key /mnt/safe/transfer.key --data-dir /var/lib/tegata

The installation must be new: it is made as `tegata serve` makes it. The file is checked to its end before anything is
written. If the import is interrupted, repeat it; it goes on where it was, and there are no signing keys until it is
complete. Passwords that were hashed with a pepper need the same passwords.pepper_file here.")]
    Import(Import),
    /// Look whether the installation is in order
    #[command(
        after_help = "Exit code 0: all is well, or there are warnings only. 4: something is wrong; each line says what to do."
    )]
    Doctor,
    /// Verify or export the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// List all settings with their defaults and what they do
    Settings(SettingsPage),
    /// Print the description of the HTTP interface (OpenAPI)
    Openapi,
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  tegata completions bash > ~/.local/share/bash-completion/completions/tegata"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes any free one (server.listen) [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Where everything is remembered, sqlite or dynamodb (store.kind) [default: sqlite]
    #[arg(long, value_name = "KIND")]
    pub(crate) store: Option<String>,
    /// The address that browsers use: the issuer of all tokens (server.public_url) [default: from --listen]
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Make an account; asks for the password. Works also where sign-up is closed
    Create {
        /// The user name: 3 to 64 letters, digits, `.`, `_` and `-`
        username: String,
        /// The e-mail address; a note until it is verified
        #[arg(long)]
        email: Option<String>,
        #[command(flatten)]
        password: NewPassword,
    },
    /// List all users
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show one user with their sessions
    Show {
        #[command(flatten)]
        user: Whom,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Set a new password and end all sessions of the user
    SetPassword {
        #[command(flatten)]
        user: Whom,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Grant a scope beyond what everyone has; it shows at the next login
    Grant {
        #[command(flatten)]
        user: Whom,
        /// Scope tokens, such as users:read
        #[arg(required = true)]
        scope: Vec<String>,
    },
    /// Take a granted scope back; running sessions keep theirs, `tegata user disable` and `enable` end them
    Revoke {
        #[command(flatten)]
        user: Whom,
        /// Scope tokens, such as users:read
        #[arg(required = true)]
        scope: Vec<String>,
    },
    /// Close an account: no login, and all sessions end at once
    Disable(Whom),
    /// Open a closed account again
    Enable(Whom),
    /// Let a user try again at once who has failed too often
    Unlock(Whom),
    /// Say that the e-mail address on the account is its owner's: it becomes unique and good for logging in
    VerifyEmail(Whom),
    /// Set claims and attributes of a user: those that are named, and no others
    #[command(after_help = "\
Examples:
  tegata user set-claims alice --claim given_name=Alice --claim phone_number='+1 604 555 1234'
  tegata user set-claims alice --claim 'groups=[\"staff\",\"wiki-editors\"]' --remove department
  tegata user set-claims alice --json - < alice.json

Claims are those of OpenID Connect (Core §5.1) but for sub, preferred_username and updated_at, and the attributes that
oauth.attributes names. The values of --claim are texts; true, false, lists and objects are written as JSON. In the
file of --json, null removes.")]
    SetClaims {
        #[command(flatten)]
        user: Whom,
        #[command(flatten)]
        claims: NewClaims,
    },
    /// Delete an account with its sessions. This cannot be undone
    Delete {
        #[command(flatten)]
        user: Whom,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(crate) struct Whom {
    /// The user name, or a verified e-mail address
    pub(crate) username: String,
}

/// What is said of a user. Other users of the machine can read arguments: what is nobody's business comes in a file.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct NewClaims {
    /// Set a claim; may be given many times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) claim: Vec<String>,
    /// Remove a claim; may be given many times
    #[arg(long, value_name = "NAME")]
    pub(crate) remove: Vec<String>,
    /// Read claims from a file, as a JSON object; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// A password is never an argument: other users of the machine can read those.
#[derive(Args)]
pub(crate) struct NewPassword {
    /// Read the password from standard input: one line
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Subcommand)]
pub(crate) enum Client {
    /// Register a client; prints its secret, once
    Create(Box<CreateClient>),
    /// List all clients
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show a client, as a JSON object
    Show {
        /// The client_id
        client: String,
    },
    /// Change what is named, and nothing else
    ///
    /// A client that has registered itself can change its registration afterwards. It never gets more than the --grant and
    /// the --scope that were named here, and cannot change --resource, --no-pkce and --trusted.
    Update(Box<UpdateClient>),
    /// Give a client another secret; the one before goes on for a while
    RotateSecret {
        /// The client_id
        client: String,
        /// How long the secret before this one goes on
        #[arg(long, value_name = "DURATION", default_value = "24h")]
        overlap: String,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Vouch for a client that registered itself: users see it as verified and are asked once, until it changes its
    /// registration
    #[command(after_help = "\
Example:
  tegata client show client-0123456789abcdef01234567
  tegata client vouch client-0123456789abcdef01234567 --version 1

A client can change its registration at any time. The version says which one you have looked at: another one is not
vouched for.")]
    Vouch {
        /// The client_id
        client: String,
        /// The version that `tegata client show` has shown
        #[arg(long, value_name = "NUMBER")]
        version: u64,
    },
    /// Close a client: nobody logs in to it, and it gets no tokens
    Disable {
        /// The client_id
        client: String,
    },
    /// Open a closed client again
    Enable {
        /// The client_id
        client: String,
    },
    /// Delete a client, with everything it was granted. This cannot be undone
    Delete {
        /// The client_id
        client: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(crate) struct UpdateClient {
    /// The client_id
    pub(crate) client: String,
    #[command(flatten)]
    pub(crate) metadata: Metadata,
    #[command(flatten)]
    pub(crate) taken_back: TakenBack,
}

/// What a flag has said of a client and is not so any more. What has a value is given another one.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct TakenBack {
    /// It is a web site: takes --native back
    #[arg(long, conflicts_with = "native")]
    pub(crate) no_native: bool,
    /// It knows users by the names that all know them by: takes --pairwise back
    #[arg(long, conflicts_with = "pairwise")]
    pub(crate) no_pairwise: bool,
    /// Users are asked: takes --trusted back
    #[arg(long, conflicts_with = "trusted")]
    pub(crate) no_trusted: bool,
    /// It has to use PKCE: takes --no-pkce back
    #[arg(long, conflicts_with = "no_pkce")]
    pub(crate) pkce: bool,
    /// Its tokens are bound to a key only where it asks for that: takes --dpop back
    #[arg(long, conflicts_with = "dpop")]
    pub(crate) no_dpop: bool,
    /// It need not push its authorization requests: takes --par back
    #[arg(long, conflicts_with = "par")]
    pub(crate) no_par: bool,
    /// It need not sign its authorization requests: takes --jar back
    #[arg(long, conflicts_with = "jar")]
    pub(crate) no_jar: bool,
}

#[derive(Args)]
pub(crate) struct CreateClient {
    /// Its name to us [default: a random one]
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) metadata: Metadata,
    /// As a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a client is registered with.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Metadata {
    /// The name that people see
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Where answers may be sent; may be given many times
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Vec<String>,
    /// Where browsers may be sent after a logout; may be given many times
    #[arg(long, value_name = "URI")]
    pub(crate) post_logout_redirect_uri: Vec<String>,
    /// A grant that it may use; may be given many times [default: authorization_code, refresh_token]
    #[arg(long, value_name = "GRANT")]
    pub(crate) grant: Vec<String>,
    /// What it may ask for [default: openid profile email offline_access]
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// How it proves who it is [default: client_secret_basic]
    #[arg(long, value_name = "METHOD")]
    pub(crate) auth_method: Option<String>,
    /// It cannot keep a secret: an application in a browser or on a device; --auth-method says otherwise
    #[arg(long, conflicts_with = "auth_method")]
    pub(crate) public: bool,
    /// It is a program on its user's device, and may have loopback and private-scheme redirect URIs
    #[arg(long)]
    pub(crate) native: bool,
    /// The file with its public keys (a JWK set)
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks_file: Option<PathBuf>,
    /// Where its public keys are
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    pub(crate) jwks_uri: Option<String>,
    /// With what its ID tokens are signed [default: RS256]
    #[arg(long, value_name = "ALG")]
    pub(crate) id_token_alg: Option<String>,
    /// A resource that it may ask tokens for; may be given many times
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Vec<String>,
    /// Its home page
    #[arg(long, value_name = "URL")]
    pub(crate) client_uri: Option<String>,
    /// Its logo
    #[arg(long, value_name = "URL")]
    pub(crate) logo_uri: Option<String>,
    /// Where it hears of logouts
    #[arg(long, value_name = "URL")]
    pub(crate) backchannel_logout_uri: Option<String>,
    /// It knows users by names of its own
    #[arg(long)]
    pub(crate) pairwise: bool,
    /// It is part of your own house: users are not asked
    #[arg(long)]
    pub(crate) trusted: bool,
    /// It does not have to use PKCE; for old programs that keep a secret
    #[arg(long)]
    pub(crate) no_pkce: bool,
    /// Its tokens are always bound to a key (DPoP)
    #[arg(long)]
    pub(crate) dpop: bool,
    /// It has to push its authorization requests
    #[arg(long)]
    pub(crate) par: bool,
    /// It has to sign its authorization requests (JAR)
    #[arg(long)]
    pub(crate) jar: bool,
    /// Where it has a request object that may be fetched; may be given many times
    #[arg(long, value_name = "URL")]
    pub(crate) request_uri: Vec<String>,
    /// With what its request objects are signed, or none [default: any that it has a key for, or none]
    #[arg(long, value_name = "ALG")]
    pub(crate) request_object_alg: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// List the signing keys and where in their life they stand
    List,
    /// Make the next signing key; it signs as soon as verifiers have had time to learn of it
    Rotate {
        /// Let the new key sign at once
        #[arg(long)]
        now: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Decode a token and explain its claims, WITHOUT verifying anything
    Inspect {
        /// The token; `-` reads it from standard input
        token: String,
    },
    /// Verify an access token: signature, issuer, audience, times
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The token; `-` reads it from standard input
    pub(crate) token: String,
    /// The issuer it must be from [default: that of the settings]
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The audience it must be for [default: that of the settings, or the issuer]
    #[arg(long)]
    pub(crate) audience: Option<String>,
    /// The file with the public keys (a JWK set) [default: those of the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Backup {
    /// The file to write; it must not exist
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The file to write; it must not exist
    pub(crate) file: PathBuf,
    /// The key that seals the signing keys in the file; made if it is not there
    #[arg(long, value_name = "FILE")]
    pub(crate) transfer_key: PathBuf,
    /// Leave out the sessions that had ended by then, such as 2026-11-24T12:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<String>,
    /// Export beside a running server. What happens meanwhile may be missing: for a trial, not for the move
    #[arg(long)]
    pub(crate) while_running: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// The file that `tegata export` wrote
    pub(crate) file: PathBuf,
    /// The transfer key that it was written with
    #[arg(long, value_name = "FILE")]
    pub(crate) transfer_key: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Look whether any line was changed, removed, inserted or moved, and say where
    #[command(after_help = "\
It prints the newest line's number and MAC. Keep that somewhere else and name it next time with --head: then not even
someone who replaces all files by older copies goes unnoticed.")]
    Verify {
        /// A head that was printed before, NUMBER:MAC
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
    },
    /// Print the log, verified, one JSON object per line
    Export {
        /// Only the events after this number
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: u64,
    },
}

#[derive(Args)]
pub(crate) struct SettingsPage {
    /// As the page docs/reference/settings.md
    #[arg(long)]
    pub(crate) markdown: bool,
}
