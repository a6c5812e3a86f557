//! What a session asks the data transfer process to do.

use std::fmt;

use super::{Content, Lines, Part, Protection};

/// A granted directory, as the tree numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Root(pub u32);

/// One transfer, wholly described: what is moved, which part of it, how it is written on the wire,
/// and over which connection.
pub struct Order<F, P> {
    /// What is moved.
    pub extent: Extent<F, P>,
    /// Which part of it.
    pub span: Span,
    /// How it is written on the wire.
    pub coding: Coding,
    /// So many bytes of what is written of a file in TYPE A are left out at its start.
    pub skipped: u64,
    /// How that is packed.
    pub mode: Mode,
    /// Over which connection.
    pub route: Route,
    /// How a data connection of its own is protected. On the control connection the bytes are as
    /// protected as that is.
    pub protection: Protection,
}

/// What is moved: an open file, text made on the way, or an upload.
pub enum Extent<F, P> {
    /// The content of a file, to the peer.
    File(F),
    /// A listing, to the peer.
    Lines(Box<dyn Lines>),
    /// An upload, from the peer.
    Part(P),
}

impl<F: Content, P: Part> Extent<F, P> {
    /// Which way the bytes go.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self {
            Self::File(_) | Self::Lines(_) => Direction::ToPeer,
            Self::Part(_) => Direction::FromPeer,
        }
    }
}

impl<F, P> fmt::Debug for Order<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("extent", &self.extent)
            .field("span", &self.span)
            .field("coding", &self.coding)
            .field("skipped", &self.skipped)
            .field("mode", &self.mode)
            .field("route", &self.route)
            .field("protection", &self.protection)
            .finish()
    }
}

impl<F, P> fmt::Debug for Extent<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File",
            Self::Lines(_) => "Lines",
            Self::Part(_) => "Part",
        })
    }
}

/// Which way the bytes of a transfer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A download or a listing.
    ToPeer,
    /// An upload.
    FromPeer,
}

/// Which part of a file is sent, in bytes from its start. Meaningless for listings and uploads,
/// which are [`Span::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u64,
    /// The byte after the last, as the file's length was when it was opened.
    pub end: u64,
}

impl Span {
    /// From the start to wherever the end turns out to be.
    pub const ALL: Self = Self { start: 0, end: u64::MAX };
}

/// How the bytes are written on the wire (RFC 959, section 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As they are: TYPE I.
    Image,
    /// Lines ended by CRLF on the wire and by LF in the file: TYPE A.
    Ascii,
}

/// How what is written is packed on the wire (RFC 959, section 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it is, up to the end of the connection: MODE S.
    Stream,
    /// As one zlib stream: MODE Z (draft-preston-ftpext-deflate).
    Deflate {
        /// How hard a download is compressed, from 0 to 9.
        level: u32,
    },
}

/// Over which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A data connection of its own, passive or active (RFC 959, section 3.2).
    Data,
    /// The control connection itself, behind what was said on it before: the guided dialogue.
    Control,
}
