//! # Design: what a pass does, and why in that order
//!
//! ```text
//!                 poll
//!                  │  hints: key readable, key writable
//!                  ▼
//!    listeners ─▶ control connections ─▶ data connections ─▶ work ─▶ one write each ─▶ closing
//!    64 accepts    16 lines               256 KiB sendfile    5 slices  what was said    keys
//!                                         64 KiB copied                 in this pass     end here
//! ```
//!
//! **Listeners first**, so that a data connection that came in the same batch as its `RETR` stands
//! when the command is served and the file can be sent at once. **Control before data**, so that
//! `ABOR` is served before another 256 KiB go out. **Writing last**, so that `150` and `226` of a
//! small file leave in one packet; data connections that are over are closed just before, since `226`
//! says that they are. **Closing at the very end**, so that within a pass a key means what it meant
//! when the pass began.
//!
//! # Edge-triggered, asked like level-triggered
//!
//! mio tells of a change once. So readiness is a bit in the [channel](crate::channel): an event sets
//! it, `WouldBlock` alone clears it, and everything in between is asked of the bit. A socket is
//! registered for both directions once, when it first blocks: a data connection that carries a small
//! file never does and costs no registration.
//!
//! What has spent its budget and has more to do goes to the tail of the next pass's queue, and the
//! next poll does not wait. [`Census::longest_wait`](crate::reactor::Census) counts how many passes
//! the unluckiest slot, compression and digest ever waited; the simulation holds bounds against it.
//!
//! # Work that is no transfer
//!
//! Compressing and hashing take the processor and no connection. They are done in slices, of which a
//! pass has one that compresses, about a millisecond, and four that hash, whoever asked for them,
//! after the data connections have had their turns; so they take what the others leave, and the
//! others' latency grows by those few slices. Sixteen files are compressed at a time, for the memory
//! that each takes; the others wait in line. Who stops gives up place and turn at once, so that what
//! was stopped takes nothing from those who go on.
//! Only what can't be sliced, argon2 and waiting for the disk, goes to the one helper thread.
//!
//! # Keys
//!
//! The poll gives back whole numbers, and a number of the past can name a slot of the present. A
//! [`Key`](crate::terms::Key) is index and generation; a stale one finds nothing.
//!
//! # Passive listeners are kept
//!
//! A listening socket made and thrown away for each transfer costs more than a small file does. Ours
//! are kept and shared: a connection belongs to the session that waits on that port for that peer
//! address. Sessions of one address get different ports, sessions of different addresses share one,
//! and a stranger is closed at once.
//!
//! The connection of a route that was not used, for its `RETR` was refused, may come late and must not
//! be taken for that of the next transfer. Its port is spared while there are others, so a range
//! should have several. On a single one a client is told 425 for two seconds at the most if such a
//! connection is still to come, and for ten a connection that ends without a byte is not taken for an
//! empty file.
//!
//! # Uploads
//!
//! An upload is a hidden part beside its target, and a [`Part`](crate::terms::Part) that is dropped
//! removes it. Only `commit` renames it into place, and only the end of a data connection whose
//! control connection still stands leads there: a process that is killed closes both, and the end of
//! half a file must not pass for the end of the file.
//!
//! | the upload | its part |
//! |---|---|
//! | runs | has a name that no other has, and is locked: two uploads to one name do not meet, each is whole, and the last to end wins |
//! | ends | takes the target's place |
//! | is cut off: reset, stall, `ABOR`, hang-up, drain | is left under a name made of the target's, which `SIZE` finds |
//! | is gone on with: `REST` and `STOR`, or `APPE` | has a name of its own again, so that only one can |
//! | fails: the disk is full, the target may not be replaced | is removed |
//! | is text (`TYPE A`) and cut off | is removed: an offset into it would count other bytes than the client sent; nor does a text go on with a part |
//! | goes on from an old file and is cut off | is removed: the old file still stands, and is where to go on from |
//!
//! What of this outlasts a crash or a power cut: [`durable`](super::durable).
//!
//! However a transfer is cut off, it comes to the drop of its
//! [`Transfer`](crate::transfer::Transfer), and the drop leaves the part; no list of reasons has to
//! be complete. A file that stands comes before a part: while it does, `SIZE`, `REST` and `APPE`
//! speak of the file.
//!
//! Parts expire (`--partial-expiry`), counted from the last byte that came. They are swept where
//! somebody lists the directory that hides them, and where another upload breaks off beside them. So
//! a sweep costs nothing where there is nothing to sweep, and no disk is woken to look for it. A
//! part that an upload owns is locked, by whichever process, and is never swept.
//!
//! # What an idle client costs
//!
//! A slab slot, one box with the session in it, and two empty buffers. The outbox and the framer
//! give their memory back when they are empty, and so do the buffers of TLS
//! ([TLS](crate::manual::tls)); the route and the transfer hang in a box that an idle session does
//! not have.
