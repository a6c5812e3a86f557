//! Our own server, held to what the others are held to.

use std::fs;
use std::process::Command;

use crate::peer::{PASSWORD, Place, Server};

pub(crate) const SERVER: Server = Server { user: "user1", command };

fn command(place: &Place) -> Command {
    let data = place.path("data");
    fs::create_dir_all(data.join("files")).expect("a data directory");
    place.write("data/Credentials", &format!("user1:{PASSWORD}\n"));
    let files = place.files();
    place.write(
        "data/Directories",
        &format!("user1:Own:rwd:{0}/Own\nuser1:Locked:r:{0}/Locked\n", files.display()),
    );
    let mut command = crate::support::coracled();
    command.arg("--data").arg(data).args([
        "--listen",
        &format!("127.0.0.1:{}", place.port),
        "--guided",
        "127.0.0.1:0",
    ]);
    command
}
