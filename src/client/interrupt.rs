//! Control-C: the first press stops the task under way, where there is one; any other ends the
//! program, as it does without us.
//!
//! This room owns the signal, of which a process has one: all links share the one [`Interrupt`].
//! [`link`](super::link) asks it between two chunks and while it waits; what stopping means is the
//! user-PI's to say.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound pauses")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// How long anything may wait before it looks whether Control-C was pressed: the signal wakes one
/// thread, and it may be another's.
pub const GLANCE: Duration = Duration::from_millis(100);

/// The process's own, once somebody has asked for it.
static SHARED: Mutex<Option<Interrupt>> = Mutex::new(None);

/// Whether Control-C has been pressed.
#[derive(Debug, Clone)]
pub struct Interrupt {
    /// The next press ends the program.
    deadly: Arc<AtomicBool>,
    /// It was pressed since the outermost guard was made.
    pressed: Arc<AtomicBool>,
    /// Guards that live.
    guards: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Takes over the signal. Until a task is [under way](Interrupt::guard), it ends the program.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*shared {
            return Ok(interrupt.clone());
        }
        let deadly = Arc::new(AtomicBool::new(true));
        let pressed = Arc::new(AtomicBool::new(false));
        // In this order, so that the first press of a task finds it not deadly, and then makes it so.
        flag::register_conditional_default(SIGINT, Arc::clone(&deadly))?;
        flag::register(SIGINT, Arc::clone(&deadly))?;
        flag::register(SIGINT, Arc::clone(&pressed))?;
        let interrupt = Self { deadly, pressed, guards: Arc::default() };
        *shared = Some(interrupt.clone());
        Ok(interrupt)
    }

    /// While the guard lives, one press is a wish to stop. Guards nest: what was pressed under one
    /// stays pressed until the outermost is gone, so that a batch ends and not just its file.
    #[must_use]
    pub fn guard(&self) -> Guard {
        if self.guards.fetch_add(1, Ordering::SeqCst) == 0 {
            self.pressed.store(false, Ordering::SeqCst);
            self.deadly.store(false, Ordering::SeqCst);
        }
        Guard { interrupt: self.clone() }
    }

    /// True from the press until the outermost guard is gone.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::SeqCst)
    }

    /// Does nothing for `duration`, or until Control-C is pressed under a guard. True if it was.
    #[must_use]
    pub fn pause(&self, duration: Duration) -> bool {
        let since = Instant::now();
        while !self.is_pressed() {
            let left = duration.saturating_sub(since.elapsed());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left.min(GLANCE));
        }
        true
    }
}

/// A task under way.
#[derive(Debug)]
pub struct Guard {
    interrupt: Interrupt,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.interrupt.guards.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.interrupt.deadly.store(true, Ordering::SeqCst);
            self.interrupt.pressed.store(false, Ordering::SeqCst);
        }
    }
}
