//! JSON for scripts: one flat object a line (RFC 8259), and no more of it than that needs.
//!
//! Pure text; [`report`](super::report) says what stands in it.

use std::fmt::Write;

/// An object under construction.
#[derive(Debug)]
pub struct Object {
    text: String,
}

impl Object {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self { text: String::from("{") }
    }

    /// Adds a string. Bytes that are no UTF-8 become replacement characters, for JSON has no others.
    #[must_use]
    pub fn text(mut self, name: &str, value: &[u8]) -> Self {
        self.name(name);
        self.string(&String::from_utf8_lossy(value));
        self
    }

    /// Adds a whole number.
    #[must_use]
    pub fn number(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        self.text.push_str(&value.to_string());
        self
    }

    /// Adds a number of seconds, to the millisecond.
    #[must_use]
    pub fn seconds(mut self, name: &str, value: std::time::Duration) -> Self {
        self.name(name);
        self.text.push_str(&format!("{}.{:03}", value.as_secs(), value.subsec_millis()));
        self
    }

    /// The object as one line without its end.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.string(name);
        self.text.push(':');
    }

    fn string(&mut self, value: &str) {
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                // Not only those that RFC 8259 demands: nothing in it moves a terminal's cursor.
                c if c.is_control() => {
                    // Control characters end at U+009F; writing to a String can't fail.
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        let object = Object::new()
            .text("path", "a \"b\" \\ \n\t\x1b\u{9b} Füße".as_bytes())
            .text("raw", b"\xff")
            .number("bytes", u64::MAX)
            .seconds("seconds", Duration::from_micros(1_234_567));
        let expected = concat!(
            r#"{"path":"a \"b\" \\ \n\t\u001b\u009b Füße","raw":""#,
            "\u{fffd}",
            r#"","bytes":18446744073709551615,"seconds":1.234}"#
        );
        assert_eq!(object.finish(), expected);
        assert_eq!(Object::new().finish(), "{}");
    }
}
