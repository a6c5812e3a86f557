//! A whole session, or some of them at once, as a script: what the clients say and do is the fuzzer's
//! to change, and it is played against the real reactor in the world of the simulation.
//!
//! What the world holds to after each pass holds here, and beside that what can be judged without
//! knowing what a script means: the replies on each control connection ([`replies`]), and the contents
//! of files ([`contents`]). The same script plays the same way each time.

mod claims;
mod coded;
mod contents;
mod course;
mod director;
mod mutation;
mod replies;
mod script;
mod telephone;

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use coracle::accounts::{self, Accounts, Rights};
use coracle::reactor::{Budgets, Limits};
use coracle::session::Settings;
use coracle::terms::Root;
use coracle::transfer::Pace;
use coracle::tree::{MemoryTree, Place, Tree as _};

use crate::net::{Faults, Net};
use crate::rng::Rng;
use crate::world::{House, World};
use contents::{Contents, Moved};
use director::Director;
pub(crate) use mutation::change;
use replies::Replies;
use script::{Blow, Setup};

/// Bytes of a command line.
const LINE: usize = 300;

/// Connections that are served at once.
const CLIENTS: usize = 8;

/// The granted directories, by their roots.
const DIRECTORIES: [&str; 4] = ["Movies", "Docs", "Incoming", "Secret"];

/// What nobody may see: what a file in a directory that no client is granted holds, and how another
/// is called.
const PLANS: &[u8] = b"nobody is to see this";
const UNSEEN: &str = "nobody is to know of this";

/// Films, which the first table lets nobody change.
const FILMS: [(&str, &[u8]); 3] =
    [("small", b"a small film"), ("empty", b""), ("Free Fire", b"another film")];

/// Who may come in, and two more tables that a reload may bring.
const TABLES: [(&str, &str); 3] = [
    (
        "user1:1234\nuser2:a:b c\nslow:$argon2id$v=19$m=8,t=1,p=1$PpEnMJzo11rpLUeH37sUrw$+Of5esU28YAQ3CqIs5lxvS2hpw7Hmri0/T3umk7UB8Y\n\
         other:correct horse battery staple\n",
        "*:Movies:r\n*:Docs:rw\n*:Incoming:rwd\nother:Secret:rwd\n",
    ),
    ("user1:1234\nother:correct horse battery staple\n", "*:Docs:r\nother:Secret:rwd\n"),
    ("user2:a:b c\n", "*:Incoming:r\nuser2:Movies:rwd\n"),
];

/// Plays a script.
pub(crate) fn session(data: &[u8]) {
    play(data, false);
}

/// The same, saying all that happens if `tracing`.
pub(crate) fn play(data: &[u8], tracing: bool) {
    let (setup, steps) = script::parse(data);
    let host: IpAddr = if setup.six {
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).into()
    } else {
        Ipv4Addr::new(10, 0, 0, 1).into()
    };
    let (ftp, guided) = (SocketAddr::new(host, 21), SocketAddr::new(host, 2120));
    let (tree, contents) = furnished();
    let house = house(&setup, tree.clone(), (ftp, guided));
    let stormy = setup.faults.is_some() || setup.clients.is_some();
    let director = Rc::new(RefCell::new(Director::new(steps, ftp, guided)));
    let world = World::new(house, Rc::clone(&director), tracing);
    world.net.borrow_mut().tap();
    world.net.borrow_mut().alarm(0, Duration::ZERO, 0);
    let judge = Judge { director, tree, contents, replies: Vec::new(), stormy, lenient: false };
    judge.watch(world);
}

/// Who looks on.
struct Judge {
    director: Rc<RefCell<Director>>,
    tree: MemoryTree,
    contents: Contents,
    replies: Vec<Replies>,
    /// Connections may be dropped for no fault of the session's.
    stormy: bool,
    /// Others than those whom the first table knows may have changed files.
    lenient: bool,
}

