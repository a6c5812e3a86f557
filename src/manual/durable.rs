//! # Durable: what survives what
//!
//! | what happens | as it is | with `--durable` |
//! |---|---|---|
//! | a client, or its line, breaks off | the old file stands; what came is left hidden, to be gone on with | the same |
//! | `coracled` is killed, or crashes | what `226` was said of is in place and whole; of the rest the old file stands, or the new one, whole; parts that were left before can be gone on with, those of uploads that ran expire | the same |
//! | the disk is full, or has no inode left | `452`; the part is removed, the old file stands, others are served | the same |
//! | the power goes, or the kernel | what was acknowledged last may be lost, and where the file system writes a name before its content (XFS; ext4 where no old file stood there), it may stand empty or short under its name | what `226` was said of is there and whole; of the rest the old file stands, or the new one, whole |
//! | the disk refuses to keep it | nobody is told | `451` or `452`, and the old file stands; where only a name could not be written the new one stands, and is to be sent again |
//!
//! `scripts/power-cut` shows the last but one, on a loop device that is copied while the server runs. Of
//! 95 files that had been acknowledged in the last moments, ext4 and btrfs had none without `--durable`,
//! and XFS had 35 under their final names that were not whole, and none of the others. With it all 95
//! were there.
//!
//! With `--durable` an upload is put in place in this order, each step when the one before has ended:
//! the part's content to the disk; the rename; the names in its directory to the disk, and those in
//! every directory above it up to the granted one, for that may have been made just before; `226`.
//! `SITE COMPRESS` ends in the same way, with its `250`. A directory that can't be read can't be
//! synced by itself: then all of its file system is.
//!
//! What only changes names and attributes is answered when the kernel has it: `MKD`, `RMD`, `DELE`,
//! `RNTO`, `MFMT`, `SITE CHMOD`, `SITE UTIME`. After a power cut it is done or not, as the file system
//! has it. A directory that holds an acknowledged upload is there.
//!
//! # Off the loop
//!
//! The disk takes as long as it likes, so the helper thread waits for it. What is whole is handed over
//! as a [`Commit`](crate::transfer::Commit), and from then on it is not called back: the client has
//! sent all of it, closed the data connection, and its control connection stood. `ABOR` comes too
//! late and is answered behind the `226`; a client that goes away finds its file when it comes back,
//! as it does without `--durable`. `STAT` is answered meanwhile, and other lines wait, as they do
//! during a transfer. No timer runs.
//!
//! Commits are carried out in the order in which they came, so of two uploads to one name the last to
//! end wins. Each session waits for its own, so there are no more of them than clients; one whose
//! client has gone counts as a client until it is done, or else coming and going would pile them up.
//! Passwords and commits take turns at the one thread: a login waits for two commits at most, a
//! commit for two passwords. The sync of a large file holds both lines up for as long as it takes.
//!
//! A drain waits for commits as it does for transfers. When its time is over they have one linger
//! more, in which they may still be told; what the helper has not begun by then is left, hidden, to be
//! gone on with.
//!
//! # Why the rename itself stays on the loop otherwise
//!
//! Without `--durable` the commit is one rename. ext4 begins to write the content of a file that is
//! renamed over another. In one run that took 28 µs in place of 6 µs for 4 KiB, 85 in place of 7 for
//! 1 MiB, and a millisecond in place of 20 µs for 16 MiB: a small part of what receiving the file took
//! the loop, and less than a second thread costs for a small one.
//!
//! What `--durable` costs is the disk's to say. On a virtual disk, with uploads of 4 KiB: a quarter of a
//! millisecond for the two syncs alone, four while others used the disk.
