//! The walls around the running server: what it gives up for good before it hears a client.
//!
//! Each is raised by the kernel and can't be taken down again, whoever has got hold of the process.
//! They are raised in one order, which the types hold to: [`Site`] → [`Lowered`] → [`Fenced`] →
//! [`Walls`]. The first two steps are of one thread in Linux and are inherited by the threads that
//! it starts, so no other may run until then; the last is of all threads, and takes away the making
//! of more. What each keeps out is argued in [`manual::walls`](crate::manual::walls).
//!
//! This room knows nothing of accounts or sessions. Called by `serve`, and by the tests that show
//! each wall to hold.

mod fence;
mod privileges;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod seal;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "no_seal.rs"]
mod seal;
mod user;

use std::fmt;
use std::path::Path;

pub use fence::{Fence, Territory};
pub use user::User;

/// A process that has bound its ports and opened its files, and still has all its rights.
#[derive(Debug, Default)]
#[must_use = "no wall stands yet"]
pub struct Site {
    lines: Vec<Line>,
}

/// A process that has lost its rights beyond those of its user.
#[derive(Debug)]
#[must_use = "the other walls do not stand yet"]
pub struct Lowered {
    lines: Vec<Line>,
}

/// A process that is kept to its directories as well. Its threads may start now.
#[derive(Debug)]
#[must_use = "the last wall does not stand yet"]
pub struct Fenced {
    lines: Vec<Line>,
    fence: Option<Fence>,
}

/// All walls, as they stand.
#[derive(Debug)]
pub struct Walls {
    lines: Vec<Line>,
    fence: Option<Fence>,
}

/// What is to be said of one wall at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name: `user`, `privileges`, `landlock`, `network` or `seccomp`.
    pub wall: &'static str,
    /// Whether it stands, and how far.
    pub standing: Standing,
}

/// Whether a wall stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does; what it comes to.
    Up(String),
    /// It does not, because nobody asked for it or the operator did not want it; why.
    Off(String),
    /// It does not, because it can't be had here; why.
    Missing(String),
}

impl Line {
    const fn new(wall: &'static str, standing: Standing) -> Self {
        Self { wall, standing }
    }

    /// True if the wall stands.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.standing, Standing::Up(_))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wall = self.wall;
        match &self.standing {
            Standing::Up(what) => write!(f, "wall {wall}: {what}"),
            Standing::Off(why) | Standing::Missing(why) => write!(f, "wall {wall}: OFF, {why}"),
        }
    }
}

impl Site {
    /// Becomes `user`, if one is told, and gives up every capability and the way to new ones.
    ///
    /// # Errors
    /// A sentence for the operator: other threads run already, or the kernel refuses what it never
    /// should. The process must not go on then, for it has some of its rights still.
    pub fn lower(mut self, user: Option<&User>) -> Result<Lowered, String> {
        alone("the walls would not hold for all of them")?;
        privileges::bound();
        self.lines.push(match user {
            Some(user) => user.become_it()?,
            None => user::as_started(),
        });
        self.lines.push(privileges::give_up()?);
        Ok(Lowered { lines: self.lines })
    }
}

impl Lowered {
    /// Keeps the process to `territory`, or says why that was not wanted.
    ///
    /// # Errors
    /// A sentence for the operator, if the kernel has Landlock and refuses.
    pub fn fence(mut self, territory: Result<Territory<'_>, &str>) -> Result<Fenced, String> {
        alone("Landlock would not hold for all of them")?;
        let fence = match territory {
            Ok(territory) => {
                let (lines, fence) = fence::raise(&territory)?;
                self.lines.extend(lines);
                fence
            }
            Err(why) => {
                self.lines.push(Line::new("landlock", Standing::Off(why.to_owned())));
                None
            }
        };
        Ok(Fenced { lines: self.lines, fence })
    }
}

impl Fenced {
    /// Keeps every thread to the system calls that serving takes, or says why that was not wanted.
    ///
    /// # Errors
    /// A sentence for the operator, if the kernel has seccomp and refuses.
    pub fn seal(mut self, unwanted: Option<&str>) -> Result<Walls, String> {
        self.lines.push(match unwanted {
            None => seal::raise()?,
            Some(why) => Line::new("seccomp", Standing::Off(why.to_owned())),
        });
        Ok(Walls { lines: self.lines, fence: self.fence })
    }
}

impl Walls {
    /// What there is to say of each, in the order in which they were raised.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// True if the directory `host` can be reached, and written to where `writes`, from within.
    #[must_use]
    pub fn let_through(&self, host: &Path, writes: bool) -> bool {
        self.fence.as_ref().is_none_or(|fence| fence.covers(host, writes))
    }
}

/// Makes sure that no other thread runs, which what follows would not hold for.
fn alone(otherwise: &str) -> Result<(), String> {
    #[expect(clippy::disallowed_methods, reason = "the process's own threads are no served files")]
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads == 1 { Ok(()) } else { Err(format!("{threads} threads run already: {otherwise}")) }
}
