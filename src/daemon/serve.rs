//! Serving: makes the world, drives the reactor in it, and leaves it in order.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::log::{error, info, warn};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::arguments::Arguments;
use super::helper::{Done, Helper};
use super::log;
use super::signals::{Request, Watch};
use super::tables::{self, Tables};
use super::tls::{self, Served};
use super::walls::{Fenced, Site, Standing, User, Walls};
use crate::accounts::{self, Accounts, Complaint, Loaded, Verdict};
use crate::io::OsIo;
use crate::reactor::{Reactor, Security};
use crate::session::{Dialect, Settings};
use crate::terms::Key;
use crate::tree::OsTree;

/// The poll's name for signals.
const SIGNALS: Key = Key::outside(0);

/// The poll's name for the helper thread.
const HELPER: Key = Key::outside(1);

/// Ports below this one take a privilege to bind.
const PRIVILEGED: u16 = 1024;

/// Serves until a signal ends it.
///
/// # Errors
/// What kept it from starting, or ended the poll, as a sentence for the operator.
pub(super) fn serve(arguments: &Arguments, data: &Path) -> Result<(), String> {
    // Before anything is opened: a mistyped name is to leave no trace.
    let user = arguments.user.as_deref().map(User::look_up).transpose()?;
    log::start(arguments.log_level, arguments.log_file.as_deref())?;
    raise_descriptor_limit();
    let mut tree = OsTree::new();
    let tables = Tables::new(data, arguments);
    let tables::Served { loaded, directories } =
        tables.load(&mut tree, None).map_err(|complaints| refusal(data, &complaints))?;
    let plain = loaded.plain;
    let accounts = accounts_of(loaded);
    let missing = tables.missing();
    let served = tls::prepare(arguments, data)?;
    // What has been made just now is to be read again by whoever this is going to be.
    user.as_ref().map_or(Ok(()), |user| user.own(&missing))?;
    if let Some(warning) = arguments.tls.warning(accounts.by_certificate()) {
        warn!("{warning}");
    }
    let settings = Settings {
        tls: arguments.tls.policy(served.is_some()),
        login_attempts: arguments.login_attempts,
        conceal_usernames: arguments.conceal_usernames,
        mode_z: arguments.mode_z,
        partial_expiry: arguments.partial_expiry,
        ..Settings::default()
    };
    let failed = |error| format!("the event loop can't be made: {error}");
    let mut io = OsIo::new().map_err(failed)?;
    #[cfg(feature = "ktls")]
    if served.is_some() {
        tls::look_for_seals(&mut io);
    }
    let signals = Watch::start(&mut io, SIGNALS).map_err(failed)?;
    let waker = io.waker(HELPER).map_err(failed)?;
    let mut reactor = Reactor::new(io, tree, accounts, settings, arguments.limits());
    let serves_tls = served.is_some();
    let fingerprint = served.map(|served| take_up(&mut reactor, served));
    let (greeting, reachable) = listen(&mut reactor, arguments, fingerprint.as_deref())?;
    if let Some(address) = reachable.filter(|_| plain > 0) {
        warn!(
            "{plain} of the passwords in {} stand there as they are, and {address} can be reached \
             from other machines: have each hashed, with `coracled passwd USER`",
            data.join(accounts::CREDENTIALS).display()
        );
    }
    let fenced = {
        let territory = tables.territory(arguments, reactor.tree_mut(), &directories);
        let wanted = if arguments.no_landlock { Err("by --no-landlock") } else { Ok(territory) };
        Site::default().lower(user.as_ref())?.fence(wanted)?
    };
    // A thread has the walls that its maker had.
    let helper = Helper::start(waker).map_err(failed)?;
    let walls = seal(fenced, arguments, &tables)?;
    greet(&greeting);
    let mut loop_ =
        Loop { reactor, signals, helper, arguments, tables, walls, serves_tls, asked: 0 };
    loop_.run().map_err(|error| format!("the event loop failed: {error}"))
}

