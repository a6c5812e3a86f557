//! From when until when a certificate is valid (RFC 5280, section 4.1.2.5): all that is read of one
//! here. Whether the rest is sound is for those who use it.

use crate::terms::UnixTime;
use crate::wire::ftp::facts::parse_stamp14;

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which those of version 1 do not have.
const VERSION: u8 = 0xa0;

/// A certificate's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    /// Its first second.
    pub(super) first: UnixTime,
    /// Its last.
    pub(super) last: UnixTime,
}

impl Validity {
    /// That of a certificate in DER, if it can be read.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(certificate)?;
        let (_, mut signed, _) = element(certificate)?;
        if signed.first() == Some(&VERSION) {
            (_, _, signed) = element(signed)?;
        }
        // Serial number, algorithm, issuer.
        for wanted in [INTEGER, SEQUENCE, SEQUENCE] {
            let (kind, _, rest) = element(signed)?;
            if kind != wanted {
                return None;
            }
            signed = rest;
        }
        let (_, validity, _) = element(signed)?;
        let (kind, first, rest) = element(validity)?;
        let first = time(kind, first)?;
        let (kind, last, _) = element(rest)?;
        Some(Self { first, last: time(kind, last)? })
    }
}

/// The first element of `der`: its kind, its content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[kind, length], rest) = der.split_first_chunk()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        // Four bytes of length are more than a file may have.
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((kind, content, rest))
}

/// UTCTime has two digits for a year from 1950 to 2049, GeneralizedTime four; both end in Z.
fn time(kind: u8, text: &[u8]) -> Option<UnixTime> {
    let digits = text.strip_suffix(b"Z")?;
    match kind {
        UTC_TIME => {
            let century: &[u8] = if *digits.first()? < b'5' { b"20" } else { b"19" };
            parse_stamp14(&[century, digits].concat())
        }
        GENERALIZED_TIME => parse_stamp14(digits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds() {
        assert_eq!(time(UTC_TIME, b"700101000001Z"), Some(UnixTime(1)));
        assert_eq!(time(UTC_TIME, b"491231235959Z"), time(GENERALIZED_TIME, b"20491231235959Z"));
        assert_eq!(time(GENERALIZED_TIME, b"19700101000001Z"), Some(UnixTime(1)));
        for wrong in [&b""[..], b"Z", b"700101000001", b"7001010000Z", b"701301000001Z"] {
            assert_eq!(time(UTC_TIME, wrong), None);
        }
    }

    #[test]
    fn whatever_is_cut_off_has_no_time() {
        let names = vec!["localhost".to_owned()];
        let certificate = rcgen::generate_simple_self_signed(names).unwrap().cert;
        assert!(Validity::of(certificate.der()).is_some());
        for length in 0..60 {
            assert_eq!(Validity::of(&certificate.der()[..length]), None);
        }
        assert_eq!(Validity::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(Validity::of(&[0x30, 0xff]), None);
    }
}
