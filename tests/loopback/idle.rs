//! A crowd that idles and a crowd that trickles, and a download that goes on as if alone.

use std::io::Read;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{Raw, Setup, assert_same, noise, timed};

/// Sessions that are logged in and say nothing.
const IDLE: usize = 1_000;

/// Sessions that send a byte now and then.
const TRICKLING: usize = 200;

#[test]
fn idle_and_trickling_sessions_do_not_break_a_download() {
    raise_descriptor_limit(2 * (IDLE + TRICKLING) as u64);
    let large = noise(64 << 20, 12);
    let server = Setup::usual().file("Movies/large", &large).start();

    let mut raw = server.session();
    let (alone, alone_secs) = timed(|| raw.retrieve("Movies/large"));
    assert_same(&alone, &large);

    let mut idle: Vec<Raw> = (0..IDLE).map(|_| server.session()).collect();
    let mut trickling: Vec<Raw> = (0..TRICKLING).map(|_| Raw::connect(server.ftp)).collect();
    let mut sent = [0; TRICKLING];
    let line = b"USER user1\r\n";
    let mut trickle = |who: usize| {
        trickling[who].write(&line[sent[who] % line.len()..][..1]);
        sent[who] += 1;
    };
    let (crowded, crowded_secs) = timed(|| {
        let mut data = raw.begin("RETR Movies/large");
        let (mut got, mut piece, mut turn) = (Vec::new(), vec![0; 256 << 10], 0);
        loop {
            let read = data.read(&mut piece).unwrap();
            if read == 0 {
                break;
            }
            got.extend_from_slice(&piece[..read]);
            // Whoever's turn it is sends a byte; each of the crowd has had several in the end.
            for _ in 0..4 {
                trickle(turn % TRICKLING);
                turn += 1;
            }
        }
        raw.hear(226);
        assert!(turn >= TRICKLING, "each trickled during the download");
        got
    });
    assert_same(&crowded, &large);
    println!(
        "64 MiB: {alone_secs:.3} s alone, {crowded_secs:.3} s beside {IDLE} idle and {TRICKLING} \
         trickling sessions"
    );

    // Nobody of the crowd was forgotten: lines that trickled in are answered, as are the idle.
    for who in 0..TRICKLING {
        while sent[who] % line.len() != 0 {
            trickling[who].write(&line[sent[who] % line.len()..][..1]);
            sent[who] += 1;
        }
        for _ in 0..sent[who] / line.len() {
            trickling[who].hear(331);
        }
    }
    for session in &mut idle {
        session.expect("NOOP", 200);
    }
}

/// Lets this process, and the server that it starts, have at least `wanted` descriptors.
fn raise_descriptor_limit(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        assert!(limit.maximum.is_none_or(|most| most >= wanted), "ulimit -Hn is below {wanted}");
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
            .expect("the limit on open files can be raised");
    }
}
