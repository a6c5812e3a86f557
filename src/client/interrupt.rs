//! Control-C: the first press stops the task under way, where there is one; any other ends the
//! program, as it does without us.
//!
//! This room owns the signal. [`link`](super::link) asks it between two chunks and whenever a wait
//! was broken off; what stopping means is the user-PI's to say.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Whether Control-C has been pressed.
#[derive(Debug, Clone)]
pub struct Interrupt {
    /// The next press ends the program.
    deadly: Arc<AtomicBool>,
    pressed: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over the signal. Until a task is [under way](Interrupt::guard), it ends the program.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Self> {
        let deadly = Arc::new(AtomicBool::new(true));
        let pressed = Arc::new(AtomicBool::new(false));
        // In this order, so that the first press of a task finds it not deadly, and then makes it so.
        flag::register_conditional_default(SIGINT, Arc::clone(&deadly))?;
        flag::register(SIGINT, Arc::clone(&deadly))?;
        flag::register(SIGINT, Arc::clone(&pressed))?;
        Ok(Self { deadly, pressed })
    }

    /// While the guard lives, one press is a wish to stop.
    #[must_use]
    pub fn guard(&self) -> Guard {
        self.pressed.store(false, Ordering::Relaxed);
        self.deadly.store(false, Ordering::Relaxed);
        Guard { deadly: Arc::clone(&self.deadly) }
    }

    /// True once for each press.
    #[must_use]
    pub fn take(&self) -> bool {
        self.pressed.swap(false, Ordering::Relaxed)
    }
}

/// A task under way.
#[derive(Debug)]
pub struct Guard {
    deadly: Arc<AtomicBool>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.deadly.store(true, Ordering::Relaxed);
    }
}
