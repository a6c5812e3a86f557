//! Certificates in place of passwords: `$cert$sha256:HEX` in `Credentials`.
//!
//! HEX is the SHA-256 of the client's own certificate in DER, 64 hexadecimal digits in any case, with
//! or without colons between the bytes, as `openssl x509 -noout -fingerprint -sha256` prints it. That
//! the certificate is sound and signed by whom the operator trusts has been verified in the TLS
//! handshake, of which this room knows nothing.

/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// The form, without the digest.
const FORM: &[u8] = b"$cert$sha256:";

/// The fingerprint that `text`, what follows the colon in `Credentials`, asks for; `None` if it is
/// none of these entries.
pub(super) fn parse(text: &[u8]) -> Option<Result<Box<[u8; DIGEST]>, String>> {
    if !text.starts_with(b"$cert$") {
        return None;
    }
    let digest = text.strip_prefix(FORM).and_then(digest);
    Some(digest.map(Box::new).ok_or_else(|| {
        "a certificate is written as $cert$sha256: and 64 hexadecimal digits, its SHA-256"
            .to_owned()
    }))
}

/// The digest that `hex` spells: all of its colons or none.
fn digest(hex: &[u8]) -> Option<[u8; DIGEST]> {
    let stride = match hex.len() {
        64 => 2,
        95 => 3,
        _ => return None,
    };
    let mut digest = [0; DIGEST];
    for (byte, pair) in digest.iter_mut().zip(hex.chunks(stride)) {
        let (&[high, low], rest) = pair.split_first_chunk()?;
        if !matches!(rest, [] | [b':']) {
            return None;
        }
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Some(digest)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_as_openssl_prints_them_or_without_colons() {
        let bare = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
        let pairs: Vec<_> = bare.as_bytes().chunks(2).map(|pair| pair.to_vec()).collect();
        let read = |text: &str| parse(text.as_bytes()).unwrap().unwrap();
        let digest = read(&format!("$cert$sha256:{bare}"));
        assert_eq!(digest[..3], [0x00, 0x11, 0x22]);
        assert_eq!(digest[31], 0xff);
        let colons = String::from_utf8(pairs.join(&b':')).unwrap();
        assert_eq!(read(&format!("$cert$sha256:{colons}")), digest);
    }

    #[test]
    fn anything_else_is_a_mistake() {
        let bare = "0".repeat(64);
        for wrong in [
            "$cert$".to_owned(),
            "$cert$sha256:".to_owned(),
            format!("$cert$sha1:{bare}"),
            format!("$cert$sha256:{bare}0"),
            format!("$cert$sha256:{}", bare.replacen('0', "g", 1)),
            format!("$cert$sha256:{}", bare.replacen("00", "0:", 1)),
            format!("$cert$sha256:{}", "00-".repeat(32).trim_end_matches('-')),
            format!("$cert$sha256: {bare}"),
        ] {
            assert!(parse(wrong.as_bytes()).unwrap().is_err(), "{wrong}");
        }
        assert!(parse(b"1234").is_none());
        assert!(parse(b"$certificate").is_none());
    }
}
