//! # Trust: who is believed what
//!
//! | attack | what stops it |
//! |---|---|
//! | traversal by `..` | a [`VirtualPath`](crate::tree::VirtualPath) exists only normalised; `..` stops at the root |
//! | traversal by a symbolic link, or by a race with one | the kernel resolves beneath the granted directory (`openat2`, RESOLVE_BENEATH); no string is compared |
//! | FTP bounce (RFC 2577, section 3) | active connections go only to the control connection's own address, to ports of 1024 and above |
//! | port theft (RFC 2577, section 5) | a passive connection is accepted only from the address of a session that waits on that port |
//! | half an upload under the final name | hidden parts, renamed when whole; a lost control connection means that it is not whole |
//! | half a file, or an acknowledged one lost, when the server is killed | an upload is renamed when it is whole and acknowledged when it is renamed (`loopback::durable::kill_9…`) |
//! | the same when the power goes | `--durable`: content, then name, then directories, then `226` (`loopback::durable::the_content…`, `sim::durable`); without it nothing is promised of the last seconds |
//! | a full disk | `452`; the part goes, the old file stays, others are served (`loopback::disk`) |
//! | commits piled up on a slow disk by coming and going | one a session, and one whose client has gone counts as a client (`sim::durable::coming_and_going…`) |
//! | going on with another's upload | a left part belongs to its name: who may write there may go on with it, as it may write under that name anyway; nobody else learns of it, no listing shows it, and no name reaches it |
//! | a link, or a file with a second name, where a part should be | a part is opened without following, and is none of ours if it has another name |
//! | half uploads that fill the disk | they expire, and are swept even where nobody may list; a full disk removes the part that met it |
//! | permissions that lock the owner out, or set-uid | `SITE CHMOD` sets the nine bits alone, and keeps what the server needs to read |
//! | enumeration of accounts | FTP asks everyone for a password and refuses all in the same words; what is not granted and what is not there read alike |
//! | enumeration by the clock | an unknown username is compared with a decoy of the commonest hash in `Credentials`, and so is a wrong password to a plain entry; delays count for names that do not exist as well |
//! | guessing passwords | the [gate](crate::accounts::gate): answers are held back longer with each failure of an address, whether they are right or wrong, and after twenty the address is banned for ten minutes; many connections at once get no more guesses |
//! | guessing one user's password from everywhere | answers for that name are held back up to four seconds; never more, or strangers could lock the user out |
//! | an attacker behind one's own address (NAT) | who has logged in from there within a day is answered at once and let in during a ban; bans end; `--allow` |
//! | a flood of passwords | they wait for the helper thread in turn by address, 128 each and 1,024 in all |
//! | reading the memory for passwords | none is kept: what was right lately is a SHA-256 under a random key of the process |
//! | a flood of connections | `--max-clients`, of which an address has half at most (`--max-clients-per-address`), `--accept-rate`; who is turned away gets 421 as long as no more than 256 take their leave, and no TLS handshake |
//! | lines of the log that a peer has written | a username stands in quotation marks, everything in it but letters, digits and `-_.@+` as `\xNN`; fifty lines about refusals, then ten a second |
//! | slowness in every phase (slow loris) | see [timers](crate::manual::timers) |
//! | endless lines | the framer keeps no more than a line may have, and says so once |
//! | replies that nobody reads | above 64 KiB of waiting replies no further line is read from that peer |
//! | exhausted descriptors | accepting rests and resumes; nobody who is connected is dropped |
//! | a web page that makes a browser speak to us | a session that opens with an HTTP verb is dropped |
//! | commands slipped in behind `AUTH TLS` | what came in the clear is thrown away, with lines that waited for a transfer; the session begins anew ([protocol](crate::manual::protocol)) |
//! | a clear connection passed off as a protected one | `--tls required`: no login and no transfer without TLS, no `PROT C`, no `CCC`, and no guided port in the clear beyond loopback |
//! | half a file that somebody on the way made by ending the connection | under TLS only close_notify ends an upload, and a download that was stopped has none |
//! | somebody else's data connection, from the same address | `--tls-data-resumption require`: only the session's own can resume it, by keys that no other session has |
//! | handshakes that cost the processor | sixteen steps a pass, a limit of time and of bytes for each ([TLS](crate::manual::tls)) |
//! | a client's certificate of somebody else's making | only what `--client-ca` has signed ends the handshake well, and only the one whose SHA-256 stands in the entry logs in |
//! | the server's key on the disk | 0600, in the data directory, beside what is served and never below it |
//! | a zlib stream that expands a thousandfold (MODE Z) | it is expanded a slice a turn, and no more is read before |
//! | a crowd that compresses (`SITE COMPRESS`) | one slice a pass, sixteen files at once; the others wait in line |
//! | a client that takes all the loop's time | budgets a turn; what is left goes to the tail of the queue |
//!
//! Plain FTP sends passwords in the clear. Beyond loopback have clients use TLS, and nothing else
//! (`--tls required`); the default is that they may, for those of them that can't would be shut out.
//!
//! # Whom the client believes
//!
//! `coracle` meets servers that may be anybody's, over lines on which anybody may sit.
//!
//! | attack | what stops it |
//! |---|---|
//! | a server that is another than it says | before a user is named, the certificate is verified: by the system's authorities, `--ca` or `--fingerprint`. Under `--tls try`, loopback is trusted unseen, where no bytes leave the machine |
//! | TLS taken away: AUTH refused by somebody on the way | `require`, `ftpes://`, `ftps://`, and any option that says whom to trust, go on under TLS or not at all. Under `try` such a refusal is believed, but never of a server that was reached under TLS in the same run |
//! | TLS made to fail | a handshake that fails is an end (exit code 4), and never a reason to go on in the clear |
//! | words in the clear behind 234, to be taken for replies under TLS | they are an end; what was said before TLS is forgotten, and FEAT is asked anew |
//! | the data connection left in the clear (`PROT P` refused) | an end: once one connection is under TLS, the other is not in the clear |
//! | a data connection taken over | it has to resume the session, or show the very certificate of the control connection |
//! | a download cut short by whoever can end a connection | only close_notify is an end; without it the part stays a part |
//! | silence, at any point, a handshake included | each wait has its end (exit code 12) |
//!
//! The tests are in `tests/client/secure.rs`, with a server that does each of these.
//!
//! A certificate's revocation is not looked up: nothing is asked of a third party. In TLS 1.3 a session
//! is resumed by tickets that are used once. ProFTPD gives two and no more, and refuses data
//! connections that come without; such a server is reconnected to under TLS 1.2, and stays so for the
//! run.
