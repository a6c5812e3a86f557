//! The address that a peer is told to connect to, where it is not the one that it came to: for servers
//! behind NAT, which others see under another address than they have.
//!
//! Peers on this side of the NAT don't come in by that address, or not under their own. So each network
//! may be told one of its own. Knows of IPv4 alone: EPSV tells a port and no address, and PASV, which
//! does, is IPv4's. The passive ports ask it; the daemon makes it of what the operator typed.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use crate::accounts::gate::Network;

/// What one option says: an address, and who is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// The peers of this network; if not set, all who are not told another.
    network: Option<Network>,
    address: Ipv4Addr,
}

impl FromStr for Telling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (network, address) = match text.split_once('=') {
            None => (None, text),
            Some((network, address)) => (Some(network.parse::<Network>()?), address),
        };
        if network.is_some_and(|network| !network.is_ipv4()) {
            return Err(
                "IPv6 clients are told a port and no address: a network of IPv4 is needed, \
                        such as 192.168.0.0/16=192.168.1.5"
                    .to_owned(),
            );
        }
        let address: Ipv4Addr = address.parse().map_err(|_| match network {
            None => "an IPv4 address is needed, such as 203.0.113.7, or a network and the address \
                     that it is told, such as 192.168.0.0/16=192.168.1.5"
                .to_owned(),
            Some(_) => "an IPv4 address is needed behind the '=', such as 192.168.1.5".to_owned(),
        })?;
        if address.is_unspecified() || address.is_multicast() || address.is_broadcast() {
            return Err(format!("nobody can connect to {address}: which address is meant?"));
        }
        Ok(Self { network, address })
    }
}

/// Who is told which address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    everybody: Option<Ipv4Addr>,
    /// The smaller the network, the earlier.
    networks: Vec<(Network, Ipv4Addr)>,
}

impl Told {
    /// What all options say together.
    ///
    /// # Errors
    /// Two of them say two things to the same.
    pub fn of(tellings: impl IntoIterator<Item = Telling>) -> Result<Self, String> {
        let mut told = Self::default();
        for Telling { network, address } in tellings {
            let before = match network {
                None => told.everybody.replace(address),
                Some(network) => {
                    told.networks.push((network, address));
                    let others = told.networks.iter().rev().skip(1);
                    others.clone().find(|(other, _)| *other == network).map(|(_, other)| *other)
                }
            };
            if let Some(other) = before.filter(|other| *other != address) {
                let whom = network.map_or("all others".to_owned(), |network| network.to_string());
                return Err(format!(
                    "{whom} can't be told {other} and {address}: remove one of the two"
                ));
            }
        }
        told.networks.sort_by_key(|(network, _)| std::cmp::Reverse(network.bits()));
        Ok(told)
    }

    /// The address that `peer` is told; none, if it is the one that it came to.
    #[must_use]
    pub fn to(&self, peer: IpAddr) -> Option<Ipv4Addr> {
        let own = self.networks.iter().find(|(network, _)| network.holds(peer));
        own.map(|(_, address)| *address).or(self.everybody)
    }

    /// At which address `peer` takes us to be, who came to `own`. Over IPv6 nobody is told another.
    pub(super) fn in_place_of(&self, own: IpAddr, peer: IpAddr) -> IpAddr {
        match own {
            IpAddr::V4(own) => self.to(peer).unwrap_or(own).into(),
            IpAddr::V6(_) => own,
        }
    }

    /// All addresses that somebody is told.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.everybody
            .iter()
            .chain(self.networks.iter().map(|(_, address)| address))
            .map(|a| (*a).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(options: &[&str]) -> Result<Told, String> {
        Told::of(options.iter().map(|option| option.parse().unwrap()))
    }

    #[test]
    fn the_smallest_network_wins_and_the_rest_is_told_the_lone_address() {
        let told = told(&[
            "192.168.0.0/16=192.168.1.5",
            "203.0.113.7",
            "192.168.7.0/24=192.168.7.5",
            "192.168.7.9=10.0.0.9",
        ])
        .unwrap();
        for (peer, address) in [
            ("192.168.7.9", "10.0.0.9"),
            ("192.168.7.8", "192.168.7.5"),
            ("192.168.8.1", "192.168.1.5"),
            ("::ffff:192.168.8.1", "192.168.1.5"),
            ("127.0.0.1", "203.0.113.7"),
            ("198.51.100.1", "203.0.113.7"),
        ] {
            assert_eq!(told.to(peer.parse().unwrap()), Some(address.parse().unwrap()), "{peer}");
        }
        assert_eq!(told.addresses().count(), 4);
    }

    #[test]
    fn without_a_lone_address_others_are_told_the_one_that_they_came_to() {
        let told = told(&["0.0.0.0/1=192.0.2.1"]).unwrap();
        assert_eq!(told.to("127.0.0.1".parse().unwrap()), Some(Ipv4Addr::new(192, 0, 2, 1)));
        assert_eq!(told.to("128.0.0.1".parse().unwrap()), None);
        assert_eq!(told.to("::1".parse().unwrap()), None);
        assert_eq!(Told::default().to("127.0.0.1".parse().unwrap()), None);
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for (option, reason) in [
            ("", "an IPv4 address is needed"),
            ("here", "an IPv4 address is needed"),
            ("::1", "an IPv4 address is needed"),
            ("0.0.0.0", "nobody can connect to 0.0.0.0"),
            ("224.0.0.1", "nobody can connect"),
            ("192.168.0.0/16", "and the address that it is told"),
            ("192.168.0.0/16=", "behind the '='"),
            ("192.168.0.0/16=host", "behind the '='"),
            ("192.168.0.0/16=1.2.3.4=5", "behind the '='"),
            ("192.168.0.1/16=1.2.3.4", "which network is meant?"),
            ("192.168.0.0/33=1.2.3.4", "more bits"),
            ("=1.2.3.4", "a network is needed"),
            ("lan=1.2.3.4", "a network is needed"),
            ("fe80::/10=1.2.3.4", "a network of IPv4 is needed"),
            ("0.0.0.0/0=255.255.255.255", "nobody can connect"),
        ] {
            let error = option.parse::<Telling>().unwrap_err();
            assert!(error.contains(reason), "{option}: {error}");
        }
    }

    #[test]
    fn nobody_is_told_two_addresses() {
        let error = told(&["1.2.3.4", "1.2.3.5"]).unwrap_err();
        assert_eq!(error, "all others can't be told 1.2.3.4 and 1.2.3.5: remove one of the two");
        let error = told(&["10.0.0.0/8=1.2.3.4", "1.1.1.1", "10.0.0.0/8=1.2.3.5"]).unwrap_err();
        assert!(error.starts_with("10.0.0.0/8 can't be told 1.2.3.4 and 1.2.3.5"), "{error}");
        assert!(told(&["10.0.0.0/8=1.2.3.4", "10.0.0.0/8=1.2.3.4", "1.1.1.1", "1.1.1.1"]).is_ok());
    }
}
