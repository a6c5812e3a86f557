//! What every new TLS connection is made from: certificate, key, and who is asked for a certificate
//! in turn. It owns the policy of tickets: whose sessions resume, and how often.
//!
//! Files and PEM are the daemon's, who makes one at start and at each reload; the bytes of a
//! connection are [`connection`](super::connection)'s.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::Ticketer;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig, StoresServerSessions,
    WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;

use super::connection::{Connection, ROOM, Room};

/// TLS 1.3 tickets behind the handshake of a control connection: so many data connections can be
/// under way at once before the first of them brings new ones.
const TICKETS: usize = 4;

/// The same behind that of a data connection which carries something to the peer.
const TICKETS_AFTER_DOWNLOAD: usize = 2;

/// The same behind that of an upload: none. Who only sends does not read them, curl for one, and a
/// socket that is closed with something unread sends a reset in place of its end: the upload would be
/// taken for one that was cut off.
const TICKETS_AFTER_UPLOAD: usize = 0;

/// Sessions of TLS 1.2 that are kept for a client which takes no tickets.
const SESSIONS_KEPT: usize = 2;

/// Tickets that a client gets at most which asks for a number of its own (RFC 9149).
const TICKETS_ASKED_FOR: usize = 16;

/// What a client may say that it has come for, where it says so (ALPN, RFC 7301; the names are those
/// registered with IANA). A browser that was lured here names `h2` or `http/1.1`, a mailer nothing of
/// ours, and is turned away in the handshake, before any of its bytes could be taken for a command.
/// RFC 4217 knows nothing of ALPN, so who names nothing is served.
const PROTOCOLS: [&[u8]; 2] = [b"ftp", b"ftp-data"];

/// What every new TLS connection is made from. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    certified: Arc<CertifiedKey>,
    resumption: Resumption,
    room: Room,
}

/// What an operator may set beyond certificate and key.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Certificates in DER, by one of which that of a client has to be signed. Without them no
    /// client is asked for one.
    pub client_roots: Option<Vec<Vec<u8>>>,
    /// Whether a client without a certificate is turned away in the handshake.
    pub client_required: bool,
    /// What becomes of the session of a control connection on its data connections.
    pub resumption: Resumption,
}

/// Whether data connections resume the session of their control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resumption {
    /// They can't: each has a whole handshake.
    Off,
    /// They can, and need not.
    #[default]
    Prefer,
    /// They must: one that does not is closed.
    Require,
}

/// Why nothing can be made from a certificate and a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptorFault {
    /// The key is none that is known, or not the certificate's.
    Key(String),
    /// The certificate is none.
    Certificate(String),
    /// One of the roots for clients is no certificate, or there is none.
    ClientRoots(String),
}

impl Acceptor {
    /// An acceptor that shows `chain`, the server's own certificate first, each in DER, and has its
    /// key, in DER as PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// See [`AcceptorFault`].
    pub fn new(chain: Vec<Vec<u8>>, key: Vec<u8>, options: Options) -> Result<Self, AcceptorFault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self::with_provider(provider, chain, key, options)
    }

    /// The same with the cryptography of `provider`.
    fn with_provider(
        provider: Arc<CryptoProvider>,
        chain: Vec<Vec<u8>>,
        key: Vec<u8>,
        options: Options,
    ) -> Result<Self, AcceptorFault> {
        let key =
            PrivateKeyDer::try_from(key).map_err(|reason| AcceptorFault::Key(reason.to_owned()))?;
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| AcceptorFault::Key(error.to_string()))?;
        let builder = match options.client_roots {
            None => builder.with_no_client_auth(),
            Some(roots) => {
                let roots = Arc::new(root_store(roots)?);
                let provider = Arc::clone(&provider);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                let verifier = if options.client_required {
                    verifier.build()
                } else {
                    verifier.allow_unauthenticated().build()
                };
                builder.with_client_cert_verifier(
                    verifier.map_err(|error| AcceptorFault::ClientRoots(error.to_string()))?,
                )
            }
        };
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| {
            let of_the_certificate = matches!(
                error,
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented
            );
            let fault =
                if of_the_certificate { AcceptorFault::Certificate } else { AcceptorFault::Key };
            fault(error.to_string())
        })?;
        let certified = Arc::new(certified);
        let mut config = builder.with_cert_resolver(Named::new(&certified));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_tls13_tickets = TICKETS_ASKED_FOR;
        config.enable_secret_extraction = cfg!(feature = "ktls");
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        let room = Rc::new(RefCell::new(vec![0; ROOM].into_boxed_slice()));
        Ok(Self { config: Arc::new(config), certified, resumption: options.resumption, room })
    }

    /// A new control connection, of a session that none but its own data connections can resume.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(in crate::channel) fn begin(&self) -> io::Result<Connection> {
        let session = self.session().map_err(io::Error::other)?;
        Connection::of_session(session, Rc::clone(&self.room)).map_err(io::Error::other)
    }

    fn session(&self) -> Result<Session, rustls::Error> {
        let (named, resumption) = (Named::new(&self.certified), self.resumption);
        let mut config = ServerConfig::clone(&self.config);
        config.cert_resolver = Arc::clone(&named) as Arc<dyn ResolvesServerCert>;
        if resumption != Resumption::Off {
            config.ticketer = Ticketer::new()?;
            config.session_storage = Arc::new(Recent::default());
            config.send_tls13_tickets = TICKETS;
        }
        Ok(Session { config: Arc::new(config), named, resumption })
    }

    /// What becomes of the session of a control connection on its data connections.
    #[must_use]
    pub const fn resumption(&self) -> Resumption {
        self.resumption
    }
}

