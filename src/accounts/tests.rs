//! The two files together, on a real disk.

use tempfile::TempDir;

use super::*;

/// A data directory with these files and these directories in `files/`.
#[expect(clippy::disallowed_methods, reason = "the test lays the data directory out")]
fn data(credentials: &str, directories: &str, made: &[&str]) -> TempDir {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join(CREDENTIALS), credentials).unwrap();
    std::fs::write(data.path().join(DIRECTORIES), directories).unwrap();
    std::fs::create_dir_all(data.path().join("files")).unwrap();
    for name in made {
        std::fs::create_dir_all(data.path().join("files").join(name)).unwrap();
    }
    data
}

/// Loads, numbering roots by the order in which their paths are first seen.
fn load_from(data: &Path) -> Result<Loaded, Vec<Complaint>> {
    let mut seen: Vec<PathBuf> = Vec::new();
    load(data, &mut |path, _| {
        if !path.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let known = seen.iter().position(|other| other == path);
        let index = known.unwrap_or(seen.len());
        if known.is_none() {
            seen.push(path.to_owned());
        }
        Ok(Root(u32::try_from(index).unwrap()))
    })
}

fn said(data: &TempDir) -> Vec<String> {
    let prefix = format!("{}/", data.path().display());
    let complaints = load_from(data.path()).unwrap_err();
    complaints.iter().map(|complaint| complaint.to_string().replace(&prefix, "")).collect()
}

/// What is wrong is said of tables that are no files as of those that are.
#[test]
fn tables_need_not_be_files() {
    let (credentials, directories) = ("user1:1234\nno colon\n", "user2:Docs:rx\nuser3:Docs:r\n");
    let complaints = parse(credentials.as_bytes(), directories.as_bytes(), &mut |_, _| Ok(Root(0)));
    let parsed: Vec<_> = complaints.unwrap_err().iter().map(Complaint::to_string).collect();
    assert_eq!(parsed, said(&data(credentials, directories, &["Docs"])));
    assert_eq!(parsed.len(), 3);
    let loaded = parse(b"user1:1234\n", b"*:Docs:r\n", &mut |_, _| Ok(Root(0))).unwrap();
    assert_eq!(grants(&client(&loaded, "user1", "1234")).len(), 1);
}

fn client(loaded: &Loaded, name: &str, password: &str) -> Client {
    match loaded.accounts.check(name.as_bytes(), password.as_bytes()) {
        Check::Passed(client) => client,
        Check::Refused | Check::Slow(_) => panic!("{name} was refused"),
    }
}

fn grants(client: &Client) -> Vec<String> {
    let shown = |grant: &Grant| {
        format!("{}:{}:{}", directories::shown(&grant.directory), grant.rights, grant.root.0)
    };
    client.grants().iter().map(shown).collect()
}

#[test]
fn a_client_sees_its_grants_in_the_order_of_the_file() {
    let data = data(
        "user1:1234\nuser2:x\nroot:y\n",
        "user1:Movies:r\n*:Shared:rw\nuser2:Movies:rwd\nuser1:Docs:r\nroot:/:rwd\n\
         user1:Other:r:files/Movies\n",
        &["Movies", "Shared", "Docs"],
    );
    let loaded = load_from(data.path()).unwrap();
    assert_eq!((loaded.accounts.len(), loaded.grants), (3, 6));
    assert!(loaded.warnings.is_empty());
    let user1 = client(&loaded, "user1", "1234");
    assert_eq!(user1.name(), "user1");
    assert_eq!(grants(&user1), ["Movies:r:0", "Shared:rw:1", "Docs:r:2", "Other:r:0"]);
    assert_eq!(grants(&client(&loaded, "user2", "x")), ["Shared:rw:1", "Movies:rwd:0"]);
    assert_eq!(grants(&client(&loaded, "root", "y")), ["Shared:rw:1", "/:rwd:3"]);
    assert!(loaded.accounts.find(b"user3").is_none());
    assert!(loaded.accounts.find(b"*").is_none());
}

#[test]
fn a_clients_own_grant_wins_over_everyones() {
    let data = data("u:1\nv:1\n", "*:A:rwd\nu:A:r\n*:/:r\nu:/:rw\n", &["A"]);
    let loaded = load_from(data.path()).unwrap();
    assert_eq!(grants(&client(&loaded, "u", "1")), ["A:r:0", "/:rw:1"]);
    assert_eq!(grants(&client(&loaded, "v", "1")), ["A:rwd:0", "/:r:1"]);
}

