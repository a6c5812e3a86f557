//! # Fuzzing: what a stranger may say, and what has to hold of it
//!
//! Whatever parses what somebody else has written is a target of `tests/fuzz`: a function from bytes to
//! nothing or a panic. cargo-fuzz lets libFuzzer change inputs for as long as one likes, led by the
//! branches that they reach (`make fuzz`, `scripts/fuzz`); and `make test` runs every target over its
//! corpus, and over some hundred changes of each seed that a seeded generator makes, so that a find
//! never comes back and a careless change seldom lasts until somebody fuzzes.
//!
//! # What is promised
//!
//! No target panics, whatever it is given, and none takes more memory or time than the bounds of its
//! room allow. Beyond that:
//!
//! | target | reads | and holds that |
//! |---|---|---|
//! | `framer` | [`wire::line`](crate::wire::line) | lines are the same however the stream was cut, none is longer than the limit, no more is kept |
//! | `command` | [`wire::ftp::command`](crate::wire::ftp::command) | a command comes back from what it writes; what is none has a code of the 500s |
//! | `path` | [`tree::VirtualPath`](crate::tree::VirtualPath) | a path is normalised, and walking it from anywhere changes nothing |
//! | `pattern` | [`tree::Pattern`](crate::tree::Pattern) | matching ends, and a leading dot is matched by a dot alone |
//! | `ascii` | [`wire::ascii`](crate::wire::ascii) | TYPE A does not depend on how it was cut, and comes back |
//! | `guided` | [`wire::guided`](crate::wire::guided) | requests and prompts come back from what they write |
//! | `reply` | [`wire::ftp::reply`](crate::wire::ftp::reply) | a reply ends where its writer ended it |
//! | `facts` | [`wire::ftp::facts`](crate::wire::ftp::facts) | facts come back from what they write |
//! | `listing` | [`wire::ftp::listing`](crate::wire::ftp::listing) | a line of LIST, of Unix or DOS, is one line again, with a name |
//! | `credentials`, `directories` | [`accounts`](crate::accounts) | every complaint names a line that is there, and no control character; a password that was set is found, once |
//! | `session` | all of it | see below |
//!
//! # Whole sessions
//!
//! The target `session` reads a script of what clients do, a step a line: who says what on which
//! control connection, who dials which port, sends, stops reading, resets, goes away, and what befalls
//! the house meanwhile: a full disk, a reload, a drain. `tests/fuzz/session/script.rs` says how a
//! script is spelt; any bytes are one. It is played by the real reactor in the world of the
//! [simulation](super::simulation), in virtual time, the same each time. The seeds are what curl,
//! wget, lftp, ncftp, tnftp, inetutils' ftp, ftplib, Net::FTP, PHP, rclone, aria2, GNOME's file manager,
//! `coracle` and nc have said to `coracled`, overheard, and a few that were written where a promise is
//! at stake. They are changed as scripts: by lines, by moves of some steps that come to something only
//! together, and by a second client that does the same between the first one's steps.
//!
//! Nothing that judges a session knows what its script means. What has to hold after every pass is
//! what holds in the simulation, and beside that:
//!
//! - Each line has its one final reply, in order, of a class that its verb can have
//!   (`tests/sim/peers/ledger.rs`); none is lost, but behind work that its client gave up by going.
//! - Nobody does what its dialogue never led to (`course.rs`): only who has given the right password
//!   since the last USER or REIN is obeyed; a transfer has a passive port that it was told, and uses it
//!   up, or goes to the port that was named last, or to the default data port; ABOR gives the passive
//!   port up; EPSV ALL is kept; REST, RANG and RNFR hold for one command, and NOOP for none.
//! - What is put in place is what somebody has sent whole, to an end in good order, behind what stood
//!   there or was sent before (`contents.rs`); each 226 of an upload has a file of its own, each 226 of
//!   a download a connection over which all of a file has gone; and as many bytes as a reply says have
//!   moved.
//! - A stranger's data connection is neither read nor written; nobody is awaited who has gone.
//! - What is not granted is neither seen, nor listed, nor changed, and what may only be read stays.
//! - A dialogue that is neither closed with a word nor left by its client does not end.
//!
//! That these judges see something was tried by planting: a server that commits what was reset, keeps
//! the route at ABOR, answers twice or never, lets REST or RNFR live on, takes strangers, stays logged
//! in at REIN, forgets to give up claims, acknowledges downloads that were cut or uploads that could
//! not be put in place, shows or opens what is not granted, deletes what may only be read, or forgets
//! EPSV ALL or the idle timer, fails `make test` within its first two seconds of this target.
//!
//! # A find
//!
//! What breaks a target lies in `target/fuzz/found/TARGET`; a test that fails prints its input. Both
//! are replayed, a session with a trace of all that happens:
//!
//! ```text
//! CORACLE_FUZZ_INPUT=FILE cargo test --test fuzz replay -- --nocapture
//! CORACLE_FUZZ_INPUT=FILE CORACLE_FUZZ_TARGET=reply cargo test --test fuzz replay -- --nocapture
//! ```
//!
//! A script is made small by leaving lines out for as long as it fails. It goes into
//! `tests/fuzz/corpus/TARGET` under a name that says what it was, which is the failing test; then the
//! defect is mended, with a test beside the handler where one line of dialogue shows it. A judge that
//! was wrong is mended as well, and never by leaving the question out.
