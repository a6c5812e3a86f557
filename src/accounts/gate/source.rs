//! Where a peer comes from, as far as it is held to account for it: addresses and networks, as values.
//!
//! Knows nothing of what anybody did. The gate counts by sources; the daemon parses the operator's
//! networks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Leading bits of an IPv6 address that say whose network it is in: one customer has all that
/// differ in the other 64.
const NETWORK_BITS: u32 = 64;

/// Leading bits of an IPv4 and of an IPv6 address that many customers share, or one who has many
/// sources: what is routed by itself at the least, and what a site is given (RFC 6177, section 2).
const NEIGHBOURHOOD_BITS: (u32, u32) = (24, 48);

/// An IPv4 address, or the /64 that an IPv6 address lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(IpAddr);

impl Source {
    /// Nowhere that anybody comes from.
    pub(in crate::accounts) const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// Where the peer at `address` comes from.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & mask6(NETWORK_BITS)).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// The network around it, which whoever has one source is likely to have more of.
    #[must_use]
    pub fn network(&self) -> Self {
        let (bits4, bits6) = NEIGHBOURHOOD_BITS;
        Self(match self.0 {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & mask4(bits4)).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & mask6(bits6)).into(),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "{address}/{NETWORK_BITS}"),
        }
    }
}

/// A network in CIDR notation, such as `192.0.2.0/24` or `2001:db8::/32`; a lone address is a
/// network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether `address` lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                (ours.to_bits() ^ theirs.to_bits()) & mask4(self.bits) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                (ours.to_bits() ^ theirs.to_bits()) & mask6(self.bits) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Leading bits that the addresses in it have in common: the more, the smaller it is.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// Whether it is one of IPv4.
    #[must_use]
    pub const fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "a network is needed, such as 192.0.2.0/24, 2001:db8::/32, or an address".to_owned();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None => most,
        };
        let network = Self { address, bits };
        let rest = match address {
            _ if bits > most => return Err(format!("/{bits} is more bits than {address} has")),
            IpAddr::V4(address) => u128::from(address.to_bits() & !mask4(bits)),
            IpAddr::V6(address) => address.to_bits() & !mask6(bits),
        };
        if rest == 0 {
            Ok(network)
        } else {
            Err(format!("{address} has bits behind the first {bits}: which network is meant?"))
        }
    }
}

/// The first `bits` of an IPv4 address.
const fn mask4(bits: u32) -> u32 {
    match u32::MAX.checked_shl(32 - bits) {
        Some(mask) => mask,
        None => 0,
    }
}

/// The first `bits` of an IPv6 address.
const fn mask6(bits: u32) -> u128 {
    match u128::MAX.checked_shl(128 - bits) {
        Some(mask) => mask,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn one_customer_is_one_source() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
        assert_eq!(of("192.0.2.1").to_string(), "192.0.2.1");
        assert_eq!(of("192.0.2.1").network(), of("192.0.2.254").network());
        assert_ne!(of("192.0.2.1").network(), of("192.0.3.1").network());
        assert_eq!(of("2001:db8:1:2::").network(), of("2001:db8:1:ffff::").network());
        assert_ne!(of("2001:db8:1::").network(), of("2001:db8:2::").network());
    }

    #[test]
    fn networks() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().holds(address.parse().unwrap())
        };
        assert!(holds("192.0.2.0/24", "192.0.2.200"));
        assert!(!holds("192.0.2.0/24", "192.0.3.1"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(holds("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("0.0.0.0/0", "8.8.8.8"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        for wrong in ["", "x", "192.0.2.0/33", "192.0.2.1/24", "::1/129", "1.2.3.4/", "1.2.3.4/-1"]
        {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
