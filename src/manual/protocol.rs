//! # Protocol: the contract between a session and the reactor
//!
//! A session is told [events](crate::session::Event) and answers with
//! [effects](crate::session::Effect):
//!
//! | effect | is answered by | exactly |
//! |---|---|---|
//! | `Listen` | `RouteReady` or `RouteFailed` | once, before anything else is told |
//! | `Begin` | `Outcome`, with `Connected` before it where we connect and the connection came to stand | once, whatever happens |
//! | `Work` | `Chore`, with `Progress` before it | once, whatever happens; progress once a second |
//! | `Abort` | the `Outcome` or `Chore` of what it aborts | that same one; later and `Done` where all was whole and on its way into place |
//! | `Verify` | `Verdict` | once, unless the connection goes first |
//! | `Secure` | `Secured` | once, unless the handshake fails and the connection goes |
//! | `Withhold` | `Released` | once, unless the time to log in is over first |
//! | `Start` | `Expired` | at most once, unless started anew or stopped |
//! | `Dial`, `Unroute`, `Unsecure`, `Protect`, `Reply`, `Stop`, `Close` | nothing | |
//!
//! While the answer to `Listen`, `Verify`, `Secure` or `Withhold` is due the session wants no lines; they
//! wait in the framer, in the socket, and in the end at the peer. While a transfer or work runs it
//! takes them, serves `ABOR` and `STAT` at once, and keeps the others, up to a bound, for when the
//! transfer has ended. So pipelined commands are served in order and never lost. An `ABOR` that has waited
//! behind a line that begins something is heard as soon as that has begun.
//!
//! `Hangup` says that the peer has closed its direction. A client that pipes its commands through
//! `nc` does that and still wants the answers; a client that was killed does that too, and its
//! upload must not be put in place. The session knows which it can be, and answers with `Abort`, or
//! with `Close` when all is done.
//!
//! Both dialects, FTP and the guided dialogue, keep this contract; the reactor does not know which
//! one it serves.
//!
//! # Protection: what RFC 4217 leaves open
//!
//! | asked | answered | why |
//! |---|---|---|
//! | `AUTH TLS`, `AUTH TLS-C` | 234, then the handshake | the RFC's name, and its older synonym |
//! | `AUTH SSL`, `AUTH TLS-P` | 234, and data is private without PROT | as the drafts had it, and as vsftpd does for old clients |
//! | `AUTH` of anything else | 504 | RFC 2228, section 3 |
//! | `AUTH` under TLS | 534 | a second handshake would protect nothing better; RFC 2228, section 8.2, has no 503 for it |
//! | `PBSZ n` | 200, and `PBSZ=0` unless n was 0 | RFC 4217, section 9, and RFC 2228, section 3; 503 before AUTH |
//! | `PROT P`, `PROT C` | 200 | 503 before PBSZ; C is 534 where TLS is required |
//! | `PROT S`, `PROT E` | 536 | TLS has no such level |
//! | `CCC` | 534, in the clear 533 | whoever can write into a clear connection behind a login is the client |
//! | `REIN` under TLS | 220 and close_notify; then the clear, behind the client's own | RFC 4217, section 13. It is not CCC: nobody is logged in there whom somebody else could speak for. Implicit TLS stays, as it was there before the greeting |
//! | `ADAT`, `MIC`, `CONF`, `ENC` | 502 | TLS does not use them |
//! | `USER` in the clear, TLS required | 530 | before a password is sent |
//! | a transfer in the clear, TLS required | 522 | before anything is opened for it |
//! | `USER` with the certificate of the entry | 232, and 202 to a PASS behind it | clients that have a password send it |
//! | words, or nothing, in place of a handshake | 421 in the clear | RFC 4217, section 10.1; behind half a hello nobody knows what would be understood |
//! | a handshake for data that one of the two does not like | 522 | RFC 4217, section 10.2; 425 where it broke off or took too long, and may go better the next time |
//! | a record of an upload that does not open | 535 | RFC 2228, section 6; 426 where it is cut, or the client says by an alert that it gives up |
//! | a data connection that does not show the client's certificate of the control connection | 522 | whoever comes to a passive port is not known by anything else |
//! | HOST with another name than the handshake was with | 504 | RFC 7151, sections 3.2.2 and 4; without a name in the handshake any is taken |
//! | any of these, TLS off | 502 | and FEAT and HELP are silent |
//!
//! `AUTH` begins a session anew. A login, a username, parameters and a prepared port that came before
//! it count for nothing; lines that came behind it in the clear, and the half of one, are thrown away;
//! failed logins stay counted. There is no second greeting. On a port for implicit TLS data
//! connections are private from the beginning, as its clients take it to be; RFC 4217, which knows no
//! such port, would want PROT P first.
//!
//! # Ranges of digests
//!
//! Two habits meet where a digest is made of a part of a file, and each command keeps its own:
//!
//! | command | start | end | of `0123456789`, the part `234` is |
//! |---|---|---|---|
//! | `RANG`, then `HASH` or `RETR` | first byte | last byte | `RANG 2 4` |
//! | the reply to `HASH` | first byte | last byte | `213 SHA-256 2-4 …` |
//! | `XCRC`, `XSHA256` | first byte | the one behind the last | `XCRC name 2 5` |
//!
//! The first two are draft-bryan-ftp-range, section 3 (`RANG 0 1` selects two octets, `RANG 1 0` takes
//! the selection back, 551 answers it under TYPE A), and draft-bryan-ftpext-hash, section 3, whose
//! `0-49` are fifty bytes and `0-99` a whole file of a hundred. So does ProFTPD's RANG. A `RANG` holds
//! for the next command alone, as REST does. `RANG` beyond the file's end is cut there for `HASH`.
//!
//! Others differ in the reply to `HASH`: ProFTPD's mod_digest takes no notice of RANG there and
//! writes the length where the last byte belongs (`0-50` for fifty bytes); FileZilla Server 0.9 wrote
//! no range, 1.x has no HASH; vsftpd, pure-ftpd and pyftpdlib have none. The X commands, which no
//! draft has, answer 250 here and 213 there, in capitals or small digits. So the client asks for whole
//! files only, and takes the digits for the answer wherever they stand.
