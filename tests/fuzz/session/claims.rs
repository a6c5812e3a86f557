//! Who has done what, where it is known what was done, and of each who may have done it.
//!
//! Each connection carries one transfer. Whether all that was done can be shared out among them is a
//! question of them all: who may have carried several of the transfers is given up to another as long
//! as somebody else remains for it.

use crate::net::ConnId;

/// What was done, and who is taken to have done it.
#[derive(Default)]
pub(crate) struct Claims {
    /// Who may have done each.
    able: Vec<Vec<ConnId>>,
    /// Whose it is, for the time being: a connection and a place in `able`.
    shares: Vec<(ConnId, usize)>,
}

impl Claims {
    /// One thing more was done, by one of `able`. False if nobody is left who can have done it.
    pub(crate) fn enter(&mut self, able: Vec<ConnId>) -> bool {
        self.able.push(able);
        let is_shared = self.share(self.able.len() - 1, &mut Vec::new());
        if !is_shared {
            self.able.pop();
        }
        is_shared
    }

    /// Finds somebody for a claim: who is free, or whose own claim finds somebody else.
    fn share(&mut self, claim: usize, asked: &mut Vec<ConnId>) -> bool {
        for at in 0..self.able[claim].len() {
            let conn = self.able[claim][at];
            if asked.contains(&conn) {
                continue;
            }
            asked.push(conn);
            let Some(share) = self.shares.iter().position(|(holder, _)| *holder == conn) else {
                self.shares.push((conn, claim));
                return true;
            };
            if self.share(self.shares[share].1, asked) {
                self.shares[share].1 = claim;
                return true;
            }
        }
        false
    }
}