#[test]
fn all_complaints_are_said_with_file_line_and_reason() {
    let data = data(
        "user1:1234\nuser1:again\nuser2:$5$abc$def\n",
        "user2:Movies:r\nghost:Movies:r\nuser1:None:r\nuser1:Docs:rx\n\nuser1:F:r:Credentials\n",
        &["Movies"],
    );
    let root = data.path().display().to_string();
    assert_eq!(
        said(&data),
        [
            "Credentials:2: duplicate username 'user1', first on line 1".to_owned(),
            "Credentials:3: unknown password scheme '$5$': only $argon2id$, $6$ and $cert$ are \
             understood, and a plain password can't begin with '$'"
                .to_owned(),
            "Directories:2: no client 'ghost' in Credentials".to_owned(),
            "Directories:3: the directory 'files/None' does not exist".to_owned(),
            "Directories:4: unknown rights letter 'x': expected r, w or d".to_owned(),
            "Directories:6: 'Credentials' is no directory".to_owned(),
        ]
        .map(|line| line.replace(&root, "")),
    );
}

#[test]
fn missing_files_are_one_complaint_each() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(
        said(&data),
        ["Credentials: the file does not exist", "Directories: the file does not exist"]
    );
}

#[test]
fn who_is_granted_nothing_is_warned_of() {
    let data = data("u:1\nv:1\n", "u:A:r\n", &["A"]);
    let loaded = load_from(data.path()).unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(loaded.warnings[0].line, Some(2));
    assert!(loaded.warnings[0].reason.contains("'v' is granted nothing"));
}

/// A hash of `1234` that takes the most that is worth its time in a test.
const CRYPT: &str = "$6$rounds=1000$saltstring$lPR96l8Mc7UO0yMqTqVuBOx.evvRAYsaUrGmBrYuqJIoZ/S8XBH\
                     WkohcTqlzWpulGp0tCHkXTQjDGix3JEUQZ.";

/// What the checks of `password` for each of `usernames` cost.
fn costs(credentials: &str, password: &str, usernames: &[&str]) -> Vec<Vec<Cost>> {
    let data = data(credentials, "", &[]);
    let accounts = load_from(data.path()).unwrap().accounts;
    let cost = |username: &&str| {
        password::tests::spent();
        if let Check::Slow(challenge) = accounts.check(username.as_bytes(), password.as_bytes()) {
            assert!(matches!(challenge.judge(), Verdict::Refused));
        }
        password::tests::spent()
    };
    usernames.iter().map(cost).collect()
}

#[test]
fn whoever_is_not_in_the_table_costs_what_the_others_do() {
    let hash = password::tests::cheap_hash();
    let argon2id = [Cost::Argon2id(8, 1, 1)];
    let hashed = format!("a:{hash}\nb:{hash}\nc:{CRYPT}\n");
    for [known, unknown] in [["a", "x"], ["b", "A"]] {
        let costs = costs(&hashed, "wrong", &[known, unknown]);
        assert_eq!(costs, [argon2id, argon2id]);
    }
    // Of a decoy, no password is right, not even that of the entry that it was made of.
    assert_eq!(costs(&hashed, "1234", &["x"]), [argon2id]);
    // What remains: an entry of a rarer cost.
    assert_eq!(costs(&hashed, "wrong", &["c"]), [[Cost::Sha512(1000)]]);
    // All plain: a comparison each, in constant time.
    assert_eq!(costs("a:1\nb:2\n", "wrong", &["a", "x"]), [[Cost::Plain]; 2]);
    // A few plain ones among hashes take as long to fail.
    let mixed = format!("a:{CRYPT}\nb:{CRYPT}\nc:1\n");
    let sha512 = Cost::Sha512(1000);
    let costs = costs(&mixed, "wrong", &["a", "c", "x"]);
    assert_eq!(costs, [vec![sha512], vec![Cost::Plain, sha512], vec![sha512]]);
}

#[test]
fn who_is_known_by_a_certificate_is_no_quicker_to_refuse() {
    let hash = password::tests::cheap_hash();
    let known = format!("a:{hash}\nb:{hash}\ncam:$cert$sha256:{}\n", "ab".repeat(32));
    let argon2id = Cost::Argon2id(8, 1, 1);
    let costs = costs(&known, "wrong", &["a", "x", "cam"]);
    assert_eq!(costs, [vec![argon2id], vec![argon2id], vec![Cost::Plain, argon2id]]);
}

#[test]
fn no_hash_is_made_of_what_is_too_long_to_be_right() {
    let hashed = format!("a:{}\n", password::tests::cheap_hash());
    let nothing: [Vec<Cost>; 2] = Default::default();
    assert_eq!(costs(&hashed, &"x".repeat(LONGEST_PASSWORD + 1), &["a", "x"]), nothing);
}

#[test]
fn plain_entries_are_counted() {
    let data = data(&format!("a:1\nb:{CRYPT}\nc:2\n"), "*:A:r\n", &["A"]);
    assert_eq!(load_from(data.path()).unwrap().plain, 2);
}

#[test]
fn no_complaint_commands_a_terminal() {
    let data = data("u:1\n", "u\x1b[2J:A:r\n", &["A"]);
    assert_eq!(said(&data)[0], "Directories:1: no client 'u\\u{1b}[2J' in Credentials");
}
