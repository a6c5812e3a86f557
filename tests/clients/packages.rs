//! Libraries of Debian, PyPI and the npm registry: a script for each of them drives it, as
//! [`libraries`](crate::libraries) has it.

use std::process::Command;

use crate::bench::{Bench, unpacked};
use crate::ground::{ACTIVE, BY_AUTH, BYTES, CLEAR, Client, Duty, PASSIVE, TLS, WHOLE_UP};
use crate::libraries::{ONE, TIMELESS, matching, python, run};
use crate::support::finish;

pub(crate) const RUBY: Client = Client {
    cannot: &[
        (TIMELESS, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (BY_AUTH, &[Duty::ImplicitTls]),
    ],
    ..Client::new(
        "ruby Net::FTP",
        |bench| {
            let print = ["-e", "require 'net/ftp'; print Net::FTP::VERSION"];
            finish(ruby(bench).args(print)).well().text().to_owned()
        },
        |bench, job| {
            let mut ruby = ruby(bench);
            ruby.args(["-e", include_str!("scripts/net_ftp.rb"), "--"]);
            run(ruby, bench, job)
        },
    )
};

pub(crate) const TCLLIB: Client = Client {
    cannot: &[
        (WHOLE_UP, &[Duty::ResumePut]),
        (TIMELESS, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        ("knows IPv4 alone", &[Duty::V6, Duty::V6Active]),
        (CLEAR, TLS),
    ],
    ..Client::new(
        "tcllib ftp",
        |bench| {
            let script = "puts [package require ftp]; exit\n";
            finish(&mut tcl(bench, script)).well().text().trim_end().to_owned()
        },
        |bench, job| run(tcl(bench, include_str!("scripts/ftp.tcl")), bench, job),
    )
};

pub(crate) const AIOFTP: Client = Client {
    cannot: &[
        (BYTES, &[Duty::Text]),
        (TIMELESS, &[Duty::TimeGet, Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (PASSIVE, ACTIVE),
    ],
    ..Client::new(
        "aioftp",
        |bench| {
            let print = ["-c", "from importlib.metadata import version as v; print(v('aioftp'))"];
            finish(pypi(bench).args(print)).well().text().trim_end().to_owned()
        },
        |bench, job| {
            let mut python = pypi(bench);
            python.args(["-c", include_str!("scripts/aioftp.py")]);
            run(python, bench, job)
        },
    )
};

pub(crate) const FTPUTIL: Client = Client {
    cannot: &[
        (WHOLE_UP, &[Duty::ResumePut]),
        (BYTES, &[Duty::Text]),
        (TIMELESS, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (BY_AUTH, &[Duty::ImplicitTls]),
        ("its data connections resume nothing", &[Duty::ResumedTls]),
    ],
    ..Client::new(
        "ftputil",
        |bench| {
            let print = ["-c", "import ftputil.version as v; print(v.__version__)"];
            finish(pypi(bench).args(print)).well().text().trim_end().to_owned()
        },
        |bench, job| {
            let mut python = pypi(bench);
            python.args(["-c", include_str!("scripts/ftputil.py")]);
            run(python, bench, job)
        },
    )
};

pub(crate) const BASIC_FTP: Client = Client {
    cannot: &[
        (BYTES, &[Duty::Text]),
        (TIMELESS, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (PASSIVE, ACTIVE),
    ],
    ..Client::new(
        "basic-ftp",
        |bench| npm_version(bench, "basic-ftp"),
        |bench, job| {
            let mut node = node(bench);
            node.args(["-e", include_str!("scripts/basic_ftp.js"), "--"]);
            run(node, bench, job)
        },
    )
};

/// Ruby without its packages, but with what it brings.
fn ruby(bench: &Bench) -> Command {
    let mut ruby = bench.unpacked("ruby");
    ruby.arg("--disable-gems");
    let brought = ["usr/lib/ruby/3*", "usr/lib/*/ruby/3*", "usr/lib/ruby/gems/*/gems/net-*/lib"];
    for place in brought.iter().flat_map(|pattern| matching(pattern)) {
        ruby.arg("-I").arg(place);
    }
    ruby
}

/// Tcl with Tcllib, on a script that is written beside.
fn tcl(bench: &Bench, script: &str) -> Command {
    bench.write("script.tcl", script.as_bytes());
    let mut tcl = bench.unpacked("tclsh8.6");
    let library = matching("usr/share/tcltk/tcllib*").pop().expect("`make setup` unpacks Tcllib");
    tcl.env("TCLLIBPATH", library);
    if let Some(own) = matching("usr/share/tcltk/tcl8.6").pop() {
        tcl.env("TCL_LIBRARY", own);
    }
    tcl.arg("script.tcl");
    tcl
}

/// The machine's Python with what is installed from PyPI.
fn pypi(bench: &Bench) -> Command {
    let place = unpacked("../python");
    assert!(place.exists(), "{} is missing; `make setup` installs it", place.display());
    let mut python = python(bench);
    python.env("PYTHONPATH", place).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// Node, the machine's or its own, with what is installed from the npm registry.
fn node(bench: &Bench) -> Command {
    let modules = unpacked("../node/node_modules");
    assert!(modules.exists(), "{} is missing; `make setup` installs it", modules.display());
    let own = unpacked("../nodejs/nodejs/bin/node");
    let mut node =
        bench.installed(if own.exists() { own.to_str().expect("UTF-8") } else { "node" });
    node.env("NODE_PATH", modules);
    node
}

fn npm_version(bench: &Bench, package: &str) -> String {
    let print = format!("console.log(require('{package}/package.json').version)");
    finish(node(bench).args(["-e", &print])).well().text().trim_end().to_owned()
}
