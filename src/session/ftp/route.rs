//! PASV, PORT (RFC 959, section 4.1.2), EPSV, EPRT (RFC 2428): how the next data connection comes
//! about.
//!
//! Data connections go to the control connection's peer and come from it, and to no port below
//! 1024, so that no client can have this server speak to a third one (RFC 2577, section 3).

use std::mem;
use std::net::{SocketAddr, SocketAddrV4};

use super::state::{Answered, Busy, Carry, Parameters, Passive, Route, Said, Turn, Visit};
use super::{Session, respond};
use crate::session::{Effect, Family, RouteFault};
use crate::tree::Tree;
use crate::wire::ftp::address;
use crate::wire::ftp::command::EpsvArgument;
use crate::wire::ftp::reply::Reply;

/// The lowest port that an active data connection may go to: below are the machine's own services.
pub(super) const MIN_ACTIVE_PORT: u16 = 1024;

/// What has to be said before data can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// EPSV, since EPSV ALL was said: the client will set no connection up but by that (RFC 2428,
    /// section 3).
    Extended,
    /// PASV or PORT, since the default data port is the machine's own.
    Any,
}

impl Parameters {
    /// What there has to be before a data connection with `peer` can come about, if anything.
    pub(super) const fn lack(&self, peer: SocketAddr) -> Option<Lack> {
        match self.route {
            Route::Default if self.extended_only => Some(Lack::Extended),
            Route::Default if peer.port() < MIN_ACTIVE_PORT => Some(Lack::Any),
            Route::Default | Route::Passive | Route::Active(_) => None,
        }
    }

    /// Forgets the passive port, if there is one. The port that PORT named stays.
    pub(super) fn take_passive(&mut self) -> bool {
        let is_passive = self.route == Route::Passive;
        if is_passive {
            self.route = Route::Default;
        }
        is_passive
    }
}

impl Visit<'_> {
    pub(super) fn pasv<T: Tree>(mut self, turn: &mut Turn<'_, '_, T>) -> Answered {
        self.keep_carry();
        self.check_plain_allowed()?;
        self.listen(Passive::Plain, Family::Ipv4, turn)
    }

    pub(super) fn epsv<T: Tree>(
        mut self,
        argument: EpsvArgument,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.keep_carry();
        let family = match argument {
            EpsvArgument::All => {
                self.parameters.extended_only = true;
                if let Route::Active(_) = self.parameters.route {
                    self.parameters.route = Route::Default;
                }
                return Ok(Said::Now(Reply::new(200, "From now on EPSV alone is served.")));
            }
            EpsvArgument::Any => Family::Same,
            EpsvArgument::Ipv4 => Family::Ipv4,
            EpsvArgument::Ipv6 => Family::Ipv6,
        };
        self.listen(Passive::Extended, family, turn)
    }

    pub(super) fn port<T: Tree>(
        mut self,
        address: SocketAddrV4,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.keep_carry();
        self.check_plain_allowed()?;
        self.dial(address.into(), turn)
    }

    pub(super) fn eprt<T: Tree>(
        mut self,
        address: SocketAddr,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.keep_carry();
        self.check_plain_allowed()?;
        if address.is_ipv4() != self.peer.is_ipv4() {
            return Err(respond::wrong_family(self.peer.is_ipv4()));
        }
        self.dial(address, turn)
    }

    /// REST and RANG may stand before the command that makes the route, as some clients have it.
    fn keep_carry(&mut self) {
        self.ready.carry = match mem::take(&mut self.carry) {
            Carry::Rename(_) => Carry::Nothing,
            carry @ (Carry::Nothing | Carry::Restart(_) | Carry::Range(_)) => carry,
        };
    }

    fn check_plain_allowed(&self) -> Result<(), Reply> {
        if self.parameters.extended_only {
            return Err(Reply::new(501, "After EPSV ALL only EPSV is served."));
        }
        Ok(())
    }

    fn listen<T: Tree>(
        self,
        passive: Passive,
        family: Family,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        // The one that waited is given up for this one, which may not come; what PORT named is not.
        self.parameters.take_passive();
        *self.busy = Busy::AwaitingRoute(passive);
        turn.effects.push(Effect::Listen(family));
        Ok(Said::Later)
    }

    fn dial<T: Tree>(self, address: SocketAddr, turn: &mut Turn<'_, '_, T>) -> Answered {
        if address.ip() != self.peer.ip() || address.port() < MIN_ACTIVE_PORT {
            return Err(Reply::new(
                504,
                "Data connections go to your own address alone, to ports of 1024 and above.",
            ));
        }
        if self.parameters.take_passive() {
            turn.effects.push(Effect::Unroute);
        }
        self.parameters.route = Route::Active(address.port());
        Ok(Said::Now(Reply::new(200, "Transfers will connect to you there.")))
    }
}

