//! The lists, and the programs that they are made into: these are run here as the kernel runs them,
//! for every call and for arguments that no test could try without harm.

use super::*;

/// What comes of a call.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    LetThrough,
    NotThere,
    Fatal,
}

/// Both programs, as they are loaded.
struct Programs([BpfProgram; 2]);

impl Programs {
    fn new() -> Self {
        let (let_through, fatal) = lists().unwrap();
        let not_there = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        Self([
            program(let_through, not_there, SeccompAction::Allow).unwrap(),
            program(fatal, SeccompAction::Allow, SeccompAction::KillProcess).unwrap(),
        ])
    }

    /// What the kernel would do: the harsher of two answers.
    fn fate(&self, call: c_long, arguments: [u64; 6]) -> Fate {
        self.fate_from(this_processor(), u32::try_from(call).unwrap(), arguments)
    }

    fn fate_from(&self, processor: u32, call: u32, arguments: [u64; 6]) -> Fate {
        let mut data: Vec<u8> = Vec::new();
        data.extend(call.to_ne_bytes());
        data.extend(processor.to_ne_bytes());
        data.extend(0_u64.to_ne_bytes());
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let answers = self.0.each_ref().map(|program| answer(program, &data));
        if answers.contains(&libc::SECCOMP_RET_KILL_PROCESS) {
            Fate::Fatal
        } else if answers.contains(&(libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs())) {
            Fate::NotThere
        } else {
            assert_eq!(answers, [libc::SECCOMP_RET_ALLOW; 2]);
            Fate::LetThrough
        }
    }
}

/// Runs a classic BPF program (Linux, `Documentation/networking/filter.rst`), of which these are the
/// instructions that such programs have.
fn answer(program: &BpfProgram, data: &[u8]) -> u32 {
    let (mut at, mut accumulator) = (0, 0_u32);
    loop {
        let step = &program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = step.k as usize;
                accumulator = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
            }
            0x54 => accumulator &= step.k,
            0x05 => at += step.k as usize,
            0x15 => at += jump(accumulator == step.k),
            0x25 => at += jump(accumulator > step.k),
            0x35 => at += jump(accumulator >= step.k),
            0x06 => return step.k,
            code => panic!("an instruction that nobody expects: {code:#x}"),
        }
    }
}

/// `AUDIT_ARCH_…` of Linux.
fn this_processor() -> u32 {
    if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 }
}

/// The first arguments; the others are zero.
fn with<const N: usize>(first: [u64; N]) -> [u64; 6] {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&first);
    all
}

#[test]
fn no_call_is_both_let_through_and_fatal() {
    let (let_through, fatal) = lists().unwrap();
    assert!(fatal.keys().all(|call| !let_through.contains_key(call)));
    let named = LET_THROUGH.iter().chain(FATAL).map(|list| list.len()).sum::<usize>();
    let looked_at = looked_at().unwrap().len();
    assert_eq!(let_through.len() + fatal.len(), named + looked_at, "one is named twice");
}

#[test]
fn every_call_has_the_fate_that_the_lists_say() {
    let programs = Programs::new();
    let (let_through, fatal) = lists().unwrap();
    for call in 0..1024 {
        let whole = let_through.get(&call).is_some_and(Vec::is_empty);
        let expected = if fatal.contains_key(&call) {
            Fate::Fatal
        } else if whole {
            Fate::LetThrough
        } else if let_through.contains_key(&call) {
            // Arguments decide; with these, none is let through but two.
            continue;
        } else {
            Fate::NotThere
        };
        assert_eq!(programs.fate(call, [u64::MAX; 6]), expected, "call {call}");
    }
}

#[test]
fn arguments_decide_where_a_call_has_more_than_one_use() {
    let programs = Programs::new();
    let bits = |value: libc::c_int| bits(value);
    let check = |call: c_long, arguments: [u64; 6], lets: bool| {
        let expected = if lets { Fate::LetThrough } else { Fate::NotThere };
        assert_eq!(programs.fate(call, arguments), expected, "call {call} of {arguments:?}");
    };
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        for (protection, lets) in [
            (libc::PROT_NONE, true),
            (libc::PROT_READ | libc::PROT_WRITE, true),
            (libc::PROT_EXEC, false),
            (libc::PROT_READ | libc::PROT_EXEC, false),
            (libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC, false),
        ] {
            check(call, with([0, 4096, bits(protection)]), lets);
        }
    }
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    for (family, kind, lets) in [
        (libc::AF_INET, libc::SOCK_STREAM, true),
        (libc::AF_INET6, libc::SOCK_STREAM | flags, true),
        (libc::AF_INET, libc::SOCK_DGRAM, false),
        (libc::AF_INET, libc::SOCK_RAW | flags, false),
        (libc::AF_INET6, libc::SOCK_SEQPACKET, false),
        (libc::AF_UNIX, libc::SOCK_STREAM, false),
        (libc::AF_NETLINK, libc::SOCK_RAW, false),
        (libc::AF_PACKET, libc::SOCK_RAW, false),
        (libc::AF_ALG, libc::SOCK_SEQPACKET, false),
        (libc::AF_VSOCK, libc::SOCK_STREAM, false),
    ] {
        check(libc::SYS_socket, with([bits(family), bits(kind)]), lets);
    }
    check(libc::SYS_ioctl, with([3, 0x5421]), true);
    for terminal in [0x5412, 0x5413, 0x5401] {
        check(libc::SYS_ioctl, with([3, terminal]), false);
    }
    check(libc::SYS_prctl, with([bits(libc::PR_SET_NAME)]), true);
    for option in [libc::PR_SET_DUMPABLE, libc::PR_SET_SECCOMP, libc::PR_SET_PTRACER] {
        check(libc::SYS_prctl, with([bits(option)]), false);
    }
    check(libc::SYS_prlimit64, with([0, 7, 0, 1]), true);
    check(libc::SYS_prlimit64, with([0, 7, 1 << 32]), false);
    check(libc::SYS_prlimit64, with([1, 7, 0]), false);
    let here = u64::from(std::process::id());
    check(libc::SYS_tgkill, with([here, here, bits(libc::SIGABRT)]), true);
    check(libc::SYS_tgkill, with([here + 1, here + 1, bits(libc::SIGABRT)]), false);
}

#[test]
fn calls_by_other_numbers_are_not_let_through() {
    let programs = Programs::new();
    let read = u32::try_from(libc::SYS_read).unwrap();
    // The bit of x32, by which x86-64 has every call a second time.
    let x32 = programs.fate_from(this_processor(), 0x4000_0000 | read, [0; 6]);
    assert_eq!(x32, Fate::NotThere);
    // What 32-bit programs use has other numbers for everything.
    let i386 = 0x4000_0003;
    assert_eq!(programs.fate_from(i386, read, [0; 6]), Fate::Fatal);
}
