//! The ground that every client is led over: one column of the table a duty. It knows what has to
//! come of a job, and not how a client is asked to do it.

mod duties;
mod spoken;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench::{Bench, Way};
use crate::support::{Finished, finish};

/// A column of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Duty {
    List,
    Get,
    Put,
    ResumeGet,
    ResumePut,
    TreeGet,
    TreePut,
    OddNames,
    /// There and back in TYPE A.
    Text,
    /// Rename, delete, make and remove a directory.
    Manage,
    /// A download keeps the time of the file.
    TimeGet,
    TimePut,
    /// Several downloads at once, over connections of their own.
    Parallel,
    Passive,
    Active,
    V6,
    V6Active,
    Tls,
    ImplicitTls,
    ActiveTls,
    /// TLS, where data connections have to resume the session.
    ResumedTls,
}

/// All that is under TLS.
pub(crate) const TLS: &[Duty] = &[Duty::Tls, Duty::ImplicitTls, Duty::ActiveTls, Duty::ResumedTls];

/// All for which the client listens.
pub(crate) const ACTIVE: &[Duty] = &[Duty::Active, Duty::V6Active, Duty::ActiveTls];

/// Reasons that several clients have.
pub(crate) const BY_AUTH: &str = "begins TLS by AUTH alone";
pub(crate) const BYTES: &str = "knows bytes alone";
pub(crate) const CLEAR: &str = "knows no TLS";
pub(crate) const KEEPS_NO_TIMES: &str = "keeps no times";
pub(crate) const ONE_BY_ONE: &str = "one file after the other";
pub(crate) const ONLY_DOWN: &str = "only downloads";
pub(crate) const PASSIVE: &str = "only connects, never listens";
pub(crate) const SENDS_NO_TIMES: &str = "sends no times";
pub(crate) const WHOLE_UP: &str = "uploads whole files";

/// All of them, in order, as the table heads them.
const COLUMNS: [(Duty, &str); 21] = [
    (Duty::List, "list"),
    (Duty::Get, "get"),
    (Duty::Put, "put"),
    (Duty::ResumeGet, "resume get"),
    (Duty::ResumePut, "resume put"),
    (Duty::TreeGet, "tree get"),
    (Duty::TreePut, "tree put"),
    (Duty::OddNames, "odd names"),
    (Duty::Text, "text"),
    (Duty::Manage, "manage"),
    (Duty::TimeGet, "time get"),
    (Duty::TimePut, "time put"),
    (Duty::Parallel, "parallel"),
    // All of the columns before used it.
    (Duty::Passive, "passive"),
    (Duty::Active, "active"),
    (Duty::V6, "IPv6"),
    (Duty::V6Active, "IPv6 active"),
    (Duty::Tls, "TLS"),
    (Duty::ImplicitTls, "implicit TLS"),
    (Duty::ActiveTls, "active TLS"),
    (Duty::ResumedTls, "resumed TLS"),
];

/// What a client is asked to do. Remote paths are relative to the root, local ones to the client's
/// directory; the last parts of the two are the same, for some clients know nothing else.
pub(crate) enum Job<'a> {
    /// Print the names in a directory, one a line.
    Names {
        remote: &'a str,
    },
    Get {
        remote: &'a str,
        local: &'a str,
    },
    Put {
        local: &'a str,
        remote: &'a str,
    },
    /// Go on where the local file ends.
    ResumeGet {
        remote: &'a str,
        local: &'a str,
    },
    /// Go on where the server's file ends, which is at `at`.
    ResumePut {
        local: &'a str,
        remote: &'a str,
        at: usize,
    },
    TreeGet {
        remote: &'a str,
        local: &'a str,
    },
    TreePut {
        local: &'a str,
        remote: &'a str,
    },
    /// As text, which has other ends of lines on the way.
    GetText {
        remote: &'a str,
        local: &'a str,
    },
    PutText {
        local: &'a str,
        remote: &'a str,
    },
    /// Rename the first to the second, delete the third, make the directory that is the fourth, and
    /// remove the fifth. All are in one directory.
    Manage([&'a str; 5]),
    /// Download with the time of the file.
    GetTimed {
        remote: &'a str,
        local: &'a str,
    },
    PutTimed {
        local: &'a str,
        remote: &'a str,
    },
    /// Download these files of one directory into another that is not there yet, several at once.
    GetMany {
        remote: &'a str,
        names: &'a [&'a str],
        local: &'a str,
    },
}

