//! # Clients: what other people's programs say, and what they need
