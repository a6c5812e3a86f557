//! Python's ftplib against the server: the client that takes replies at their word.

use std::fs;

use tempfile::TempDir;

use crate::support::{Finished, Setup, TestServer, assert_same, noise, python};

/// Opens `ftp` as user1, and keeps every test short.
const PROLOGUE: &str = "\
import ftplib, hashlib, io, socket, sys
host, port = sys.argv[1].split(':')
ftp = ftplib.FTP(timeout=120)
ftp.connect(host, int(port))
ftp.login('user1', '1234')
def refused(call, *arguments):
    try:
        call(*arguments)
    except ftplib.error_perm as error:
        return str(error)[:3]
    raise AssertionError(f'{arguments} was not refused')
";

#[track_caller]
fn run(server: &TestServer, here: &TempDir, script: &str) -> Finished {
    python(here.path(), &format!("{PROLOGUE}{script}"), &[&server.ftp.to_string()]).well()
}

#[test]
fn lists_in_every_form() {
    let server =
        Setup::usual().file("Movies/Free Fire", &[1; 77]).file("Movies/été", b"summer").start();
    let here = TempDir::new().unwrap();
    run(
        &server,
        &here,
        r"
assert ftp.getwelcome().startswith('220'), ftp.getwelcome()
assert ftp.pwd() == '/'
assert ftp.nlst() == ['Movies', 'Incoming', 'Own'], ftp.nlst()
ftp.cwd('Movies')
assert ftp.pwd() == '/Movies'
assert ftp.nlst() == ['Free Fire', 'Joker', 'été'], ftp.nlst()
lines = []
ftp.dir(lines.append)
assert [line.split(None, 8)[8] for line in lines] == ['Free Fire', 'Joker', 'été'], lines
facts = {name: facts for name, facts in ftp.mlsd() if facts['type'] == 'file'}
assert sorted(facts) == ['Free Fire', 'Joker', 'été'], facts
assert facts['Free Fire']['size'] == '77' and len(facts['Joker']['modify']) >= 14, facts
ftp.voidcmd('TYPE I')
assert ftp.size('Free Fire') == 77
stamp = ftp.voidcmd('MDTM Joker').split()
assert stamp[0] == '213' and len(stamp[1]) == 14, stamp
assert ftp.nlst('../Own') == [], ftp.nlst('../Own')
print(ftp.quit()[:3])
",
    );
}

#[test]
fn moves_bytes_in_passive_and_active_mode() {
    let bytes = noise(2_500_000, 5);
    let server = Setup::usual().file("Movies/in", &bytes).start();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("wanted"), &bytes).unwrap();
    run(
        &server,
        &here,
        r"
wanted = open('wanted', 'rb').read()
for passive in (True, False):
    ftp.set_pasv(passive)
    parts = []
    assert ftp.retrbinary('RETR Movies/in', parts.append)[:3] == '226'
    assert b''.join(parts) == wanted
    assert ftp.storbinary('STOR Own/naïve name', io.BytesIO(wanted))[:3] == '226'
    assert ftp.size('Own/naïve name') == len(wanted)
",
    );
    assert_same(&server.content("Own/naïve name"), &bytes);
    assert_eq!(server.names("Own").len(), 1, "no part is left");
}

#[test]
fn restarts_in_the_middle() {
    let bytes = noise(400_000, 6);
    let server =
        Setup::usual().file("Movies/in", &bytes).file("Own/out", &bytes[..250_000]).start();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("wanted"), &bytes).unwrap();
    run(
        &server,
        &here,
        r"
wanted = open('wanted', 'rb').read()
parts = []
ftp.retrbinary('RETR Movies/in', parts.append, rest=123456)
assert b''.join(parts) == wanted[123456:]
parts = []
ftp.retrbinary('RETR Movies/in', parts.append)
assert b''.join(parts) == wanted, 'a restart point is used once'
ftp.storbinary('STOR Own/out', io.BytesIO(wanted[200000:]), rest=200000)
assert ftp.size('Own/out') == len(wanted)
ftp.storbinary('APPE Own/out', io.BytesIO(b'tail'))
assert ftp.size('Own/out') == len(wanted) + 4
",
    );
    let mut wanted = bytes;
    wanted.extend_from_slice(b"tail");
    assert_same(&server.content("Own/out"), &wanted);
}