/// A client, and what is known of it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) version: fn(&Bench) -> String,
    /// Does a job. What comes of it is judged by the files, for not every client has an exit code.
    pub(crate) run: fn(&Bench, &Job<'_>) -> Finished,
    /// Why it can't do which duties.
    pub(crate) cannot: &'static [(&'static str, &'static [Duty])],
    /// Why it can't download an empty file, if so.
    pub(crate) cannot_empty: Option<&'static str>,
    /// Duties that some versions of it can't do: how those begin, and the reason.
    pub(crate) cannot_yet: &'static [(Duty, &'static str, &'static str)],
    /// Those of [`ODD_NAMES`] that it can't spell, with the reason.
    pub(crate) cannot_name: &'static [(&'static str, &'static str)],
}

/// What came of a job: nothing to say, or what is wrong.
type Outcome = Result<(), String>;

/// Names that programs stumble over.
pub(crate) const ODD_NAMES: [&str; 8] =
    ["two  words", "été – 漢字", SINGLE_QUOTE, QUOTES, DASH, DOT, SIGNS, PATTERN];
pub(crate) const SINGLE_QUOTE: &str = "it's";
pub(crate) const QUOTES: &str = "a \"quoted\" one";
pub(crate) const DASH: &str = "-rf";
pub(crate) const DOT: &str = ".hidden";
pub(crate) const SIGNS: &str = "100%#;&?$1";
pub(crate) const PATTERN: &str = "[a]*";

/// A small tree, some of it with odd names.
const TREE: [&str; 6] =
    ["plain", "1 two.txt", "empty", "sub/Ärger", "sub/deeper one/it's", "sub/deeper one/.dot"];

/// Leads a client over the whole ground, writes its row where `CORACLE_INTEROP` says, and fails with
/// all that went wrong.
#[track_caller]
pub(crate) fn hold(client: &Client) {
    let bench = Bench::new(Way::PASSIVE);
    let version = (client.version)(&bench);
    let mut row = vec![client.name.to_owned(), version.clone()];
    let mut wrong = Vec::new();
    for (duty, head) in COLUMNS {
        let reason = client.reason_against(duty, &version);
        bench.in_vain(reason.is_some());
        row.push(match (fulfil(client, duty, &bench), reason) {
            (Ok(note), None) => format!("ok{note}"),
            (Err(_), Some(reason)) => format!("can't: {reason}"),
            (Ok(_), Some(reason)) => {
                wrong.push(format!("{head}: it can after all, though \"{reason}\""));
                "NOT AS EXPECTED".to_owned()
            }
            (Err(error), None) => {
                wrong.push(format!("{head}: {error}"));
                "FAILED".to_owned()
            }
        });
    }
    let spoken = spoken::verbs(&bench.overheard());
    if let Err(error) = spoken::as_the_manual_says(client.name, &version, &spoken) {
        wrong.push(error);
    }
    if let Some(place) = env::var_os("CORACLE_INTEROP") {
        let head: Vec<&str> = COLUMNS.iter().map(|(_, head)| *head).collect();
        let place = Path::new(&place);
        fs::write(place.join("head"), format!("client\tversion\t{}\n", head.join("\t")))
            .expect("the head of the table");
        let name = client.name.replace([' ', ':', '/'], "_");
        fs::write(place.join(format!("{name}.row")), row.join("\t") + "\n").expect("a row");
        fs::write(place.join(format!("{name}.said")), bench.overheard()).expect("what it said");
    }
    assert!(wrong.is_empty(), "{}:\n{}", client.name, wrong.join("\n"));
}

/// The word of this number in what a program says of itself, where its version stands.
#[track_caller]
pub(crate) fn word(asked: &mut Command, number: usize) -> String {
    let said = finish(asked);
    let said = String::from_utf8_lossy(&said.out).into_owned() + &said.err;
    said.split_ascii_whitespace().nth(number).unwrap_or_default().to_owned()
}

