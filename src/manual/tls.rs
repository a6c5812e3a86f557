//! # TLS: how it is laid out, what it costs, and what the kernel could take over
//!
//! rustls and ring do the work, in [`channel::tls`](crate::channel::tls) alone. The rest of the
//! server reads and says plain text on a [`Channel`](crate::channel::Channel) as ever; what differs
//! above it is that a handshake comes first, that the kernel can't move the bytes by itself, and that
//! an end has to be said.
//!
//! # The way of the bytes
//!
//! rustls's unbuffered interface is driven. Ciphertext is read into one room of 64 KiB that all
//! connections of the loop take turns in, and opened there; what is no whole record yet goes to the
//! connection, never more than the largest record that there is, and comes to the front of the next
//! read. Plain text goes to whoever reads; only what exceeds the reader's room waits. A piece of a
//! file is sealed from the loop's scratch to the end of the outbox, in records of 16 KiB, four at a
//! time. So between two turns an idle connection holds rustls's state and two empty buffers, and an
//! attacker who never ends a handshake holds less than 19 KiB.
//!
//! What was said in the clear before AUTH TLS's 234 stays in the outbox, before the handshake. What
//! had been read behind AUTH is thrown away, with the lines that waited. A client that does not wait
//! for 234 and sends its ClientHello in the same segment loses it with that, and runs into the limit
//! of time; RFC 4217 has it wait.
//!
//! # Ends
//!
//! | what happens | what it means |
//! |---|---|
//! | close_notify on an upload | its end; ours is sent back, since some clients wait for it |
//! | the end of the connection without one | the upload is cut: 426, and its part is left to be gone on with |
//! | a record that does not open | the same |
//! | a download is whole | close_notify, written out before 226 is said; then its connection waits for the peer's, two seconds at most, since closing over what comes would send a reset behind the last bytes |
//! | a download is stopped | no close_notify: nobody takes it for the whole |
//! | the end of a control connection without one | its end; a command is whole or is none |
//!
//! # Whose data connection it is
//!
//! A certificate tells a client whom it speaks to; nothing but the address tells the server who came
//! to a passive port. So a data connection can be asked to resume its control connection's TLS
//! session, which nobody else can. Each session has ticket keys of its own, made at random with its
//! handshake and gone with it, so no ticket of another session opens, and nothing is stored by the
//! server. For TLS 1.2 without tickets (curl switches them off) the last two sessions are kept beside
//! the keys.
//!
//! | TLS 1.3 tickets | how many |
//! |---|---|
//! | behind the handshake of the control connection | 4, or up to 16 where a client asks for a number (RFC 9149) |
//! | behind that of a download | 2 |
//! | behind that of an upload | none: who only sends may never read it, and a socket that is closed over something unread can throw away what it has not sent yet |
//!
//! `--tls-data-resumption require` closes a data connection that did not resume, with 522, as vsftpd
//! does by default. It is not ours because of clients like curl, which uses a ticket of TLS 1.3 once
//! and keeps one: of several uploads in one run it can't resume all. It also shuts out those that
//! can't resume at all, Python's ftplib among them.
//!
//! # What a handshake costs
//!
//! About 0.15 ms of the processor with a certificate of ECDSA P-256, about 1 ms with RSA of 2048 bits,
//! and next to nothing where a session is resumed. A pass of the loop takes sixteen steps of
//! handshakes at most, whoever's; the others wait for the next pass. There is no renegotiation and no
//! early data. [`Limits::handshake`](crate::reactor::Limits) bounds its time, on control and data
//! connections alike, and is not put off by bytes that trickle in. The login's time runs on
//! meanwhile.
//!
//! A transfer is encrypted 64 KiB a turn. What puts its stall off is what crosses the wire, for a
//! record of 16 KiB can take minutes on a slow line.
//!
//! # In the simulation
//!
//! TLS runs there over the fake sockets, with rustls's client as peer: uploads are cut at any byte
//! of the wire, the handshake's included. What ring draws at random differs from run to run, but the
//! certificate is one of Ed25519, whose signatures are all of one length, so every message is as long
//! as it was; and what a seed decides hangs on lengths alone.
//!
//! # Kernel TLS, which is not built
//!
//! Linux can encrypt in the kernel, and sendfile then works over TLS. What it would take:
//!
//! 1. Detection at run time: `tls` in `/proc/sys/net/ipv4/tcp_available_ulp`, or simply
//!    `setsockopt(TCP_ULP, "tls")` on the data connection, whose failure means the way above.
//! 2. After the handshake of a download, with nothing in the outbox and nothing kept of a record:
//!    rustls's `dangerous_into_kernel_connection` (its configuration has to allow the extraction of
//!    secrets) gives keys, salts and sequence numbers of both directions. AES-GCM and
//!    ChaCha20-Poly1305 are known to both; others stay as they are.
//! 3. `setsockopt(SOL_TLS, TLS_TX)` with these. Safe wrappers of both calls stand in nix; rustix has
//!    none, and we write no unsafe code. From then on `zero_copy` holds for the channel, and sendfile
//!    goes as in the clear, in records of 16 KiB that the kernel makes.
//! 4. close_notify is a record of type 21, which a control message (`TLS_SET_RECORD_TYPE`) of
//!    `sendmsg` gives; without it the end would look cut. nix knows how to read that message and not
//!    how to send it, so a crate of more courage, or a change of nix's, is needed first. Incoming
//!    records other than data (alerts, and in TLS 1.3 key updates) come with `TLS_GET_RECORD_TYPE`,
//!    and a plain read fails with EIO; with TX alone handed over, reading could stay with rustls only
//!    if its state might still be used, which the conversion ends: RX goes over as well.
//! 5. A key update of the peer's needs a new key for the kernel (Linux 6.13 for TLS 1.3); before that
//!    the connection has to be given up. Ours is due after 2^24 records of AES-GCM, 256 GiB: what is
//!    sent with one key has to be counted, for the kernel does not.
//!
//! It serves downloads of large binary files alone. Many kernels are built without it, those of
//! small virtual machines among them, so the way above has to be good enough by itself.
