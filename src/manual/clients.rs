//! # Clients: what other people's programs say, and what they need
//!
//! `tests/clients` leads twenty-five programs and libraries that nobody here wrote over one ground, and
//! `make interop` prints what came of it as a table: what each of them does, and for each cell that
//! is a no, why. The table is not kept here, where it would get old. What follows was overheard by
//! the same tests, on the control connections in the clear; nothing of it is from memory.
//!
//! ## What they say
//!
//! The verbs that each said over the whole ground. A test of the same version that hears one more
//! fails until it is in here.
//!
//! | client | version | verbs |
//! |---|---|---|
//! | aioftp | 0.28.3 | CWD DELE EPSV MKD MLSD MLST PASS QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | apt | 2.6.1 | MDTM PASS PASV REST RETR SIZE TYPE USER |
//! | aria2 | 1.36.0 | CWD MDTM PASS PASV PWD REST RETR SIZE TYPE USER |
//! | axel | 2.17.11 | CWD LIST PASS PASV REST RETR SIZE TYPE USER |
//! | basic-ftp | 6.2.3 | APPE CDUP CWD DELE EPSV FEAT MDTM MKD MLSD OPTS PASS PWD QUIT REST RETR RMD RNFR RNTO SIZE STOR STRU TYPE USER |
//! | busybox ftpget/ftpput | 1.35.0 | EPSV PASS QUIT REST RETR SIZE STOR TYPE USER |
//! | curl | 7.88.1 | APPE CWD DELE EPSV MDTM MKD NLST PASS PWD QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | ftp-ssl | untold | CWD DELE MKD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO STOR SYST TYPE USER |
//! | ftpcopy | 0.6.7 | CWD MLSD MLST PASS PASV RETR TYPE USER |
//! | ftputil | 5.2.0 | CWD DELE LIST MKD OPTS PASS PASV PWD REST RETR RMD RNFR RNTO STOR TYPE USER |
//! | gftp-text | 2.9.1b | CWD DELE EPSV FEAT MKD MLSD PASS PWD REST RETR RMD RNFR SITE SIZE STOR TYPE USER |
//! | gvfs | 1.50.3 | CWD DELE FEAT LIST MKD NOOP OPTS PASS PASV PWD RETR RMD RNFR RNTO SITE SIZE STOR SYST TYPE USER |
//! | inetutils-ftp | 2.4 | ABOR CWD DELE MKD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO STOR SYST TYPE USER |
//! | lftp | 4.9.2 | CLNT CWD DELE FEAT HOST LANG MDTM MFMT MKD MLSD NLST OPTS PASS PASV PWD QUIT REST RETR RMD RNFR RNTO SITE SIZE STOR TYPE USER |
//! | ncftp | 3.2.6 | CLNT CWD DELE FEAT HELP MDTM MFMT MKD MLSD MLST NLST OPTS PASS PASV PWD QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | perl Net::FTP | 3.14 | CWD DELE FEAT LIST MDTM MKD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | php ftp | 8.2.31 | CWD DELE MDTM MKD MLSD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | python ftplib | 3.11.7 | CWD DELE MKD MLSD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | rclone | v1.60.1-DEV | DELE EPSV FEAT MFMT MKD MLSD OPTS PASS QUIT RETR RMD RNFR RNTO STOR TYPE USER |
//! | ruby Net::FTP | 0.1.3 | APPE CWD DELE MDTM MKD MLSD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO SIZE STOR TYPE USER |
//! | tcllib ftp | 2.4.13 | CWD DELE LIST MDTM MKD NLST PASS PASV QUIT REST RETR RMD RNFR RNTO STOR TYPE USER |
//! | tnftp | 20210827 | CWD DELE EPSV FEAT MDTM MKD NLST PASS QUIT REST RETR RMD RNFR RNTO SIZE STOR SYST TYPE USER |
//! | wget | 1.21.3 | CWD LIST PASS PASV PWD REST RETR SIZE SYST TYPE USER |
//! | wput | 0.6.2 | CWD MKD PASS PASV QUIT REST SIZE STOR TYPE USER |
//! | yafc | 1.3.7 | AUTH CWD DELE MDTM MKD MLSD NLST PASS PASV PWD QUIT REST RETR RMD RNFR RNTO SITE SIZE STOR TYPE USER |
//!
//! ## What they depend on
//!
//! | of ours | who | how |
//! |---|---|---|
//! | EPSV, `229 … (\|\|\|port\|)` | aioftp, basic-ftp, BusyBox, curl, gFTP, rclone and tnftp over IPv4, all that know IPv6 over it | never fall back, for it is never refused |
//! | PASV, `227 … (h1,h2,h3,h4,p1,p2)` | all others over IPv4 | axel says it over IPv6 too; 502 says what to use, and it gives up |
//! | EPRT | those that listen over IPv6, gFTP over IPv4 as well | |
//! | FEAT | basic-ftp, gFTP, GVFS, lftp, NcFTP, rclone, tnftp; Net::FTP where it looks for MDTM | once a session |
//! | MLSD | aioftp, basic-ftp, ftpcopy, ftplib, gFTP, lftp, NcFTP, PHP, rclone, Ruby, Yafc | for their trees; gFTP shows the entry `pdir` as `..` |
//! | LIST in the form of `ls -l` | axel, ftputil, GVFS, Net::FTP, Tcllib, wget | permissions tell what it is, eight words and one space come before the name; ftputil and GVFS say `LIST -a` |
//! | NLST, names as they were asked for | curl, the ftps of BSD, GNU and NetKit, lftp, NcFTP, Net::FTP, PHP, ftplib, Ruby, Tcllib, Yafc | `NLST dir` gives `dir/name`, `NLST` the name; NcFTP says `NLST -1` |
//! | `257 "path"` | aria2, basic-ftp, curl, ftputil, gFTP, GVFS, lftp, NcFTP, wget, Yafc | PWD behind the login, and by some behind each CWD |
//! | 213 to SIZE, in TYPE A with the length of the text on the wire | aria2 and wget ask in TYPE A as well, for `;type=a` | their own count of what came has to be that |
//! | SIZE of what broke off | curl, lftp, NcFTP, Net::FTP, PHP, Ruby, wput, Yafc, and scripts through aioftp, basic-ftp and ftplib | they resume by it; MLST and listings show no part, so that aioftp's `stat` finds none |
//! | REST, then STOR | aioftp, ftplib, lftp, NcFTP, Net::FTP, PHP, the ftps, wput, Yafc | wput goes on 512 bytes before the end |
//! | APPE | basic-ftp, curl, Ruby | resume by it, with nothing before |
//! | 350 to `REST 0` and `REST 1` | axel, which transfers nothing between the two; aria2 says `REST 0` before each RETR | |
//! | `OPTS UTF8 ON` | basic-ftp, ftputil, GVFS, lftp, rclone | 200; basic-ftp and ftputil say it twice |
//! | `OPTS MLST` | basic-ftp, lftp, NcFTP | facts that we lack, such as `UNIX.owner`, are in their wishes and left out of the answer |
//! | MDTM | apt, aria2, basic-ftp, curl, lftp, NcFTP, Net::FTP, PHP, Ruby, Tcllib, tnftp | the time of a download; ftpcopy, gFTP, NcFTP and Yafc have it from MLSD or MLST, ftputil and wget from LIST, where an old file has but a day |
//! | MFMT | lftp, NcFTP, rclone | the time of an upload |
//! | `SITE CHMOD` | gFTP behind each upload, lftp in trees | it has to be allowed to who may write |
//! | `SITE HELP`, `HELP SITE` | GVFS, NcFTP | looked through for what SITE knows |
//! | `HOST`, `LANG`, `CLNT` | lftp, and CLNT by NcFTP | lftp names the address that it was given, `HOST 127.0.0.1` or `HOST ::1`, which has to be taken before the login |
//! | `STRU F`, `MODE S` | basic-ftp at the login | 200 |
//! | 550 to DELE of a directory | GVFS | it says DELE, and RMD where that was refused |
//! | 5yz to `AUTH GSSAPI` | Yafc | it logs in without |
//! | ABOR behind the Telnet signs of a Synch | the ftp of GNU | between two files of its `mget`, where nothing runs any more |
//! | close_notify behind uploads | all that upload under TLS but ftp-ssl | it sends none, so that its uploads are taken for cut ones and not put in place |
//! | a handshake on the data connection before the command | aioftp, axel | they await its end before they say what it is for, see [TLS](super::tls) |
//! | tickets on the control connection, resumed on data connections | aioftp, basic-ftp, curl, gFTP, GVFS, lftp, PHP, rclone, Ruby, wget | they pass where `--tls-data-resumption require` holds; ftplib, ftputil and Net::FTP where it connects do not resume |
//!
//! ## What some of them can't, though they seem to
//!
//! Each of these is tried by the tests, and has to fail.
//!
//! - **curl** 7.87 to 8.0.0 sends in the clear on a data connection under TLS for which it listens.
//! - **lftp** names `::` as its own address where it listens over IPv6 and both are on one machine;
//!   we connect to nobody but the client, and say 504.
//! - **wput** takes the tickets of TLS 1.3, which come behind the handshake, for the end of the
//!   connection.
//! - **axel** has the size of an empty file, and waits.
//! - **apt** asks for names as the URL encodes them: `two%20words` is looked for under this name.
//!
//! ## What was mended for them
//!
//! curl closes a data connection under TLS as soon as it has as many bytes as SIZE said. For an empty
//! file that is before our close_notify, and most such downloads were told 426; they are told 226 now
//! (`loopback::sealed`). Of some hundreds of downloads of 1 to 20,000 bytes under TLS by curl, lftp,
//! ftplib, rclone, wget, basic-ftp and PHP, none was told 426. aioftp, and axel under implicit TLS, await
//! the handshake of a data connection before they say what it is for, and the server began it with the
//! command, so that each waited for the other; it is begun by what comes now. MODE Z is in FEAT by the operator's
//! choice alone, since lftp uses it unasked.
//!
//! ## Who is not among them
//!
//! | client | why |
//! |---|---|
//! | curlftpfs | in no Debian of today |
//! | Midnight Commander | wants a terminal and keys; it logs in, and lists with `LIST -la` in TYPE A, when it has them |
//! | FileZilla | wants a desktop, and has no commands |
//! | zsh's zftp | wants `/etc/services` of the machine, even for a port that it is given |
//! | npm's ftp | takes the end of the connection for the end of the file while some of it waits to be read: where it is kept from the processor its downloads are short, whatever was sent |
//! | snarf | downloads, and does not end behind a listing |
//! | lynx, w3m | reached no server where they were unpacked and not installed; why was not found out |
//! | Java's | its runtime alone has some forty mebibytes |
