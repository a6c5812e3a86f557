//! # Timers: one deadline a slot
//!
//! | deadline | of | runs | when it passes |
//! |---|---|---|---|
//! | login | a session | from the greeting to the login | 421, closed |
//! | idle | a session | between two lines, not while a transfer runs | 421, closed |
//! | arrival | a transfer | until the data connection stands | 425, the session lives |
//! | handshake | a control connection, or a transfer whose data connection is to be protected | until TLS stands | closed; 425, the session lives |
//! | stall | a transfer | since the last byte moved | 426, the session lives |
//! | linger | a departing connection, or a protected data connection that is over | since the last words were said | closed |
//! | pause | a listener | while there is no descriptor left | accepting goes on |
//!
//! A control connection needs only one at a time, and its data connection none of its own before it
//! lingers. A deadline is put off with every line and every moved byte, so putting it off is one store into a
//! table; the heap keeps one alarm an index, which is wound up again when it rings too early. It
//! stays with the index when the connection goes, so connections that come and go leave nothing
//! behind in it.