/// The reactor and what drives it.
struct Loop<'a> {
    reactor: Reactor<OsIo, OsTree>,
    signals: Watch,
    helper: Helper,
    arguments: &'a Arguments,
    tables: Tables,
    walls: Walls,
    /// Whether there was a certificate at start; without one, none is looked for.
    serves_tls: bool,
    /// How often it has been told to stop.
    asked: u32,
}

impl Loop<'_> {
    fn run(&mut self) -> io::Result<()> {
        while !self.reactor.is_drained() && self.asked < 2 {
            self.reactor.pass()?;
            let outside: Vec<Key> = self.reactor.outside().collect();
            if outside.contains(&SIGNALS) {
                for request in self.signals.pending() {
                    self.obey(request);
                }
            }
            if outside.contains(&HELPER) {
                while let Some((key, done)) = self.helper.done() {
                    match done {
                        Done::Judged(verdict) => self.reactor.verdict(key, verdict),
                        Done::Committed(result) => drop(self.reactor.committed(key, result)),
                    }
                }
            }
            let challenges: Vec<_> = self.reactor.challenges().collect();
            for (key, challenge) in challenges {
                let wanted = |key| self.reactor.awaits_verdict(key);
                if let Some(crowded) = self.helper.submit(key, challenge, wanted) {
                    self.reactor.verdict(crowded, Verdict::Crowded);
                }
            }
            for (key, commit) in self.reactor.commits() {
                self.helper.submit_commit(key, commit);
            }
            self.helper.forward(|key| self.reactor.awaits_verdict(key));
        }
        info!("stopped");
        Ok(())
    }

    fn obey(&mut self, request: Request) {
        match request {
            Request::Stop => {
                self.asked += 1;
                let clients = self.reactor.census().controls;
                let drain = self.arguments.drain;
                info!("told to stop: {clients} clients have {drain:?} to end transfers");
                self.reactor.drain(drain);
            }
            Request::Reload => {
                self.reload_accounts();
                self.reload_certificate();
            }
        }
    }

    fn reload_accounts(&mut self) {
        match self.tables.load(self.reactor.tree_mut(), Some(&self.walls)) {
            Ok(read) => {
                self.reactor.replace_accounts(accounts_of(read.loaded));
                info!("accounts are read anew");
            }
            Err(complaints) => {
                for complaint in complaints {
                    error!("{complaint}");
                }
                error!("the old accounts are kept until these are mended");
            }
        }
    }

    /// Connections that come from now on get the new certificate; nobody is dropped.
    fn reload_certificate(&mut self) {
        if !self.serves_tls {
            if self.arguments.tls.is_wanted() {
                warn!("there is no TLS, as there was no certificate at start: it takes a restart");
            }
            return;
        }
        match self.arguments.tls.load(self.tables.data()) {
            Ok(served) => {
                let fingerprint = take_up(&mut self.reactor, served);
                info!("the certificate is read anew: sha256 {fingerprint}");
            }
            Err(reason) => {
                error!("{reason}");
                error!("the old certificate is kept until this is mended");
            }
        }
    }
}

/// Has new connections be made from what is served from now on; returns the fingerprint.
fn take_up(reactor: &mut Reactor<OsIo, OsTree>, served: Served) -> String {
    for warning in served.warnings {
        warn!("{warning}");
    }
    reactor.replace_acceptor(Some(served.acceptor));
    served.fingerprint
}

/// The accounts that were read, when what is odd about them has been said.
fn accounts_of(loaded: Loaded) -> Accounts {
    for warning in loaded.warnings {
        warn!("{warning}");
    }
    loaded.accounts
}

