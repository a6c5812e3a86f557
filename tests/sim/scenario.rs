//! From a seed to a scenario: how large the server is, what goes wrong, who comes and what they
//! want.

mod plan;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use coracle::accounts::{self, Accounts};
use coracle::client::user_pi::DataMode;
use coracle::reactor::{Budgets, Limits};
use coracle::session::{Settings, Tls};
use coracle::terms::Root;
use coracle::transfer::Pace;
use coracle::tree::MemoryTree;

use crate::net::Faults;
use crate::peers::{
    Actor, Clerk, Deaf, Flood, Guest, How, Idler, Lore, Office, Pipeliner, Sealed, Sprayer, Tally,
    Visitor, Want, address_of, jobs, stuff,
};
use crate::rng::Rng;
use crate::run::Scenario;
use crate::world::DiskFault;
use plan::plan;

/// The clients, with their passwords; that of `slow` is kept as a hash.
const USERS: [(&str, &str); 3] = [("user1", "1234"), ("user2", "a:b c"), ("slow", "tide")];

/// Files that all may read.
const SERVED: [&str; 7] = [
    "/Movies/small",
    "/Movies/large",
    "/Movies/empty",
    "/Movies/Free Fire",
    "/Docs/deep/below/notes",
    "/Docs/text",
    "/Docs/odd \u{e9} name;x=1",
];

/// The scenario of a seed.
pub(crate) fn from_seed(seed: u64) -> Scenario {
    let mut rng = Rng::new(seed);
    let six = rng.chance(150);
    let mut scenario = quiet(&mut rng, six);
    scenario.unspecified = rng.chance(300);
    let stormy = rng.chance(500);
    scenario.faults = Faults::of(&mut rng);
    if !stormy {
        scenario.faults.exhausted.clear();
        scenario.faults.failed_accepts = 0;
    }
    scenario.limits = limits(&mut rng);
    scenario.lore.mode_z = rng.chance(600);
    scenario.settings.mode_z = scenario.lore.mode_z;
    populate(&mut scenario, &mut rng);
    employ(&mut scenario, &mut rng);
    scenario.limits.durable = rng.chance(400);
    if rng.chance(150) {
        scenario.cut = Some(Duration::from_micros(rng.below(12_000_000)));
    }
    if stormy {
        scenario.lore.calm = false;
        scenario.unhurried = false;
        worsen(&mut scenario, &mut rng);
    }
    scenario
}

/// A server on which nothing is wrong and to which nobody comes yet.
pub(crate) fn quiet(rng: &mut Rng, six: bool) -> Scenario {
    let host: IpAddr = if six {
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).into()
    } else {
        Ipv4Addr::new(10, 0, 0, 1).into()
    };
    let tree = MemoryTree::new();
    let mut roots = HashMap::new();
    for name in ["Movies", "Docs", "Incoming", "Outbox", "Secret"] {
        roots.insert(name.as_bytes().to_vec(), tree.add_root());
    }
    let mut lore = Lore {
        tree,
        roots,
        versions: HashMap::new(),
        packed: HashMap::new(),
        nameless: Vec::new(),
        mode_z: false,
        available: 123_456_789_012,
        calm: true,
        durable: false,
        cut_at: None,
        ftp: SocketAddr::new(host, 21),
        guided: SocketAddr::new(host, 2120),
        tally: Tally::default(),
    };
    for path in SERVED {
        let length = match path {
            "/Movies/empty" => 0,
            "/Movies/large" => rng.size(50_000..300_000),
            "/Movies/Free Fire" => rng.size(5_000..60_000),
            _ => rng.size(1..3_000),
        };
        let content = if path == "/Docs/text" { text(rng) } else { rng.bytes(length) };
        furnish(&mut lore, path.as_bytes(), &content);
    }
    furnish(&mut lore, b"/Secret/plans", b"nobody is to see this");
    furnish(&mut lore, b"/Outbox/report", b"a report");
    furnish(&mut lore, b"/Outbox/report.gz", b"what stands there already");
    lore.add_version(b"/Incoming/contested", None);
    lore.tree.set_available(lore.available);
    let accounts = accounts(&lore.roots, &[]);
    Scenario {
        rng: rng.fork(),
        limits: Limits::default(),
        settings: Settings { tls: Tls::Optional, ..Settings::default() },
        accounts,
        faults: Faults::default(),
        lore,
        actors: Vec::new(),
        drain: None,
        disk: Vec::new(),
        cut: None,
        reload: None,
        unspecified: false,
        unhurried: true,
        pondering: Duration::from_secs(8),
    }
}

/// Lines of a text, some of them ended as on DOS.
fn text(rng: &mut Rng) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..rng.size(1..800) {
        text.extend(std::iter::repeat_n(b'x', rng.size(0..60)));
        text.extend(*rng.pick(&[b"\n".as_slice(), b"\n", b"\r\n", b"\r"]));
    }
    text
}

