//! Prose for those who want to know why: nothing in here runs.
//!
//! | page | answers |
//! |---|---|
//! | [`design`] | what a pass of the loop does and in which order, and what becomes of an upload |
//! | [`protocol`] | what a session and the reactor owe each other, and what we made of the RFCs where they leave a choice |
//! | [`conformance`] | what the RFCs ask of a server, verb by verb, and which test shows that it is done |
//! | [`clients`] | what other people's clients say, what of ours they depend on, and what they can't |
//! | [`timers`] | which deadlines there are, and how long somebody can be slow on purpose |
//! | [`tls`] | how TLS is laid out, and what it costs |
//! | [`durable`] | what outlasts a crash or a power cut |
//! | [`trust`] | who is believed what, and which test shows each attack to fail |
//! | [`walls`] | what a server that has been taken over can still do |
//! | [`simulation`] | how the loop is tested on a network that is made up |
//! | [`fuzzing`] | what is fuzzed, what each target promises, and what becomes of a find |

pub mod clients;
pub mod conformance;
pub mod design;
pub mod durable;
pub mod fuzzing;
pub mod protocol;
pub mod simulation;
pub mod timers;
pub mod tls;
pub mod trust;
pub mod walls;