impl Judge {
    fn watch(mut self, mut world: World<Director>) {
        while !world.is_over() {
            world.pass();
            self.look(&world);
            world.check_pass();
            let blows = std::mem::take(&mut self.director.borrow_mut().blows);
            for blow in blows {
                self.strike(blow, &mut world);
            }
        }
        let net = Rc::clone(&world.net);
        self.look(&world);
        world.check_end();
        let net = net.borrow();
        for replies in &self.replies {
            replies.check_end(&net, self.stormy);
        }
        self.check_secrets(&net);
        self.check_films();
    }

    /// What nobody may see is unseen and unchanged, and strangers have had nothing.
    fn check_secrets(&self, net: &Net) {
        let director = self.director.borrow();
        let controls = director.controls.iter().map(|(conn, _)| conn);
        let taps: Vec<_> =
            controls.chain(&director.datas).filter_map(|conn| net.tapped(*conn)).collect();
        // Who speaks of a directory that is not granted may hear its own words.
        let unspoken = !taps.iter().any(|tap| contains(&tap.sent, DIRECTORIES[3].as_bytes()));
        for tap in taps {
            let secret = DIRECTORIES[3].as_bytes();
            let seen = contains(&tap.said, PLANS) || contains(&tap.said, UNSEEN.as_bytes());
            assert!(!seen, "somebody has seen what nobody may see");
            assert!(!unspoken || !contains(&tap.said, secret), "it shows what is not granted");
        }
        for name in ["plans", UNSEEN] {
            let plans = self.tree.content(Root(3), name.as_bytes());
            assert!(
                plans.is_some_and(|plans| plans[..] == *PLANS),
                "what nobody may change is changed"
            );
        }
        for tap in director.strange.iter().filter_map(|conn| net.tapped(*conn)) {
            assert!(tap.said.is_empty(), "a stranger was sent {} bytes", tap.said.len());
            assert!(tap.heard.is_empty(), "a stranger was heard");
        }
    }

    /// What may only be read stands as it stood.
    fn check_films(&self) {
        for (name, content) in FILMS.iter().filter(|_| !self.lenient) {
            let film = self.tree.content(Root(0), name.as_bytes());
            assert!(
                film.is_some_and(|film| film[..] == **content),
                "what may only be read is changed: {name}"
            );
        }
    }

    /// Looks at what a pass has done.
    fn look(&mut self, world: &World<Director>) {
        let (net, director) = (world.net.borrow(), self.director.borrow());
        for content in self.tree.take_placed() {
            self.contents.place(content, &director.datas, &net);
        }
        for (conn, is_ftp) in director.controls.iter().skip(self.replies.len()) {
            self.replies.push(Replies::new(*conn, *is_ftp, LINE));
        }
        for replies in &mut self.replies {
            let Some(tap) = net.tapped(replies.conn) else { continue };
            replies.deaf |= director.deaf.contains(&replies.conn);
            let contents = &mut self.contents;
            replies.look(tap, &mut |moved, partly, content| match moved {
                Moved::Bytes(bytes) => Contents::count(bytes, &director.datas, &net),
                Moved::Upload => contents.acknowledge(),
                Moved::Download => contents.bring(&director.datas, &net, partly),
                Moved::Inline => assert!(
                    contents.is_content(content, false),
                    "what came inline is no file's content"
                ),
            });
        }
    }

