//! How a script is changed so that it stays one: lines come, go and change places, steps are put
//! between them, and words and numbers are exchanged for others that mean something.
//!
//! A fuzzer that changes bytes alone spends most of its time on lines that say nothing.

use crate::rng::Rng;

/// Lines of a script that is changed any further.
const LONGEST: usize = 200;

/// Steps that may be put in anywhere, for any client.
const STEPS: &[&str] = &[
    "> USER user1",
    "> PASS 1234",
    "> USER user2",
    "> PASS a:b c",
    "> USER slow",
    "> PASS tide",
    "> PASS wrong",
    "> REIN",
    "> QUIT",
    "> ABOR",
    ">> \\xff\\xf4\\xff\\xf2ABOR\\r\\n",
    "> STAT",
    "> STAT /Movies",
    "> NOOP",
    "> PASV",
    "> EPSV",
    "> EPSV ALL",
    "> PORT %p",
    "> EPRT %e",
    "> PORT 10,0,0,9,200,1",
    "> TYPE A",
    "> TYPE I",
    "> MODE Z",
    "> MODE S",
    "> OPTS MODE Z LEVEL 9",
    "> STRU F",
    "> REST 5",
    "> REST 0",
    "> RANG 1 4",
    "> OPTS UTF8 ON",
    "> OPTS MLST size;",
    "> OPTS HASH CRC32",
    "> FEAT",
    "> HELP",
    "> SYST",
    "> PWD",
    "> CDUP",
    "> ALLO 10",
    "> STOU",
    "> AVBL",
    "> CWD",
    "> RETR",
    "> STOR",
    "> APPE",
    "> LIST",
    "> NLST",
    "> MLSD",
    "> MLST",
    "> SIZE",
    "> MDTM",
    "> MFMT 20200102030405",
    "> DELE",
    "> MKD",
    "> RMD",
    "> RNFR",
    "> RNTO",
    "> HASH",
    "> XCRC",
    "> XSHA256",
    "> SITE COMPRESS",
    "> SITE CHMOD 600",
    "> LOGIN",
    "> user1",
    "> 1234",
    "> SHOW DIRECTORIES",
    "> SHOW DIRECTORY",
    "> DOWNLOAD FILE",
    "> Movies/large",
    "> Movies",
    "> GET / HTTP/1.1",
    ">> \\r\\n\\n\\r\\n",
    ">> \\xff\\xfb\\x01",
    "?",
    "? 2",
    "? 3",
    "dial",
    "dial b",
    "dial x",
    "send some bytes",
    "send a line\\r\\nand\\none\\r",
    "pack some bytes that are packed",
    "fill 700",
    "fill 20000",
    "read 100",
    "read",
    "shut",
    "open",
    "end",
    "reset",
    "close",
    "whole",
    "deaf",
    "hear",
    "hup",
    "cut",
    "leave",
    "again",
];

/// Steps that come to something only together, for one client.
const MOVES: &[&[&str]] = &[
    &["> USER user1", "> PASS 1234", "? 2"],
    &["> USER user2", "> PASS a:b c", "? 2"],
    &["> USER user1", "> PASS wrong", "? 2"],
    &["> PASV", "?", "dial"],
    &["> EPSV", "?", "dial x"],
    &["> PORT %p"],
    &["> EPSV", "?", "dial", "> RETR /Movies/large", "whole", "?"],
    &["> EPSV", "?", "dial", "> RETR /Movies/large", "read 2000", ". 50", "reset", "?"],
    &["> PASV", "?", "dial", "> STOR /Incoming/new", "send some bytes", "end", "?"],
    &["> PASV", "?", "dial", "> STOR /Incoming/new", "send some bytes", ". 50", "reset", "?"],
    &["> EPSV", "?", "dial", "> MLSD /", "whole", "?"],
    &["> RETR /Docs/text", "whole", "?"],
    &["> RNFR /Incoming/report", "?"],
    &["> RNTO /Incoming/newer", "?"],
    &["> REST 5", "?"],
    &["> REIN", "?"],
    &["> ABOR", "?"],
    &["> ABOR", "> ABOR", "? 3"],
];

/// What may befall the house, or be so from the beginning.
const HOUSE: &[&str] = &[
    ". 1",
    ". 50",
    ". 3000",
    ". 12000",
    ". 40000",
    "! seed 7",
    "! seed 8",
    "! faults 3",
    "! small",
    "! mode-z",
    "! durable",
    "! port",
    "! six",
    "! slow",
    "! clients 2",
    "! drain 100",
    "! drain 20000",
    "! full 1",
    "! read 1",
    "! write 0",
    "! commit 0",
    "! sync 1",
    "! accounts 1",
    "! accounts 2",
    "! accounts 0",
    "! put /Incoming/new",
    "! remove /Incoming/new",
    "! remove /Docs/text",
];

