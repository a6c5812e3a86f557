//! Where to, as whom and how: opens links that are logged in, as often as they are needed.
//!
//! A [`Dialer`] is what a second connection, or a new one in place of one that was lost, needs to
//! know of the first. It asks a person at most once for what nobody else can tell.

use std::io::IsTerminal;

use super::address::Site;
use super::arguments::Connection;
use super::exit::Exit;
use super::failure::{Again, Failure, is_crowd, speaks_of_failed_logins, speaks_of_tls};
use super::interrupt::Interrupt;
use super::link::{Cargo, Link, LinkFault};
use super::pace::Pace;
use super::password::{self, Account, Password};
use super::security::{Demand, Security};
use super::terminal;
use super::user_pi::{ClientFault, DataMode, Task};

/// What it takes to open a link.
#[derive(Debug, Clone)]
pub struct Dialer {
    site: Site,
    account: Account,
    security: Security,
    pace: Pace,
    interrupt: Interrupt,
    mode: DataMode,
}

impl Dialer {
    /// Finds out who logs in. `ask_user` lets a person name the account where nothing else does.
    ///
    /// # Errors
    /// A `.netrc` or a file of the password that can't be trusted, what [`Security::of`] refuses, or a
    /// system that refuses to listen to Control-C.
    pub fn new(site: &Site, connection: &Connection, ask_user: bool) -> Result<Self, Failure> {
        let security = Security::of(site, &connection.protection)?;
        let account = Account::find(site, connection.password_file.as_deref(), ask_user)?;
        let interrupt = Interrupt::listen()
            .map_err(|error| Failure::new(Exit::Other, format!("no signals: {error}")))?;
        let mode = if connection.active { DataMode::Active } else { DataMode::Passive };
        let (site, pace) = (site.clone(), connection.pace());
        Ok(Self { site, account, security, pace, interrupt, mode })
    }

    /// Connects, begins TLS as far as it is wanted, and logs in.
    ///
    /// # Errors
    /// No connection, no TLS where it has to be or by whom it should not be, no password, or a login
    /// that is refused.
    pub fn dial(&mut self) -> Result<Link, Failure> {
        let port = self.site.port_or_usual();
        let mut link =
            Link::open(&self.site.host, port, self.pace.clone(), self.interrupt.clone())?;
        link.use_mode(self.mode);
        self.secure(&mut link).map_err(|failure| failure.about(self.site.to_string()))?;
        self.log_in(&mut link)?;
        Ok(link)
    }

    /// `user@host:port`.
    #[must_use]
    pub fn name(&self) -> String {
        Site { user: Some(self.account.user.clone()), ..self.site.clone() }.to_string()
    }

    /// Where to.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// How long things may take.
    #[must_use]
    pub const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Control-C.
    #[must_use]
    pub const fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Lets the links to come do without the tickets of which the server gives too few.
    pub fn do_without_tickets(&self) {
        self.security.memory().note_stingy(&self.site);
    }

    /// How data connections are made.
    #[must_use]
    pub const fn mode(&self) -> DataMode {
        self.mode
    }

    /// Chooses how data connections are made by the links to come.
    pub const fn use_mode(&mut self, mode: DataMode) {
        self.mode = mode;
    }

    /// Begins TLS. It stays in the clear only where nobody ever wanted anything else of this server:
    /// under `try`, where the server has refused AUTH and was never reached under TLS before.
    fn secure(&self, link: &mut Link) -> Result<(), Failure> {
        let (security, site) = (&self.security, &self.site);
        if security.demand() == Demand::Off {
            return Ok(());
        }
        let versions = security.versions(site);
        link.prepare(security.trust(), security.identity(), versions, &site.host)?;
        if security.demand() == Demand::Implicit {
            link.secure()?;
        } else {
            match link.perform(Task::Secure, Cargo::None) {
                Ok(_) => {}
                Err(LinkFault::Dialogue(fault @ ClientFault::Refused(_))) => {
                    return self.refused(&fault);
                }
                Err(fault) => return Err(turned_away(fault, site)),
            }
        }
        security.memory().note_secured(site);
        if let Some((reason, fingerprint)) = link.doubt() {
            self.remark(&format!(
                "{site} is trusted because it is on this machine; {reason}.\n  \
                 To make sure of it: --fingerprint {fingerprint}"
            ));
        }
        Ok(())
    }

