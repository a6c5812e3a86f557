//! What a visitor holds against what it is told, at the end of each deed.

use coracle::client::user_pi::{Answer, ClientFault, Task};

use super::Visitor;
use super::deed::{Deed, Mischief, brief};
use crate::peers::{Stage, Version};

impl Visitor {
    /// The deed is over: compares what came of it with what may.
    pub(super) fn conclude(&mut self, result: Result<Answer, ClientFault>, stage: &mut Stage<'_>) {
        let Some(deed) = self.deed.take() else { return };
        let me = stage.me;
        stage.net.trace(|| format!("    p{me} {} -> {}", brief(&deed), outcome(&result)));
        if let Err(ClientFault::Protocol(what)) = &result {
            panic!("the user-PI does not understand the server: {what}");
        }
        if matches!(result, Err(ClientFault::Refused(_))) {
            stage.lore.tally.refused += 1;
        }
        let gone = matches!(result, Err(ClientFault::Closing(_) | ClientFault::Lost));
        match deed {
            Deed::Login { user, right, .. } => match &result {
                Ok(_) => assert!(right, "{user} was let in with a wrong password"),
                Err(fault) => assert!(!right || gone, "{user} was not let in: {fault}"),
            },
            Deed::Do(task, wanted) => match wanted {
                Some(wanted) if stage.lore.calm => {
                    assert_eq!(result.is_ok(), wanted, "{task:?} -> {result:?}");
                }
                Some(false) => assert!(result.is_err(), "{task:?} -> {result:?}"),
                Some(true) | None => {}
            },
            Deed::Trespass { path } => assert!(
                gone || matches!(result, Err(ClientFault::Refused(_))),
                "{} -> {result:?}",
                path.escape_ascii()
            ),
            Deed::List { task, holds } => {
                self.judge_listing(&task, holds.as_deref(), &result, stage)
            }
            Deed::Fetch { path, offset, mischief } => {
                self.judge_fetch(&path, offset, mischief, &result, stage);
            }
            Deed::Put { path, mischief, .. } => self.judge_put(&path, mischief, &result, stage),
            Deed::Pause(_) | Deed::Vanish(_) | Deed::HalfClose | Deed::Silence => {}
        }
    }

    fn judge_listing(
        &self,
        task: &Task,
        holds: Option<&[u8]>,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let received = self.data.as_ref().map(|data| data.received.as_slice()).unwrap_or_default();
        match result {
            Ok(_) => {
                stage.lore.tally.listed += 1;
                assert!(
                    received.is_empty() || received.ends_with(b"\r\n"),
                    "a listing ends in half a line: {}",
                    received.escape_ascii()
                );
                let secret = received.windows(6).any(|window| window == b"Secret");
                assert!(!secret, "{task:?} shows what is not granted");
                if let Some(name) = holds {
                    let found = received.windows(name.len()).any(|window| window == name);
                    assert!(found, "{task:?} does not show {}", name.escape_ascii());
                }
            }
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {}
            Err(fault) => assert!(!stage.lore.calm, "{task:?} -> {fault}"),
        }
    }

    fn judge_fetch(
        &self,
        path: &[u8],
        offset: u64,
        mischief: Mischief,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let received = self.data.as_ref().map(|data| data.received.as_slice()).unwrap_or_default();
        match result {
            Ok(Answer::Transferred { bytes, .. }) => {
                stage.lore.tally.fetched += 1;
                assert_eq!(*bytes, received.len() as u64);
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                assert!(
                    stage.lore.is_version(path, received, offset),
                    "226, and {} bytes of {} from {offset} are not what it held",
                    received.len(),
                    path.escape_ascii()
                );
            }
            Ok(other) => panic!("a download ended in {other:?}"),
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {}
            Err(ClientFault::Interrupted) => stage.lore.tally.aborted += 1,
            Err(ClientFault::DataLost) => assert!(
                mischief.cuts_data() || stage.is_cut_off(),
                "226, and the data connection broke at {} of {}",
                received.len(),
                path.escape_ascii()
            ),
            Err(fault) => assert!(
                !stage.lore.calm || !mischief.is_harmless() || is_shared(path),
                "{} was not sent: {fault}",
                path.escape_ascii()
            ),
        }
    }

    fn judge_put(
        &mut self,
        path: &[u8],
        mischief: Mischief,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let (before, intended) = (self.before.take(), self.intended.take());
        let now = stage.lore.content(path);
        let ended = self.data.as_ref().is_some_and(|data| data.ended);
        let length = |version: &Version| version.as_ref().map(|content| content.len());
        let state = format!(
            "{}: held {:?} bytes, was to hold {:?}, holds {:?}",
            path.escape_ascii(),
            length(&before),
            length(&intended),
            length(&now)
        );
        match result {
            Ok(_) | Err(ClientFault::DataLost) => {
                assert!(result.is_ok() || mischief.cuts_data(), "226 and a broken upload: {state}");
                if result.is_ok() {
                    stage.lore.tally.stored += 1;
                }
                if !is_shared(path) {
                    assert!(now == intended, "226, and not what was sent: {state}");
                    stage.lore.settle_version(path, now);
                }
            }
            Err(ClientFault::Refused(reply)) => {
                stage.lore.tally.broken += 1;
                stage.lore.tally.full += u64::from(reply.code().number() == 452);
                // Where only the name could not be written to the disk, the file is in place.
                let unnamed = stage.lore.durable && ended && now == intended;
                if !is_shared(path) && !unnamed {
                    assert!(now == before, "{}, and yet changed: {state}", reply.code());
                    stage.lore.settle_version(path, now);
                }
                assert!(
                    !stage.lore.calm || !mischief.is_harmless(),
                    "{} refused: {}: {state}",
                    path.escape_ascii(),
                    reply.text()
                );
            }
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {
                let spared = now == before || (ended && now == intended);
                assert!(spared || is_shared(path), "lost, and neither old nor new: {state}");
            }
            Err(fault) => {
                stage.lore.tally.aborted += 1;
                let spared = now == before || (ended && now == intended);
                assert!(spared || is_shared(path), "{fault}, and neither old nor new: {state}");
                assert!(
                    !stage.lore.calm || !mischief.is_harmless(),
                    "{} was not stored: {fault}",
                    path.escape_ascii()
                );
            }
        }
    }
}

/// Files that several visitors write at once.
fn is_shared(path: &[u8]) -> bool {
    path.ends_with(b"contested")
}

/// A result on one line.
fn outcome(result: &Result<Answer, ClientFault>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(fault) => format!("{fault}"),
    }
}
