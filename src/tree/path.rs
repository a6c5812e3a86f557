//! Paths as a client sees them: absolute, and normalised from the moment that they exist.
//!
//! Only bytes are compared and joined here; what stands at a path, and whether a client may know
//! of it, is for others to say. Sessions keep one as their working directory and join every
//! argument to it.

use std::fmt;

use crate::terms::PeerFault;

use super::part::is_part_name;

/// Most bytes of one component, which is what Linux file systems take.
const LONGEST_COMPONENT: usize = 255;

/// Most bytes of a whole path with its leading slash: without it, and with the NUL that the kernel
/// wants instead, that is its PATH_MAX.
const LONGEST_PATH: usize = 4096;

/// An absolute, normalised path: `/`, or `/a/b` without an empty component, `.` or `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VirtualPath {
    /// Empty for the root, so that a session at its root owns no memory; else each component with
    /// its slash before it.
    bytes: Box<[u8]>,
}

impl VirtualPath {
    /// The path `/`.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path that `argument` means to a client that stands here: absolute if it begins with a
    /// slash, relative otherwise. `..` goes up and stops at the root, as it does in Unix.
    ///
    /// # Errors
    /// [`PeerFault::BadName`] for a NUL, CR or LF, a component of more than 255 bytes, or a result
    /// of more than 4,096.
    pub fn join(&self, argument: &[u8]) -> Result<Self, PeerFault> {
        if argument.iter().any(|&byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(PeerFault::BadName);
        }
        let start: &[u8] = if argument.starts_with(b"/") { b"" } else { &self.bytes };
        let mut bytes = Vec::with_capacity((start.len() + argument.len() + 1).min(LONGEST_PATH));
        bytes.extend_from_slice(start);
        for component in argument.split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => bytes.truncate(last_slash(&bytes)),
                name if name.len() > LONGEST_COMPONENT => return Err(PeerFault::BadName),
                name => {
                    bytes.push(b'/');
                    bytes.extend_from_slice(name);
                }
            }
        }
        if bytes.len() > LONGEST_PATH {
            return Err(PeerFault::BadName);
        }
        Ok(Self { bytes: bytes.into_boxed_slice() })
    }

    /// The directory that this path lies in; the root's is the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        let parent = self.bytes.get(..last_slash(&self.bytes)).unwrap_or_default();
        Self { bytes: parent.into() }
    }

    /// The names on the way down from the root, in order.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split(|&byte| byte == b'/').skip(1)
    }

    /// The path as it is shown, from its leading slash on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        if self.is_root() { b"/" } else { &self.bytes }
    }

    /// The last component; the root has none.
    #[must_use]
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().last()
    }

    /// The first component, and the rest without its leading slash (empty if there is none); `None`
    /// for the root. Grants are found by the first, and [`Place`](super::Place)s are what remains.
    #[must_use]
    pub fn split_first(&self) -> Option<(&[u8], &[u8])> {
        let below = self.below_root();
        if below.is_empty() {
            return None;
        }
        let mut halves = below.splitn(2, |&byte| byte == b'/');
        Some((halves.next()?, halves.next().unwrap_or_default()))
    }

    /// The whole path without its leading slash: the way down of a client whose root is a tree
    /// rather than a list of directories.
    #[must_use]
    pub fn below_root(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// True for `/`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl fmt::Debug for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

/// Where the last component of a path begins, with its slash.
fn last_slash(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte == b'/').unwrap_or(0)
}

/// True if `name` can be one component of a served path: neither `.` nor `..`, of a length that
/// file systems take, in one line, and not the name of a hidden part.
pub(super) fn is_servable_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..")
        && name.len() <= LONGEST_COMPONENT
        && !name.iter().any(|&byte| matches!(byte, 0 | b'\r' | b'\n' | b'/'))
        && !is_part_name(name)
}

