//! Web browsers that somebody's page has made speak to us. Knows how a request begins and nothing else
//! of HTTP; both dialects ask here before anything of a first line is done.
//!
//! A page can have its visitor's browser send what it likes to any port that the visitor reaches,
//! behind a request line and headers of the browser's own. Who hangs up at the request line never
//! reads the commands in the body.

/// The methods that a browser sends.
const METHODS: &[&[u8]] =
    &[b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH"];

/// Whether the first word of `line` is a method of HTTP.
pub(super) fn opens_with_method(line: &[u8]) -> bool {
    METHODS.contains(&line.split(|byte| *byte == b' ').next().unwrap_or_default())
}

/// Whether `line` is a whole request line (RFC 9112, section 3), which no person types by chance.
pub(super) fn is_request(line: &[u8]) -> bool {
    opens_with_method(line) && line.windows(6).any(|bytes| bytes == b" HTTP/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_from_a_choice() {
        assert!(is_request(b"GET / HTTP/1.1") && is_request(b"POST /x%20y HTTP/1.0"));
        assert!(opens_with_method(b"PUT Joker") && !is_request(b"PUT Joker"));
        assert!(!opens_with_method(b"get / HTTP/1.1") && !opens_with_method(b"RETR HTTP/1.1"));
        assert!(!is_request(b"") && !opens_with_method(b"GETTING"));
    }
}
