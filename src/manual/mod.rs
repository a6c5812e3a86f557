//! Prose for those who want to know why: nothing in here runs.

pub mod conformance;
pub mod design;
pub mod durable;
pub mod protocol;
pub mod simulation;
pub mod timers;
pub mod tls;
pub mod trust;
pub mod walls;
