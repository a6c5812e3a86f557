//! # Timers: one deadline a slot
//!
//! | deadline | of | runs | when it passes |
//! |---|---|---|---|
//! | login | a session | from the greeting to the login | 421, closed |
//! | idle | a session | between two lines, not while a transfer runs | 421, closed |
//! | arrival | a transfer | until the data connection stands | 425, the session lives |
//! | handshake | a control connection, or a transfer whose data connection is to be protected | until TLS stands; where the peer begins it before the command, from its hello on | closed; 425, the session lives |
//! | stall | a transfer | since the last byte moved; what the kernel has room for is tried once more before | 426, the session lives |
//! | release | a session | while the answer to a login is held back; the time to log in runs on | the answer is said |
//! | linger | a departing connection, or a protected data connection that is over | since the last words were said, or read on; thirty times in all | closed |
//! | pause | a listener | while there is no descriptor left | accepting goes on |
//!
//! # Who is slow on purpose
//!
//! Bytes that end no line feed no timer. So a byte a second of a line that never ends is worth as
//! much as silence:
//!
//! | phase | ends after |
//! |---|---|
//! | a TLS handshake | `--handshake-timeout` |
//! | anything before the login | `--login-timeout` from the greeting, however many lines come; five seconds where every place is taken and somebody else comes |
//! | half a command, or none | `--idle-timeout` |
//! | a passive port that is not used | `--idle-timeout`; the port is shared, and costs nothing |
//! | a data connection that never comes | `--data-timeout`, and then `--idle-timeout` |
//! | a download that is not read, an upload that is not sent | `--stall-timeout` without a byte |
//! | replies that are not read | no further command is read; `--idle-timeout` from the last |
//! | last words that are read by sips | thirty lingers, a minute |
//!
//! A download has moved when the kernel has taken some of it, and it says by itself that it can only when
//! a third of its buffer is free: for a reader of a few KiB a second that is later than the time-out. A
//! write is taken as soon as there is any room, which the peer has made by reading. So one is tried when
//! the time is over, and nobody who reads on is cut off. So it is with last words.
//!
//! What has no end of its own is a client that does what clients do, only slowly: a command now and
//! then, or a byte of a transfer each two minutes. A least rate would cut off slow lines with them;
//! the number of clients an address may have bounds what it gains.
//!
//! A control connection needs only one at a time, and its data connection none of its own before it
//! lingers, but where its handshake is begun before the command. A deadline is put off with every line
//! and every moved byte, so putting it off is one store into a table; the heap keeps one alarm an index,
//! which is wound up again when it rings too early. It stays with the index when the connection goes, so connections that come and go leave
//! nothing behind in it.
