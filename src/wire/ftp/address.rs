//! Where a data connection goes: PORT and 227 (RFC 959), EPRT and 229 (RFC 2428).
//!
//! Reads and writes the texts and judges none of them: whether an address may be connected to is
//! the session's question. Commands are read with it, replies are made and understood with it.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use crate::wire::digits;

/// Why a text is no extended address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedFault {
    /// It is not of the form `|protocol|address|port|`.
    Syntax,
    /// The protocol is neither 1, IPv4, nor 2, IPv6 (RFC 2428, section 2: 522).
    Protocol,
}

/// Appends `h1,h2,h3,h4,p1,p2` (RFC 959, section 5.3.2).
pub fn write_host_port(address: SocketAddrV4, out: &mut Vec<u8>) {
    let [h1, h2, h3, h4] = address.ip().octets();
    let [p1, p2] = address.port().to_be_bytes();
    for (place, byte) in [h1, h2, h3, h4, p1, p2].into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        digits::write(u64::from(byte), out);
    }
}

/// Reads `h1,h2,h3,h4,p1,p2`; spaces around the numbers do not matter.
#[must_use]
pub fn parse_host_port(text: &[u8]) -> Option<SocketAddrV4> {
    let mut numbers = text.split(|&byte| byte == b',');
    let mut bytes = [0; 6];
    for byte in &mut bytes {
        *byte = u8::try_from(digits::parse(numbers.next()?.trim_ascii())?).ok()?;
    }
    if numbers.next().is_some() {
        return None;
    }
    let [h1, h2, h3, h4, p1, p2] = bytes;
    Some(SocketAddrV4::new(Ipv4Addr::new(h1, h2, h3, h4), u16::from_be_bytes([p1, p2])))
}

/// Appends `|1|132.235.1.2|6275|` or `|2|1080::8:800:200C:417A|5282|` (RFC 2428, section 2).
///
/// The scope of a link-local IPv6 address has no place in it and is left out.
pub fn write_extended(address: SocketAddr, out: &mut Vec<u8>) {
    // Writing to a Vec can't fail.
    let _ = match address.ip() {
        IpAddr::V4(ip) => write!(out, "|1|{ip}|{}|", address.port()),
        IpAddr::V6(ip) => write!(out, "|2|{ip}|{}|", address.port()),
    };
}

/// Reads what [`write_extended`] writes, with any delimiter that RFC 2428 allows.
///
/// # Errors
/// [`ExtendedFault`]: of another form, or of another protocol.
pub fn parse_extended(text: &[u8]) -> Result<SocketAddr, ExtendedFault> {
    let [protocol, host, port] = extended_fields(text).ok_or(ExtendedFault::Syntax)?;
    let protocol = digits::parse(protocol).ok_or(ExtendedFault::Syntax)?;
    if !matches!(protocol, 1 | 2) {
        return Err(ExtendedFault::Protocol);
    }
    let host = std::str::from_utf8(host).map_err(|_| ExtendedFault::Syntax)?;
    let ip = if protocol == 1 {
        host.parse::<Ipv4Addr>().map(IpAddr::V4)
    } else {
        host.parse::<Ipv6Addr>().map(IpAddr::V6)
    };
    let ip = ip.map_err(|_| ExtendedFault::Syntax)?;
    let port = digits::parse(port).and_then(|port| u16::try_from(port).ok());
    Ok(SocketAddr::new(ip, port.ok_or(ExtendedFault::Syntax)?))
}

