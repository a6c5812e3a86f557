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
//! of time; RFC 4217 has it wait. A peer that speaks words in place of a hello, or says nothing until its
//! time is over, is told 421 in the clear; behind a hello, even half of one, it hears an alert or nothing.
//!
//! # Ends
//!
//! | what happens | what it means |
//! |---|---|
//! | close_notify on an upload | its end; ours is sent back, since some clients wait for it |
//! | the end of the connection without one | the upload is cut: 426, and its part is left to be gone on with |
//! | a record of an upload that does not open | the same, but 535 |
//! | a download is whole | close_notify, which leaves with the last bytes, before 226 is said; then its connection waits for the peer's, two seconds at most, since closing over what comes would send a reset behind the last bytes |
//! | all of a download is written, and our close_notify meets nobody | 226 where the peer's own has come: it knows how much there was, as curl by SIZE, and has gone on purpose. 426 where only a reset has: nobody knows what it had read by then |
//! | a download is stopped | no close_notify: nobody takes it for the whole |
//! | the end of a control connection without one | its end; a command is whole or is none |
//! | REIN, on a connection that began in the clear | close_notify behind the reply; what comes before the client's own is thrown away, what comes behind it is in the clear |
//!
//! # Whose data connection it is
//!
//! A certificate tells a client whom it speaks to; nothing but the address tells the server who came
//! to a passive port. So a data connection can be asked to resume its control connection's TLS
//! session, which nobody else can. And where the control connection was shown a client's certificate,
//! the data connection has to show the same, which a resumed session does by itself. Each session has ticket keys of its own, made at random with its
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
//! # A handshake before the command
//!
//! Some clients, aioftp and axel among them, end the handshake of a passive data connection before they
//! say what it is for. Whether data is protected is looked at when it is to move (RFC 4217, section
//! 10.2), and a connection on which nothing comes is left alone until then. Where something comes while
//! the level is PROT P, and no command within 50 ms, the handshake is taken up: clients that send both at
//! once are served as if the command had come first. When the command comes,
//!
//! | and it finds | then |
//! |---|---|
//! | the handshake under way | it goes on, within what is left of its time, which runs from the hello |
//! | it done, data protected | the transfer begins, if the session was resumed and the certificate shown where that is asked for |
//! | it begun, and PROT C said in between | 522, since what was begun can't be taken back |
//! | it failed, and the connection closed | 522 or 425, as if that had been behind the command |
//!
//! Such a handshake has no tickets behind it, since it may be an upload's. Where sessions have to be
//! resumed, a client that uses each of TLS 1.3 once has those of the control connection for it, and no
//! others.
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
//! # Kernel TLS
//!
//! Linux can encrypt by itself, and sendfile then works over TLS: a download's bytes never come into
//! this process. It is the cargo feature `ktls`, off by default, since many kernels are built without
//! (those of small virtual machines among them) and the way above has to be good enough by itself.
//! Downloads alone have it, and only sending: an upload costs one copy more either way.
//!
//! 1. At start, each suite is tried once on a connection of our own: `setsockopt(TCP_ULP, "tls")`,
//!    then keys of no worth by `TLS_TX`. There is no way back from keys that the kernel has not taken,
//!    so only what was seen to work is asked of it later, and the log says how much that is. The kernel
//!    loads its module `tls` for who asks as root; else `modprobe tls` has to come first.
//! 2. When a file of 64 KiB to 64 GiB is about to be sent as it is on a data connection, and nothing
//!    waits to be written on it, [`Channel::hand_over`](crate::channel::Channel::hand_over) asks for
//!    TCP_ULP, takes rustls's `dangerous_into_kernel_connection`, and gives key, nonce and number of
//!    the next record to the kernel by way of [`Io::seal`](crate::io::Io::seal), as plain values
//!    ([`io::seal`](crate::io::seal)). From then on the channel is one in the clear, and `zero_copy`
//!    holds. Lists, ASCII, MODE Z and smaller files go the way above.
//! 3. close_notify is a record of type 21, said by a control message of `sendmsg`. The kernel takes a
//!    record for which there is no room on the connection, keeps it and does not say so, and
//!    `shutdown` or `close` would overtake it. So close_notify is said only once the socket has room,
//!    behind which all goes out at once, and our direction is not ended by `shutdown`: the connection
//!    waits for the peer's end like any other, two seconds at most.
//!
//! What has to be known of it:
//!
//! - rustls and the kernel make the nonces of AES-GCM under TLS 1.2 in two ways: mixed into a start,
//!   and counted up from it. Given the same start, the kernel's first record would have the nonce of
//!   rustls's first, which gives the key away. The kernel gets a start half of all numbers away.
//! - AES-GCM is good for 2^24 records of one key, and the kernel counts none: hence the 64 GiB, with
//!   room for records that are shorter than 16 KiB. What is longer is encrypted here, where rustls
//!   changes keys under TLS 1.3.
//! - rustls's state is gone with the keys, so what the peer still sends is not opened: its close_notify,
//!   for which the end of the connection stands, an alert, or in TLS 1.3 an update of keys. One that
//!   asks for ours is not answered. No client that we know sends one while it only receives.
//! - Keys lie in the kernel's memory. Secrets can be taken out of rustls in this build, by the process
//!   itself.
//!
//! `scripts/ktls` (`make ktls`) boots Debian's kernel 6.1 in qemu and shows it: curl in the six suites
//! that both know, from the middle of a file on, slowly and with hardly any room in the sockets, lftp,
//! and `coracle`, which takes nothing for whole without close_notify. The kernel's own count
//! (`TlsTxSw`) says who has encrypted. Not shown so far: newer kernels, network cards that encrypt by
//! themselves, and what it saves: under emulation times mean nothing.