/// Puts a file into the tree.
pub(crate) fn furnish(lore: &mut Lore, path: &[u8], content: &[u8]) {
    let inner = &path[1..];
    let slash = inner.iter().position(|byte| *byte == b'/').expect("a path has two parts");
    let root: Root = lore.roots[&inner[..slash]];
    lore.tree.put_file(root, &inner[slash + 1..], content).expect("a file can be put anywhere");
    lore.settle_version(path, Some(content.into()));
}

/// The tables, by way of the files that an operator writes, without the lines that begin so.
#[expect(clippy::disallowed_methods, reason = "accounts are read from files, so they have to be")]
pub(crate) fn accounts(roots: &HashMap<Vec<u8>, Root>, without: &[&str]) -> Accounts {
    let cheap = Params::new(8, 1, 1, None).expect("the least that argon2 takes");
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let mut credentials = String::new();
    for (user, password) in USERS {
        let secret = if user == "slow" {
            hasher.hash_password(password.as_bytes()).expect("a password can be hashed").to_string()
        } else {
            password.to_owned()
        };
        credentials.push_str(&format!("{user}:{secret}\n"));
    }
    credentials.push_str("other:hidden\n");
    let directories = "*:Movies:r\n*:Docs:r\n*:Incoming:rwd\n*:Outbox:rw\nother:Secret:rwd\n";
    let kept = |table: &str| {
        let is_kept = |line: &&str| !without.iter().any(|start| line.starts_with(start));
        table.split_inclusive('\n').filter(is_kept).collect::<String>()
    };
    let data = tempfile::tempdir().expect("a place for two small files");
    fs::write(data.path().join("Credentials"), kept(&credentials)).expect("a small file");
    fs::write(data.path().join("Directories"), kept(directories)).expect("a small file");
    let mut open = |path: &std::path::Path, _: coracle::accounts::Rights| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        roots.get(name).copied().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    };
    match accounts::load(data.path(), &mut open) {
        Ok(loaded) => loaded.accounts,
        Err(complaints) => panic!("the tables are wrong: {complaints:?}"),
    }
}

fn limits(rng: &mut Rng) -> Limits {
    let secs = |rng: &mut Rng, from, to| Duration::from_secs(rng.within(from..to));
    let small = rng.chance(600);
    let pace = if small {
        Pace {
            zero_copy: rng.size(500..20_000),
            copied: rng.size(500..20_000),
            chunk: rng.size(100..20_000),
        }
    } else {
        Limits::default().budgets.pace
    };
    Limits {
        line: rng.size(512..9_000),
        login: secs(rng, 20, 60),
        idle: secs(rng, 30, 300),
        arrival: secs(rng, 15, 30),
        stall: secs(rng, 20, 120),
        budgets: Budgets { lines: rng.size(1..17), accepts: rng.size(1..65), handshakes: 16, pace },
        passive_ports: rng.chance(400).then(|| {
            let from = 50_000 + u16::try_from(rng.below(1000)).unwrap_or_default();
            from..=from + 20
        }),
        ..Limits::default()
    }
}

/// Somebody of each sort, now and then.
fn populate(scenario: &mut Scenario, rng: &mut Rng) {
    let host = scenario.lore.ftp.ip();
    let mut add = |actor: Box<dyn Actor>, rng: &mut Rng| {
        scenario.actors.push((Duration::from_micros(rng.below(5_000_000)), actor));
    };
    let mut who = 0;
    let mut next = || {
        who += 1;
        address_of(who, host)
    };
    let served: Vec<Vec<u8>> = SERVED.iter().map(|path| path.as_bytes().to_vec()).collect();
    for number in 0..rng.size(1..8) {
        let plan = plan(number, rng);
        let mode = if rng.chance(250) { DataMode::Active } else { DataMode::Passive };
        add(Box::new(Visitor::new(next(), host, mode, plan)), rng);
    }
    for _ in 0..rng.size(0..4) {
        let (user, count) = (*rng.pick(&USERS), rng.size(1..60));
        add(Box::new(Pipeliner::new(next(), user, &served, count, rng)), rng);
    }
    for _ in 0..rng.size(0..4) {
        let (user, password) = *rng.pick(&USERS);
        let passwords: &[&str] = match rng.below(4) {
            0 => &["wrong", "wronger", "wrongest"],
            1 => &[],
            _ => &[password],
        };
        let mut wanted = Vec::new();
        for _ in 0..rng.size(0..4) {
            wanted.push(if rng.chance(200) {
                b"/Secret/plans2".to_vec()
            } else {
                rng.pick(&served).clone()
            });
        }
        let after = rng.chance(200).then(|| rng.size(0..5000));
        let guest = Guest::new(next(), user, passwords, &wanted, after);
        let eager = passwords.len() == 1 && rng.chance(400);
        add(Box::new(if eager { guest.eager() } else { guest }), rng);
    }
    for _ in 0..rng.size(0..4) {
        let (guided, rounds) = (rng.chance(300), rng.within(1..40) as u32);
        let dice = rng.fork();
        add(Box::new(Sprayer::new(next(), guided, rounds, dice)), rng);
    }
    for _ in 0..rng.size(0..3) {
        let line =
            *rng.pick(&[b"FEAT\r\n".as_slice(), b"HELP\r\n", b"NOOP\r\n", b"STAT /Movies\r\n"]);
        let login: &[u8] = if rng.chance(700) { b"USER user1\r\nPASS 1234\r\n" } else { b"" };
        add(Box::new(Deaf::new(next(), login, line, rng.chance(300))), rng);
    }
    for _ in 0..rng.size(0..6) {
        let text: &[u8] =
            if rng.chance(500) { b"USER user1\r\nPASS 1234\r\nNOOP\r\n" } else { b"" };
        add(Box::new(Idler::new(next(), text, Duration::from_millis(400))), rng);
    }
    for number in 0..rng.size(0..3) {
        let wants = wants(number, rng);
        let injected: &[u8] =
            if rng.chance(200) { b"USER user1\r\nPASS 1234\r\nDELE /Incoming/x\r\n" } else { b"" };
        let client = Sealed::new(next(), wants).with(injected);
        let early = rng.chance(300).then(|| rng.fork());
        add(
            Box::new(match early {
                Some(dice) => client.early(dice),
                None => client,
            }),
            rng,
        );
    }
}