/// Appends the text of a 227 reply: `Entering Passive Mode (h1,h2,h3,h4,p1,p2).`
pub fn write_passive(address: SocketAddrV4, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Entering Passive Mode (");
    write_host_port(address, out);
    out.extend_from_slice(b").");
}

/// Finds the address in the text of a 227 reply. RFC 1123, section 4.1.2.6: the parentheses can't be
/// relied on, so the first six numbers with commas between them are it.
#[must_use]
pub fn parse_passive(text: &[u8]) -> Option<SocketAddrV4> {
    text.split(|byte| !byte.is_ascii_digit() && *byte != b',').find_map(parse_host_port)
}

/// Appends the text of a 229 reply: `Entering Extended Passive Mode (|||port|)` (RFC 2428,
/// section 3).
pub fn write_extended_passive(port: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Entering Extended Passive Mode (|||");
    digits::write(u64::from(port), out);
    out.extend_from_slice(b"|)");
}

/// Finds the port in the text of a 229 reply. A protocol or an address that a server fills in
/// against the RFC is not looked at: the connection goes to where the control connection goes.
#[must_use]
pub fn parse_extended_passive(text: &[u8]) -> Option<u16> {
    let open = text.iter().rposition(|&byte| byte == b'(')?;
    let inside = text.get(open + 1..)?;
    let close = inside.iter().position(|&byte| byte == b')')?;
    let [_, _, port] = extended_fields(inside.get(..close)?)?;
    u16::try_from(digits::parse(port)?).ok()
}

/// The three fields between four delimiters, which are one and the same printable character.
fn extended_fields(text: &[u8]) -> Option<[&[u8]; 3]> {
    let (&delimiter, rest) = text.split_first()?;
    if !delimiter.is_ascii_graphic() {
        return None;
    }
    let mut fields = rest.split(|&byte| byte == delimiter);
    let three = [fields.next()?, fields.next()?, fields.next()?];
    // Behind the last delimiter comes nothing.
    (fields.next() == Some(&[]) && fields.next().is_none()).then_some(three)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    fn v4(text: &str) -> SocketAddrV4 {
        text.parse().unwrap()
    }

    #[test]
    fn the_forms_are_those_of_the_rfcs() {
        let passive = written(|out| write_passive(v4("192.168.0.7:50001"), out));
        assert_eq!(passive, b"Entering Passive Mode (192,168,0,7,195,81).");
        let extended = written(|out| write_extended_passive(50_001, out));
        assert_eq!(extended, b"Entering Extended Passive Mode (|||50001|)");
        let v6: SocketAddr = "[1080::8:800:200c:417a]:5282".parse().unwrap();
        assert_eq!(written(|out| write_extended(v6, out)), b"|2|1080::8:800:200c:417a|5282|");
        assert_eq!(parse_extended(b"|2|1080::8:800:200C:417A|5282|"), Ok(v6));
        assert_eq!(parse_extended(b"!1!10.0.0.1!21!"), Ok("10.0.0.1:21".parse().unwrap()));
    }

    #[test]
    fn a_227_is_understood_with_and_without_parentheses() {
        for text in [
            "Entering Passive Mode (10,0,0,1,4,1)",
            "Entering passive mode. 10,0,0,1,4,1",
            "=10,0,0,1,4,1",
            "Mode, for you: 10,0,0,1,4,1.",
        ] {
            assert_eq!(parse_passive(text.as_bytes()), Some(v4("10.0.0.1:1025")), "{text}");
        }
        for text in
            ["", "Entering Passive Mode", "(10,0,0,1,4)", "(10,0,0,256,4,1)", "(1,2,3,4,5,6,7)"]
        {
            assert_eq!(parse_passive(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,2,3,4,5,256", "1,2,3,4,5,-6", "a,2,3,4,5,6"]
        {
            assert_eq!(parse_host_port(text.as_bytes()), None, "{text}");
        }
        for text in
            ["", "|", "|1|10.0.0.1|21", "1|10.0.0.1|21|", "|1|10.0.0.1|65536|", "|1|::1|21|"]
        {
            assert_eq!(parse_extended(text.as_bytes()), Err(ExtendedFault::Syntax), "{text}");
        }
        assert_eq!(parse_extended(b"|2|10.0.0.1|21|"), Err(ExtendedFault::Syntax));
        assert_eq!(parse_extended(b"|1|10.0.0.1|21|x"), Err(ExtendedFault::Syntax));
        assert_eq!(parse_extended(b"|3|10.0.0.1|21|"), Err(ExtendedFault::Protocol));
        for text in ["(||21|)", "|||21|", "(|||21)", "(|||99999|)", "(|||21|"] {
            assert_eq!(parse_extended_passive(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_extended_passive(b"Mode (for you) (|1|10.0.0.1|21|)"), Some(21));
    }

    proptest! {
        #[test]
        fn addresses_come_back(v4: SocketAddrV4, ip: Ipv6Addr, port: u16) {
            prop_assert_eq!(parse_host_port(&written(|out| write_host_port(v4, out))), Some(v4));
            prop_assert_eq!(parse_passive(&written(|out| write_passive(v4, out))), Some(v4));
            for address in [SocketAddr::V4(v4), SocketAddr::new(IpAddr::V6(ip), port)] {
                prop_assert_eq!(parse_extended(&written(|out| write_extended(address, out))), Ok(address));
            }
            let text = written(|out| write_extended_passive(port, out));
            prop_assert_eq!(parse_extended_passive(&text), Some(port));
        }

        #[test]
        fn nothing_panics(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            likely in prop::collection::vec(prop::sample::select(&b"0129,|().: a"[..]), 0..40),
        ) {
            for text in [bytes, likely] {
                let _ = parse_host_port(&text);
                let _ = parse_extended(&text);
                let _ = parse_passive(&text);
                let _ = parse_extended_passive(&text);
            }
        }
    }
}
