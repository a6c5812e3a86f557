//! The words of FTP: what goes over a control connection, and the listings that go over a data
//! connection.
//!
//! - [`verb`] and [`command`]: what the user says.
//! - [`digest`]: what HASH, XCRC and XSHA256 are told.
//! - [`security`]: what AUTH and PROT are told.
//! - [`site`]: what follows SITE.
//! - [`reply`]: what the server says.
//! - [`address`]: where a data connection goes. - [`facts`] and [`listing`]: what a directory
//!   holds, for programs (RFC 3659) and in the form of `ls -l`.
//!
//! Sessions parse commands and write replies; the client does it the other way round.

pub mod address;
pub mod command;
pub mod digest;
pub mod facts;
pub mod listing;
pub mod reply;
pub mod security;
pub mod site;
pub mod verb;

mod civil;
mod parameter;

pub use command::{
    Command, CommandFault, EpsvArgument, ListArgument, OptsArgument, Structure, TransferMode,
    TransferType,
};
pub use facts::{FactSelection, Facts, Kind, Perm, Unique};
pub use listing::{Entry, Listed};
pub use reply::{Class, Code, Reply, ReplyFault, ReplyReader};
pub use security::{Level, Mechanism};
pub use site::SiteCommand;
pub use verb::Verb;

/// Appends a name to a line of a listing; what would end the line is written as `?`, as `ls` does
/// at a terminal.
fn write_name(name: &[u8], out: &mut Vec<u8>) {
    const fn ends_line(byte: u8) -> bool {
        matches!(byte, b'\0' | b'\r' | b'\n')
    }
    // Without a branch a byte, for nearly every name is copied as it is.
    if name.iter().fold(false, |found, &byte| found | ends_line(byte)) {
        out.extend(name.iter().map(|&byte| if ends_line(byte) { b'?' } else { byte }));
    } else {
        out.extend_from_slice(name);
    }
}