impl Client {
    /// What most of them have in common: a client is these, and what is its own.
    pub(crate) const fn new(
        name: &'static str,
        version: fn(&Bench) -> String,
        run: fn(&Bench, &Job<'_>) -> Finished,
    ) -> Self {
        Self {
            name,
            version,
            run,
            cannot: &[],
            cannot_name: &[],
            cannot_yet: &[],
            cannot_empty: None,
        }
    }

    /// Why it can't do this, if so.
    fn reason_against(&self, duty: Duty, version: &str) -> Option<&'static str> {
        let ever = self.cannot.iter().find(|(_, cannot)| cannot.contains(&duty));
        let yet = self
            .cannot_yet
            .iter()
            .find(|(cannot, first, _)| *cannot == duty && version.starts_with(first));
        ever.map(|(reason, _)| *reason).or(yet.map(|(.., reason)| *reason))
    }

    fn can(&self, duty: Duty) -> bool {
        self.cannot.iter().all(|(_, cannot)| !cannot.contains(&duty))
    }
}

/// One cell; what is well may have something to add.
fn fulfil(client: &Client, duty: Duty, bench: &Bench) -> Result<String, String> {
    const LISTENS: &[&str] = &["PORT", "EPRT"];
    const CONNECTS: &[&str] = &["PASV", "EPSV"];
    let done = match duty {
        Duty::List => duties::list(client, bench),
        Duty::Get => return duties::get(client, bench),
        Duty::Put => duties::put(client, bench),
        Duty::ResumeGet => duties::resume_get(client, bench),
        Duty::ResumePut => return duties::resume_put(client, bench),
        Duty::TreeGet => duties::tree_get(client, bench),
        Duty::TreePut => duties::tree_put(client, bench),
        Duty::OddNames => return duties::odd_names(client, bench),
        Duty::Text => duties::text(client, bench),
        Duty::Manage => duties::manage(client, bench),
        Duty::TimeGet => return duties::time_get(client, bench),
        Duty::TimePut => return duties::time_put(client, bench),
        Duty::Parallel => duties::parallel(client, bench),
        Duty::Passive => said(bench, CONNECTS, LISTENS),
        Duty::Active => over(client, bench.is_in_vain(), Way::ACTIVE, LISTENS, &[]),
        Duty::V6 => over(client, bench.is_in_vain(), Way::V6, &["EPSV"], &["PASV", "PORT", "EPRT"]),
        Duty::V6Active => over(client, bench.is_in_vain(), Way::V6_ACTIVE, &["EPRT"], &["PORT"]),
        Duty::Tls => over(client, bench.is_in_vain(), Way::EXPLICIT, &["AUTH"], &["USER"]),
        Duty::ImplicitTls => {
            over(client, bench.is_in_vain(), Way::IMPLICIT, &[], &["AUTH", "USER"])
        }
        Duty::ActiveTls => over(client, bench.is_in_vain(), Way::ACTIVE_TLS, &["AUTH"], &["USER"]),
        Duty::ResumedTls => over(client, bench.is_in_vain(), Way::RESUMED, &["AUTH"], &["USER"]),
    };
    done.map(|()| String::new())
}

/// Lists, downloads and uploads, as far as the client can, over other connections. It has to say one
/// of what is wanted, and none of what is not, as far as that can be overheard.
fn over(
    client: &Client,
    in_vain: bool,
    way: Way,
    wanted: &[&str],
    unwanted: &[&str],
) -> Result<(), String> {
    let bench = Bench::new(way);
    bench.in_vain(in_vain);
    duties::one_of_each(client, &bench)?;
    said(&bench, wanted, unwanted)
}

/// Whether clients have said one of these verbs, and none of those.
fn said(bench: &Bench, wanted: &[&str], unwanted: &[&str]) -> Result<(), String> {
    let overheard = bench.overheard();
    let spoken = spoken::verbs(&overheard);
    let any = |verbs: &[&str]| verbs.iter().any(|verb| spoken.contains(*verb));
    if (wanted.is_empty() || any(wanted)) && !any(unwanted) {
        return Ok(());
    }
    Err(format!("{wanted:?} and not {unwanted:?} was to be said:\n{overheard}"))
}
