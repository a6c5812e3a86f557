//! seccomp: the process is kept to the system calls that serving takes.
//!
//! Two lists. What is on neither answers `ENOSYS`, as on a kernel that does not have it: libraries
//! know what to do then, and a call that was forgotten costs one client an error and not all of
//! them the server. What no library does by itself, and whoever has taken the process over would do
//! first, ends the process at once.
//!
//! No thread can be made any more: those that the server has run when this is raised.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

use super::{Line, Standing};

/// Calls that are let through whatever their arguments, by what they are for. An argument by
/// address can't be looked at, so which files and sockets are meant is not for this wall to say.
const LET_THROUGH: &[&[c_long]] = &[
    // The loop: what is ready, what time it is.
    &[
        libc::SYS_epoll_ctl,
        libc::SYS_epoll_pwait,
        libc::SYS_epoll_pwait2,
        libc::SYS_ppoll,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
    ],
    // Sockets.
    &[
        libc::SYS_accept4,
        libc::SYS_bind,
        libc::SYS_connect,
        libc::SYS_listen,
        libc::SYS_shutdown,
        libc::SYS_getpeername,
        libc::SYS_getsockname,
        libc::SYS_getsockopt,
        libc::SYS_setsockopt,
        libc::SYS_recvfrom,
        libc::SYS_recvmsg,
        libc::SYS_sendmsg,
        libc::SYS_sendto,
    ],
    // Bytes, from whatever is open to whatever is open.
    &[
        libc::SYS_close,
        libc::SYS_copy_file_range,
        libc::SYS_lseek,
        libc::SYS_pipe2,
        libc::SYS_pread64,
        libc::SYS_preadv,
        libc::SYS_preadv2,
        libc::SYS_pwrite64,
        libc::SYS_pwritev,
        libc::SYS_pwritev2,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_sendfile,
        libc::SYS_splice,
        libc::SYS_write,
        libc::SYS_writev,
    ],
    // Names: Landlock says which. No links are made but in place of a rename, and no devices.
    &[
        libc::SYS_getcwd,
        libc::SYS_getdents64,
        libc::SYS_linkat,
        libc::SYS_mkdirat,
        libc::SYS_newfstatat,
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_readlinkat,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_statfs,
        libc::SYS_statx,
        libc::SYS_unlinkat,
    ],
    // What a file is like, and that it is on the disk.
    &[
        libc::SYS_fadvise64,
        libc::SYS_fallocate,
        libc::SYS_fchmod,
        libc::SYS_fcntl,
        libc::SYS_fdatasync,
        libc::SYS_flock,
        libc::SYS_fstat,
        libc::SYS_fstatfs,
        libc::SYS_fsync,
        libc::SYS_ftruncate,
        libc::SYS_readahead,
        libc::SYS_sync_file_range,
        libc::SYS_syncfs,
        libc::SYS_utimensat,
    ],
    // Memory; what makes it executable is looked at below.
    &[libc::SYS_brk, libc::SYS_madvise, libc::SYS_mremap, libc::SYS_munmap],
    // Threads that wait, begin and end, and signals that come.
    &[
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_membarrier,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
    ],
    // Questions about the process itself, and what can't be guessed.
    &[
        libc::SYS_getegid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_getrusage,
        libc::SYS_gettid,
        libc::SYS_getuid,
    ],
    OF_THIS_PROCESSOR,
];

/// Older forms of the same calls, which C libraries still use where the processor has them.
#[cfg(target_arch = "x86_64")]
const OF_THIS_PROCESSOR: &[c_long] = &[
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];

/// This processor came late and has none of them.
#[cfg(target_arch = "aarch64")]
const OF_THIS_PROCESSOR: &[c_long] = &[];

/// Calls that end the process.
const FATAL: &[&[c_long]] = &[
    // To run another program.
    &[libc::SYS_execve, libc::SYS_execveat],
    // To be somebody else, or to have more rights.
    &[
        libc::SYS_capset,
        libc::SYS_setfsgid,
        libc::SYS_setfsuid,
        libc::SYS_setgid,
        libc::SYS_setgroups,
        libc::SYS_setregid,
        libc::SYS_setresgid,
        libc::SYS_setresuid,
        libc::SYS_setreuid,
        libc::SYS_setuid,
    ],
    // To look into other processes.
    &[
        libc::SYS_pidfd_getfd,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_ptrace,
    ],
    // To see another system.
    &[
        libc::SYS_chroot,
        libc::SYS_fsopen,
        libc::SYS_mount,
        libc::SYS_move_mount,
        libc::SYS_open_tree,
        libc::SYS_pivot_root,
        libc::SYS_setns,
        libc::SYS_umount2,
        libc::SYS_unshare,
    ],
    // To get at the kernel.
    &[
        libc::SYS_add_key,
        libc::SYS_bpf,
        libc::SYS_delete_module,
        libc::SYS_finit_module,
        libc::SYS_init_module,
        libc::SYS_io_uring_setup,
        libc::SYS_kexec_load,
        libc::SYS_keyctl,
        libc::SYS_perf_event_open,
        libc::SYS_reboot,
        libc::SYS_request_key,
        libc::SYS_userfaultfd,
    ],
];

