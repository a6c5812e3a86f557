//! The clerk's end of a data connection: what goes over it, and how it is spoilt.

use std::net::SocketAddr;

use coracle::wire::ftp::address;

use super::job::{Break, Job};
use super::{Clerk, judge};
use crate::net::{ConnId, Got};
use crate::peers::Stage;
use crate::peers::ledger::Entry;

/// Its end of a data connection.
pub(super) struct Data {
    pub(super) conn: ConnId,
    /// What is said on the control connection once this one is up.
    pub(super) command: Option<Vec<u8>>,
    pub(super) wire: Vec<u8>,
    pub(super) sent: usize,
    /// What ends it early.
    pub(super) spoiler: Option<Break>,
    pub(super) received: Vec<u8>,
    /// It has ended, or is to be heeded no more.
    pub(super) over: bool,
    /// 226 was said of what it carries.
    pub(super) complete: bool,
}

impl Clerk {
    /// EPSV is answered: dials, and prepares what is to go over the connection.
    pub(super) fn connect(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let line = entry.reply.lines().next().unwrap_or_default();
        let Some(port) = address::parse_extended_passive(line) else {
            assert!(!stage.lore.calm, "EPSV: {}", entry.reply.text());
            return self.give_up();
        };
        let (Some(job), Some(control)) = (self.job.clone(), self.control) else { return };
        let to = SocketAddr::new(stage.lore.ftp.ip(), port);
        let (mut spoiler, mut payload) = (None, Vec::new());
        let mut command = None;
        match job {
            Job::Send { path, payload: whole, breaks, appends } => {
                let left = judge::left_of(&path, &whole, stage.lore);
                payload = whole[left..].to_vec();
                spoiler = breaks.get(self.attempt).copied();
                command = Some(match left {
                    _ if appends => [b"APPE ", path.as_slice()].concat(),
                    0 => [b"STOR ", path.as_slice()].concat(),
                    offset => format!("REST {offset}").into_bytes(),
                });
                stage.lore.tally.resumed += u64::from(left > 0);
                stage.lore.add_version(&path, None);
                if spoiler.is_none() {
                    stage.lore.add_version(&path, Some(whole));
                }
            }
            Job::SendUnique { payload: whole } => {
                payload = whole.to_vec();
                command = Some(b"STOU".to_vec());
            }
            Job::Fetch { path } => command = Some([b"RETR ", path.as_slice()].concat()),
            Job::Pack(_)
            | Job::Compress { .. }
            | Job::Sum { .. }
            | Job::Touch { .. }
            | Job::Available
            | Job::Pause(_) => {}
        }
        let sends = !matches!(self.job, Some(Job::Fetch { .. }));
        let wire = if self.packed && sends { judge::deflated(&payload) } else { payload };
        let conn = stage.net.dial(stage.me, self.address, to);
        stage.net.same_way(conn, control);
        if self.packed {
            stage.net.will_be_packed(conn);
        }
        self.data = Some(Data {
            conn,
            command,
            wire,
            sent: 0,
            spoiler,
            received: Vec::new(),
            over: false,
            complete: false,
        });
    }

    /// Moves what can be moved now, to the end or to what spoils it.
    pub(super) fn move_data(&mut self, stage: &mut Stage<'_>) {
        let Some(data) = &mut self.data else { return };
        if data.over {
            return;
        }
        let is_download = matches!(self.job, Some(Job::Fetch { .. }));
        if !is_download {
            let limit = data.spoiler.map_or(usize::MAX, Break::after).min(data.wire.len());
            let rest = &data.wire[data.sent..limit];
            data.sent += stage.net.write(data.conn, rest);
            if data.sent == limit {
                data.over = true;
                let spoiler = data.spoiler;
                self.end_upload(spoiler, stage);
                return;
            }
        }
        loop {
            match stage.net.read(data.conn, &mut data.received, 16 * 1024) {
                Got::Bytes(_) => {}
                Got::Blocked => return,
                Got::End | Got::Broken if !is_download => return,
                Got::End => break,
                // The reply says why.
                Got::Broken => {
                    assert!(
                        !data.complete || stage.is_cut_off(),
                        "226, and the connection broke off"
                    );
                    return;
                }
            }
        }
        data.over = true;
        stage.net.hang_up(data.conn);
        self.compare(stage);
    }

    /// All has been sent that was to be.
    fn end_upload(&mut self, spoiler: Option<Break>, stage: &mut Stage<'_>) {
        let (Some(data), Some(control)) = (&mut self.data, self.control) else { return };
        match spoiler {
            None => stage.net.finish(data.conn),
            // The last bytes of a stream are the end of it.
            Some(Break::End(_)) if self.packed && data.sent < data.wire.len() => {
                stage.net.finish(data.conn);
            }
            Some(Break::Reset(_) | Break::End(_)) => stage.net.reset(data.conn),
            Some(Break::Abort(_)) => {
                stage.net.reset(data.conn);
                self.say(&[b"ABOR"], stage);
            }
            Some(Break::Kill(_)) => {
                stage.net.kill(&[control, data.conn]);
                self.gone = true;
            }
        }
    }
}