impl Session {
    /// The passive port stands.
    pub(super) fn route_ready<T: Tree>(&mut self, address: SocketAddr, turn: &mut Turn<'_, '_, T>) {
        let Some(passive) = self.awaited() else {
            return;
        };
        self.parameters.route = Route::Passive;
        let reply = match (passive, address) {
            (Passive::Plain, SocketAddr::V4(address)) => {
                let mut text = Vec::new();
                address::write_passive(address, &mut text);
                Reply::from_bytes(227, text)
            }
            (Passive::Plain, SocketAddr::V6(_)) => {
                self.unroute(turn);
                respond::no_port(RouteFault::WrongFamily, passive, false)
            }
            (Passive::Extended, address) => {
                let mut text = Vec::new();
                address::write_extended_passive(address.port(), &mut text);
                Reply::from_bytes(229, text)
            }
        };
        turn.effects.reply(reply);
    }

    /// There is no passive port.
    pub(super) fn route_failed<T: Tree>(&mut self, fault: RouteFault, turn: &mut Turn<'_, '_, T>) {
        if let Some(passive) = self.awaited() {
            turn.effects.reply(respond::no_port(fault, passive, self.peer.is_ipv4()));
        }
    }

    /// Gives the passive port up, if there is one.
    pub(super) fn unroute<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        if self.parameters.take_passive() {
            turn.effects.push(Effect::Unroute);
        }
    }

    fn awaited(&mut self) -> Option<Passive> {
        let Busy::AwaitingRoute(passive) = self.busy else {
            debug_assert!(false, "a route that nobody asked for");
            return None;
        };
        self.busy = Busy::Idle;
        Some(passive)
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::{Asked, Dialogue};
    use crate::session::{Dialect, Event, Family, RouteFault};
    use crate::terms::{Loss, Outcome};

    #[test]
    fn passive_replies_have_the_forms_that_clients_parse() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.line("PASV"), ["227 Entering Passive Mode (192,0,2,1,195,80)."]);
        assert_eq!(ftp.line("EPSV"), ["229 Entering Extended Passive Mode (|||50000|)"]);
        for (line, family) in
            [("PASV", Family::Ipv4), ("EPSV", Family::Same), ("EPSV 2", Family::Ipv6)]
        {
            ftp.send(line.as_bytes());
            assert_eq!(ftp.listen, Some(family));
            assert!(!ftp.session.wants_lines());
            ftp.port_ready();
            ftp.said();
        }
    }

    #[test]
    fn no_port_is_to_be_had() {
        let mut ftp = Dialogue::logged_in("user1");
        for (fault, start) in [
            (RouteFault::Exhausted, "425"),
            (RouteFault::Refused, "425"),
            (RouteFault::WrongFamily, "522"),
        ] {
            ftp.send(b"EPSV 2");
            assert!(ftp.no_port(fault)[0].starts_with(start));
            ftp.has_no_route("RETR Docs/a.txt");
        }
    }

    #[test]
    fn active_goes_to_the_peer_alone() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("PORT 192,0,2,8,200,0", "504");
        ftp.expect("PORT 192,0,2,7,3,255", "504");
        ftp.expect("EPRT |1|192.0.2.8|51200|", "504");
        ftp.expect("EPRT |2|::1|51200|", "522");
        assert!(ftp.expect("EPRT |9|::1|51200|", "522").ends_with("use (1)"));
        assert!(ftp.expect("EPSV 9", "522").ends_with("use (1)"));
        ftp.has_no_route("RETR Docs/a.txt");
        ftp.expect("EPSV", "229");
        ftp.expect("PORT 192,0,2,7,4,0", "200");
        assert_eq!(ftp.asked, [Asked::Unroute]);
        ftp.expect("RETR Docs/a.txt", "150");
        assert_eq!(ftp.asked[1], Asked::Dial("192.0.2.7:1024".parse().unwrap()));
    }

    #[test]
    fn over_ipv6() {
        let mut ftp = Dialogue::between(Dialect::Ftp, "[::1]:21", "[::1]:4000");
        ftp.told(Event::Opened);
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.expect("EPRT |2|::1|51200|", "200");
        ftp.expect("PORT 127,0,0,1,200,0", "504");
        ftp.send(b"PASV");
        assert!(ftp.no_port(RouteFault::WrongFamily)[0].starts_with("502 PASV is for IPv4"));
        ftp.send(b"EPSV 1");
        assert!(ftp.no_port(RouteFault::WrongFamily)[0].contains("use (2)"));
    }

    #[test]
    fn after_epsv_all_nothing_else_is_served() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV ALL", "200");
        for line in ["PASV", "PORT 192,0,2,7,200,0", "EPRT |1|192.0.2.7|51200|"] {
            ftp.expect(line, "501");
        }
        ftp.expect("EPSV", "229");
    }

    #[test]
    fn the_default_data_port_is_the_control_connections() {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.line("RETR Docs/a.txt").is_empty(), "nothing is said before it stands");
        assert_eq!(ftp.asked, [Asked::Dial("192.0.2.7:40000".parse().unwrap())]);
        let said = ftp.told(Event::Connected);
        assert!(said.len() == 1 && said[0].starts_with("125 "), "{said:?}");
        let (sent, said) = ftp.transfer(b"");
        assert_eq!((sent.as_slice(), said.len()), (b"alpha\n".as_slice(), 1));
        ftp.expect("RETR Docs/none", "550");
        ftp.expect("CWD Inbox", "250");
        assert!(ftp.line("STOU").is_empty());
        assert!(ftp.told(Event::Connected)[0].starts_with("125 FILE: upload-"));
        // It came to stand, and was lost.
        let said = ftp.end(Outcome::Lost { loss: Loss::Broken, bytes: 0 });
        assert!(said[0].starts_with("426"), "{said:?}");
        // RFC 3659, section 7.2, has but the one word for the beginning of MLSD.
        assert!(ftp.line("MLSD /Docs").is_empty());
        assert!(ftp.told(Event::Connected)[0].starts_with("150 "));
        ftp.transfer(b"");
        ftp.expect("EPSV ALL", "200");
        ftp.expect("LIST /", "425 Use EPSV first");
    }

    #[test]
    fn the_port_that_was_named_last_is_remembered() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("PORT 192,0,2,7,4,0", "200");
        let dialled = Asked::Dial("192.0.2.7:1024".parse().unwrap());
        for _ in 0..2 {
            ftp.asked.clear();
            // Whoever has named a port is told of the connection before it stands.
            ftp.expect("LIST /", "150");
            assert_eq!(ftp.asked, [dialled]);
            assert!(ftp.told(Event::Connected).is_empty());
            ftp.transfer(b"");
            ftp.expect("ABOR", "226");
        }
        ftp.expect("EPRT |1|192.0.2.7|1025|", "200");
        ftp.asked.clear();
        ftp.expect("LIST /", "150");
        assert_eq!(ftp.asked, [Asked::Dial("192.0.2.7:1025".parse().unwrap())]);
        ftp.transfer(b"");
        // A way that can't be had takes no other's place; one that can does, and serves once.
        for (line, fault) in [("EPSV 2", RouteFault::WrongFamily), ("PASV", RouteFault::Exhausted)]
        {
            ftp.send(line.as_bytes());
            ftp.no_port(fault);
            ftp.asked.clear();
            ftp.expect("LIST /", "150");
            assert_eq!(ftp.asked, [Asked::Dial("192.0.2.7:1025".parse().unwrap())]);
            ftp.transfer(b"");
        }
        ftp.fetch("LIST /");
        ftp.has_no_route("LIST /");
        ftp.expect("PORT 192,0,2,7,4,0", "200");
        ftp.expect("EPSV ALL", "200");
        ftp.expect("LIST /", "425 Use EPSV first");
    }

    #[test]
    fn an_abor_may_come_before_the_default_data_port_answers() {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.line("RETR Docs/a.txt").is_empty());
        assert!(ftp.line("ABOR").is_empty());
        let said = ftp.end(Outcome::Aborted { bytes: 0 });
        assert!(said[0].starts_with("426") && said[1].starts_with("226"), "{said:?}");
    }

    #[test]
    fn no_default_data_port_is_the_machines_own() {
        let mut ftp = Dialogue::between(Dialect::Ftp, "192.0.2.1:21", "192.0.2.7:1023");
        ftp.told(Event::Opened);
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.expect("LIST", "425 Use PASV or PORT first.");
    }

    #[test]
    fn one_route_serves_one_transfer() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        ftp.expect("RETR Docs/none", "550");
        ftp.expect("RETR Docs/a.txt", "150");
        ftp.transfer(b"");
        ftp.has_no_route("RETR Docs/a.txt");
    }
}