/// What a client under TLS wants.
fn wants(number: usize, rng: &mut Rng) -> Vec<Want> {
    let mut wants = Vec::new();
    for _ in 0..rng.size(1..7) {
        if rng.chance(400) {
            wants.push(Want::Fetch(rng.pick(&SERVED).as_bytes().to_vec()));
            continue;
        }
        let length = if rng.chance(300) { rng.size(0..150_000) } else { rng.size(0..5_000) };
        let payload: Rc<[u8]> = rng.bytes(length).into();
        let path = format!("/Incoming/sealed-{number}").into_bytes();
        // Anywhere: in the handshake, in a record, between two, before close_notify, behind it.
        let how = if rng.chance(500) { How::End } else { How::Reset };
        let cut = rng.chance(400).then(|| (rng.size(1..length + 1200), how));
        wants.push(Want::Put { path, payload, cut });
    }
    wants
}

/// Some who have the server work on files, each with a file of its own.
fn employ(scenario: &mut Scenario, rng: &mut Rng) {
    let host = scenario.lore.ftp.ip();
    // Now and then there are more of them than have places.
    let count = if rng.chance(100) { rng.size(16..30) } else { rng.size(0..5) };
    for number in 0..count {
        let most = if rng.chance(300) { 200_000 } else { 20_000 };
        let length = rng.size(1..most);
        let source = format!("/Incoming/source-{number}").into_bytes();
        furnish(&mut scenario.lore, &source, &stuff(length, rng));
        let office = Office { number, source: (source, length as u64) };
        let clerk =
            Clerk::new(address_of(1000 + number, host), *rng.pick(&USERS), jobs(&office, rng));
        scenario.actors.push((Duration::from_micros(rng.below(5_000_000)), Box::new(clerk)));
    }
}

/// What makes an otherwise calm server's day worse.
fn worsen(scenario: &mut Scenario, rng: &mut Rng) {
    let host = scenario.lore.ftp.ip();
    let at = |rng: &mut Rng, secs: u64| Duration::from_micros(rng.below(secs * 1_000_000));
    if rng.chance(300) {
        let grace = Duration::from_millis(rng.below(20_000));
        scenario.drain = Some((at(rng, 20), grace));
    }
    for _ in 0..rng.size(0..4) {
        let after = rng.below(10);
        let fault = match rng.below(7) {
            0 => DiskFault::Full(after),
            1 => DiskFault::Read(after),
            2 => DiskFault::Write(after),
            3 => DiskFault::Sync(after),
            4 => DiskFault::Entry(after),
            5 => {
                let path: &'static str = SERVED[rng.size(0..SERVED.len())];
                DiskFault::Rewrite(path, rng.below(1001))
            }
            _ => DiskFault::Commit(after),
        };
        scenario.disk.push((at(rng, 10), fault));
    }
    if rng.chance(300) {
        scenario.limits.clients = rng.size(1..20);
    }
    if rng.chance(300) {
        let count = rng.size(1..400);
        let flood = Flood::new(address_of(50_000, host), count, rng.fork());
        scenario.actors.push((at(rng, 5), Box::new(flood)));
    }
    if rng.chance(200) {
        scenario.limits.passive_ports = Some(50_000..=50_000);
    }
    if rng.chance(200) {
        scenario.pondering = Duration::from_secs(100);
    }
    if rng.chance(200) {
        (scenario.faults.detours, scenario.faults.detour) = (300, 1_500_000_000);
    }
}
