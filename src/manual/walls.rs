//! # Walls: what a server that has been taken over can still do
//!
//! [Trust](super::trust) says how each attack is stopped. This page assumes that one was not: that a
//! fault in `coracled`, or in a library below it, lets a client run code of its own in the process.
//! The walls are what the kernel holds that process to from then on. They are raised once, between
//! the binding of the ports and the first client, and nothing takes them down again.
//!
//! At start the log has a line for each, `wall NAME: …`, at `info` if it stands and as a warning,
//! `wall NAME: OFF, …`, if it does not. They are in the log and not on standard output, whose lines
//! are the bound addresses, and those come only when every wall stands that can be had.
//!
//! | wall | keeps out | can't be had |
//! |---|---|---|
//! | `user` | whatever belongs to root: `--user NAME[:GROUP]`, its groups and no others, and it is tried that there is no way back | when not started as root: then it stays who it is |
//! | `privileges` | every capability, out of all sets; new ones by running a program (`no_new_privs`) | never; the bounding set is emptied where the server is started as root, and is of no use otherwise |
//! | `landlock` | files outside the grants; changes where no grant writes; running any file; devices, pipes, sockets and links; signals to other processes, and their abstract sockets (from abi 6) | before Linux 5.13, or without `lsm=landlock`; `--no-landlock` |
//! | `network` | binding any port but those of `--passive-ports`, or what the kernel chooses | before Linux 6.7; for more than 4,095 ports |
//! | `seccomp` | all system calls but some hundred | other processors than x86-64 and AArch64; `--no-seccomp` |
//!
//! # The order
//!
//! Listen → leave the bounding set → become the user → leave the other sets → `no_new_privs` →
//! Landlock → start the helper thread → seccomp → say that it listens. Credentials and Landlock are
//! a matter of the thread in Linux and are inherited by the threads that it starts; so the process
//! makes sure that it has one thread until Landlock stands. seccomp is put on all threads at once and
//! lets no further one be made. The types of [`daemon::walls`](crate::daemon::walls) allow no other
//! order.
//!
//! What costs: nothing for an idle session, and one to three parts in a hundred of the processor's time
//! for small downloads, where files are opened most; the kernel remembers the answer for calls whose
//! arguments are not looked at.
//!
//! What is opened before is not touched by the walls: the listening sockets, the log, the granted
//! directories themselves (held by name alone, so that what is below is looked at when it is opened).
//!
//! # Landlock
//!
//! | where | may |
//! |---|---|
//! | a directory with a grant that has `w` or `d` | list, read, write, truncate, create and remove files and directories, rename between such directories |
//! | any other granted directory, and `files/` as a whole | list, read |
//! | the directories of `Credentials`, `Directories`, certificate, key and client roots, and of what they lead to as links | read files, not list |
//! | everywhere else | nothing |
//!
//! `w` and `d` come to the same, since a rename removes a name as a deletion does; the session tells
//! them apart. The whole directory of an own file can be read because a file is replaced by renaming
//! another over it (`coracled passwd` does), and a rule holds for the file that was there.
//!
//! Rules can't be widened. A reload may grant more of `files/` to be read, and whatever lies within
//! what was let in; any other new directory, and writing where nobody wrote, is refused with file,
//! line and reason, and the old tables stay until the server is restarted.
//!
//! Connecting is not restricted: active mode goes to whatever port a client names, and a rule for
//! each of 64,512 would cost more memory than the rest of the server. The session dials the client's
//! own address and ports from 1024 alone; a process that is taken over could dial others.
//!
//! # The server's own files
//!
//! No grant may hold `Credentials`, `Directories`, certificate or key, under whatever path: the
//! data directory itself, one above it, `/`, a link to any. Such a line is a mistake like any
//! other, by file, line and reason. Devices and numbers of the directories are compared, not names.
//! So there is nothing to hide from a listing or a rename: there is no name below a grant by which
//! they could be reached, and a link in a grant does not lead out of it. A second name (hard link)
//! that somebody with rights on the machine has made is warned of. Parts are hidden by name in
//! every grant (`tree`).
//!
//! # seccomp
//!
//! A call on the list is let through. One that is on no list answers `ENOSYS`, as on a kernel without
//! it: libraries have another way then, so a call that was forgotten, or that a new library prefers,
//! costs little; `EPERM` would be taken for a final answer, and death would be one for every client.
//! Thirty-odd calls do end the process (`SIGSYS`): no library makes them by itself here, and whoever
//! has taken a process over makes them first.
//!
//! | let through | why | what is not |
//! |---|---|---|
//! | `epoll_*`, `poll`, clocks | the loop | making another poll |
//! | `accept4`, `bind`, `connect`, `listen`, `send*`, `recv*`, socket options | control and data connections; keys and close_notify for [TLS in the kernel](super::tls) | `socketpair`, `sendmmsg` |
//! | `socket`, of IPv4 and IPv6, as a stream | active mode, passive ports | raw, datagram, Unix, netlink, packet sockets |
//! | `read`, `write` and their kin, `sendfile`, `splice`, `copy_file_range`, `pipe2` | bytes | `vmsplice`, `io_uring` |
//! | `openat2`, `openat`, `statx`, `getdents64`, `renameat2`, `linkat`, `unlinkat`, `mkdirat` | files; Landlock says which | `symlinkat`, `mknodat`, `chown` |
//! | `fchmod`, `utimensat`, `ftruncate`, `fallocate`, `flock`, `fsync`, `statfs` | `SITE CHMOD`, `MFMT`, uploads, `--durable`, `AVBL` | extended attributes |
//! | `mmap`, `mprotect` without execution, `munmap`, `madvise`, `brk` | argon2 takes mebibytes | memory that can be run |
//! | `futex`, `exit`, signal masks and handlers, `tgkill` to itself | the helper thread; aborting | `clone`, `fork`, `kill` |
//! | `getrandom`, `getpid`, `getuid`, `getrusage` | keys, logs, figures | setting any of it |
//! | `ioctl` for three questions to sockets, `prctl` for names | std and mio | terminals, devices |
//!
//! | fatal | for |
//! |---|---|
//! | `execve`, `execveat` | running a program |
//! | `setuid` and its kin, `capset` | being somebody else |
//! | `ptrace`, `process_vm_*`, `pidfd_getfd` | other processes |
//! | `mount`, `chroot`, `unshare`, `setns`, `pivot_root`, … | another view of the system |
//! | `bpf`, `init_module`, `kexec_load`, `keyctl`, `perf_event_open`, `userfaultfd`, `io_uring_setup`, … | the kernel |
//!
//! # How each is shown to hold
//!
//! `tests/walls` starts a process, raises the walls by the very functions that the server calls, and
//! tries. Each attempt is made three times: without the wall that is to stop it, where it has to
//! succeed; with it; and behind all of them. So a wall that is taken out fails its test.
//! `tests/loopback/walls.rs` asks the kernel what it holds the real server to, thread by thread.