/// What the connections of one session share: certificate and keys for tickets.
pub(super) struct Session {
    config: Arc<ServerConfig>,
    named: Arc<Named>,
    resumption: Resumption,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Control,
    Download,
    Upload,
}

impl Session {
    pub(super) fn demands_resumption(&self) -> bool {
        self.resumption == Resumption::Require
    }

    /// The name by which the client has asked for the server (RFC 6066, section 3), if it has.
    pub(super) fn name(&self) -> Option<&str> {
        self.named.name.get()?.as_deref()
    }

    pub(super) fn config(&self, purpose: Purpose) -> Arc<ServerConfig> {
        let tickets = match purpose {
            _ if self.resumption == Resumption::Off => return Arc::clone(&self.config),
            Purpose::Control => return Arc::clone(&self.config),
            Purpose::Download => TICKETS_AFTER_DOWNLOAD,
            Purpose::Upload => TICKETS_AFTER_UPLOAD,
        };
        let mut config = ServerConfig::clone(&self.config);
        config.send_tls13_tickets = tickets;
        Arc::new(config)
    }
}

/// The one certificate, whatever name it is asked for by. The name of the first hello of a session,
/// that of its control connection, is kept: an unbuffered connection does not tell it.
#[derive(Debug)]
struct Named {
    certified: Arc<CertifiedKey>,
    name: OnceLock<Option<Box<str>>>,
}

impl Named {
    fn new(certified: &Arc<CertifiedKey>) -> Arc<Self> {
        Arc::new(Self { certified: Arc::clone(certified), name: OnceLock::new() })
    }
}

impl ResolvesServerCert for Named {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.name.get_or_init(|| hello.server_name().map(Box::from));
        Some(Arc::clone(&self.certified))
    }
}

/// The last few sessions of TLS 1.2, oldest first, for a client that takes no tickets.
#[derive(Debug, Default)]
struct Recent {
    kept: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Recent {
    fn kept(&self) -> MutexGuard<'_, Vec<(Vec<u8>, Vec<u8>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoresServerSessions for Recent {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let mut kept = self.kept();
        kept.retain(|(other, _)| *other != key);
        if kept.len() >= SESSIONS_KEPT {
            kept.remove(0);
        }
        kept.push((key, value));
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.kept().iter().find(|(other, _)| other == key).map(|(_, value)| value.clone())
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(other, _)| other == key)?;
        Some(kept.remove(at).1)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

fn root_store(roots: Vec<Vec<u8>>) -> Result<RootCertStore, AcceptorFault> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store
            .add(CertificateDer::from(root))
            .map_err(|error| AcceptorFault::ClientRoots(error.to_string()))?;
    }
    Ok(store)
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("resumption", &self.resumption).finish_non_exhaustive()
    }
}

impl fmt::Display for AcceptorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(reason) => write!(f, "the private key can't be used: {reason}"),
            Self::Certificate(reason) => write!(f, "the certificate can't be used: {reason}"),
            Self::ClientRoots(reason) => {
                write!(f, "the certificates for clients can't be used: {reason}")
            }
        }
    }
}

impl std::error::Error for AcceptorFault {}