    /// Something befalls the house.
    fn strike(&mut self, blow: Blow, world: &mut World<Director>) {
        match blow {
            Blow::Drain(grace) => {
                self.stormy = true;
                world.begin_to_drain(grace);
            }
            Blow::Disk(fault) => world.break_disk(fault),
            Blow::Accounts(number) => {
                self.lenient = true;
                let tables = accounts();
                let number = usize::try_from(number).unwrap_or(0) % tables.len();
                world.reactor.replace_accounts(tables[number].clone());
            }
            Blow::Put(path) => {
                self.lenient = true;
                let Some((root, path)) = place_of(&path) else { return };
                let content = [b"put ", path].concat();
                if self.tree.put_file(root, path, &content).is_ok() {
                    self.contents.add(content.into());
                }
            }
            Blow::Remove(path) => {
                self.lenient = true;
                let Some((root, path)) = place_of(&path) else { return };
                let place = Place { root, path };
                let _gone = self.tree.remove_file(place).or(self.tree.remove_directory(place));
            }
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Where a client's path leads to, if it is one of those that others may change.
fn place_of(path: &[u8]) -> Option<(Root, &[u8])> {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let slash = path.iter().position(|byte| *byte == b'/')?;
    let named = |name: &&str| name.as_bytes() == &path[..slash];
    let root = DIRECTORIES.iter().take(3).position(named)?;
    Some((Root(u32::try_from(root).ok()?), &path[slash + 1..]))
}

/// The files at the beginning, and what they hold.
fn furnished() -> (MemoryTree, Contents) {
    let tree = MemoryTree::new();
    for _ in DIRECTORIES {
        let _numbered = tree.add_root();
    }
    let large: Vec<u8> = (0..12_000_u32).map(|at| (at.wrapping_mul(40_503) >> 9) as u8).collect();
    let files: [(u32, &str, &[u8]); 10] = [
        (0, FILMS[0].0, FILMS[0].1),
        (0, FILMS[1].0, FILMS[1].1),
        (0, FILMS[2].0, FILMS[2].1),
        (0, "large", &large),
        (1, "text", b"a line\nanother\r\n\r\n\nlast\rnot\n"),
        (1, "deep/below/notes", b"notes"),
        (1, "odd \u{e9} name;x=1", b"odd"),
        (2, "report", b"a report, a report, a report, a report"),
        (3, "plans", PLANS),
        (3, UNSEEN, PLANS),
    ];
    let mut known = Vec::new();
    for (root, path, content) in files {
        tree.put_file(Root(root), path.as_bytes(), content).expect("a file can be put anywhere");
        if content != PLANS {
            known.push(content.into());
        }
    }
    tree.set_available(1 << 30);
    tree.note_placed();
    (tree, Contents::new(known))
}

fn house(setup: &Setup, tree: MemoryTree, (ftp, guided): (SocketAddr, SocketAddr)) -> House {
    let mut rng = Rng::new(setup.seed);
    let faults = setup.faults.map(|seed| Faults::of(&mut Rng::new(seed))).unwrap_or_default();
    let secs = Duration::from_secs;
    let pace = Pace { zero_copy: 700, copied: 500, chunk: 300 };
    let defaults = Limits::default();
    let limits = Limits {
        clients: setup.clients.unwrap_or(CLIENTS).max(1),
        line: LINE,
        login: secs(20),
        idle: secs(30),
        arrival: secs(5),
        stall: secs(10),
        passive_ports: Some(50_000..=if setup.port { 50_000 } else { 50_003 }),
        durable: setup.durable,
        budgets: match setup.small {
            true => Budgets { lines: 2, accepts: 1, handshakes: 1, pace },
            false => defaults.budgets,
        },
        ..Limits::default()
    };
    House {
        rng: rng.fork(),
        tree,
        ftp,
        guided,
        limits,
        settings: Settings { mode_z: setup.mode_z, ..Settings::default() },
        accounts: accounts()[0].clone(),
        acceptor: None,
        faults,
        peers: CLIENTS,
        drain: None,
        disk: Vec::new(),
        cut: None,
        reload: None,
        unspecified: false,
        pondering: if setup.slow { secs(30) } else { Duration::from_millis(5) },
    }
}

/// The tables, as an operator writes them: once, since that takes a while.
fn accounts() -> &'static [Accounts] {
    static PARSED: OnceLock<Vec<Accounts>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut open = |path: &Path, _: Rights| {
            let name = path.file_name().unwrap_or_default();
            let root = DIRECTORIES.iter().position(|directory| *directory == name);
            let root = root.and_then(|root| u32::try_from(root).ok());
            root.map(Root).ok_or_else(|| std::io::ErrorKind::NotFound.into())
        };
        let mut parse = |(credentials, directories): (&str, &str)| match accounts::parse(
            credentials.as_bytes(),
            directories.as_bytes(),
            &mut open,
        ) {
            Ok(loaded) => loaded.accounts,
            Err(complaints) => panic!("the tables are wrong: {complaints:?}"),
        };
        TABLES.map(&mut parse).into()
    })
}