/// True if `path` is a way down as a [`Place`](super::Place) holds it.
///
/// Sessions make places of [`VirtualPath`]s only, so this never fails for their honest names; the
/// tree looks all the same, for its confinement must not hang on its callers' care.
pub(super) fn is_servable_path(path: &[u8]) -> bool {
    path.is_empty()
        || path.len() < LONGEST_PATH && path.split(|&byte| byte == b'/').all(is_servable_name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(path: &str) -> VirtualPath {
        VirtualPath::root().join(path.as_bytes()).unwrap()
    }

    #[test]
    fn joins_as_a_shell_does() {
        let docs = at("/Docs/old");
        for (argument, result) in [
            ("", "/Docs/old"),
            (".", "/Docs/old"),
            ("x", "/Docs/old/x"),
            ("./x//y/", "/Docs/old/x/y"),
            ("..", "/Docs"),
            ("../..", "/"),
            ("../../../../etc", "/etc"),
            ("/", "/"),
            ("//Music/./a", "/Music/a"),
            ("...", "/Docs/old/..."),
            ("..x", "/Docs/old/..x"),
        ] {
            let joined = docs.join(argument.as_bytes()).unwrap();
            assert_eq!(joined.as_bytes(), result.as_bytes(), "{argument}");
        }
    }

    #[test]
    fn takes_itself_apart() {
        let path = at("/Docs/old/x");
        assert_eq!(path.parent(), at("/Docs/old"));
        assert_eq!(path.file_name(), Some(&b"x"[..]));
        assert_eq!(path.split_first(), Some((&b"Docs"[..], &b"old/x"[..])));
        assert_eq!(at("/Docs").split_first(), Some((&b"Docs"[..], &b""[..])));
        assert_eq!(at("/Docs").parent(), VirtualPath::root());
        assert_eq!(at("/").split_first(), None);
        assert_eq!(at("/").file_name(), None);
        assert_eq!(at("/").parent(), at("/"));
        assert_eq!(at("/").components().count(), 0);
        assert_eq!(path.below_root(), b"Docs/old/x");
    }

    #[test]
    fn refuses_what_no_file_can_be_called() {
        for bad in [&b"a\0b"[..], b"a\rb", b"a\nb", &[b'x'; 256]] {
            assert_eq!(VirtualPath::root().join(bad), Err(PeerFault::BadName));
        }
        assert!(VirtualPath::root().join(&[b'x'; 255]).is_ok());
        assert!(VirtualPath::root().join(&b"/x".repeat(2048)).is_ok());
        assert!(VirtualPath::root().join(&b"/x".repeat(2049)).is_err());
    }

    #[test]
    fn a_place_holds_nothing_but_servable_names() {
        for good in [&b""[..], b"a", b"a/b", b".profile", b"a b/\xff"] {
            assert!(is_servable_path(good), "{}", good.escape_ascii());
        }
        for bad in [&b"/"[..], b"/a", b"a/", b"a//b", b"..", b"a/../b", b"a/.", b"a\nb", b"\0"] {
            assert!(!is_servable_path(bad), "{}", bad.escape_ascii());
        }
        assert!(!is_servable_path(b"a/.coracle-part-x/b"));
    }

    /// Arguments that are mostly made of what paths are made of.
    fn argument() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"/".to_vec()),
            Just(b"..".to_vec()),
            Just(b".".to_vec()),
            Just(b"a".to_vec()),
            any::<Vec<u8>>(),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_is_joined_stays_normal_and_inside(first in argument(), second in argument()) {
            let start = VirtualPath::root().join(&first).unwrap_or_default();
            let Ok(path) = start.join(&second) else { return Ok(()) };
            prop_assert!(path.as_bytes().starts_with(b"/"));
            prop_assert!(path.as_bytes().len() <= LONGEST_PATH);
            for name in path.components() {
                prop_assert!(!matches!(name, b"" | b"." | b".."));
                prop_assert!(!name.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n' | b'/')));
            }
            prop_assert_eq!(VirtualPath::root().join(path.as_bytes()), Ok(path.clone()));
            prop_assert_eq!(start.join(path.as_bytes()), Ok(path.clone()));
            if let Some(name) = path.file_name() {
                prop_assert_eq!(path.parent().join(name), Ok(path.clone()));
            }
        }
    }
}