/// What std and mio do to sockets by ioctl: FIONBIO, FIONREAD, FIOCLEX. They have these numbers on
/// both processors, and in libc a type that depends on the C library.
const SOCKET_CONTROLS: [u64; 3] = [0x5421, 0x541b, 0x5451];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Raises it for every thread.
pub(super) fn raise() -> Result<Line, String> {
    let failed = |error: &dyn std::fmt::Display| {
        format!("seccomp can't be raised: {error}; --no-seccomp does without it")
    };
    let (let_through, fatal) = lists().map_err(|error| failed(&error))?;
    let counts = (let_through.len(), fatal.len());
    let not_there = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let inner = program(let_through, not_there, SeccompAction::Allow);
    let outer = program(fatal, SeccompAction::Allow, SeccompAction::KillProcess);
    // Of two programs the kernel takes the harsher answer. The one that does not let another be
    // loaded comes last.
    for program in [outer, inner] {
        let program = program.map_err(|error| failed(&error))?;
        match apply_filter_all_threads(&program) {
            Err(seccompiler::Error::Seccomp(error))
                if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
            {
                let why = format!("this kernel has no seccomp filters ({error})");
                return Ok(Line::new("seccomp", Standing::Missing(why)));
            }
            result => result.map_err(|error| failed(&error))?,
        }
    }
    let what = format!("{} system calls and no other; {} are fatal", counts.0, counts.1);
    Ok(Line::new("seccomp", Standing::Up(what)))
}

/// What is let through, and what is fatal.
fn lists() -> Result<(Rules, Rules), seccompiler::BackendError> {
    let whole = |lists: &[&[c_long]]| -> Rules {
        lists.iter().copied().flatten().map(|&call| (number(call), Vec::new())).collect()
    };
    let mut let_through = whole(LET_THROUGH);
    let_through.extend(looked_at()?);
    Ok((let_through, whole(FATAL)))
}

/// Calls that are let through with some arguments alone.
fn looked_at() -> Result<Rules, seccompiler::BackendError> {
    use SeccompCmpOp::{Eq, MaskedEq};
    let one_of = |at: u8, values: &[u64]| -> Result<Vec<SeccompRule>, _> {
        values.iter().map(|&value| rule(&[(at, Eq, value)])).collect()
    };
    let not_executable = || {
        Ok::<_, seccompiler::BackendError>(vec![rule(&[(2, MaskedEq(bits(libc::PROT_EXEC)), 0)])?])
    };
    // The type shares its argument with flags.
    let stream = || (1, MaskedEq(0xf), bits(libc::SOCK_STREAM));
    let internet = [libc::AF_INET, libc::AF_INET6];
    let sockets = internet.iter().map(|&family| rule(&[(0, Eq, bits(family)), stream()]));
    let here = u64::from(std::process::id());
    Ok(Rules::from([
        // Memory never becomes code: what comes over the network stays data.
        (number(libc::SYS_mmap), not_executable()?),
        (number(libc::SYS_mprotect), not_executable()?),
        // TCP, and nothing raw. Listening sockets of other families were made before.
        (number(libc::SYS_socket), sockets.collect::<Result<_, _>>()?),
        // Terminals and devices have nothing to be told.
        (number(libc::SYS_ioctl), one_of(1, &SOCKET_CONTROLS)?),
        // A thread names itself and its memory when it begins.
        (number(libc::SYS_prctl), one_of(0, &[bits(libc::PR_SET_NAME), bits(libc::PR_SET_VMA)])?),
        // Limits are asked for, of this process, and not set.
        (number(libc::SYS_prlimit64), vec![rule64(&[(0, 0), (2, 0)])?]),
        // How a process aborts; no other gets a signal.
        (number(libc::SYS_tgkill), one_of(0, &[here])?),
    ]))
}

#[expect(
    clippy::useless_conversion,
    reason = "a C long has 64 bits on the processors that there are lists for"
)]
fn number(call: c_long) -> i64 {
    i64::from(call)
}

/// A constant of the kernel's, none of which is negative.
fn bits(constant: libc::c_int) -> u64 {
    u64::from(constant.unsigned_abs())
}

/// All of these conditions on arguments, of which the kernel reads 32 bits.
fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = |(at, op, value): &(u8, SeccompCmpOp, u64)| {
        SeccompCondition::new(*at, SeccompCmpArgLen::Dword, op.clone(), *value)
    };
    SeccompRule::new(conditions.iter().map(condition).collect::<Result<_, _>>()?)
}

/// Arguments, among them addresses, that have to be these.
fn rule64(values: &[(u8, u64)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = |&(at, value): &(u8, u64)| {
        SeccompCondition::new(at, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
    };
    SeccompRule::new(values.iter().map(condition).collect::<Result<_, _>>()?)
}

fn program(
    rules: Rules,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let processor = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, matched, processor)?.try_into()
}

#[cfg(test)]
mod tests;
