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
use super::tls::{self, Served};
use crate::accounts::{self, Accounts, Complaint};
use crate::io::OsIo;
use crate::reactor::{Reactor, Security};
use crate::session::{Dialect, Settings};
use crate::terms::Key;
use crate::tree::OsTree;

/// The poll's name for signals.
const SIGNALS: Key = Key::outside(0);

/// The poll's name for the helper thread.
const HELPER: Key = Key::outside(1);

/// Serves until a signal ends it.
///
/// # Errors
/// What kept it from starting, or ended the poll, as a sentence for the operator.
pub(super) fn serve(arguments: &Arguments, data: &Path) -> Result<(), String> {
    log::start(arguments.log_level, arguments.log_file.as_deref())?;
    raise_descriptor_limit();
    let mut tree = OsTree::new();
    let accounts = load(data, &mut tree).map_err(|complaints| refusal(data, &complaints))?;
    let served = tls::prepare(arguments, data)?;
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
    let signals = Watch::start(&mut io, SIGNALS).map_err(failed)?;
    let helper = io.waker(HELPER).and_then(Helper::start).map_err(failed)?;
    let mut reactor = Reactor::new(io, tree, accounts, settings, arguments.limits());
    let serves_tls = served.is_some();
    let fingerprint = served.map(|served| take_up(&mut reactor, served));
    listen(&mut reactor, arguments, fingerprint.as_deref())?;
    let mut loop_ = Loop { reactor, signals, helper, arguments, data, serves_tls, asked: 0 };
    loop_.run().map_err(|error| format!("the event loop failed: {error}"))
}

/// The reactor and what drives it.
struct Loop<'a> {
    reactor: Reactor<OsIo, OsTree>,
    signals: Watch,
    helper: Helper,
    arguments: &'a Arguments,
    data: &'a Path,
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
                        Done::Committed(result) => self.reactor.committed(key, result),
                    }
                }
            }
            for (key, challenge) in self.reactor.challenges() {
                self.helper.submit(key, challenge);
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
        match load(self.data, self.reactor.tree_mut()) {
            Ok(accounts) => {
                self.reactor.replace_accounts(accounts);
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
            return;
        }
        match self.arguments.tls.load(self.data) {
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

/// Reads the accounts, and opens the directories that they grant.
fn load(data: &Path, tree: &mut OsTree) -> Result<Accounts, Vec<Complaint>> {
    let loaded = accounts::load(data, &mut |path: &Path| tree.add_root(path))?;
    for warning in loaded.warnings {
        warn!("{warning}");
    }
    Ok(loaded.accounts)
}

fn refusal(data: &Path, complaints: &[Complaint]) -> String {
    let mut text = format!("{} can't be served:", data.display());
    for complaint in complaints {
        text.push_str(&format!("\n  {complaint}"));
    }
    text.push_str("\nMend these, see with `coracled check`, and start again.");
    text
}

/// Opens the listeners and says where they are, and by which SHA-256 clients know the certificate:
/// first a line each for scripts, then two for people.
fn listen(
    reactor: &mut Reactor<OsIo, OsTree>,
    arguments: &Arguments,
    fingerprint: Option<&str>,
) -> Result<(), String> {
    let mut out = String::new();
    let mut bind = |address: SocketAddr, dialect, security, name| {
        let bound = reactor.listen(address, dialect, security).map_err(|error| {
            format!("{address} can't be listened on: {error}; choose another with --{name}")
        })?;
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
    // Whoever closed standard output did not want to know.
    let mut stdout = io::stdout();
    let _ = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
    Ok(())
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
