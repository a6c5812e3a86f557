//! AUTH, PBSZ, PROT (RFC 2228, section 3; RFC 4217), and why CCC is refused: how the connections are
//! protected, and what is not served before they are.
//!
//! The handshake is the reactor's; what it has shown comes back as an event. What the choices left
//! open by the RFCs are, and why, stands in `manual/protocol`.

use super::state::{Answered, Busy, Parameters, Said, State, Turn, Visit};
use super::{Session, Shown};
use crate::accounts::{Accounts, Client};
use crate::session::{Effect, Settings, Tls};
use crate::terms::{Protection, Secured};
use crate::tree::Tree;
use crate::wire::ftp::command::HostArgument;
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::security::{Level, Mechanism};

impl Session {
    /// AUTH: the last line in the clear, and its reply the last in the clear (RFC 4217,
    /// sections 4.2 and 12.1).
    ///
    /// What was said in the clear counts for nothing behind it (RFC 4217, section 4.2): a login is
    /// forgotten, and so are the parameters, the route, and lines that came behind this one. Failed
    /// logins stay counted, and a stranger's time to log in runs on.
    pub(super) fn auth<T: Tree>(
        &mut self,
        mechanism: Mechanism,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        if self.is_secured() {
            return Err(Reply::new(534, "This connection is protected by TLS already."));
        }
        self.log_out(turn);
        self.unroute(turn);
        self.state = State::NeedsUser;
        self.parameters = Parameters::default();
        self.waiting = None;
        self.busy = Busy::Securing(match mechanism {
            Mechanism::Tls => Protection::Clear,
            Mechanism::TlsPrivate => Protection::Private,
        });
        turn.effects.reply(Reply::new(234, "Begin the TLS handshake."));
        turn.effects.push(Effect::Secure);
        Ok(Said::Later)
    }

    /// The handshake is done: that which AUTH asked for, or the one before the greeting on a port for
    /// implicit TLS. There data connections are private from the beginning, as clients of such ports
    /// take it to be.
    pub(super) fn handshake_done(&mut self, secured: Secured) {
        let (implicit, protection) = match self.busy {
            Busy::Securing(protection) => (false, protection),
            Busy::Idle
            | Busy::Verifying
            | Busy::Withheld(_)
            | Busy::AwaitingRoute(_)
            | Busy::Transferring(_)
            | Busy::Working(_) => (true, Protection::Private),
        };
        if !implicit {
            self.busy = Busy::Idle;
        }
        self.parameters.protection = protection;
        self.secured = Some(Box::new(Shown { by: secured, implicit }));
    }

    /// What REIN makes of TLS: nothing where it was there before the greeting, else an end behind the
    /// reply, which is the last that is protected (RFC 4217, section 13).
    pub(super) fn reset_protection(&mut self, reply: Reply) -> Said {
        match self.secured.take_if(|shown| !shown.implicit) {
            Some(_) => Said::Clear(reply),
            None => {
                if self.is_secured() {
                    self.parameters.protection = Protection::Private;
                }
                Said::Now(reply)
            }
        }
    }

    /// PBSZ: TLS protects as it goes, so that the size is zero whatever the client proposes (RFC
    /// 4217, section 9).
    pub(super) fn pbsz(&mut self, bytes: u32) -> Answered {
        if !self.is_secured() {
            return Err(not_secured());
        }
        self.parameters.buffer_agreed = true;
        let text = if bytes == 0 { "PBSZ is 0." } else { "PBSZ=0" };
        Ok(Said::Now(Reply::new(200, text)))
    }

    /// PROT: whether data connections are protected, from the next one on.
    pub(super) fn prot(&mut self, level: Level, settings: &Settings) -> Answered {
        if !self.is_secured() {
            return Err(not_secured());
        }
        if !self.parameters.buffer_agreed {
            return Err(Reply::new(503, "Send PBSZ 0 first."));
        }
        let (protection, text) = match level {
            Level::Clear if settings.tls == Tls::Required => {
                return Err(Reply::new(534, "Data connections have to be protected; send PROT P."));
            }
            Level::Clear => (Protection::Clear, "Data connections are in the clear."),
            Level::Private => (Protection::Private, "Data connections are protected by TLS."),
            Level::Safe | Level::Confidential => {
                return Err(Reply::new(536, "TLS has no such level; send PROT P or PROT C."));
            }
        };
        self.parameters.protection = protection;
        Ok(Said::Now(Reply::new(200, text)))
    }

    /// CCC: a control connection in the clear behind a login is whoever's who can write into it.
    pub(super) fn refuse_ccc(&self) -> Reply {
        if self.is_secured() {
            Reply::new(534, "What is protected stays protected here.")
        } else {
            Reply::new(533, "This connection is in the clear already.")
        }
    }

    /// Refuses a login in the clear where the operator does not want any.
    pub(super) fn require_security(&self, settings: &Settings) -> Result<(), Reply> {
        if settings.tls == Tls::Required && !self.is_secured() {
            return Err(Reply::new(530, "TLS is required here; send AUTH TLS before you log in."));
        }
        Ok(())
    }

    /// The client `username`, if the certificate that the peer has shown is what it is known by.
    pub(super) fn by_certificate(&self, username: &[u8], accounts: &Accounts) -> Option<Client> {
        let shown = self.secured.as_ref()?.by.identity.as_deref()?;
        accounts.find(username)?.check_certificate(shown)
    }

    /// Whether the control connection is protected.
    pub(super) const fn is_secured(&self) -> bool {
        self.secured.is_some()
    }

    /// Whether a handshake, if there was one, was with that host, or with any. No address is one that
    /// it has named (RFC 6066, section 3).
    pub(super) fn is_secured_as(&self, host: HostArgument<'_>) -> bool {
        let asked = self.secured.as_ref().and_then(|shown| shown.by.name.as_deref());
        let bare = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        asked.is_none_or(|asked| match host {
            HostArgument::Name(name) => bare(asked) == bare(name),
            HostArgument::Address(_) => false,
        })
    }

    /// What STAT says of it.
    pub(super) fn write_protection(&self, out: &mut Vec<u8>) {
        let Some(shown) = &self.secured else { return };
        let data = match self.parameters.protection {
            Protection::Clear => "in the clear",
            Protection::Private => "protected",
        };
        let Secured { protocol, suite, .. } = &shown.by;
        out.extend_from_slice(
            format!("Protected by {protocol}, {suite}; data connections are {data}\n").as_bytes(),
        );
    }
}

impl Visit<'_> {
    /// Refuses a data connection in the clear where the operator does not want any (RFC 4217,
    /// section 11.4).
    pub(super) fn require_protection(&self, settings: &Settings) -> Result<(), Reply> {
        if settings.tls == Tls::Required && self.parameters.protection == Protection::Clear {
            return Err(Reply::new(
                522,
                "Data connections have to be protected; send PROT P first.",
            ));
        }
        Ok(())
    }
}

/// The end of a connection on which TLS was to begin, in the clear since nothing of it has come.
pub(in crate::session) fn no_handshake() -> Reply {
    Reply::new(421, "No TLS handshake came; the connection is closed.")
}

fn not_secured() -> Reply {
    Reply::new(503, "Send AUTH TLS first.")
}

#[cfg(test)]
mod tests;