/// Names that lead somewhere, or nowhere.
const PATHS: &[&str] = &[
    "/Movies/small",
    "/Movies/large",
    "/Movies/empty",
    "/Docs/text",
    "/Docs/deep",
    "/Docs/deep/below/notes",
    "/Docs/new",
    "/Incoming",
    "/Incoming/new",
    "/Incoming/newer",
    "/Incoming/report",
    "/Incoming/report.gz",
    "/Incoming/dir",
    "/Incoming/dir/new",
    "/Secret/plans",
    "/",
    "..",
    "../../Secret/plans",
    "*",
    "-la",
    "new",
];

/// Changes a script a little; never to more than `most` bytes.
pub(crate) fn change(script: &[u8], most: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let lines = script.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut lines: Vec<Vec<u8>> = lines.take(LONGEST).map(<[u8]>::to_vec).collect();
    for _ in 0..1 + rng.below(3) {
        change_lines(&mut lines, &mut rng);
    }
    let mut changed = lines.join(&b'\n');
    changed.push(b'\n');
    changed.truncate(most);
    changed
}

fn change_lines(lines: &mut Vec<Vec<u8>>, rng: &mut Rng) {
    if lines.is_empty() {
        return lines.push(step(b'a', rng));
    }
    let at = rng.size(0..lines.len());
    match rng.below(14) {
        0..=3 => {
            let step = step(first(&lines[at]), rng);
            lines.insert(at + 1, step);
        }
        12.. => {
            let who = neighbour(first(&lines[at]), rng);
            let steps = rng.pick(MOVES).iter().map(|step| [&[who, b' '], step.as_bytes()].concat());
            lines.splice(at + 1..at + 1, steps);
        }
        4 => drop(lines.remove(at)),
        5 => {
            let line = lines[at].clone();
            lines.insert(rng.size(0..lines.len() + 1), line);
        }
        6 => {
            let line = lines.remove(at);
            lines.insert(rng.size(0..lines.len() + 1), line);
        }
        7 => {
            let upto = (at + rng.size(1..8)).min(lines.len());
            let piece = lines[at..upto].to_vec();
            let to = rng.size(0..lines.len() + 1);
            lines.splice(to..to, piece);
        }
        8 => {
            // Somebody else does it.
            if let Some(first) = lines[at].first_mut().filter(|first| first.is_ascii_lowercase()) {
                *first = client(rng);
            }
        }
        9 => {
            // The whole dialogue once more, by somebody else, interleaved with the first.
            let (from, to) = (lines[at].first().copied(), client(rng));
            let upto = (at + rng.size(1..30)).min(lines.len());
            for at in (at..upto).rev() {
                if lines[at].first().copied() == from {
                    let mut line = lines[at].clone();
                    line[0] = to;
                    lines.insert(at + 1, line);
                }
            }
        }
        10 => {
            let line = &mut lines[at];
            if let Some(slash) = line.iter().position(|byte| *byte == b'/') {
                line.truncate(slash);
                line.extend(rng.pick(PATHS).bytes());
            }
        }
        _ => {
            let line = &mut lines[at];
            if let Some(digit) = line.iter().rposition(u8::is_ascii_digit) {
                let first = line[..digit].iter().rposition(|byte| !byte.is_ascii_digit());
                let value = rng.pick(&[0_u64, 1, 2, 7, 14, 299, 300, 5000, 12_000, 30_000]);
                let first = first.map_or(0, |first| first + 1);
                line.splice(first..=digit, value.to_string().into_bytes());
            }
        }
    }
}

fn client(rng: &mut Rng) -> u8 {
    *rng.pick(b"aaabbcdgh")
}

fn first(line: &[u8]) -> u8 {
    line.first().copied().unwrap_or_default()
}

/// Whoever acts beside this line, mostly: others have seldom come as far.
fn neighbour(first: u8, rng: &mut Rng) -> u8 {
    if first.is_ascii_lowercase() && rng.chance(750) { first } else { client(rng) }
}

fn step(beside: u8, rng: &mut Rng) -> Vec<u8> {
    if rng.chance(150) {
        return rng.pick(HOUSE).as_bytes().to_vec();
    }
    let step = *rng.pick(STEPS);
    let mut line = vec![neighbour(beside, rng), b' '];
    line.extend(step.bytes());
    // A verb that says nothing of what it is about is given that mostly.
    let verb = step.starts_with("> ") && !step.ends_with(|last: char| last.is_ascii_lowercase());
    if verb && rng.chance(700) {
        line.push(b' ');
        line.extend(rng.pick(PATHS).bytes());
    }
    line
}