    /// The server does not take AUTH TLS.
    fn refused(&self, fault: &ClientFault) -> Result<(), Failure> {
        let memory = self.security.memory();
        if self.security.demand() == Demand::Try && !memory.was_secured(&self.site) {
            self.remark(&format!("{} offers no TLS; all that is sent can be read", self.site));
            return Ok(());
        }
        let advice = if memory.was_secured(&self.site) {
            "it had TLS a moment ago: somebody on the way may want to have it in the clear"
        } else {
            "ftps:// is for servers with TLS from the first byte on; without TLS, --tls off"
        };
        Err(Failure::new(Exit::Tls, format!("no TLS; {fault}")).advise(advice).fatal())
    }

    /// Tells a person what a script has decided for itself.
    fn remark(&self, text: &str) {
        if std::io::stderr().is_terminal() {
            self.security.memory().tell_once(text);
        }
    }

    /// Logs in, with three attempts where a person types the password.
    fn log_in(&mut self, link: &mut Link) -> Result<(), Failure> {
        let Self { account, site, .. } = self;
        let user = String::from_utf8_lossy(&account.user).into_owned();
        let mut attempt = 1;
        let mut refusal: Option<Failure> = None;
        loop {
            let password = match &account.password {
                Password::Known(password) => password.clone(),
                Password::Prompt => password::prompt(&account.user, site)?,
            };
            let task = Task::Login { user: account.user.clone(), password: password.clone() };
            let fault = match link.perform(task, Cargo::None) {
                Ok(_) => {
                    account.password = Password::Known(password);
                    return Ok(());
                }
                Err(fault) => fault,
            };
            if link.protection().is_none() && wants_tls(&fault) {
                let what = format!("it wants TLS; {}", explain(&fault));
                return Err(Failure::new(Exit::Tls, what)
                    .about(site.to_string())
                    .advise("leave out --tls off")
                    .fatal());
            }
            let LinkFault::Dialogue(ClientFault::Refused(reply)) = &fault else {
                // After refusals, a server that hangs up has had enough of them.
                let refusal =
                    refusal.map(|failure| failure.advise("check the user and the password"));
                return Err(refusal.unwrap_or_else(|| turned_away(fault, site)));
            };
            let crowded = is_crowd(reply);
            let failure = Failure::new(Exit::Login, format!("login refused; {}", explain(&fault)))
                .about(format!("{user} at {}", site.host))
                .fatal();
            if crowded {
                return Err(failure.again(Again::Crowded));
            }
            if account.password != Password::Prompt || attempt == password::ATTEMPTS {
                let advice = match account.password {
                    Password::Known(_) => "check the user, and CORACLE_PASSWORD or ~/.netrc",
                    Password::Prompt => "check the user and the password",
                };
                return Err(failure.advise(advice));
            }
            terminal::tell(&format!("coracle: {failure}"));
            refusal = Some(failure);
            attempt += 1;
        }
    }
}

/// A server that does not come to a login: it may have too many clients, or had enough failures.
fn turned_away(fault: LinkFault, site: &Site) -> Failure {
    let failure = match &fault {
        LinkFault::Dialogue(ClientFault::Closing(reply)) if speaks_of_failed_logins(reply) => {
            Failure::new(Exit::Login, format!("login refused; {}", explain(&fault)))
                .advise("check the user, and CORACLE_PASSWORD or ~/.netrc")
        }
        LinkFault::Dialogue(ClientFault::Closing(reply)) if is_crowd(reply) => {
            Failure::from(fault).again(Again::Crowded)
        }
        LinkFault::Dialogue(_)
        | LinkFault::TimedOut(_)
        | LinkFault::Cargo(_)
        | LinkFault::Tls(_)
        | LinkFault::Spent(_)
        | LinkFault::Cut => Failure::from(fault),
    };
    failure.about(site.to_string()).fatal()
}

/// True when a login in the clear is refused because it is one.
fn wants_tls(fault: &LinkFault) -> bool {
    matches!(fault, LinkFault::Dialogue(ClientFault::Refused(reply) | ClientFault::Closing(reply))
        if speaks_of_tls(reply))
}

fn explain(fault: &LinkFault) -> String {
    match fault {
        LinkFault::Dialogue(fault) => fault.to_string(),
        LinkFault::TimedOut(what) => (*what).to_owned(),
        LinkFault::Cargo(error) => error.to_string(),
        LinkFault::Tls(failure) => failure.what().to_owned(),
        LinkFault::Spent(reply) => ClientFault::Refused(reply.clone()).to_string(),
        LinkFault::Cut => Failure::from(LinkFault::Cut).what().to_owned(),
    }
}
