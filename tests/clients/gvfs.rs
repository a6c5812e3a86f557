//! GVFS, by which GNOME's file manager speaks FTP: driven through `gio`, on a message bus that is
//! the job's alone.

use std::fs;
use std::path::PathBuf;

use crate::bench::{Bench, Tls, unpacked};
use crate::ground::{BYTES, Client, Duty, Job, ONE_BY_ONE};
use crate::support::{Finished, finish};

const WHOLE: &str = "moves whole files";
const TIMELESS: &str = "keeps no times over FTP";
const FLAT: &str = "its command copies no directories";

pub(crate) const CLIENT: Client = Client {
    cannot: &[
        (WHOLE, &[Duty::ResumeGet, Duty::ResumePut]),
        (FLAT, &[Duty::TreeGet, Duty::TreePut]),
        (BYTES, &[Duty::Text]),
        (ONE_BY_ONE, &[Duty::Parallel]),
        (TIMELESS, &[Duty::TimeGet, Duty::TimePut]),
    ],
    ..Client::new(
        "gvfs",
        |bench| {
            let mut gvfsd = bench.unpacked("../libexec/gvfsd");
            let (private, beside) = libraries();
            gvfsd.env("LD_LIBRARY_PATH", format!("{}:{}", private.display(), beside.display()));
            let said = finish(gvfsd.arg("--version")).well();
            said.text().split_ascii_whitespace().last().unwrap_or_default().to_owned()
        },
        run,
    )
};

/// Starts the daemon, mounts by answering the prompts, and runs `gio` with the other arguments.
const SCRIPT: &str = r#"
"$1" --no-fuse & daemon=$!
gdbus wait --session --timeout 20 org.gtk.vfs.Daemon
# A person would be asked whether to trust the certificate first.
case $2 in ftps:*|ftpis:*) answers='1\n1234\n' ;; *) answers='1234\n' ;; esac
printf "$answers" | gio mount "$2" >&2
shift 2
code=0
until [ -z "$1" ]; do
    words=()
    until [ "$1" = "" ] || [ "$1" = . ]; do words+=("$1"); shift; done
    gio "${words[@]}" || code=$?
    shift
done
kill $daemon
exit $code
"#;

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    // Where it looks for what it can mount, and where its programs are.
    let scheme = match bench.way.tls {
        None => "ftp",
        Some(Tls::Explicit | Tls::Resumed) => "ftps",
        Some(Tls::Implicit) => "ftpis",
    };
    let mount = format!(
        "[Mount]\nType={scheme}\nExec={}\nAutoMount=false\nScheme={scheme}\nDefaultPort=21\n\
         HostnameIsInetAddress=true\n",
        unpacked("usr/libexec/gvfsd-ftp").display()
    );
    bench.write(&format!("mounts/{scheme}.mount"), mount.as_bytes());
    let runtime = bench.path("runtime");
    fs::create_dir_all(&runtime).expect("a directory for its sockets");
    let (private, beside) = libraries();
    let url = |path: &str| bench.url(scheme, path).replacen(":1234@", "@", 1);

    let mut command = bench.installed("dbus-run-session");
    command
        .args(["--", "bash", "-c", SCRIPT, "gvfs"])
        .arg(unpacked("usr/libexec/gvfsd"))
        .arg(url(""))
        .env("LD_LIBRARY_PATH", format!("{}:{}", private.display(), beside.display()))
        .env("GVFS_MOUNTABLE_DIR", bench.path("mounts"))
        .env("GIO_EXTRA_MODULES", beside.join("gio/modules"))
        // Where no desktop is installed, a look at its proxies would end the program.
        .env("GIO_USE_PROXY_RESOLVER", "dummy")
        .env("GVFS_DISABLE_FUSE", "1")
        .env("XDG_RUNTIME_DIR", runtime);
    match *job {
        Job::Names { remote } => command.args(["list", &url(remote)]),
        Job::GetTimed { remote, local } => command.args(["copy", "-p", &url(remote), local]),
        Job::PutTimed { local, remote } => command.args(["copy", "-p", local, &url(remote)]),
        Job::Manage([old, new, unwanted, made, bare]) => {
            let name = new.rsplit('/').next().unwrap_or(new);
            command.args(["rename", &url(old), name, ".", "remove", &url(unwanted), "."]);
            command.args(["mkdir", &url(made), ".", "remove", &url(bare)])
        }
        Job::GetMany { remote, names, local } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            command.arg("copy");
            command.args(names.iter().map(|name| url(&format!("{remote}/{name}"))));
            command.arg(local)
        }
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::ResumeGet { remote, local }
        | Job::TreeGet { remote, local } => command.args(["copy", &url(remote), local]),
        Job::Put { local, remote }
        | Job::PutText { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => command.args(["copy", local, &url(remote)]),
    };
    finish(&mut command)
}

/// Where its own libraries are, and where those that it shares are.
fn libraries() -> (PathBuf, PathBuf) {
    let places = glob::glob(&unpacked("usr/lib/*/gvfs").display().to_string());
    let private = places.expect("a pattern").find_map(Result::ok).expect("its own libraries");
    let beside = private.parent().expect("a directory of libraries").to_owned();
    (private, beside)
}