#[test]
fn resumes_an_upload_that_it_cut_itself() {
    let bytes = noise(900_000, 33);
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("wanted"), &bytes).unwrap();
    run(
        &server,
        &here,
        r"
import struct
wanted = open('wanted', 'rb').read()
def cut(start, end):
    ftp.voidcmd('TYPE I')
    connection = ftp.transfercmd('STOR Own/out', rest=start or None)
    connection.sendall(wanted[start:end])
    # Whatever has not been read when the reset comes is lost, as it may be.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()
    try:
        ftp.voidresp()
        raise AssertionError('a reset passed for an end')
    except ftplib.error_temp as error:
        assert str(error)[:3] == '426', error
def arrived():
    ftp.voidcmd('TYPE I')
    try:
        return ftp.size('Own/out')
    except ftplib.error_perm:
        return 0
cut(0, 400000)
first = arrived()
assert first <= 400000
assert ftp.nlst('Own') == [] and [name for name, facts in ftp.mlsd('Own') if facts['type'] == 'file'] == []
cut(first, 800000)
second = arrived()
assert first <= second <= 800000
if second > 1:
    assert refused(lambda: ftp.storbinary('STOR Own/out', io.BytesIO(b''), rest=second + 1)) == '554'
    second -= 1
ftp.storbinary('STOR Own/out', io.BytesIO(wanted[second:]), rest=second or None)
assert ftp.size('Own/out') == len(wanted)
",
    );
    assert_same(&server.content("Own/out"), &bytes);
    assert_eq!(server.names("Own").len(), 1, "no part is left");
}

#[test]
fn stores_under_a_new_name_and_sets_its_time() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    run(
        &server,
        &here,
        r"
ftp.cwd('Own')
names = []
for content in (b'one', b'two'):
    said = ftp.storbinary('STOU', io.BytesIO(content))
    assert said[:3] == '226', said
    names.append(said.split()[-1])
assert sorted(ftp.nlst()) == sorted(names) and len(set(names)) == 2, names
back = []
ftp.retrbinary('RETR ' + names[1], back.append)
assert b''.join(back) == b'two'
stamp = '20200102030405'
assert ftp.sendcmd(f'MFMT {stamp} {names[0]}') == f'213 Modify={stamp}; {names[0]}'
assert ftp.sendcmd(f'MDTM {names[0]}') == f'213 {stamp}'
assert int(ftp.sendcmd('AVBL').split()[1]) > 0
assert refused(ftp.sendcmd, 'AVBL /Movies') == '550'
assert refused(ftp.sendcmd, f'MFMT {stamp} /Movies/Joker') == '550'
assert ftp.sendcmd('SITE HELP')[:3] == '214'
",
    );
}

#[test]
fn text_has_crlf_on_the_wire_and_lf_in_the_file() {
    let server = Setup::usual().file("Movies/lines", b"one\ntwo\n\nfour").start();
    let here = TempDir::new().unwrap();
    run(
        &server,
        &here,
        r"
lines = []
ftp.retrlines('RETR Movies/lines', lines.append)
assert lines == ['one', 'two', '', 'four'], lines
raw = []
ftp.voidcmd('TYPE A')
with ftp.transfercmd('RETR Movies/lines') as connection:
    while part := connection.recv(9):
        raw.append(part)
assert ftp.voidresp()[:3] == '226'
assert b''.join(raw) == b'one\r\ntwo\r\n\r\nfour', raw
ftp.storlines('STOR Own/lines', io.BytesIO(b'eins\nzwei\r\n'))
",
    );
    assert_same(&server.content("Own/lines"), b"eins\nzwei\n");
}

#[test]
fn changes_names_and_directories_and_aborts() {
    let large = noise(8_000_000, 7);
    let server = Setup::usual().file("Movies/large", &large).start();
    let here = TempDir::new().unwrap();
    run(
        &server,
        &here,
        r#"
assert ftp.mkd('Own/a "quoted" name') == '/Own/a "quoted" name'
ftp.cwd('/Own/a "quoted" name')
assert ftp.pwd() == '/Own/a "quoted" name', ftp.pwd()
ftp.storbinary('STOR one', io.BytesIO(b'1'))
ftp.rename('one', '../two')
ftp.cwd('..')
assert ftp.pwd() == '/Own'
ftp.rmd('a "quoted" name')
assert ftp.nlst() == ['two']
assert refused(ftp.rmd, 'two') == '550'
assert refused(ftp.cwd, 'two') == '550'
ftp.delete('two')
assert refused(ftp.delete, 'two') == '550'
assert refused(ftp.mkd, '/Movies/x') == '550'
assert refused(ftp.size, '/Movies') == '550'
assert refused(ftp.voidcmd, 'XNOSUCH') == '500'
ftp.voidcmd('TYPE I')
connection = ftp.transfercmd('RETR /Movies/large')
connection.recv(1000)
assert ftp.abort()[:3] in ('426', '225', '226'), 'ABOR is answered during a transfer'
connection.close()
# What 426 leaves to be heard is heard by whoever speaks next.
try:
    ftp.voidresp()
except ftplib.error_temp:
    pass
ftp.voidcmd('NOOP')
assert ftp.quit()[:3] == '221'
"#,
    );
    server.serves_others();
}
