//! The verbs: every command word that the server knows, whether it obeys it or not.
//!
//! Knows no parameters and no permissions. [`command`](super::command) parses with it, and the
//! session's table has one row for each.

/// Writes the enum, its names, and the parser from one table, so that they cannot disagree.
macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $name:literal $(| $alias:literal)?,)+) => {
        /// A command word (RFC 959, section 5.3, and the RFCs named at each).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Verb {
            $($(#[$doc])* $verb,)+
        }

        impl Verb {
            /// Every verb, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$verb,)+];

            /// The verb as it is written, in capitals.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$verb => $name,)+
                }
            }

            /// The verb that `capitals` spells, under its name or an older one.
            fn spelt(capitals: &[u8]) -> Option<Self> {
                Some(match std::str::from_utf8(capitals).ok()? {
                    $($name $(| $alias)? => Self::$verb,)+
                    _ => return None,
                })
            }
        }
    };
}

verbs! {
    /// User name.
    User = "USER",
    /// Password.
    Pass = "PASS",
    /// Account.
    Acct = "ACCT",
    /// Change working directory.
    Cwd = "CWD" | "XCWD",
    /// Change to parent directory.
    Cdup = "CDUP" | "XCUP",
    /// Structure mount.
    Smnt = "SMNT",
    /// Reinitialise.
    Rein = "REIN",
    /// Log out.
    Quit = "QUIT",
    /// Data port.
    Port = "PORT",
    /// Passive.
    Pasv = "PASV",
    /// Representation type.
    Type = "TYPE",
    /// File structure.
    Stru = "STRU",
    /// Transfer mode.
    Mode = "MODE",
    /// Retrieve.
    Retr = "RETR",
    /// Store.
    Stor = "STOR",
    /// Store under a unique name.
    Stou = "STOU",
    /// Append, or create.
    Appe = "APPE",
    /// Allocate.
    Allo = "ALLO",
    /// Restart (RFC 3659, section 5).
    Rest = "REST",
    /// Rename from.
    Rnfr = "RNFR",
    /// Rename to.
    Rnto = "RNTO",
    /// Abort.
    Abor = "ABOR",
    /// Delete.
    Dele = "DELE",
    /// Remove directory.
    Rmd = "RMD" | "XRMD",
    /// Make directory.
    Mkd = "MKD" | "XMKD",
    /// Print working directory.
    Pwd = "PWD" | "XPWD",
    /// List, for people.
    List = "LIST",
    /// List of names.
    Nlst = "NLST",
    /// Site parameters.
    Site = "SITE",
    /// System.
    Syst = "SYST",
    /// Status.
    Stat = "STAT",
    /// Help.
    Help = "HELP",
    /// No operation.
    Noop = "NOOP",
    /// Features (RFC 2389).
    Feat = "FEAT",
    /// Options (RFC 2389).
    Opts = "OPTS",
    /// Authentication mechanism (RFC 2228, RFC 4217).
    Auth = "AUTH",
    /// Protection buffer size (RFC 2228).
    Pbsz = "PBSZ",
    /// Data channel protection level (RFC 2228).
    Prot = "PROT",
    /// Clear command channel (RFC 2228).
    Ccc = "CCC",
    /// Authentication data (RFC 2228).
    Adat = "ADAT",
    /// Integrity protected command (RFC 2228).
    Mic = "MIC",
    /// Confidentiality protected command (RFC 2228).
    Conf = "CONF",
    /// Privacy protected command (RFC 2228).
    Enc = "ENC",
    /// Language (RFC 2640).
    Lang = "LANG",
    /// Virtual host (RFC 7151).
    Host = "HOST",
    /// Extended port (RFC 2428).
    Eprt = "EPRT",
    /// Extended passive (RFC 2428).
    Epsv = "EPSV",
    /// Modification time (RFC 3659, section 3).
    Mdtm = "MDTM",
    /// Set the modification time (draft-somers-ftp-mfxx).
    Mfmt = "MFMT",
    /// Size (RFC 3659, section 4).
    Size = "SIZE",
    /// Facts of one file (RFC 3659, section 7).
    Mlst = "MLST",
    /// Facts of what a directory holds (RFC 3659, section 7).
    Mlsd = "MLSD",
    /// Hash of a file (draft-bryan-ftpext-hash).
    Hash = "HASH",
    /// Range for HASH (draft-bryan-ftp-range).
    Rang = "RANG",
    /// CRC-32 of a file, an older form of HASH.
    Xcrc = "XCRC",
    /// SHA-256 of a file, an older form of HASH.
    Xsha256 = "XSHA256",
    /// Available space (draft-peterson-streamlined-ftp-command-extensions).
    Avbl = "AVBL",
    /// Name of the client's program.
    Clnt = "CLNT",
}

/// Bytes of the longest verb.
const LONGEST: usize = 7;

impl Verb {
    /// The verb that `word` spells in any case, under its name or, for the directory verbs, under
    /// the name that RFC 775 gave it (XCWD, XCUP, XPWD, XMKD, XRMD).
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let mut capitals = [0; LONGEST];
        let capitals = capitals.get_mut(..word.len())?;
        capitals.copy_from_slice(word);
        capitals.make_ascii_uppercase();
        Self::spelt(capitals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_in_any_case() {
        for &verb in Verb::ALL {
            assert_eq!(Verb::parse(verb.name().as_bytes()), Some(verb));
            assert_eq!(Verb::parse(verb.name().to_lowercase().as_bytes()), Some(verb));
        }
        assert_eq!(Verb::ALL.iter().map(|verb| verb.name().len()).max(), Some(LONGEST));
    }

    #[test]
    fn older_names_are_the_same_verbs() {
        assert_eq!(Verb::parse(b"xcwd"), Some(Verb::Cwd));
        assert_eq!(Verb::parse(b"XCUP"), Some(Verb::Cdup));
        assert_eq!(Verb::parse(b"XPWD"), Some(Verb::Pwd));
        assert_eq!(Verb::parse(b"XMKD"), Some(Verb::Mkd));
        assert_eq!(Verb::parse(b"XRMD"), Some(Verb::Rmd));
    }

    #[test]
    fn what_is_no_verb_is_none() {
        for word in [&b""[..], b"US", b"USERS", b"USER ", b"\xff\xfe", b"XSHA256X", b"RETR\0"] {
            assert_eq!(Verb::parse(word), None, "{word:?}");
        }
    }
}