/// Raises the last wall, and says of each whether it stands.
fn seal(fenced: Fenced, arguments: &Arguments, tables: &Tables) -> Result<Walls, String> {
    let walls = fenced.seal(arguments.no_seccomp.then_some("by --no-seccomp"))?;
    for line in walls.lines() {
        match line.standing {
            Standing::Up(_) => info!("{line}"),
            Standing::Off(_) | Standing::Missing(_) => warn!("{line}"),
        }
    }
    for (file, error) in tables.out_of_reach() {
        warn!("{} can't be read any more, so a reload will fail: {error}", file.display());
    }
    if let Some(range) =
        arguments.passive_ports.as_ref().filter(|range| *range.start() < PRIVILEGED)
    {
        let low = range.start();
        warn!(
            "--passive-ports begins at {low}: the privilege to bind below {PRIVILEGED} is given up"
        );
    }
    if arguments.passive_ports.as_ref().is_some_and(|range| range.start() == range.end()) {
        warn!(
            "--passive-ports names a single port: it serves all addresses at once, but of each no more \
             than one session that waits, and a connection that comes late there may be taken for the \
             one of the next transfer; name a range of several"
        );
    }
    Ok(walls)
}

fn refusal(data: &Path, complaints: &[Complaint]) -> String {
    let mut text = format!("{} can't be served:", data.display());
    for complaint in complaints {
        text.push_str(&format!("\n  {complaint}"));
    }
    text.push_str("\nMend these, see with `coracled check`, and start again.");
    text
}

/// Opens the listeners. Returns what says where they are, and by which SHA-256 clients know the
/// certificate: first a line each for scripts, then two for people; and the first address that other
/// machines can reach.
fn listen(
    reactor: &mut Reactor<OsIo, OsTree>,
    arguments: &Arguments,
    fingerprint: Option<&str>,
) -> Result<(String, Option<SocketAddr>), String> {
    let mut out = String::new();
    let mut reachable = None;
    let mut bind = |address: SocketAddr, dialect, security, name| {
        let bound = reactor.listen(address, dialect, security).map_err(|error| {
            format!("{address} can't be listened on: {error}; choose another with --{name}")
        })?;
        if !bound.ip().to_canonical().is_loopback() {
            reachable.get_or_insert(bound);
        }
        Ok::<SocketAddr, String>(bound)
    };
    let mut ftp = None;
    for address in &arguments.listen {
        let bound = bind(*address, Dialect::Ftp, Security::Clear, "listen")?;
        out.push_str(&format!("listening ftp {bound}\n"));
        ftp.get_or_insert(bound);
    }
    let mut guided = None;
    for address in arguments.guided_in_the_clear() {
        let bound = bind(*address, Dialect::Guided, Security::Clear, "guided")?;
        out.push_str(&format!("listening guided {bound}\n"));
        guided.get_or_insert(bound);
    }
    for address in &arguments.tls.listen_tls {
        let bound = bind(*address, Dialect::Ftp, Security::Implicit, "listen-tls")?;
        out.push_str(&format!("listening ftp-tls {bound}\n"));
    }
    for address in &arguments.tls.guided_tls {
        let bound = bind(*address, Dialect::Guided, Security::Implicit, "guided-tls")?;
        out.push_str(&format!("listening guided-tls {bound}\n"));
    }
    if let Some(fingerprint) = fingerprint {
        out.push_str(&format!("certificate sha256 {fingerprint}\n"));
    }
    if let Some(bound) = ftp {
        let client = client_beside_us();
        let client = client.display();
        out.push_str(&format!("Log in with `{client} USER@{bound}`, or with any FTP client.\n"));
    }
    if let Some(bound) = guided {
        let (host, port) = (bound.ip(), bound.port());
        out.push_str(&format!("Or be guided: `nc {host} {port}`, then type LOGIN.\n"));
    }
    Ok((out, reachable))
}

/// Says that it serves, and where. Nobody is to read so of a server that failed to shut itself in.
fn greet(greeting: &str) {
    // Whoever closed standard output did not want to know.
    let mut stdout = io::stdout();
    let _ = stdout.write_all(greeting.as_bytes()).and_then(|()| stdout.flush());
}

/// The client, as it can be called from where the server was called.
fn client_beside_us() -> PathBuf {
    std::env::args_os().next().map_or_else(PathBuf::new, PathBuf::from).with_file_name("coracle")
}

/// Lets the process have as many descriptors as it may: each client takes one, and two while it
/// transfers.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(errno) = setrlimit(Resource::Nofile, raised) {
            warn!("the limit on open files stays at {:?}: {errno}", limit.current);
        }
    }
}
